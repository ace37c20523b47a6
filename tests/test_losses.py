"""손실 함수: 식과의 일치, 기울기, 길이의 검사."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_ko import DomainError, Value, losses

outputs = st.lists(st.floats(0.01, 0.99), min_size=1, max_size=5)


def values(xs):
    return [Value(x) for x in xs]


@given(outputs)
def test_quadratic_is_half_the_squared_distance(a):
    y = [0.5 - x for x in a]
    vs = values(a)
    loss = losses.quadratic(vs, y)
    loss.backward()
    assert loss.data == pytest.approx(sum((p - q) ** 2 for p, q in zip(a, y, strict=True)) / 2, rel=1e-14, abs=1e-300)
    assert [v.grad for v in vs] == [p - q for p, q in zip(a, y, strict=True)]


@given(outputs)
def test_cross_entropy(a):
    y = [i % 2 for i in range(len(a))]
    loss = losses.cross_entropy(values(a), y)
    assert loss.data == pytest.approx(-sum(math.log(p if q else 1 - p) for p, q in zip(a, y, strict=True)), rel=1e-13)


@given(st.lists(st.floats(-700, 700), min_size=2, max_size=5))
def test_softmax_cross_entropy_takes_a_class_or_one_hot_and_its_gradient_is_softmax_minus_one_hot(z):
    by_class, by_hot = values(z), values(z)
    one_hot = [1] + [0] * (len(z) - 1)
    for vs, target in ((by_class, 0), (by_hot, one_hot)):
        loss = losses.softmax_cross_entropy(vs, target)
        loss.backward()
        p = np.exp(np.array(z) - max(z))
        p /= p.sum()
        # 입력 700 의 ε 만큼의 상대 오차가 지수를 지나 확률에 그대로 온다
        assert [v.grad for v in vs] == pytest.approx(list(p - one_hot), abs=len(z) * 4 * 700 * 2**-52)


def test_hinge_is_zero_beyond_the_margin():
    vs = values([2.0, 0.5, -0.5])
    loss = losses.hinge(vs, [1, 1, 1])
    loss.backward()
    assert loss.data == 0.5 + 1.5 and [v.grad for v in vs] == [0, -1, -1]


def test_mean_is_the_mean_and_so_is_its_gradient():
    """노트의 가정 1: 미분에도 1/n 이 붙는다."""
    w = Value(2.0)
    losses.mean([w * x for x in (1.0, 2.0, 6.0)]).backward()
    assert w.grad == 3.0
    with pytest.raises(ValueError, match='하나 이상'):
        losses.mean([])


@pytest.mark.parametrize('loss', [losses.quadratic, losses.cross_entropy, losses.hinge, losses.softmax_cross_entropy])
def test_target_of_the_wrong_length(loss):
    with pytest.raises(ValueError, match=r'2개.*3개'):
        loss(values([0.1, 0.2]), [0, 1, 0])


def test_a_single_output_and_numpy_targets():
    assert losses.quadratic(Value(3.0), 1).data == 2.0
    assert losses.quadratic(values([3.0, 1.0]), np.array([1.0, 1.0])).data == 2.0


def test_class_out_of_range_and_certain_outputs():
    for wrong in (-1, 2):
        with pytest.raises(ValueError, match='0 부터 1'):
            losses.softmax_cross_entropy(values([0.1, 0.2]), wrong)
    with pytest.raises(DomainError, match='a³₁'):
        losses.cross_entropy([Value(0.0, 'a³₁')], [1])
