"""계획(plan): 테이프 하나를 실행하는 데 필요한 것 모두. 표와 벡터를 마련하고, 부를 커널의 목록을 적는다.

블록마다의 목록은 [표본을 읽기 | 순방향 | 손실을 심기 | 지우기 | 역방향] 이고, 앞에서 어디까지 부르느냐가 손실과 기울기를 가른다.
"""

import ctypes
from typing import Any

import numpy as np

from micrograd_ko.compiler.machine import updates
from micrograd_ko.compiler.machine.functions import WIDTH
from micrograd_ko.compiler.machine.kernels import fields_of, kernels_of
from micrograd_ko.compiler.machine.layout import laid_out
from micrograd_ko.compiler.machine.elements import takes_many, write_elements
from micrograd_ko.compiler.machine.matrices import Matrices
from micrograd_ko.compiler.machine.memory import Memory
from micrograd_ko.compiler.machine.records import Reads, Records, Writes, reads_of
from micrograd_ko.compiler.machine.target import host
from micrograd_ko.compiler.tape import DENSE, Tape
from micrograd_ko.kinds.lanes import Format


class Plan:
    """tape 의 which('in_loss' 나 'in_outputs') 명령을 표본 block 개씩 실행하는 것. 한 번에 한 스레드가 쓴다.

    active (행,) 는 기울기가 흐르는 행, samples 는 자료를 스스로 마련할 때 한 번에 받는 표본의 수.
    optimizer 를 주면 걸음마다 그 식으로 파라미터를 갱신하고, 아니면 기울기를 모은다. 걸음이 한 블록이면 whole 이다.
    """

    def __init__(self, tape: Tape, active: np.ndarray, dtype: str, block: int, samples: int, which: str = 'in_loss',
                 optimizer: Any = None, whole: bool = False) -> None:  # fmt: skip
        form = host().form(dtype)
        self.tape, self.active, self.optimizer = tape, active, optimizer
        self.wide = kernels_of(form)
        self.narrow = kernels_of(Format(dtype, 1)) if block == 1 else self.wide
        self.chosen = np.flatnonzero(getattr(tape, which))
        dense = [k for k in self.chosen.tolist() if tape.kind[k] == DENSE]
        across = [block == 1 or self._reads_data(k) for k in dense]
        fusing = whole and optimizer is not None and updates.formula(optimizer) == updates.PLAIN
        self.layout = laid_out(tape, dense, across, form.lanes, fusing)
        m = self.memory = Memory(tape, self.layout, form, block, samples)
        self.forward, self.backward, self.before, self.after = [Records() for _ in range(4)]
        located = self.forward.table(np.zeros(block))
        matrices = Matrices(m, self.layout, self.wide, self.narrow, located)
        reads = reads_of(tape, self.chosen[tape.kind[self.chosen] != DENSE])
        self._load(reads, [k for k, turned in zip(dense, across, strict=True) if not turned or block == 1], located)
        for k in dense:
            matrices.forward(k, self.forward)
        flowing = [k for k in dense if tape.active[k]]
        writes = self._writes(reads, flowing)
        write_elements(m, reads, writes, active, (self.wide, self.narrow), (self.forward, self.backward))
        if which == 'in_loss':
            for k in flowing:
                matrices.backward(k, self.backward, active, writes)
            self._ends(writes)
        self.forwards = self.forward.listed()
        self.records = np.concatenate([self.forwards, self.backward.listed(backward=True)])
        if optimizer is not None:
            self._update(optimizer)
        self.entry = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)(self.wide.addresses['run'])

    def place(self, theta: np.ndarray, samples: np.ndarray) -> None:
        """칸의 벡터와 표본 × 입력을 놓는다."""
        m = self.memory
        m.theta[: len(self.layout.slots)] = self.layout.spread(theta)
        m.data[: len(samples), : self.tape.inputs] = samples

    def run(self, order: np.ndarray, batch: int, backward: bool = True, mean: bool = False, advance: int = 0) -> None:
        """표본들 order (자료의 번호)를 batch 개씩의 걸음으로. mean 이면 걸음의 손실은 평균이다."""
        m = self.memory
        before, after = self.before.listed(), self.after.listed()
        each = self.records if backward else self.forwards
        fields = {
            'before': before.ctypes.data, 'befores': len(before), 'each': each.ctypes.data, 'eaches': len(each),
            'after': after.ctypes.data, 'afters': len(after), 'order': order.ctypes.data, 'samples': len(order), 'batch': batch,
            'mean': mean, 'advance': advance,
        }  # fmt: skip
        record = np.zeros(WIDTH, np.int64)
        record[[1 + fields_of('run').index(name) for name in fields]] = list(fields.values())
        m.flag[:], m.total[:] = 0, 0
        self.entry(m.context.ctypes.data, record.ctypes.data)

    @property
    def undefined(self) -> bool:
        """마지막 실행에서 정의역을 벗어났을 수 있는지."""
        return bool(np.isnan(self.memory.flag).any())

    def _reads_data(self, k: int) -> bool:
        """자료에서 바로 읽을 행렬인지: 입력만 받고 잔차가 없다."""
        inputs, residual = self.tape.dense_rows(k)
        return len(residual) == 0 and bool((inputs < self.tape.inputs).all())

    def _load(self, reads: Reads, dense: list[int], located: int) -> None:
        """블록의 표본을 찾아, 표로 읽는 입력의 열을 행으로 옮기고, 파라미터의 행을 채운다."""
        tape, m, records = self.tape, self.memory, self.forward
        records.add(-1, self.narrow, 'locate', target=located, distance=m.stride, indexed=1)
        roots = [np.array([tape.loss]), tape.outputs]
        rows = np.concatenate([reads.rows, *[part for k in dense for part in tape.dense_rows(k)], *roots])
        rows = rows[rows < tape.inputs]
        if len(rows):
            first, last = int(rows.min()), int(rows.max())
            records.add(-1, self.narrow, 'transposed', source=m.at(m.data, first), offsets=located, target=m.at(m.values, m.element(first)),
                        distance=m.block, rows=m.block, columns=last + 1 - first)  # fmt: skip
        if len(tape.parameter_rows):
            slots, out = records.table(self.layout.place[tape.parameter_rows]), m.element(m.constants)
            for direction, key in ((self.forward, 'parameters_forward'), (self.backward, 'parameters_backward')):
                direction.add(-1, self.narrow, key, out=out, slots=slots, length=len(tape.parameter_rows))

    def _writes(self, reads: Reads, dense: list[int]) -> Writes:
        """역방향이 쓰는 행 모두. 표의 연산은 기울기가 흐르는 자리에, 피연산자가 많은 것은 모든 자리에 쓴다."""
        flowing = self.tape.active[reads.instruction] & (~reads.all(~self.active[reads.rows]) | takes_many(self.tape, reads.instruction))
        lengths = np.diff(self.tape.first)[reads.instruction]
        events = [(np.repeat(reads.instruction, lengths)[kept], reads.rows[kept]) for kept in [np.repeat(flowing, lengths)]]
        for k in dense:
            inputs, residual = self.tape.dense_rows(k)
            rows = np.concatenate([inputs[self.active[inputs]], residual[np.repeat(self.active[residual].any(), len(residual))]])
            events.append((np.full(len(rows), k), rows))
        return Writes(self.tape.rows, self.tape.loss, *[np.concatenate(part) for part in zip(*events, strict=True)])


    def _ends(self, writes: Writes) -> None:
        """순방향의 끝에 손실을 심고, 역방향의 처음에 아무도 놓지 않는 기울기의 행을 지운다."""
        tape, m = self.tape, self.memory
        self.forward.add(len(tape), self.narrow, 'seed', row=m.element(tape.loss))
        computed = np.zeros(tape.rows, np.bool_)
        computed[m.constants : tape.first[0]] = True
        computed[tape.first[0] :] = np.repeat(tape.in_loss, np.diff(tape.first))
        cleared = np.flatnonzero(computed & self.active & ~writes.placed)
        runs = np.split(cleared, np.flatnonzero(np.diff(cleared) != 1) + 1)
        ranges = [(m.element(run[0]), m.element(run[-1]) + m.block) for run in runs if len(run)]
        self.backward.add(len(tape), self.narrow, 'clear', base=m.grads.ctypes.data, ranges=self.backward.table(ranges), length=len(ranges))

    def _update(self, optimizer: Any) -> None:
        """걸음의 처음에 기울기를 지우고, 끝에 베낀 칸의 것을 모아 갱신하고 다시 베낀다."""
        m, (begin, end), copies = self.memory, self.layout.updated, self.layout.copies
        size, gradient, theta = len(self.layout.slots), m.gradient.ctypes.data, m.theta.ctypes.data
        copied, originals = [self.after.table(column) for column in copies.T]
        self.state = m.array(max(optimizer.memories, 1), size + m.lanes)
        if begin < size:
            self.before.add(0, self.narrow, 'clear', base=gradient, ranges=self.before.table([begin, size]), length=1)
            self.after.add(0, self.narrow, 'move', source=gradient, origins=copied, target=gradient, places=originals, length=len(copies),
                           adding=1)  # fmt: skip
            self.after.add(1, self.wide, self.wide.update(optimizer), begin=begin, end=end, memory=self.state.ctypes.data,
                           distance=size + m.lanes)  # fmt: skip
            self.after.add(2, self.narrow, 'move', source=theta, origins=originals, target=theta, places=copied, length=len(copies))
