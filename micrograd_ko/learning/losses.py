"""손실 함수(loss): 출력과 목표를 받아 `Value` 하나를 준다. 한 표본의 C_x 이고, 표본에 걸친 평균은 `mean` 이다.

손실 하나는 기록(record) 하나다. 부르면 C 이고, 행렬의 ∇_a C, 식, 목표가 무엇인지를 스스로 안다: 그림, 스텝, 영수증, 방정식은
손실의 이름을 보지 않고 기록에 묻는다. outputs 와 targets 는 수·Value 하나이거나 같은 길이의 목록이고, 모두 수면 C 도 수다.
길이가 다르면 ValueError, 수가 아니면 TypeError.
"""

import functools
import math
import operator
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from micrograd_ko import ops
from micrograd_ko.engine import Value
from micrograd_ko.misuse import brief, listed
from micrograd_ko.number import Number, beside, number
from micrograd_ko.operation import interpreter_of

if TYPE_CHECKING:
    from numpy import ndarray  # 배열을 받을 때까지 NumPy 를 읽지 않는다


class Loss:
    """손실 함수 하나.

    gradient     행렬의 ∇_a C(a, y): 출력과 목표의 배열 (n,) 둘을 받아 (n,) 을 준다.
    formula      C 의 식. 출력은 aⱼ, 목표는 yⱼ 다.
    slope        ∂C/∂aⱼ 의 식.
    terms        (전체의 꼴, 항의 꼴). 식을 항마다 수로 채워 적을 때 쓴다. 항의 합이 아니면 빈 튜플.
    targets      목표가 무엇인지.
    assumes      노트의 C = ½|y − a|² 과 다른 점, 출력에 바라는 것.
    takes_class  목표를 클래스 번호 하나로도 받는가.
    threshold    출력이 하나일 때 둘째 클래스라고 답하는 문턱. None 이면 클래스의 목표를 적은 두 수의 가운데.
    classes      클래스의 목표를 적는 두 수: (다른 클래스, 그 클래스).
    takes        배울 목표가 될 수 있는 수들인가. 아니면 기울기가 없거나 엉뚱한 것을 배운다.
    """

    __name__: str

    def __init__(
        self, value: Callable[[Any, Any], Value], gradient: 'Callable[[ndarray, ndarray], ndarray]', formula: str, slope: str,
        terms: tuple[str, str] | tuple[()] = (), targets: str = '', assumes: str = '', takes_class: bool = False,
        threshold: float | None = None, classes: tuple[int, int] = (0, 1), takes: Callable[[list], bool] = lambda ys: True,
    ) -> None:  # fmt: skip
        functools.update_wrapper(self, value)  # 이름과 설명은 적힌 함수의 것이다
        self._value, self.gradient, self.formula, self.slope = value, gradient, formula, slope
        self.terms, self.targets, self.assumes, self.takes_class = terms, targets, assumes, takes_class
        self.threshold, self.classes, self.takes = threshold, classes, takes

    def __call__(self, outputs: Any, targets: Any) -> Value:
        return self._value(outputs, targets)

    def vector(self, target: Any, outputs: int) -> list:
        """목표를 길이 outputs 인 수의 벡터로: 출력이 하나면 수도, 여럿이면 클래스 번호(0부터)도. 없는 번호면 ValueError."""
        chosen = _class_number(target, outputs) if self.takes_class or outputs > 1 else None
        return _data(target) if chosen is None else [self.classes[int(i == chosen)] for i in range(outputs)]

    def between(self, other: int, chosen: int) -> float:
        """출력이 하나이고 클래스를 other 와 chosen 으로 적었을 때의 문턱."""
        return (other + chosen) / 2 if self.threshold is None else self.threshold

    def answer(self, outputs: Any, classes: tuple[int, int] | None = None) -> int:
        """출력이 말하는 클래스의 번호(0부터): 여럿이면 가장 큰 출력의 자리, 하나면 문턱(`between`)을 넘었는지.

        classes 는 클래스의 목표를 적은 두 수. 안 주면 손실의 `classes` 다.
        """
        return self.answer_of(_data(outputs), classes or self.classes)

    def answer_of(self, a: list[Number], classes: tuple[int, int]) -> int:
        """`answer`, 출력의 값의 목록을 이미 가졌을 때: 확인하는 데 고르기의 몇 배가 든다."""
        return a.index(max(a)) if len(a) > 1 else int(a[0] > self.between(*classes))

    def __reduce__(self) -> str:
        return self.__name__

    def __repr__(self) -> str:
        return f'<Loss {self.__name__}: C = {self.formula}>'


@functools.partial(
    Loss, gradient=lambda a, y: a - y,
    formula='½ Σⱼ (aⱼ − yⱼ)²', slope='aⱼ − yⱼ', terms=('½ × [{}]', '(aⱼ − yⱼ)²'), targets='출력마다 수 하나',
)  # fmt: skip
def quadratic(outputs: Any, targets: Any) -> Value:
    """이차 손실(quadratic loss): C = ½ Σⱼ (aⱼ − yⱼ)² = ½ |y − a|² (노트의 가정 2)."""
    gaps = [a - y for a, y in _pairs(outputs, targets)]
    return ops.dot(gaps, gaps) / 2


@functools.partial(
    Loss, gradient=lambda a, y: ops.xlogy.partials[1](None, 1 - y, 1 - a) - ops.xlogy.partials[1](None, y, a),
    formula='−Σⱼ [yⱼ·ln aⱼ + (1 − yⱼ)·ln(1 − aⱼ)]', slope='(aⱼ − yⱼ)/(aⱼ·(1 − aⱼ))',
    terms=('−[{}]', 'yⱼ·ln aⱼ + (1 − yⱼ)·ln(1 − aⱼ)'), targets='출력마다 0 부터 1 까지의 확률',
    takes=lambda ys: all(0 <= y <= 1 for y in ys),
    assumes='출력은 0 < aⱼ < 1 인 확률이다. 마지막 활성화가 시그모이드면 δᴸ 에서 σ′ 이 지워져 aᴸ − y 만 남는다.',
)  # fmt: skip
def cross_entropy(outputs: Any, targets: Any) -> Value:
    """교차 엔트로피(cross-entropy): C = −Σⱼ [yⱼ ln aⱼ + (1 − yⱼ) ln(1 − aⱼ)], 0 ≤ a ≤ 1.

    0·ln 0 은 0 이다: a 와 y 가 함께 0 이나 1 이면 그 항은 0 이고, a 만 그렇다면 DomainError.
    """
    return -ops.total([ops.xlogy(y, a) + ops.xlogy(1 - y, 1 - a) for a, y in _pairs(outputs, targets)])


@functools.partial(
    Loss, gradient=lambda a, y: (1 - y) * ops.sigmoid(a) - y * ops.sigmoid(-a),
    formula='Σⱼ [yⱼ·ln(1 + e^(−aⱼ)) + (1 − yⱼ)·ln(1 + e^aⱼ)]', slope='(1 − yⱼ)·σ(aⱼ) − yⱼ·σ(−aⱼ)',
    terms=('{}', 'yⱼ·ln(1 + e^(−aⱼ)) + (1 − yⱼ)·ln(1 + e^aⱼ)'), targets='출력마다 0 부터 1 까지의 확률', threshold=0.0,
    takes=cross_entropy.takes,
    assumes='출력은 로짓(logit)이다. 마지막 활성화는 linear 이고, 확률은 σ(a) 다. 기울기는 σ(a) − y 다.',
)  # fmt: skip
def sigmoid_cross_entropy(logits: Any, targets: Any) -> Value:
    """시그모이드 교차 엔트로피: 로짓 z 에서 바로 잰 교차 엔트로피, C = Σⱼ [yⱼ·softplus(−zⱼ) + (1 − yⱼ)·softplus(zⱼ)].

    σ(z) 의 교차 엔트로피와 같지만, σ(z) 가 0 이나 1 로 반올림되는 z 에서도 C 와 δᴸ = σ(z) − y 가 정확하다.
    """
    return ops.total([y * ops.softplus(-z) + (1 - y) * ops.softplus(z) for z, y in _pairs(logits, targets)])


@functools.partial(
    Loss, gradient=lambda a, y: (e := ops.exp(a - a.max())) / e.sum() - y,  # Fraction 의 배열도 받는다
    formula='ln Σⱼ e^aⱼ − Σⱼ yⱼ·aⱼ', slope='softmax(a)ⱼ − yⱼ', takes_class=True,
    targets='클래스 번호나, 합이 1 인 확률의 목록(원-핫)',
    takes=lambda ys: cross_entropy.takes(ys) and math.isclose(sum(ys), 1, rel_tol=1e-6),  # float32 의 확률도
    assumes='출력은 로짓(logit)이다. 마지막 활성화는 linear 이고, 확률은 softmax(a) 다.',
)  # fmt: skip
def softmax_cross_entropy(logits: Any, target: Any) -> Value:
    """소프트맥스 교차 엔트로피: C = ln Σ e^{zᵢ} − Σ yᵢ zᵢ. target 은 클래스 번호(0부터)이거나 원-핫(one-hot) 목록."""
    zs = listed(logits, 'softmax_cross_entropy 의 로짓(logits)은 목록입니다: net.trace(x).output.')
    chosen = _class_number(target, len(zs))
    if chosen is not None:
        return ops.logsumexp(zs) - zs[chosen]
    # 가려진(masked) 클래스, 곧 로짓이 −∞ 이고 목표가 0 인 것의 y·z 는 nan 이 아니라 없는 항이다
    terms = [(y, z) for z, y in _pairs(zs, target) if _data([z, y]) != [-math.inf, 0]]
    return ops.logsumexp(zs) - ops.dot([y for y, _ in terms], [z for _, z in terms])


@functools.partial(
    Loss, gradient=lambda a, y: -y * ops.step(1 - y * a),
    formula='Σⱼ max(0, 1 − yⱼ·aⱼ)', slope='−yⱼ·[yⱼ·aⱼ < 1]', terms=('{}', 'max(0, 1 − yⱼ·aⱼ)'), targets='출력마다 −1 이나 1',
    takes=lambda ys: all(y in (-1, 1) for y in ys), classes=(-1, 1),
    assumes='yⱼ·aⱼ ≥ 1 이면 여유(margin)가 있어 그 출력의 기울기는 0 이다.',
)  # fmt: skip
def hinge(outputs: Any, targets: Any) -> Value:
    """힌지 손실(hinge): C = Σⱼ max(0, 1 − yⱼ·aⱼ), 목표는 −1 이나 1."""
    return ops.total([ops.relu(1 - y * a) for a, y in _pairs(outputs, targets)])


LOSSES = {loss.__name__: loss for loss in (quadratic, cross_entropy, sigmoid_cross_entropy, softmax_cross_entropy, hinge)}


def mean(losses: Iterable[Value]) -> Value:
    """총 손실 = 각 표본 손실의 평균: C = (1/n) Σ_x C_x (노트의 가정 1).

    미분도 평균이다: ∂C/∂w = (1/n) Σ_x ∂C_x/∂w. 노트는 이 줄에서 1/n 을 빠뜨렸지만, 갱신 식의 η/m 은 평균을 뜻한다.
    """
    terms = listed(losses, 'mean 은 손실의 목록을 받습니다: mean([loss(net(x), y) for x, y in samples]).')
    if not terms:
        raise ValueError('mean: 손실이 하나도 없습니다. 표본을 하나 이상 주세요.')
    return ops.total(terms) / len(terms)


def checked(loss: Any) -> Callable[[Any, Any], Value]:
    """loss 인수로 받은 것. 부를 수 있는 손실이 아니면(이름, None …) 있는 것을 알리는 TypeError."""
    if callable(loss):
        return loss
    known = ', '.join([f'losses.{name}' for name in LOSSES])
    wanted = f'loss 는 (출력의 목록, 목표)를 받아 Value 를 주는 함수입니다: {known}. {brief(loss)} 을(를) 받았습니다.'
    apart = hasattr(loss, '__len__') and not isinstance(loss, str)  # fit(X, Y): 다른 라이브러리의 버릇
    raise TypeError(wanted + (' 표본의 X 와 Y 는 튜플 하나로 묶습니다: (X, Y).' if apart else ''))


if not TYPE_CHECKING:  # 형 검사기는 없는 이름을 스스로 안다
    def __getattr__(name: str) -> Any:
        raise AttributeError(
            f'손실 {name!r} 이(가) 없습니다. 있는 것: {", ".join(LOSSES)}, 그리고 표본에 걸친 평균 mean. '
            '제곱 오차(mse)는 quadratic(앞에 ½)이고, 내 손실은 (출력의 목록, 목표)를 받아 Value 를 주는 함수로 적습니다.'
        )


def _class_number(target: Any, classes: int) -> int | None:
    """목표가 클래스 번호면 그 수. 소수 1.0 과 배열 [1] 은 번호가 아니라 원-핫의 원소다. 없는 번호면 ValueError."""
    try:
        chosen = operator.index(target)
    except TypeError:
        return None
    if not 0 <= chosen < classes:
        raise ValueError(f'클래스 번호는 0 부터 {classes - 1} 까지입니다. {target} 을(를) 받았습니다.')
    return chosen


def _pairs(outputs: Any, targets: Any) -> list[tuple[Any, Any]]:
    """(출력, 목표)의 목록. 목표는 노드 하나씩이 된다: 그림과 스텝이 그것을 목표로 알아본다."""
    a, y = sequence(outputs), sequence(targets)
    if len(a) != len(y):
        raise ValueError(f'출력(outputs) {len(a)}개와 목표(targets) {len(y)}개의 수가 다릅니다. 출력마다 목표를 하나씩 주세요.')
    return [(output, _node(target, output)) for output, target in zip(a, y, strict=True)]


def _node(target: Any, output: Any) -> Any:
    if isinstance(output, Value):
        return target if isinstance(target, Value) else Value(beside(number(target), output.data))
    for x in (output, target):
        interpreter_of(type(x))  # 수가 아니면 TypeError
    return target


def sequence(x: Any, what: str = '출력과 목표는') -> list:
    """x 의 목록: 수 하나면 그것 하나, 배열이면 파이썬의 수. 차례가 없거나 수가 값 쪽에 있는 것(set, dict)이면 TypeError."""
    x = x.tolist() if hasattr(x, 'tolist') else x
    return listed(x if hasattr(x, '__iter__') else [x], f'{what} 차례가 있는 목록입니다.')


def _data(x: Any) -> list:
    """수나 Value 의 목록을 수의 목록으로."""
    return [y.data if isinstance(y, Value) else y for y in sequence(x)]
