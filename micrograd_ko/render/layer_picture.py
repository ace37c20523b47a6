"""층 수준(layer): 층 하나가 상자 하나. 위의 표에 값 W, b, z, a 를, 아래의 표에 같은 자리의 기울기를 놓는다."""

import itertools
from collections.abc import Sequence

from micrograd_ko.engine import Value
from micrograd_ko.note.recognise import Network, Unit, shared_activation
from micrograd_ko.render.neuron_picture import loss_card, pooling
from micrograd_ko.render.picture import Card, Cell, Edge, Group, Picture, Reading, Row, pooled
from micrograd_ko.render.subject import Subject
from micrograd_ko.writing import formulas, limits, notation, numbers

_TABLES = ('data', '값', ('W', 'b', 'z', 'a')), ('grad', '기울기', ('∂C/∂W', '∂C/∂b', 'δ', '∂C/∂a'))


def draw(subject: Subject) -> Picture:
    """입력, 층, 손실의 상자를 왼쪽에서 오른쪽으로."""
    net = subject.net
    tables = [_Table(net, *facts) for facts in _TABLES[: 1 + subject.known]]  # 기울기의 표는 기울기를 알 때만
    cards = [_input(net, tables), *[_layer(net, i, units, tables) for i, units in enumerate(net.layers, 2)]]
    edges = [Edge((tail.id, ''), (head.id, ''), width=2.0) for tail, head in itertools.pairwise(cards)]
    if net.root is not None:
        cards.append(loss_card(net, subject.known))
        places = {v: f'layer{i}' for i, units in enumerate(net.layers, 2) for unit in units for v in unit.values}
        tails = dict.fromkeys([places.get(v, 'layer1') for v in net.used])
        edges += [Edge((tail, ''), ('loss', ''), width=2.0) for tail in tails]  # 손실이 쓰는 층마다 선 하나
    caption = [*pooling(net), '파랑 +, 주황 −. 가장 짙은 칸: ' + ', '.join([table.scales() for table in tables])]
    if max(net.sizes) > limits.POOLED:
        caption.append(f'{limits.POOLED} 보다 긴 변은 구역마다 절댓값이 가장 큰 원소로 줄였다')
    return Picture((Group('', tuple(cards)),), tuple(edges), tuple(caption))


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
    heading = f'입력 a¹ ({len(net.inputs)})'
    rows: list[Row] = [(Cell(heading, 'title', span=len(tables) if net.sampled else 1),)]
    if net.sampled:
        rows += zip(*[_column(table.title, net.inputs, table.signals) for table in tables], strict=True)
    return Card('layer1', 'input', tuple(rows))


def _layer(net: Network, layer: int, units: Sequence[Unit], tables: Sequence[_Table]) -> Card:
    up, role = notation.superscript(layer), net.role(layer)
    weighted = f'W{up}·a{notation.superscript(layer - 1)} + b{up}'
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
