"""순서 짜기(scheduling): `Code` 를 실행할 `Tape` 로. 행은 `layout` 이, 파라미터의 칸(slot)은 `slots` 가 정한다."""

import numpy as np

from micrograd_ko.compiler.code import Code, used
from micrograd_ko.compiler.dense import blocks, levels
from micrograd_ko.compiler.rows import Groups, grouped, leaf_rows, operand_rows, placed
from micrograd_ko.compiler.slots import Slots, assigned
from micrograd_ko.compiler.tape import DENSE, Dense, Tape


def schedule(code: Code) -> Tape:
    """명령과 행과 칸이 정해진 테이프."""
    level, active = levels(code)
    in_loss, in_outputs = np.arange(len(code)) <= code.roots[0], used(code, code.roots[1:])
    matrices = blocks(code, level)
    for block in matrices:  # 행렬은 통째로 계산한다: 출력에 쓰이지 않는 행의 값은 아무도 읽지 않는다
        in_outputs[block.outputs] = in_outputs[block.outputs].any()
    groups = grouped(code, matrices, level, [active, in_loss, in_outputs])
    leaves = leaf_rows(groups)
    row = placed(groups, leaves)
    start, operand = operand_rows(groups, row, len(leaves))
    dense, slots = _dense(groups, row)
    slot = slots.slot[code.inputs : code.declared]
    heads, has_row = groups.heads, row >= 0
    source = np.empty(has_row.sum(), np.int32)
    source[row[has_row]] = code.source[has_row]
    return Tape(
        ops=code.ops, kind=np.where(groups.matrix[heads] >= 0, np.int32(DENSE), code.kind[heads]),
        first=(groups.begin + len(leaves)).astype(np.int32), start=start, operand=operand,
        active=active[heads], in_loss=in_loss[heads], in_outputs=in_outputs[heads], dense=dense, inputs=code.inputs,
        constants=code.data[leaves[code.is_constant()[leaves]]], source=source,
        slot=slot, order=np.argsort(slot), fixed=code.data[slots.fixed], copied=slots.copied,
        parameter_rows=slots.slot[leaves[code.is_parameter()[leaves]]],
        loss=int(row[code.roots[0]]), outputs=row[code.roots[1:]], used_inputs=in_outputs[: code.inputs],
    )  # fmt: skip


def _dense(groups: Groups, row: np.ndarray) -> tuple[dict[int, Dense], Slots]:
    """(명령의 번호 → 행렬, 칸). W 의 열은 입력의 행의 순서다."""
    ranges: list[np.ndarray] = []
    shapes = {}
    for k, block in groups.dense:
        weights = block.weights[:, np.argsort(row[block.inputs], kind='stable')]
        shapes[k] = (len(ranges), block)
        ranges.append(weights.ravel())
        if block.bias is not None:
            ranges.append(block.bias)
    slots = assigned(groups.code, ranges)
    return {
        k: Dense(
            weights=slots.starts[at], bias=-1 if block.bias is None else slots.starts[at + 1],
            inputs=len(block.inputs), residual=block.residual is not None,
        )
        for k, (at, block) in shapes.items()
    }, slots  # fmt: skip
