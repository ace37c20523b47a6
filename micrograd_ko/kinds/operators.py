"""연산자(operator)를 가진 수의 종류: +, −, ×, ÷, **, 부호, 절댓값은 모두 표의 연산이다."""

from collections.abc import Callable
from typing import Any

from micrograd_ko import ops
from micrograd_ko.operation import Op


def _binary(op: Op, reflected: bool = False) -> Callable[[Any, Any], Any]:
    return lambda self, other: op.apply(*((other, self) if reflected else (self, other)))


class Operators:
    """섞어 쓰는 바탕(mixin). 연산이 하는 일은 `interpret(형, 함수)` 로 건 해석기가 정한다."""

    __slots__ = ()

    __add__, __radd__ = _binary(ops.add), _binary(ops.add, reflected=True)
    __sub__, __rsub__ = _binary(ops.sub), _binary(ops.sub, reflected=True)
    __mul__, __rmul__ = _binary(ops.mul), _binary(ops.mul, reflected=True)
    __truediv__, __rtruediv__ = _binary(ops.div), _binary(ops.div, reflected=True)

    def __pow__(self, n: Any) -> Any:
        return ops.power(n).apply(self)

    def __neg__(self) -> Any:
        return ops.neg.apply(self)

    def __abs__(self) -> Any:
        return ops.abs.apply(self)
