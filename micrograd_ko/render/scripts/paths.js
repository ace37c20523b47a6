// 칸을 가리키면 그 노드에서 손실까지의 경로가 밝아지고, 경로마다의 국소 미분의 곱을 적는다(`explain` 이 하는 말).
class Paths {
  // uses: 노드를 쓰는 자리마다 [노드, 결과, 역전파의 몇째 스텝, 몇 번 쓰는지]
  constructor(model, picture, uses) {
    const { nodes } = model.graph, view = picture.svg.parentElement;
    Object.assign(this, { model, picture, uses, last: nodes.length - 1, users: nodes.map(() => []) });
    for (const [node, ...use] of uses) this.users[node].push(use);
    this.counts = nodes.map((_, i) => Number(i === this.last)); // 노드에서 손실까지의 경로의 수
    for (let i = this.last; i >= 0; i--) for (const [user] of this.users[i]) this.counts[i] += this.counts[user];
    for (const type of ['pointerover', 'focusin']) view.addEventListener(type, (event) => this.show(picture.cellOf(event)));
    for (const type of ['pointerleave', 'focusout']) view.addEventListener(type, () => this.show());
  }

  show(cell) {
    const above = new Set(cell && [cell.node]), told = find('paths'), { top, bottom } = find('view').getBoundingClientRect();
    for (const i of above) for (const [user] of this.users[i]) above.add(user);
    for (const { group, operand, result } of this.picture.edges) mark(group, { path: above.has(operand) && above.has(result) });
    told.textContent = cell && this.uses.length ? this.told(cell.node) : '';
    if (cell) cell.tip.textContent = cell.value === undefined ? '' : number(cell.value, 10); // 풍선말
    mark(told, { top: cell?.group.getBoundingClientRect().top > (top + bottom) / 2 });
  }

  // 경로가 많지 않으면 큰 것부터 셋
  told(node) {
    const { names, graph: { g } } = this.model, count = this.counts[node], found = count > 200 ? [] : this.walk(node);
    const largest = found.sort((one, other) => Math.abs(other.product) - Math.abs(one.product)).slice(0, 3);
    const written = largest.map(({ via, slopes, product }) => {
      const factors = slopes.map((d, i) => (i ? tight(number(d)) : number(d))).join(' × ');
      return `${via.map((i) => names[i]).join(' → ')}: ${chain(factors, number(product))}`;
    });
    const told = say(count ? words.paths : words.unreached, names[node], count < 1e15 ? count : number(count), number(g[node]));
    return [told, ...written, count > written.length ? '…' : ''].join('\n').trim();
  }

  // 손실까지의 경로마다 지나는 노드, 국소 미분, 그 곱
  walk(node) {
    const { users, last, model } = this, waiting = [{ via: [node], slopes: [], product: 1 }], found = [];
    while (waiting.length) {
      const { via, slopes, product } = waiting.pop(), end = via.at(-1);
      if (end === last) found.push({ via, slopes, product });
      for (const [user, k, times] of users[end]) {
        const d = times * model.graph.local[k];
        waiting.push({ via: [...via, user], slopes: [...slopes, d], product: product * d });
      }
    }
    return found;
  }
}
