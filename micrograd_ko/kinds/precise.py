"""200자리 수(high precision): mpmath 로 표를 해석한다. 값, 기울기, 꺾인 점, `ulps` 약속의 기준이 된다.

이 모듈의 문맥(context) `MP` 는 따로 있는 것이라 mpmath 의 전역 정밀도를 건드리지 않는다. 사용자의 mpmath 수는 그 수의 문맥으로
계산한다.
"""

import functools
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import mpmath

from micrograd_ko.kinds.fitting import RuleError
from micrograd_ko.operation import ARITHMETIC, DomainError, Namespace, Op, interpret

MP = mpmath.MPContext()
MP.dps = 200
Precise = MP.mpf
_Any = Precise.__mro__[1]  # 모든 문맥의 mpf


class PrecisionError(RuleError):
    """연산의 식이 mpmath 수를 다루지 못한다: `m.` 의 함수 대신 `math` 의 함수를 부르면 정밀도가 float 로 떨어진다."""


def exact(x: Any, context: Any = MP) -> Any:
    """수를 오차 없이(Fraction 은 context 의 자릿수로) context 의 mpmath 수로."""
    if type(x) is context.mpf:
        return x
    return context.mpf(x.numerator) / x.denominator if isinstance(x, Fraction) else context.mpf(x)


def _real(context: Any, function: Callable) -> Callable:
    """mpmath 는 정의역 밖에서 복소수를 준다. 실수의 연산에서는 오류다."""

    def real(*xs: Any) -> Any:
        z = function(*map(context.mpf, xs))
        if type(z) is not context.mpf:
            raise ValueError
        return z

    return real


@functools.lru_cache(maxsize=8)
def _namespace(context: Any) -> Namespace:
    def select(c: Any, x: Any, y: Any) -> Any:
        return context.mpf(x if c > 0 else y if c <= 0 else c)

    return Namespace(
        lambda name: _real(context, getattr(context, name)), **ARITHMETIC, select=select, pow=_real(context, context.power)
    )


PRECISE = _namespace(MP)


def apply(op: Op, operands: tuple) -> Any:
    """op 를 피연산자의 문맥으로. 정의역 밖이면 DomainError, 식이 mpmath 수를 다루지 못하면 PrecisionError. nan 은 지나간다."""
    context = next(x.context for x in operands if isinstance(x, _Any))
    xs = tuple([exact(x, context) for x in operands])
    if op.defined is not None and not op.defined(*xs) and not any(map(context.isnan, xs)):
        raise DomainError(op, operands)
    try:
        z = _namespace(context).function(op)(*xs)
    except (ArithmeticError, ValueError) as error:
        raise DomainError(op, operands) from error
    except (TypeError, AttributeError) as error:
        raise PrecisionError(f'{op.name}: 식을 mpmath 수로 계산할 수 없습니다: {error}') from error
    if type(z) is not context.mpf and type(z) is not int:
        raise PrecisionError(f'{op.name}: 식이 mpmath 수를 {type(z).__name__} 로 바꿉니다. math 대신 m 의 함수를 쓰세요.')
    return exact(z, context)


interpret(Precise, apply)
interpret(_Any, apply)
