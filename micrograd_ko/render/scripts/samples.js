// 표본: 하나를 고르고, 모두에서의 정확도를 재고, 입력이 둘이면 결정 경계를 칠한다.
class Samples {
  constructor(model) {
    const { samples, inputs } = model, targets = samples.flatMap((sample) => sample.slice(inputs.length));
    const low = Math.min(...targets), high = Math.max(...targets);
    Object.assign(this, { model, middle: page.threshold ?? (low + high) / 2, reach: (high - low) / 2 || 1 });
    this.isLabelled = new Set(targets).size === 2; // 목표가 두 값이면 클래스다
    this.axes = inputs.map((_, i) => { // 입력마다 [시작, 길이]: 양쪽에 조금 남긴다
      const values = samples.map((sample) => sample[i]), start = Math.min(...values), length = Math.max(...values) - start || 1;
      return [start - length / 10, length * 1.2];
    });
    find('sample').oninput = ({ target }) => model.choose(target.valueAsNumber - 1, target);
    find('boundary').hidden = inputs.length !== 2;
  }

  // 클래스: 출력이 여럿이면 가장 큰 것, 하나면 목표의 두 값 가운데 가까운 것
  classOf(values) { return values.length > 1 ? values.indexOf(Math.max(...values)) : select(values[0] - this.middle, 1, 0); }

  targetOf(sample) { return this.classOf(sample.slice(this.model.inputs.length)); }

  // x 의 입력에서의 출력. 계산할 수 없으면 NaN 들
  outputs(x, isKnown = this.model.graph.forward(x) < 0) { return this.model.outputs.map((i) => (isKnown ? x[i] : NaN)); }

  draw() {
    const { samples, places, graph } = this.model, [slider, told] = [find('sample'), find('which')];
    const chosen = samples.findIndex((sample) => sample.every((value, i) => value === graph.x[places[i]]));
    if (chosen >= 0) slider.value = chosen + 1;
    slider.ariaValueText = told.textContent = chosen < 0 ? UNKNOWN : `${chosen + 1} / ${samples.length}`;
    cancelAnimationFrame(this.drawing); // 모든 표본은 한 화면에 한 번만
    this.drawing = requestAnimationFrame(() => this.drawAll(samples[chosen]));
  }

  drawAll(chosen) {
    const { model } = this, { samples } = model, x = model.graph.x.slice();
    const isRight = (sample) => this.classOf(this.outputs(model.placed(x, sample))) === this.targetOf(sample);
    const accuracy = number((100 * samples.filter(isRight).length) / samples.length, 3);
    if (this.isLabelled) find('accuracy').textContent = say(words.accuracy, accuracy);
    if (this.axes.length === 2) this.paint(find('boundary').getContext('2d'), x, chosen);
  }

  // 평면을 칸으로 나누어 칠하고, 표본을 찍는다
  paint(context, x, chosen, side = 40) {
    const { samples, inputs, outputs: { length } } = this.model, { width, height } = context.canvas;
    const [[left, wide], [bottom, tall]] = this.axes;
    const hue = (which) => (length > 2 ? `hsl(${(which * 360) / length} 65% 50%)` : ['#e8852b', '#4a90d9'][which]);
    context.clearRect(0, 0, width, height);
    for (let i = 0; i < side * side; i++) {
      const across = (i % side) / side, down = Math.floor(i / side) / side;
      x[inputs[0]] = left + (across + 0.5 / side) * wide;
      x[inputs[1]] = bottom + (1 - down - 0.5 / side) * tall;
      const values = this.outputs(x), nearness = Math.min(Math.abs(values[0] - this.middle) / this.reach, 1);
      context.globalAlpha = length > 1 ? 0.5 : nearness * 0.7;
      context.fillStyle = hue(this.classOf(values));
      if (!Number.isNaN(nearness)) context.fillRect(across * width, down * height, width / side, height / side);
    }
    context.globalAlpha = 1;
    for (const sample of samples) {
      const [across, down] = [(sample[0] - left) / wide, 1 - (sample[1] - bottom) / tall], isChosen = sample === chosen;
      context.beginPath();
      context.arc(across * width, down * height, isChosen ? 8 : 4, 0, 7);
      context.fillStyle = hue(this.targetOf(sample));
      context.fill();
      [context.strokeStyle, context.lineWidth] = isChosen ? ['#b3125f', 3] : ['#ffffff', 1];
      context.stroke();
    }
  }
}
