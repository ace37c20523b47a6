"""계획(plan): 테이프 하나를 실행하는 데 필요한 것 모두. 표와 벡터를 마련하고, 부를 커널의 목록을 적는다.

블록마다 부르는 것은 [표본을 읽기 | 순방향] 이고, 기울기를 구할 때는 그 뒤에 [지우기 | 손실을 심기 | 역방향] 이 온다.
"""

import ctypes
import functools
from itertools import chain
from typing import Any

import numpy as np

from micrograd_ko.compiler.machine import updates
from micrograd_ko.compiler.machine.elementwise import write_elements
from micrograd_ko.compiler.machine.kernels import kernels_of
from micrograd_ko.compiler.machine.layout import laid_out
from micrograd_ko.compiler.machine.matrices import Matrices
from micrograd_ko.compiler.machine.memory import ALONE, Memory, Share, at
from micrograd_ko.compiler.machine.records import Reads, Records, reads_of
from micrograd_ko.compiler.machine.steps import RECORDS
from micrograd_ko.compiler.machine.target import host
from micrograd_ko.compiler.tape import DENSE, Tape

PATIENCE = 2**33  # 다른 스레드를 기다리며 살피는 횟수의 위 끝: 적어도 몇 초
RECORD = ctypes.c_int64 * (1 + len(RECORDS['run']))


class Plan:
    """tape 의 which('in_loss' 나 'in_outputs') 명령을 표본 block 개씩 실행하는 것. 한 번에 한 스레드가 쓴다.

    active (행,) 는 기울기가 흐르는 행, samples 는 한 번에 받는 표본의 수. optimizer 를 주면 스텝마다 그 식으로 파라미터를
    갱신하고, 아니면 기울기를 모은다. batch 는 스텝의 표본의 수이고 share 가 그 가운데 이 계획의 몫이다. 스텝이 한 블록이면
    노트의 갱신 식은 곱하면서 한다.
    """

    def __init__(self, tape: Tape, active: np.ndarray, dtype: str, block: int, samples: int, which: str = 'in_loss',
                 optimizer: Any = None, batch: int = 0, share: Share = ALONE) -> None:  # fmt: skip
        self.tape, self.active, self.share = tape, active, share
        self.wide = kernels_of(dtype, host().lanes(dtype))
        self.narrow = kernels_of(dtype, 1) if block == 1 else self.wide
        chosen = np.flatnonzero(getattr(tape, which))
        dense = chosen[tape.kind[chosen] == DENSE].tolist()
        direct = [k for k in dense if block > 1 and self._reads_data(k)]
        fusing = optimizer is not None and share.threads == 1 and batch <= block and updates.formula(optimizer) == updates.PLAIN
        self.layout = laid_out(tape, dense, direct if block > 1 else dense, self.wide.form.lanes, fusing)
        self.memory = Memory(tape, self.layout, self.wide.form, block, samples, optimizer.memories if optimizer else 0, share)
        self.forward, self.backward, self.before, self.after = [Records() for _ in range(4)]
        located, reads = self.forward.table(np.zeros(block)), reads_of(tape, chosen[tape.kind[chosen] != DENSE])
        self._begin(reads, [k for k in dense if k not in direct], located)
        write_elements(self.memory, reads, active, (self.wide, self.narrow), (self.forward, self.backward))
        matrices = Matrices(self.memory, self.layout, self.wide, self.narrow, located)
        for part in chain.from_iterable(map(matrices.parts, dense)):
            matrices.forward(part, self.forward)
            if tape.active[part.k]:
                matrices.backward(part, self.backward, active)
        if optimizer is not None:
            self._update(optimizer)
        forward, collecting, rows = self.forward.listed(), Records(), tape.outputs if which == 'in_outputs' else [tape.loss]
        self.found = self.memory.array(samples, len(rows))
        elements = collecting.table(self.memory.element(rows))
        collecting.add(0, self.narrow, 'collect', elements=elements, length=len(rows), target=at(self.found))
        self.collecting = collecting  # 레코드가 가리키는 표를 붙들고 있다
        self.lists = {
            'before': self.before.listed(), 'after': self.after.listed(),
            'forward': np.concatenate([forward, collecting.listed()]),
            'each': np.concatenate([forward, self.backward.listed(backward=True)]),
        }  # fmt: skip
        self.calls = {name: (at(records), len(records)) for name, records in self.lists.items()}
        entry = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)(self.wide.addresses['run'])
        self.entry = functools.partial(entry, at(self.memory.context))

    @np.errstate(over='ignore')  # f32 에 담기지 않는 수는 inf 다
    def place(self, theta: np.ndarray, samples: np.ndarray) -> None:
        """칸의 벡터와 표본 × 입력을 놓는다."""
        self.memory.theta[: len(self.layout.slots)] = self.layout.spread(theta)
        self.memory.data[: len(samples), : self.tape.inputs] = samples

    def run(self, order: np.ndarray, batch: int, each: str = 'each', mean: bool = False, advance: int = 0) -> None:
        """표본들 order (자료의 번호)를 batch 개씩의 스텝으로. each 는 'forward' 나 'each', mean 이면 스텝의 손실은 평균이다.

        스텝마다 상수의 표가 advance 바이트씩 나아간다.
        """
        begin, end = self.share.of(batch, self.wide.form.lanes)
        lists = [*self.calls['before'], *self.calls[each], *self.calls['after']]
        self.memory.flag[:] = 0
        self.entry(RECORD(0, *lists, at(order), len(order), batch, begin, end, mean, advance))  # `RECORDS['run']` 의 순서로

    @property
    def undefined(self) -> bool:
        """마지막 실행에서 정의역을 벗어났을 수 있는지."""
        return bool(np.isnan(self.memory.flag).any())

    def _reads_data(self, k: int) -> bool:
        """자료에서 바로 읽을 행렬인지: 입력만 받고 잔차가 없다."""
        inputs, residual = self.tape.dense_rows(k)
        return residual.size == 0 and bool((inputs < self.tape.inputs).all())

    def _begin(self, reads: Reads, dense: list[int], located: int) -> None:
        """표본을 찾아 표로 읽는 입력의 열을 행으로 옮기고 파라미터의 행을 채운다. 역방향은 기울기를 지우고 심어 시작한다."""
        tape, m, forward, backward = self.tape, self.memory, self.forward, self.backward
        forward.add(-1, self.narrow, 'locate', target=located, distance=m.data.shape[1], indexed=1)
        roots = [np.array([tape.loss]), tape.outputs]
        rows = np.concatenate([reads.rows, *[part.ravel() for k in dense for part in tape.dense_rows(k)], *roots])
        rows = rows[rows < tape.inputs]
        if len(rows):
            first, target = int(rows.min()), at(m.values, m.element(rows.min()))
            forward.add(-1, self.narrow, 'transposed', source=at(m.data, first), offsets=located, target=target, distance=m.block,
                        rows=m.block, columns=int(rows.max()) + 1 - first)  # fmt: skip
        slots, count = forward.table(self.layout.place[tape.parameter_rows]), len(tape.parameter_rows)
        for records, kernel in ((forward, 'parameters_forward'), (backward, 'parameters_backward')):
            records.add(-1, self.narrow, kernel, out=m.element(m.constants), slots=slots, length=count)
        backward.add(len(tape), self.wide, 'clear', base=at(m.grads), begin=m.element(m.constants), end=m.element(tape.rows))
        backward.add(len(tape), self.narrow, 'seed', row=m.element(tape.loss))

    def _update(self, optimizer: Any) -> None:
        """스텝의 처음에 기울기를 지우고, 끝에 베낀 칸의 것을 모아 갱신하고 다시 베낀다.

        여러 스레드면 기울기를 다 모은 뒤와 갱신한 뒤에 만난다. 베낀 칸은 저마다 모두 베낀다: 누가 써도 같은 수다.
        """
        m, (begin, end), copies, size = self.memory, self.layout.updated, self.layout.copies, len(self.layout.slots)
        gradient, theta, threads = at(m.gradient), at(m.theta), self.share.threads
        copied, originals = [self.after.table(column) for column in copies.T]
        if begin == size:
            return
        self.before.add(0, self.wide, 'clear', base=gradient, begin=begin, end=size)
        self.after.add(0, self.narrow, 'move', source=gradient, origins=copied, target=gradient, places=originals,
                       length=len(copies), adding=1)  # fmt: skip
        if threads > 1:
            self.after.add([1, 3], self.narrow, 'meet', arrived=at(m.arrived), threads=threads, patience=PATIENCE)
        first, last = self.share.of(end - begin, m.lanes)
        self.after.add(2, self.wide, self.wide.update(optimizer), begin=begin + first, end=begin + last, memory=at(m.state),
                       distance=m.state.shape[1], gradients=at(m.gradients), threads=threads)  # fmt: skip
        self.after.add(4, self.narrow, 'move', source=theta, origins=originals, target=theta, places=copied, length=len(copies))
