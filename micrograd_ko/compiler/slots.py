"""칸(slot)의 벡터: [파라미터 | 행렬에 쓰인 상수 | 베낀 칸]. 행렬의 W 와 b 는 그 안에서 이어진 구간이다.

처음 나온 행렬이 제 파라미터를 이어진 칸에 놓는다.
여러 행렬이 파라미터를 다른 모양으로 나누어 쓰면(W 와 Wᵀ 처럼) 뒤의 것은 베낀 칸을 갖는다.
"""

from dataclasses import dataclass

import numpy as np

from micrograd_ko.compiler.code import Code


@dataclass(frozen=True)
class Slots:
    """정해진 칸.

    slot    (n,) 파라미터와 상수 노드의 칸, 없으면 −1.
    starts  구간마다의 첫 칸.
    fixed   상수 칸마다의 노드.
    copied  베낀 칸마다 원래의 칸.
    """

    slot: np.ndarray
    starts: list[int]
    fixed: np.ndarray
    copied: np.ndarray


def assigned(code: Code, ranges: list[np.ndarray]) -> Slots:
    """ranges 는 이어진 칸을 받을 노드들의 목록."""
    slot = np.full(len(code), -1, np.intp)
    free = 0
    for nodes in ranges:
        if nodes.max() < code.declared and (slot[nodes] < 0).all() and len(np.unique(nodes)) == len(nodes):
            slot[nodes] = np.arange(free, free + len(nodes))
            free += len(nodes)
    others = np.arange(code.inputs, code.declared)
    others = others[slot[others] < 0]
    slot[others] = np.arange(free, code.parameters)
    fixed = np.unique(np.concatenate([[], *ranges])).astype(np.int64)
    fixed = fixed[fixed >= code.declared]
    slot[fixed] = np.arange(code.parameters, code.parameters + len(fixed))

    starts: list[int] = []
    copies: dict[bytes, int] = {}
    copied: list[np.ndarray] = []
    free = code.parameters + len(fixed)
    for nodes in ranges:
        wanted = slot[nodes]
        if (np.diff(wanted) == 1).all():
            starts.append(int(wanted[0]))
            continue
        if wanted.tobytes() not in copies:
            copies[wanted.tobytes()] = free
            copied.append(wanted)
            free += len(wanted)
        starts.append(copies[wanted.tobytes()])
    return Slots(slot, starts, fixed, np.concatenate([np.empty(0, np.intp), *copied]))
