"""연산 단계(ops): 노드 하나가 상자 하나. 상자에 값과 기울기, 선에 국소 미분(local derivative)을 적는다."""

from micrograd_ko.engine import Value
from micrograd_ko.graph import edges
from micrograd_ko.render.picture import Card, Cell, Edge, Group, Picture, Row, number, title
from micrograd_ko.render.subject import Subject
from micrograd_ko.writing import numbers
from micrograd_ko.writing.formulas import sign
from micrograd_ko.writing.labels import shown
from micrograd_ko.writing.limits import EXACT_DIGITS, MOST_LABELS


def draw(subject: Subject) -> Picture:
    """상자의 번호는 그래프 전체의 위상 순서에서 나온다."""
    ids = {node: f'n{i}' for i, node in enumerate(subject.order) if node in subject.chosen}
    cards = tuple(_card(ids[node], node, subject) for node in ids)
    lines = tuple(edge for node in ids for edge in _edges(ids, node))
    if len(ids) > MOST_LABELS:
        lines = tuple(edge._replace(label='') for edge in lines)
    return Picture((Group('', cards),), lines, _caption(len(subject.order), len(ids)))


def _caption(total: int, drawn: int) -> tuple[str, ...]:
    where = '선의 수' if drawn <= MOST_LABELS else '선에 마우스를 올리면'
    lines = [f'{where}: 국소 미분(local derivative) ∂결과/∂피연산자']
    if drawn < total:
        lines.append(f'노드 {total}개 가운데 {drawn}개만 그렸다. ⋯ 는 그리지 않은 피연산자가 있다는 표시')
    return tuple(lines)


def _card(card: str, node: Value, subject: Subject) -> Card:
    whole = all(parent in subject.chosen for parent in node.parents)
    made = (sign(node.op) if node.op is not None else '') + ('' if whole else ' ⋯')
    facts = (('값', number(node, 'data')), ('기울기', number(node, 'grad', known=subject.known)))
    heading = f'{shown(node.name)} {made}'.strip()
    rows: list[Row] = [(title(shown(node.name) or made, made if node.name else '', 2),)] if heading else []
    rows += [(Cell(what), cell) for what, cell in facts]
    lines = [heading] if heading else []
    lines += [f'{what} {cell.text}' for what, cell in facts]
    kind = 'root' if node in subject.roots else 'op' if node.op is not None else 'leaf'
    return Card(card, kind, tuple(rows), tuple(lines))


def _edges(ids: dict[Value, str], node: Value) -> list[Edge]:
    return [
        Edge((ids[parent], ''), (ids[node], ''), numbers.number(d), numbers.number(d, EXACT_DIGITS), uses=(parent, node, i))
        for i, (parent, d) in enumerate(edges(node))
        if parent in ids
    ]
