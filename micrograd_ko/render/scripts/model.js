// 페이지의 상태: 그래프와 학습률, 그리고 사용자가 바꾼 것. 바뀌면 듣는 이(listeners)에게 알린다.
class Model {
  // samples: 표본마다 [입력과 목표의 수들 …], 또는 null. inputs 와 targets 는 그 수가 놓이는 잎
  constructor({ nodes, parameters, lr, names, domains, samples, inputs, targets, outputs }) {
    this.graph = new Graph(nodes);
    this.keys = nodes.map(([key]) => key);
    this.leaves = nodes.flatMap(([key], i) => (key === null ? [i] : []));
    Object.assign(this, { parameters, names, domains, samples, inputs, targets, outputs, lr, past: [], listeners: [] });
    this.places = [...inputs, ...targets];
    this.start = { x: this.graph.x.slice(), lr };
    this.recompute(this.graph.x.slice());
  }

  // 잎의 수들을 받아들인다. 계산할 수 없으면 아무것도 바뀌지 않고 그 까닭(trouble)이 남는다
  recompute(x, isLearning = false) {
    const node = this.graph.forward(x);
    this.trouble = node < 0 ? '' : this.refusal(x, node, isLearning);
    if (node < 0) this.graph.x.set(x);
    this.graph.backward();
    this.escaped = this.graph.update(this.parameters, this.lr);
    return node < 0;
  }

  // 바꾼 잎의 수들로는 node 를 계산할 수 없다는 말
  refusal(x, node, isLearning) {
    const { names } = this, changed = this.leaves.filter((leaf) => x[leaf] !== this.graph.x[leaf]);
    const listed = changed.slice(0, 3).map((leaf) => `${names[leaf]} = ${number(x[leaf])}`).join(', ');
    return say(isLearning && !this.graph.nodes[node].row.frozen ? words.escaped : words.outside, listed + (changed.length > 3 ? ' …' : ''), names[node], this.why(node));
  }

  // 노드를 계산하지 못하는 까닭
  why(node) {
    const domain = this.domains[this.keys[node]];
    if (this.graph.nodes[node].row.frozen) return words.frozen;
    return domain ? say(words.domain, domain) : words.overflow;
  }

  changed() { for (const listener of this.listeners) listener(); }

  remember() {
    this.past.push({ x: this.graph.x.slice(), lr: this.lr });
    if (this.past.length > 1000) this.past.shift();
  }

  // 잎 하나를. isSliding 이면 끌고 있는 동안이다: 되돌리기는 끌기 전으로 간다
  set(leaf, value, isSliding = false) {
    const x = this.graph.x.slice();
    if (value === x[leaf] && !this.trouble) return;
    x[leaf] = value;
    if (!isSliding) this.remember();
    if (!this.recompute(x) && !isSliding) this.past.pop();
    this.changed();
  }

  restore({ x, lr }) {
    this.lr = lr;
    this.recompute(x.slice());
    this.changed();
  }

  setRate(lr) {
    this.lr = lr;
    this.escaped = this.graph.update(this.parameters, lr);
    this.changed();
  }

  undo() { if (this.past.length) this.restore(this.past.pop()); }

  reset() {
    this.remember();
    this.restore(this.start);
  }

  isChanged(leaf) { return this.graph.x[leaf] !== this.start.x[leaf]; }

  placed(x, sample) {
    sample.forEach((value, i) => { x[this.places[i]] = value; });
    return x;
  }

  choose(sample) {
    this.remember();
    this.recompute(this.placed(this.graph.x.slice(), this.samples[sample]));
    this.changed();
  }

  // 노트의 갱신 한 번: 표본마다의 기울기를 평균한다(가정 1). 표본이 없으면(null) 지금의 그래프 하나다.
  // 갱신하기 전의 평균 손실을 돌려준다. 계산할 수 없으면 갱신하지 않고 NaN 이다
  step(batch = this.samples ?? [null]) {
    const { graph, parameters } = this, before = graph.x.slice(), x = graph.x.slice(), rate = this.lr / batch.length;
    let cost = 0;
    for (const sample of batch) {
      if (sample) this.placed(graph.x, sample);
      if (graph.forward(graph.x) >= 0) {
        const placed = graph.x.slice();
        graph.x.set(before);
        this.recompute(placed);
        return NaN;
      }
      graph.backward();
      cost += graph.cost / batch.length;
      for (const p of parameters) x[p] -= rate * graph.g[p];
    }
    graph.x.set(before);
    return this.recompute(x, true) ? cost : NaN;
  }
}
