"""프로그램을 가르치기: 한 표본의 그래프를 컴파일한 것(`Program`)이면 신경망이 아니어도 미니배치로 배운다."""

from __future__ import annotations

import random
from typing import Any

from micrograd_ko.compiler import Program
from micrograd_ko.learning.history import History
from micrograd_ko.learning.optim import Optimizer, Rate
from micrograd_ko.learning.train import Run, optimizer_of
from micrograd_ko.misuse import counted


def fit(
    program: Program, X: Any, epochs: int, batch_size: int = 10, lr: Rate | None = None, optimizer: str | Optimizer = 'sgd',
    rng: random.Random | int | None = None, progress: bool = True, threads: int = 1,
) -> History:  # fmt: skip
    """X 로 epochs 에포크 배우고 파라미터를 `Value` 에 옮긴다. 같은 씨앗, 백엔드, dtype, 기계, 스레드의 수면 같은 비트다.

    에포크마다 표본을 섞어 batch_size 개씩 나눈 미니배치(마지막은 남은 만큼)의 평균 손실로 한 스텝씩 움직인다. LLVM 백엔드면 그
    반복이 커널 안에서 돌고, 미니배치를 스레드 threads 개까지로 나눈다: 표본이 백쯤은 되어야 빨라진다. optimizer 와 rng, 학습률
    lr 은 `train.fit` 의 것과 같다.

    Ctrl-C 를 누르면 마친 에포크까지만 남기고 돌아온다. 정의역을 벗어난 표본이 있으면 ReplayError, 손실이 유한하지 않으면
    DivergedError 이고, 어느 쪽이든 파라미터와 최적화의 상태는 마지막으로 마친 에포크의 것이다.
    """
    epochs, threads = counted(epochs, 'epochs 는'), counted(threads, 'threads 는')
    batch_size = counted(batch_size, '미니배치의 크기(batch_size)는')
    moving = optimizer_of(program.parameters, optimizer, lr)
    if moving.parameters != program.parameters:
        raise ValueError('optimizer 는 프로그램의 파라미터를 차례대로 모두 가져야 합니다: SGD(program.parameters, lr=0.1).')
    run = Run(ProgramTrainer(program, X, batch_size, moving, threads), rng)
    with run.whole_epochs(progress) as bar:
        while len(run.history) < epochs:
            run.epoch(epochs, bar)
        run.restore()  # 벡터에 있던 파라미터가 `Value` 로
    return run.history


class ProgramTrainer:
    """`Trainer` 처럼 프로그램을 가르치고 잰다. 파라미터는 벡터에 둔다: 에포크마다 `Value` 로 옮기면 짧은 에포크보다 느리다."""

    engine, held = 'replay', None

    def __init__(self, program: Program, X: Any, batch_size: int, optimizer: Optimizer, threads: int) -> None:
        self.program, self.optimizer, self.batch_size = program, optimizer, batch_size
        self.descent, self.reason = program.descent(X, batch_size, optimizer, threads), f'{program.backend} 로 계산'
        self.data, self.epoch, self.place = self.descent.samples, self.descent.epoch, program.sync

    def measure(self, data: Any) -> tuple[float, None]:
        """(평균 손실, 없는 정확도)."""
        return self.program.loss(data, parameters=self.descent.vector), None

    def numbers(self) -> list[float]:
        """파라미터의 값."""
        return self.descent.vector.tolist()
