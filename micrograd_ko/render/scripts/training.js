// 배우기: 노트의 갱신을 한 번, 또는 계속. 손실 곡선과, 입력이 둘이면 결정 경계를 그린다.
class Training {
  constructor(model, { outputs, batch }) {
    Object.assign(this, { model, outputs, batch, costs: [], running: 0 });
    this.canvas = find('boundary');
    find('learn').onclick = () => { this.stop(); this.learn(1); };
    find('train').onclick = () => (this.running ? this.stop() : this.start());
    find('clear').onclick = () => { this.costs = []; this.draw(); };
    if (model.samples) {
      find('samples').hidden = false;
      find('sample').max = model.samples.length - 1;
      find('sample').oninput = () => { this.stop(); model.remember(); model.choose(Number(find('sample').value)); };
      this.canvas.hidden = !(model.inputCount === 2);
    }
    model.listeners.push(() => this.draw());
    this.draw();
  }

  // 갱신을 times 번. 되돌리기 한 번이면 모두 돌아온다
  learn(times) {
    const { model } = this;
    for (let i = 0; i < times; i++) {
      const cost = model.step(this.nextBatch());
      this.costs.push(cost);
      if (!Number.isFinite(cost) || model.trouble) {
        this.stop();
        break;
      }
    }
    model.changed();
  }

  // 다음 미니배치: 모든 표본을 섞은 차례로 size 개씩
  nextBatch() {
    const { samples } = this.model;
    if (!samples) return null;
    const size = Math.min(Number(find('batch').value) || samples.length, samples.length);
    if (size === samples.length) return samples;
    if (!this.queue || this.queue.length < size) this.queue = shuffled(samples);
    return this.queue.splice(0, size);
  }

  start() {
    this.model.remember();
    find('train').textContent = words.stop;
    const tick = () => {
      const until = performance.now() + 12;
      do this.learn(1);
      while (this.running && performance.now() < until && this.model.samples);
      if (this.running) this.running = requestAnimationFrame(tick);
    };
    this.running = requestAnimationFrame(tick);
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
    find('which').textContent = `${Number(find('sample').value) + 1} / ${model.samples.length}`;
    clearTimeout(this.painting);
    this.painting = setTimeout(() => this.paint(), 30);
  }
}

function curve(costs, width, height) {
  const shown = costs.filter(Number.isFinite), most = Math.max(...shown), step = Math.max(1, Math.ceil(shown.length / width));
  const kept = shown.filter((_, i) => i % step === 0);
  return kept.map((cost, i) => `${i ? 'L' : 'M'}${((i / Math.max(kept.length - 1, 1)) * width).toFixed(1)} ${(height - (cost / (most || 1)) * height).toFixed(1)}`).join('');
}

function shuffled(list) {
  const copy = [...list];
  for (let i = copy.length - 1; i > 0; i--) {
    const k = Math.floor(Math.random() * (i + 1));
    [copy[i], copy[k]] = [copy[k], copy[i]];
  }
  return copy;
}
