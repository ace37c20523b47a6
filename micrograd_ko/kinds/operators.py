"""연산자(operator)를 가진 수의 종류: +, −, ×, ÷, **, 부호, 절댓값은 모두 표의 연산이다."""

from collections.abc import Callable
from typing import Any

from micrograd_ko import ops
from micrograd_ko.operation import Op


def _pair(op: Op) -> tuple[Callable[[Any, Any], Any], Callable[[Any, Any], Any]]:
    """op 의 메서드와, 피연산자가 바뀐(reflected) 메서드."""

    def method(self: Any, other: Any) -> Any:
        return op.apply(self, other)

    return method, lambda self, other: op.apply(other, self)


class Operators:
    """섞어 쓰는 바탕(mixin). 연산이 하는 일은 `interpret(형, 함수)` 로 건 해석기가 정한다."""

    __slots__ = ()

    __add__, __radd__ = _pair(ops.add)
    __sub__, __rsub__ = _pair(ops.sub)
    __mul__, __rmul__ = _pair(ops.mul)
    __truediv__, __rtruediv__ = _pair(ops.div)

    def __pow__(self, n: Any) -> Any:
        return ops.power(n).apply(self)

    def __neg__(self) -> Any:
        return ops.neg.apply(self)

    def __abs__(self) -> Any:
        return ops.abs.apply(self)
