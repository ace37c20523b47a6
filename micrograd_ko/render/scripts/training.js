// 배우기: 노트의 갱신을 한 번, 또는 계속. 표본이 있으면 모두나 미니배치로 배운다.
class Training {
  constructor(model) {
    Object.assign(this, { model, costs: [], queue: [], running: 0 });
    find('learning').hidden = model.parameters.length === 0;
    find('learn').onclick = () => { this.stop(); this.learn(); };
    find('train').onclick = () => (this.running ? this.stop() : this.start());
    find('undo').onclick = () => { this.stop(); model.undo(); }; // 배우는 동안이면 멈추어야 되돌린 채로 남는다
    find('reset').onclick = () => { this.stop(); model.reset(); };
  }

  // 갱신을 times 번, 또는 until(ms) 까지. 계산할 수 없으면 멈춘다. 되돌리기 한 번이면 gesture 가 모두 돌아온다
  learn(times = 1, until = Infinity, gesture = {}) {
    for (let i = 0; i < times && performance.now() < until; i++) {
      const cost = this.model.step(this.nextBatch(), gesture);
      if (Number.isNaN(cost)) return this.stop();
      this.costs[this.model.updates - 1] = cost;
    }
    return this.model.tell();
  }

  // 다음 미니배치: 모든 표본을 섞은 차례로 size 개씩. 모자란 마지막은 그만큼이다
  nextBatch() {
    const { samples } = this.model, size = Math.round(find('batch').valueAsNumber);
    if (!samples || !(size >= 1 && size < samples.length)) return samples ?? [null];
    if (!this.queue.length) this.queue = shuffled(samples);
    return this.queue.splice(0, size);
  }

  start() {
    const gesture = {}, times = this.model.samples ? 20 : 1;
    const tick = () => {
      this.running = requestAnimationFrame(tick);
      this.learn(times, performance.now() + 12, gesture);
    };
    tick();
  }

  stop() {
    cancelAnimationFrame(this.running);
    this.running = 0;
    this.model.tell();
  }

  draw() {
    const costs = this.costs.slice(0, this.model.updates), every = Math.ceil(costs.length / 200); // 되돌린 갱신의 손실은 적지 않는다
    const kept = costs.filter((cost, i) => i % every === 0 && Number.isFinite(cost));
    const [low, high] = [Math.min(0, ...kept), Math.max(0, ...kept)];
    const points = kept.map((cost, i) => `${i / (kept.length - 1 || 1)},${1 - ((cost - low) / (high - low) || 0)}`);
    find('curve').setAttribute('points', points.join(' '));
    find('ticks').textContent = costs.length ? say(words.ticks, costs.length, number(costs.at(-1))) : '';
    find('train').textContent = this.running ? words.stop : words.train;
  }
}

const shuffled = (list) => list.map((x) => [Math.random(), x]).sort(([one], [other]) => one - other).map(([, x]) => x);
