"""기록된 그래프의 검산: 함수를 다시 기록해 그래프가 정말 그 함수인지 보고, 200자리로 다시 계산해 규칙을 차분과 견준다.

그래프가 함수와 다를 수 있는 까닭은 둘이다. 값을 보고 갈라지거나(`if v.data > 0`), 입력에서 떨어진 수(`v.detach()`,
`math.exp(v.data)`)가 상수로 들어간다. 입력을 조금 옮겨 다시 기록하면 둘 다 드러난다: 그래프의 모양이나 상수가 달라진다.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from micrograd_ko.compiler.recording import difference
from micrograd_ko.engine import Value
from micrograd_ko.graph import above, topological
from micrograd_ko.kinds.precise import MP, exact
from micrograd_ko.kinds.rules import operand_names
from micrograd_ko.number import Number
from micrograd_ko.operation import BUILT_IN, EDGE_ERRORS, Op, table
from micrograd_ko.reverse import adjoints
from micrograd_ko.staleness import replay
from micrograd_ko.testing.differences import Slopes, precise_slopes

LOCAL_AGREEMENT = 1e-9  # 국소 미분의 규칙과 차분이 다를 수 있는 상대 크기: 규칙에 적힌 float 상수의 반올림보다 크다
NUDGES = (2.0**-20, -(2.0**-20), 2.0**-7)  # 그래프가 달라지는지 보려고 입력을 옮기는 상대 크기


def precise_replay(order: Sequence[Value], moved: Mapping[Value, Any] | None = None) -> dict[Value, Any]:
    """기록된 그래프의 모든 값을 200자리로. `moved` 는 잎 → 그 잎에 대신 놓을 수."""
    moved = moved or {}
    return replay(order, lambda leaf: moved[leaf] if leaf in moved else exact(leaf.data))


class Recording:
    """f 를 xs 에서 한 번 기록한 것."""

    def __init__(self, f: Callable[..., Value], xs: Sequence[Number]) -> None:
        self.leaves = [Value(x, f'x{i}') for i, x in enumerate(xs)]
        self.root = f(*self.leaves)
        if not isinstance(self.root, Value):
            raise TypeError(f'f 는 Value 하나를 돌려줘야 합니다. {type(self.root).__name__} {self.root!r} 을(를) 돌려받았습니다.')
        self.order = topological(self.root)
        self.row = {node: i for i, node in enumerate(self.order)}

    def slopes(self, i: int, noise: Any) -> Slopes:
        """i 번째 입력의 함수로 본 좌우 기울기, 200자리로."""
        leaf = self.leaves[i]
        return precise_slopes(lambda x: precise_replay(self.order, {leaf: x})[self.root], exact(leaf.data), noise)


def departure(f: Callable[..., Value], xs: Sequence[Number], i: int, original: Recording) -> str:
    """i 번째 입력을 옮기면 그래프가 달라지는가. 달라지면 무엇이 달라졌는지, 아니면 빈 글."""
    for nudge in (0.0, *NUDGES):
        x: Any = xs[i]
        moved = [*xs[:i], x + (abs(x) or 1) * nudge if nudge else x, *xs[i + 1 :]]
        try:
            again = Recording(f, moved)
        except EDGE_ERRORS:
            continue
        found = _difference(original, again)
        if found:
            return found if nudge else f'{found} (같은 입력에서 다시 불러도 다릅니다: 결정적(deterministic)이지 않은 함수)'
    return ''


def _difference(one: Recording, other: Recording) -> str:
    inputs = {leaf: i for recording in (one, other) for i, leaf in enumerate(recording.leaves)}
    found = difference([one.root], [other.root], inputs)
    if found is None:
        return ''
    constant, user = found.one, found.user
    if constant.op is not None or found.other.op is not None or constant in inputs or found.other in inputs:
        return '입력을 조금 옮기면 그래프의 모양이 달라집니다(값을 보고 갈라지는 if).'
    where = f' {user.op.name} 의 피연산자' if user is not None and user.op is not None else ' 결과'
    return f'입력에서 떨어진(detached) 수 {constant.data!r} 이(가){where}로 들어갑니다. .data 나 detach() 를 쓴 곳을 보세요.'


class Local(NamedTuple):
    """그래프의 한 피연산자 자리에서 규칙과 차분을 견준 것."""

    op: Op
    operand: int
    rule: Any
    slopes: Slopes
    node: Value

    @property
    def wrong(self) -> bool:
        if self.slopes.kink:
            return not self.slopes.between(self.rule)
        truth = self.slopes.central
        if truth is None:
            return False
        return bool(abs(self.rule - truth) > LOCAL_AGREEMENT * max(abs(self.rule), abs(truth)) + self.slopes.uncertainty)

    def __str__(self) -> str:
        truth = self.slopes.central
        shown = f'참값 {float(truth)!r}' if truth is not None else '좌우 기울기의 밖'
        label = operand_names(self.op, len(self.node.parents))[self.operand]
        return f'{self.op.name} 의 ∂z/∂{label}: 규칙 {float(self.rule)!r}, {shown} ({self.node!r})'


def locals_of(recording: Recording, i: int, numbers: dict[Value, Any]) -> list[Local]:
    """i 번째 입력과 root 사이의 모든 국소 미분을 견준다. 위상 순서."""
    live = above(recording.order, [recording.leaves[i]])
    found = []
    for node in recording.order:
        if node.op is None or node not in live:
            continue
        operands = [numbers[parent] for parent in node.parents]
        try:
            rules = node.op.derivatives(numbers[node], *operands)
        except EDGE_ERRORS:
            continue
        for k, parent in enumerate(node.parents):
            if parent in live:
                noise = MP.eps * _rounded_size(node.op, numbers[node])
                found.append(Local(node.op, k, exact(rules[k]), _local_slopes(node.op, operands, k, noise), node))
    return found


def _local_slopes(op: Op, operands: list, k: int, noise: Any) -> Slopes:
    return precise_slopes(lambda x: op.apply(*operands[:k], x, *operands[k + 1 :]), operands[k], noise)


def _rounded_size(op: Op | None, z: Any) -> Any:
    """op 의 반올림 오차가 비례하는 크기. 식의 중간에 1 쯤인 수가 있을 수 있는 연산이면 1 을 더한다."""
    return abs(z) if is_exact(op) and (op is None or not op.conditioned or op.overflows) else abs(z) + 1


def replay_noise(recording: Recording, numbers: dict[Value, Any], rules: dict[Value, Any] | None) -> Any:
    """200자리로 다시 계산한 결과의 반올림 오차: 노드마다의 오차가 기울기만큼(모르면 그대로) 결과로 간다(1차 오차 해석)."""
    slopes = dict.fromkeys(recording.order, 1) if rules is None else rules
    return MP.eps * sum([abs(d) * _rounded_size(node.op, numbers[node]) for node, d in slopes.items()])


def is_exact(op: Op | None) -> bool:
    """200자리에서 식에 오차가 없는가: 표에 처음부터 있던 연산은 상수가 정수다. x**n 은 n − 1 이 정확한 반정수 n 만."""
    if op is None:
        return True
    if op.family is not None:
        return all(float(2 * n).is_integer() for n in op.family[1])
    return op.name in BUILT_IN and table.get(op.name) is op


def rule_gradient(recording: Recording, numbers: dict[Value, Any]) -> dict[Value, Any] | None:
    """규칙을 200자리로 따른 기울기. 정의역의 끝(무한한 미분)이 있으면 None."""
    try:
        found = adjoints(recording.order, numbers)
    except EDGE_ERRORS:
        return None
    return {node: exact(d) for node, d in found.items()}
