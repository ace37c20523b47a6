"""큰 행렬을 작은 색 지도로: 이웃한 원소의 구역(block)마다 절댓값이 가장 큰 원소 하나로 줄인다. 칸의 수는 언제나 실제 원소다."""

import math
from collections.abc import Callable, Sequence
from typing import Any

from micrograd_ko.writing.limits import POOLED


def pooled(matrix: Sequence[Sequence[Any]], read: Callable[[Any], Any] = lambda x: x) -> list[list[Any]]:
    """행렬을 POOLED × POOLED 이하로 줄인다. read 는 원소의 수. 유한하지 않은 수는 절댓값이 가장 큰 것으로 친다.

    >>> pooled([[1, -2, 3]])
    [[1, -2, 3]]
    """
    def size(x: Any) -> Any:
        number = read(x)
        return -1 if number is None else math.inf if math.isnan(number) else abs(number)

    rows, columns = _blocks(len(matrix)), _blocks(len(matrix[0]))
    return [[max([x for row in matrix[i] for x in row[k]], key=size) for k in columns] for i in rows]


def _blocks(length: int) -> list[slice]:
    """길이 length 인 변의 구역들: POOLED 개를 넘지 않게."""
    side = max(1, math.ceil(length / POOLED))
    return [slice(i, i + side) for i in range(0, length, side)]
