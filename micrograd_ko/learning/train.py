"""학습(training): 표본을 미니배치로 나누어 에포크(epoch)를 돌고, 재고, 멈추고, 이어 간다. `fit` 이 이 모두를 하고 기록을 준다."""

from __future__ import annotations

import contextlib
import copy
import itertools
import math
import os
import random
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from tqdm import tqdm

from micrograd_ko.compiler.descent import batches
from micrograd_ko.engine import Value
from micrograd_ko.learning import losses, saving
from micrograd_ko.learning.dataset import Dataset, paired
from micrograd_ko.learning.history import History
from micrograd_ko.learning.optim import OPTIMIZERS, Optimizer, Rate
from micrograd_ko.learning.trainers import Trainer, measured
from micrograd_ko.misuse import brief, counted, listed
from micrograd_ko.nn import MLP, generator
from micrograd_ko.number import number
from micrograd_ko.state import commit, grad_set


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
    engine: str = 'auto', progress: bool = True, callbacks: Sequence[Callable[[MLP, History], Any]] = (),
    patience: int | None = None, checkpoint: str | os.PathLike | None = None, resume: History | str | os.PathLike | None = None,
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
    resume      이어 배울 `History` 나 checkpoint 파일. 그때와 다른 것(손실, 최적화, 표본 …)을 주면 ValueError,
                내용이 온전하지 않으면 SavedFileError 다.

    Ctrl-C 를 누르면 마친 에포크까지만 남기고 돌아온다. 오류가 나도 파라미터는 마지막으로 마친 에포크의 것이고,
    손실이 유한하지 않으면 DivergedError 다.
    """
    epochs, batch_size = counted(epochs, 'epochs 는'), counted(batch_size, '미니배치의 크기(batch_size)는')
    patience = None if patience is None else counted(patience, 'patience 는')
    if patience is not None and validation is None:
        raise ValueError('조기 종료(patience)에는 검증 표본 validation 이 필요합니다.')
    wanted = 'callbacks 는 함수(net, history)의 목록입니다: [f].'
    callbacks = listed(callbacks, wanted)
    if not all(map(callable, callbacks)):
        raise TypeError(f'{wanted} {brief(callbacks)} 을(를) 받았습니다.')
    data, held = Dataset(samples, net, loss), None if validation is None else Dataset(validation, net, loss)
    earlier = saving.load_checkpoint(resume) if isinstance(resume, str | os.PathLike) else resume
    if earlier is not None and not (isinstance(earlier, History) and isinstance(earlier.state.get('plan'), dict)):
        raise TypeError(f'resume 은 신경망을 가르친 History 나 checkpoint 파일입니다. {brief(resume)} 을(를) 받았습니다.')
    moving = optimizer_of(net.parameters(), optimizer, lr)
    trainer = Trainer(data, held, batch_size, moving, earlier.engine if earlier is not None and engine == 'auto' else engine)
    run = Run(trainer, rng, {
        'net': repr(net), 'loss': getattr(loss, '__name__', repr(loss)), 'batch_size': batch_size, 'optimizer': moving.settings,
        'samples': data.digest, 'validation': held and held.digest, 'engine': trainer.kind,
    })  # fmt: skip

    def keep() -> None:
        if checkpoint is not None:
            saving.save(net, checkpoint, run.history)

    with run.whole_epochs(progress, keep) as bar:
        if earlier is not None:
            run.resume(earlier, 'resume' if earlier is resume else resume, epochs)
        keep()  # 쓸 수 없는 곳이면 배우기 전에 알린다
        while len(run.history) < epochs and not run.history.stalled(patience):
            run.epoch(epochs, bar)
            keep()
            answers = [callback(net, run.history) for callback in callbacks]
            if any(isinstance(answer, bool | np.bool_) and answer for answer in answers):
                break
        if patience is not None:
            run.restore('best')
    return run.history


class Run:
    """학습 한 번. `history.state` 는 언제나 마지막으로 마친 에포크의 것이라, 어디서 멈추어도 그리로 돌아간다."""

    def __init__(self, trainer: Any, rng: random.Random | int | None, plan: Any = None) -> None:
        self.trainer, self.optimizer, self.rng = trainer, trainer.optimizer, generator(rng)
        if isinstance(self.rng, random.SystemRandom):
            raise TypeError(f'rng 는 상태를 되돌릴 수 있어야 합니다. {rng!r} 을(를) 받았습니다.')
        self.history = History(trainer.engine, trainer.reason)
        self.history.state = {'plan': plan, 'best': None, **self._now()}

    @contextlib.contextmanager
    def whole_epochs(self, progress: bool, keep: Callable[[], Any] = lambda: None) -> Iterator[tqdm]:
        """진행 막대를 주고, 안에서 오류가 나면 마친 에포크로 돌아간다. Ctrl-C 면 알리고 keep 을 부른 뒤 오류 없이 나간다."""
        bar = tqdm(unit='스텝', leave=False, disable=None if progress else True)  # 여기서 누른 Ctrl-C 는 시작하기 전의 것이다
        try:
            with bar:
                yield bar
        except BaseException as error:
            try:
                self.restore()
            finally:  # 돌아가는 동안 Ctrl-C 를 또 눌러도 마저 돌아간다
                self.restore()
            if not isinstance(error, KeyboardInterrupt):
                raise
            self.history.interrupted, done = True, len(self.history)
            print(f'Ctrl-C: {done}에포크까지 배운 것을 남기고, 마치지 못한 {done + 1}에포크째는 버렸습니다.', file=sys.stderr)
            keep()  # 저장하는 동안 멈추었을 수도 있다

    def restore(self, which: str = 'parameters') -> None:
        """파라미터, 최적화, 난수 발생기, 기록을 `history.state` 의 것으로. 'best' 는 가장 나았던 파라미터다."""
        state = self.history.state
        self.history.cut(state['epochs'])
        self.trainer.place(state[which] or state['parameters'])
        self.optimizer.load_state_dict(state['optimizer'])
        self.optimizer.zero_grad()
        self.rng.setstate(state['rng'])

    def resume(self, earlier: History, source: Any, epochs: int) -> None:
        """source 의 기록 earlier 에서 시작한다. 온전하지 않으면 SavedFileError, 그때와 다르게 주어진 것이 있으면 ValueError.

        이름이 같은 다른 손실(lambda …)도 가려낸다: 마지막에 잰 손실을 그때의 파라미터에서 다시 잰다.
        """
        plan, before = self.history.state['plan'], earlier.state['plan']
        changed = [f'{name}: 그때 {before.get(name)!r}, 지금 {now!r}' for name, now in plan.items() if before.get(name) != now]
        if not changed:
            with saving.whole(source, '여기서 이어 배울 수 없습니다(damaged or edited)'):
                self._rehearse(earlier, more=len(earlier) < epochs)
        if earlier.loss and not changed:
            self.trainer.place(earlier.state['parameters'])
            then, now = earlier.loss[-1], self.trainer.measure(self.trainer.data)[0]
            if not math.isclose(then, now, rel_tol=1e-6, abs_tol=1e-12):
                changed = [f'loss: 같은 파라미터에서 그때 {then}, 지금 {now}']
        if changed:
            raise ValueError(f'그때와 다른 것으로 이어서 배울 수 없습니다. {"; ".join(changed)}.')
        self.history = copy.deepcopy(earlier)
        self.history.interrupted = False
        self.restore()

    def _rehearse(self, earlier: History, more: bool) -> None:
        """earlier 에서 이어 배울 수 없으면 오류: 상태를 사본에 놓고, 더 배울 것이면 한 스텝을 떼어 본다. 바뀌는 것은 없다."""
        state, data, held, ours = earlier.state, self.trainer.data, self.trainer.held, self.trainer.parameters
        epochs, numbers, best = len(range(state['epochs'])), state['parameters'], state['best'] or state['parameters']
        kinds = [x is not None for x in (data, data.labels, held, held and held.labels, data)]  # `measured` 의 차례로
        found = [len(values) for values in (*earlier.measured, numbers, best)], bool(state['best'])
        if found != ([*[epochs * kind for kind in kinds], len(ours), len(ours)], bool(earlier.validation)):
            raise ValueError(f'{epochs}에포크를 마친, 파라미터 {len(ours)}개의 기록이 아닙니다')
        twins, trial = dict(zip(ours, map(Value, numbers), strict=True)), copy.copy(self.optimizer)
        trial.parameters = [twins[p] for p in self.optimizer.parameters]
        trial.load_state_dict(state['optimizer'])
        commit(grad_set(twins.values(), [1] * len(twins)))
        if more:
            trial.step()
        random.Random().setstate(state['rng'])
        rows = [*itertools.chain(*earlier.measured)]
        finite = all(map(math.isfinite, [*rows, *map(number, best), *[p.data for p in twins.values()]]))
        if not finite or any(type(x) is not float for x in rows):
            raise ValueError('유한한 수가 아닌 것이 있습니다')

    def epoch(self, epochs: int, bar: tqdm) -> None:
        """한 에포크를 배우고, 재고, 상태를 남긴다. epochs 는 막대에 적을 모두의 수."""
        start, nth, samples = time.perf_counter(), len(self.history) + 1, len(self.trainer.data)
        bar.total = bar.n + math.ceil(samples / self.trainer.batch_size) * (epochs - nth + 1)
        bar.set_description(f'{nth}/{epochs}에포크', refresh=not bar.n)  # 짧은 에포크마다 다시 그리면 배우기보다 느리다
        self.trainer.epoch(self.rng.sample(range(samples), samples), bar.update)
        measured: list[Any] = []
        for data in (self.trainer.data, self.trainer.held):
            measured += (None, None) if data is None else self.trainer.measure(data)
            if data is not None and not math.isfinite(measured[-2]):
                raise DivergedError(self.history, measured[-2])
        self.history.add(*measured, time.perf_counter() - start)
        now = self._now()
        if self.history.best == nth - 1:
            now['best'] = now['parameters']
        self.history.state |= now
        shown = f'C = {measured[0]:.4g}' + ('' if measured[1] is None else f', 정확도 {measured[1]:.1%}')
        bar.set_postfix_str(shown, refresh=False)

    def _now(self) -> dict[str, Any]:
        moved = {'parameters': self.trainer.numbers(), 'optimizer': self.optimizer.state_dict()}
        return {'epochs': len(self.history), 'rng': self.rng.getstate(), **moved}


def optimizer_of(parameters: list[Value], optimizer: str | Optimizer, lr: Rate | None) -> Optimizer:
    """이름과 학습률로 만든 최적화, 또는 만들어 준 것. 이름도 최적화도 아니면 TypeError, 파라미터나 lr 이 어긋나면 ValueError."""
    if isinstance(optimizer, str) and optimizer in OPTIMIZERS:
        if lr is None:
            raise ValueError(f"학습률 lr 을 주세요: fit(…, optimizer={optimizer!r}, lr=0.1).")
        return OPTIMIZERS[optimizer](parameters, lr)
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f'optimizer 는 {", ".join(OPTIMIZERS)} 가운데 하나이거나 SGD(net.parameters(), lr=…) 같은 것입니다. '
                        f'{optimizer!r} 을(를) 받았습니다.')  # fmt: skip
    if lr is not None:
        raise ValueError('학습률 lr 은 최적화에 이미 있습니다. lr 이나 만들어 둔 optimizer 가운데 하나만 주세요.')
    if not set(optimizer.parameters) <= set(parameters):
        raise ValueError('optimizer 가 이 신경망의 것이 아닌 파라미터를 갖고 있습니다. net.parameters() 로 만드세요.')
    return optimizer


def minibatches(samples: Iterable, size: int, rng: random.Random | int | None) -> Iterator[list]:
    """표본(목록이나 배열의 튜플 (X, Y))을 섞어 size 개씩 나눈 미니배치(mini-batch). 마지막은 더 작을 수 있다."""
    size = counted(size, '미니배치의 크기(size)는')
    found = paired(samples) if isinstance(samples, tuple) else listed(samples, '표본은 목록입니다.')
    return batches(generator(rng).sample(found, len(found)), size)


def one_hot(label: int, classes: int) -> list[int]:
    """원-핫(one-hot): label 번째만 1 인 길이 classes 의 목록. 번호(int)가 아니거나 없는 번호면 ValueError."""
    classes = counted(classes, '클래스의 수는')
    if not hasattr(label, '__index__') or np.ndim(label):
        raise ValueError(f'클래스 번호(label)는 0 부터 {classes - 1} 까지의 정수입니다. {brief(label)} 을(를) 받았습니다.')
    return losses.softmax_cross_entropy.vector(label, classes)


def accuracy(net: MLP, samples: Any, loss: Callable[[Any, Any], Value] = losses.quadratic) -> float:
    """정확도(accuracy): 표본 가운데 맞힌 비율, 0 부터 1. 답은 `loss.answer` 가 고른다. 목표가 클래스가 아니면 ValueError."""
    found = measured(Dataset(samples, net, loss))[1]
    if found is None:
        raise ValueError('정확도(accuracy)를 잴 목표는 클래스 번호나 원-핫입니다.')
    return found
