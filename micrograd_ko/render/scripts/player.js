// 스텝을 옮긴다: 단추, 슬라이더, 글쇠(발표용 리모컨의 PageUp·PageDown 도), 재생.
class Player {
  constructor({ phases, formulas }, steps, model, picture, view) {
    Object.assign(this, { phases, formulas, steps, picture, view, at: 0, timer: 0, last: steps.length - 1, moved: () => {} });
    const pressed = (action) => () => { this.stop(); this.move(action()); };
    const first = pressed(() => 0), back = pressed(() => this.at - 1), on = pressed(() => this.at + 1), last = pressed(() => this.last);
    const toggle = () => (this.timer ? this.stop() : this.play()), [larger, smaller, fit] = [1.25, 0.8, null].map((factor) => () => view.scale(factor));
    for (const [id, action] of Object.entries({ first, previous: back, next: on, last, play: toggle })) find(id).onclick = action;
    find('slider').oninput = pressed(() => Number(find('slider').value));
    find('speed').onchange = () => { if (this.timer) this.play(); };
    this.keys = {
      ArrowLeft: back, ArrowRight: on, PageUp: back, PageDown: on, Home: first, End: last, ' ': toggle,
      f: fullscreen, F: fullscreen, '+': larger, '=': larger, '-': smaller, 0: fit,
    };
    addEventListener('keydown', (event) => this.press(event));
    model.listeners.push(() => this.draw());
  }

  press(event) {
    const place = event.target instanceof Element ? event.target : document.body, { key } = event, isArrow = key.startsWith('Arrow');
    const isOther = event.altKey || event.ctrlKey || event.metaKey || (event.shiftKey && key !== '+' && key !== 'F');
    if (isOther || event.defaultPrevented || !Object.hasOwn(this.keys, key)) return;
    if (place.closest('input:not([type=range]), select') && !key.startsWith('Page')) return;
    if (place.matches('#rate, #sample') && (isArrow || key === 'Home' || key === 'End')) return;
    const sideways = isArrow && place === this.view.frame && place.scrollWidth > place.clientWidth; // 밀리는 그림과 설명의 글쇠는 그것을 민다
    const down = key.startsWith('Page') && place.matches('#view, #caption') && place.scrollHeight > place.clientHeight;
    if (key === ' ' ? place.closest('button, summary, a, .cell') : sideways || down) return;
    event.preventDefault();
    this.keys[key]();
  }

  draw() {
    const { at, last } = this;
    this.picture.show(this.steps, at);
    this.drawCaption();
    find('slider').value = at;
    find('first').disabled = find('previous').disabled = at === 0;
    find('last').disabled = find('next').disabled = at === last;
  }

  drawCaption() {
    const step = this.steps[this.at], phase = this.phases[step.phase], tags = step.tags(), title = translated(step.title());
    const lines = step.lines().filter((line) => line).map(translated), isMany = lines.length > 6;
    find('phase').textContent = phase;
    find('count').textContent = `${this.at} / ${this.last}`;
    find('what').textContent = title;
    find('slider').setAttribute('aria-valuetext', `${this.at} / ${this.last}, ${phase}, ${title}`);
    find('lines').classList.toggle('many', isMany);
    writeList(find('lines'), 'p', lines);
    writeList(find('tags'), 'li', tags.filter((key) => key).map((key) => this.formulas[key]));
    for (const item of find('formulas').children) item.ariaCurrent = tags.includes(item.dataset.formula) ? 'true' : null;
  }

  go(step) {
    this.at = Number.isFinite(step) ? Math.min(Math.max(Math.round(step), 0), this.last) : 0;
    if (this.at === this.last) this.stop();
    find('caption').scrollTop = 0;
    this.draw();
    this.view.follow(this.timer);
  }

  move(step) {
    this.go(step);
    this.moved();
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

  play() {
    clearInterval(this.timer);
    if (this.at === this.last) this.move(0);
    this.timer = setInterval(() => this.move(this.at + 1), 1500 / Number(find('speed').value));
    this.showPlaying(true);
  }
}

function writeList(parent, tag, texts) {
  parent.replaceChildren(...texts.map((textContent) => Object.assign(document.createElement(tag), { textContent })));
}

function fullscreen() {
  if (document.fullscreenElement) document.exitFullscreen();
  else document.documentElement.requestFullscreen?.().catch(() => {});
}
