// 페이지의 상태: 그래프의 수(잎과 학습률과 갱신의 수). 되돌리기도 주소도 그 수의 배열을 지닌다. 바뀌면 tell 로 알린다.
class Model {
  // samples: 표본마다 [입력과 목표의 수들 …], 또는 null. places: 그 수가 놓이는 잎. past: 되돌릴 수들, gesture: 그것을 바꾼 몸짓
  constructor({ nodes, nodes: { length: rate }, lr, names, domains, parameters, samples, inputs, targets, outputs }) {
    Object.assign(this, { domains, parameters, samples, inputs, outputs, names: [...names, 'η'], past: [], gesture: null });
    Object.assign(this, { graph: new Graph(nodes, lr), places: [...inputs, ...targets], rate, count: rate + 1 });
    this.leaves = nodes.flatMap(([key], i) => (key === null ? [i] : []));
    this.fields = [this.rate, ...this.leaves]; // 바꿀 수 있는 수의 자리
    this.start = this.graph.x.slice();
    this.accept(this.start.slice());
  }

  get lr() { return this.graph.x[this.rate]; }
  get updates() { return this.graph.x[this.count]; }
  isChanged(place) { return !Object.is(this.graph.x[place], this.start[place]); }
  isSame(x, y) { return [this.count, ...this.fields].every((place) => Object.is(x[place], y[place])); }

  // 수들을 받아들인다. 계산할 수 없으면 아무것도 바뀌지 않고 그 까닭(trouble)이 남는다.
  // 같은 몸짓(gesture: 끌기 한 번, 학습 한 번)이 바꾼 것은 되돌리기 한 번에 돌아온다
  accept(x, gesture = this.gesture, isLearning = false) {
    const { graph } = this, before = graph.x.slice(), node = graph.forward(x), isDone = node < 0;
    this.trouble = isDone ? '' : this.refusal(x, node, isLearning);
    if (isDone && gesture !== this.gesture && !this.isSame(x, before)) {
      this.past.push(before);
      this.gesture = gesture;
    }
    if (isDone) graph.x.set(x);
    graph.backward();
    this.escaped = graph.update(this.parameters, this.lr);
    return isDone;
  }

  // 바꾼 잎의 수들로는 node 를 계산할 수 없다는 말
  refusal(x, node, isLearning) {
    const { names, graph, domains } = this, { row, parents } = graph.nodes[node];
    const changed = this.leaves.filter((leaf) => x[leaf] !== graph.x[leaf]).map((leaf) => `${names[leaf]} = ${number(x[leaf])}`);
    const why = row.defined?.(x, parents) === false ? say(words.domain, domains[node]) : words.overflow;
    const listed = changed.slice(0, 3).join(', ') + (changed.length > 3 ? ' …' : '');
    return say(isLearning && !row.frozen ? words.escaped : words.outside, listed, names[node], row.frozen ? words.frozen : why);
  }

  change(x, gesture = {}) {
    this.accept(x, gesture);
    this.tell();
  }

  set(place, value, gesture) { this.change(this.graph.x.with(place, value), gesture); }
  reset() { this.change(this.start.slice()); }
  choose(sample, gesture) { this.change(this.placed(this.graph.x.slice(), this.samples[sample]), gesture); }

  undo() {
    this.gesture = null;
    this.accept(this.past.pop() ?? this.graph.x.slice());
    this.tell();
  }

  // 표본의 수를 제자리에 놓은 x
  placed(x, sample) {
    sample?.forEach((value, i) => { x[this.places[i]] = value; });
    return x;
  }

  // 노트의 갱신 한 번: 표본마다의 기울기를 평균한다(가정 1). 표본이 없으면(null) 지금의 그래프 하나다.
  // 갱신하기 전의 평균 손실을 돌려준다. 계산할 수 없으면 갱신하지 않고 NaN 이다
  step(batch = this.samples ?? [null], gesture = {}) {
    const { graph, parameters } = this, before = graph.x.slice(), x = before.slice(), rate = this.lr / batch.length;
    let cost = 0, outside = null; // 계산할 수 없는 표본을 놓은 수들
    for (const sample of batch) {
      if (graph.forward(this.placed(graph.x, sample)) >= 0) {
        outside = graph.x.slice();
        break;
      }
      graph.backward();
      cost += graph.cost / batch.length;
      for (const p of parameters) x[p] -= rate * graph.g[p];
    }
    graph.x.set(before);
    x[this.count]++;
    return this.accept(outside ?? x, gesture, !outside) ? cost : NaN;
  }
}
