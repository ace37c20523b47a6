"""걸음(step): 순전파, 씨앗, 역전파, 갱신을 한 걸음씩. 여기에는 걸음의 꼴과 걷기의 뼈대가 있다."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from micrograd_ko.engine import Value
from micrograd_ko.learning.optim import SGD
from micrograd_ko.operation import DomainError
from micrograd_ko.render.subject import Subject
from micrograd_ko.reverse import Arrival
from micrograd_ko.staleness import refresh
from micrograd_ko.writing import labels, limits
from micrograd_ko.writing.formulas import chain, formula, grouped, product, rule_text
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


class Walk:
    """한 그래프를 걷는다: 순전파, 씨앗, 역전파, 갱신. 하위 형이 `forward`(주어진 값부터)와 `backward` 의 걸음을 준다.

    parameters 는 갱신할 잎(없으면 갱신하지 않는다), update 는 갱신의 식, seed 는 씨앗의 걸음이 쓰는 식의 이름.
    """

    update: str
    seed: tuple[str, ...] = ()

    def __init__(self, subject: Subject, parameters: Sequence[Value]) -> None:
        self.subject, self.parameters, self.root = subject, parameters, subject.order[-1]
        self._number = {node: i for i, node in enumerate(subject.order)}

    def forward(self) -> Iterable[Step]:
        raise NotImplementedError

    def backward(self) -> Iterable[Step]:
        raise NotImplementedError

    def steps(self, lr: Any) -> list[Step]:
        """모든 걸음. 출력이 여럿인 순전파면 앞의 절반만. lr 는 갱신의 학습률 η."""
        steps = [*self.forward()]
        if not self.subject.seeded:
            return steps
        lines = f'{self.slope(self.root)} = {number(self.root.grad)}', '자기 자신에 대한 미분은 1 이다. 여기서부터 거꾸로 걷는다.'
        steps.append(Step('seed', '역전파의 씨앗(seed)', lines, self.seed, self.known([self.root], 'grad')))
        steps += self.backward()
        return [*steps, self._update(lr)] if self.parameters else steps

    def _update(self, lr: Any) -> Step:
        """모든 파라미터를 동시에 갱신한다. 사본의 파라미터가 정말 움직인다(`optim.SGD`)."""
        lr = float(lr) if isinstance(self.root.data, float) else lr  # 분수의 그래프는 정확하게 남는다
        cost, before = number(self.root.data), [p.data for p in self.parameters]
        SGD(self.parameters, lr).step()
        try:
            effect = f'새 값으로 다시 계산하면 {label(self.root)} = {cost} → {number(refresh(self.root).data)}'
        except DomainError:
            effect = f'새 값은 정의역을 벗어나 {label(self.root)} 이(가) 계산되지 않는다: η 가 너무 크다.'
        lines = [f'{self.update},  η = {number(lr)}  (모든 파라미터를 동시에)', effect]
        for p, old in zip(self.parameters[:limits.MOST_UPDATES], before, strict=False):
            lines.append(f'{label(p)} ← {number(old)} − {product(lr, p.grad)} = {number(p.data)}')
        if len(self.parameters) > limits.MOST_UPDATES:
            lines.append(f'… 외 {len(self.parameters) - limits.MOST_UPDATES}개')
        return Step('update', '파라미터 갱신', tuple(lines), ('갱신',), self.known(self.parameters, 'data'))

    def slope(self, v: Value) -> str:
        """∂C/∂v."""
        return f'∂{label(self.root)}/∂{label(v)}'

    def known(self, nodes: Iterable[Value], part: str) -> tuple[Change, ...]:
        """nodes 의 값이나 기울기를 이제 안다."""
        return tuple([Change(self._number[v], part, getattr(v, part)) for v in dict.fromkeys(nodes)])

    def arrived(self, walked: Iterable[Arrival]) -> tuple[Change, ...]:
        return tuple([Change(self._number[x.operand], 'grad', x.after, not x.last) for x in walked])

    def edge(self, operand: Value, result: Value, position: int = 0) -> tuple[int, int, int]:
        """operand 에서 result 로 가는 선. 신경망의 그림은 몇째 피연산자인지 묻지 않는다."""
        return self._number[operand], self._number[result], position


def label(v: Value) -> str:
    """식에 적을 노드의 이름. 이름 없는 잎은 그 수."""
    return labels.shown(v.name) or number(v.data)


def evaluation(v: Value) -> tuple[str, str, str, str]:
    """순전파의 등식의 변들: 이름, 식, 수를 채운 식, 값."""
    assert v.op is not None
    names, numbers = list(map(label, v.parents)), [number(parent.data) for parent in v.parents]
    return label(v), formula(v.op, names), formula(v.op, numbers, ' × '), number(v.data)


def derivation(name: str, x: Arrival) -> str:
    """국소 미분 name 의 등식: 규칙의 식, 수를 채운 식, 수."""
    z = x.result
    assert z.op is not None
    names = list(map(label, z.parents))
    named = rule_text(z.op, label(z), names, x.position)
    filled = rule_text(z.op, number(z.data), [number(parent.data) for parent in z.parents], x.position)
    which = f'   ({x.position + 1}번째 피연산자로)' if names.count(label(x.operand)) > 1 else ''
    return chain(name, named, filled, number(x.local)) + which


def progress(x: Arrival) -> str:
    """x 를 더한 뒤, 그 노드로 올 항이 남았는지."""
    return '이 노드로 오는 항이 모두 더해졌다.' if x.last else '아직 더해질 항이 남았다.'


def adding(arrival: Arrival, *factors: Any, running: bool = False) -> str:
    """더해지는 수를 채운 식: '지금까지의 합 + 곱 = 새 합'. 인수는 주지 않으면 도착한 곱의 것.

    합이 아직 0 이면 곱만 적는다. running 이면 0 도 적는다.
    """
    factors = factors or (arrival.flowing, arrival.local)
    if arrival.before == 0 and not running:
        return chain(product(*factors), number(arrival.after))
    term = ' × '.join([grouped(number(x)) for x in factors])
    return f'{number(arrival.before)} + {term} = {number(arrival.after)}'
