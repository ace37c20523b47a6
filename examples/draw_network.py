"""2-3-2 신경망을 세 수준으로 그린다: 연산(ops), 뉴런(neuron), 층(layer). 넓은 2-16-16-1 은 층으로.

    python examples/draw_network.py [폴더]

폴더를 주지 않으면 임시 폴더에 그린다.
"""

import random
import sys
import tempfile
from pathlib import Path

from micrograd_ko import MLP, Value, draw
from micrograd_ko.learning.losses import quadratic


def loss_of(net: MLP, x: list[float], y: list[float]) -> Value:
    """한 표본의 손실 C. 역전파까지 마쳤다."""
    loss = quadratic(net.trace(x).output, y)
    loss.backward()
    return loss


def main() -> None:
    directory = Path(sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp())
    directory.mkdir(parents=True, exist_ok=True)
    rng = random.Random(1)
    small = loss_of(MLP(2, [3, 2], rng=rng), [0.5, 0.3], [1.0, 0.0])
    for detail in ('ops', 'neuron', 'layer'):
        for suffix in ('svg', 'png'):
            print(f'2-3-2, {detail}:', draw(small, detail).save(directory / f'network_{detail}.{suffix}'))
    wide = loss_of(MLP(2, [16, 16, 1], rng=rng), [0.5, 0.3], [1.0])
    print('2-16-16-1, layer:', draw(wide).save(directory / 'network_wide.svg'))


if __name__ == '__main__':
    main()
