// 스텝을 옮긴다: 단추, 슬라이더, 글쇠, 재생.
class Player {
  constructor(page, steps, model, picture) {
    Object.assign(this, { page, steps, model, picture, at: 0, timer: 0 });
    this.last = steps.length - 1;
    this.slider = find('slider');
    this.listeners = [];
    const pressed = (action) => () => { this.stop(); action(); };
    find('first').onclick = pressed(() => this.move(0));
    find('previous').onclick = pressed(() => this.move(this.at - 1));
    find('next').onclick = pressed(() => this.move(this.at + 1));
    find('last').onclick = pressed(() => this.move(this.last));
    find('play').onclick = () => this.toggle();
    this.slider.oninput = pressed(() => this.move(Number(this.slider.value)));
    const back = pressed(() => this.move(this.at - 1)), on = pressed(() => this.move(this.at + 1));
    this.keys = {
      ArrowLeft: back, ArrowRight: on, PageUp: back, PageDown: on,
      Home: pressed(() => this.move(0)), End: pressed(() => this.move(this.last)), ' ': () => this.toggle(), f: fullscreen, F: fullscreen,
    };
    addEventListener('keydown', (event) => this.press(event));
    model.listeners.push(() => this.draw());
  }

  press(event) {
    const place = event.target instanceof Element ? event.target : document.body;
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || event.defaultPrevented || !(event.key in this.keys)) return;
    if (place.closest('input:not([type=range]), select')) return;
    const view = find('view'), scrolls = view.scrollWidth > view.clientWidth && place === view; // 밀리는 그림 안의 화살표는 그림을 민다
    if (event.key === ' ' ? place.closest('button, summary, a, [role=spinbutton]') : scrolls && event.key.startsWith('Arrow')) return;
    if (place.id === 'rate' && event.key !== 'PageUp' && event.key !== 'PageDown') return;
    event.preventDefault();
    this.keys[event.key]();
  }

  draw() {
    this.picture.show(this.steps, this.at);
    this.drawCaption();
    this.slider.value = this.at;
    find('first').disabled = find('previous').disabled = this.at === 0;
    find('last').disabled = find('next').disabled = this.at === this.last;
    for (const listener of this.listeners) listener();
  }

  drawCaption() {
    const { phases, formulas } = this.page, step = this.steps[this.at], tags = step.tags();
    const title = step.title(), lines = step.lines().filter((line) => line);
    find('phase').textContent = phases[step.phase];
    find('count').textContent = `${this.at} / ${this.last}`;
    find('what').textContent = title;
    this.slider.setAttribute('aria-valuetext', `${this.at} / ${this.last}, ${phases[step.phase]}, ${title}`);
    const isMany = lines.length > 6; // 넘치면 설명 안에서 민다: 글쇠로도 밀 수 있게 초점을 준다
    find('lines').classList.toggle('many', isMany);
    if (isMany) find('lines').tabIndex = 0;
    else find('lines').removeAttribute('tabindex');
    writeList(find('lines'), 'p', lines);
    writeList(find('tags'), 'li', tags.map((key) => formulas[key]));
    for (const item of find('formulas').children) {
      if (tags.includes(item.dataset.formula)) item.setAttribute('aria-current', 'true');
      else item.removeAttribute('aria-current');
    }
  }

  // 넘치는 그림이면 이번 스텝의 칸이 보이게 민다
  follow() {
    const target = this.picture.svg.querySelector('.cell.now'), view = find('view');
    if (!target) return;
    const frame = view.getBoundingClientRect(), card = target.closest('.node').getBoundingClientRect();
    const box = card.width > frame.width || card.height > frame.height ? target.getBoundingClientRect() : card;
    const middle = (low, high, from, to) => (low < from || high > to ? (low + high - from - to) / 2 : 0);
    const left = middle(box.left, box.right, frame.left, frame.right), top = middle(box.top, box.bottom, frame.top, frame.bottom);
    if (left || top) view.scrollBy({ left, top, behavior: still.matches || this.timer ? 'auto' : 'smooth' });
  }

  go(step) {
    const wanted = Math.min(Math.max(Math.round(step), 0), this.last);
    this.at = Number.isFinite(wanted) ? wanted : 0;
    if (this.at === this.last) this.stop();
    find('lines').scrollTop = 0;
    this.draw();
    this.follow();
  }

  move(step) {
    this.go(step);
    this.moved?.();
  }

  stop() {
    clearInterval(this.timer);
    this.timer = 0;
    this.showPlaying(false);
  }

  showPlaying(isPlaying) {
    find('play').textContent = isPlaying ? words.stop : words.play;
    find('caption').setAttribute('aria-live', isPlaying ? 'off' : 'polite'); // 재생 중에는 스텝마다 읽어 주지 않는다
  }

  toggle() {
    if (this.timer) {
      this.stop();
      return;
    }
    if (this.at === this.last) this.move(0);
    this.timer = setInterval(() => this.move(this.at + 1), 1500 / Number(find('speed').value));
    this.showPlaying(true);
  }
}

function writeList(parent, tag, texts) {
  parent.replaceChildren(...texts.map((text) => Object.assign(document.createElement(tag), { textContent: text })));
}

function fullscreen() {
  if (document.fullscreenElement) document.exitFullscreen();
  else document.documentElement.requestFullscreen?.().catch(() => {});
}
