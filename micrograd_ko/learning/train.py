"""학습(training): 미니배치로 나누고, 에포크(epoch)를 돌고, 정확도를 잰다. `fit` 이 이 모두를 하고 기록을 준다."""

from __future__ import annotations

import copy
import math
import os
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tqdm import tqdm

from micrograd_ko.engine import Value
from micrograd_ko.learning import losses, saving
from micrograd_ko.learning.dataset import Dataset
from micrograd_ko.learning.history import History
from micrograd_ko.learning.optim import OPTIMIZERS, Optimizer, Rate
from micrograd_ko.learning.trainers import Eager, Replayed, chosen, descend
from micrograd_ko.nn import MLP, generator
from micrograd_ko.state import commit, data_set

Callback = Callable[[MLP, History], Any]


class DivergedError(FloatingPointError):
    """발산(divergence): 손실이 유한하지 않다. history 는 마지막으로 유한했던 에포크까지의 기록이다."""

    def __init__(self, history: History, loss: float) -> None:
        epochs = len(history)
        super().__init__(
            f'{epochs + 1}에포크째에 손실이 {loss} 이(가) 되었습니다. 학습률(lr)을 줄이거나 diagnose(net, samples) 를 보세요. '
            f'파라미터는 {epochs}에포크를 마쳤을 때의 것입니다.'
        )
        self.history = history


def fit(
    net: MLP, samples: Any, loss: Callable[[Any, Any], Value] = losses.quadratic, *, epochs: int, batch_size: int = 10,
    lr: Rate | None = None, optimizer: str | Optimizer = 'sgd', rng: random.Random | int | None = None, validation: Any = None,
    engine: str = 'auto', progress: bool = True, callbacks: Sequence[Callback] = (), patience: int | None = None,
    checkpoint: str | os.PathLike | None = None, resume: History | str | os.PathLike | None = None,
) -> History:  # fmt: skip
    """net 을 미니배치 경사하강법으로 가르치고 `History` 를 돌려준다. 같은 씨앗과 같은 engine 이면 같은 비트다.

    samples     (x, y) 의 목록이나 배열의 튜플 (X, Y). 손실이 기록이면 y 는 출력마다 수 하나이고, 클래스 번호도 된다.
    loss        loss(출력, y) → 한 표본의 C_x. `losses` 의 기록이나 나의 함수.
    epochs      모두 몇 에포크. 이어 배울 때는 이미 마친 것까지 센다.
    optimizer   'sgd', 'adam', 'adamw'(학습률 lr 과 함께)이거나 `net.parameters()` 로 만든 최적화.
    rng         표본을 섞는 난수: 씨앗(int), `random.Random`, 또는 None(그때마다 다르다).
    validation  에포크마다 손실과 정확도만 재는 표본.
    engine      'auto', 'eager', 'replay'. 고른 것과 까닭은 `history.engine` 과 `history.reason` 에 있다.
    progress    터미널이면 진행 막대(tqdm)를 stderr 에 그린다.
    callbacks   에포크마다 부를 함수(net, history). True 를 돌려주면 멈춘다.
    patience    검증 손실이 이 에포크 수만큼 나아지지 않으면 멈추고, 가장 나았던 파라미터로 돌아간다(조기 종료, early stopping).
    checkpoint  에포크마다 이 파일에 저장한다. `MLP.load` 로 읽거나 resume 으로 이어 배운다.
    resume      이어 배울 `History` 나 checkpoint 파일. 그때와 다른 것(손실, 최적화, 표본 …)을 주면 ValueError.

    Ctrl-C 를 누르면 마친 에포크까지만 남기고 돌아온다. 오류가 나도 파라미터는 마지막으로 마친 에포크의 것이고,
    손실이 유한하지 않으면 DivergedError 다.
    """
    _check_counts(net, epochs, patience, validation)
    loss = losses.checked(loss)
    data, held = Dataset(samples, net, loss), None if validation is None else Dataset(validation, net, loss)
    earlier = saving.load_checkpoint(resume) if isinstance(resume, str | os.PathLike) else resume
    if earlier is not None and 'plan' not in getattr(earlier, 'state', ()):
        raise TypeError(f'resume 은 fit 이 준 History 나 checkpoint 파일입니다. {resume!r} 을(를) 받았습니다.')
    moving = _optimizer(net, optimizer, lr)
    trainer = chosen(earlier.engine if earlier is not None and engine == 'auto' else engine, net, data, loss, moving)
    run = _Run(net, trainer, moving, _restorable(rng), patience, {
        'net': repr(net), 'loss': getattr(loss, '__name__', repr(loss)), 'batch_size': batch_size, 'optimizer': moving.settings,
        'samples': data.digest, 'validation': held and held.digest, 'engine': trainer.kind,
    })  # fmt: skip
    if earlier is not None:
        run.resume(earlier)
    if checkpoint is not None:  # 쓸 수 없는 곳이면 배우기 전에 알린다
        saving.save_checkpoint(checkpoint, net, run.history)
    try:
        with tqdm(unit='스텝', leave=False, disable=None if progress else True) as bar:
            for history in run.epochs(epochs, batch_size, data, held, bar):
                if checkpoint is not None:
                    saving.save_checkpoint(checkpoint, net, history)
                answers = [callback(net, history) for callback in callbacks]
                if any(answer is True for answer in answers):
                    break
        run.finish()
    except BaseException as error:
        run.give_up(interrupted=isinstance(error, KeyboardInterrupt))
        if not run.history.interrupted:
            raise
        if checkpoint is not None:  # 저장하는 동안 멈추었을 수도 있다
            saving.save_checkpoint(checkpoint, net, run.history)
    return run.history


class _Run:
    """학습 한 번. `history.state` 는 언제나 마지막으로 마친 에포크의 것이라, 어디서 멈추어도 그리로 돌아간다."""

    def __init__(
        self, net: MLP, trainer: Eager | Replayed, optimizer: Optimizer, rng: random.Random, patience: int | None, plan: dict
    ) -> None:
        self.net, self.trainer, self.optimizer, self.rng, self.patience = net, trainer, optimizer, rng, patience
        self.history = History(trainer.engine, trainer.reason)
        self.history.state = {'plan': plan, 'best': None, **self._now()}

    def resume(self, earlier: History) -> None:
        """earlier 의 상태에서 시작한다. 그때와 다르게 주어진 것이 있으면 ValueError."""
        plan, before = self.history.state['plan'], earlier.state['plan']
        changed = [f'{name}: 그때 {before[name]!r}, 지금 {plan[name]!r}' for name in plan if plan[name] != before[name]]
        if changed:
            raise ValueError(f'그때와 다른 것으로 이어서 배울 수 없습니다. {"; ".join(changed)}.')
        self.history = copy.deepcopy(earlier)
        self.history.interrupted, self.history.best = False, None
        self.restore()

    def epochs(self, epochs: int, batch_size: int, data: Dataset, held: Dataset | None, bar: tqdm) -> Iterator[History]:
        """남은 에포크를 돈다. 에포크마다 기록을 낸다."""
        while len(self.history) < epochs and not self._stalled():
            start, number = time.perf_counter(), len(self.history) + 1
            batches = list(minibatches(range(len(data)), batch_size, self.rng))
            bar.total = bar.n + len(batches) * (epochs - number + 1)
            bar.set_description(f'{number}/{epochs}에포크')
            self.trainer.epoch(batches, bar.update)
            measured = [*self._measured(data), *((None, None) if held is None else self._measured(held))]
            self.history.add(*measured, time.perf_counter() - start)
            now = self._now()
            if held is not None and self._best() == len(self.history) - 1:
                now['best'] = now['parameters']
            self.history.state |= now
            bar.set_postfix_str(f'C = {measured[0]:.4g}' + ('' if measured[1] is None else f', 정확도 {measured[1]:.1%}'))
            yield self.history

    def finish(self) -> None:
        """조기 종료를 쓰면 가장 나았던 파라미터로."""
        if self.patience is not None and self.history.validation:
            self.history.best = self._best()
            self._place(self.history.state['best'])
        self.optimizer.zero_grad()

    def give_up(self, interrupted: bool) -> None:
        """마지막으로 마친 에포크로 돌아가고, Ctrl-C 였다면 알린다. 돌아가는 동안 또 누르면 마저 돌아가고 오류를 낸다."""
        try:
            self.restore()
        except KeyboardInterrupt:
            self.restore()
            raise
        self.history.interrupted = interrupted
        if interrupted:
            done = len(self.history)
            print(f'Ctrl-C: {done}에포크까지 배운 것을 남기고, 마치지 못한 {done + 1}에포크째는 버렸습니다.', file=sys.stderr)

    def restore(self) -> None:
        """파라미터, 최적화, 난수 발생기, 기록을 `history.state` 의 것으로."""
        state = self.history.state
        self.history.cut(state['epochs'])
        self._place(state['parameters'])
        self.optimizer.load_state_dict(state['optimizer'])
        self.optimizer.zero_grad()
        self.rng.setstate(state['rng'])

    def _now(self) -> dict[str, Any]:
        parameters = [p.data for p in self.net.parameters()]
        moved, drawn = self.optimizer.state_dict(), self.rng.getstate()
        return {'epochs': len(self.history), 'parameters': parameters, 'optimizer': moved, 'rng': drawn}

    def _place(self, parameters: Sequence) -> None:
        commit(data_set(self.net.parameters(), parameters))

    def _measured(self, data: Dataset) -> tuple[float, float | None]:
        """(평균 손실, 정확도)."""
        loss, outputs = self.trainer.measure(data)
        if not math.isfinite(loss):
            raise DivergedError(self.history, loss)
        return loss, data.accuracy(outputs)

    def _best(self) -> int:
        return min(range(len(self.history)), key=self.history.validation.__getitem__)

    def _stalled(self) -> bool:
        """검증 손실이 patience 에포크 동안 나아지지 않았는가."""
        return self.patience is not None and 0 < self.patience <= len(self.history) - 1 - (self._best() if self.history else 0)


def _restorable(rng: random.Random | int | None) -> random.Random:
    """표본을 섞을 생성기(`nn.generator`). 상태를 되돌릴 수 없는 것이면 TypeError."""
    found = generator(rng)
    if isinstance(found, random.SystemRandom):
        raise TypeError(f'rng 는 상태를 되돌릴 수 있어야 합니다. {found!r} 을(를) 받았습니다.')
    return found


def _optimizer(net: MLP, optimizer: str | Optimizer, lr: Rate | None) -> Optimizer:
    if isinstance(optimizer, str) and optimizer in OPTIMIZERS:
        if lr is None:
            raise ValueError(f"학습률 lr 을 주세요: fit(…, optimizer={optimizer!r}, lr=0.1).")
        return OPTIMIZERS[optimizer](net.parameters(), lr)
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f'optimizer 는 {", ".join(OPTIMIZERS)} 가운데 하나이거나 SGD(net.parameters(), lr=…) 같은 것입니다. '
                        f'{optimizer!r} 을(를) 받았습니다.')  # fmt: skip
    if lr is not None:
        raise ValueError('학습률 lr 은 최적화에 이미 있습니다. lr 이나 만들어 둔 optimizer 가운데 하나만 주세요.')
    if not set(optimizer.parameters) <= set(net.parameters()):
        raise ValueError('optimizer 가 이 신경망의 것이 아닌 파라미터를 갖고 있습니다. net.parameters() 로 만드세요.')
    return optimizer


def _check_counts(net: MLP, epochs: int, patience: int | None, validation: Any) -> None:
    if not isinstance(net, MLP):
        raise TypeError(f'fit 은 신경망(MLP)을 가르칩니다. {type(net).__name__} 을(를) 받았습니다.')
    for name, count in (('epochs', epochs), ('patience', 1 if patience is None else patience)):
        if type(count) is not int or count < 1:
            raise ValueError(f'{name} 는 1 이상의 정수입니다. {count!r} 을(를) 받았습니다.')
    if patience is not None and validation is None:
        raise ValueError('조기 종료(patience)에는 검증 표본 validation 이 필요합니다.')


def minibatches(samples: Sequence, size: int, rng: random.Random) -> Iterator[list]:
    """표본을 섞어 size 개씩 나눈 미니배치(mini-batch). 마지막은 더 작을 수 있다. 주어진 목록의 순서는 그대로다."""
    if type(size) is not int or size < 1:
        raise ValueError(f'미니배치의 크기(size)는 1 이상의 정수입니다. {size!r} 을(를) 받았습니다.')
    shuffled = rng.sample(samples, len(samples))
    return (shuffled[start : start + size] for start in range(0, len(shuffled), size))


def epoch(
    net: MLP, samples: Sequence[tuple], loss: Callable, optimizer: Optimizer, batch_size: int, rng: random.Random
) -> float:
    """모든 표본 (x, y) 를 한 번씩: 미니배치마다 C = (1/m) Σ_x C_x 를 역전파하고 한 스텝 움직인다.

    loss(outputs, y) 는 한 표본의 C_x. 움직이기 전에 잰 C_x 의 평균을 돌려준다.
    """
    if not samples:
        raise ValueError('epoch: 표본이 하나도 없습니다. (x, y) 의 목록을 주세요.')
    total = 0.0
    for batch in minibatches(samples, batch_size, rng):
        total += descend(net, batch, loss, optimizer) * len(batch)
    return total / len(samples)


def one_hot(label: int, classes: int) -> list[int]:
    """원-핫(one-hot): label 번째만 1 인 길이 classes 의 목록."""
    if not 0 <= label < classes:
        raise ValueError(f'클래스 번호(label)는 0 부터 {classes - 1} 까지입니다. {label!r} 을(를) 받았습니다.')
    return [int(i == label) for i in range(classes)]


def classify(net: MLP, x: Any) -> int:
    """가장 큰 출력의 번호(0부터). 출력이 둘 이상인 net 에만 뜻이 있어서, 하나면 ValueError."""
    outputs = [a.data for a in net.trace(x).output]
    if len(outputs) < 2:
        raise ValueError('classify: 출력이 하나인 신경망입니다. 클래스마다 출력이 하나씩 있어야 합니다.')
    return outputs.index(max(outputs))


def accuracy(net: MLP, samples: Sequence[tuple[Any, int]]) -> float:
    """정확도(accuracy): (x, 클래스 번호)의 표본 가운데 맞힌 비율, 0 부터 1."""
    if not samples:
        raise ValueError('accuracy: 표본이 하나도 없습니다. (x, 클래스 번호)의 목록을 주세요.')
    return sum(classify(net, x) == label for x, label in samples) / len(samples)
