"""기계어로 배우기: 미니배치를 고르고 기울기를 구하고 갱신하는 반복이 모두 커널 안에서 돈다.

몇 스텝씩(chunk) 부르고 그 사이에 진행을 알린다: Ctrl-C 도 거기서 듣는다. 한 덩이의 길이는 비트를 바꾸지 않는다.
"""

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from micrograd_ko.compiler.descent import Descent, silent
from micrograd_ko.compiler.machine import updates
from micrograd_ko.compiler.machine.plan import Plan

INTERVAL = 0.05  # 한 덩이에 걸릴 초


class Training(Descent):
    """`Descent` 를 기계어로. 정의역을 벗어난 덩이는 그 처음으로 돌아가 NumPy 로 다시 한다."""

    def __init__(self, plan: Plan, program: Any, samples: np.ndarray, batch_size: int, optimizer: Any) -> None:
        super().__init__(program, samples, batch_size, optimizer)
        self.plan, self.chunk = plan, 1
        self.own = plan.layout.place[plan.tape.slot]  # 파라미터마다 기계의 벡터에서의 자리
        plan.place(plan.tape.spread(self.vector), samples)

    def epoch(self, order: Any, done: Callable[[int], Any] = silent) -> None:
        order = np.ascontiguousarray(order, np.int64)
        self._put()
        start = 0
        while start < len(order):
            rows = order[start : start + self.chunk * self.batch_size]
            steps = -(-len(rows) // self.batch_size)
            began = time.perf_counter()
            self._run(rows, steps)
            self.chunk = max(1, int(steps * INTERVAL / (time.perf_counter() - began)))
            start += len(rows)
            done(steps)

    def _run(self, rows: np.ndarray, steps: int) -> None:
        plan, m = self.plan, self.plan.memory
        table = np.ascontiguousarray(updates.constants(self.optimizer, steps), m.real)
        m.set(constants=table)
        plan.run(rows, self.batch_size, mean=True, advance=table.strides[0])
        if plan.undefined:
            super().epoch(rows)  # 이 덩이의 처음에서
            self._put()
            return
        self.optimizer.steps += steps
        self.vector = m.theta[self.own].astype(np.float64)
        self.optimizer.memory = [column[self.own].astype(np.float64) for column in plan.state[: self.optimizer.memories]]

    def _put(self) -> None:
        """파라미터와 기억을 기계의 벡터로."""
        plan, size = self.plan, len(self.plan.layout.slots)
        plan.memory.theta[:size] = plan.layout.spread(plan.tape.spread(self.vector))
        for column, memory in zip(plan.state, self.optimizer.memory, strict=False):
            column[:size] = plan.layout.spread(plan.tape.spread(memory))
