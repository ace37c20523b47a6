"""최적화(optimiser): 기울기의 반대 방향으로 파라미터를 움직인다. 학습률의 일정(schedule)과 기울기 자르기(clipping)도.

갱신 식은 형마다 `rule` 에 한 번 적혀 있고, 파라미터 하나하나의 수(int, float, Fraction)에도 NumPy 벡터에도 쓰인다: float 의
비트는 같다.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Any, TypeAlias

from micrograd_ko import ops
from micrograd_ko.engine import Value
from micrograd_ko.misuse import brief, counted, listed
from micrograd_ko.number import Number, number
from micrograd_ko.state import alone, commit, data_set, grad_set

Rate: TypeAlias = 'Number | Callable[[int], Number]'  # 학습률 η: 수이거나, 스텝(0부터) → 수인 함수
_KEPT = (int, float, Fraction, str, type(None))  # 설정 가운데 그대로 적어 두는 것


class Optimizer:
    """최적화의 공통 부분. lr 은 학습률 η 이거나 스텝의 수(0부터)를 받아 η 를 주는 함수다.

    weight_decay λ 는 L2 규제로, 기울기에 λ·w 를 더한다(손실에 λ/2·|w|² 를 더한 것과 같다). clip 을 주면 기울기 전체의 길이
    |∇C| 가 그보다 길 때 그 길이로 줄인다.

    parameters 가 비었거나 Value 의 목록이 아니거나, 수가 범위를 벗어나면 TypeError 나 ValueError.
    """

    memories = 0  # 파라미터마다 기억하는 수의 개수

    def __init__(self, parameters: Iterable[Value], lr: Rate, weight_decay: Number = 0, clip: Number | None = None) -> None:
        self.parameters, self.steps = _checked(parameters), 0
        self.lr = lr if callable(lr) else _require('학습률(lr)은 스텝의 함수이거나 양수', lr)
        self.weight_decay = _require('weight_decay 는 0 이상의 수', weight_decay, lambda x: 0 <= x < math.inf)
        self.clip = None if clip is None else _require('clip 은 양수', clip, lambda x: x > 0)
        self.memory: list[Any] = [[0] * len(self.parameters) for _ in range(self.memories)]

    @property
    def rate(self) -> Number:
        """이번 스텝의 학습률 η."""
        if callable(self.lr):
            return _require('학습률의 일정(lr)이 주는 것은 0 이상의 수', self.lr(self.steps), lambda x: 0 <= x < math.inf)
        return number(self.lr, '학습률(lr)은')

    def rule(self, eta: Any, w: Any, g: Any, *memory: Any) -> tuple[Any, ...]:
        """갱신 식: (새 w, 새 기억 …). g 는 기울기. 수에도, 칸마다 계산하는 배열에도 쓰인다."""
        raise NotImplementedError

    @alone
    def step(self) -> None:
        """모든 파라미터를 동시에 한 스텝 움직인다. 하나라도 움직일 수 없으면 오류이고, 아무것도 움직이지 않는다."""
        eta, columns = self.rate, zip(self.parameters, *self.memory, strict=True)
        try:
            shrink = self._shrink([p.grad for p in self.parameters])
            moved = [self.rule(eta, p.data, p.grad * shrink, *memory) for p, *memory in columns]
        except OverflowError:
            far = max(self.parameters, key=lambda p: max(p.grad, -p.grad))
            raise OverflowError(f'한 스텝이 float 의 범위를 넘습니다. 기울기가 가장 큰 파라미터는 {far!r} 입니다.') from None
        data, *memory = map(list, zip(*moved, strict=True))
        commit([*data_set(self.parameters, data), (self, 'memory', memory), (self, 'steps', self.steps + 1)])

    def moved(self, w: Any, g: Any) -> Any:
        """한 스텝을 벡터로: 파라미터의 값 w 와 기울기 g 의 배열에서 새 값을. `Value` 는 건드리지 않는다."""
        w, *self.memory = self.rule(float(self.rate), w, g * self._shrink(g), *self.memory)
        self.steps += 1
        return w

    def zero_grad(self) -> None:
        """모든 파라미터의 기울기를 0 으로."""
        commit(grad_set(self.parameters, [None] * len(self.parameters)))

    @property
    def settings(self) -> dict[str, Any]:
        """무엇으로 배우는가: 이름과 정해진 수. 수가 아닌 것은 그 글(repr), 학습률이 함수면 그것이 주는 수들이다."""
        fixed = {name: x for name, x in vars(self).items() if name not in ('parameters', 'steps', 'memory')}
        fixed['lr'] = _outline(self.lr) if callable(self.lr) else self.lr
        return {'name': type(self).__name__, **{k: x if isinstance(x, _KEPT) else repr(x) for k, x in fixed.items()}}

    def state_dict(self) -> dict[str, Any]:
        """스텝의 수와 기억: 이어서 배우는 데 필요한 것."""
        return {'steps': self.steps, 'memory': [listed(column, '기억은 수의 목록입니다.') for column in self.memory]}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """`state_dict()` 가 준 것을 되돌린다. 다른 최적화의 것이거나 온전하지 않으면 ValueError 나 TypeError 이고 그대로다."""
        given: dict[str, Any] = state if isinstance(state, dict) else {}
        steps, memory = given.get('steps'), given.get('memory')
        columns = [list(x) if hasattr(x, '__iter__') else [] for x in memory] if isinstance(memory, list) else [[]]
        if type(steps) is not int or steps < 0 or list(map(len, columns)) != [len(self.parameters)] * self.memories:
            wanted = f'스텝의 수 steps 와, 파라미터 {len(self.parameters)}개마다 수 {self.memories}개를 기억하는 memory'
            raise ValueError(f'{type(self).__name__} 의 상태는 {wanted} 의 사전입니다. {brief(state)} 을(를) 받았습니다.')
        numbers = [[number(x, '기억(memory)은') for x in column] for column in columns]
        commit([(self, 'steps', steps), (self, 'memory', numbers)])

    def _shrink(self, gradients: Iterable[Number]) -> Number:
        """기울기에 곱할 수: 길이가 clip 을 넘으면 clip 이 되게."""
        length = 0 if self.clip is None else math.hypot(*gradients)
        return self.clip / length if self.clip is not None and length > self.clip else 1

    def _decayed(self, eta: Any, w: Any, g: Any) -> tuple[Any, Any]:
        """L2 를 더한 (w, g)."""
        return w, g + self.weight_decay * w if self.weight_decay else g


class SGD(Optimizer):
    """확률적 경사하강법(stochastic gradient descent), 노트의 갱신 식: w ← w − η · ∂C/∂w.

    `.grad` 가 미니배치의 평균 (1/m) Σ_x ∂C_x/∂w 이면 노트의 (η/m) Σ_x δ^(x,l) (a^(x,l−1))ᵀ 와 같다. lr 은 학습률 η.
    momentum μ 를 주면 v ← μ·v + ∂C/∂w, w ← w − η·v (Polyak 1964, PyTorch 의 꼴).
    """

    def __init__(
        self, parameters: Iterable[Value], lr: Rate, momentum: Number = 0, weight_decay: Number = 0, clip: Number | None = None
    ) -> None:
        self.momentum = _require('momentum 은 0 이상 1 미만의 수', momentum, lambda x: 0 <= x < 1)
        self.memories = int(momentum > 0)
        super().__init__(parameters, lr, weight_decay, clip)

    def rule(self, eta: Any, w: Any, g: Any, *memory: Any) -> tuple[Any, ...]:
        w, g = self._decayed(eta, w, g)
        velocity = tuple([self.momentum * v + g for v in memory])
        return w - eta * (velocity or (g,))[0], *velocity


class Adam(Optimizer):
    """Adam: 기울기의 지수 평균 m 과 제곱의 평균 v 로 스텝을 고른다 (Kingma, Ba 2015, 알고리즘 1).

    m ← β₁·m + (1 − β₁)·g,  v ← β₂·v + (1 − β₂)·g²,  w ← w − η · m̂ / (√v̂ + ε),  m̂ = m/(1 − β₁ᵗ), v̂ = v/(1 − β₂ᵗ).
    """

    memories = 2

    def __init__(
        self, parameters: Iterable[Value], lr: Rate = 0.001, betas: tuple[Number, Number] = (0.9, 0.999), eps: Number = 1e-8,
        weight_decay: Number = 0, clip: Number | None = None,
    ) -> None:  # fmt: skip
        pair = listed(betas, 'betas 는 0 이상 1 미만의 수 둘입니다.')
        if len(pair) != 2:
            raise ValueError(f'betas 는 0 이상 1 미만의 수 둘입니다. {brief(betas)} 을(를) 받았습니다.')
        self.beta1, self.beta2 = [_require('betas 는 0 이상 1 미만의 수 둘', beta, lambda x: 0 <= x < 1) for beta in pair]
        self.eps = _require('eps 는 양수', eps)  # 0 이면 기울기가 0 인 파라미터는 0/0 이다
        super().__init__(parameters, lr, weight_decay, clip)

    def rule(self, eta: Any, w: Any, g: Any, *memory: Any) -> tuple[Any, ...]:
        (m, v), beta1, beta2, t = memory, self.beta1, self.beta2, self.steps + 1
        w, g = self._decayed(eta, w, g)
        m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g * g
        step, scale = eta / (1 - beta1**t), 1 / ops.sqrt(1 - beta2**t)  # 스텝의 수를 모으면 칸마다는 나눗셈 하나다
        return w - step * m / (ops.sqrt(v) * scale + self.eps), m, v


class AdamW(Adam):
    """AdamW: 가중치 감쇠(weight decay)를 기울기에 섞지 않고 w ← w − η·λ·w 로 따로 뺀다 (Loshchilov, Hutter 2019)."""

    def __init__(
        self, parameters: Iterable[Value], lr: Rate = 0.001, betas: tuple[Number, Number] = (0.9, 0.999), eps: Number = 1e-8,
        weight_decay: Number = 0.01, clip: Number | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parameters, lr, betas, eps, weight_decay, clip)

    def _decayed(self, eta: Any, w: Any, g: Any) -> tuple[Any, Any]:
        return w - eta * self.weight_decay * w, g


OPTIMIZERS: dict[str, type[Optimizer]] = {'sgd': SGD, 'adam': Adam, 'adamw': AdamW}


def exponential(lr: Number, factor: Number, every: int = 1) -> Callable[[int], Number]:
    """지수 일정: every 스텝마다 factor 배. lr·factor^(스텝 // every)."""
    lr, factor, every = _require('lr 은 양수', lr), _require('factor 는 양수', factor), counted(every, 'every 는')
    return lambda step: lr * factor ** (step // every)


def cosine(lr: float, steps: int, end: float = 0.0) -> Callable[[int], float]:
    """코사인 일정: steps 스텝에 걸쳐 lr 에서 end 로, 그 뒤로는 end (Loshchilov, Hutter 2017)."""
    top, steps = float(_require('lr 은 양수', lr)), counted(steps, 'steps 는')
    end = float(_require('end 는 0 이상의 수', end, lambda x: 0 <= x < math.inf))
    return lambda step: end + (top - end) * (1 + math.cos(math.pi * min(step / steps, 1))) / 2


def warmup(lr: Rate, steps: int) -> Callable[[int], Number]:
    """몸풀기(warmup): 처음 steps 스텝은 lr 의 1/steps, 2/steps, … 로 키운다."""
    lr, steps = lr if callable(lr) else _require('lr 은 스텝의 함수이거나 양수', lr), counted(steps, 'steps 는')
    return lambda step: (lr(step) if callable(lr) else lr) * min(step + 1, steps) / steps


def _outline(schedule: Callable[[int], Number]) -> str:
    """일정의 윤곽: 스텝 0, 1, 2, 4, …, 2²⁰ 의 학습률. 표처럼 끝이 있는 일정이면 거기까지."""
    rates = []
    with contextlib.suppress(Exception):
        for step in (0, *[2**k for k in range(21)]):
            rates.append(repr(number(schedule(step))))
    return f'일정 [{", ".join(rates)}]'


def _checked(parameters: Any) -> list[Value]:
    found = listed(parameters, '파라미터의 목록을 주세요: net.parameters().')
    wrong = next((p for p in found if not isinstance(p, Value) or p.op is not None), None)
    if wrong is not None:
        raise TypeError(f'파라미터는 잎(leaf)인 Value 입니다. {type(wrong).__name__} {wrong!r} 이(가) 들어 있습니다.')
    if not found or len(set(found)) < len(found):
        raise ValueError('파라미터가 하나도 없습니다.' if not found else '같은 파라미터가 두 번 들어 있습니다.')
    return found


def _require(what: str, x: Any, holds: Callable[[Any], bool] = lambda x: 0 < x < math.inf) -> Number:
    try:
        found = number(x)
    except TypeError:
        raise TypeError(f'{what}입니다. {type(x).__name__} {x!r} 을(를) 받았습니다.') from None
    if not holds(found):
        raise ValueError(f'{what}입니다. {x!r} 을(를) 받았습니다.')
    return found
