"""손실의 상자: 신경망의 값에서 손실 C 까지의 노드를 한 상자로 모은다."""

from collections.abc import Mapping

from micrograd_ko.engine import Value
from micrograd_ko.note.recognise import Network
from micrograd_ko.render.picture import Card, Cell, Edge, End, Reading, named_row, strip_row
from micrograd_ko.writing.limits import MOST_TARGETS


def card(net: Network, known: bool) -> Card:
    """목표 y 의 행들과 손실 C 의 행. 손실의 식을 알면 제목 위에 적는다."""
    ys, gradient = list(net.targets.values()), Reading('grad', known=known)
    if len(ys) <= MOST_TARGETS:
        rows = [named_row(net.names[y], y, gradient, net.names[y]) for y in ys]
    else:
        rows = [strip_row('y', ys, Reading.scaled('data', ys), Reading.scaled('grad', ys, known), 'y')]
    drawn = Card.of_rows('loss', 'loss', '손실 C', [*rows, named_row('C', net.order[-1], gradient, 'C')])
    formula = [(Cell('', 'title', note=f'C = {net.loss.formula}', span=3),)] if net.loss is not None else []
    return drawn._replace(rows=(*formula, *drawn.rows), lines=('손실', *drawn.lines[1:]))


def edges(net: Network, ends: Mapping[Value, End]) -> list[Edge]:
    """손실이 쓰는 값마다 선 하나: 짝이 되는 목표의 행으로, 없으면 C 로. ends 는 값의 선이 나가는 칸."""
    return [Edge(ends[v], ('loss', _port(net, v)), uses=(v, net.order[-1], 0)) for v in net.used]


def _port(net: Network, output: Value) -> str:
    """출력의 선이 들어갈 칸."""
    if output not in net.targets:
        return 'C'
    return net.names[net.targets[output]] if len(net.targets) <= MOST_TARGETS else 'y'
