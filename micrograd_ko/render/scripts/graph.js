// 계산 그래프: 잎의 수가 바뀌면 순전파와 역전파를 다시 한다. 연산의 규칙은 표(table)에서만 온다.
class Graph {
  // nodes: 위상 순서로 노드마다 [줄의 이름 | null, 피연산자의 번호들, 값]. 마지막이 root 다.
  constructor(nodes) {
    this.nodes = nodes.map(([key, parents]) => ({ row: key === null ? null : table[key], parents: Int32Array.from(parents) }));
    const edges = this.nodes.reduce((sum, { parents }) => sum + parents.length, 0), zeros = (length) => new Float64Array(length);
    this.x = Float64Array.from(nodes, ([, , data]) => Number(data)); // 값
    this.g = zeros(nodes.length); // 기울기 ∂root/∂노드
    this.y = zeros(nodes.length); // 갱신한 뒤의 값
    // 역전파의 스텝마다: 넘기는 기울기, 국소 미분, 더하기 전과 후의 합. `reverse.arrivals` 와 같은 차례다
    [this.flowing, this.local, this.before, this.after] = [edges, edges, edges, edges].map(zeros);
    this.scratch = zeros(nodes.length);
  }

  get cost() { return this.x[this.nodes.length - 1]; }

  // x 의 잎으로 순전파를 한다. 계산할 수 없는 노드의 번호, 없으면 -1. 계산할 수 없으면 x 는 그대로다
  forward(x) {
    const next = this.scratch;
    next.set(x);
    for (let i = 0; i < this.nodes.length; i++) {
      const { row, parents } = this.nodes[i];
      if (row === null) continue;
      if (row.defined && !row.defined(next, parents)) return i;
      next[i] = row.f(next, parents);
      if (!row.overflows && !Number.isFinite(next[i]) && parents.every((p) => Number.isFinite(next[p]))) return i;
    }
    x.set(next);
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
    if (isFrozen) this.y[this.y.length - 1] = NaN; // 갱신한 뒤의 손실은 여기서 알 수 없다
    return isFrozen ? -1 : node;
  }
}
