"""내려가기(descent): 미니배치마다 기울기를 구해 최적화의 갱신 식으로 파라미터의 벡터를 움직인다. `Value` 는 건드리지 않는다.

최적화(optimizer)에 바라는 것: 스텝의 수 `steps`, 이번 스텝의 학습률 `rate`, 기억 `memory`(저마다 파라미터의 순서)와 그 수
`memories`, 갱신 식 `rule(η, w, g, *기억)`, 배열로 한 스텝 `moved(w, g)`, 기울기 자르기 `clip`.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from micrograd_ko.compiler.replay import ReplayError


def silent(steps: int) -> None:
    """스텝의 수를 듣고 아무것도 하지 않는다."""


def batches(rows: Any, size: int) -> Iterator[Any]:
    """차례로 size 개씩, 마지막은 남은 만큼 묶은 것."""
    return (rows[start : start + size] for start in range(0, len(rows), size))


class Descent:
    """프로그램과 표본 × 입력의 배열로 배우는 일. vector 는 지금의 파라미터이고, 갱신하는 것은 그것과 optimizer 의 상태뿐이다."""

    def __init__(self, program: Any, samples: np.ndarray, batch_size: int, optimizer: Any) -> None:
        self.program, self.samples, self.batch_size, self.optimizer = program, samples, batch_size, optimizer
        self.read()

    def read(self) -> None:
        """파라미터와 최적화의 기억을 다시 읽는다: 다른 데서 바꾸었을 때."""
        self.vector = np.array([float(p.data) for p in self.program.parameters])
        self.optimizer.memory = [np.array(column, np.float64) for column in self.optimizer.memory]

    def epoch(self, order: Any, done: Callable[[int], Any] = silent) -> None:
        """표본들 order (번호)를 차례로 batch_size 개씩. 마친 스텝의 수를 done 에 알린다.

        정의역을 벗어난 표본이 있으면 ReplayError 이고, row 는 표본의 번호다. vector 는 그 스텝을 떼기 전의 것이다.
        """
        for rows in batches(np.asarray(order, np.int64), self.batch_size):
            try:
                gradient = self.program.gradient(self.samples[rows], write=False, parameters=self.vector)
            except ReplayError as e:
                raise ReplayError(e.op, e.operands, e.names, int(rows[e.row]), e.count, e.node, e.name) from None
            self.vector = self.optimizer.moved(self.vector, gradient)
            done(1)
