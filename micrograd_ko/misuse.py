"""흔한 실수(misuse)를 알리는 말. Value 를 수처럼 쓰면 그래프가 소리 없이 끊기고, 목록 대신 수를 주면 엉뚱한 곳에서 멈춘다."""

from __future__ import annotations

import operator

from micrograd_ko.kinds.huge import shown
from micrograd_ko.operation import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from micrograd_ko.operation import Node


_LONGEST = 160  # 오류 메시지에 적는 값의 글자


def brief(x: Any) -> str:
    """오류 메시지에 적을 x: 길면 처음과 끝만 남긴 repr."""
    text = shown(x)
    return text if len(text) <= _LONGEST else f'{text[: _LONGEST * 3 // 4]} … {text[-_LONGEST // 4 :]}'


def listed(xs: Any, what: str) -> list[Any]:
    """xs 를 목록으로(배열이면 파이썬의 수로). 목록이 아니거나 차례가 없으면 what(무엇을 어떻게 줄지)을 알리는 TypeError."""
    if hasattr(xs, 'tolist'):
        xs = xs.tolist()
    if not hasattr(xs, '__iter__') or isinstance(xs, (set, frozenset, dict)):
        raise TypeError(f'{what} {brief(xs)} 을(를) 받았습니다.')
    return list(xs)


def nodes_in(xs: Any, what: str) -> list[Any]:
    """xs 를 노드의 목록으로. 노드 하나면 그것만이고, 목록도 아니면 what 을 알리는 TypeError."""
    return [xs] if hasattr(xs, 'parents') else listed(xs, what)


def counted(n: Any, what: str) -> int:
    """n 을 양의 파이썬 정수로(NumPy 의 정수도 된다). 아니면 what(무엇의 수인지)을 알리는 ValueError."""
    if isinstance(n, bool) or not hasattr(n, '__index__') or n < 1:
        raise ValueError(f'{what} 양의 정수입니다. {brief(n)} 을(를) 받았습니다.')
    return operator.index(n)


def inputs(x: Any, rest: tuple, nin: int, whose: str) -> list[Any]:
    """뉴런이나 층이나 신경망 whose 에 준 입력 nin개의 목록. 목록 하나가 아니면 TypeError, 수가 다르면 ValueError."""
    wanted = f'{whose}: 입력(input) {nin}개를 목록 하나로 받습니다: net([{", ".join(["1.0"] * min(nin, 2))}{", …" * (nin > 2)}]).'
    if rest:
        raise TypeError(f'{wanted} 인수 {1 + len(rest)}개를 받았습니다.')
    xs = listed(x, wanted)
    if len(xs) != nin:
        raise ValueError(f'{whose}: 입력(input) {nin}개를 받습니다. {len(xs)}개를 받았습니다.')
    return xs


def widths(nouts: Any) -> list[Any]:
    """`MLP` 의 nouts 를 목록으로. 목록이 아니면 TypeError."""
    return listed(nouts, 'MLP(nin, nouts) 의 nouts 는 층마다의 뉴런 수의 목록입니다: MLP(2, [3, 1]).')


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
        __round__ = __trunc__ = __floor__ = __ceil__ = rint = _refusing('정수로 자를', '적을 수가 필요하면 round(v.data) 입니다.')
        __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = __divmod__ = __rdivmod__ = _refusing(
            '몫과 나머지(//, %)를 구할', '나누려면 v / 2 를, 수의 몫이 필요하면 v.data // 2 를 쓰세요.'
        )
        as_integer_ratio = _refusing('분수로 바꿀', '평균은 statistics.mean 대신 losses.mean(vs) 로 구하세요.')

        def __eq__(self, other: Any) -> Any:
            import numbers

            return _refuse_equality(self) if isinstance(other, numbers.Real) else NotImplemented

        __hash__ = object.__hash__  # 노드를 열쇠로 쓰는 사전과 집합이 그대로 빠르다
