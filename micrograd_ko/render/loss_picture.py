"""손실의 상자: 신경망의 값에서 손실 C 까지의 노드를 한 상자로 모은다."""

import operator
from collections.abc import Mapping

from micrograd_ko.engine import Value
from micrograd_ko.note.recognise import Network
from micrograd_ko.render import color
from micrograd_ko.render.picture import Card, Cell, Edge, End, Row, heat, number, strip, title
from micrograd_ko.render.pooling import pooled
from micrograd_ko.writing.labels import shown
from micrograd_ko.writing.limits import MOST_TARGETS


def card(net: Network, root: Value, known: bool) -> Card:
    """목표 y 의 행들과 손실 C 의 행. 손실의 식을 알면 제목 곁에 적는다."""
    rows = [*_target_rows(net, known), _row('C', root, known)]
    lines = [' '.join([cell.text for cell in row if cell.text]) for row in rows]
    head = title('손실 C'), Cell('값', 'column'), Cell('기울기', 'column')
    formula = [(title('', f'C = {net.loss.formula}', 3),)] if net.loss is not None else []
    return Card('loss', 'loss', (*formula, head, *rows), ('손실', *lines))


def edges(net: Network, root: Value, ports: Mapping[Value, End]) -> list[Edge]:
    """손실이 쓰는 신경망의 값마다 선 하나: 짝이 되는 목표의 행으로, 없으면 C 로."""
    used = dict.fromkeys(parent for node in net.region for parent in node.parents if parent in ports)
    return [Edge(ports[v], ('loss', _port(net, v)), uses=(v, root, 0)) for v in used]


def _port(net: Network, output: Value) -> str:
    """출력의 선이 들어갈 칸."""
    if output not in net.targets:
        return 'C'
    return net.names[net.targets[output]] if len(net.targets) <= MOST_TARGETS else 'y'


def _target_rows(net: Network, known: bool) -> list[Row]:
    ys = list(net.targets.values())
    if len(ys) <= MOST_TARGETS:
        return [_row(net.names[y], y, known) for y in ys]
    strips = []
    for part, is_known in (('data', True), ('grad', known)):
        (chosen,) = pooled([ys], operator.attrgetter(part))
        scale = color.largest(getattr(y, part) for y in chosen)
        strips.append(strip([heat(y, part, scale, is_known) for y in chosen], 5))
    return [(Cell(f'y ({len(ys)})', 'name', port='y'), *strips)]


def _row(name: str, v: Value, known: bool) -> Row:
    return Cell(shown(v.name) or name, 'name', port=name), number(v, 'data'), number(v, 'grad', known=known)
