"""행 정하기: 같은 깊이의 같은 연산을 명령(instruction) 하나로 묶고, 노드마다 행(row)을 준다.

한 명령의 결과는 이어진 행이고, 그 순서를 피연산자의 행의 순서에 맞추므로 피연산자도 대개 이어진 행이 된다.
"""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from micrograd_ko.compiler.code import LEAF, Code, within
from micrograd_ko.compiler.dense import Recovered
from micrograd_ko.compiler.tape import DENSE


def partitioned(
    code: Code, matrices: list[Recovered], level: np.ndarray, flags: Iterable[np.ndarray]
) -> tuple[np.ndarray, np.ndarray, dict[int, Recovered]]:
    """(명령의 순서대로 늘어놓은 노드, (k+1,) 명령마다의 시작, 명령의 번호 → 행렬).

    명령은 행렬 하나이거나, 깊이와 연산과 피연산자의 수와 flags 가 같은 노드들이다.
    """
    nodes, kind, shape = np.flatnonzero(code.kind != LEAF), code.kind.copy(), code.counts()
    for number, matrix in enumerate(matrices):
        kind[matrix.outputs], shape[matrix.outputs] = DENSE, number
    keys = [key[nodes] for key in (*flags, shape, kind, level)]
    order = np.lexsort(keys)
    changed = np.logical_or.reduce([np.diff(key[order], prepend=-2) != 0 for key in keys])
    bounds, nodes = np.append(np.flatnonzero(changed), len(nodes)), nodes[order]
    heads = nodes[bounds[:-1]]
    return nodes, bounds, {k: matrices[shape[heads[k]]] for k in np.flatnonzero(kind[heads] == DENSE).tolist()}


def leaf_rows(code: Code, matrices: list[Recovered]) -> np.ndarray:
    """행이 있어야 하는 잎, 행의 순서(입력, 상수, 파라미터)로. 입력은 모두, 나머지는 행렬의 W 와 b 밖에서 쓰이는 것만."""
    boxed, read = np.zeros((2, len(code)), np.bool_)
    for matrix in matrices:
        boxed[matrix.outputs] = read[matrix.inputs] = read[matrix.residual] = True
    read[code.operand[~boxed[code.owners()]]] = read[code.roots] = read[: code.inputs] = True
    leaves = np.flatnonzero(read & (code.kind == LEAF))
    return leaves[np.argsort(code.is_parameter()[leaves], kind='stable')]


def placed(
    code: Code, nodes: np.ndarray, bounds: np.ndarray, dense: dict[int, Recovered], leaves: np.ndarray
) -> tuple[np.ndarray, dict[int, Recovered], np.ndarray, np.ndarray]:
    """(노드마다의 행, 없으면 −1; 열을 그 순서로 놓은 행렬; 명령마다의 시작, 피연산자의 행).

    피연산자의 행은 첫째 피연산자의 것들, 둘째의 것들, … 이고 행렬은 입력의 것들, 잔차의 것들이다.
    """
    nodes, row = _ordered(code, nodes, bounds, dense, leaves)
    lanes, sizes = np.diff(bounds), np.add.reduceat(code.counts()[nodes], bounds[:-1])
    dense = {k: _by_row(matrix, row) for k, matrix in dense.items()}
    for k, matrix in dense.items():
        sizes[k] = matrix.inputs.size + matrix.residual.size
    start = np.append(0, np.cumsum(sizes))
    operand = np.empty(start[-1], np.int32)
    for k, matrix in dense.items():
        operand[start[k] : start[k + 1]] = row[np.append(matrix.inputs, matrix.residual)]
    plain = np.ones(len(lanes), np.bool_)
    plain[list(dense)] = False
    plain = np.repeat(plain, lanes)
    nodes, begin, lanes = nodes[plain], (np.repeat(start[:-1], lanes) + within(lanes))[plain], np.repeat(lanes, lanes)[plain]
    counts = code.counts()[nodes]
    operand[np.repeat(begin, counts) + within(counts) * np.repeat(lanes, counts)] = row[code.operand[code.places(nodes)]]
    return row, dense, start, operand


def _by_row(matrix: Recovered, row: np.ndarray) -> Recovered:
    """W 의 열을 첫 벌의 입력의 행의 순서로."""
    order = np.argsort(row[matrix.inputs[0]], kind='stable')
    return replace(matrix, weights=matrix.weights[:, order], inputs=matrix.inputs[:, order])


def _ordered(
    code: Code, nodes: np.ndarray, bounds: np.ndarray, dense: dict[int, Recovered], leaves: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(명령마다 피연산자의 행의 순서로 늘어놓은 nodes, 노드마다의 행). 행렬의 결과는 W 의 줄의 순서다."""
    row = np.full(len(code), -1, np.int32)
    row[leaves], row[nodes] = np.arange(len(leaves)), len(leaves) + np.arange(len(nodes))
    rows, ordered, start, operand = row.tolist(), nodes.tolist(), code.start.tolist(), code.operand.tolist()
    several = np.flatnonzero(np.diff(bounds) > 1)  # 결과가 하나뿐인 명령의 행은 이미 정해졌다
    for k, first, last in zip(several.tolist(), bounds[several].tolist(), bounds[several + 1].tolist(), strict=True):
        if k in dense:
            lanes = dense[k].outputs.ravel().tolist()
        else:
            lanes = sorted(ordered[first:last], key=lambda node: [rows[x] for x in operand[start[node] : start[node + 1]]])
        ordered[first:last] = lanes
        for place, node in enumerate(lanes, len(leaves) + first):
            rows[node] = place
    return np.array(ordered, np.intp), np.array(rows, np.int32)
