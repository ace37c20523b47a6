"""포화된 신경망: 진단(diagnose)이 까닭을 말하고, 초깃값을 줄이거나 교차 엔트로피를 쓰면 낫는다."""

import random
import sys

from micrograd_ko import MLP, diagnose, iris, losses
from micrograd_ko.writing.console import left, survive


def network(scale=1.0, bias=0.0):
    """w ~ N(0, scale²/nin). 출력층의 편향은 bias 다."""
    def init(rng, nin):
        return [rng.gauss(0, scale * nin**-0.5) for _ in range(nin)], 0.0

    net = MLP(4, [8, 3], rng=random.Random(0), init=init)
    for neuron in net.layers[-1].neurons:
        neuron.b.data = bias
    return net


def learn(name, net, samples, loss):
    """열 에포크를 배운 뒤의 손실과 정확도를 적는다."""
    history = net.fit(samples, loss, epochs=10, lr=0.5, rng=0)
    print(f'  {left(name, 14)}  손실 {history.loss[-1]:.3f}, 정확도 {history.accuracy[-1]:.1%}')


def main():
    survive(sys.stdout)
    samples, _ = iris.standardise(*iris.split(iris.load(), 0.2, random.Random(0)))

    print('가중치를 60배로 시작한 신경망')
    print(diagnose(network(60), samples))
    learn('그대로', network(60), samples, losses.quadratic)
    learn('초깃값을 1배로', network(), samples, losses.quadratic)

    print('\n출력이 모두 1 에 붙은 채 시작한 신경망 (출력층의 편향 12)')
    print(diagnose(network(bias=12.0), samples))
    learn('이차 손실', network(bias=12.0), samples, losses.quadratic)
    learn('교차 엔트로피', network(bias=12.0), samples, losses.cross_entropy)


if __name__ == '__main__':
    main()
