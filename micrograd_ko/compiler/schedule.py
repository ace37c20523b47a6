"""순서 짜기(scheduling): `Code` 를 실행할 `Tape` 로. 명령과 행은 `rows` 가, 파라미터의 칸(slot)은 `slots` 가 정한다."""

from itertools import chain

import numpy as np

from micrograd_ko.compiler.code import Code, used
from micrograd_ko.compiler.dense import Recovered, levels, recovered
from micrograd_ko.compiler.rows import leaf_rows, partitioned, placed
from micrograd_ko.compiler.slots import Slots, assigned
from micrograd_ko.compiler.tape import DENSE, Dense, Tape


def schedule(code: Code) -> Tape:
    """명령과 행과 칸이 정해진 테이프."""
    level, active = levels(code)
    in_loss, in_outputs = np.arange(len(code)) <= code.roots[0], used(code, code.roots[1:])
    matrices = recovered(code, level)
    for matrix in matrices:  # 행렬은 통째로 계산한다: 출력에 쓰이지 않는 행의 값은 아무도 읽지 않는다
        in_outputs[matrix.outputs] = in_outputs[matrix.outputs].any()
    groups, found = partitioned(code, matrices, level, [active, in_loss, in_outputs])
    leaves = leaf_rows(code, matrices)
    row, start, operand = placed(code, groups, found, leaves)
    dense, slots = _dense(code, found, row)
    heads, has_row = np.array([nodes[0] for nodes in groups], int), row >= 0
    kind, source = code.kind[heads], np.empty(has_row.sum(), np.int32)
    kind[list(dense)], source[row[has_row]] = DENSE, code.source[has_row]
    slot = slots.slot[code.inputs : code.declared]
    return Tape(
        ops=code.ops, kind=kind, first=np.cumsum([len(leaves), *map(len, groups)], dtype=np.int32),
        start=start, operand=operand,
        active=active[heads], in_loss=in_loss[heads], in_outputs=in_outputs[heads], dense=dense, inputs=code.inputs,
        constants=code.data[leaves[code.is_constant()[leaves]]], source=source,
        slot=slot, order=np.argsort(slot), fixed=code.data[slots.fixed], copied=slots.copied,
        parameter_rows=slots.slot[leaves[code.is_parameter()[leaves]]],
        loss=int(row[code.roots[0]]), outputs=row[code.roots[1:]], used_inputs=in_outputs[: code.inputs],
    )  # fmt: skip


def _dense(code: Code, found: dict[int, Recovered], row: np.ndarray) -> tuple[dict[int, Dense], Slots]:
    """(명령의 번호 → 행렬, 칸). W 의 열은 입력의 행의 순서다."""
    weights = [matrix.weights[:, np.argsort(row[matrix.inputs], kind='stable')].ravel() for matrix in found.values()]
    pairs = zip(weights, [matrix.bias for matrix in found.values()], strict=True)
    slots = assigned(code, [nodes for nodes in chain.from_iterable(pairs) if len(nodes)])
    starts = iter(slots.starts)
    return {
        k: Dense(
            weights=next(starts), bias=next(starts) if len(matrix.bias) else -1,
            inputs=len(matrix.inputs), residual=len(matrix.residual) > 0,
        )
        for k, matrix in found.items()
    }, slots  # fmt: skip
