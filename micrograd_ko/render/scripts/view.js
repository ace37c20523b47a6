// 그림의 크기와 자리: 글이 11 px 보다 작아지지 않게 창에 맞추고, 넘치면 끌어서 밀어 본다. + − 0 이 크기를 바꾼다.
class View {
  constructor(svg) {
    Object.assign(this, { svg, frame: find('view'), zoom: null }); // zoom 이 null 이면 창에 맞춘다
    find('larger').onclick = () => this.scale(1.25);
    find('smaller').onclick = () => this.scale(0.8);
    find('fit').onclick = () => this.scale(null);
    new ResizeObserver(() => this.draw()).observe(this.frame);
    this.frame.addEventListener('pointerdown', (event) => this.pan(event));
    this.draw();
  }

  // 창에 맞는 크기. 그림의 가장 작은 글은 10 단위다
  fitted() {
    const { width, height } = this.svg.viewBox.baseVal, { clientWidth, clientHeight } = this.frame;
    return Math.min(2, Math.max(1.1, Math.min(clientWidth / width, clientHeight / height)));
  }

  scale(factor) {
    this.zoom = factor && Math.min(6, Math.max(0.25, (this.zoom ?? this.fitted()) * factor));
    this.draw();
  }

  draw() {
    const { width, height } = this.svg.viewBox.baseVal, scale = this.zoom ?? this.fitted();
    Object.assign(this.svg.style, { width: `${Math.ceil(width * scale)}px`, height: `${Math.ceil(height * scale)}px` });
  }

  pan(event) {
    if (event.pointerType !== 'mouse' || event.button !== 0 || event.target.closest('.field')) return;
    const move = ({ movementX, movementY }) => this.frame.scrollBy({ left: -movementX, top: -movementY, behavior: 'auto' });
    addEventListener('pointermove', move);
    for (const type of ['pointerup', 'pointercancel']) addEventListener(type, () => removeEventListener('pointermove', move), { once: true });
  }

  // 넘치는 그림이면 이번 스텝의 칸이 보이게 민다
  follow(isFast) {
    const target = this.svg.querySelector('.cell.now');
    if (!target) return;
    const frame = this.frame.getBoundingClientRect(), card = target.closest('.node').getBoundingClientRect();
    const box = card.width > frame.width || card.height > frame.height ? target.getBoundingClientRect() : card;
    const middle = (low, high, from, to) => (low < from || high > to ? (low + high - from - to) / 2 : 0);
    const left = middle(box.left, box.right, frame.left, frame.right), top = middle(box.top, box.bottom, frame.top, frame.bottom);
    if (left || top) this.frame.scrollBy({ left, top, behavior: still.matches || isFast ? 'auto' : 'smooth' });
  }
}
