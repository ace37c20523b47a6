// 그림: 지금 스텝까지 안 수를 칸에 적고, 지나는 선을 밝힌다.
class Picture {
  // cells: 칸마다 [노드, 눈금의 번호, 색만 보이는지], scales: 눈금마다 [기울기인지, 노드들],
  // edges: 선마다 [피연산자, 결과, 적힌 국소 미분의 스텝들, 가중치]. 없으면 null
  constructor(svg, { cells, scales, edges }, model) {
    Object.assign(this, { svg, model, scales, nodes: [...svg.querySelectorAll('.node')] });
    this.edges = [...svg.querySelectorAll('.edge')].map((group) => {
      const number = Number(group.id.slice(4)), [operand, result, arrivals, weight] = edges[number];
      const [path, text] = [group.querySelector('path'), group.querySelector('text')];
      return { group, path, text, number, operand, result, arrivals, weight };
    });
    this.cells = cells.map(([node, scale, isHeat], i) => {
      const group = svg.getElementById(`c${i}`), [box, text] = [group.querySelector('polygon'), group.querySelector('text')];
      const tip = group.appendChild(document.createElementNS(svg.namespaceURI, 'title'));
      group.classList.toggle('heat', isHeat === 1);
      return { group, node, scale, isGradient: scales[scale][0], tip, box, text };
    });
    svg.classList.add('live');
    svg.setAttribute('role', 'group'); // 그림 하나가 아니라 만질 수 있는 칸들이다
  }

  // 칸을 칠할 짙기: -0.8 에서 0.8(`color.depth`)
  static depth(x, scale) {
    if (!Number.isFinite(x)) return null;
    const strength = scale ? Math.round(Math.sqrt(Math.min(Math.abs(x) / scale, 1)) * 10) / 10 : 0;
    return strength * (x > 0 ? 0.8 : -0.8);
  }

  largest() {
    const { x, g } = this.model.graph;
    return this.scales.map(([isGradient, nodes]) => nodes.reduce((most, i) => {
      const size = Math.abs((isGradient ? g : x)[i]);
      return size > most && Number.isFinite(size) ? size : most;
    }, 0));
  }

  show(steps, at) {
    const known = new Map(), largest = this.largest(), now = new Set(steps[at].cells.map(([cell]) => cell));
    for (const { cells, numbers } of steps.slice(0, at + 1)) {
      const values = numbers();
      for (const [cell, which, isPartial] of cells) known.set(cell, [values[which], isPartial === 1]);
    }
    this.cells.forEach((cell, i) => this.write(cell, known.get(i), now.has(i) && at > 0, largest[cell.scale]));
    for (const node of this.nodes) node.classList.toggle('now', node.querySelector('.cell.now') !== null);
    this.showEdges(steps, at);
  }

  write({ group, node, isGradient, box, text, tip }, known, isNow, scale) {
    const [value, isPartial] = known ?? [null, false], depth = value === null ? 0 : Picture.depth(value, scale);
    if (text) text.textContent = known ? number(value) : '';
    tip.textContent = known ? number(value, 10) : '';
    const kinds = { plus: depth > 0, minus: depth < 0, warn: depth === null, partial: isPartial, now: isNow };
    for (const [kind, isOne] of Object.entries(kinds)) group.classList.toggle(kind, isOne);
    group.dataset.known = known ? 'yes' : 'no';
    const name = isGradient ? say(words.gradient, this.model.names[node]) : this.model.names[node];
    group.setAttribute('aria-label', group.role === 'spinbutton' ? name : `${name}: ${known ? number(value) : words.unknown}`);
    box.style.fillOpacity = depth === null ? 1 : Math.abs(depth);
  }

  // 선의 국소 미분은 그 선을 거꾸로 지난 뒤에 보인다. 역전파는 선을 거꾸로 지난다: 화살표도 거꾸로 그린다
  showEdges(steps, at) {
    const isBackward = steps[at].phase === 'backward', walked = steps.slice(0, at + 1).filter(({ phase }) => phase === 'backward');
    const seen = new Set(walked.flatMap(({ edges }) => edges)), now = new Set(steps[at].edges);
    this.svg.querySelectorAll('.returning').forEach((arrow) => arrow.remove());
    this.edges.forEach(({ group, path, number }) => {
      group.classList.toggle('now', now.has(number));
      group.classList.toggle('seen', seen.has(number));
      group.classList.toggle('back', isBackward && now.has(number));
      if (isBackward && now.has(number)) group.append(returning(path));
    });
    this.paintEdges();
  }

  // 선에 적힌 국소 미분과, 가중치의 부호와 크기를 보이는 색과 굵기(`color.stroke`)
  paintEdges() {
    const { x, local } = this.model.graph, largest = Math.max(0, ...this.edges.map(({ weight }) => Math.abs(x[weight] ?? 0)));
    for (const { group, path, text, arrivals, weight } of this.edges) {
      if (text && arrivals.length) text.textContent = number(arrivals.map((k) => local[k]).reduce((one, other) => one + other));
      if (weight === null) continue;
      const depth = Picture.depth(x[weight], largest) ?? 0;
      group.classList.toggle('plus', x[weight] > 0);
      group.classList.toggle('minus', !(x[weight] > 0));
      path.style.strokeWidth = 0.5 + 2.5 * Math.abs(depth);
    }
  }
}

// 선의 처음(피연산자 쪽)에 놓는 화살촉
function returning(path) {
  const end = path.getPointAtLength(0), from = path.getPointAtLength(Math.min(9, path.getTotalLength()));
  const arrow = document.createElementNS(path.namespaceURI, 'path');
  arrow.setAttribute('class', 'returning');
  arrow.setAttribute('d', 'M0 0 L-9 -4 L-9 4 Z');
  arrow.setAttribute('transform', `translate(${end.x} ${end.y}) rotate(${(Math.atan2(end.y - from.y, end.x - from.x) * 180) / Math.PI})`);
  return arrow;
}
