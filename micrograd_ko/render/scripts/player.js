// 스텝을 옮긴다: 단추, 슬라이더, 재생. 지금 스텝을 그리고, 그것이 쓰는 식을 알린다.
class Player {
  constructor({ formulas }, steps, picture, view) {
    Object.assign(this, { formulas, steps, picture, view, at: 0, timer: 0, last: steps.length - 1 });
    const places = { first: () => 0, previous: () => this.at - 1, next: () => this.at + 1, last: () => this.last };
    for (const [id, place] of Object.entries(places)) find(id).onclick = () => this.jump(place());
    find('slider').oninput = ({ target }) => this.jump(target.valueAsNumber);
    find('play').onclick = () => (this.timer ? this.jump(this.at) : this.play());
    find('speed').onchange = () => { if (this.timer) this.play(); };
    find('full').disabled = !document.fullscreenEnabled;
    find('full').onclick = () => (
      document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen());
  }

  draw() {
    const { at, last, timer } = this, step = this.steps[at], phase = words[step.phase], title = step.title();
    this.picture.show(this.steps, at);
    find('phase').textContent = phase;
    find('count').textContent = `${at} / ${last}`;
    find('what').textContent = title;
    Object.assign(find('slider'), { value: at, ariaValueText: `${at} / ${last}, ${phase}, ${title}` });
    find('first').disabled = find('previous').disabled = at === 0;
    find('last').disabled = find('next').disabled = at === last;
    find('play').textContent = timer ? words.stop : words.play;
    find('caption').ariaLive = timer ? 'off' : 'polite'; // 재생 중에는 스텝마다 읽어 주지 않는다
    const lines = step.lines().filter(Boolean), tags = step.tags().filter(Boolean);
    mark(find('lines'), { many: lines.length > 6 });
    writeList(find('lines'), 'p', lines);
    writeList(find('tags'), 'li', tags.map((key) => this.formulas[key]));
    for (const item of find('formulas').children) item.ariaCurrent = tags.includes(item.dataset.formula) || null;
  }

  go(step) {
    this.at = Math.min(Math.max(Math.round(step) || 0, 0), this.last);
    if (this.at === this.last) this.stop();
    find('caption').scrollTop = 0;
    this.draw();
    this.view.follow();
    this.moved();
  }

  jump(step) {
    this.stop();
    this.go(step);
  }

  stop() {
    clearInterval(this.timer);
    this.timer = 0;
  }

  play() {
    this.stop();
    this.timer = setInterval(() => this.go(this.at + 1), 1500 / Number(find('speed').value));
    this.go(this.at === this.last ? 0 : this.at);
  }
}

function writeList(parent, tag, texts) {
  parent.replaceChildren(...texts.map((textContent) => Object.assign(document.createElement(tag), { textContent })));
}
