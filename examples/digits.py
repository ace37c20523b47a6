"""손글씨 숫자(digits): 노트의 갱신 식으로 1,797 장을 가르친다. 64-30-10, η = 3, 미니배치 10 (M. Nielsen 의 책과 같은 설정).

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

SEEDS, HELD, ETA, EPOCHS, DECAY = range(5), 360, 3.0, {1: 60, 3: 30}, 1e-4


def expanded(X, labels):
    """그림마다 그대로인 것과 여덟 방향으로 반 칸(0.5 픽셀) 민 것: 옆 칸과의 평균이다. 밖은 비어 있다(0)."""
    padded = np.pad(X.reshape(-1, 8, 8), ((0, 0), (1, 1), (1, 1)))
    moved = {(i, j): padded[:, 1 + i : 9 + i, 1 + j : 9 + j].reshape(-1, 64) for i in (-1, 0, 1) for j in (-1, 0, 1)}
    images = [(X + moved[i, 0] + moved[0, j] + moved[i, j]) / 4 for i, j in moved]
    return np.concatenate(images), np.tile(labels, 9)


def learn(chapter, training, held, rng):
    """책의 chapter 장대로 배운 (신경망, held 의 정확도)."""
    net = MLP(64, [30, 10], output='linear' if chapter == 3 else None, rng=rng)
    samples, loss, optimizer = training, losses.quadratic, SGD(net.parameters(), ETA)
    if chapter == 3:
        samples, loss = expanded(*training), losses.softmax_cross_entropy
        optimizer = SGD(net.parameters(), optim.cosine(ETA, EPOCHS[3] * -(-len(samples[0]) // 10)), weight_decay=DECAY)
    history = net.fit(samples, loss, epochs=EPOCHS[chapter], optimizer=optimizer, rng=rng, engine='replay', validation=held)
    return net, history.validation_accuracy[-1]


def main():
    survive(sys.stdout)
    pixels, labels = load_digits(return_X_y=True)
    X = pixels / 16
    print(f'그림 {len(X)}장, 8 × 8. 64-30-10, η = {ETA:g}, m = 10\n책 1장  이차 손실, {EPOCHS[1]}에포크')
    print(f'책 3장  소프트맥스 교차 엔트로피, L2 λ = {DECAY:g}, 코사인 일정, 반 칸씩 밀어 아홉 배로 넓힌 자료, {EPOCHS[3]}에포크')
    for seed in SEEDS:
        scores = []
        for chapter, drawn in ((1, True), (1, False), (3, True), (3, False)):
            rng = random.Random(seed)
            held = rng.sample(range(len(X)), len(X))[:HELD] if drawn else range(len(X) - HELD, len(X))
            training = np.setdiff1d(np.arange(len(X)), held)
            net, score = learn(chapter, (X[training], labels[training]), (X[held], labels[held]), rng)
            scores.append(score)
        print('  씨앗 {}  책 1장: 무작위 {:.2%}, 다른 손 {:.2%}  책 3장: 무작위 {:.2%}, 다른 손 {:.2%}'.format(seed, *scores))
    print(f'\n마지막 망이 첫 그림을 보고 하는 말: {losses.softmax_cross_entropy.answer(net(X[0]))} (정답 {labels[0]})')
    print(*['  ' + ''.join([' .:+*#'[round(5 * x)] * 2 for x in row]).rstrip() for row in X[0].reshape(8, 8)], sep='\n')


if __name__ == '__main__':
    main()
