"""연산자(operator)를 가진 수의 종류: +, −, ×, ÷, **, 부호, 절댓값은 모두 표의 연산이다."""

from collections.abc import Callable
from typing import Any

from micrograd_ko import ops
from micrograd_ko.operation import Op


def _binary(op: Op) -> Callable[[Any, Any], Any]:
    def method(self: Any, other: Any) -> Any:
        return op.apply(self, other)

    return method


def _reflected(op: Op) -> Callable[[Any, Any], Any]:
    return lambda self, other: op.apply(other, self)


class Operators:
    """섞어 쓰는 바탕(mixin). 연산이 하는 일은 `interpret(형, 함수)` 로 건 해석기가 정한다."""

    __slots__ = ()

    __add__, __radd__ = _binary(ops.add), _reflected(ops.add)
    __sub__, __rsub__ = _binary(ops.sub), _reflected(ops.sub)
    __mul__, __rmul__ = _binary(ops.mul), _reflected(ops.mul)
    __truediv__, __rtruediv__ = _binary(ops.div), _reflected(ops.div)

    def __pow__(self, n: Any) -> Any:
        return ops.power(n).apply(self)

    def __neg__(self) -> Any:
        return ops.neg.apply(self)

    def __abs__(self) -> Any:
        return ops.abs.apply(self)
