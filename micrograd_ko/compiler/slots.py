"""칸(slot)의 벡터: [파라미터 | 행렬에 쓰인 상수 | 베낀 칸]. 행렬의 W 와 b 는 그 안에서 이어진 구간이다.

처음 나온 행렬이 제 파라미터를 이어진 칸에 놓는다.
여러 행렬이 파라미터를 다른 모양으로 나누어 쓰면(W 와 Wᵀ 처럼) 뒤의 것은 베낀 칸을 갖는다.
"""

import numpy as np

from micrograd_ko.compiler.code import Code
from micrograd_ko.compiler.dense import Recovered
from micrograd_ko.compiler.tape import Dense


def assigned(code: Code, matrices: dict[int, Recovered]) -> tuple[dict[int, Dense], np.ndarray, np.ndarray, np.ndarray]:
    """(명령의 번호 → 행렬; 노드마다의 칸, 없으면 −1; 상수 칸마다의 노드; 베낀 칸마다 원래의 칸)."""
    ranges = [nodes for each in matrices.values() for nodes in (each.weights.ravel(), each.bias) if len(nodes)]
    slot, used, free = np.full(len(code), -1, np.intp), np.zeros(len(code), np.bool_), 0
    for nodes in ranges:
        used[nodes] = True
        if nodes.max() < code.declared and (slot[nodes] < 0).all() and len(np.unique(nodes)) == len(nodes):
            slot[nodes] = np.arange(free, free + len(nodes))
            free += len(nodes)
    others = np.arange(code.inputs, code.declared)
    fixed = code.declared + np.flatnonzero(used[code.declared :])
    others = np.concatenate([others[slot[others] < 0], fixed])
    slot[others] = np.arange(free, free + len(others))

    free += len(others)
    starts: dict[bytes, int] = {}  # 이어진 칸을 받은 노드들 → 그 첫 칸
    copied = [np.empty(0, np.intp)]
    for nodes in ranges:
        wanted = slot[nodes]
        if (np.diff(wanted) == 1).all():
            starts[nodes.tobytes()] = int(wanted[0])
        elif nodes.tobytes() not in starts:
            starts[nodes.tobytes()] = free
            copied.append(wanted)
            free += len(wanted)
    dense = {
        k: Dense(starts[each.weights.tobytes()], starts.get(each.bias.tobytes(), -1),
                 len(each.weights), each.inputs.shape[1], each.residual.size > 0)
        for k, each in matrices.items()
    }  # fmt: skip
    return dense, slot, fixed, np.concatenate(copied)
