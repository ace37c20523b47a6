"""오해(misconception)를 실제로 돌려 본다: 같은 그래프, 같은 규칙을 틀린 순회로 구하면 어느 기울기가 깨지는가.

주어진 그래프는 바뀌지 않는다. 깨졌는지는 오차 한계(`bounds`)로 판정하므로, 더하는 순서만 달라 끝자리가 다른 것은 옳다.
"""

import copy
import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from typing import NamedTuple

from micrograd_ko.engine import Value
from micrograd_ko.graph import edges, topological
from micrograd_ko.kinds.bounds import Bounded
from micrograd_ko.number import Number
from micrograd_ko.reverse import arrivals, bounded_sweep, gathered
from micrograd_ko.staleness import refresh
from micrograd_ko.writing.document import Document, Line, words
from micrograd_ko.writing.formulas import quantity
from micrograd_ko.writing.labels import Labels
from micrograd_ko.writing.limits import EXACT_DIGITS, MOST_BROKEN
from micrograd_ko.writing.tables import Content, Table

MOST_VISITS = 100_000  # passing_on_at_once 는 경로마다 방문한다: 이보다 많으면 시작하지 않는다
RATE = Fraction(1, 10)  # 기본 학습률. 유리수라서 Fraction 그래프가 정확하게 남는다


class Judged(NamedTuple):
    """노드 하나의 옳은 기울기와 틀린 순회의 기울기. broken 은 그 차이가 반올림으로 설명되지 않는가."""

    name: str
    right: Number
    wrong: Number
    broken: bool

    @property
    def cells(self) -> tuple[Content, ...]:
        judged = '깨짐' if self.broken else '옳음'
        return self.name, quantity(self.right, EXACT_DIGITS), quantity(self.wrong, EXACT_DIGITS), judged


class Comparison(Document):
    """나란히 놓은 기울기. `str()` 은 글, `.latex()` 는 LaTeX, `.html()` 은 한 장의 문서, `.broken` 은 깨진 노드의 이름들.

    title     오해의 이름.
    mistake   무엇을 잘못했는가.
    harmless  이 잘못을 해도 옳은 그래프.
    rows      `Judged` 의 목록, 역전파가 방문하는 순서로.
    """

    def __init__(self, title: str, mistake: str, harmless: str, rows: list[Judged]) -> None:
        self.title, self.mistake, self.harmless, self.rows = title, mistake, harmless, rows

    @property
    def broken(self) -> list[str]:
        return [row.name for row in self.rows if row.broken]

    def blocks(self) -> Iterator[Line | Table]:
        yield words('title', self.title)
        yield words('note', self.mistake)
        marked = [i for i, row in enumerate(self.rows) if row.broken]
        yield Table(('노드', '옳은 기울기', '틀린 기울기', ''), [row.cells for row in self.rows], 'lrrl', marked)
        yield words('note', self._verdict())
        yield words('note', f'이래도 옳은 그래프: {self.harmless}')

    def _verdict(self) -> str:
        broken = self.broken
        if not broken:
            return '이 그래프에서는 모두 옳다.'
        listed = ', '.join(broken[:MOST_BROKEN]) + (' …' if len(broken) > MOST_BROKEN else '.')
        return f'기울기 {len(self.rows)}개 가운데 {len(broken)}개가 깨졌다: {listed}'


Right = dict[Value, tuple[Number, Bounded]]  # 노드 → (옳은 기울기, 그 오차 한계). root 는 뺀다


def compared(order: list[Value], wrong: dict[Value, Number], right: Right | None = None) -> list[Judged]:
    """wrong 에 있는 노드마다 옳은 기울기와 견준 줄. order 는 위상 순서, right 를 주지 않으면 지금의 값에서 옳은 기울기다."""
    labels, right = Labels(order), right or _right(order)
    rows = []
    for node in _shown(order):
        if node in wrong:
            (gradient, bound), other = right[node], wrong[node]
            broken = gradient != other and not bound.explains(other - gradient)  # nan 의 한계는 무엇이든 설명한다
            rows.append(Judged(labels.text(node), gradient, other, broken))
    return rows


def overwriting(root: Value) -> Comparison:
    """`부모.grad += g·d` 를 `부모.grad = g·d` 로 적은 역전파."""
    order = topological(root)
    wrong = _started(order)
    for node in reversed(order):
        for parent, d in edges(node):
            wrong[parent] = wrong[node] * d
    return Comparison(
        '+= 대신 = (덮어쓰기)',
        '노드를 쓰는 곳이 여럿이면 기울기는 그 합이다. 덮어쓰면 마지막에 온 항만 남는다.',
        '모든 노드가 한 번만 쓰이는 그래프(나무). 사슬(chain)에서는 이 실수가 드러나지 않는다.',
        compared(order, wrong),
    )


def depth_first(root: Value) -> Comparison:
    """root 에서 깊이 우선으로, 노드마다 처음 만났을 때 한 번 방문하는 역전파."""
    order = topological(root)
    wrong, seen, stack = _started(order), set(), [root]
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            for parent, d in edges(node):
                wrong[parent] += wrong[node] * d
            stack.extend(reversed(node.parents))
    return Comparison(
        '위상 순서가 아닌 깊이 우선 순서',
        '노드를 쓰는 다른 노드가 아직 남았는데 먼저 방문하면, 나중에 온 항은 아래로 내려가지 못한다.',
        '안쪽 노드가 한 번만 쓰이거나, 여러 번 쓰여도 처음 방문할 때 항이 다 모여 있는 그래프. 잎은 여러 번 쓰여도 된다.',
        compared(order, wrong),
    )


def passing_on_at_once(root: Value) -> Comparison:
    """항이 도착할 때마다 지금까지 모인 기울기를 되불러 아래로 넘기는 역전파. 방문이 10만을 넘을 그래프면 ValueError."""
    order = topological(root)
    visits = itertools.accumulate([count for _, count in gathered(order, 1, lambda count, *_: count, sum)])
    if any(total > MOST_VISITS for total in visits):
        raise ValueError(f'경로마다 방문하기 때문에 이 그래프는 방문이 {MOST_VISITS:,} 을 넘습니다. 더 작은 그래프를 주세요.')
    wrong, stack = _started(order), [(root, *edge) for edge in edges(root)][::-1]
    while stack:
        node, parent, d = stack.pop()
        wrong[parent] += wrong[node] * d
        stack += [(parent, *edge) for edge in edges(parent)][::-1]
    return Comparison(
        '도착할 때마다 곧바로 넘기기',
        '항이 올 때마다 그때까지 모인 기울기를 아래로 넘기면, 먼저 온 항이 여러 번 내려간다. 경로의 수만큼 방문하게도 된다.',
        '안쪽 노드가 한 번만 쓰이는 그래프. 잎은 여러 번 쓰여도 된다.',
        compared(order, wrong),
    )


def forgetting_zero_grad(root: Value, parameters: Iterable[Value] | None = None, lr: Number = RATE) -> Comparison:
    """두 번 갱신하는데 두 번째 `backward()` 앞에서 `zero_grad()` 를 잊은 학습. 두 번째 기울기를 비교한다.

    parameters 를 주지 않으면 이름 있는 잎 전부(없으면 잎 전부)를 고친다.
    """
    order, chosen = _twin(root, parameters)
    order[-1].backward()
    for p in chosen:
        p.data -= lr * p.grad
    refresh(order[-1]).backward()
    return Comparison(
        'zero_grad() 를 잊기',
        '잎의 기울기는 backward() 마다 더해진다. 비우지 않으면 두 번째 갱신이 첫 번째 기울기까지 다시 쓴다.',
        '첫 번째 기울기가 0 인 파라미터. 한 번만 갱신하면 드러나지 않는다.',
        compared(order, {p: p.grad for p in chosen}),
    )


def updating_while_walking(root: Value, parameters: Iterable[Value] | None = None, lr: Number = RATE) -> Comparison:
    """기울기가 다 모인 파라미터를 역전파가 끝나기 전에 고치는 역전파: W 를 고친 뒤 그 W 로 δ 를 앞 층에 넘긴다.

    parameters 를 주지 않으면 이름 있는 잎 전부(없으면 잎 전부)를 고친다.
    """
    order, chosen = _twin(root, parameters)
    before, wrong, updatable = _right(order), _started(order), set(chosen)
    waiting = Counter([parent for node in order for parent in node.parents])
    for node in reversed(order):
        for parent, d in edges(node):
            if parent in updatable:
                wrong[parent] += wrong[node] * d
                waiting[parent] -= 1
        for p in [p for p in dict.fromkeys(node.parents) if p in updatable and not waiting[p]]:
            p.data -= lr * wrong[p]
        for parent, d in edges(node):
            if parent not in updatable:
                wrong[parent] += wrong[node] * d
    return Comparison(
        '역전파 도중에 파라미터를 고치기',
        '모든 파라미터는 동시에 갱신된다. 먼저 고친 W 로 에러를 넘기면 앞 층은 섞인 점에서의 기울기를 받는다.',
        '고친 파라미터가 더 앞으로 가는 국소 미분에 들어가지 않는 그래프: 한 층짜리 네트워크의 파라미터, 더하기뿐인 그래프.',
        compared(order, wrong, before),
    )


MISCONCEPTIONS: tuple[Callable[[Value], Comparison], ...] = (
    overwriting, depth_first, passing_on_at_once, forgetting_zero_grad, updating_while_walking,
)  # fmt: skip


def _started(order: list[Value]) -> dict[Value, Number]:
    """역전파를 시작할 때의 기울기: root 만 1 이다."""
    return {**dict.fromkeys(order, 0), order[-1]: type(order[-1].data)(1)}


def _twin(root: Value, parameters: Iterable[Value] | None) -> tuple[list[Value], list[Value]]:
    """(사본의 위상 순서, 사본의 파라미터). 기울기는 0 이다."""
    original = topological(root)
    leaves = dict.fromkeys([node for node in original if node.op is None])
    chosen = list(([leaf for leaf in leaves if leaf.name] or leaves) if parameters is None else parameters)
    outside = [p for p in chosen if p not in leaves]
    if outside:
        raise ValueError(f'파라미터는 root 의 그래프에 있는 잎이어야 합니다. {outside[0]!r} 은(는) 아닙니다.')
    order, twins = copy.deepcopy((original, chosen))
    for node in order:
        node.grad = 0
    return order, twins


def _right(order: list[Value]) -> Right:
    """`backward` 의 기울기. 그래프의 `.grad` 는 건드리지 않는다."""
    bounds = bounded_sweep(order)[1]
    return {step.operand: (step.after, bounds[step.operand]) for step in arrivals(order)}  # 마지막 항까지 더한 것이 남는다


def _shown(order: list[Value]) -> list[Value]:
    """표에 적을 노드, 역전파가 방문하는 순서로: 이름 있는 것들. 잎이나 안쪽에 이름이 하나도 없으면 그쪽은 모두. root 는 뺀다."""
    leaves = [node for node in order if node.op is None]
    inner = [node for node in order[:-1] if node.op is not None]
    chosen = {node for group in (leaves, inner) for node in ([v for v in group if v.name] or group)}
    return [node for node in reversed(order[:-1]) if node in chosen]
