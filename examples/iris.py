"""붓꽃(Iris)을 relu 신경망과 소프트맥스 교차 엔트로피로 가르치고, 틀린 꽃과 망설인 꽃을 들여다본다."""

import random
import sys

from micrograd_ko import MLP, SGD, iris, losses, train
from micrograd_ko.writing.console import left, survive

LOSS = losses.softmax_cross_entropy


def probabilities(net, x):
    """소프트맥스(softmax): 품종마다의 확률. 확률은 exp(−손실)이다."""
    logits = net(x)
    return [(-LOSS(logits, label)).exp().data for label in range(len(logits))]


def main():
    survive(sys.stdout)
    rng = random.Random(0)
    training, testing = iris.standardise(*iris.split(iris.load(), 0.2, rng))
    net = MLP(4, [8, 3], activation='relu', output='linear', rng=rng)
    optimizer = SGD(net.parameters(), lr=0.02, momentum=0.9)
    for number in range(1, 21):
        total = 0.0
        for batch in train.minibatches(training, 10, rng):
            loss = losses.mean([LOSS(net(x), label) for x, label in batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.data * len(batch)
        if number % 5 == 0:
            print(f'{number}에포크: 손실 {total / len(training):.4f}, 학습 정확도 {train.accuracy(net, training, LOSS):.1%}')
    print(f'시험 정확도 {train.accuracy(net, testing, LOSS):.1%} ({len(testing)}송이)')

    print('\n가장 망설인 시험 꽃 다섯 송이')
    hesitant = sorted(testing, key=lambda sample: max(probabilities(net, sample[0])))[:5]
    for x, label in hesitant:
        answer = LOSS.answer(net(x))
        chances = '  '.join(f'{name} {p:4.0%}' for name, p in zip(iris.SPECIES, probabilities(net, x), strict=True))
        print(f'  {left(iris.SPECIES[label], 10)}  {chances}  {"맞음" if answer == label else "틀림"}')


if __name__ == '__main__':
    main()
