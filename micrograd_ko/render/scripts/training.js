// 배우기: 노트의 갱신을 한 번, 또는 계속. 표본이 있으면 하나를 고르고, 모두나 미니배치로 배운다.
class Training {
  constructor(model) {
    Object.assign(this, { model, costs: [], running: 0, queue: [] });
    find('learn').onclick = () => { this.stop(); this.model.remember(); this.learn(1); };
    find('train').onclick = () => (this.running ? this.stop() : this.start());
    find('clear').onclick = () => { this.costs = []; this.draw(); };
    find('learning').hidden = model.parameters.length === 0;
    if (model.samples) this.prepare();
    model.listeners.push(() => this.draw());
    this.draw();
  }

  prepare() {
    const { model } = this, [sample, batch] = [find('sample'), find('batch')];
    find('samples').hidden = false;
    sample.max = model.samples.length - 1;
    batch.max = model.samples.length;
    batch.placeholder = say(words.all, model.samples.length);
    sample.oninput = () => { this.stop(); model.choose(Number(sample.value)); };
    this.boundary = model.inputs.length === 2 ? new Boundary(model) : null;
  }

  // 갱신을 times 번, 또는 until(ms) 까지. 되돌리기 한 번이면 모두 돌아온다
  learn(times, until = Infinity) {
    for (let i = 0; i < times && performance.now() < until; i++) {
      const cost = this.model.step(this.nextBatch());
      if (Number.isNaN(cost)) this.stop();
      if (Number.isNaN(cost)) break;
      this.costs.push(cost);
    }
    this.model.changed();
  }

  // 다음 미니배치: 모든 표본을 섞은 차례로 size 개씩. 모자란 마지막은 그만큼이다
  nextBatch() {
    const { samples } = this.model, size = Math.round(Number(find('batch').value));
    if (!samples || !(size >= 1 && size < samples.length)) return samples ?? [null];
    if (!this.queue.length) this.queue = shuffled(samples);
    return this.queue.splice(0, size);
  }

  start() {
    this.model.remember();
    find('train').textContent = words.stop;
    const next = () => { this.running = requestAnimationFrame(tick); };
    const tick = () => { this.learn(this.model.samples ? 20 : 1, performance.now() + 12); if (this.running) next(); };
    next();
  }

  stop() {
    cancelAnimationFrame(this.running);
    this.running = 0;
    find('train').textContent = words.train;
  }

  draw() {
    const { model, costs } = this;
    find('curve').setAttribute('d', curve(costs, 200, 60));
    find('ticks').textContent = costs.length ? say(words.ticks, costs.length, number(costs.at(-1))) : '';
    if (!model.samples) return;
    this.chosen = model.samples.findIndex((sample) => sample.every((value, i) => value === model.graph.x[model.places[i]]));
    if (this.chosen >= 0) find('sample').value = this.chosen;
    find('which').textContent = this.chosen < 0 ? UNKNOWN : `${this.chosen + 1} / ${model.samples.length}`;
    find('sample').setAttribute('aria-valuetext', find('which').textContent);
    this.drawing ??= requestAnimationFrame(() => { this.drawing = undefined; this.drawAll(); });
  }

  // 모든 표본에서의 정확도와 결정 경계: 한 화면에 한 번만
  drawAll() {
    const { model } = this, classes = new Classes(model), x = model.graph.x.slice();
    const right = model.samples.filter((sample) => model.graph.forward(model.placed(x, sample)) < 0 && classes.isRight(x, sample));
    find('accuracy').textContent = classes.isKnown ? say(words.accuracy, number((100 * right.length) / model.samples.length, 3)) : '';
    this.boundary?.draw(classes, model.samples[this.chosen]);
  }
}

function curve(costs, width, height) {
  const step = Math.max(1, Math.ceil(costs.length / width)), kept = costs.filter((_, i) => i % step === 0), most = Math.max(...kept) || 1;
  const place = (cost, i) => `${((i / Math.max(kept.length - 1, 1)) * width).toFixed(1)} ${(height - (cost / most) * height).toFixed(1)}`;
  return kept.map((cost, i) => (i ? 'L' : 'M') + place(cost, i)).join('');
}

const shuffled = (list) => list.map((x) => [Math.random(), x]).sort(([one], [other]) => one - other).map(([, x]) => x);
