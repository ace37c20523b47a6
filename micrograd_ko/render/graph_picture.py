"""연산 단계(ops): 노드 하나가 상자 하나. 상자에 값과 기울기, 선에 국소 미분(local derivative)을 적는다."""

from collections.abc import Sequence

from micrograd_ko.engine import Value
from micrograd_ko.graph import local_derivatives
from micrograd_ko.render.picture import Card, Cell, Edge, Group, Picture, Row, number, title
from micrograd_ko.writing import numbers
from micrograd_ko.writing.formulas import sign

LABELLED = 300  # 노드가 이보다 많으면 국소 미분을 선의 풍선말(tooltip)로 옮긴다: 선의 글은 배치를 몇 배 느리게 한다


def draw(order: Sequence[Value], chosen: set[Value], roots: Sequence[Value], known: bool) -> Picture:
    """order 는 그래프 전체의 위상 순서(번호가 여기서 나온다), chosen 은 그 가운데 그릴 것, known 은 기울기를 아는가."""
    ids = {node: f'n{i}' for i, node in enumerate(order) if node in chosen}
    cards = tuple(_card(ids[node], node, node in roots, known, chosen.issuperset(node.parents)) for node in ids)
    edges = tuple(edge for node in ids for edge in _edges(ids, node))
    if len(ids) > LABELLED:
        edges = tuple(edge._replace(label='') for edge in edges)
    return Picture((Group('', cards),), edges, _caption(len(order), len(ids)))


def _caption(total: int, shown: int) -> tuple[str, ...]:
    where = '선의 수' if shown <= LABELLED else '선에 마우스를 올리면'
    lines = [f'{where}: 국소 미분(local derivative) ∂결과/∂피연산자']
    if shown < total:
        lines.append(f'노드 {total}개 가운데 {shown}개만 그렸다. ⋯ 는 그리지 않은 피연산자가 있다는 표시')
    return tuple(lines)


def _card(card: str, node: Value, is_root: bool, known: bool, whole: bool) -> Card:
    made = (sign(node.op) if node.op is not None else '') + ('' if whole else ' ⋯')
    facts = (('값', number(node, 'data')), ('기울기', number(node, 'grad', known=known)))
    heading = f'{numbers.shown(node.name)} {made}'.strip()
    rows: list[Row] = [(title(numbers.shown(node.name) or made, made if node.name else '', 2),)] if heading else []
    rows += [(Cell(what), cell) for what, cell in facts]
    lines = [heading] if heading else []
    lines += [f'{what} {cell.text}' for what, cell in facts]
    return Card(card, 'root' if is_root else 'op' if node.op is not None else 'leaf', tuple(rows), tuple(lines))


def _edges(ids: dict[Value, str], node: Value) -> list[Edge]:
    if node.op is None:
        return []
    return [
        Edge((ids[parent], ''), (ids[node], ''), numbers.number(d), numbers.number(d, 10), uses=(parent, node, position))
        for position, (parent, d) in enumerate(zip(node.parents, local_derivatives(node), strict=True))
        if parent in ids
    ]
