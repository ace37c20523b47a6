"""Value 를 수처럼 쓰는 흔한 실수(misuse)를 막는다: 그대로 두면 그래프가 소리 없이 끊긴다."""

from __future__ import annotations

from micrograd_ko.operation import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from micrograd_ko.operation import Node


def _refusing(what: str, instead: str) -> Callable[..., Any]:
    def method(self: Node, *_: Any) -> Any:
        raise TypeError(f'Value 는 {what} 수 없습니다: {self!r}. {instead}')

    return method


_refuse_equality = _refusing('수와 같은지 견줄', '값을 견주려면 v.data == 2.0 을, 같은 노드인지 보려면 v is w 를 쓰세요.')


class NotANumber:
    """수가 아닌 것: 바꾸고 견주고 자르는 일마다 무엇을 대신 쓸지 알리는 TypeError. 노드끼리의 == 는 같은 노드라는 뜻이다."""

    __slots__ = ()

    __bool__ = _refusing('참·거짓(bool)이 될', '조건에는 v.data 를, 그래프 안의 선택에는 ops.select(c, x, y) 를 쓰세요.')
    if not TYPE_CHECKING:  # 형 검사기에게는 없는 것이라 float(v) 와 v < w 는 적을 때 이미 오류다
        __float__ = __int__ = __complex__ = _refusing(
            '보통 수로 바꿀', 'math.exp(v) 대신 v.exp() 나 ops.exp(v) 를 쓰세요. 수가 필요하면 v.data 입니다.'
        )
        __lt__ = __le__ = __gt__ = __ge__ = _refusing(
            '비교할', '값을 비교하려면 v.data < w.data 를, 더 큰 쪽을 고르려면 ops.maximum(v, w) 를 쓰세요.'
        )
        __round__ = __trunc__ = __floor__ = __ceil__ = _refusing('정수로 자를', '적을 수가 필요하면 round(v.data) 입니다.')
        __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = __divmod__ = __rdivmod__ = _refusing(
            '몫과 나머지(//, %)를 구할', '나누려면 v / 2 를, 수의 몫이 필요하면 v.data // 2 를 쓰세요.'
        )
        as_integer_ratio = _refusing('분수로 바꿀', '평균은 statistics.mean 대신 losses.mean(vs) 로 구하세요.')

        def __eq__(self, other: Any) -> Any:
            import numbers

            return _refuse_equality(self) if isinstance(other, numbers.Real) else NotImplemented

        __hash__ = object.__hash__  # 노드를 열쇠로 쓰는 사전과 집합이 그대로 빠르다
