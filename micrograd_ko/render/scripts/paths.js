// 칸을 가리키면 그 노드에서 손실까지의 경로가 밝아지고, 경로마다의 국소 미분의 곱을 적는다(`explain` 이 하는 말).
class Paths {
  // squares: 노드마다 제곱의 항의 수(`reverse.squares`). 제곱은 피연산자를 두 번 쓰지만 한 칸이다
  constructor(model, picture, squares) {
    Object.assign(this, { model, picture });
    const { nodes } = model.graph, last = nodes.length - 1;
    this.users = nodes.map(() => []); // 노드를 쓰는 [결과, 역전파의 몇째 스텝, 몇 번 쓰는지]
    for (let i = last, k = 0; i >= 0; k += nodes[i--].parents.length) {
      const count = squares[i] || nodes[i].parents.length;
      nodes[i].parents.slice(0, count).forEach((p, j) => this.users[p].push([i, k + j, squares[i] ? 2 : 1]));
    }
    this.counts = nodes.map(() => 0); // 노드에서 손실까지의 경로의 수
    for (let i = last; i >= 0; i--) this.counts[i] = this.users[i].reduce((sum, [user]) => sum + this.counts[user], Number(i === last));
    for (const { group, node } of picture.cells) {
      for (const type of ['pointerenter', 'focus']) group.addEventListener(type, () => this.show(node, group));
      for (const type of ['pointerleave', 'blur']) group.addEventListener(type, () => this.show(null));
    }
  }

  show(node, group) {
    const above = new Set(node === null ? [] : [node]), view = find('view').getBoundingClientRect();
    for (const i of above) for (const [user] of this.users[i]) above.add(user);
    for (const edge of this.picture.edges) edge.group.classList.toggle('path', above.has(edge.operand) && above.has(edge.result));
    const told = find('paths');
    told.textContent = node === null ? '' : this.told(node);
    if (group) told.classList.toggle('top', group.getBoundingClientRect().top > view.top + view.height / 2);
  }

  // 경로가 많지 않으면 큰 것부터 몇
  told(node) {
    const { names, graph } = this.model, count = this.counts[node];
    if (!count) return say(words.unreached, names[node]);
    const found = count > 200 ? [] : this.walk(node).sort((one, other) => Math.abs(other.product) - Math.abs(one.product)).slice(0, 3);
    const written = found.map(({ via, slopes, product }) => (
      `${via.map((i) => names[i]).join(' → ')}: ${chain(slopes.map((d) => grouped(number(d))).join(' × '), number(product))}`));
    return [say(words.paths, names[node], count, number(graph.g[node])), ...written, ...(count > found.length ? ['…'] : [])].join('\n');
  }

  walk(node) {
    const last = this.users.length - 1, found = [], stack = [{ via: [node], slopes: [], product: 1 }];
    while (stack.length) {
      const { via, slopes, product } = stack.pop();
      if (via.at(-1) === last) found.push({ via, slopes, product });
      for (const [user, k, times] of this.users[via.at(-1)]) {
        const d = times * this.model.graph.local[k];
        stack.push({ via: [...via, user], slopes: [...slopes, d], product: product * d });
      }
    }
    return found;
  }
}
