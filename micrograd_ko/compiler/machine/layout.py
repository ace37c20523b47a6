"""칸의 배치(layout): 테이프의 칸(slot)이 기계의 파라미터 벡터 어디에 놓이는가.

행렬 하나가 구역(area) 하나다. 줄마다 레인의 배수로 늘려 놓고, 편향은 언제나 1 인 입력에 곱하는 가중치로 W 의 옆에 놓는다.
한 칸이 여러 곳에 놓이면 하나만 배우고 나머지는 베낀 것이다. 굳은 상수는 갱신되는 범위 밖에 하나를 두고 베낀다.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from micrograd_ko.compiler.tape import Tape


class Area(NamedTuple):
    """행렬의 구역. 줄 i 는 start + i·distance 부터다. 줄은 출력마다, across 면 입력마다 하나다. fused 면 곱이 바로 갱신한다."""

    start: int
    distance: int
    across: bool
    fused: bool


@dataclass(frozen=True)
class Layout:
    """areas 는 명령 → 구역, slots (크기,) 는 자리마다 테이프의 칸(없으면 −1), place (칸,) 은 칸마다 배우는 자리.

    updated 는 갱신의 커널이 맡는 자리의 (처음, 끝), copies 는 (자리, 그 자리가 베끼는 자리) 의 표.
    """

    areas: dict[int, Area]
    slots: np.ndarray
    place: np.ndarray
    updated: tuple[int, int]
    copies: np.ndarray

    def spread(self, theta: np.ndarray) -> np.ndarray:
        """테이프의 칸의 벡터를 기계의 벡터로."""
        return np.where(self.slots >= 0, theta[self.slots], 0.0)

    def gathered(self, gradient: np.ndarray) -> np.ndarray:
        """기계의 기울기를 테이프의 칸의 기울기로."""
        real = self.slots >= 0
        return np.bincount(self.slots[real], gradient[real], len(self.place))


def laid_out(tape: Tape, instructions: Sequence[int], across: Sequence[int], lanes: int, fusing: bool) -> Layout:
    """instructions 는 행렬 명령들, across 는 그 가운데 가로로 놓을 것. fusing 이면 한 번만 쓰이는 행렬은 곱하며 갱신한다."""
    original = np.arange(tape.slots)
    original[tape.slots - len(tape.copied) :] = tape.copied
    learned = len(tape.slot)
    tables: dict[tuple, np.ndarray] = {}  # (W, b, 모양, 방향) → 자리마다의 칸
    users: dict[tuple, list[int]] = {}
    for k in instructions:
        dense, m = tape.dense[k], tape.dense[k].outputs
        key = dense.weights, dense.bias, m, dense.inputs, k in across
        users.setdefault(key, []).append(k)
        table = dense.weights + np.arange(m * dense.inputs).reshape(m, -1)
        if dense.bias >= 0:
            table = np.column_stack([table, dense.bias + np.arange(m)])
        tables[key] = original[table.T if k in across else table]
    uses = np.bincount(original[tape.parameter_rows], minlength=tape.slots)
    for key, table in tables.items():
        uses += sum(map(tape.copies, users[key])) * np.bincount(table.ravel(), minlength=tape.slots)
    fused = {key for key, table in tables.items() if fusing and (uses[table] == 1).all() and table.max() < learned}

    parts: list[np.ndarray] = []
    areas: dict[int, Area] = {}
    free = begin = 0
    for key in sorted(tables, key=lambda key: key not in fused):
        table = tables[key]
        padded = np.full((len(table), -(-table.shape[1] // lanes) * lanes), -1)
        padded[:, : table.shape[1]] = table
        parts.append(padded.ravel())
        areas |= dict.fromkeys(users[key], Area(free, padded.shape[1], key[-1], key in fused))
        free += padded.size
        begin = free if key in fused else begin
    rest = np.setdiff1d(np.arange(learned), np.concatenate([np.empty(0, int), *parts]))
    parts.append(np.pad(rest, (0, -len(rest) % lanes), constant_values=-1))
    end = free + len(parts[-1])
    parts.append(np.arange(learned, learned + len(tape.fixed)))
    slots = np.concatenate(parts)

    place = np.full(tape.slots, -1)
    real = np.flatnonzero(slots >= 0)
    place[slots[real[::-1]]] = real[::-1]  # 배우는 자리는 처음 놓인 자리,
    place[learned : learned + len(tape.fixed)] = np.arange(end, len(slots))  # 굳은 상수는 갱신되지 않는 자리다
    place = place[original]
    copies = real[place[slots[real]] != real]
    return Layout(areas, slots, place, (begin, end), np.column_stack([copies, place[slots[copies]]]))
