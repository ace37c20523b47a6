"""손글씨 숫자(digits): 노트의 갱신 식으로 1,797 장을 가르친다. 64-30-10, η = 3, 미니배치 10 (M. Nielsen 의 책 1장과 같은 설정).

한 줄에 씨앗 하나. '무작위' 는 씨앗이 고른 360 장, '다른 손' 은 자료의 마지막 360 장(다른 사람들의 글씨)을 떼어 두고 잰 정확도다.
"""

import random
import sys

import numpy as np
from sklearn.datasets import load_digits

from micrograd_ko import MLP
from micrograd_ko.writing.console import survive

SEEDS, EPOCHS, HELD = range(5), 60, 360


def learn(X, labels, held, rng):
    """held 의 그림을 떼어 두고 배운다: (신경망, 기록)."""
    training = np.setdiff1d(np.arange(len(X)), held)
    net = MLP(64, [30, 10], rng=rng)
    history = net.fit(
        (X[training], labels[training]), epochs=EPOCHS, batch_size=10, lr=3.0, rng=rng, engine='replay',
        validation=(X[held], labels[held]),
    )  # fmt: skip
    return net, history


def picture(pixels):
    """8 × 8 의 밝기(0 … 1)를 글자로."""
    return [''.join([' .:+*#'[round(5 * x)] * 2 for x in row]) for row in pixels.reshape(8, 8)]


def main():
    survive(sys.stdout)
    digits = load_digits()
    X, labels = digits.data / 16, digits.target
    print(f'그림 {len(X)}장, 8 × 8. 64-30-10, 이차 손실, η = 3, m = 10, {EPOCHS}에포크')
    for seed in SEEDS:
        rng = random.Random(seed)
        net, history = learn(X, labels, rng.sample(range(len(X)), len(X))[:HELD], rng)
        _, other = learn(X, labels, range(len(X) - HELD, len(X)), random.Random(seed))
        print(f'  씨앗 {seed}  무작위 {history.validation_accuracy[-1]:.2%}  다른 손 {other.validation_accuracy[-1]:.2%}')
    print(f'\n마지막 망이 첫 그림을 보고 하는 말 (정답 {labels[0]})')
    for line, a in zip([*picture(X[0]), '', ''], [f'{j}  {a.data:.3f}' for j, a in enumerate(net(X[0]))], strict=True):
        print(f'  {line:16}   {a}')


if __name__ == '__main__':
    main()
