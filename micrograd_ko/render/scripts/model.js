// 페이지의 상태: 그래프와 학습률과 지금의 표본, 그리고 사용자가 바꾼 것. 바뀌면 듣는 이(listeners)에게 알린다.
class Model {
  constructor({ nodes, parameters, lr, names, domains, samples, inputs, targets }) {
    this.graph = new Graph(nodes);
    this.parameters = parameters;
    this.leaves = nodes.flatMap(([key], i) => (key === null ? [i] : []));
    this.names = names;
    this.keys = nodes.map(([key]) => key);
    this.domains = domains;
    this.samples = samples; // [입력과 목표의 수들 …] 또는 null
    this.places = [...inputs, ...targets]; // 표본의 수가 놓이는 잎
    this.start = { x: this.graph.x.slice(), lr };
    this.lr = lr;
    this.past = [];
    this.trouble = null; // 받아들이지 못한 수: {leaf, value, node}
    this.listeners = [];
    this.recompute(this.graph.x.slice());
  }

  // 잎의 수들을 받아들인다. 정의역을 벗어나면 아무것도 바뀌지 않고 어디서 벗어났는지 남는다
  recompute(x, leaf = -1) {
    const node = this.graph.forward(x);
    this.trouble = node < 0 ? null : { leaf, value: x[leaf], node, x };
    if (node < 0) this.graph.x.set(x);
    this.graph.backward();
    this.escaped = this.graph.update(this.parameters, this.lr);
    return node < 0;
  }

  changed() {
    for (const listener of this.listeners) listener();
  }

  remember() {
    this.past.push({ x: this.graph.x.slice(), lr: this.lr });
    if (this.past.length > 1000) this.past.shift();
  }

  set(leaf, value) {
    const x = this.graph.x.slice(), before = x[leaf];
    if (value === before && !this.trouble) return;
    x[leaf] = value;
    this.remember();
    if (!this.recompute(x, leaf)) this.past.pop();
    this.changed();
  }

  // 끌고 있는 동안: 되돌리기는 끌기 전으로 간다
  slide(leaf, value) {
    const x = this.graph.x.slice();
    x[leaf] = value;
    this.recompute(x, leaf);
    this.changed();
  }

  setRate(lr) {
    this.remember();
    this.lr = lr;
    this.escaped = this.graph.update(this.parameters, lr);
    this.changed();
  }

  restore({ x, lr }) {
    this.lr = lr;
    this.recompute(x.slice());
    this.changed();
  }

  undo() {
    if (this.past.length) this.restore(this.past.pop());
  }

  reset() {
    this.remember();
    this.restore(this.start);
  }

  // 정의역을 벗어났다는 말
  explain() {
    const { leaf, value, node } = this.trouble, domain = this.domains[this.keys[node]];
    const why = domain ? say(words.domain, domain) : words.overflow;
    return say(words.outside, this.names[leaf] ?? 'η', number(value), this.names[node], why);
  }

  isChanged(leaf) {
    return this.graph.x[leaf] !== this.start.x[leaf];
  }

  // 표본 하나를 놓는다
  choose(sample) {
    const x = this.graph.x.slice();
    this.samples[sample].forEach((value, i) => { x[this.places[i]] = value; });
    this.recompute(x);
    this.changed();
  }

  // 노트의 갱신 한 번. batch 의 표본마다의 기울기를 평균한다(가정 1). 표본이 없으면 지금의 그래프 하나다.
  // 손실의 평균을 돌려준다. 정의역을 벗어나면 갱신하지 않고 NaN 이다
  step(batch = null) {
    const { graph, parameters, places } = this, sum = new Float64Array(parameters.length), x = graph.x.slice();
    let cost = 0;
    for (const sample of batch ?? [null]) {
      if (sample !== null) places.forEach((place, i) => { graph.x[place] = sample[i]; });
      if (graph.forward(graph.x) >= 0) {
        graph.x.set(x);
        return NaN;
      }
      graph.backward();
      cost += graph.cost;
      parameters.forEach((p, i) => { sum[i] += graph.g[p]; });
    }
    const count = batch?.length ?? 1;
    parameters.forEach((p, i) => { x[p] -= (this.lr * sum[i]) / count; });
    if (!this.recompute(x)) this.recompute(graph.x.slice());
    return cost / count;
  }
}
