"""자리 정하기(layout): 같은 깊이의 같은 연산을 명령 하나로 묶고, 노드마다 행을 준다.

한 명령의 결과는 이어진 행이고, 그 순서를 첫 피연산자의 행의 순서에 맞추므로 피연산자도 대개 이어진 행이 된다.
"""

from dataclasses import dataclass

import numpy as np

from micrograd_ko.compiler.code import LEAF, Code
from micrograd_ko.compiler.dense import Block
from micrograd_ko.compiler.tape import DENSE


@dataclass(frozen=True)
class Groups:
    """명령의 순서. nodes 는 명령의 순서로 늘어놓은 연산 노드, 명령 k 의 노드는 nodes[begin[k]:begin[k+1]].

    matrix (n,) 는 노드가 든 행렬의 번호, 없으면 −1.
    """

    code: Code
    blocks: list[Block]
    matrix: np.ndarray
    nodes: np.ndarray
    begin: np.ndarray

    @property
    def heads(self) -> np.ndarray:
        """명령마다 그 노드 하나."""
        return self.nodes[self.begin[:-1]]

    @property
    def dense(self) -> list[tuple[int, Block]]:
        """(명령의 번호, 행렬)의 목록."""
        matrix = self.matrix[self.heads]
        return [(k, self.blocks[matrix[k]]) for k in np.flatnonzero(matrix >= 0).tolist()]


def grouped(code: Code, blocks: list[Block], level: np.ndarray, flags: list[np.ndarray]) -> Groups:
    """깊이, 연산, 피연산자의 수와 flags 가 같은 노드가 한 명령이다. 행렬은 하나가 한 명령이다."""
    matrix = np.full(len(code), -1, np.int32)
    for number, block in enumerate(blocks):
        matrix[block.outputs] = number
    nodes = np.flatnonzero(code.kind != LEAF)
    bits = np.zeros(len(nodes), np.int8)
    for i, flag in enumerate(flags):
        bits |= flag[nodes].astype(np.int8) << i
    boxed = matrix[nodes] >= 0
    shape = np.where(boxed, matrix[nodes], code.counts()[nodes])
    keys = [bits, shape, np.where(boxed, DENSE, code.kind[nodes]), level[nodes]]
    order = np.lexsort(keys)
    changed = np.ones(len(nodes), np.bool_)
    changed[1:] = np.logical_or.reduce([np.diff(key[order]) != 0 for key in keys])
    return Groups(code, blocks, matrix, nodes[order], np.append(np.flatnonzero(changed), len(nodes)))


def leaf_rows(groups: Groups) -> np.ndarray:
    """행이 있어야 하는 잎, 행의 순서(입력, 상수, 파라미터)로. 입력은 모두, 나머지는 행렬의 W 와 b 밖에서 쓰이는 것만."""
    code = groups.code
    read = np.zeros(len(code), np.bool_)
    read[: code.inputs] = True
    read[code.operand[groups.matrix[code.owners()] < 0]] = True
    read[code.roots] = True
    for block in groups.blocks:
        read[block.inputs] = True
        if block.residual is not None:
            read[block.residual] = True
    leaves = np.flatnonzero(read & (code.kind == LEAF))
    parameter = (leaves >= code.inputs) & (leaves < code.declared)
    return leaves[np.argsort(parameter, kind='stable')]


def placed(groups: Groups, leaves: np.ndarray) -> np.ndarray:
    """(n,) 노드마다의 행. 행이 없으면 −1."""
    code, nodes, begin = groups.code, groups.nodes, groups.begin
    row = np.full(len(code), -1, np.int32)
    row[leaves] = np.arange(len(leaves))
    row[nodes] = np.arange(len(leaves), len(leaves) + len(nodes))
    for k in np.flatnonzero(np.diff(begin) > 1).tolist():
        lanes = nodes[begin[k] : begin[k + 1]]
        if groups.matrix[lanes[0]] >= 0:
            lanes = groups.blocks[groups.matrix[lanes[0]]].outputs
        else:
            first = code.start[lanes]
            second = first + (len(code.operands(lanes[0])) > 1)
            lanes = lanes[np.lexsort([row[code.operand[second]], row[code.operand[first]]])]
        row[lanes] = np.arange(len(leaves) + begin[k], len(leaves) + begin[k + 1])
    return row


def operand_rows(groups: Groups, row: np.ndarray, leaves: int) -> tuple[np.ndarray, np.ndarray]:
    """(명령마다의 시작, 피연산자의 행): 첫째 피연산자의 행들, 둘째의 행들, … 행렬은 입력의 행들, 잔차의 행들."""
    code, begin = groups.code, groups.begin
    lanes = np.diff(begin)
    counts = code.counts()[groups.heads] * lanes
    dense = [(k, _dense_operands(block, row)) for k, block in groups.dense]
    for k, rows in dense:
        counts[k] = len(rows)
    start = np.append(0, np.cumsum(counts))
    operand = np.empty(start[-1], np.int32)
    for k, rows in dense:
        operand[start[k] : start[k + 1]] = rows

    owners = code.owners()
    edges = np.flatnonzero(groups.matrix[owners] < 0)
    owner = owners[edges]
    instruction = np.searchsorted(begin, row[owner] - leaves, side='right') - 1
    position, lane = edges - code.start[owner], row[owner] - leaves - begin[instruction]
    operand[start[instruction] + position * lanes[instruction] + lane] = row[code.operand[edges]]
    return start, operand


def _dense_operands(block: Block, row: np.ndarray) -> np.ndarray:
    residual = [] if block.residual is None else [row[block.residual]]
    return np.concatenate([np.sort(row[block.inputs]), *residual])
