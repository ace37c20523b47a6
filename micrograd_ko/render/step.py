"""걸음(step): 순전파, 씨앗, 역전파, 갱신을 한 걸음씩. 걸음은 평범한 데이터이고, 수는 모두 표의 규칙으로 그래프에서 계산한다.

여기에는 걸음의 꼴과, 세 단계(`graph_steps`, `neuron_steps`, `layer_steps`)가 함께 쓰는 걸음이 있다.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from micrograd_ko.engine import Value
from micrograd_ko.learning.optim import SGD
from micrograd_ko.operation import DomainError
from micrograd_ko.reverse import Arrival
from micrograd_ko.staleness import refresh
from micrograd_ko.writing.formulas import chain, grouped, product
from micrograd_ko.writing.labels import shown
from micrograd_ko.writing.limits import MOST_UPDATES
from micrograd_ko.writing.numbers import number


class Change(NamedTuple):
    """한 걸음에서 새로 알게 된 수. node 는 위상 번호, part 는 'data' 나 'grad', partial 은 아직 더해질 항이 남았는지."""

    node: int
    part: str
    number: Any
    partial: bool = False


class Step(NamedTuple):
    """걸음 하나.

    phase     'start', 'forward', 'seed', 'backward', 'update'.
    title     무엇을 하는 걸음인지.
    lines     식, 그리고 수를 채운 식.
    formulas  이 걸음이 쓰는 식의 이름(`note.statements`).
    changes   새로 알게 된 수.
    edges     지나는 선: (피연산자, 결과, 몇째 피연산자인지), 노드는 위상 번호.
    """

    phase: str
    title: str
    lines: tuple[str, ...]
    formulas: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    edges: tuple[tuple[int, int, int], ...] = ()


class Numbered:
    """그래프의 노드를 위상 번호로 적는다."""

    def __init__(self, order: Iterable[Value]) -> None:
        self.of = {node: i for i, node in enumerate(order)}

    def known(self, nodes: Iterable[Value], part: str) -> tuple[Change, ...]:
        """nodes 의 값이나 기울기를 이제 안다."""
        return tuple([Change(self.of[v], part, getattr(v, part)) for v in dict.fromkeys(nodes)])

    def arrived(self, walked: Iterable[Arrival]) -> tuple[Change, ...]:
        return tuple([Change(self.of[x.operand], 'grad', x.after, not x.last) for x in walked])

    def edges(self, operands: Iterable[Value], result: Value) -> tuple[tuple[int, int, int], ...]:
        """operands 에서 result 로 가는 선들: 몇째 피연산자인지는 묻지 않는다."""
        return tuple([(self.of[v], self.of[result], 0) for v in operands])


def label(v: Value) -> str:
    """식에 적을 노드의 이름. 이름 없는 잎은 그 수."""
    return shown(v.name) or number(v.data)


def operand_numbers(v: Value) -> list[str]:
    """피연산자의 값을 식에 채울 글로."""
    return [number(parent.data) for parent in v.parents]


def adding(arrival: Arrival, *factors: Any, running: bool = False) -> str:
    """더해지는 수를 채운 식: '지금까지의 합 + 곱 = 새 합'. 인수는 주지 않으면 도착한 곱의 것.

    합이 아직 0 이면 곱만 적는다. running 이면 0 도 적는다.
    """
    factors = factors or (arrival.flowing, arrival.local)
    if arrival.before == 0 and not running:
        return chain(product(*factors), number(arrival.after))
    term = ' × '.join([grouped(number(x)) for x in factors])
    return f'{number(arrival.before)} + {term} = {number(arrival.after)}'


def seed(at: Numbered, root: Value, *formulas: str) -> Step:
    """∂C/∂C = 1."""
    name = label(root)
    lines = f'∂{name}/∂{name} = {number(root.grad)}', '자기 자신에 대한 미분은 1 이다. 여기서부터 거꾸로 걷는다.'
    return Step('seed', '역전파의 씨앗(seed)', lines, formulas, at.known([root], 'grad'))


def update(at: Numbered, parameters: Sequence[Value], lr: Any, written: str) -> Step:
    """갱신: 모든 파라미터를 동시에. 사본의 파라미터가 정말 움직인다(`optim.SGD`). written 은 갱신의 식."""
    root = next(reversed(at.of))
    lr = float(lr) if isinstance(root.data, float) else lr  # 분수의 그래프는 정확하게 남는다
    before, cost = [p.data for p in parameters], root.data
    SGD(parameters, lr).step()
    changes = at.known(parameters, 'data')
    try:
        effect = f'새 값으로 다시 계산하면 {label(root)} = {number(cost)} → {number(refresh(root).data)}'
    except DomainError:
        effect = f'새 값은 정의역을 벗어나 {label(root)} 이(가) 계산되지 않는다: η 가 너무 크다.'
    lines = [f'{written},  η = {number(lr)}  (모든 파라미터를 동시에)', effect]
    lines += [
        f'{label(p)} ← {number(old)} − {product(lr, p.grad)} = {number(p.data)}'
        for p, old in zip(parameters[:MOST_UPDATES], before, strict=False)
    ]
    if len(parameters) > MOST_UPDATES:
        lines.append(f'… 외 {len(parameters) - MOST_UPDATES}개')
    return Step('update', '파라미터 갱신', tuple(lines), ('갱신',), changes)
