"""float 의 범위를 넘는 정수와 Fraction(huge numbers): 10**400 은 파이썬의 수이지만 float 가 아니다.

연산은 ±inf 에서의 값이 유한하면 그 값이다(tanh(10**400) = 1). 역전파는 오류를 내지 않으므로 기울기는 ±inf 로 흐른다.
"""

from __future__ import annotations

import contextlib
import math

from micrograd_ko.operation import EDGE_ERRORS, TYPE_CHECKING, DomainError, Op

if TYPE_CHECKING:
    from typing import Any


def ieee(x: Any) -> float:
    """x 를 float 로. 범위를 넘으면 ±inf."""
    try:
        return float(x)
    except OverflowError:
        return math.inf if x > 0 else -math.inf


def is_huge(x: Any) -> bool:
    """float 의 범위를 넘는 정수나 Fraction 인가."""
    return not isinstance(x, float) and math.isinf(ieee(x))


def limit(op: Op, operands: tuple, names: tuple = ()) -> float:
    """계산하지 못한 op 를, 범위를 넘는 피연산자를 ±inf 로 보고 다시. 그런 것이 없거나 유한한 값이 없으면 DomainError."""
    if any(map(is_huge, operands)):
        with contextlib.suppress(*EDGE_ERRORS):
            z = op.eager(*map(ieee, operands))
            if math.isfinite(z):
                return z
    raise DomainError(op, operands, names) from None


def accumulated(gradient: Any, g: Any, d: Any = 1) -> Any:
    """gradient + g·d. 정확한 수와 float 가 섞여 범위를 넘으면 IEEE 값이고, 0 을 곱한 항은 0 이다."""
    try:
        return gradient + g * d
    except OverflowError:
        return ieee(gradient) + (ieee(g) * ieee(d) if g and d else 0.0)


def shown(x: Any) -> str:
    """repr(x). 파이썬이 십진수로 적지 않을 만큼 긴 수(4,300자리부터)는 어림: ≈1e+5000."""
    try:
        return repr(x)
    except ValueError:
        size = math.log10(abs(x.numerator)) - math.log10(x.denominator)
        exponent = math.floor(size)
        return f'≈{"-" if x < 0 else ""}{10 ** (size - exponent):.4g}e{exponent:+d}'
