"""낡은 그래프(stale graph): 기록한 뒤 잎의 `.data` 를 바꾸면 안쪽의 값은 예전 것이다.

다시 계산하고(`replay`, `refresh`), 낡은 곳과 무한해진 곳을 찾는다.
"""

from __future__ import annotations

import math

from micrograd_ko.graph import topological
from micrograd_ko.operation import EDGE_ERRORS, TYPE_CHECKING, DomainError, Op
from micrograd_ko.state import alone, commit, data_set

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, TypeVar

    from micrograd_ko.operation import Node

    N = TypeVar('N', bound=Node)


def replay(order: Iterable[N], leaf: Callable[[N], Any]) -> dict[N, Any]:
    """같은 그래프를 다른 종류의 수로: 잎마다 leaf(노드)를 놓고 표의 연산을 다시 적용한다. 노드 → 수의 사전."""
    numbers: dict[Any, Any] = {}
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


@alone
def refresh(root: N) -> N:
    """잎의 지금 `.data` 로 순방향을 다시 계산한다. root 를 돌려준다. 오류가 나거나 멈추면 아무 값도 바뀌지 않는다."""
    numbers = replay(topological(root), lambda leaf: leaf.data)
    inner = [node for node in numbers if node.op is not None]
    commit(data_set(inner, [numbers[node] for node in inner]))
    return root


def first_stale(root: N) -> N | None:
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


def first_nonfinite(root: N) -> N | None:
    """위상 순서에서 처음으로 nan 이나 inf 인 노드: 유한하지 않은 값이 시작된 곳. 없으면 None."""
    return next((node for node in topological(root) if node.data - node.data != 0), None)
