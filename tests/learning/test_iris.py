"""붓꽃 자료: 150송이, 알려진 통계, 나누기와 표준화, 그리고 배운 신경망이 선형 분류기보다 낫다."""

import random
import statistics

import numpy as np
import pytest

from micrograd_ko import MLP, iris
from micrograd_ko.learning.train import accuracy
from micrograd_ko.walkthrough import flowers


def test_fifty_flowers_of_each_species_in_order():
    assert [label for _, label in iris.load()] == [0] * 50 + [1] * 50 + [2] * 50
    assert {len(x) for x, _ in iris.load()} == {len(iris.FEATURES)}


def test_published_statistics():
    """널리 알려진 요약: 최소, 최대, 평균, 표준 편차(소수 둘째 자리)."""
    published = [(4.3, 7.9, 5.84, 0.83), (2.0, 4.4, 3.06, 0.44), (1.0, 6.9, 3.76, 1.77), (0.1, 2.5, 1.20, 0.76)]
    columns = zip(*[x for x, _ in iris.load()], strict=True)
    found = [(min(c), max(c), round(statistics.mean(c), 2), round(statistics.stdev(c), 2)) for c in columns]
    assert found == published


def test_species_means_of_fisher():
    """Fisher (1936)의 표 II: 품종마다의 평균."""
    fisher = [[5.006, 3.428, 1.462, 0.246], [5.936, 2.770, 4.260, 1.326], [6.588, 2.974, 5.552, 2.026]]
    data = np.array([x for x, _ in iris.load()]).reshape(3, 50, 4)
    assert data.mean(axis=1).round(3).tolist() == fisher


def test_follows_the_paper_where_uci_does_not():
    flowers = iris.load()
    assert (flowers[34][0], flowers[37][0]) == ([4.9, 3.1, 1.5, 0.2], [4.9, 3.6, 1.4, 0.1])


def test_split_keeps_every_flower_once_and_is_stratified():
    flowers = iris.load()
    training, testing = iris.split(flowers, 0.2, random.Random(3))
    assert sorted(training + testing) == sorted(flowers)
    assert [[label for _, label in testing].count(k) for k in range(3)] == [10, 10, 10]
    assert (training, testing) == iris.split(flowers, 0.2, random.Random(3))
    assert testing != iris.split(flowers, 0.2, random.Random(4))[1]


@pytest.mark.parametrize('ratio', [0, 1, -0.5, 1.5, 0.001])
def test_split_refuses_an_empty_side(ratio):
    with pytest.raises(ValueError, match='비율'):
        iris.split(iris.load(), ratio, random.Random(0))


def test_standardise_uses_the_training_flowers_only():
    training, testing = iris.split(iris.load(), 0.2, random.Random(0))
    scaled, others = iris.standardise(training, testing)
    data, raw = np.array([x for x, _ in scaled]), np.array([x for x, _ in training])
    # 120개를 더하는 반올림: 평균은 n·ε·|x|/편차 ≲ 120 · 2.2e-16 · 20 을 넘지 않는다
    assert abs(data.mean(axis=0)).max() < 1e-12
    assert abs(data.std(axis=0) - 1).max() < 1e-12
    expected = (np.array([x for x, _ in testing]) - raw.mean(axis=0)) / raw.std(axis=0)
    assert abs(np.array([x for x, _ in others]) - expected).max() < 1e-12
    assert [label for _, label in scaled] == [label for _, label in training]
    assert iris.standardise(training, training[:1])[1] == scaled[:1]


def least_squares_hits(training, testing):
    """선형 기준선: 원-핫 목표에 맞춘 최소 제곱의 가장 큰 출력이 맞힌 수."""
    def design(samples):
        return np.array([[*x, 1.0] for x, _ in samples])

    labels = np.array([label for _, label in testing])
    w, *_ = np.linalg.lstsq(design(training), np.eye(3)[[label for _, label in training]], rcond=None)
    return int((np.argmax(design(testing) @ w, axis=1) == labels).sum())


def test_the_network_beats_a_linear_classifier_on_unseen_flowers():
    """가운데 품종 versicolor 는 선형 최소 제곱으로는 잘 갈라지지 않는다(약 85 %). 세 번의 나눔을 합쳐 견준다."""
    hits = baseline = 0
    for seed in range(3):
        rng = random.Random(seed)
        training, testing = iris.standardise(*iris.split(iris.load(), flowers.TEST, rng))
        net = MLP(4, [flowers.HIDDEN, 3], rng=rng)
        before = accuracy(net, training)
        losses = flowers.train(net, training, 60, rng)
        assert losses[-1] < losses[0] / 4
        assert accuracy(net, training) > max(before, 0.9)
        hits += round(accuracy(net, testing) * len(testing))
        baseline += least_squares_hits(training, testing)
    assert hits > baseline
