"""표의 연산과 합의 레코드. 명령이 많을 수 있으므로 배열로, 커널마다 한꺼번에 적는다."""

from collections import defaultdict
from typing import Any

import numpy as np

from micrograd_ko import ops
from micrograd_ko.compiler.code import LONG_SUMS, within
from micrograd_ko.compiler.machine.kernels import Kernels
from micrograd_ko.compiler.machine.maps import OPERANDS, MapKernel
from micrograd_ko.compiler.machine.memory import Memory
from micrograd_ko.compiler.machine.records import Reads, Records
from micrograd_ko.operation import Op

SHORT = 3  # 표본이 하나일 때, 행이 이보다 적은 명령은 행을 하나씩 한다
STYLES = ('rows', 'flat', 'gathered')


def write_elements(
    memory: Memory, reads: Reads, active: np.ndarray, kernels: tuple[Kernels, Kernels], records: tuple[Records, Records]
) -> None:
    """reads 의 명령들을 records (순방향, 역방향)에. kernels 는 이어진 원소를 하는 것과 행을 하나씩 하는 것. active (행,)."""
    tape, owner = memory.tape, reads.instruction
    plain, starts, arity = np.unique(owner, return_index=True, return_counts=True)
    if not len(plain):
        return
    lanes, few = np.diff(tape.first)[plain].astype(np.int64), arity <= len(OPERANDS)
    number, position = within(arity), np.repeat(np.arange(len(plain)), arity)
    following = np.append(True, np.diff(memory.line(reads.rows)) == 1)  # 입력의 끝과 그다음 행의 사이는 비어 있다
    following[reads.starts] = True
    sums = np.array([op in LONG_SUMS for op in tape.ops])[tape.kind[plain]]
    flat = np.logical_and.reduceat(reads.all(following), starts) & few & ~sums & ((memory.block > 1) | (lanes >= SHORT))
    gathered = ~flat & ~sums & (memory.block == 1) & (lanes >= SHORT)
    flowing = ~reads.all(~active[reads.rows])
    mask = np.bincount(position, flowing * 2.0 ** np.minimum(number, len(OPERANDS)), len(plain)).astype(np.int64) * few
    fields = {
        'out': memory.element(tape.first[plain]), 'length': np.where(flat, lanes * memory.block, lanes),
        'table': records[0].table(memory.element(tape.operand)) + 8 * tape.start[plain],
    }  # fmt: skip
    operands = np.zeros((len(OPERANDS), len(plain)), np.int64)
    named = few[position]
    operands[number[named], position[named]] = memory.element(reads.rows[reads.starts[named]])

    shape = len(tape.ops), int(arity.max()) + 1, len(STYLES), 2 ** len(OPERANDS)
    keys = np.ravel_multi_index((tape.kind[plain], arity, flat + 2 * gathered, mask), shape)
    order = np.argsort(keys, kind='stable')
    alike = np.split(order, np.flatnonzero(np.diff(keys[order])) + 1)
    jobs: list[tuple[Records, np.ndarray, Kernels, Any, dict]] = []
    wanted: dict[Kernels, list[MapKernel]] = defaultdict(list)
    for here in alike:
        kind, count, style, bits = [int(part) for part in np.unravel_index(keys[here[0]], shape)]
        op, chosen, columns = tape.ops[kind], kernels[STYLES[style] == 'rows'], fields
        pair: list[Any] = ['sum_forward', 'sum_backward']
        if op not in LONG_SUMS:
            pattern = 'tail' if STYLES[style] == 'flat' and memory.block == 1 else STYLES[style]
            learning = tuple([i for i in range(count) if count > len(OPERANDS) or bits >> i & 1])
            pair = [MapKernel(op, count, pattern, which) for which in (None, learning)]
            columns = fields | dict(zip(OPERANDS, operands, strict=True))
            wanted[chosen] += pair
        for kernel, into, kept in zip(pair, records, (here, here[tape.active[plain[here]]]), strict=True):
            values = {name: column[kept] for name, column in columns.items()} | (_terms(op, count) if op in LONG_SUMS else {})
            jobs.append((into, plain[kept], chosen, kernel, values))
    for chosen, made in wanted.items():
        chosen.maps(made)
    for into, instructions, chosen, kernel, values in jobs:
        into.add(instructions, chosen, kernel, **values)


def _terms(op: Op, count: int) -> dict[str, int]:
    """합의 곱의 항의 수와 보통 항의 수."""
    products = 0 if op is ops.total else count // 2
    return {'products': products, 'plains': count - 2 * products}
