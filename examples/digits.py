"""손글씨 숫자(digits): 노트의 갱신 식으로 1,797 장을 가르친다. 64-30-10, η = 3, 미니배치 10 (M. Nielsen 의 책 1장과 같은 설정).

한 줄에 씨앗 하나. '무작위' 는 씨앗이 고른 360 장, '다른 손' 은 자료의 마지막 360 장(다른 사람들의 글씨)을 떼어 두고 잰 정확도다.
'책 1장' 은 이차 손실 그대로, '책 3장' 은 그 책이 더 잘 배우게 한 것들이다: 교차 엔트로피(소프트맥스), L2, 줄어드는 학습률, 그리고
반 칸씩 밀어 넓힌 자료(expanding the training data).
"""

import random
import sys

import numpy as np
from sklearn.datasets import load_digits

from micrograd_ko import MLP, SGD, losses, optim
from micrograd_ko.writing.console import survive

SEEDS, HELD, ETA, BATCH = range(5), 360, 3.0, 10
PLAIN, BETTER, DECAY = 60, 30, 1e-4  # 에포크, 에포크, L2 의 λ


def expanded(X, labels):
    """그림마다 그대로인 것과 여덟 방향으로 반 칸(0.5 픽셀) 민 것: 옆 칸과의 평균이다. 밖은 비어 있다(0)."""
    padded = np.pad(X.reshape(-1, 8, 8), ((0, 0), (1, 1), (1, 1)))

    def moved(dy, dx):
        return padded[:, 1 + dy : 9 + dy, 1 + dx : 9 + dx].reshape(-1, 64)

    images = [(X + moved(dy, 0) + moved(0, dx) + moved(dy, dx)) / 4 for dy in (-1, 0, 1) for dx in (-1, 0, 1)]
    return np.concatenate(images), np.tile(labels, len(images))


def plain(training, held, rng):
    """책의 1장: 시그모이드와 이차 손실."""
    net = MLP(64, [30, 10], rng=rng)
    return net, net.fit(training, epochs=PLAIN, batch_size=BATCH, lr=ETA, rng=rng, engine='replay', validation=held)


def better(training, held, rng):
    """책의 3장: 넓힌 자료를 로짓의 손실과 L2 로, 코사인으로 줄어드는 학습률로."""
    net, samples = MLP(64, [30, 10], output='linear', rng=rng), expanded(*training)
    steps = BETTER * -(-len(samples[0]) // BATCH)
    optimizer = SGD(net.parameters(), optim.cosine(ETA, steps), weight_decay=DECAY)
    return net, net.fit(samples, losses.softmax_cross_entropy, epochs=BETTER, batch_size=BATCH, optimizer=optimizer, rng=rng,
                        engine='replay', validation=held)  # fmt: skip


def picture(pixels):
    """8 × 8 의 밝기(0 … 1)를 글자로."""
    return [''.join([' .:+*#'[round(5 * x)] * 2 for x in row]) for row in pixels.reshape(8, 8)]


def main():
    survive(sys.stdout)
    digits = load_digits()
    X, labels = digits.data / 16, digits.target
    print(f'그림 {len(X)}장, 8 × 8. 64-30-10, η = {ETA:g}, m = {BATCH}')
    print(f'책 1장  이차 손실, {PLAIN}에포크')
    print(f'책 3장  소프트맥스 교차 엔트로피, L2 λ = {DECAY:g}, 코사인 일정, 반 칸씩 밀어 아홉 배로 넓힌 자료, {BETTER}에포크')
    for seed in SEEDS:
        scores = []
        for learn in (plain, better):
            for drawn in (True, False):
                rng = random.Random(seed)
                held = rng.sample(range(len(X)), len(X))[:HELD] if drawn else range(len(X) - HELD, len(X))
                training = np.setdiff1d(np.arange(len(X)), held)
                net, history = learn((X[training], labels[training]), (X[held], labels[held]), rng)
                scores.append(history.validation_accuracy[-1])
        print('  씨앗 {}  책 1장: 무작위 {:.2%}, 다른 손 {:.2%}  책 3장: 무작위 {:.2%}, 다른 손 {:.2%}'.format(seed, *scores))
    print(f'\n마지막 망이 첫 그림을 보고 하는 말 (정답 {labels[0]})')
    chances = [(-losses.softmax_cross_entropy(net(X[0]), j)).exp().data for j in range(10)]
    for line, p in zip([*picture(X[0]), '', ''], [f'{j}  {p:.3f}' for j, p in enumerate(chances)], strict=True):
        print(f'  {line:16}   {p}')


if __name__ == '__main__':
    main()
