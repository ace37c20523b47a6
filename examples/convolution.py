"""합성곱 신경망(CNN)을 스칼라로 적는다: 창(window)마다 같은 가중치를 쓰면, 기록한 그래프에서 행렬 하나가 되찾아진다.

    python examples/convolution.py

8×8 의 숫자 그림에 3×3 의 창 36개를 놓고, 창마다 같은 여섯 가지 특징(feature)을 잰다. 이웃한 넷의 가장 큰 것만 남겨(max
pooling) 열 숫자의 점수를 낸다. 가중치를 나누어 쓰는 것(weight sharing)은 특별한 층이 아니라 같은 `Value` 를 여러 번 쓰는 것이고,
그 기울기는 연쇄법칙대로 쓰인 곳마다의 것의 합이다. 그래서 여기에는 합성곱도 그 역전파도 적혀 있지 않다.
"""

import itertools
import random
import sys

import numpy as np
from sklearn.datasets import load_digits

from micrograd_ko import Layer, Value, compile_graph, losses, ops, optim
from micrograd_ko.writing.console import survive

SIDE, WINDOW, FEATURES, CLASSES = 8, 3, 6, 10
PLACES = SIDE - WINDOW + 1  # 창을 놓을 자리: 한 변에 여섯


def scores(pixels, kernel, dense):
    """숫자마다의 점수(logit). pixels 는 줄을 이은 64개, kernel 은 창의 층, dense 는 마지막 층."""
    found = {}
    for r, c in itertools.product(range(PLACES), repeat=2):
        found[r, c] = kernel([pixels[SIDE * (r + i) + c + j] for i in range(WINDOW) for j in range(WINDOW)])
    pooled = []
    for r, c in itertools.product(range(0, PLACES, 2), repeat=2):
        above, below = [map(ops.maximum, found[k, c], found[k, c + 1]) for k in (r, r + 1)]
        pooled += map(ops.maximum, above, below)
    return dense(pooled)


def main():
    survive(sys.stdout)
    rng, digits = random.Random(0), load_digits()
    kernel = Layer(WINDOW**2, FEATURES, 'relu', rng, layer=2)
    dense = Layer((PLACES // 2) ** 2 * FEATURES, CLASSES, 'linear', rng, layer=3)
    parameters = [*kernel.parameters(), *dense.parameters()]
    pixels, target = [[Value(0.0) for _ in range(n)] for n in (SIDE**2, CLASSES)]
    z = scores(pixels, kernel, dense)
    program = compile_graph(losses.softmax_cross_entropy(z, target), (pixels, target), parameters, z)
    print(program)

    order = rng.sample(range(len(digits.data)), len(digits.data))
    images, labels = digits.data[order] / 16, digits.target[order]
    learned, held = slice(360, None), slice(360)
    X = images[learned], np.eye(CLASSES)[labels[learned]]
    history = program.fit(X, epochs=30, batch_size=10, optimizer=optim.Adam(parameters, 0.003, weight_decay=1e-4), rng=0)
    right = program.outputs((images[held],)).argmax(axis=1) == labels[held]
    print(f'{len(history)}에포크: 손실 {history.loss[-1]:.4f}, 배우지 않은 {len(right)}개의 정확도 {right.mean():.1%}')


if __name__ == '__main__':
    main()
