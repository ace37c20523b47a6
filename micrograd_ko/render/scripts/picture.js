// 그림: 지금 스텝까지 안 수를 칸에 적고, 지나는 선을 밝힌다.
class Picture {
  // cells: 칸마다 [노드, 눈금의 번호, 색만 보이는지], scales: 눈금마다 [기울기인지, 노드들],
  // edges: 선마다 [피연산자, 결과, 역전파의 몇째 스텝, 몇 번 쓰는지, 가중치]. 없으면 null
  constructor(svg, { cells, scales, edges }, model) {
    Object.assign(this, { svg, model, scales, nodes: [...svg.querySelectorAll('.node')] });
    this.edges = edges.map(([operand, result, k, times, weight], i) => {
      const group = svg.getElementById(`edge${i}`), [path, text] = [group.querySelector('path'), group.querySelector('text')];
      return { group, path, text, operand, result, k, times, weight };
    });
    this.cells = cells.map(([node, scale, isHeat], i) => {
      const group = svg.getElementById(`c${i}`), [box, text] = [group.querySelector('polygon'), group.querySelector('text')];
      const [isGradient] = scales[scale], isField = !isGradient && model.graph.nodes[node].row === null;
      const [one, , other] = box.points, room = (Math.abs(one.x - other.x) - 5) / text?.getAttribute('font-size'); // em
      const tip = group.appendChild(document.createElementNS(svg.namespaceURI, 'title'));
      mark(group, { heat: isHeat === 1, field: isField });
      group.setAttribute('role', isField ? 'spinbutton' : 'img');
      return { group, node, scale, isGradient, isField, room, tip, box, text, look: [] };
    });
    svg.setAttribute('role', 'group'); // 그림 하나가 아니라 만질 수 있는 칸들이다
  }

  // 사건이 일어난 칸
  cellOf({ target }) { return this.cells[target.closest('.cell')?.id.slice(1)]; }

  // 칸을 칠할 짙기: -0.8 에서 0.8(`picture.depth`)
  static depth(x, scale) {
    if (!Number.isFinite(x)) return null;
    const strength = scale ? Math.round(Math.sqrt(Math.min(Math.abs(x) / scale, 1)) * 10) / 10 : 0;
    return strength * (x > 0 ? 0.8 : -0.8);
  }

  show(steps, at) {
    const { x, g } = this.model.graph, known = new Map(), now = new Set(steps[at].cells.map(([cell]) => cell));
    const sizes = this.scales.map(([isGradient, nodes]) => nodes.map((i) => Math.abs((isGradient ? g : x)[i])));
    const largest = sizes.map((all) => Math.max(0, ...all.filter(Number.isFinite)));
    for (const { cells, numbers } of steps.slice(0, at + 1)) {
      const values = numbers();
      for (const [cell, which, isPartial] of cells) known.set(cell, [values[which], isPartial === 1]);
    }
    this.cells.forEach((cell, i) => this.write(cell, known.get(i), now.has(i) && at > 0, largest[cell.scale]));
    for (const node of this.nodes) mark(node, { now: node.querySelector('.now') !== null });
    this.showEdges(steps, at);
  }

  // 모습이 그대로인 칸은 다시 쓰지 않는다: 칸이 수천이면 그것이 느리다
  write(cell, known, isNow, scale) {
    const { group, node, isGradient, isField, room, box, text } = cell, { model } = this;
    const isChanged = isField && model.isChanged(node);
    const [value, isPartial] = known ?? [null, false], depth = value === null ? 0 : Picture.depth(value, scale);
    const look = [!known, value, isPartial, depth, isNow, isChanged, model.graph.x[node]];
    if (look.every((x, i) => Object.is(x, cell.look[i]))) return;
    Object.assign(cell, { look, value: known ? value : undefined });
    const name = isGradient ? say(words.gradient, model.names[node]) : model.names[node], written = known ? number(value) : '';
    const wide = 0.56 * written.length - 0.25 * written.replace(/[^-.]/g, '').length; // em: 부호와 점은 좁다
    const style = `font-size: ${text?.getAttribute('font-size') * Math.min(1, room / wide)}px`; // 칸에 들지 않으면 줄인다
    if (text) Object.assign(text, { textContent: written, style });
    if (isField) group.ariaValueNow = model.graph.x[node];
    mark(group, { plus: depth > 0, minus: depth < 0, warn: depth === null });
    mark(group, { partial: isPartial, now: isNow, changed: isChanged, long: wide > room });
    group.dataset.known = known ? 'yes' : 'no';
    group.setAttribute('aria-label', isField ? name : `${name}: ${written || words.unknown}`);
    box.style.fillOpacity = depth === null ? 1 : Math.abs(depth);
  }

  // 선의 국소 미분은 그 선을 거꾸로 지난 뒤에 보이고, 거꾸로 지나는 동안은 화살표도 거꾸로다.
  // 가중치의 선은 색과 굵기가 그 부호와 크기를 보인다(`picture.stroke`)
  showEdges(steps, at) {
    const { x, local } = this.model.graph, isBack = ({ phase }) => phase === 'backward', now = new Set(steps[at].edges);
    const seen = new Set(steps.slice(0, at + 1).filter(isBack).flatMap(({ edges }) => edges));
    const largest = Math.max(0, ...this.edges.map(({ weight }) => Math.abs(x[weight] ?? 0)));
    this.edges.forEach(({ group, path, text, k, times, weight }, i) => {
      mark(group, { now: now.has(i), seen: seen.has(i), back: now.has(i) && isBack(steps[at]) });
      if (text) text.textContent = number(times * local[k]);
      if (weight === null) return;
      mark(group, { plus: x[weight] > 0, minus: !(x[weight] > 0) });
      path.style.strokeWidth = 0.5 + 2.5 * Math.abs(Picture.depth(x[weight], largest) ?? 0);
    });
  }
}
