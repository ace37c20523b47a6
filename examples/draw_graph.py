"""식 하나의 계산 그래프(computation graph)를 그린다: L = (a·b + c)·f

    python examples/draw_graph.py [폴더]

폴더를 주지 않으면 임시 폴더에 그린다.
"""

import sys
import tempfile
from pathlib import Path

from micrograd_ko import Value, draw


def expression() -> tuple[Value, Value]:
    """(L, a): 값이 -8, ∂L/∂a = 6 인 작은 식."""
    a, b, c, f = Value(2.0, 'a'), Value(-3.0, 'b'), Value(10.0, 'c'), Value(-2.0, 'f')
    e = a * b
    d = e + c
    loss = d * f
    e.name, d.name, loss.name = 'e', 'd', 'L'
    return loss, a


def main() -> None:
    directory = Path(sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp())
    directory.mkdir(parents=True, exist_ok=True)
    loss, a = expression()
    print('역전파 전:', draw(loss).save(directory / 'graph_before.svg'))
    loss.backward()
    drawing = draw(loss)
    for suffix in ('svg', 'png', 'dot', 'mmd'):
        print('역전파 뒤:', drawing.save(directory / f'graph.{suffix}'))
    print('a 에서 L 까지의 경로:', draw(loss, focus=a).save(directory / 'graph_focus.svg'))


if __name__ == '__main__':
    main()
