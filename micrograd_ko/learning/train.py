"""학습(training): 미니배치로 나누고, 한 바퀴(epoch) 돌고, 분류의 정확도를 잰다."""

import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from micrograd_ko.engine import Value
from micrograd_ko.learning import losses
from micrograd_ko.learning.optim import SGD
from micrograd_ko.nn import MLP


def minibatches(samples: Sequence, size: int, rng: random.Random) -> Iterator[list]:
    """표본을 섞어 size 개씩 나눈 미니배치(mini-batch). 마지막은 더 작을 수 있다. 주어진 목록의 순서는 그대로다."""
    if size < 1:
        raise ValueError(f'미니배치의 크기(size)는 1 이상의 정수입니다. {size!r} 을(를) 받았습니다.')
    shuffled = rng.sample(samples, len(samples))
    return (shuffled[start : start + size] for start in range(0, len(shuffled), size))


def epoch(
    net: MLP, samples: Sequence[tuple], loss: Callable[[Any, Any], Value], optimizer: SGD, batch_size: int, rng: random.Random
) -> float:
    """모든 표본 (x, y) 를 한 번씩: 미니배치마다 C = (1/m) Σ_x C_x 를 역전파하고 한 걸음 움직인다.

    loss(outputs, y) 는 한 표본의 C_x. 걸음을 떼기 전에 잰 C_x 의 평균을 돌려준다.
    """
    if not samples:
        raise ValueError('epoch: 표본이 하나도 없습니다. (x, y) 의 목록을 주세요.')
    total = 0.0
    for batch in minibatches(samples, batch_size, rng):
        cost = losses.mean([loss(net(x), y) for x, y in batch])
        optimizer.zero_grad()
        cost.backward()
        optimizer.step()
        total += cost.data * len(batch)
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
