"""기계어로 배우기: 미니배치를 고르고 기울기를 구하고 갱신하는 반복이 모두 커널 안에서 돈다.

몇 스텝씩(chunk) 부르고 그 사이에 진행을 알린다: Ctrl-C 도 거기서 듣는다. 한 덩이의 길이는 비트를 바꾸지 않는다.
"""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

import numpy as np

from micrograd_ko.compiler.descent import Descent, silent
from micrograd_ko.compiler.machine import updates
from micrograd_ko.compiler.machine.plan import Plan

INTERVAL = 0.05  # 한 덩이에 걸릴 초


class Training(Descent):
    """`Descent` 를 기계어로. 정의역을 벗어난 덩이는 그 처음으로 돌아가 커널 밖에서 다시 한다.

    plans 는 스레드마다의 계획이고, 파라미터와 자료는 첫째 것을 함께 쓴다. 스레드들은 스텝마다 커널 안에서 만난다. 더하는
    순서는 스레드의 수가 정하므로, 그 수가 같으면 같은 비트다.
    """

    def __init__(self, plans: Sequence[Plan], program: Any, samples: np.ndarray, batch_size: int, optimizer: Any) -> None:
        super().__init__(program, samples, batch_size, optimizer)
        self.plans, self.plan, self.chunk = plans, plans[0], 1
        self.pool = ThreadPoolExecutor(len(plans))  # 스레드는 처음 맡길 때 시작한다
        self.own = self.plan.layout.place[self.plan.tape.slot]  # 파라미터마다 기계의 벡터에서의 자리
        self.plan.place(self.plan.tape.spread(self.vector), samples)

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
        m = self.plan.memory
        with np.errstate(over='ignore'):
            table = np.ascontiguousarray(updates.constants(self.optimizer, steps), m.real)

        def run(plan: Plan) -> None:
            plan.memory.set(constants=table)
            plan.run(rows, self.batch_size, 'each', True, table.strides[0])

        if len(self.plans) > 1:
            self._together(run)
        else:
            run(self.plan)
        if any(each.undefined for each in self.plans):
            super().epoch(rows)  # 이 덩이의 처음에서
            self._put()
            return
        self.optimizer.steps += steps
        self.vector = m.theta[self.own].astype(np.float64)
        self.optimizer.memory = [column[self.own].astype(np.float64) for column in m.state]

    @np.errstate(over='ignore')  # f32 에 담기지 않는 수는 inf 다
    def _put(self) -> None:
        """파라미터와 기억을 기계의 벡터로."""
        plan, size = self.plan, len(self.plan.layout.slots)
        plan.memory.theta[:size] = plan.layout.spread(plan.tape.spread(self.vector))
        for column, memory in zip(plan.memory.state, self.optimizer.memory, strict=True):
            column[:size] = plan.layout.spread(plan.tape.spread(memory))

    def _together(self, run: Callable[[Plan], Any]) -> None:
        """계획마다 스레드 하나로 run(계획), 모두 시작했을 때만: 하나라도 빠지면 나머지는 커널 안에서 기다리기만 한다.

        Ctrl-C 는 부른 스레드에서 난다. 그래서 그 스레드는 커널에 들어가지 않고, 오류가 나도 커널에 있는 것을 기다린다.
        """
        gate, complete, entering = threading.Lock(), list[bool](), list[Future]()

        def enter(plan: Plan) -> None:
            with gate:
                started = bool(complete)
            if started:
                run(plan)

        try:
            with gate:
                for plan in self.plans:
                    entering.append(self.pool.submit(enter, plan))
                complete.append(True)
            for each in entering:
                each.result()
        except BaseException:  # 시작하다 만 실행기는 노는 스레드의 수를 잘못 안다
            self.pool = ThreadPoolExecutor(len(self.plans))
            raise
        finally:
            wait(entering)
