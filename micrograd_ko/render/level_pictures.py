"""수준(level of detail)마다의 그림: 노드마다(ops), 뉴런마다(neuron), 층마다(layer) 무엇을 상자에 담는가. 왼쪽에서 오른쪽으로.

뉴런과 층의 그림에서 신경망의 값에서 손실 C 까지의 노드는 손실의 상자 하나다.
"""

import itertools
from collections.abc import Iterable, Mapping, Sequence

from micrograd_ko.engine import Value
from micrograd_ko.graph import edges
from micrograd_ko.note.recognise import Network, Unit, shared_activation
from micrograd_ko.render.picture import Card, Cell, Edge, End, Group, Picture, Reading, Row, named_row, pooled, strip_row, stroke
from micrograd_ko.render.subject import Subject
from micrograd_ko.reverse import squares
from micrograd_ko.writing import formulas, labels, limits, numbers
from micrograd_ko.writing.notation import indexed, superscript
from micrograd_ko.writing.templates import kept


def nodes(subject: Subject) -> Picture:
    """노드 하나가 상자 하나: 값과 기울기, 선에 국소 미분(local derivative). 상자의 번호는 그래프 전체의 위상 순서에서 나온다."""
    ids = {node: f'n{i}' for i, node in enumerate(subject.order) if node in subject.chosen}
    labelled = len(ids) <= limits.MOST_LABELS
    where = '선의 수' if labelled else '선에 마우스를 올리면'
    caption = [f'{where}: 국소 미분(local derivative) ∂결과/∂피연산자']
    if len(ids) < len(subject.order):
        caption.append(f'노드 {len(subject.order)}개 가운데 {len(ids)}개만 그렸다. ⋯ 는 그리지 않은 피연산자가 있다는 표시')
    lines = []
    for node, card in ids.items():
        slopes, count = list(edges(node)), squares(node)
        for i, (parent, d) in enumerate(slopes[: count or None]):
            if parent in ids:
                slope = d + slopes[count + i][1] if count else d  # 제곱의 두 자리로 가는 선은 하나다
                label, tip = numbers.number(slope) if labelled else '', numbers.number(slope, limits.EXACT_DIGITS)
                lines.append(Edge((ids[parent], ''), (card, ''), label, tip, uses=(parent, node, i)))
    cards = tuple([_node_card(card, node, subject) for node, card in ids.items()])
    return Picture((Group('', cards),), tuple(lines), tuple(caption))


def _node_card(card: str, node: Value, subject: Subject) -> Card:
    data, gradient = Reading('data'), Reading('grad', known=subject.known)
    rows: list[Row] = [(Cell('값'), data.number(node)), (Cell('기울기'), gradient.number(node))]
    left_out = '' if all(parent in subject.chosen for parent in node.parents) else ' ⋯'
    name, made = kept(labels.shown(node.name)), kept(_sign(node)) + left_out
    if name or made:
        rows.insert(0, (Cell(name or made, 'title', note=made if name else '', span=2),))
    kind = 'root' if node in set(subject.roots) else 'op' if node.op is not None else 'leaf'
    return Card(card, kind, tuple(rows))


def _sign(node: Value) -> str:
    """노드를 만든 연산의 기호. 제곱의 합이면 Σ( )²."""
    if node.op is None:
        return ''
    count = squares(node)
    return f'{"Σ" * (count > 1)}( )²' if count else formulas.sign(node.op)


def neurons(subject: Subject) -> Picture:
    """뉴런 하나가 상자 하나: 행은 w …, b, z, a 이고 열은 이름 | 값 | 기울기다. z 의 기울기가 노트의 δ 다."""
    net, cards = subject.net, _Cards(subject.net, subject.known)
    groups = [Group('', (cards.input(),))]
    for layer, units in enumerate(net.layers, 2):
        columns = tuple([cards.neuron(layer, j, unit, len(units) > limits.WIDE_LAYER) for j, unit in enumerate(units, 1)])
        groups.append(Group(f'{net.role(layer)} ({len(units)})', columns))
    lines = list(cards.edges())
    if net.root is not None:
        groups.append(Group('', (_loss_card(net, subject.known),)))
        lines += _loss_edges(net, cards.ends)
    caption = [*_pooling(net), '선의 색과 굵기: 가중치의 부호(파랑 +, 주황 −)와 크기']
    if subject.known:
        error = '. z 의 기울기가 에러 δ = ∂C/∂z' if net.sampled and net.sample_count == 1 else ''
        caption.append(f'기울기 칸: ∂C/∂(그 행), 짙을수록 크다{error}')
    return Picture(tuple(groups), tuple(lines), tuple(caption))


class _Cards:
    """한 그림의 상자들. 같은 짙기가 그림 어디서나 같은 크기를 뜻하도록 눈금(scale)을 함께 쓴다. ends 는 값의 선이 나가는 칸."""

    def __init__(self, net: Network, known: bool) -> None:
        self.net, self.ends, is_one = net, dict[Value, End](), net.sample_count == 1
        self.weights = Reading.scaled('data', [w for unit in net.units for w in unit.w])
        self.gradients = Reading.scaled('grad', net.values if is_one else net.parameters, known)  # 다른 것은 표본마다 다르다
        self.signals = Reading('data', known=is_one), self.gradients._replace(known=known and is_one)

    def input(self) -> Card:
        xs, (data, gradient) = self.net.inputs, self.signals
        rows = self._rows('input', 'a', (1,), xs, Reading.scaled('data', xs, data.known), gradient)
        if not self.net.sampled:  # 이름만
            rows = [(name._replace(port=out.port),) for name, _, out in rows]
        return Card.of_rows('input', 'input', '입력', rows)

    def neuron(self, layer: int, j: int, unit: Unit, compact: bool) -> Card:
        card, z, a = f'l{layer}j{j}', indexed('z', layer, j), indexed('a', layer, j)
        rows = self._rows(card, 'w', (layer, j), unit.w, self.weights, self.gradients)
        rows.append(self._row(card, indexed('b', layer, j), unit.b, 'b', Reading('data'), self.gradients))
        if self.net.sampled:
            rows += [self._row(card, name, v, port, *self.signals) for name, v, port in ((z, unit.z, 'z'), (a, unit.a, 'a'))]
            z, a = kept(labels.shown(unit.z.name)) or z, kept(labels.shown(unit.a.name)) or a
        if not (self.net.sampled or self.gradients.known):
            rows = [row[:2] for row in rows]
        return Card.of_rows(card, self.net.kind(layer), f'{a} = {formulas.formula(unit.activation, [z])}', rows, compact)

    def _rows(
        self, card: str, letter: str, place: tuple[int, ...], values: Sequence[Value], data: Reading, gradient: Reading
    ) -> list[Row]:
        """입력이나 가중치의 행들. 많으면 색 띠 한 줄."""
        if len(values) <= limits.LONG_ROW:
            data, named = data._replace(scale=0.0), enumerate(values, 1)  # 적은 수는 칠하지 않는다
            return [self._row(card, indexed(letter, *place, k), v, f'{letter}{k}', data, gradient) for k, v in named]
        name = indexed(letter, *place) + ('ₖ' if letter == 'w' else '')
        self.ends |= dict.fromkeys(values, (card, f'{letter}o'))
        return [strip_row(name, values, data, gradient, letter, f'{letter}o')]

    def _row(self, card: str, name: str, v: Value, port: str, data: Reading, gradient: Reading) -> Row:
        self.ends[v] = card, f'{port}o'
        return named_row(name, v, data, gradient, port, f'{port}o')

    def edges(self) -> Iterable[Edge]:
        """가중치마다 선 하나. 가중치나 입력이 색 띠 한 줄이면 상자마다 하나."""
        out, found = 'ao' if self.net.sampled else '', dict[tuple[End, End], Edge]()  # 표본이 없으면 a 의 행도 없다
        for layer, units in enumerate(self.net.layers, 2):
            for j, unit in enumerate(units, 1):
                short = len(unit.w) <= limits.LONG_ROW
                for k, (w, x) in enumerate(zip(unit.w, unit.inputs, strict=True), 1):
                    head = f'l{layer}j{j}', f'w{k}' if short else 'w'
                    tail = (f'l{layer - 1}j{k}', out) if layer > 2 else ('input', f'a{k}o' if short else 'ao')
                    (hue, width), tip = stroke(w.data, self.weights.scale), numbers.number(w.data, limits.EXACT_DIGITS)
                    found[tail, head] = Edge(tail, head, '', tip, hue, width, (x, unit.z, 0), w)
        return found.values()


def _loss_card(net: Network, known: bool) -> Card:
    """목표 y 의 행들(표본이 여럿이면 없다)과 손실 C 의 행. 손실의 식을 알면 제목 위에 적는다."""
    targets, data, gradient = _targets(net), Reading('data'), Reading('grad', known=known)
    if len(targets) <= limits.MOST_TARGETS:
        rows = [named_row(name, y, data, gradient, name) for name, y in targets.values()]
    else:
        ys = [y for _, y in targets.values()]
        rows = [strip_row('y', ys, Reading.scaled('data', ys), Reading.scaled('grad', ys, known), 'y')]
    if not net.targets:  # 클래스 번호는 노드가 아니라서 기울기가 없다
        rows = [(name, data, Cell()) for name, data, _ in rows]
    heading = '손실 C' if net.sample_count == 1 else f'손실 C (표본 {net.sample_count}개)'
    drawn = Card.of_rows('loss', 'loss', heading, [*rows, named_row('C', net.order[-1], data, gradient, 'C')])
    formula = [(Cell('', 'title', note=f'C = {net.loss.formula}', span=3),)] if net.loss is not None else []
    return drawn._replace(rows=(*formula, *drawn.rows))


def _loss_edges(net: Network, ends: Mapping[Value, End]) -> list[Edge]:
    """손실이 쓰는 값마다 선 하나: 짝이 되는 목표의 행으로, 없으면 C 로. ends 는 값의 선이 나가는 칸."""
    targets = _targets(net)
    ports = {a: name if len(targets) <= limits.MOST_TARGETS else 'y' for a, (name, _) in targets.items()}
    return [Edge(ends[v], ('loss', ports.get(v, 'C')), uses=(v, net.order[-1], 0)) for v in net.used]


def _targets(net: Network) -> dict[Value, tuple[str, Value]]:
    """출력 → 목표의 (이름, 노드). 클래스 번호로 준 목표는 그것이 뜻하는 0 과 1 로 보인다. 그 노드는 그래프에 없다."""
    if net.targets or net.loss is None:
        return {a: (net.names[y], y) for a, y in net.targets.items()}
    return {a: (indexed('y', None, j), Value(y)) for j, (a, y) in enumerate(zip(net.outputs, net.goal, strict=True), 1)}


def _pooling(net: Network) -> list[str]:
    """여러 표본의 손실을 신경망 하나로 그린 그림의 설명."""
    if net.sample_count == 1:
        return []
    told = 'w 와 b 의 기울기에는 모든 표본에서 온 항이 더해져 있고, 표본마다 다른 x, z, a, δ 는 – 로 적었다'
    return [f'표본 {net.sample_count}개의 손실. {told}']


def layers(subject: Subject) -> Picture:
    """층 하나가 상자 하나: 위의 표에 값 W, b, z, a 를, 아래의 표에 같은 자리의 기울기를 놓는다."""
    net = subject.net
    tables = [_Table(net, *facts) for facts in _TABLES[: 1 + subject.known]]  # 기울기의 표는 기울기를 알 때만
    cards = [_input(net, tables), *[_layer(net, i, units, tables) for i, units in enumerate(net.layers, 2)]]
    lines = [Edge((tail.id, ''), (head.id, ''), width=2.0) for tail, head in itertools.pairwise(cards)]
    if net.root is not None:
        cards.append(_loss_card(net, subject.known))
        places = {v: f'layer{i}' for i, units in enumerate(net.layers, 2) for unit in units for v in unit.values}
        tails = dict.fromkeys([places.get(v, 'layer1') for v in net.used])
        lines += [Edge((tail, ''), ('loss', ''), width=2.0) for tail in tails]  # 손실이 쓰는 층마다 선 하나
    caption = [*_pooling(net), '파랑 +, 주황 −. 가장 짙은 칸: ' + ', '.join([table.scales() for table in tables])]
    if max(net.sizes) > limits.POOLED:
        caption.append(f'{limits.POOLED} 보다 긴 변은 구역마다 절댓값이 가장 큰 원소로 줄였다')
    return Picture((Group('', tuple(cards)),), tuple(lines), tuple(caption))


_TABLES = ('data', '값', ('W', 'b', 'z', 'a')), ('grad', '기울기', ('∂C/∂W', '∂C/∂b', 'δ', '∂C/∂a'))


class _Table:
    """값의 표('data')나 기울기의 표('grad'). 모든 층이 눈금을 함께 써야 앞으로 가며 기울기가 사라지는 모습이 보인다."""

    def __init__(self, net: Network, part: str, title: str, columns: tuple[str, ...]) -> None:
        self.net, self.part, self.title, self.columns = net, part, title, columns
        self.parameters = Reading.scaled(part, net.parameters)
        self.signals = Reading.scaled(part, net.values.keys() - net.parameters if net.sampled else (), net.sample_count == 1)

    def scales(self) -> str:
        w, b, z, a = self.columns
        signals = f', |{z}|, |{a}| = {numbers.number(self.signals.scale, 3)}' if self.signals.scale else ''
        return f'|{w}|, |{b}| = {numbers.number(self.parameters.scale, 3)}{signals}'

    def rows(self, units: Sequence[Unit], up: str) -> list[Row]:
        """열 이름의 행, 그리고 뉴런마다 W 의 행 | b | z | a."""
        w, b, z, a = [name + up for name in self.columns]
        columns = [_column(b, [unit.b for unit in units], self.parameters)]
        if self.net.sampled:
            columns += [_column(z, [u.z for u in units], self.signals), _column(a, [u.a for u in units], self.signals)]
        matrix = _matrix([unit.w for unit in units], self.parameters)
        shape = f'({len(units)}×{len(units[0].w)})' if self.part == 'data' else ''
        rows: list[Row] = [(Cell(w, 'column', note=shape, span=len(matrix[0])),), *matrix]
        for heading, *cells in columns:
            rows = [(*rows[0], Cell('', 'column'), heading), *[(*row, Cell(), x) for row, x in zip(rows[1:], cells, strict=True)]]
        return rows


def _input(net: Network, tables: Sequence[_Table]) -> Card:
    rows: list[Row] = [(Cell(f'입력 a¹ ({len(net.inputs)})', 'title', span=len(tables) if net.sampled else 1),)]
    if net.sampled:
        rows += zip(*[_column(table.title, net.inputs, table.signals) for table in tables], strict=True)
    return Card('layer1', 'input', tuple(rows))


def _layer(net: Network, layer: int, units: Sequence[Unit], tables: Sequence[_Table]) -> Card:
    up, role = superscript(layer), net.role(layer)
    weighted = f'W{up}·a{superscript(layer - 1)} + b{up}'
    written = f'a{up} = {formulas.formula(shared_activation(units), [weighted])}'
    rows = [row for table in tables for row in table.rows(units, up)]
    head = Cell(role, 'title', note=written, span=sum(cell.span for cell in rows[0]))
    return Card(f'layer{layer}', net.kind(layer), ((head,), *rows))


def _matrix(elements: Sequence[Sequence[Value]], reading: Reading) -> list[Row]:
    """행렬을 행마다 칸들로: 작으면 수, 크면 색 띠."""
    rows, columns = limits.READABLE
    if len(elements) <= rows and len(elements[0]) <= columns:
        return [tuple(map(reading.number, row)) for row in elements]
    return [(reading.strip(row, max(13, 80 // len(row))),) for row in pooled(elements, reading.of)]


def _column(name: str, elements: Sequence[Value], reading: Reading) -> list[Cell]:
    """벡터를 이름 아래에 세로로."""
    if len(elements) <= limits.READABLE[0]:
        return [Cell(name, 'column'), *map(reading.number, elements)]
    return [Cell(name, 'column'), *[reading.heat(v) for (v,) in pooled([[v] for v in elements], reading.of)]]
