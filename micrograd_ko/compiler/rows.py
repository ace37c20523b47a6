"""행 정하기: 같은 깊이의 같은 연산을 명령(instruction) 하나로 묶고, 노드마다 행(row)을 준다.

한 명령의 결과는 이어진 행이고, 그 순서를 피연산자의 행의 순서에 맞추므로 피연산자도 대개 이어진 행이 된다.
"""

from array import array
from itertools import chain, pairwise

import numpy as np

from micrograd_ko.compiler.code import LEAF, Code
from micrograd_ko.compiler.dense import Recovered
from micrograd_ko.compiler.tape import DENSE


def partitioned(
    code: Code, matrices: list[Recovered], level: np.ndarray, flags: list[np.ndarray]
) -> tuple[list[list[int]], dict[int, Recovered]]:
    """(명령마다의 노드, 명령의 번호 → 행렬). 명령은 행렬 하나이거나, 깊이와 연산과 피연산자의 수와 flags 가 같은 노드들이다."""
    nodes, kind, shape = np.flatnonzero(code.kind != LEAF), code.kind.copy(), code.counts()
    for number, matrix in enumerate(matrices):
        kind[matrix.outputs], shape[matrix.outputs] = DENSE, number
    keys = [key[nodes] for key in (*flags, shape, kind, level)]
    order = np.lexsort(keys)
    changed = np.logical_or.reduce([np.diff(key[order]) != 0 for key in keys])
    bounds, ordered = [0, *(np.flatnonzero(changed) + 1).tolist(), len(nodes)], nodes[order].tolist()
    groups = [ordered[first:last] for first, last in pairwise(bounds) if first < last]
    dense = {k: matrices[shape[group[0]]] for k, group in enumerate(groups) if kind[group[0]] == DENSE}
    return groups, dense


def leaf_rows(code: Code, matrices: list[Recovered]) -> np.ndarray:
    """행이 있어야 하는 잎, 행의 순서(입력, 상수, 파라미터)로. 입력은 모두, 나머지는 행렬의 W 와 b 밖에서 쓰이는 것만."""
    boxed, read = np.zeros((2, len(code)), np.bool_)
    for matrix in matrices:
        boxed[matrix.outputs] = read[matrix.inputs] = read[matrix.residual] = True
    read[code.operand[~boxed[code.owners()]]] = read[code.roots] = read[: code.inputs] = True
    leaves = np.flatnonzero(read & (code.kind == LEAF))
    return leaves[np.argsort(code.is_parameter()[leaves], kind='stable')]


def placed(
    code: Code, groups: list[list[int]], dense: dict[int, Recovered], leaves: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(노드마다의 행, 없으면 −1; 명령마다의 시작, 피연산자의 행).

    피연산자의 행은 첫째 피연산자의 것들, 둘째의 것들, … 이고 행렬은 입력의 것들, 잔차의 것들이다.
    """
    row, free = [-1] * len(code), len(leaves)
    for i, leaf in enumerate(leaves.tolist()):
        row[leaf] = i
    first, parents = code.start.tolist(), code.operand.tolist()
    start, operand = array('q', [0]), array('i')
    for k, nodes in enumerate(groups):
        if k in dense:
            lanes = dense[k].outputs.tolist()
            operand.extend(sorted([row[x] for x in dense[k].inputs.tolist()]))
            operand.extend([row[x] for x in dense[k].residual.tolist()])
        else:
            tables = sorted([([row[x] for x in parents[first[node] : first[node + 1]]], node) for node in nodes])
            lanes = [node for _, node in tables]
            operand.extend(chain.from_iterable(zip(*[rows for rows, _ in tables], strict=True)))
        start.append(len(operand))
        for node in lanes:
            row[node] = free
            free += 1
    return np.array(row, np.int32), np.array(start), np.array(operand)
