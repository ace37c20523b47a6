"""프로그램을 가르치기: 한 표본의 그래프를 컴파일한 것(`Program`)이면 신경망이 아니어도 미니배치로 배운다."""

from __future__ import annotations

import math
import random
import time
from typing import Any

from tqdm import tqdm

from micrograd_ko.compiler import Program
from micrograd_ko.learning.history import History
from micrograd_ko.learning.optim import Optimizer, Rate
from micrograd_ko.learning.train import DivergedError, optimizer_of
from micrograd_ko.misuse import counted
from micrograd_ko.nn import generator


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
    moving, shuffler = optimizer_of(program.parameters, optimizer, lr), generator(rng)
    descent = program.descent(X, batch_size, moving, threads)
    history, samples = History('replay', f'{program.backend} 로 계산'), descent.samples
    steps = epochs * -(-len(samples) // batch_size)
    finished = descent.vector, moving.memory, moving.steps
    try:
        with tqdm(total=steps, unit='스텝', leave=False, disable=None if progress else True) as bar:
            for _ in range(epochs):
                start = time.perf_counter()
                descent.epoch(shuffler.sample(range(len(samples)), len(samples)), bar.update)
                loss = program.loss(samples, parameters=descent.vector)
                if not math.isfinite(loss):
                    raise DivergedError(history, loss)
                history.add(loss, None, None, None, time.perf_counter() - start)
                finished = descent.vector, moving.memory, moving.steps
    except KeyboardInterrupt:
        history.interrupted = True
    finally:
        vector, memory, moving.steps = finished
        moving.memory = [column.tolist() for column in memory]
        program.sync(vector)
    return history
