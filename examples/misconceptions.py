"""역전파의 흔한 실수 다섯을 실제로 저질러 본다: 어느 기울기가 깨지고 어느 것이 멀쩡한가.

    python examples/misconceptions.py

먼저 맞혀 보자. b = a + a, c = b + b 에서 `+=` 를 `=` 로 적으면 ∂c/∂a 는 얼마가 되는가?
"""

import random
import sys

from micrograd_ko import MLP, Value, losses
from micrograd_ko.explanation.misconceptions import (
    depth_first,
    forgetting_zero_grad,
    overwriting,
    passing_on_at_once,
    updating_while_walking,
)
from micrograd_ko.writing.console import survive


def doubled_twice():
    a = Value(3.0, 'a')
    b = a + a
    c = b + b
    b.name, c.name = 'b', 'c'
    return c


def late_term():
    """b 를 방문하고 나서야 b² 쪽의 항이 도착한다."""
    a = Value(3.0, 'a')
    b = a * 2
    b.name = 'b'
    return b + b**2


def main():
    survive(sys.stdout)
    print('# b = a + a, c = b + b: 옳은 답은 ∂c/∂a = 4\n')
    print(overwriting(doubled_twice()), passing_on_at_once(doubled_twice()), depth_first(doubled_twice()), sep='\n\n')
    print('\n# b = 2a, c = b + b²: 처음 만난 순서로 방문하면\n')
    print(depth_first(late_term()))
    print('\n# 2-2-1 네트워크, 학습률 1\n')
    net = MLP(2, [2, 1], rng=random.Random(0))
    cost = losses.quadratic(net([0.5, 0.3]), 1.0)
    print(updating_while_walking(cost, net.parameters(), 1.0), forgetting_zero_grad(cost, net.parameters(), 1.0), sep='\n\n')


if __name__ == '__main__':
    main()
