"""한 파일짜리 글자 언어 모델(microgpt 꼴)의 학습 한 스텝을, 대본에 든 작은 `Value` 와 micrograd_ko 의 `Value` 로 똑같이 돌린다.

    python examples/microgpt_step.py

모델: 16차원, 층 하나, 머리(head) 넷, RMSNorm, relu. 손실은 이름 하나의 글자마다의 평균 교차 엔트로피.
"""

import itertools
import math
import random
import time

from micrograd_ko import Value

CHARACTERS, WIDTH, HEADS, CONTEXT = 27, 16, 4, 8  # 26 글자와 경계 하나


class ScriptValue:
    """대본이 흔히 갖는 가장 작은 `Value`: 클로저 없이, 기록할 때 국소 미분(local gradient)을 수로 계산해 둔다.

    뺄셈은 더하기와 곱하기로, 나눗셈은 거듭제곱으로 적는다. 견주려고 그 꼴로 새로 적었다.
    """

    __slots__ = ('children', 'data', 'grad', 'slopes')

    def __init__(self, data, children=(), slopes=()):
        self.data, self.grad, self.children, self.slopes = data, 0, children, slopes

    def __add__(self, other):
        other = other if isinstance(other, ScriptValue) else ScriptValue(other)
        return ScriptValue(self.data + other.data, (self, other), (1, 1))

    def __mul__(self, other):
        other = other if isinstance(other, ScriptValue) else ScriptValue(other)
        return ScriptValue(self.data * other.data, (self, other), (other.data, self.data))

    def __pow__(self, n):
        return ScriptValue(self.data**n, (self,), (n * self.data ** (n - 1),))

    def log(self):
        return ScriptValue(math.log(self.data), (self,), (1 / self.data,))

    def exp(self):
        z = math.exp(self.data)
        return ScriptValue(z, (self,), (z,))

    def relu(self):
        return ScriptValue(max(0, self.data), (self,), (float(self.data > 0),))

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + -other

    def __truediv__(self, other):
        return self * other**-1

    __radd__, __rmul__ = __add__, __mul__

    def backward(self):
        order, seen = [], set()

        def visit(node):
            if node not in seen:
                seen.add(node)
                for child in node.children:
                    visit(child)
                order.append(node)

        visit(self)
        self.grad = 1
        for node in reversed(order):
            for child, slope in zip(node.children, node.slopes, strict=True):
                child.grad += slope * node.grad


def parameters(kind, seed=0):
    """이름 → 행렬(행이 출력)의 사전. kind 는 `Value` 의 종류."""
    rng = random.Random(seed)
    shapes = {
        'token': (CHARACTERS, WIDTH), 'position': (CONTEXT, WIDTH), 'q': (WIDTH, WIDTH), 'k': (WIDTH, WIDTH), 'v': (WIDTH, WIDTH),
        'o': (WIDTH, WIDTH), 'up': (4 * WIDTH, WIDTH), 'down': (WIDTH, 4 * WIDTH), 'head': (CHARACTERS, WIDTH),
    }  # fmt: skip
    return {name: [[kind(rng.gauss(0, 0.08)) for _ in range(n)] for _ in range(m)] for name, (m, n) in shapes.items()}


def linear(x, matrix):
    return [sum(w * a for w, a in zip(row, x, strict=True)) for row in matrix]


def rmsnorm(x):
    scale = (sum(a * a for a in x) / len(x) + 1e-5) ** -0.5
    return [a * scale for a in x]


def softmax(logits):
    top = max(z.data for z in logits)
    exps = [(z - top).exp() for z in logits]
    total = sum(exps)
    return [e / total for e in exps]


def attention(x, matrix, keys, values):
    q = linear(x, matrix['q'])
    keys.append(linear(x, matrix['k']))
    values.append(linear(x, matrix['v']))
    heads, size = [], WIDTH // HEADS
    for h in range(0, WIDTH, size):
        scores = [sum(q[h + j] * k[h + j] for j in range(size)) / size**0.5 for k in keys]
        weights = softmax(scores)
        heads += [sum(w * v[h + j] for w, v in zip(weights, values, strict=True)) for j in range(size)]
    return linear(heads, matrix['o'])


def step_loss(matrix, name):
    """글자마다 다음 글자를 맞히는 손실의 평균."""
    tokens = [0, *[ord(c) - ord('a') + 1 for c in name], 0][: CONTEXT + 1]
    keys, values, losses = [], [], []
    for position, (token, target) in enumerate(itertools.pairwise(tokens)):
        x = rmsnorm([t + p for t, p in zip(matrix['token'][token], matrix['position'][position], strict=True)])
        x = [a + b for a, b in zip(x, attention(rmsnorm(x), matrix, keys, values), strict=True)]
        hidden = [z.relu() for z in linear(rmsnorm(x), matrix['up'])]
        x = [a + b for a, b in zip(x, linear(hidden, matrix['down']), strict=True)]
        losses.append(-softmax(linear(x, matrix['head']))[target].log())
    return sum(losses) * (1 / len(losses))


def main():
    for kind in (ScriptValue, Value):
        matrix = parameters(kind)
        start = time.perf_counter()
        loss = step_loss(matrix, 'gradient')
        loss.backward()
        size = sum(p.grad**2 for rows in matrix.values() for row in rows for p in row) ** 0.5
        seconds = time.perf_counter() - start
        print(f'{kind.__name__:12} 손실(loss) {loss.data:.12f}  |기울기(gradient)| {size:.12f}  {seconds:.2f} s')


if __name__ == '__main__':
    main()
