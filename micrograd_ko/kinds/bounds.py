"""오차 한계(error bound): (값, 한계) 의 쌍으로 표를 해석한다. 올바른 두 float 계산이 얼마나 다를 수 있는지를 계산한다.

다른 순서로 더하거나 다른 라이브러리의 exp 로 계산하면 끝자리가 다르다. 그것이 반올림(rounding) 탓인지는 고정된 허용 오차로는
알 수 없다. 그래서 연산마다 두 가지를 더해 한계를 함께 나른다.
  * 전파: 다른 계산의 피연산자는 한계 안 어디에나 있을 수 있다. 구간의 모서리(corner)마다 연산을 다시 해서 폭을 잰다.
  * 반올림: 표가 그 연산에 약속한 `ulps` · ε · |z| 를 두 계산이 저마다 한 번씩. 합은 더하는 순서가 어떻든 n · ε · Σ|xᵢ| 다.
Fraction 과 int 의 계산은 정확하므로 한계가 0 이다. 파생 연산과 모든 편미분은 표의 식을 그대로 따른다. 식이 float 만
알면 따르는 대신 피연산자를 움직여 본다.

한계는 모서리 사이에서 단조롭거나 한계가 작을 때의 것이다(running error analysis, Higham 2002, 3.3절).
"""

import functools
import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

from micrograd_ko import ops
from micrograd_ko.kinds import fitting
from micrograd_ko.kinds.fitting import RuleError
from micrograd_ko.kinds.operators import Operators
from micrograd_ko.operation import EDGE_ERRORS, Namespace, Op, interpret

EPSILON = 2.0**-52
TINIEST = 5e-324  # 가장 작은 준정규수(subnormal): 밑으로 넘칠 때(underflow)의 반올림


class Bounded(Operators):
    """값과 한계(error ≥ 0). 같은 것을 올바르게 계산한 다른 float 도, 참값도 value ± error 안에 있다.

    inf 와 nan, 그리고 한계가 float 의 범위를 넘는 값은 아무것도 약속하지 않는다: 다른 계산은 inf 로 넘칠 수 있다.
    """

    __slots__ = ('error', 'value')

    def __init__(self, value: Any, error: float = 0.0) -> None:
        self.value = value
        finite = value - value == 0 and (not error or abs(value) + error < math.inf)
        self.error = error if finite and error >= 0 else math.inf

    def explains(self, difference: Any) -> bool:
        """다른 올바른 계산과 이만큼 다를 수 있는가. 한계가 inf 면 무엇이든 그렇다."""
        return self.error == math.inf or bool(abs(difference) <= self.error)

    @property
    def known(self) -> float | None:
        """한계의 크기. 아무것도 약속하지 않으면 None: 그런 한계로 설명된 차이는 반올림이라고 할 수 없다."""
        return None if self.error == math.inf else self.error

    def __repr__(self) -> str:
        return f'{self.value!r} ± {self.error:.3g}'


def _wrapped(operands: Sequence[Any]) -> list[Bounded]:
    return [x if isinstance(x, Bounded) else Bounded(x) for x in operands]


def _spread(op: Op, *operands: Any) -> Bounded:
    """기초 연산: 모서리마다 다시 계산한 폭과 반올림."""
    xs = _wrapped(operands)
    try:
        value = op.eager(*[x.value for x in xs])
    except EDGE_ERRORS:  # 정의역의 끝에서의 미분: 값은 IEEE 의 inf 나 nan 이고, 한계는 없다
        return Bounded(math.nan, math.inf)
    if any(x.error == math.inf for x in xs):
        return Bounded(value, math.inf)
    try:
        gaps = [abs(op.eager(*corner) - value) for corner in itertools.product(*map(_ends, xs))]
    except EDGE_ERRORS:  # 한계가 정의역 밖에 걸친다: 아무것도 약속할 수 없다
        return Bounded(value, math.inf)
    return Bounded(value, _rounding(value, op.ulps) + max([gap if gap >= 0 else math.inf for gap in gaps]))


def _ends(x: Bounded) -> tuple:
    """[value − error, value + error] 의 두 끝, 바깥으로 한 ulp 넓힌 것. 0 이 안에 있으면 0 도: 극점과 꺾인 점이 거기 있다."""
    if not x.error:
        return (x.value,)
    low, high = float(x.value) - x.error, float(x.value) + x.error
    ends = math.nextafter(low, -math.inf), math.nextafter(high, math.inf)
    return (*ends, 0.0) if low < 0 < high else ends


def _wave(op: Op, x: Any) -> Bounded:
    """sin, cos: 한계가 1 라디안을 넘으면 모서리 사이에서 오르내린다. (정의역 안이면) 값이 [−1, 1] 이라는 것만 남는다."""
    y = _spread(op, x)
    return y if not isinstance(x, Bounded) or x.error <= 1 else Bounded(y.value, max(y.error, 2.0))


def _rounding(value: Any, ulps: float) -> float:
    return 2 * ulps * (EPSILON * abs(value) + TINIEST) if ulps and type(value) is float else 0.0


def _total(*operands: Any) -> Bounded:
    """합: 어떤 순서로 더해도, FMA 를 써도 성립하는 한계."""
    xs = _wrapped(operands)
    value, error, size = sum([x.value for x in xs]), sum([x.error for x in xs]), sum([abs(x.value) for x in xs])
    if type(value) is float and len(xs) > 1:
        error += _rounding(float(size), len(xs))
        if size + error == math.inf:  # 넘치는 것은 더하는 순서에 달려 있다
            error = math.inf
    return Bounded(value, error)


BOUNDED: Namespace = Namespace(
    lambda name: functools.partial(_spread, ops.named(name)),
    sin=functools.partial(_wave, ops.sin), cos=functools.partial(_wave, ops.cos),
    tan=lambda x: BOUNDED.div(BOUNDED.sin(x), BOUNDED.cos(x)), total=_total,
)  # fmt: skip


def _moved(op: Op, rule: Callable[..., Any], operands: Sequence[Any]) -> Bounded:
    """float 만 아는 규칙: 피연산자를 하나씩 한계의 끝으로 옮겨 본 폭의 합.

    규칙 안의 반올림은 볼 수 없으므로, 줄이 약속한 ulps 만큼 피연산자도 결과도 어긋날 수 있다고 본다(conditioned 인 줄의 뜻).
    """
    xs = _wrapped(operands)
    values = [x.value for x in xs]
    try:
        z = rule(*values)
        error = _rounding(z, op.ulps) + sum([x.error for x in xs if x.error == math.inf])
        for i, x in enumerate(xs):
            loose = Bounded(x.value, x.error + _rounding(x.value, op.ulps))
            error += max([abs(rule(*values[:i], end, *values[i + 1 :]) - z) for end in _ends(loose)])
    except EDGE_ERRORS:  # 정의역의 끝
        return Bounded(math.nan, math.inf)
    return Bounded(z, error)


def apply(op: Op, operands: tuple) -> Bounded:
    """표의 식을 그대로 따른다. 식이 한계를 가진 수를 모르면 float 로 움직여 본다."""
    if op.family is not None:
        return _spread(op, *operands)
    try:
        return BOUNDED.function(op)(*operands)
    except RuleError:
        return _moved(op, op.eager, operands)


def followed(op: Op, what: str, rule: Callable[..., Any], numbers: Sequence[Any]) -> Any:
    """편미분의 규칙 하나를 따른다(`fitting.followed`). n항 연산의 규칙이면 목록을 준다."""
    try:
        return fitting.followed(op, what, rule, numbers)
    except RuleError:
        if not callable(op.partials):
            return _moved(op, rule, numbers)
        return [_moved(op, lambda *xs, i=i: rule(*xs)[i], numbers) for i in range(len(numbers) - 1)]


interpret(Bounded, apply)
