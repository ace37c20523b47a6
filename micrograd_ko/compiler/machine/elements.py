"""표의 연산과 합의 레코드. 명령이 많을 수 있으므로 배열로, 커널마다 한꺼번에 적는다."""

from collections import defaultdict

import numpy as np

from micrograd_ko import ops
from micrograd_ko.compiler.machine.kernels import Kernels
from micrograd_ko.compiler.machine.maps import ADDING, FIXED, OPERANDS, MapKernel
from micrograd_ko.compiler.machine.memory import Memory
from micrograd_ko.compiler.machine.records import Reads, Records, Writes
from micrograd_ko.compiler.tape import Tape
from micrograd_ko.operation import Op

SHORT = 3  # 표본이 하나일 때, 행이 이보다 적은 명령은 행을 하나씩 한다
SUMS = (ops.total, ops.dot, ops.affine)


def takes_many(tape: Tape, instructions: np.ndarray) -> np.ndarray:
    """피연산자의 수가 정해지지 않았거나 많은 명령인지: 기울기를 언제나 모든 피연산자에 더한다."""
    arity = np.diff(tape.start)[instructions] // np.diff(tape.first)[instructions]
    return np.array([op.arity is None for op in tape.ops], np.bool_)[tape.kind[instructions]] | (arity > FIXED)


def write_elements(
    memory: Memory, reads: Reads, writes: Writes, active: np.ndarray, kernels: tuple[Kernels, Kernels], records: tuple[Records, Records]
) -> None:
    """reads 의 명령들의 레코드를 records (순방향, 역방향)에. kernels 는 이어진 원소를 하는 것과 행을 하나씩 하는 것."""
    tape, owner = memory.tape, reads.instruction
    plain, starts, arity = np.unique(owner, return_index=True, return_counts=True)
    if not len(plain):
        return
    lanes, many = np.diff(tape.first)[plain].astype(np.int64), takes_many(tape, plain)
    number, position = np.arange(len(owner)) - np.repeat(starts, arity), np.repeat(np.arange(len(plain)), arity)
    following = np.append(True, np.diff(reads.rows) == 1)
    following[reads.starts] = True
    flat = np.logical_and.reduceat(reads.all(following), starts) & ~many & ((memory.block > 1) | (lanes >= SHORT))
    flowing = tape.active[owner] & ~reads.all(~active[reads.rows])
    of_rows = np.repeat(np.arange(len(owner)), lanes[position])
    placing = flowing & ~many[position] & reads.all(writes.first(owner[of_rows], reads.rows))
    writes.placed[reads.rows[placing[of_rows]]] = True

    few = number < FIXED
    operands, adding = np.zeros((2, len(plain), FIXED), np.int64)
    operands[position[few], number[few]] = memory.element(reads.rows[reads.starts])[few]
    adding[position[few], number[few]] = ~placing[few]
    fields = {
        'out': memory.element(tape.first[plain]), 'length': np.where(flat, lanes * memory.block, lanes),
        'table': records[0].table(memory.element(tape.operand)) + 8 * tape.start[plain],
    }  # fmt: skip
    extra = dict(zip([*OPERANDS, *ADDING], [*operands.T, *adding.T], strict=True))
    mask = np.bincount(position, flowing * 2.0 ** np.minimum(number, FIXED), len(plain)).astype(int) * ~many
    keys, group = np.unique(np.column_stack([tape.kind[plain], arity, flat, mask]), axis=0, return_inverse=True)
    order = np.split(np.argsort(group.ravel(), kind='stable'), np.cumsum(np.bincount(group.ravel()))[:-1])

    jobs, wanted = [], defaultdict(list)
    for (kind, count, is_flat, bits), here in zip(keys.tolist(), order, strict=True):
        op, chosen = tape.ops[kind], kernels[not is_flat]
        if op in SUMS:
            pair, columns, terms = ('sum_forward', 'sum_backward'), fields, _terms(op, count)
        else:
            pattern = 'rows' if not is_flat else 'tail' if memory.block == 1 else 'flat'
            learning = tuple([i for i in range(count) if many[here[0]] or bits >> i & 1])
            pair, columns, terms = [MapKernel(op, count, pattern, which) for which in (None, learning)], fields | extra, {}
            wanted[chosen] += pair
        for kernel, into, kept in zip(pair, records, (here, here[tape.active[plain[here]]]), strict=True):
            jobs.append((into, plain[kept], chosen, kernel, {name: column[kept] for name, column in columns.items()} | terms))
    for chosen, made in wanted.items():
        chosen.maps(made)
    for into, instructions, chosen, kernel, columns in jobs:
        into.add(instructions, chosen, kernel, **columns)


def _terms(op: Op, count: int) -> dict[str, int]:
    """합의 (곱의 항의 수, 보통 항의 수)."""
    products = 0 if op is ops.total else count // 2
    return {'products': products, 'plains': count - 2 * products}
