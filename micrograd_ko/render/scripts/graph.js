// 계산 그래프: 잎의 수가 바뀌면 순전파와 역전파를 다시 한다. 연산의 규칙은 표(table)에서만 온다.
class Graph {
  // nodes: 위상 순서로 노드마다 [줄의 이름 | null, 피연산자의 번호들, 값]. 마지막이 root 다. lr 는 학습률
  constructor(nodes, lr) {
    this.nodes = nodes.map(([key, parents]) => ({ key, parents, row: key === null ? null : table[key] }));
    this.x = Float64Array.from([...nodes.map(([, , data]) => data), lr, 0], Number); // 값, 그리고 맨 끝에 학습률과 갱신의 수
    this.y = this.x.slice(); // 갱신한 뒤의 값
    this.g = new Float64Array(nodes.length); // 기울기 ∂root/∂노드
    // 역전파의 스텝마다: 넘기는 기울기, 국소 미분, 더하기 전과 후의 합. `reverse.arrivals` 와 같은 차례다
    const edges = this.nodes.reduce((sum, { parents }) => sum + parents.length, 0);
    for (const name of ['flowing', 'local', 'before', 'after']) this[name] = new Float64Array(edges);
  }

  get cost() { return this.x[this.nodes.length - 1]; }

  // x 의 잎에서 나머지를 계산해 x 에 놓는다. 계산할 수 없는 노드의 번호, 없으면 -1
  forward(x) {
    for (let i = 0; i < this.nodes.length; i++) {
      const { row, parents } = this.nodes[i];
      if (row === null) continue;
      if (row.defined && !row.defined(x, parents) && !parents.some((p) => Number.isNaN(x[p]))) return i; // nan 은 nan 으로 흐른다
      x[i] = row.f(x, parents);
      if (!row.overflows && !Number.isFinite(x[i]) && parents.every((p) => Number.isFinite(x[p]))) return i;
    }
    return -1;
  }

  backward() {
    const { x, g, local } = this, last = this.nodes.length - 1;
    g.fill(0);
    g[last] = 1;
    for (let i = last, k = 0; i >= 0; i--) {
      const { row, parents } = this.nodes[i];
      if (row === null) continue;
      const slopes = local.subarray(k, k + parents.length);
      row.d(x[i], x, parents, slopes);
      for (let j = 0; j < parents.length; j++, k++) {
        const p = parents[j];
        this.flowing[k] = g[i];
        this.before[k] = g[p];
        this.after[k] = g[p] += g[i] * slopes[j];
      }
    }
  }

  // 노트의 갱신 w ← w − η·∂C/∂w 를 한 값을 y 에. 갱신한 값으로 계산할 수 없는 노드의 번호, 없으면 -1
  update(parameters, lr) {
    this.y.set(this.x);
    for (const p of parameters) this.y[p] -= lr * this.g[p];
    const node = this.forward(this.y), isFrozen = node >= 0 && this.nodes[node].row.frozen;
    if (isFrozen) this.y[this.nodes.length - 1] = NaN; // 갱신한 뒤의 손실은 여기서 알 수 없다
    return isFrozen ? -1 : node;
  }
}
