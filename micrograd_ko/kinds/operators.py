"""연산자(operator)를 가진 수의 종류: +, −, ×, ÷, **, 부호, 절댓값은 모두 표의 연산이다."""

from collections.abc import Callable
from typing import Any

from micrograd_ko import ops
from micrograd_ko.operation import Op


def _method(op: Op, reflected: bool = False) -> Callable[..., Any]:
    return lambda self, *other: op.apply(*other, self) if reflected else op.apply(self, *other)


class Operators:
    """섞어 쓰는 바탕(mixin). 연산이 하는 일은 `interpret(형, 함수)` 로 건 해석기가 정한다."""

    __slots__ = ()

    __add__, __radd__ = _method(ops.add), _method(ops.add, reflected=True)
    __sub__, __rsub__ = _method(ops.sub), _method(ops.sub, reflected=True)
    __mul__, __rmul__ = _method(ops.mul), _method(ops.mul, reflected=True)
    __truediv__, __rtruediv__ = _method(ops.div), _method(ops.div, reflected=True)
    __neg__, __abs__ = _method(ops.neg), _method(ops.abs)

    def _refuse_choice(self, *_: Any) -> Any:
        raise TypeError(f'{type(self).__name__} 은(는) ==, != 와 if 로 고를 수 없습니다.')

    __eq__ = __ne__ = __bool__ = _refuse_choice  # 그대로 두면 규칙의 `x == 0` 이 소리 없이 거짓이 된다
    __hash__ = object.__hash__

    def __pow__(self, n: Any) -> Any:
        return ops.power(n).apply(self)
