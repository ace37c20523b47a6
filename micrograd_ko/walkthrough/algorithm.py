"""노트의 「역전파 4대 방정식」과 「알고리즘 전체 흐름」: 다섯 단계를 계산하고 영수증으로 확인한다."""

from collections.abc import Iterator

import numpy as np

from micrograd_ko.learning.losses import quadratic
from micrograd_ko.nn import MLP, Trace
from micrograd_ko.note import equations
from micrograd_ko.note.receipt import Receipt, compare
from micrograd_ko.note.statements import NOTE
from micrograd_ko.walkthrough.lines import indent, lead, matrix, paragraphs, table, vector, verdict
from micrograd_ko.walkthrough.specimen import X, Y, backpropagated, network

TITLE = '역전파의 다섯 단계: 2-3-2 신경망, 표본 하나'

def page() -> Iterator[str]:
    """알고리즘 다섯 단계와 영수증의 줄들."""
    net = network()
    trace, cost = backpropagated(net, X, Y)
    return paragraphs(
        [lead('① 입력 설정', NOTE['1단계'].text), f'  a¹ = {vector(X, 1)}'],
        [*_forward(net, trace), f'  y  = {vector(Y, 0)}    {NOTE["가정 2"].text} = {cost:.6f}'],
        *_errors(net, trace),
        _gradients(net),
        _folded(compare(net, X, Y)),
    )


def _forward(net: MLP, trace: Trace) -> Iterator[str]:
    yield lead('② 순전파(forward)', NOTE['2단계'].text)
    for l, w, b, z, a in zip('²³', *net.matrices(), trace.zs, trace.activations[1:], strict=True):
        yield from indent([*matrix(f'W{l}', w, 1), f'b{l} = {vector(b, 1)}', f'z{l} = {vector(z)}', f'a{l} = {vector(a)}'])


def _errors(net: MLP, trace: Trace) -> Iterator[list[str]]:
    """③과 ④: δ 를 곱해지는 두 벡터로 풀어 적는다. δ 는 그래프의 z.grad, 두 벡터는 행렬 방정식이다."""
    weights, biases = net.matrices()
    (z2, z3), activations = equations.feedforward(weights, biases, X)
    delta2, delta3 = trace.deltas
    yield [
        lead('③ 출력층 에러(output error)', f'{NOTE["3단계"].text}: {NOTE["방정식 1"].text}'),
        f'  ∇ₐC   = a³ − y = {vector(quadratic.gradient(activations[-1], np.array(Y)))}',
        f'  σ′(z³)         = {vector(equations.sigma_prime(z3, "sigmoid"))}',
        f'  δ³             = {vector(delta3)}',
    ]
    yield [
        lead('④ 역전파(backward)', NOTE['4단계'].text),
        f'  {NOTE["방정식 2"].text}',
        f'  (W³)ᵀ δ³ = {vector(weights[1].T @ delta3)}',
        f'  σ′(z²)   = {vector(equations.sigma_prime(z2, "sigmoid"))}',
        f'  δ²       = {vector(delta2)}',
    ]


def _gradients(net: MLP) -> Iterator[str]:
    yield lead('⑤ 기울기(gradient)', NOTE['5단계'].text)
    yield f'  {NOTE["방정식 3"].text},  {NOTE["방정식 4"].text}'
    for l, layer in zip('²³', net.layers, strict=True):
        yield f'  ∂C/∂b{l} = {vector([neuron.b.grad for neuron in layer.neurons])}'
        yield from indent(matrix(f'∂C/∂W{l}', [[w.grad for w in neuron.w] for neuron in layer.neurons]))


def _folded(receipt: Receipt) -> Iterator[str]:
    """접은 영수증: 식마다 차이가 가장 큰 원소 하나와 판정."""
    yield lead('영수증(receipt)', '같은 수를 스칼라 그래프와 행렬 방정식으로 따로 구해 원소마다 견준다.')
    yield '  식마다 차이가 가장 큰 원소 하나. 「반올림」은 반올림만으로 생길 수 있는 차이의 한계다.'
    rows = []
    for part in receipt.sections:
        entry = max(part.entries, key=lambda entry: abs(float(entry.difference)))
        name, scalar, matrix_, difference, allowance, _ = entry.cells
        rows.append((part.title.split('  ')[0], str(name), scalar, matrix_, difference, allowance))
    yield from table(['식', '원소', '스칼라 그래프', '행렬 방정식', '차이', '반올림'], rows)
    yield '  ' + verdict(str(receipt).splitlines()[-1], receipt.explained)
    yield '  모두 보려면: print(receipt.compare(net, x, y))'
