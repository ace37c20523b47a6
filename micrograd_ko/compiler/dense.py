"""행렬 되찾기(re-rolling): 같은 입력을 받는 합들을 행렬 하나로, Z = W·X + b (+ 잔차).

`sums` 가 적어 둔 Σ wᵢ·xᵢ + 1·r + b (w 는 파라미터나 상수) 꼴의 노드만 본다.
서로를 쓰지 않는 것, 곧 깊이(level)가 같은 것끼리 모은다.
"""

import itertools
from dataclasses import dataclass

import numpy as np

from micrograd_ko import ops
from micrograd_ko.compiler.code import Code

CHUNK = 1 << 16


@dataclass(frozen=True)
class Block:
    """층 하나. 번호는 모두 `Code` 의 노드다.

    weights (m, n) 파라미터나 상수, inputs (n,), bias (m,) 또는 None, residual (m,) 또는 None, outputs (m,).
    """

    weights: np.ndarray
    inputs: np.ndarray
    bias: np.ndarray | None
    residual: np.ndarray | None
    outputs: np.ndarray


def levels(code: Code) -> tuple[np.ndarray, np.ndarray]:
    """(깊이, 파라미터에 달려 있는지). 깊이는 잎이 0, 연산은 가장 깊은 피연산자보다 1 크다."""
    level, active = [0] * len(code), bytearray(code.is_parameter().tobytes())
    for begin in range(code.declared, len(code), CHUNK):
        starts = code.start[begin : begin + CHUNK + 1]
        operand, offset = code.operand[starts[0] : starts[-1]].tolist(), int(starts[0])
        bounds = starts.tolist()
        for node, (first, last) in enumerate(itertools.pairwise(bounds), begin):
            deepest = -1
            for parent in operand[first - offset : last - offset]:
                deepest = max(deepest, level[parent])
                active[node] |= active[parent]
            level[node] = deepest + 1
    return np.array(level, np.int32), np.frombuffer(active, np.bool_)


def blocks(code: Code, level: np.ndarray) -> list[Block]:
    """되찾은 행렬의 목록, 깊이의 순서. 손실에 쓰이는 합과 아닌 합은 나눈다: 기울기는 손실의 것에만 흐른다."""
    alike: dict[tuple, list[tuple]] = {}
    for node in _candidates(code).tolist():
        weights, inputs, bias, residual = _parts(code, node)
        order = np.argsort(inputs, kind='stable')
        key = (level[node], inputs[order].tobytes(), bias is None, residual is None, node <= code.roots[0])
        alike.setdefault(key, []).append((weights[order], inputs[order], bias, residual, node))
    found = [_block(rows) for _, rows in sorted(alike.items(), key=lambda item: item[0][0])]
    return [block for block in found if not _is_scaling(block, found, level)]


def _candidates(code: Code) -> np.ndarray:
    """파라미터를 가중치로 갖는 합."""
    owners, counts = code.owners(), code.counts()
    affine = code.kind == code.number(ops.affine)
    paired = affine | (code.kind == code.number(ops.dot))
    weight = np.arange(len(owners)) - code.start[owners] < counts[owners] // 2
    return np.unique(owners[paired[owners] & weight & code.is_parameter()[code.operand]])


def _parts(code: Code, node: int) -> tuple[np.ndarray, np.ndarray, int | None, int | None]:
    """합 하나의 (가중치, 입력, 편향, 잔차)."""
    operands = code.operands(node)
    half = len(operands) // 2
    weights, inputs = operands[:half], operands[half : 2 * half]
    bias = int(operands[-1]) if len(operands) % 2 else None
    if weights[-1] == code.one:
        return weights[:-1], inputs[:-1], bias, int(inputs[-1])
    return weights, inputs, bias, None


def _block(rows: list[tuple]) -> Block:
    rows.sort(key=lambda row: row[0].min())
    weights, inputs, bias, residual, outputs = zip(*rows, strict=True)
    return Block(
        np.array(weights), inputs[0],
        None if bias[0] is None else np.array(bias), None if residual[0] is None else np.array(residual), np.array(outputs),
    )  # fmt: skip


def _is_scaling(block: Block, found: list[Block], level: np.ndarray) -> bool:
    """1×1 이 한 깊이에 여럿이면 행렬이 아니라 칸마다의 곱(γⱼ·xⱼ + βⱼ)이다."""
    depth = level[block.outputs[0]]
    return block.weights.size == 1 and sum(b.weights.size == 1 and level[b.outputs[0]] == depth for b in found) > 1
