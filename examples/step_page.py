"""역전파를 한 스텝씩 보는 페이지를 쓴다: 2-3-2 신경망과 b = a + a, c = b + b. 브라우저로 열면 된다.

    python examples/step_page.py [DIR]

DIR 을 주지 않으면 새 임시 폴더에 쓴다.
"""

import random
import sys
import tempfile
from pathlib import Path

from micrograd_ko import MLP, Value, draw, losses


def network() -> Value:
    """2-3-2 신경망에 표본 하나를 넣은 손실."""
    net = MLP(2, [3, 2], rng=random.Random(1))
    loss = losses.quadratic(net([0.5, 0.3]), [1.0, 0.0])
    loss.name = 'C'
    return loss


def shared() -> Value:
    """한 값을 두 번 쓰는 그래프: 기울기가 더해지는(+=) 까닭이 여기서 보인다."""
    a = Value(3.0, 'a')
    b = a + a
    c = b + b
    b.name, c.name = 'b', 'c'
    return c


def write_pages(directory: Path) -> list[Path]:
    """두 페이지를 directory 에 쓰고 경로를 돌려준다. 폴더가 없으면 만든다."""
    directory.mkdir(parents=True, exist_ok=True)
    return [
        draw(network()).save(directory / 'network.html'),
        draw(shared()).save(directory / 'shared.html'),
    ]


if __name__ == '__main__':
    for path in write_pages(Path(sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp(prefix='micrograd_ko-'))):
        print(path)
