"""학습의 도구: 미니배치, 한 에포크, 분류."""

import itertools
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_ko import MLP, SGD, equations, losses, train


@given(st.integers(0, 30), st.integers(1, 40), st.integers(0, 5))
def test_minibatches_hold_every_sample_once(count, size, seed):
    samples = list(range(count))
    batches = list(train.minibatches(samples, size, random.Random(seed)))
    assert sorted(itertools.chain(*batches)) == samples == list(range(count))
    assert all(len(batch) == size for batch in batches[:-1])
    assert all(0 < len(batch) <= size for batch in batches)


def test_minibatches_are_shuffled_by_the_generator_alone():
    samples = list(range(50))
    first, again, other = ([*itertools.chain(*train.minibatches(samples, 7, random.Random(s)))] for s in (1, 1, 2))
    assert first == again
    assert first not in (other, samples)


@pytest.mark.parametrize('size', [0, -1])
def test_minibatches_refuse_an_empty_batch(size):
    with pytest.raises(ValueError, match='1 이상'):
        train.minibatches([1, 2], size, random.Random(0))


def test_epoch_is_the_matrix_update_of_each_minibatch():
    """크기가 다른 마지막 배치까지, 행렬의 sgd_step 을 배치마다 한 것과 같다. 손실은 걷기 전 손실의 표본 평균이다."""
    rng = random.Random(0)
    net = MLP(2, [3, 2], rng=rng)
    samples = [([rng.gauss(0, 1), rng.gauss(0, 1)], [rng.random(), rng.random()]) for _ in range(5)]
    (weights, biases), costs = net.matrices(), []
    for batch in train.minibatches(samples, 2, random.Random(7)):
        for x, y in batch:
            output = equations.feedforward(weights, biases, x)[1][-1]
            costs.append(sum((output - y) ** 2) / 2)
        weights, biases = equations.sgd_step(weights, biases, batch, 0.5)
    mean = train.epoch(net, samples, losses.quadratic, SGD(net.parameters(), lr=0.5), 2, random.Random(7))
    # 세 스텝 동안 쌓인 반올림: 수는 모두 1 안팎이고 연산은 수십 번이므로 ε 의 수십 배, 1e-13 에 못 미친다
    assert mean == pytest.approx(sum(costs) / 5, abs=1e-13)
    for ours, theirs in zip([*net.matrices()[0], *net.matrices()[1]], [*weights, *biases], strict=True):
        assert np.abs(ours - theirs).max() < 1e-13


def test_classify_and_accuracy():
    net = MLP.from_matrices([[[1.0, 0.0], [0.0, 1.0]]], [[0.0, 0.0]], 'linear')
    assert [train.classify(net, x) for x in ([3, 1], [1, 3])] == [0, 1]
    assert train.accuracy(net, [([3, 1], 0), ([1, 3], 1), ([2, 5], 0), ([5, 2], 0)]) == 0.75


def test_classify_refuses_a_single_output():
    with pytest.raises(ValueError, match='출력이 하나'):
        train.classify(MLP(2, [1]), [0, 1])


@pytest.mark.parametrize('label', [-1, 3])
def test_one_hot_refuses_a_label_out_of_range(label):
    with pytest.raises(ValueError, match='0 부터 2'):
        train.one_hot(label, 3)
