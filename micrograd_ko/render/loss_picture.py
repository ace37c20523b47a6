"""손실의 상자: 신경망의 값에서 손실 C 까지의 노드를 한 상자로 모은다."""

import operator
from collections.abc import Mapping

from micrograd_ko import ops
from micrograd_ko.engine import Value
from micrograd_ko.graph import topological
from micrograd_ko.note.recognise import Network
from micrograd_ko.render import color
from micrograd_ko.render.picture import Card, Cell, Edge, End, Row, heat, number, strip, title
from micrograd_ko.render.pooling import pooled
from micrograd_ko.writing import numbers
from micrograd_ko.writing.notation import indexed

MANY = 12  # 목표가 이보다 많으면 색 띠 한 줄로


def card(net: Network) -> Card:
    """목표 y 의 행들과 손실 C 의 행."""
    assert net.root is not None
    rows = [*_target_rows(net), _row('C', net.root, net)]
    lines = [' '.join([cell.text for cell in row if cell.text]) for row in rows]
    head = title('손실 C'), Cell('값', 'column'), Cell('기울기', 'column')
    return Card('loss', 'loss', (head, *rows), ('손실', *lines))


def edges(net: Network, ports: Mapping[Value, End]) -> list[Edge]:
    """손실이 쓰는 신경망의 값마다 선 하나: 짝이 되는 목표의 행으로, 없으면 C 로."""
    assert net.root is not None
    paired = targets(net)
    used = dict.fromkeys(parent for node in region(net) for parent in node.parents if parent in ports)
    return [Edge(ports[v], ('loss', paired[v][0] if v in paired else 'C'), uses=(v, net.root, 0)) for v in used]


def _target_rows(net: Network) -> list[Row]:
    ys = [y for _, y in targets(net).values()]
    if len(ys) <= MANY:
        return [_row(port, y, net) for port, y in targets(net).values()]
    strips = []
    for part, known in (('data', True), ('grad', net.known)):
        (chosen,) = pooled([ys], operator.attrgetter(part))
        scale = color.largest(getattr(y, part) for y in chosen)
        strips.append(strip([heat(y, part, scale, known) for y in chosen], 5))
    return [(Cell(f'y ({len(ys)})', 'name', port='y'), *strips)]


def _row(name: str, v: Value, net: Network) -> Row:
    return Cell(numbers.shown(v.name) or name, 'name', port=name), number(v, 'data'), number(v, 'grad', known=net.known)


def region(net: Network) -> list[Value]:
    """손실에 속하는 노드: 신경망의 것도 아니고 그 입력을 만든 것도 아니다."""
    inside = {*net.values, *topological(*[x for x in net.inputs if x is not None])}
    return [node for node in net.order if node not in inside]


def targets(net: Network) -> dict[Value, tuple[str, Value]]:
    """출력 aⱼ → (손실의 상자의 칸, 목표 yⱼ). aⱼ − y 의 꼴로 손실에 들어간 잎 y 가 목표다."""
    number_of = {unit.a: j for j, unit in enumerate(net.layers[-1], 1)}
    found: dict[Value, tuple[str, Value]] = {}
    for node in region(net):
        if node.op is ops.sub:
            a, y = node.parents
            if a in number_of and y.op is None:
                found[a] = indexed('y', None, number_of[a]), y
    if len(found) > MANY:
        found = {a: ('y', y) for a, (_, y) in found.items()}
    return dict(sorted(found.items(), key=lambda item: number_of[item[0]]))
