// 결정 경계: 입력이 둘인 신경망의 출력을 평면에 칠하고 표본을 찍는다. 평면을 누르면 가장 가까운 표본을 고른다.
class Boundary {
  constructor(model) {
    Object.assign(this, { model, canvas: find('boundary') });
    const ranges = [0, 1].map((i) => model.samples.map((sample) => sample[i]));
    this.low = ranges.map((values) => Math.min(...values));
    this.size = ranges.map((values, i) => (Math.max(...values) - this.low[i]) * 1.2 || 1);
    this.low = this.low.map((low, i) => low - this.size[i] / 12);
    this.canvas.hidden = false;
    this.canvas.onclick = ({ offsetX, offsetY }) => this.choose(offsetX / this.canvas.clientWidth, offsetY / this.canvas.clientHeight);
  }

  place(sample) { return [(sample[0] - this.low[0]) / this.size[0], 1 - (sample[1] - this.low[1]) / this.size[1]]; }

  choose(across, down) {
    const far = this.model.samples.map((sample) => { const [x, y] = this.place(sample); return Math.hypot(x - across, y - down); });
    this.model.choose(far.indexOf(Math.min(...far)));
  }

  draw(classes, chosen) {
    const { model, canvas, low, size } = this, { inputs, outputs, graph } = model, context = canvas.getContext('2d'), side = 40;
    const x = graph.x.slice(), cell = canvas.width / side, count = outputs.length;
    context.clearRect(0, 0, canvas.width, canvas.height);
    for (let i = 0; i < side * side; i++) {
      const across = i % side, down = Math.floor(i / side);
      x[inputs[0]] = low[0] + ((across + 0.5) / side) * size[0];
      x[inputs[1]] = low[1] + (1 - (down + 0.5) / side) * size[1];
      if (graph.forward(x) >= 0) continue;
      const values = outputs.map((output) => x[output]), near = Math.abs(values[0] - classes.middle) / classes.reach;
      context.globalAlpha = count > 1 ? 0.5 : Math.min(near, 1) * 0.7;
      context.fillStyle = hue(classes.of(values), count);
      context.fillRect(across * cell, down * cell, cell, cell);
    }
    context.globalAlpha = 1;
    for (const sample of model.samples) {
      const [across, down] = this.place(sample);
      context.beginPath();
      context.arc(across * canvas.width, down * canvas.height, sample === chosen ? 8 : 4, 0, 7);
      context.fillStyle = hue(classes.of(sample.slice(2)), count);
      context.fill();
      context.strokeStyle = sample === chosen ? '#b3125f' : '#ffffff';
      context.lineWidth = sample === chosen ? 3 : 1;
      context.stroke();
    }
  }
}

// 클래스의 색: 둘이면 그림의 파랑(+)과 주황(−)
const hue = (which, count) => (count > 2 ? `hsl(${(which * 360) / count} 65% 50%)` : ['#e8852b', '#4a90d9'][which]);

// 클래스: 출력이 여럿이면 가장 큰 것, 하나면 목표의 두 값 가운데 가까운 것. 목표가 두 값이 아니면 클래스가 아니다
class Classes {
  constructor({ samples, inputs, outputs }) {
    Object.assign(this, { inputs, outputs });
    const levels = [...new Set(samples.flatMap((sample) => sample.slice(inputs.length)))].sort((one, other) => one - other);
    this.middle = (levels[0] + levels.at(-1)) / 2;
    this.isKnown = levels.length === 2;
    this.reach = (levels.at(-1) - levels[0]) / 2 || 1;
  }

  of(values) { return values.length > 1 ? values.indexOf(Math.max(...values)) : Number(values[0] > this.middle); }
  isRight(x, sample) { return this.of(this.outputs.map((i) => x[i])) === this.of(sample.slice(this.inputs.length)); }
}
