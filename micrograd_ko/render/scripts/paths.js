// 칸을 가리키면 그 노드에서 손실까지의 경로가 밝아지고, 경로마다의 국소 미분의 곱을 적는다(`explain` 이 하는 말).
class Paths {
  constructor(model, picture, edges) {
    Object.assign(this, { model, picture, edges });
    this.users = model.graph.nodes.map(() => []); // 노드를 쓰는 [결과, 걸음의 번호]
    for (let i = model.graph.nodes.length - 1, k = 0; i >= 0; i--) {
      for (const p of model.graph.nodes[i].parents) this.users[p].push([i, k++]);
    }
    for (const { group, node } of picture.cells) {
      if (!group.classList.contains('field')) group.setAttribute('tabindex', '0');
      for (const type of ['pointerenter', 'focus']) group.addEventListener(type, () => this.show(node));
      for (const type of ['pointerleave', 'blur']) group.addEventListener(type, () => this.show(null));
    }
  }

  show(node) {
    const above = new Set(node === null ? [] : [node]), queue = [...above];
    while (queue.length) for (const [user] of this.users[queue.pop()]) if (!above.has(user)) queue.push(user) && above.add(user);
    this.picture.edges.forEach((edge) => {
      const [operand, result] = this.edges[Number(edge.id.slice(4))];
      edge.classList.toggle('path', above.has(operand) && above.has(result));
    });
    find('paths').textContent = node === null ? '' : this.told(node);
  }

  // 가장 큰 경로부터 몇
  told(node) {
    const { names, graph } = this.model, found = this.walk(node, 200);
    if (!found.length) return say(words.unreached, names[node]);
    found.sort((one, other) => Math.abs(other.product) - Math.abs(one.product));
    const written = found.slice(0, 3).map(({ via, slopes, product }) => (
      `${via.map((i) => names[i]).join(' → ')}: ${chain(slopes.map((d) => grouped(number(d))).join(' × ') || '1', number(product))}`));
    return [say(words.paths, names[node], found.length, number(graph.g[node])), ...written].join('\n');
  }

  walk(node, most) {
    const last = this.model.graph.nodes.length - 1, found = [], stack = [{ via: [node], slopes: [], product: 1 }];
    while (stack.length && found.length < most) {
      const path = stack.pop(), end = path.via.at(-1);
      if (end === last) found.push(path);
      for (const [user, k] of this.users[end]) {
        const d = this.model.graph.local[k];
        stack.push({ via: [...path.via, user], slopes: [...path.slopes, d], product: path.product * d });
      }
    }
    return found;
  }
}
