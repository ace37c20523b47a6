"""학습의 도구: 미니배치, 원-핫, 정확도."""

import itertools
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_ko import MLP, iris, losses, train
from micrograd_ko.learning.data.moons import moons


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
    with pytest.raises(ValueError, match='양의 정수'):
        train.minibatches([1, 2], size, random.Random(0))


def test_accuracy_counts_the_answers_of_the_loss():
    net = MLP.from_matrices([[[1.0, 0.0], [0.0, 1.0]]], [[0.0, 0.0]], 'linear')
    assert [losses.quadratic.answer(net(x)) for x in ([3, 1], [1, 3])] == [0, 1]
    assert train.accuracy(net, [([3, 1], 0), ([1, 3], 1), ([2, 5], 0), ([5, 2], 0)]) == 0.75
    with pytest.raises(ValueError, match='클래스 번호나 원-핫'):
        train.accuracy(net, [([3, 1], [0.3, 0.7])])


@pytest.mark.parametrize(('loss', 'right'), [
    (losses.quadratic, 0.5), (losses.sigmoid_cross_entropy, 1.0), (lambda a, y: (a - y) ** 2, 0.5),
])  # fmt: skip
def test_a_single_output_is_measured_too(loss, right):
    """출력 −1 과 0.25 를 0 과 1 로 읽는가: 확률이면 ½, 로짓이면 0 을 넘는지가 답이다."""
    net = MLP.from_matrices([[[1.0]]], [[0.0]], 'linear')
    assert train.accuracy(net, [([-1.0], 0), ([0.25], 1)], loss) == right


@pytest.mark.parametrize('label', [-1, 3])
def test_one_hot_refuses_a_label_out_of_range(label):
    with pytest.raises(ValueError, match='0 부터 2'):
        train.one_hot(label, 3)


@pytest.mark.parametrize('label', [1.0, '1', [0, 1], [5, 7], 'ab', np.array([1]), np.array([0, 1]), None], ids=repr)
@pytest.mark.parametrize('classes', [1, 2])
def test_one_hot_takes_only_a_number(label, classes):
    """길이가 맞는 목록도 글도 번호가 아니다."""
    with pytest.raises(ValueError, match='정수입니다'):
        train.one_hot(label, classes)
    assert train.one_hot(np.int8(0), classes) == train.one_hot(np.array(0), classes) == [1, 0][:classes]


@pytest.mark.parametrize('draw', [lambda rng: moons(6, rng=rng), lambda rng: iris.split(iris.load(), 0.2, rng)])
def test_the_data_take_a_seed_like_the_networks(draw):
    """0 도 씨앗이다."""
    assert draw(0) == draw(random.Random(0)) != draw(1)
    with pytest.raises(TypeError, match='씨앗'):
        draw('0')


def test_samples_may_be_anything_that_can_be_listed_and_the_generator_a_seed():
    shuffled = list(train.minibatches([0, 1, 2, 3, 4], 2, random.Random(3)))
    for samples in (range(5), iter(range(5)), np.arange(5)):
        assert list(train.minibatches(samples, np.int64(2), 3)) == shuffled
    pairs = list(train.minibatches([(x, 10 * x) for x in range(5)], 2, 3))
    assert list(train.minibatches((range(5), range(0, 50, 10)), 2, 3)) == pairs  # (X, Y)
    with pytest.raises(TypeError, match='표본'):
        train.minibatches(3, 2, 0)
