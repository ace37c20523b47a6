"""XOR: 은닉층이 없으면 배울 수 없고, 뉴런 몇 개면 배운다. 배운 경계를 글자로 그린다."""

import random
import sys

from micrograd_ko import MLP, losses
from micrograd_ko.writing.console import survive

SAMPLES = [([0, 0], 0), ([0, 1], 1), ([1, 0], 1), ([1, 1], 0)]
SHADES = ' .:+*#'


def learn(widths):
    """widths 모양의 신경망을 XOR 로 가르친다: (net, 마지막 손실)."""
    rng = random.Random(1)
    net = MLP(2, widths, activation='tanh', output='sigmoid', rng=rng)
    history = net.fit(SAMPLES, losses.cross_entropy, epochs=1000, batch_size=len(SAMPLES), lr=1.0, rng=rng)
    return net, history.loss[-1]


def picture(net, size=13):
    """0 ≤ x₁, x₂ ≤ 1 에서 출력이 클수록 짙은 글자. 위가 x₂ = 1 이다."""
    for row in range(size - 1, -1, -1):
        outputs = [net([column / (2 * size - 2), row / (size - 1)]).data for column in range(2 * size - 1)]
        yield ''.join(SHADES[min(int(a * len(SHADES)), len(SHADES) - 1)] for a in outputs)


def main():
    survive(sys.stdout)
    for widths in ([1], [4, 1]):
        net, loss = learn(widths)
        print(f'{net!r}: 손실(교차 엔트로피) {loss:.4f}')
        for x, y in SAMPLES:
            print(f'  {x[0]} xor {x[1]} = {y}   출력 {net(x):.3f}')
        print()
    print('배운 경계: #은 1, 빈칸은 0. 왼쪽 아래가 (0, 0)')
    for line in picture(net):
        print(f'  {line}')


if __name__ == '__main__':
    main()
