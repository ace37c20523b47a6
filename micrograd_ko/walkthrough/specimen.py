"""여러 장이 함께 쓰는 2-3-2 신경망과 표본. 첫 두 뉴런은 노트의 예와 같아서 z²₁ = 0.58, z²₂ = 0.42 가 이어진다.

손으로 따라 계산할 수 있도록 한 자리 소수만 쓴다.
"""

from collections.abc import Sequence
from typing import Any

from micrograd_ko.engine import Value
from micrograd_ko.learning.losses import mean, quadratic
from micrograd_ko.nn import MLP, Trace

WEIGHTS = [[[0.4, 0.6], [0.1, 0.9], [-0.5, 0.7]], [[0.3, -0.6, 0.8], [-0.2, 0.5, 0.4]]]
BIASES = [[0.2, 0.1, -0.3], [0.1, -0.1]]
SAMPLES = [([0.5, 0.3], [1, 0]), ([0.9, 0.1], [0, 1]), ([0.2, 0.8], [1, 0])]
X, Y = SAMPLES[0]


def network() -> MLP:
    """새 2-3-2 신경망(시그모이드). 부를 때마다 같은 초깃값이다."""
    return MLP.from_matrices(WEIGHTS, BIASES)


def mean_cost(net: MLP, samples: Sequence[tuple]) -> Value:
    """표본들의 평균 이차 손실 C."""
    return mean([quadratic(net(x), y) for x, y in samples])


def backpropagated(net: MLP, x: Any, y: Any) -> tuple[Trace, Value]:
    """net 의 순전파, 이차 손실, 역전파를 마친 (Trace, C)."""
    trace = net.trace(x)
    cost = quadratic(trace.output, y)
    cost.backward()
    return trace, cost
