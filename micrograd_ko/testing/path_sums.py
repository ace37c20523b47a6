"""경로의 합(path sum): ∂root/∂x 를 정의 그대로, root 에서 x 로 가는 모든 경로의 편미분의 곱을 더해 구한다.

역전파가 왜 옳은지 보이는 가장 느린 기준이다. 경로는 지수로 늘어나므로 작은 그래프에만 쓴다.

>>> from micrograd_ko import Value
>>> a = Value(3.0)
>>> b = a + a
>>> order = [a, b, b + b]
>>> path_count(order), path_sums(order, {node: node.data for node in order})[a]
(4, 4)
"""

from typing import Any

from micrograd_ko import ops
from micrograd_ko.engine import Value


def path_count(order: list[Value]) -> int:
    """root(order 의 마지막)에서 잎까지의 경로의 수."""
    ways: dict[Value, int] = {}
    for node in order:
        ways[node] = sum([ways[parent] for parent in node.parents]) if node.op is not None else 1
    return ways[order[-1]]


def path_sums(order: list[Value], numbers: dict[Value, Any]) -> dict[Value, Any]:
    """잎 → 모든 경로의 곱의 합. `numbers` 는 노드의 값이고, 그 수의 종류로 계산한다."""
    local = {
        node: node.op.derivatives(numbers[node], *[numbers[parent] for parent in node.parents])
        for node in order
        if node.op is not None
    }
    products: dict[Value, list] = {}
    walks: list[tuple[Value, Any]] = [(order[-1], 1)]
    while walks:
        node, product = walks.pop()
        if node.op is None:
            products.setdefault(node, []).append(product)
            continue
        walks.extend([(parent, product * d) for parent, d in zip(node.parents, local[node], strict=True)])
    return {leaf: ops.total(terms) for leaf, terms in products.items()}
