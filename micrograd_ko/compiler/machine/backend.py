"""백엔드(back end): 테이프를 기계어로 재생하고 가르친다. `Replayer` 와 같은 이름으로 부른다.

정의역을 벗어난 것이 있으면 그 블록(이나 그 스텝들)을 `Replayer` 로 다시 한다: 무엇이 어디서 벗어났는지는 그것이 안다.
"""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from llvmlite import ir

from micrograd_ko.compiler.machine.maps import MapKernel, is_lasting
from micrograd_ko.compiler.machine.memory import Share, rounded_up
from micrograd_ko.compiler.machine.plan import Plan
from micrograd_ko.compiler.machine.target import host
from micrograd_ko.compiler.machine.training import Training
from micrograd_ko.compiler.replay import Replayer, Undefined
from micrograd_ko.compiler.tape import Tape
from micrograd_ko.kinds.lanes import Format

LARGEST = 128  # 블록의 표본 수의 위 끝: 더 크면 표가 캐시를 넘는다
SMALLEST = 32  # 행이 많아도 이만큼은 한꺼번에: 명령을 부르는 값을 나눈다
CACHED = 2**17  # 표의 원소의 수. 이보다 크면 블록을 줄인다


class Machine:
    """테이프 하나를 재생하는 것. 여러 스레드가 함께 써도 된다: 계획(`Plan`)은 한 번에 한 스레드가 빌려 쓴다."""

    name = 'llvm'
    span = 16  # 블록의 반복이 커널 안에 있다

    def __init__(self, tape: Tape, dtype: str = 'f64') -> None:
        self.tape, self.dtype, self.reference = tape, dtype, Replayer(tape)
        self.lanes = host().lanes(dtype)
        self._free: dict[tuple, list[Plan]] = defaultdict(list)

        _check_operations(tape)

    def __reduce__(self) -> tuple:
        from micrograd_ko.compiler.backends import chosen

        return chosen, ('auto', self.tape, self.dtype)  # 읽는 곳에 llvmlite 가 없으면 NumPy 로

    def block(self, samples: int) -> int:
        """표본이 samples 개일 때 블록 하나의 표본 수. 하나면 1 이고 행이 레인이 된다."""
        fitting = min(LARGEST, max(SMALLEST, CACHED // max(self.tape.rows, 1)))
        return 1 if samples == 1 else min(rounded_up(samples, self.lanes), rounded_up(fitting, self.lanes))

    def over(self, tape: Tape) -> 'Machine':
        """다른 테이프를 재생하는 같은 백엔드."""
        return Machine(tape, self.dtype)

    def loss(self, theta: np.ndarray, samples: np.ndarray) -> tuple[float, Undefined | None]:
        """(블록의 손실의 합, 정의역을 벗어난 표본). theta 는 칸의 벡터, samples 는 표본 × 입력."""
        table = self._forward('in_loss', theta, samples)
        with np.errstate(all='ignore'):  # 넘친 손실의 합도 IEEE 값이다
            return self.reference.loss(theta, samples) if table is None else (float(table.sum()), None)

    def outputs(self, theta: np.ndarray, samples: np.ndarray) -> tuple[np.ndarray, Undefined | None]:
        """(표본 × 출력, 정의역을 벗어난 표본)."""
        table = self._forward('in_outputs', theta, samples)
        return self.reference.outputs(theta, samples) if table is None else (table, None)

    def gradient(self, theta: np.ndarray, samples: np.ndarray) -> tuple[np.ndarray, Undefined | None]:
        """(칸의 기울기 Σ_x ∂C_x/∂θ, 정의역을 벗어난 표본)."""
        with self._borrowed('in_loss', theta, samples) as plan:
            plan.memory.gradient[:] = 0
            plan.run(np.arange(len(samples)), len(samples))
            if not plan.undefined:
                return plan.layout.gathered(plan.memory.gradient[: len(plan.layout.slots)]), None
        return self.reference.gradient(theta, samples)

    def _forward(self, which: str, theta: np.ndarray, samples: np.ndarray) -> np.ndarray | None:
        """(표본 × 손실이나 출력)의 값. 정의역을 벗어난 것이 있으면 None."""
        with self._borrowed(which, theta, samples) as plan:
            plan.run(np.arange(len(samples)), len(samples), 'forward')
            return None if plan.undefined else plan.found[: len(samples)].astype(np.float64)

    def training(self, program: Any, samples: np.ndarray, batch_size: int, optimizer: Any, threads: int) -> Training:
        """표본들로 배우는 일. 스레드마다 적어도 레인만큼의 표본을 맡긴다."""
        batch = min(batch_size, len(samples))
        share = Share(0, max(1, min(threads, batch // self.lanes)))
        block, plans = self.block(share.of(batch, self.lanes)[1]), list[Plan]()
        while len(plans) < share.threads:
            plan = Plan(self.tape, self.reference.active, self.dtype, block, len(samples), 'in_loss', optimizer, batch, share)
            plans.append(plan)
            share = Share(len(plans), share.threads, plans[0].memory)
        return Training(plans, program, samples, batch_size, optimizer)

    @contextmanager
    def _borrowed(self, which: str, theta: np.ndarray, samples: np.ndarray) -> Iterator[Plan]:
        """파라미터와 표본을 놓은 계획. 다 쓰면 돌려준다."""
        block, capacity = self.block(len(samples)), 1 << (len(samples) - 1).bit_length()
        free = self._free[which, block, capacity]
        try:
            plan = free.pop()
        except IndexError:
            plan = Plan(self.tape, self.reference.active, self.dtype, block, capacity, which)
        plan.place(theta, samples)
        yield plan
        free.append(plan)


def _check_operations(tape: Tape) -> None:
    """표에 나중에 등록한 연산을 벡터로 적어 본다. 적을 수 없으면 TypeError."""
    for number, op in enumerate(tape.ops):
        used = np.flatnonzero(tape.kind == number)
        if is_lasting(op) or not len(used):
            continue
        arity = len(tape.operand_rows(used[0]))
        try:
            for active in (None, tuple(range(arity))):
                MapKernel(op, arity, 'rows', active).write(ir.Module(), 'trial', Format('f64', 2))
        except Exception as error:
            raise TypeError(f'연산 {op.name!r} 의 식을 기계어로 옮길 수 없습니다: {error}') from error
