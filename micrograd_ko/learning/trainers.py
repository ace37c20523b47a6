"""한 에포크를 배우는 두 가지 길: 표본마다 그래프를 기록하거나(eager), 한 표본의 그래프를 기록해 재생하거나(replay).

에포크의 사이에는 두 길 모두 파라미터가 `Value` 에, 최적화의 기억이 목록에 있다. 그래서 되돌리고 저장하는 일은 길을 모른다.
"""

import itertools
from collections.abc import Callable, Sequence
from typing import Any

from micrograd_ko.compiler import Program
from micrograd_ko.compiler.descent import Descent, batches
from micrograd_ko.engine import Value
from micrograd_ko.learning import losses
from micrograd_ko.learning.dataset import Dataset
from micrograd_ko.learning.optim import Optimizer
from micrograd_ko.misuse import brief
from micrograd_ko.nn import MLP
from micrograd_ko.number import Number
from micrograd_ko.state import commit, data_set


def cost_of(loss: Callable, outputs: Any, y: Any) -> Value:
    """한 표본의 C_x = loss(출력, y). Value 가 아니면 TypeError."""
    cost = loss(outputs, y)
    if not isinstance(cost, Value):
        name = getattr(loss, '__name__', repr(loss))
        found = f'{type(cost).__name__} {brief(cost)}'
        raise TypeError(f'손실 {name} 은(는) Value 하나를 돌려줘야 합니다. {found} 을(를) 돌려주었습니다.')
    return cost


def descend(net: MLP, batch: Sequence[tuple], loss: Callable, optimizer: Optimizer) -> Number:
    """미니배치 하나로 한 스텝: C = (1/m) Σ_x C_x 를 기록해 역전파하고 움직인다. 움직이기 전의 C 를 돌려준다."""
    cost = losses.mean([cost_of(loss, net(x), y) for x, y in batch])
    optimizer.zero_grad()
    cost.backward()
    optimizer.step()
    return cost.data


def measured(data: Dataset, program: Program | None = None) -> tuple[float, float | None]:
    """(평균 손실, 정확도): program 이 있으면 재생해서, 없으면 표본마다 기록해서."""
    if program is not None:
        return program.loss(data.arrays), data.accuracy(program.outputs(data.arrays).tolist())
    total, outputs = 0.0, []
    for x, y in data.pairs:
        a = data.net(x)
        total += float(cost_of(data.loss, a, y).data)
        outputs.append([v.data for v in (a if isinstance(a, list) else [a])])
    return total / len(data), data.accuracy(outputs)


class Trainer:
    """신경망을 미니배치로 가르치고 재는 일. kind 는 결과의 비트를 정하는 것의 이름이다.

    engine 'auto' 는 재생할 수 있을 때 재생한다. 'replay' 인데 재생할 수 없으면 까닭을 알리는 ValueError.
    """

    def __init__(self, data: Dataset, held: Dataset | None, batch_size: int, optimizer: Optimizer, engine: str) -> None:
        if engine not in ('auto', 'eager', 'replay'):
            raise ValueError(f"engine 은 'auto', 'eager', 'replay' 가운데 하나입니다. {engine!r} 을(를) 받았습니다.")
        self.data, self.held, self.batch_size, self.optimizer = data, held, batch_size, optimizer
        self.parameters, self.engine, self.kind = data.net.parameters(), 'eager', 'eager'
        self.program: Program | None = None
        self.descent: Descent | None = None
        self.reason = '그렇게 골랐다' if engine == 'eager' else _unfit(data, optimizer, careful=engine == 'auto')
        if not self.reason:
            try:
                self.arrays, self.program = data.arrays, data.net.compile(data.loss)
                backend = self.program.backend
                self.engine, self.kind, self.reason = 'replay', f'replay/{backend}', f'{backend} 로 계산'
            except (TypeError, ValueError, ArithmeticError) as error:
                self.reason = f'기록할 수 없다: {error}'
        if engine == 'replay' and self.program is None:
            raise ValueError(f'재생(replay)으로 배울 수 없습니다. {self.reason}.')

    def epoch(self, order: Sequence[int], done: Callable[[int], Any]) -> None:
        """표본들 order (번호)를 차례로 batch_size 개씩 묶어 한 스텝씩. 마친 스텝의 수를 done 에 알린다."""
        if self.program is None:
            for rows in batches(order, self.batch_size):
                descend(self.data.net, [self.data.pairs[row] for row in rows], self.data.loss, self.optimizer)
                done(1)
        else:
            descent = self.descent = self.descent or self.program.descent(self.arrays, self.batch_size, self.optimizer)
            descent.read()
            descent.epoch(order, done)
            self.program.sync(descent.vector)
            self.optimizer.memory = [column.tolist() for column in self.optimizer.memory]
        self.optimizer.zero_grad()

    def measure(self, data: Dataset) -> tuple[float, float | None]:
        """(평균 손실, 정확도)."""
        return measured(data, self.program)

    def numbers(self) -> list[Number]:
        """파라미터의 값."""
        return [p.data for p in self.parameters]

    def place(self, numbers: Sequence[Number]) -> None:
        """파라미터의 값을 numbers 로."""
        commit(data_set(self.parameters, numbers))


def _unfit(data: Dataset, optimizer: Optimizer, careful: bool) -> str:
    """재생할 수 없는 까닭, 없으면 빈 글. careful 이면 재생한 것이 다를 수도 있는 경우도."""
    parameters, kind = data.net.parameters(), type(data.net)
    samples = (v for x, y in data.pairs for v in (*x, *(y if isinstance(y, list) else [y])))
    numbers = itertools.chain(samples, [p.data for p in parameters], optimizer.settings.values())
    reasons = {
        'Fraction 은 정확하게 남아야 한다': any(type(x).__name__ == 'Fraction' for x in numbers),
        '최적화가 신경망의 파라미터를 차례대로 모두 갖고 있지 않다': optimizer.parameters != parameters,
        '손실이 `losses` 의 기록이 아니어서 표본의 값에 따라 갈라질 수 있다': careful and data.record is not data.loss,
        f'{kind.__name__} 의 순전파가 MLP 와 다를 수 있다': careful and kind is not MLP,
    }
    return next((reason for reason, holds in reasons.items() if holds), '')
