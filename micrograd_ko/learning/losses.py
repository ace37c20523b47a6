"""손실 함수(loss): 출력과 목표를 받아 `Value` 하나를 준다. 한 표본의 C_x 이고, 표본에 걸친 평균은 `mean` 이다.

outputs 와 targets 는 수·Value 하나이거나 같은 길이의 목록이다. 길이가 다르면 ValueError.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from micrograd_ko import ops
from micrograd_ko.engine import Value


def quadratic(outputs: Any, targets: Any) -> Value:
    """이차 손실(quadratic loss): C = ½ Σⱼ (aⱼ − yⱼ)² = ½ |y − a|² (노트의 가정 2).

    >>> quadratic([Value(1.0), Value(3.0)], [0.0, 1.0]).data
    2.5
    """
    gaps = [a - y for a, y in _pairs(outputs, targets)]
    return ops.dot(gaps, gaps) / 2


def cross_entropy(outputs: Any, targets: Any) -> Value:
    """교차 엔트로피(cross-entropy): C = −Σⱼ [yⱼ ln aⱼ + (1 − yⱼ) ln(1 − aⱼ)], 0 < a < 1. a 가 0 이나 1 이면 DomainError."""
    return -ops.total([y * ops.log(a) + (1 - y) * ops.log(1 - a) for a, y in _pairs(outputs, targets)])


def softmax_cross_entropy(logits: Sequence, target: Any) -> Value:
    """소프트맥스 교차 엔트로피: C = ln Σ e^{zᵢ} − Σ yᵢ zᵢ. target 은 클래스 번호(0부터)이거나 원-핫(one-hot) 목록."""
    zs = list(logits)
    if type(target) is int or hasattr(target, '__index__'):
        if not 0 <= target < len(zs):
            raise ValueError(f'클래스 번호는 0 부터 {len(zs) - 1} 까지입니다. {target} 을(를) 받았습니다.')
        return ops.logsumexp(zs) - zs[target]
    pairs = _pairs(zs, target)
    return ops.logsumexp(zs) - ops.dot([y for _, y in pairs], zs)


def hinge(outputs: Any, targets: Any) -> Value:
    """힌지 손실(hinge): C = Σⱼ max(0, 1 − yⱼ·aⱼ), 목표는 −1 이나 1."""
    return ops.total([ops.relu(1 - y * a) for a, y in _pairs(outputs, targets)])


def mean(losses: Iterable[Value]) -> Value:
    """총 손실 = 각 표본 손실의 평균: C = (1/n) Σ_x C_x (노트의 가정 1).

    미분도 평균이다: ∂C/∂w = (1/n) Σ_x ∂C_x/∂w. 노트는 이 줄에서 1/n 을 빠뜨렸지만, 갱신 식의 η/m 은 평균을 뜻한다.
    """
    terms = list(losses)
    if not terms:
        raise ValueError('mean: 손실이 하나도 없습니다. 표본을 하나 이상 주세요.')
    return ops.total(terms) / len(terms)


def _pairs(outputs: Any, targets: Any) -> list[tuple]:
    """(출력, 목표)의 목록."""
    a, y = _sequence(outputs), _sequence(targets)
    if len(a) != len(y):
        raise ValueError(f'출력(outputs) {len(a)}개와 목표(targets) {len(y)}개의 수가 다릅니다. 출력마다 목표를 하나씩 주세요.')
    return list(zip(a, y, strict=True))


def _sequence(x: Any) -> list:
    if hasattr(x, 'tolist'):
        x = x.tolist()
    return list(x) if hasattr(x, '__iter__') else [x]
