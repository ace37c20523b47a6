"""기울기 하나가 어떻게 나왔는지 묻는다: explain(노드, root).

    python examples/explain_gradient.py [--html explain.html]

1. 작은 그래프: a 가 두 갈래로 쓰이면 경로가 둘이고, 기울기는 두 곱의 합이다.
2. 네트워크: 노트의 δ 와 방정식이 수와 함께 나온다.
3. 깊은 그래프: 경로가 2¹⁰⁰⁰ 개라도 세고, 가장 큰 것을 고른다.
"""

import argparse
import random
import sys
from pathlib import Path

from micrograd_ko import MLP, Value, explain, losses
from micrograd_ko.writing.console import survive


def small():
    a, b = Value(2.0, 'a'), Value(-3.0, 'b')
    return explain(a, (a * b + a).tanh())


def network():
    net = MLP(2, [3, 2], rng=random.Random(0))
    trace = net.trace([0.5, 0.3])
    cost = losses.quadratic(trace.output, [1.0, 0.0])
    return [explain(node, cost, limit=2) for node in (trace.zs[0][1], net.layers[0].neurons[1].w[0])]


def deep():
    x = Value(1.0, 'x')
    y = x
    for _ in range(1000):
        y = y * 0.5 + y * 0.4
    return explain(x, y, limit=1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--html', type=Path, help='네트워크의 설명을 저장할 파일')
    where = parser.parse_args().html
    survive(sys.stdout)
    for explanation in (small(), *network(), deep()):
        print(explanation, end='\n\n' + '-' * 80 + '\n\n')
    if where:
        where.write_text(network()[0].html(), encoding='utf-8')
        print(f'{where} 에 적었다.')


if __name__ == '__main__':
    main()
