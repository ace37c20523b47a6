"""층 단계(layer): 층 하나가 상자 하나. 위의 표에 값 W, b, z, a 를, 아래의 표에 같은 자리의 기울기를 놓는다.

작은 층은 수로, 큰 층은 색 지도(heat map)로 보인다. 행은 뉴런, 열은 입력이라 z = W·a + b 의 모양 그대로다.
"""

import itertools
from collections.abc import Sequence
from typing import Any, NamedTuple

from micrograd_ko.engine import Value
from micrograd_ko.note.recognise import Network, Unit
from micrograd_ko.render import color, loss_picture
from micrograd_ko.render.picture import Card, Cell, Edge, End, Group, Picture, Row, heat, number, strip, title
from micrograd_ko.render.pooling import pooled
from micrograd_ko.render.subject import Subject
from micrograd_ko.writing.formulas import formula
from micrograd_ko.writing.limits import POOLED, READABLE
from micrograd_ko.writing.notation import superscript

_GAP, _GAP_HEAD = Cell(), Cell('', 'column')


def count(subject: Subject) -> int:
    """그릴 상자의 수."""
    net = subject.network
    return 0 if net is None else 1 + len(net.layers) + (net.root is not None)


def draw(subject: Subject) -> Picture:
    """입력, 층, 손실의 상자를 왼쪽에서 오른쪽으로."""
    net = subject.network
    assert net is not None
    tables = _tables(net, subject.known)
    cards = [_input(net, tables), *[_layer(net, i, units, tables) for i, units in enumerate(net.layers, 2)]]
    edges = [Edge((tail.id, ''), (head.id, ''), width=2.0) for tail, head in itertools.pairwise(cards)]
    if net.root is not None:
        cards.append(loss_picture.card(net, net.root, subject.known))
        edges += _loss_edges(net, net.root)
    return Picture((Group('', tuple(cards)),), tuple(edges), _caption(net, tables))


def _loss_edges(net: Network, root: Value) -> list[Edge]:
    """손실이 쓰는 값을 가진 층마다 선 하나."""
    ports: dict[Value, End] = dict.fromkeys(net.inputs, ('layer1', ''))
    for layer, units in enumerate(net.layers, 2):
        ports |= dict.fromkeys([v for unit in units for v in unit.values], (f'layer{layer}', ''))
    tails = dict.fromkeys(edge.tail for edge in loss_picture.edges(net, root, ports))
    return [Edge(tail, ('loss', ''), width=2.0) for tail in tails]


class _Table(NamedTuple):
    """값의 표('data')나 기울기의 표('grad'): 열의 이름들과 색의 눈금(W 와 b, z 와 a).

    눈금은 모든 층이 함께 쓴다. 그래야 뒤에서 앞으로 가며 기울기가 사라지는 모습이 보인다.
    """

    part: str
    title: str
    columns: tuple[str, ...]
    parameters: float
    signals: float

    def of(self, v: Value) -> Any:
        return getattr(v, self.part)


def _tables(net: Network, known: bool) -> list[_Table]:
    """값의 표, 그리고 기울기를 알면 기울기의 표. 표본이 없으면 z 와 a 의 눈금은 0 이다."""
    signals = [v for v in net.values if v not in set(net.parameters)] if net.sampled else []
    parts = [('data', '값', ('W', 'b', 'z', 'a')), *([('grad', '기울기', ('∂C/∂W', '∂C/∂b', 'δ', '∂C/∂a'))] if known else [])]
    return [
        _Table(part, what, columns, *[color.largest(getattr(v, part) for v in vs) for vs in (net.parameters, signals)])
        for part, what, columns in parts
    ]


def _caption(net: Network, tables: list[_Table]) -> tuple[str, ...]:
    line = '파랑 +, 주황 −. 가장 짙은 칸: '
    line += ', '.join([
        f'|{x}|, |{y}| = {scale:.3g}'
        for table in tables
        for (x, y), scale in ((table.columns[:2], table.parameters), (table.columns[2:], table.signals))
        if scale or x in ('W', '∂C/∂W')
    ])
    return (line, f'{POOLED} 보다 긴 변은 구역마다 절댓값이 가장 큰 원소로 줄였다') if max(net.sizes) > POOLED else (line,)


def _input(net: Network, tables: list[_Table]) -> Card:
    heading = f'입력 a¹ ({len(net.inputs)})'
    columns = [(table.title, _column(net.inputs, table, table.signals)) for table in tables] if net.sampled else []
    rows: list[Row] = [(title(heading, span=max(1, len(columns))),)]
    if columns:
        rows.append(tuple(Cell(what, 'column') for what, _ in columns))
        rows += zip(*[cells for _, cells in columns], strict=True)
    return Card('layer1', 'input', tuple(rows), (heading,))


def _layer(net: Network, layer: int, units: tuple[Unit, ...], tables: list[_Table]) -> Card:
    up, shape = superscript(layer), f'{len(units)}×{len(units[0].w)}'
    written = f'a{up} = {formula(units[0].activation, [f"W{up}·a{superscript(layer - 1)} + b{up}"])}'
    rows = [row for table in tables for row in _rows(net, units, table, up)]
    head: Row = (title(net.role(layer), written, sum(cell.span for cell in rows[0])),)
    return Card(f'layer{layer}', net.kind(layer), (head, *rows), (net.role(layer), written, f'W{up} {shape}'))


def _rows(net: Network, units: Sequence[Unit], table: _Table, up: str) -> list[Row]:
    """표 하나: 열 이름의 행, 그리고 뉴런마다 W 의 행 | b | z | a."""
    matrix = _matrix([unit.w for unit in units], table)
    columns = [_column([unit.b for unit in units], table, table.parameters)]
    if net.sampled:
        columns += [_column(signal, table, table.signals) for signal in zip(*[(unit.z, unit.a) for unit in units], strict=True)]
    shape = f' ({len(units)}×{len(units[0].w)})' if table.part == 'data' else ''
    heads: list[Cell] = [Cell(f'{table.columns[0]}{up}{shape}', 'column', span=len(matrix[0]))]
    for name, _ in zip(table.columns[1:], columns, strict=False):
        heads += [_GAP_HEAD, Cell(name + up, 'column')]
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
