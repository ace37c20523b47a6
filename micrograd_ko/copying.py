"""그래프의 복사(copy)와 저장(pickle): 되부름(recursion) 없이, 공유를 지키며, 하위 형(subclass)의 속성까지.

저장기(pickler)는 객체 안의 객체를 만나면 되부르므로 사슬이 길면 넘친다. 그래서 노드를 저장하기 전에 `_Holder` 가 그 아래의
노드를 위상 순서로 건넨다: 피연산자는 언제나 이미 저장되어 있고, 두 번 저장하지 않는 일은 저장기의 기억(memo)이 한다. 나중의
root 는 앞의 holder 가 건넨 노드를 다시 건네지 않고 그 holder 를 가리킨다.
"""

from __future__ import annotations

import copy
import threading
import weakref

from micrograd_ko.operation import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class _Handed(threading.local):
    """이 스레드의 저장기들이 받은 노드. holder 는 저장기와 함께 사라진다.

    by       노드의 id → 그것을 건넨 holder.
    waiting  건넸지만 아직 저장되지 않은 노드의 id → 그 holder.
    """

    def __init__(self) -> None:
        self.by: weakref.WeakValueDictionary[int, _Holder] = weakref.WeakValueDictionary()
        self.waiting: weakref.WeakValueDictionary[int, _Holder] = weakref.WeakValueDictionary()


_handed = _Handed()


class Copied:
    """복사되고 저장되는 노드. `Value` 의 바탕이다."""

    __slots__ = ()

    def __copy__(self) -> Any:
        return _fill(_blank(self), self, lambda attribute: attribute)

    def __deepcopy__(self, memo: dict) -> Any:
        for node in _below(self, memo):
            if id(node) not in memo:  # 앞 노드의 속성을 따라가다가 이미 베꼈을 수 있다
                memo[id(node)] = twin = _blank(node)
                _fill(twin, node, lambda attribute: copy.deepcopy(attribute, memo))
        return memo[id(self)]

    def __reduce_ex__(self: Any, protocol: Any) -> str | tuple[Any, ...]:
        handed = _handed.waiting.pop(id(self), None) is not None
        return object.__reduce_ex__(self, 2) if handed or not self.parents else (_last, (_Holder(self),))


def _blank(node: Any) -> Any:
    kind: Any = type(node)
    return kind.__new__(kind)


def _fill(twin: Any, node: Any, change: Callable[[Any], Any]) -> Any:
    """node 의 속성마다 change(속성)을 twin 에 놓는다."""
    state = object.__reduce_ex__(node, 2)[2]
    for part in state if isinstance(state, tuple) else (state,):
        for name, attribute in (part or {}).items():
            setattr(twin, name, change(attribute))
    return twin


def _below(root: Any, known: Any) -> list:
    """root 아래의 노드를 위상 순서로. id 가 known 에 있는 노드와 그 너머는 뺀다(id 로 순회하면 `topological` 의 두 배가 든다)."""
    order, seen, stack = [], set(), [root]
    while stack:
        node = stack.pop()
        if node is None:
            order.append(stack.pop())
        elif id(node) not in seen and id(node) not in known:
            seen.add(id(node))
            stack += [node, None, *reversed(node.parents)]
    return order


class _Holder:
    """노드를 위상 순서로 저장기에 건네는 것. 되돌린 목록의 마지막이 root 다.

    root 를 이미 건넨 holder 가 있는데도 저장기가 root 를 모르면, 그 holder 는 다른 저장기의 것이다. 두 번째로 저장되는 holder 도
    그렇다. 그때는 앞의 holder 를 가리키지 않고 아래의 노드를 모두 건넨다(flat).
    """

    def __init__(self, root: Any) -> None:
        self.root, self.flat = root, id(root) in _handed.by
        self.nodes = [] if self.flat else _below(root, _handed.by)
        earlier = [_handed.by.get(id(parent)) for node in self.nodes for parent in node.parents]
        self.before = [holder for holder in dict.fromkeys(earlier) if holder is not None]
        for node in self.nodes:
            _handed.by[id(node)] = self

    def __reduce__(self) -> tuple:
        nodes = _below(self.root, ()) if self.flat else self.nodes
        before = [] if self.flat else self.before
        self.flat = True
        for node in nodes:
            _handed.waiting[id(node)] = self
        return list, (), None, iter([*before, *nodes])


def _last(nodes: list) -> Any:
    return nodes[-1]
