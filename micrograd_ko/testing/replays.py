"""기록된 그래프를 다른 종류의 수로 다시 걷는 기준: 200자리(`precise_replay`)와 순방향 모드(`forward_slope`)."""

from collections.abc import Mapping, Sequence
from typing import Any

from micrograd_ko.engine import Value
from micrograd_ko.kinds.dual import Dual
from micrograd_ko.kinds.precise import exact
from micrograd_ko.staleness import replay


def precise_replay(order: Sequence[Value], moved: Mapping[Value, Any] | None = None) -> dict[Value, Any]:
    """기록된 그래프의 모든 값을 200자리로. `moved` 는 잎 → 그 잎에 대신 놓을 수."""
    moved = moved or {}
    return replay(order, lambda leaf: moved[leaf] if leaf in moved else exact(leaf.data))


def forward_slope(order: Sequence[Value], leaf: Value, numbers: Mapping[Value, Any]) -> Any:
    """∂root/∂leaf 를 순방향으로. `numbers` 는 노드의 값이고, 그 수의 종류로 계산한다."""
    return replay(order, lambda node: Dual(numbers[node], 1 if node is leaf else 0))[order[-1]].slope
