// 계산 그래프: 잎의 수가 바뀌면 순전파와 역전파를 다시 한다. 연산의 규칙은 표(table)에서만 온다.
class Graph {
  // nodes: 위상 순서로 노드마다 [줄의 이름 | null, 피연산자의 번호들, 값]. 마지막이 root 다.
  constructor(nodes, { seeded }) {
    this.nodes = nodes.map(([key, parents]) => ({ row: key === null ? null : table[key], parents: Int32Array.from(parents) }));
    this.x = Float64Array.from(nodes, ([, , data]) => data);
    this.g = new Float64Array(nodes.length);
    this.seeded = seeded;
    // 역전파의 걸음(선)마다: 넘기는 기울기, 국소 미분, 더하기 전과 후의 합. `reverse.arrivals` 와 같은 차례다
    const edges = this.nodes.reduce((sum, { parents }) => sum + parents.length, 0);
    this.flowing = new Float64Array(edges);
    this.local = new Float64Array(edges);
    this.before = new Float64Array(edges);
    this.after = new Float64Array(edges);
  }

  // 정의역을 벗어난 노드의 번호, 없으면 -1. 벗어나면 어떤 수도 바뀌지 않는다
  forward() {
    const x = Float64Array.from(this.x);
    for (const [i, { row, parents }] of this.nodes.entries()) {
      if (row === null) continue;
      if (row.defined && !row.defined(x, parents)) return i;
      x[i] = row.f(x, parents);
      if (!row.overflows && !Number.isFinite(x[i]) && parents.every((p) => Number.isFinite(x[p]))) return i;
    }
    this.x = x;
    return -1;
  }

  backward() {
    const { x, g, local } = this, last = this.nodes.length - 1;
    g.fill(0);
    g[last] = 1;
    for (let i = last, k = 0; i >= 0; i--) {
      const { row, parents } = this.nodes[i];
      if (row === null) continue;
      row.d(x[i], x, parents, local.subarray(k, k + parents.length));
      for (const p of parents) {
        this.flowing[k] = g[i];
        this.before[k] = g[p];
        this.after[k] = g[p] += g[i] * local[k];
        k++;
      }
    }
  }
}
