"""큰 행렬을 작은 색 지도로: 이웃한 원소의 구역(block)마다 절댓값이 가장 큰 원소 하나로 줄인다. 칸의 수는 언제나 실제 원소다."""

import math
from collections.abc import Callable, Sequence
from typing import Any

from micrograd_ko.writing.limits import POOLED


def step(length: int) -> int:
    """한 구역의 변의 길이: 구역이 POOLED 개를 넘지 않는 가장 작은 수."""
    return max(1, math.ceil(length / POOLED))


def pooled(matrix: Sequence[Sequence[Any]], read: Callable[[Any], Any] = lambda x: x) -> list[list[Any]]:
    """행렬을 POOLED × POOLED 이하로 줄인다. read 는 원소의 수. 유한하지 않은 수는 절댓값이 가장 큰 것으로 친다.

    >>> pooled([[1, -2, 3]])
    [[1, -2, 3]]
    """
    rows, columns = step(len(matrix)), step(len(matrix[0]))
    return [
        [
            max((x for row in matrix[i : i + rows] for x in row[k : k + columns]), key=lambda x: _size(read(x)))
            for k in range(0, len(matrix[0]), columns)
        ]
        for i in range(0, len(matrix), rows)
    ]


def _size(x: Any) -> Any:
    if x is None:
        return -1
    return math.inf if math.isnan(x) else abs(x)
