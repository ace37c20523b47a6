"""연산 수준(ops): 노드 하나가 상자 하나. 상자에 값과 기울기, 선에 국소 미분(local derivative)을 적는다."""

from micrograd_ko.engine import Value
from micrograd_ko.graph import edges
from micrograd_ko.render.picture import Card, Cell, Edge, Group, Picture, Reading, Row
from micrograd_ko.render.subject import Subject
from micrograd_ko.reverse import squares
from micrograd_ko.writing import formulas, labels, limits, numbers


def draw(subject: Subject) -> Picture:
    """상자의 번호는 그래프 전체의 위상 순서에서 나온다."""
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
    cards = tuple([_card(card, node, subject) for node, card in ids.items()])
    return Picture((Group('', cards),), tuple(lines), tuple(caption))


def _card(card: str, node: Value, subject: Subject) -> Card:
    data, gradient = Reading('data'), Reading('grad', known=subject.known)
    rows: list[Row] = [(Cell('값'), data.number(node)), (Cell('기울기'), gradient.number(node))]
    left_out = '' if all(parent in subject.chosen for parent in node.parents) else ' ⋯'
    name, made = labels.shown(node.name), _sign(node) + left_out
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
