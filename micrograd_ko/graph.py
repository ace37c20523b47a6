"""그래프 위를 걷는 일: 위상 순서, 역전파의 걸음, 다른 종류의 수로 다시 계산하기, 낡은 값과 무한한 값 찾기.

노드가 `op, parents, data, grad` 를 가진다는 것만 안다. 노드의 형은 `engine.Value` 다. 모두 되부름(recursion) 없이 돌므로
10⁶ 노드의 사슬도 걷는다.
"""

from __future__ import annotations

import math

from micrograd_ko import ops
from micrograd_ko.operation import EDGE_ERRORS, DomainError, Op

TYPE_CHECKING = False  # typing 은 형 검사기만 읽는다
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from micrograd_ko.engine import Value


def topological(*roots: Value, seen: set | None = None) -> list[Value]:
    """위상 순서(topological order): roots 에서 닿는 모든 노드를, 피연산자가 결과보다 앞에 오게 한 번씩.

    순서는 그래프의 모양만으로 정해진다. `seen` 을 주면 그 안의 노드와 그 너머는 건너뛰고, 걸은 노드를 더해 둔다.
    """
    order: list[Value] = []
    seen = set() if seen is None else seen
    stack: list[Any] = list(reversed(roots))
    push, pop, enter, leave = stack.append, stack.pop, seen.add, order.append
    while stack:
        node = pop()
        if node is None:  # 표시(None) 아래의 노드는 피연산자를 모두 걸었다
            leave(pop())
        elif node not in seen:
            enter(node)
            if node.op is None:
                leave(node)
                continue
            push(node)
            push(None)
            x, y = node._x, node._y
            if y is not None:
                if x not in seen:
                    push(x)
                if y not in seen:
                    push(y)
            elif type(x) is tuple:
                for parent in x:
                    if parent not in seen:
                        push(parent)
            else:
                push(x)
    return order


def sweep(order: list[Value]) -> None:
    """역전파의 걸음: 위상 순서를 거꾸로, `부모.grad += 노드.grad × ∂노드/∂부모`. 마지막 노드의 grad 는 미리 놓여 있다."""
    for node in reversed(order):
        op = node.op
        if op is None:
            continue
        g, z, x, y = node.grad, node.data, node._x, node._y
        if y is not None:
            a, b = x.data, y.data
            dx, dy = op.partials
            try:
                dx, dy = dx(z, a, b), dy(z, a, b)
            except EDGE_ERRORS:
                dx, dy = _at_edge(op, z, (a, b))
            x.grad += g * dx
            y.grad += g * dy
        elif op.arity == 1:
            try:
                dx = op.partials[0](z, x.data)
            except EDGE_ERRORS:
                (dx,) = _at_edge(op, z, (x.data,))
            x.grad += g * dx
        else:
            operands = [parent.data for parent in x]
            try:
                partials = op.partials(z, *operands) if op.arity is None else op.derivatives(z, *operands)
            except EDGE_ERRORS:
                partials = _at_edge(op, z, tuple(operands))
            for parent, dx in zip(x, partials, strict=True):
                parent.grad += g * dx


def local_derivatives(node: Value) -> tuple:
    """국소 미분(local derivative): 피연산자마다 ∂node/∂피연산자. 정의역의 끝에서는 IEEE 값, 잎이면 빈 튜플."""
    if node.op is None:
        return ()
    operands = tuple([parent.data for parent in node.parents])
    try:
        return node.op.derivatives(node.data, *operands)
    except EDGE_ERRORS:
        return _at_edge(node.op, node.data, operands)


def _at_edge(op: Op, z: Any, operands: tuple) -> tuple:
    from micrograd_ko.kinds.arrays import ieee_derivatives

    return ieee_derivatives(op, z, operands)


def replay(order: list[Value], leaf: Callable[[Value], Any]) -> dict[Value, Any]:
    """같은 그래프를 다른 종류의 수로: 잎마다 leaf(노드)를 놓고 표의 연산을 다시 적용한다. 노드 → 수의 사전."""
    numbers: dict[Value, Any] = {}
    for node in order:
        if node.op is None:
            numbers[node] = leaf(node)
        else:
            operands = [numbers[parent] for parent in node.parents]
            try:
                numbers[node] = node.op.apply(*operands)
            except DomainError:
                raise DomainError(node.op, tuple(operands), tuple([p.name for p in node.parents])) from None
    return numbers


def adjoints(order: list[Value], numbers: dict[Value, Any], live: set | None = None) -> dict[Value, Any]:
    """역전파를 어떤 종류의 수로든: 노드 → ∂root/∂노드 의 사전. root 는 order 의 마지막이고, 닿지 않는 노드는 빠진다.

    `numbers` 는 노드의 값(`replay` 의 결과). `live` 를 주면 그 안의 노드로만, 0 인 항 없이 흐른다.
    한 노드로 모이는 항은 한꺼번에 더한다(`total`): 오차 한계가 더하는 순서에 매이지 않는다.
    """
    terms: dict[Value, list] = {order[-1]: [1]}
    found: dict[Value, Any] = {}
    for node in reversed(order):
        if node not in terms:
            continue
        flowing = terms.pop(node)
        g = found[node] = flowing[0] if len(flowing) == 1 else ops.total(flowing)
        if node.op is None:
            continue
        z, operands = numbers[node], [numbers[parent] for parent in node.parents]
        partials = node.op.partials
        derivatives = partials(z, *operands) if callable(partials) else None
        for i, parent in enumerate(node.parents):
            if live is not None and parent not in live:
                continue
            d = partials[i](z, *operands) if derivatives is None else derivatives[i]
            if live is None or type(d) is not int or d != 0:
                terms.setdefault(parent, []).append(_scaled(g, d))
    return found


def _scaled(g: Any, d: Any) -> Any:
    """g × d. 정수 1 과 -1 을 곱하는 노드는 만들지 않는다."""
    if type(d) is int and d in (1, -1):
        return g if d == 1 else -g
    return d if type(g) is int and g == 1 else g * d


def refresh(root: Value) -> Value:
    """잎의 지금 `.data` 로 순방향을 다시 계산한다. root 를 돌려준다. DomainError 가 나면 아무 값도 바뀌지 않는다."""
    numbers = replay(topological(root), lambda leaf: leaf.data)
    for node, data in numbers.items():
        node.data = data
    return root


def first_stale(root: Value) -> Value | None:
    """위상 순서에서 처음으로 낡은(stale) 노드: 피연산자의 지금 값으로 다시 계산하면 다른 값이 나온다. 없으면 None."""
    for node in topological(root):
        if node.op is not None and not _is_fresh(node.op, node.data, [parent.data for parent in node.parents]):
            return node
    return None


def _is_fresh(op: Op, data: Any, operands: list) -> bool:
    try:
        again = op.eager(*operands)
    except EDGE_ERRORS:
        return False
    return bool(again == data) or (math.isnan(again) and math.isnan(data))


def first_nonfinite(root: Value) -> Value | None:
    """위상 순서에서 처음으로 nan 이나 inf 인 노드: 유한하지 않은 값이 시작된 곳. 없으면 None."""
    return next((node for node in topological(root) if node.data - node.data != 0), None)
