"""순서 짜기(scheduling): `Code` 를 실행할 `Tape` 로. 명령과 행은 `rows` 가, 파라미터의 칸(slot)은 `slots` 가 정한다."""

import numpy as np

from micrograd_ko.compiler.code import Code, used
from micrograd_ko.compiler.dense import joined, levels, recovered
from micrograd_ko.compiler.rows import leaf_rows, partitioned, placed
from micrograd_ko.compiler.slots import assigned
from micrograd_ko.compiler.tape import DENSE, Tape


def schedule(code: Code) -> Tape:
    """명령과 행과 칸이 정해진 테이프."""
    level, active = levels(code)
    in_loss, in_outputs = np.arange(len(code)) <= code.roots[0], used(code, code.roots[1:])
    matrices = recovered(code, level)
    for matrix in matrices:  # 행렬은 통째로 계산한다: 출력에 쓰이지 않는 행의 값은 아무도 읽지 않는다
        in_outputs[matrix.outputs] = in_outputs[matrix.outputs].any()
    flags = active, in_loss, in_outputs
    matrices = joined(matrices, (level, *flags))
    nodes, bounds, found = partitioned(code, matrices, level, flags)
    leaves = leaf_rows(code, matrices)
    row, found, start, operand = placed(code, nodes, bounds, found, leaves)
    dense, slot, fixed, copied = assigned(code, found)
    heads, has_row = nodes[bounds[:-1]], row >= 0
    kind, source = code.kind[heads], np.empty(has_row.sum(), np.int32)
    kind[list(dense)], source[row[has_row]] = DENSE, code.source[has_row]
    of_parameter, needed = slot[code.inputs : code.declared], np.flatnonzero(in_outputs[: code.inputs])
    return Tape(
        ops=code.ops, kind=kind, first=(len(leaves) + bounds).astype(np.int32),
        start=start, operand=operand, active=active[heads], in_loss=in_loss[heads], in_outputs=in_outputs[heads],
        dense=dense, inputs=code.inputs, constants=code.data[leaves[code.is_constant()[leaves]]], source=source,
        slot=of_parameter, order=np.argsort(of_parameter), fixed=code.data[fixed], copied=copied,
        parameter_rows=slot[leaves[code.is_parameter()[leaves]]],
        loss=int(row[code.roots[0]]), outputs=row[code.roots[1:]], needed=int(needed.max(initial=-1)) + 1,
    )  # fmt: skip
