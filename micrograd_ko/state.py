"""상태(state): 그래프에서 바뀌는 것. 무엇이 들어가는가(`Held`), 여럿이 어떻게 한꺼번에 바뀌는가(`commit`).

`.data` 와 `.grad` 를 여럿 쓰는 함수는 모두 계산한 다음 `commit` 으로 옮긴다. 도중의 오류나 Ctrl-C 는 옮기기 전에 나거나 옮긴 뒤에
나므로, 반만 바뀐 상태를 아무도 보지 못한다. 쓰는 동안에는 자물쇠(lock) `writing` 을 쥔다: 잎을 나누어 쓰는 그래프를 여러 스레드가
역전파해도 차례로 한 것과 같다.
"""

from __future__ import annotations

import functools
import itertools
import os
import threading
from collections import deque

from micrograd_ko.kinds.huge import shown
from micrograd_ko.number import NOT_YET, Number, number
from micrograd_ko.operation import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any, TypeAlias, TypeVar

    from micrograd_ko.operation import Node, Op

    F = TypeVar('F', bound=Callable[..., Any])
    N = TypeVar('N', bound='Held')

Change: TypeAlias = 'tuple[Any, str, Any]'  # (객체, 속성의 이름, 새 값)

writing = threading.RLock()  # `.data` 와 `.grad` 는 한 번에 한 스레드가 쓴다
if hasattr(os, 'register_at_fork'):  # 나누어진(fork) 프로세스가 잠긴 자물쇠나 반쯤 모은 기울기를 물려받지 않는다
    os.register_at_fork(before=writing.acquire, after_in_parent=writing.release, after_in_child=writing.release)


def alone(function: F) -> F:
    """자물쇠를 쥐고 도는 function. with 와 그 몸이 한 줄이라 줄마다 끼어드는 추적기도 잠긴 자물쇠를 남기지 못한다."""

    @functools.wraps(function)
    def locked(*args: Any, **options: Any) -> Any:
        with writing: return function(*args, **options)  # noqa: E701

    return locked  # type: ignore[return-value]


def data_set(nodes: Iterable[Node], numbers: Iterable[Any]) -> list[Change]:
    """노드마다 `.data` 를 numbers 의 것으로 하는 변경. 개수가 다르면 ValueError, 수가 아니면 TypeError."""
    return [(node, '_number', number(x, '.data 는')) for node, x in zip(nodes, numbers, strict=True)]


def grad_set(nodes: Iterable[Node], numbers: Iterable[Any]) -> list[Change]:
    """노드마다 `.grad` 를 numbers 의 것으로 하는 변경. 개수가 다르면 ValueError, 수도 None 도 아니면 TypeError."""
    return [(node, '_grad', _gradient(x)) for node, x in zip(nodes, numbers, strict=True)]


@alone
def commit(changes: Sequence[Change]) -> None:
    """변경을 한꺼번에 옮긴다. C 의 호출 하나라서 신호(signal)도 추적기(tracer)도 그 사이에 끼지 못한다."""
    deque(itertools.starmap(setattr, changes), maxlen=0)


class Held:
    """노드가 담는 것. 밖에서 놓는 것은 여기서 걸러지고, 기록과 역전파는 걸러진 것만 다루므로 칸(slot)을 바로 쓴다.

    노드는 정체(identity)로 구별된다. 하위 형이 `__eq__` 로 값을 견주어도 해시는 정체의 것이라, 집합과 사전에서 두 노드가 하나로
    합쳐지지 않는다(해시가 다르면 `__eq__` 를 부르지 않는다).

    사칙의 피연산자 둘은 `_x` 와 `_y` 에 하나씩, 그 밖의 피연산자는 `_x` 에 튜플로 담고 `_y` 는 None 이다. 튜플이 없으면 쓰레기
    수집기(garbage collector)가 볼 것이 노드마다 하나라서, 큰 그래프를 기록하는 시간이 반으로 준다.
    """

    __slots__ = ('_grad', '_name', '_number', '_x', '_y', 'op')
    _number: Number
    _grad: Number
    _name: str
    _x: Any
    _y: Any
    op: Op | None

    def __init_subclass__(cls) -> None:
        cls.__hash__ = object.__hash__  # type: ignore[method-assign]

    def __repr__(self) -> str:
        made = (f', op={self.op.name!r}' if self.op else '') + (f', name={self.name!r}' if self.name else '')
        return f'Value(data={shown(self.data)}, grad={shown(self.grad)}{made})'

    def __format__(self, spec: str) -> str:
        return format(self.data, spec) if spec else repr(self)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        from micrograd_ko.render import mimebundle

        return mimebundle(self)

    @property
    def parents(self: N) -> tuple[N, ...]:
        """피연산자의 튜플, 순서대로. 잎이면 빈 튜플."""
        return self._x if self._y is None else (self._x, self._y)

    @property
    def data(self) -> Number:
        """값: int, float, Fraction. NumPy 의 수는 파이썬 수가 되고, 그 밖의 것은 TypeError."""
        return self._number

    @data.setter
    def data(self, x: Number) -> None:
        self._number = x if type(x) is float else number(x, '.data 는')

    @property
    def grad(self) -> Number:
        """기울기: 값과 같은 수. None 을 놓으면 '아직 모른다'가 되고, 모르는 기울기는 0 으로 읽힌다."""
        return self._grad

    @grad.setter
    def grad(self, x: Number | None) -> None:
        self._grad = x if type(x) is float else _gradient(x)

    @property
    def name(self) -> str:
        """그림과 오류 메시지에 쓰는 이름. 글(str)이 아니면 TypeError."""
        return self._name

    @name.setter
    def name(self, text: str) -> None:
        if not isinstance(text, str):
            raise TypeError(f'이름(name)은 글(str)입니다. {type(text).__name__} {text!r} 을(를) 받았습니다.')
        self._name = text


def _gradient(x: Any) -> Number:
    return NOT_YET if x is None or x is NOT_YET else number(x, '.grad 는')
