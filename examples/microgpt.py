"""이름을 한 글자씩 짓는 작은 GPT(microgpt). 스칼라 파이썬으로 적어 한 번 기록하고, 모든 이름에 재생하며 배운다.

    python examples/microgpt.py [--names N] [--epochs N] [--batch N] [--seed N]

모델은 microgpt 의 것이다: 16차원, 층 하나, 머리(head) 넷, 자리 16, RMSNorm, relu, 파라미터 4,192개, Adam, 줄어드는 학습률.
기본은 llvmlite 없이도 20초쯤에 끝나도록 이름이 적다: 더 이름답게 지으려면 --names 32032 --epochs 10 을 준다.

이름마다 글자도 길이도 다른데 프로그램은 하나다.
  글자    번호로 표의 행을 고르면 고른 행이 그래프에 굳는다. 그래서 원-핫(one-hot) 입력과 표의 열의 곱으로 적는다.
  길이    언제나 16 자리를 계산하고 자리마다의 무게(weight)를 곱한다. 이름이 끝난 자리의 무게는 0 이다. 앞 자리는 뒤 자리를 보지
          않으므로(causal) 그 이름만 기록한 것과 같은 손실이다.
  softmax 가장 큰 값 `max(z.data …)` 을 빼면 기록한 이름의 수가 상수로 굳는다. 스스로 빼는 `ops.logsumexp` 로 적는다.
그러지 않으면 `compile_graph` 가 기록을 확인하다가 알린다.

names.txt: 미국 사회보장국(Social Security Administration)의 출생 이름 기록에서 잦은 이름 32,033개, 퍼블릭 도메인(public domain).
"""

import argparse
import itertools
import math
import random
import sys
import time
from pathlib import Path

import numpy as np

from micrograd_ko import Value, compile_graph, ops, optim
from micrograd_ko.writing.console import survive

LETTERS = '.abcdefghijklmnopqrstuvwxyz'  # '.' 은 이름의 처음과 끝
WIDTH, HEADS, CONTEXT = 16, 4, 16


def parameters(rng):
    """이름 → 행렬(행이 출력)의 사전."""
    shapes = {
        'token': (len(LETTERS), WIDTH), 'position': (CONTEXT, WIDTH), 'query': (WIDTH, WIDTH), 'key': (WIDTH, WIDTH),
        'value': (WIDTH, WIDTH), 'mix': (WIDTH, WIDTH), 'up': (4 * WIDTH, WIDTH), 'down': (WIDTH, 4 * WIDTH),
        'head': (len(LETTERS), WIDTH),
    }  # fmt: skip
    return {name: [[Value(rng.gauss(0, 0.08)) for _ in range(n)] for _ in range(m)] for name, (m, n) in shapes.items()}


def dot(xs, ys):
    return sum(x * y for x, y in zip(xs, ys, strict=True))


def linear(x, matrix):
    return [dot(row, x) for row in matrix]


def rmsnorm(x):
    scale = (dot(x, x) / len(x) + 1e-5) ** -0.5
    return [a * scale for a in x]


def softmax(logits):
    total = ops.logsumexp(logits)
    return [(z - total).exp() for z in logits]


def attention(x, matrix, keys, values):
    """이 자리의 물음(query)과 지금까지의 모든 자리의 열쇠(key)를 견주어 값(value)을 섞는다. 머리마다 따로."""
    query, size = linear(x, matrix['query']), WIDTH // HEADS
    keys.append(linear(x, matrix['key']))
    values.append(linear(x, matrix['value']))
    mixed = []
    for h in range(0, WIDTH, size):
        part = slice(h, h + size)
        weights = softmax([dot(query[part], key[part]) / size**0.5 for key in keys])
        mixed += [dot(weights, column) for column in zip(*[value[part] for value in values], strict=True)]
    return linear(mixed, matrix['mix'])


def gpt(letter, position, matrix, keys, values):
    """원-핫 글자 하나를 받아 다음 글자의 로짓(logit)을. keys 와 values 에 이 자리의 것을 더한다."""
    embedded = linear(letter, zip(*matrix['token'], strict=True))  # token[글자]
    x = rmsnorm([a + b for a, b in zip(embedded, matrix['position'][position], strict=True)])
    x = [a + b for a, b in zip(x, attention(rmsnorm(x), matrix, keys, values), strict=True)]
    hidden = [z.relu() for z in linear(rmsnorm(x), matrix['up'])]
    x = [a + b for a, b in zip(x, linear(hidden, matrix['down']), strict=True)]
    return linear(x, matrix['head'])


def loss_of(matrix):
    """(글자들, 다음 글자들, 무게들) → (무게를 곱한 교차 엔트로피의 합, 모든 자리의 로짓). 글자는 자리마다의 원-핫을 이은 것."""

    def loss(letters, targets, weights):
        keys, values, losses, outputs = [], [], [], []
        for position, weight in enumerate(weights):
            part = slice(position * len(LETTERS), (position + 1) * len(LETTERS))
            logits = gpt(letters[part], position, matrix, keys, values)
            losses.append(weight * (ops.logsumexp(logits) - dot(targets[part], logits)))
            outputs += logits
        return sum(losses), outputs

    return loss


def encoded(names, context=CONTEXT):
    """이름들을 loss 의 입력 (글자, 다음 글자, 무게)의 배열로. 긴 이름은 자리 수에서 자른다."""
    letters, targets = np.zeros((2, len(names), context, len(LETTERS)))
    weights = np.zeros((len(names), context))
    for i, name in enumerate(names):
        pairs = list(itertools.pairwise(LETTERS.index(c) for c in f'.{name}.'))[:context]
        for position, (letter, target) in enumerate(pairs):
            letters[i, position, letter] = targets[i, position, target] = 1
        weights[i, : len(pairs)] = 1 / len(pairs)
    return letters.reshape(len(names), -1), targets.reshape(len(names), -1), weights


def recorded(matrix, context=CONTEXT, **options):
    """손실을 기록한 프로그램: context 자리까지의 어떤 이름이든 재생한다. 세 이름에서 같은 그래프인지 확인한다."""
    sizes = context * len(LETTERS), context * len(LETTERS), context
    inputs = tuple([[Value(0.0) for _ in range(n)] for n in sizes])
    flat = [p for rows in matrix.values() for row in rows for p in row]
    names = encoded(['emma', 'jo', 'christopher'], context)
    return compile_graph(loss_of(matrix), inputs, flat, samples=names, **options)


def sampled(program, theta, count, rng, temperature=0.5):
    """이름 count 개를 한꺼번에 짓는다: 자리마다 재생하고, 로짓을 온도로 나누어 뽑는다."""
    names = [''] * count
    for position in range(CONTEXT - 1):
        letters, _, _ = encoded(names)
        logits = program.outputs((letters,), parameters=theta).reshape(count, CONTEXT, -1)[:, position]
        odds = np.exp((logits - logits.max(axis=1, keepdims=True)) / temperature)
        for i, weights in enumerate(odds.tolist()):
            if len(names[i]) == position:  # 아직 끝나지 않은 이름
                names[i] += rng.choices(LETTERS, weights)[0].strip('.')
    return names


def main():
    parser = argparse.ArgumentParser(description='이름을 짓는 작은 GPT 를 배운다.')
    parser.add_argument('--names', type=int, default=8000, help='배울 이름의 수')
    parser.add_argument('--epochs', type=int, default=5, help='에포크의 수')
    parser.add_argument('--batch', type=int, default=16, help='스텝마다의 이름의 수')
    parser.add_argument('--seed', type=int, default=42)
    options = parser.parse_args()
    survive(sys.stdout)
    rng = random.Random(options.seed)
    names = Path(__file__).with_name('names.txt').read_text(encoding='utf-8').split()
    rng.shuffle(names)

    start = time.perf_counter()
    program = recorded(parameters(rng))
    seconds, data = time.perf_counter() - start, encoded(names[: options.names])
    learned = f'파라미터 {len(program.parameters):,}개'
    print(f'노드 {program.nodes:,}개를 기록해 명령 {len(program.tape)}개로: {seconds:.1f} 초. {learned}')

    steps = options.epochs * math.ceil(len(data[0]) / options.batch)
    adam = optim.Adam(program.parameters, lambda step: 0.01 * (1 - step / steps), betas=(0.85, 0.99))
    history = program.fit(data, options.epochs, options.batch, optimizer=adam, rng=rng)
    for epoch, (loss, seconds) in enumerate(zip(history.loss, history.seconds, strict=True), 1):
        print(f'{epoch:4}에포크  손실 {loss:.4f}  이름마다 {1e6 * seconds / len(data[0]):.0f} µs')
    print('지은 이름:', ' '.join(sampled(program, program.vector, 20, rng)))


if __name__ == '__main__':
    main()
