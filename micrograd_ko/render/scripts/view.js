// 그림의 크기와 자리: 창에 맞는 크기(page.css)에서 + − 0 이 키우고 줄이고, 넘치면 끌어서 밀어 본다.
class View {
  constructor(svg) {
    Object.assign(this, { svg, frame: find('view'), zoom: 1 });
    for (const [id, by] of Object.entries({ larger: 1.25, smaller: 0.8, fit: 0 })) find(id).onclick = () => this.scale(by);
    this.frame.onpointerdown = ({ pointerType, button, pointerId, target }) => {
      if (pointerType === 'mouse' && button === 0 && !target.closest('.field')) this.frame.setPointerCapture(pointerId);
    };
    this.frame.onpointermove = ({ pointerId, movementX: x, movementY: y }) => {
      if (this.frame.hasPointerCapture(pointerId)) this.frame.scrollBy({ left: -x, top: -y, behavior: 'instant' });
    };
  }

  scale(factor) {
    this.zoom = factor ? Math.min(6, Math.max(0.25, this.zoom * factor)) : 1;
    this.svg.style.setProperty('--zoom', this.zoom);
  }

  // 넘치는 그림이면 이번 스텝의 상자가(창보다 크면 칸이) 보이게 민다
  follow() {
    const cell = this.svg.querySelector('.cell.now'), frame = this.frame.getBoundingClientRect();
    const [own, card] = [cell, cell?.closest('.node')].map((group) => group?.getBoundingClientRect() ?? frame);
    const box = card.width > frame.width || card.height > frame.height ? own : card;
    const over = (low, high) => Math.max(box[high] - frame[high] + 8, 0) || Math.min(box[low] - frame[low] - 8, 0);
    this.frame.scrollBy(over('left', 'right'), over('top', 'bottom'));
  }
}
