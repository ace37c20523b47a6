"""백엔드(back end): 테이프를 기계어로 재생하고 가르친다. `Replayer` 와 같은 이름으로 부른다.

정의역을 벗어난 것이 있으면 그 블록(이나 그 걸음들)을 `Replayer` 로 다시 한다: 무엇이 어디서 벗어났는지는 그것이 안다.
"""

import math
from collections import defaultdict
from typing import Any

import numpy as np

from micrograd_ko.compiler.machine.memory import rounded_up
from micrograd_ko.compiler.machine.plan import Plan
from micrograd_ko.compiler.machine.target import host
from micrograd_ko.compiler.replay import Replayer, Undefined
from micrograd_ko.compiler.tape import Tape

LARGEST = 128  # 블록의 표본 수의 위 끝: 더 크면 표가 캐시를 넘는다
SMALLEST = 32  # 행이 많아도 이만큼은 한꺼번에: 명령을 부르는 값을 나눈다
CACHED = 2**17  # 표의 원소의 수. 이보다 크면 블록을 줄인다


class Machine:
    """테이프 하나를 재생하는 것. 여러 스레드가 함께 써도 된다: 계획(`Plan`)은 한 번에 한 스레드가 빌려 쓴다."""

    name = 'llvm'

    def __init__(self, tape: Tape, dtype: str = 'f64') -> None:
        self.tape, self.dtype, self.reference = tape, dtype, Replayer(tape)
        self.lanes = host().form(dtype).lanes
        self._free: dict[tuple, list[Plan]] = defaultdict(list)

    def __reduce__(self) -> tuple:
        return Machine, (self.tape, self.dtype)

    def block(self, samples: int) -> int:
        """표본이 samples 개일 때 블록 하나의 표본 수. 하나면 1 이고 행이 레인이 된다."""
        fitting = min(LARGEST, max(SMALLEST, CACHED // max(self.tape.rows, 1)))
        return 1 if samples == 1 else min(rounded_up(samples, self.lanes), rounded_up(fitting, self.lanes))

    def loss(self, theta: np.ndarray, samples: np.ndarray) -> tuple[float, Undefined | None]:
        """(블록의 손실의 합, 정의역을 벗어난 표본). theta 는 칸의 벡터, samples 는 표본 × 입력."""
        key, plan = self._borrowed('in_loss', theta, samples)
        plan.run(plan.memory.order[: len(samples)], len(samples), backward=False)
        found = None if plan.undefined else float(plan.memory.total[0])
        self._free[key].append(plan)
        return self.reference.loss(theta, samples) if found is None else (found, None)

    def outputs(self, theta: np.ndarray, samples: np.ndarray) -> tuple[np.ndarray, Undefined | None]:
        """(표본 × 출력, 정의역을 벗어난 표본)."""
        key, plan = self._borrowed('in_outputs', theta, samples)
        found, m, undefined = np.empty((len(samples), len(self.tape.outputs))), plan.memory, False
        for first in range(0, len(samples), m.block):
            rows = m.order[first : min(first + m.block, len(samples))]
            plan.run(rows, len(rows), backward=False)
            found[rows] = m.values[m.line(self.tape.outputs), : len(rows)].T
            undefined |= plan.undefined
        self._free[key].append(plan)
        return self.reference.outputs(theta, samples) if undefined else (found, None)

    def gradient(self, theta: np.ndarray, samples: np.ndarray) -> tuple[np.ndarray, Undefined | None]:
        """(칸의 기울기 Σ_x ∂C_x/∂θ, 정의역을 벗어난 표본)."""
        key, plan = self._borrowed('in_loss', theta, samples)
        plan.memory.gradient[:] = 0
        plan.run(plan.memory.order[: len(samples)], len(samples))
        found = None if plan.undefined else plan.layout.gathered(plan.memory.gradient[: len(plan.layout.slots)])
        self._free[key].append(plan)
        return self.reference.gradient(theta, samples) if found is None else (found, None)

    def _borrowed(self, which: str, theta: np.ndarray, samples: np.ndarray) -> tuple[tuple, Plan]:
        """(돌려줄 곳, 파라미터와 표본을 채운 계획)."""
        block = self.block(len(samples))
        capacity = 1 << (len(samples) - 1).bit_length()
        key = which, block, capacity
        free = self._free[key]
        plan = free.pop() if free else Plan(self.tape, self.reference.active, self.dtype, block, capacity, which)
        plan.place(theta, samples)
        return key, plan
