"""손실의 상자: 신경망의 값에서 손실 C 까지의 노드를 한 상자로 모은다."""

from collections.abc import Mapping

from micrograd_ko.engine import Value
from micrograd_ko.note.recognise import Network
from micrograd_ko.render.picture import Card, Cell, Edge, End, Reading, named_row, strip_row
from micrograd_ko.writing import limits, notation


def card(net: Network, known: bool) -> Card:
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


def edges(net: Network, ends: Mapping[Value, End]) -> list[Edge]:
    """손실이 쓰는 값마다 선 하나: 짝이 되는 목표의 행으로, 없으면 C 로. ends 는 값의 선이 나가는 칸."""
    targets = _targets(net)
    ports = {a: name if len(targets) <= limits.MOST_TARGETS else 'y' for a, (name, _) in targets.items()}
    return [Edge(ends[v], ('loss', ports.get(v, 'C')), uses=(v, net.order[-1], 0)) for v in net.used]


def _targets(net: Network) -> dict[Value, tuple[str, Value]]:
    """출력 → 목표의 (이름, 노드). 클래스 번호로 준 목표는 그것이 뜻하는 0 과 1 로 보인다. 그 노드는 그래프에 없다."""
    if net.targets or net.loss is None:
        return {a: (net.names[y], y) for a, y in net.targets.items()}
    return {a: (notation.indexed('y', None, j), Value(y)) for j, (a, y) in enumerate(zip(net.outputs, net.goal, strict=True), 1)}
