"""층 단계(layer): 층 하나가 상자 하나. 위의 표에 값 W, b, z, a 를, 아래의 표에 같은 자리의 기울기를 놓는다.

작은 층은 수로, 큰 층은 색 지도(heat map)로 보인다. 행은 뉴런, 열은 입력이라 z = W·a + b 의 모양 그대로다.
"""

import itertools
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from micrograd_ko.engine import Value
from micrograd_ko.note.recognise import Network, Unit
from micrograd_ko.render import color, loss_picture
from micrograd_ko.render.picture import Card, Cell, Edge, End, Group, Picture, Row, heat, number, strip, title
from micrograd_ko.render.pooling import LIMIT, pooled
from micrograd_ko.writing.formulas import applied
from micrograd_ko.writing.notation import superscript

READABLE = 8, 4  # 이보다 행이나 열이 많은 행렬은 수 대신 색으로
_GAP = Cell()


def count(net: Network) -> int:
    """그릴 상자의 수."""
    return 1 + len(net.layers) + (net.root is not None)


def draw(net: Network) -> Picture:
    """입력, 층, 손실의 상자를 왼쪽에서 오른쪽으로."""
    values, gradients = _value_table(net), _gradient_table(net) if net.known else None
    cards = [_input(net, values, gradients)]
    cards += [_layer(net, i, units, values, gradients) for i, units in enumerate(net.layers, 2)]
    edges = [Edge((tail.id, ''), (head.id, ''), width=2.0) for tail, head in itertools.pairwise(cards)]
    if net.root is not None:
        cards.append(loss_picture.card(net))
        edges += _loss_edges(net)
    return Picture((Group('', tuple(cards)),), tuple(edges), _caption(net, values, gradients))


def _loss_edges(net: Network) -> list[Edge]:
    """손실이 쓰는 값을 가진 층마다 선 하나."""
    ports: dict[Value, End] = {x: ('layer1', '') for x in net.inputs if x is not None}
    for layer, units in enumerate(net.layers, 2):
        ports |= {v: (f'layer{layer}', '') for unit in units for v in unit.values}
    return [Edge(tail, ('loss', ''), width=2.0) for tail in dict.fromkeys(edge.tail for edge in loss_picture.edges(net, ports))]


class _Table(NamedTuple):
    """값의 표('data')나 기울기의 표('grad')와 색의 눈금(W 와 b, z 와 a).

    눈금은 모든 층이 함께 쓴다. 그래야 뒤에서 앞으로 가며 기울기가 사라지는 모습이 보인다.
    """

    part: str
    parameters: float
    signals: float

    def of(self, v: Value) -> Any:
        return getattr(v, self.part)


def _value_table(net: Network) -> _Table:
    return _Table('data', color.largest(p.data for p in _parameters(net)), color.largest(v.data for v in _signals(net)))


def _gradient_table(net: Network) -> _Table:
    return _Table('grad', color.largest(p.grad for p in _parameters(net)), color.largest(v.grad for v in _signals(net)))


def _parameters(net: Network) -> Iterable[Value]:
    return (p for unit in net.units for p in (*unit.w, unit.b))


def _signals(net: Network) -> Iterable[Value]:
    return (v for v in (*net.inputs, *[v for unit in net.units for v in (unit.z, unit.a)]) if v is not None)


def _caption(net: Network, values: _Table, gradients: _Table | None) -> tuple[str, ...]:
    lines = [f'파랑 +, 주황 −. 가장 짙은 칸: |W|, |b| = {values.parameters:.3g}']
    if values.signals:
        lines[0] += f', |z|, |a| = {values.signals:.3g}'
    if gradients is not None:
        lines[0] += f', |∂C/∂W|, |∂C/∂b| = {gradients.parameters:.3g}'
    if gradients is not None and gradients.signals:
        lines[0] += f', |δ|, |∂C/∂a| = {gradients.signals:.3g}'
    if max(net.sizes) > LIMIT:
        lines.append(f'{LIMIT} 보다 긴 변은 구역마다 절댓값이 가장 큰 원소로 줄였다')
    return tuple(lines)


def _input(net: Network, values: _Table, gradients: _Table | None) -> Card:
    xs = [x for x in net.inputs if x is not None]
    heading = f'입력 a¹ ({len(net.inputs)})'
    tables = [('값', values), *([('기울기', gradients)] if gradients is not None else [])] if xs else []
    columns = [(what, _column(xs, table, table.signals)) for what, table in tables]
    rows: list[Row] = [(title(heading, span=max(1, len(columns))),)]
    if columns:
        rows.append(tuple(Cell(what, 'column') for what, _ in columns))
        rows += zip(*[cells for _, cells in columns], strict=True)
    return Card('layer1', 'input', tuple(rows), (heading,))


def _layer(net: Network, layer: int, units: tuple[Unit, ...], values: _Table, gradients: _Table | None) -> Card:
    up, shape = superscript(layer), f'{len(units)}×{len(units[0].w)}'
    formula = f'a{up} = {applied(units[0].activation, f"W{up}·a{superscript(layer - 1)} + b{up}")}'
    rows = _rows(units, values, (f'W{up} ({shape})', f'b{up}', f'z{up}', f'a{up}'))
    if gradients is not None:
        rows += _rows(units, gradients, (f'∂C/∂W{up}', f'∂C/∂b{up}', f'δ{up}', f'∂C/∂a{up}'))
    head: Row = (title(net.role(layer), formula, sum(cell.span for cell in rows[0])),)
    return Card(f'layer{layer}', net.kind(layer), (head, *rows), (net.role(layer), formula, f'W{up} {shape}'))


def _rows(units: Sequence[Unit], table: _Table, names: tuple[str, ...]) -> list[Row]:
    """표 하나: 열 이름의 행, 그리고 뉴런마다 W 의 행 | b | z | a."""
    matrix = _matrix([unit.w for unit in units], table)
    columns = [_column([unit.b for unit in units], table, table.parameters)]
    for signal in zip(*[(unit.z, unit.a) for unit in units if unit.z is not None and unit.a is not None], strict=True):
        columns.append(_column(signal, table, table.signals))
    heads: list[Cell] = [Cell(names[0], 'column', span=len(matrix[0]))]
    for name, _ in zip(names[1:], columns, strict=False):
        heads += [Cell('', 'column'), Cell(name, 'column')]
    body = zip(matrix, *columns, strict=True)
    return [tuple(heads), *[(*row, *[cell for single in singles for cell in (_GAP, single)]) for row, *singles in body]]


def _matrix(elements: Sequence[Sequence[Value]], table: _Table) -> list[Row]:
    """행렬을 행마다 칸들로: 작으면 수, 크면 색 띠."""
    rows, columns = READABLE
    if len(elements) <= rows and len(elements[0]) <= columns:
        return [tuple(number(v, table.part, table.parameters) for v in row) for row in elements]
    small = pooled(elements, table.of)
    return [(strip([heat(v, table.part, table.parameters) for v in row], width=max(13, 80 // len(row))),) for row in small]


def _column(elements: Sequence[Value], table: _Table, scale: float) -> list[Cell]:
    if len(elements) <= READABLE[0]:
        return [number(v, table.part, scale) for v in elements]
    return [heat(v, table.part, scale) for (v,) in pooled([[v] for v in elements], table.of)]
