"""역전파의 걸음을 기록한다: 선마다 무엇이 얼마만큼 더해지는지."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from micrograd_ko.engine import Value
from micrograd_ko.graph import local_derivatives


class Arrival(NamedTuple):
    """역전파의 한 걸음: `operand.grad += ∂C/∂result · ∂result/∂operand`.

    position 은 operand 가 result 의 몇째 피연산자인지, before 와 after 는 더하기 전과 후의 합, last 는 마지막 항인지.
    """

    result: Value
    position: int
    operand: Value
    flowing: Any
    local: Any
    before: Any
    after: Any
    last: bool


def arrivals(order: Sequence[Value]) -> list[Arrival]:
    """역전파의 모든 걸음을 `backward` 가 걷는 차례로. 합은 `backward` 의 기울기와 끝자리까지 같다."""
    root = order[-1]
    sums: dict[Value, Any] = dict.fromkeys(order, 0)
    sums[root] = type(root.data)(1)
    waiting = Counter(parent for node in order for parent in node.parents)
    walked = []
    for node in reversed(order):
        for position, (parent, d) in enumerate(zip(node.parents, local_derivatives(node), strict=True)):
            before, after = sums[parent], sums[parent] + sums[node] * d
            sums[parent] = after
            waiting[parent] -= 1
            walked.append(Arrival(node, position, parent, sums[node], d, before, after, not waiting[parent]))
    return walked


def by_result(walked: Iterable[Arrival]) -> dict[Value, list[Arrival]]:
    """걸음을 지나온 노드마다 모은다. 차례는 그대로다."""
    grouped: dict[Value, list[Arrival]] = {}
    for arrival in walked:
        grouped.setdefault(arrival.result, []).append(arrival)
    return grouped
