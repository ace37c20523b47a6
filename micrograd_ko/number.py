"""Value 가 담는 수: int, float, Fraction. 무엇이 수이고, 수가 아닌 것과 정의역 밖의 수를 어떻게 알리는가."""

from __future__ import annotations

import contextlib
import contextvars

from micrograd_ko.kinds.huge import limit
from micrograd_ko.misuse import brief
from micrograd_ko.operation import TYPE_CHECKING, Op

if TYPE_CHECKING:
    from collections.abc import Iterator
    from fractions import Fraction
    from typing import Any, TypeAlias

    from micrograd_ko.operation import Node

Number: TypeAlias = 'int | float | Fraction'


class _NotYet(int):
    """아직 역전파하지 않은 기울기. 0 과 같은 수라서 더하고 곱할 수 있고, `is NOT_YET` 로 알아본다."""

    __slots__ = ()

    def __reduce__(self) -> str:
        return 'NOT_YET'


NOT_YET = _NotYet(0)

_unchecked: contextvars.ContextVar[bool] = contextvars.ContextVar('unchecked', default=False)


@contextlib.contextmanager
def unchecked() -> Iterator[None]:
    """이 안에서는 정의역의 끝과 밖에서 오류 대신 IEEE 값(inf, nan)을 기록한다: 미분의 그래프, 모양만 쓰는 그래프."""
    token = _unchecked.set(True)
    try:
        yield
    finally:
        _unchecked.reset(token)


def number(x: Any, what: str = 'Value 는') -> Number:
    """x 를 Value 가 담는 수로. NumPy 의 수는 파이썬 수가, 유리수(numbers.Rational)는 Fraction 이 된다. 수가 아니면 TypeError."""
    if type(x) in _KEPT:
        return x
    import numbers
    from fractions import Fraction

    x = x[()] if getattr(x, 'ndim', None) == 0 else x  # 0차원 배열은 수다
    if isinstance(x, numbers.Integral):
        if x is not True and x is not False and hasattr(x, '__index__'):  # NumPy 의 timedelta64 는 정수인 체하지만 아니다
            return int(x)
    elif isinstance(x, numbers.Real):
        _KEPT.add(Fraction)
        return x if isinstance(x, Fraction) else Fraction(x) if isinstance(x, numbers.Rational) else float(x)
    hint = next((text for kind, text in _HINTS.items() if kind in [base.__name__ for base in type(x).__mro__]), '')
    raise TypeError(f'{what} 실수(int, float, Fraction)를 받습니다. {type(x).__name__} {brief(x)} 을(를) 받았습니다.{hint}')


_KEPT: set[type] = {float, int}  # 그대로 담는 형. Fraction 은 처음 만날 때 배운다
_HINTS = {
    'str': ' 글자는 float(text) 로 먼저 바꾸세요.',
    'bool': ' 참·거짓을 수로 쓰려면 int(x) 로 바꾸세요.',
    'NoneType': ' 값을 돌려주지(return) 않는 함수인지 보세요.',
    'complex': ' 복소수는 다루지 않습니다.',
    'ndarray': ' 배열은 원소마다 Value 로 만드세요: [Value(x) for x in array].',
    'timedelta64': ' 시간에는 단위가 있습니다. 어떤 단위의 수로 쓸지 먼저 나누세요: x / np.timedelta64(1, "s").',
    'list': ' 목록은 원소마다 Value 로 만드세요: [Value(x) for x in xs].',
    'Value': ' 이미 Value 입니다. 그대로 쓰거나, 그래프를 끊으려면 v.detach() 를 쓰세요.',
}


def beside(x: Any, other: Number) -> Any:
    """정수 상수는 옆에 있는 수의 종류를 따른다: 1/3 이 Fraction 옆에서 정확하게 남는다."""
    return type(other)(x) if type(x) is int and type(other) is not int else x


def undefined(op: Op, operands: tuple[Node, ...]) -> Number:
    """정의역 밖의 연산: DomainError. 미분의 그래프를 지을 때는 IEEE 값."""
    numbers = tuple([x.data for x in operands])
    if _unchecked.get():
        from micrograd_ko.kinds.arrays import ieee_forward

        return ieee_forward(op, numbers)
    return limit(op, numbers, tuple([x.name for x in operands]))
