"""그래프의 순회(traversal): 위상 순서, 역전파, 선과 경로.

노드의 `op, parents, data, grad` 만 안다(`operation.Node`). 모두 되부름(recursion) 없이 돌므로 10⁶ 노드의 사슬도 지난다.
"""

from __future__ import annotations

from micrograd_ko.kinds.huge import accumulated
from micrograd_ko.misuse import brief
from micrograd_ko.number import NOT_YET
from micrograd_ko.operation import EDGE_ERRORS, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Any, TypeVar

    from micrograd_ko.operation import Node

    N = TypeVar('N', bound=Node)


def topological(*roots: N) -> list[N]:
    """위상 순서(topological order): roots 에서 닿는 모든 노드를, 피연산자가 결과보다 앞에 오게 한 번씩.

    순서는 그래프의 모양만으로 정해진다. 피연산자는 왼쪽부터 방문한다: 적은 순서대로 x1·w1 이 x2·w2 보다 앞에 온다.
    """
    order: list[Any] = []
    seen: set[Any] = set()
    stack: list[Any] = list(reversed(roots))
    if not all(hasattr(root, 'parents') for root in roots):
        raise TypeError(f'그래프의 노드(Value)를 하나씩 받습니다. {brief(roots)[1:-1].removesuffix(",")} 을(를) 받았습니다.')
    push, pop, enter, leave = stack.append, stack.pop, seen.add, order.append
    while stack:
        node = pop()
        if node is None:  # 표시(None) 아래의 노드는 피연산자를 모두 방문했다
            leave(pop())
            continue
        while node not in seen:  # 왼쪽 피연산자를 따라 내려간다
            enter(node)
            push(node)
            push(None)
            if node._y is None:
                for parent in reversed(node._x):
                    if parent not in seen:
                        push(parent)
                break
            push(node._y)
            node = node._x
    return order


def sweep(order: Sequence[Node]) -> None:
    """역전파의 순회: 위상 순서를 거꾸로, `피연산자.grad += 노드.grad × 국소 미분`. 기울기는 미리 놓여 있다."""
    for node in reversed(order):
        g, x, y = node._grad, node._x, node._y
        if y is not None:  # 사칙. 가장 잦아서 펼쳐 적었다
            z, a, b = node._number, x._number, y._number
            dx, dy = node.op.partials  # type: ignore[union-attr]  # 피연산자가 있으니 연산도 있다
            try:
                dx, dy = g * dx(z, a, b), g * dy(z, a, b)
                x._grad += dx
                try:
                    y._grad += dy
                except OverflowError:  # x 에는 이미 더했다
                    y._grad = accumulated(y._grad, dy)
                continue
            except EDGE_ERRORS:
                x = x, y
        for parent, d in zip(x, local_derivatives(node), strict=True) if x else ():
            try:
                parent._grad += g * d
            except OverflowError:
                parent._grad = accumulated(parent._grad, g, d)


def local_derivatives(node: Node) -> tuple[Any, ...]:
    """국소 미분(local derivative): 피연산자마다 ∂node/∂피연산자. 정의역의 끝에서는 IEEE 값, 잎이면 빈 튜플."""
    if node.op is None:
        return ()
    operands = [parent._number for parent in node.parents]
    try:
        return node.op.derivatives(node._number, *operands)
    except EDGE_ERRORS:
        from micrograd_ko.kinds.arrays import ieee_derivatives

        return ieee_derivatives(node.op, node._number, tuple(operands))


def edges(node: N) -> Iterator[tuple[N, Any]]:
    """node 의 선마다 (피연산자, 국소 미분)."""
    return zip(node.parents, local_derivatives(node), strict=True)


def above(order: Iterable[N], below: Iterable[N]) -> set[N]:
    """below 와, 그것을 (거쳐서라도) 쓰는 order 의 모든 노드: below 에서 root 까지의 경로 위에 있는 것."""
    found = set(below)
    for node in order:
        if not found.isdisjoint(node.parents):
            found.add(node)
    return found


def swept(node: Node) -> bool:
    """이 노드의 기울기를 아는가: 역전파가 여기까지 왔는가."""
    return node.grad is not NOT_YET
