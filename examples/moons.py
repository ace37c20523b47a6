"""두 초승달(moons): 로짓의 손실로 가르치고, 결정 경계를 글자와 그림으로 그린다.

    python examples/moons.py [폴더]

폴더를 주지 않으면 임시 폴더에 그린다.
"""

import random
import sys
import tempfile
from pathlib import Path

import matplotlib as mpl
from sklearn.datasets import make_moons

from micrograd_ko import MLP, diagnose, losses, plots
from micrograd_ko.writing.console import survive

LOSS = losses.sigmoid_cross_entropy


def learn(samples, held):
    """(신경망, 기록, 에포크마다의 파라미터)."""
    net = MLP(2, [8, 1], activation='tanh', output='linear', rng=random.Random(0))
    path = [[p.data for p in net.parameters()]]
    history = net.fit(
        samples, LOSS, epochs=200, lr=0.03, optimizer='adam', rng=0, validation=held, patience=30,
        callbacks=[lambda net, history: path.append([p.data for p in net.parameters()])],
    )  # fmt: skip
    return net, history, path


def boundary(net, width=61, height=13):
    """−1.5 ≤ x₁ ≤ 2.5, −1 ≤ x₂ ≤ 1.5 에서 둘째 클래스의 확률이 클수록 짙은 글자."""
    for row in range(height):
        x2 = 1.5 - 2.5 * row / (height - 1)
        chances = [net([4 * column / (width - 1) - 1.5, x2]).sigmoid().data for column in range(width)]
        yield ''.join([' .:+*#'[round(5 * p)] for p in chances])


def main():
    survive(sys.stdout)
    mpl.use('agg')
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp())
    samples, held = make_moons(200, noise=0.15, random_state=0), make_moons(200, noise=0.15, random_state=1)
    net, history, path = learn(samples, held)
    best, scores = history.best, history.validation_accuracy
    print(f'{best + 1}에포크가 가장 나았다: 검증 손실 {history.validation[best]:.3f}, 정확도 {scores[best]:.1%}')
    print(*boundary(net), sep='\n')
    drawn = {'curves': history.plot(), 'boundary': plots.boundary(net, samples, LOSS),
             'surface': plots.surface(net, samples, LOSS, path), 'layers': diagnose(net, samples, LOSS).plot()[0, 0]}  # fmt: skip
    for name, ax in drawn.items():
        ax.figure.savefig(folder / f'moons_{name}.png')
    print(f'그림: {folder / "moons_*.png"}')


if __name__ == '__main__':
    main()
