"""쌍대수(dual number): 순방향 모드(forward mode) 미분. 역방향의 순회와 무관한 기준이다.

값 v 와 기울기 s 의 쌍 v + s·ε (ε² = 0) 에 표의 같은 편미분을 연쇄 법칙(chain rule)으로 쓴다: f(v + sε) = f(v) + f′(v)·s·ε.
v 와 s 가 다시 쌍대수면 이계 미분이 된다.
"""

from typing import Any

from micrograd_ko import ops
from micrograd_ko.kinds.arrays import ieee_derivatives
from micrograd_ko.kinds.operators import Operators
from micrograd_ko.operation import EDGE_ERRORS, Op, interpret


class Dual(Operators):
    """value + slope·ε. slope 가 정수 0 이면 상수다."""

    __slots__ = ('slope', 'value')

    def __init__(self, value: Any, slope: Any = 0) -> None:
        self.value, self.slope = value, slope

    def __repr__(self) -> str:
        return f'{self.value!r} + {self.slope!r}ε'


def apply(op: Op, operands: tuple) -> Dual:
    """연쇄 법칙: 값에 op 를, 기울기에 Σ ∂z/∂xᵢ · sᵢ 를."""
    values = tuple([x.value if isinstance(x, Dual) else x for x in operands])
    slopes = [x.slope if isinstance(x, Dual) else 0 for x in operands]
    z = op.apply(*values)
    try:
        partials = op.derivatives(z, *values)
    except EDGE_ERRORS:
        if not all(isinstance(v, float | int) for v in values):
            raise
        partials = ieee_derivatives(op, z, values)
    terms = [d * s for d, s in zip(partials, slopes, strict=True) if type(s) is not int or s != 0]
    return Dual(z, ops.total(terms) if terms else 0)


interpret(Dual, apply)
