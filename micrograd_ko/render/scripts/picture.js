// 그림: 지금 스텝까지 안 수를 칸에 적고, 지나는 선을 밝힌다.
class Picture {
  // cells: 칸마다 [노드, 눈금의 번호, 색만 보이는지], scales: 눈금마다 [기울기인지, 노드들]
  constructor(svg, { cells, scales }, model) {
    this.svg = svg;
    this.model = model;
    this.scales = scales;
    this.nodes = [...svg.querySelectorAll('.node')];
    this.edges = [...svg.querySelectorAll('.edge')];
    this.cells = cells.map(([node, scale, isHeat], i) => {
      const group = svg.getElementById(`c${i}`);
      const tip = group.appendChild(document.createElementNS('http://www.w3.org/2000/svg', 'title'));
      group.classList.toggle('heat', isHeat === 1);
      return { group, node, scale, tip, box: group.querySelector('polygon'), text: group.querySelector('text') };
    });
    svg.classList.add('live');
  }

  // 칸을 칠할 짙기: -0.8 에서 0.8(`color.depth`)
  static depth(x, scale) {
    if (!Number.isFinite(x)) return null;
    const strength = scale ? Math.round(Math.sqrt(Math.min(Math.abs(x) / scale, 1)) * 10) / 10 : 0;
    return strength * (x > 0 ? 0.8 : -0.8);
  }

  largest() {
    const { x, g } = this.model.graph;
    return this.scales.map(([isGradient, nodes]) => {
      const sizes = nodes.map((i) => Math.abs((isGradient ? g : x)[i])).filter(Number.isFinite);
      return Math.max(0, ...sizes);
    });
  }

  show(steps, at) {
    const known = new Map(), largest = this.largest(), now = new Set(steps[at].cells.map(([cell]) => cell));
    for (const { cells, numbers } of steps.slice(0, at + 1)) {
      const values = numbers();
      cells.forEach(([cell, which, isPartial]) => known.set(cell, [values[which], isPartial === 1]));
    }
    this.cells.forEach((cell, i) => this.write(cell, known.get(i), now.has(i) && at > 0, largest[cell.scale]));
    for (const node of this.nodes) node.classList.toggle('now', node.querySelector('.cell.now') !== null);
    this.showEdges(steps, at);
  }

  write({ group, box, text, tip }, known, isNow, scale) {
    const [value, isPartial] = known ?? [0, false], depth = known ? Picture.depth(value, scale) : 0;
    if (text) text.textContent = known ? number(value) : '';
    tip.textContent = known ? number(value, 10) : '';
    group.classList.toggle('plus', depth > 0);
    group.classList.toggle('minus', depth < 0);
    group.classList.toggle('warn', depth === null);
    group.classList.toggle('partial', isPartial);
    group.classList.toggle('now', isNow);
    group.dataset.known = known ? 'yes' : 'no';
    box.style.fillOpacity = depth === null ? 1 : Math.abs(depth);
  }

  // 역전파는 선을 거꾸로 지난다: 화살표도 거꾸로 그린다
  showEdges(steps, at) {
    const isBackward = steps[at].phase === 'backward';
    const seen = new Set(steps.slice(0, at + 1).filter(({ phase }) => phase === 'backward').flatMap(({ edges }) => edges));
    this.svg.querySelectorAll('.returning').forEach((arrow) => arrow.remove());
    this.edges.forEach((edge) => {
      const number = Number(edge.id.slice(4)), isNow = steps[at].edges.includes(number);
      edge.classList.toggle('now', isNow);
      edge.classList.toggle('seen', seen.has(number));
      edge.classList.toggle('back', isNow && isBackward);
      if (isNow && isBackward) edge.append(returning(edge.querySelector('path')));
    });
  }
}

// 선의 처음(피연산자 쪽)에 놓는 화살촉
function returning(path) {
  const end = path.getPointAtLength(0), from = path.getPointAtLength(Math.min(9, path.getTotalLength()));
  const angle = (Math.atan2(end.y - from.y, end.x - from.x) * 180) / Math.PI;
  const arrow = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  arrow.setAttribute('class', 'returning');
  arrow.setAttribute('d', 'M0 0 L-9 -4 L-9 4 Z');
  arrow.setAttribute('transform', `translate(${end.x} ${end.y}) rotate(${angle})`);
  return arrow;
}
