"""노트의 「역전파 4대 방정식」과 「알고리즘 전체 흐름」: 다섯 단계를 걷고 영수증으로 확인한다."""

from collections.abc import Iterator, Sequence

import numpy as np

from micrograd_ko.engine import Value
from micrograd_ko.learning.losses import quadratic
from micrograd_ko.nn import MLP, Trace
from micrograd_ko.note import equations
from micrograd_ko.note.receipt import compare
from micrograd_ko.note.statements import NOTE
from micrograd_ko.number import Number
from micrograd_ko.walkthrough.lines import heading, indent, matrix, vector
from micrograd_ko.walkthrough.specimen import X, Y, network
from micrograd_ko.writing.notation import superscript


def page() -> Iterator[str]:
    """알고리즘 다섯 단계와 영수증의 줄들."""
    net = network()
    trace = net.trace(X)
    cost = quadratic(trace.output, Y)
    cost.backward()
    yield from heading(3, '역전파의 다섯 단계: 2-3-2 신경망, 표본 하나')
    yield f'① 입력 설정  {NOTE["1단계"].text}'
    yield f'  a¹ = {vector(X, 1)}'
    yield ''
    yield from _forward(net, trace)
    yield f'  y  = {vector(Y, 0)}    {NOTE["가정 2"].text} = {cost:.6f}'
    yield ''
    yield from _errors(net, trace)
    yield ''
    yield from _gradients(net)
    yield ''
    yield '영수증(receipt)  모든 수를 스칼라 그래프와 행렬 방정식으로 따로 구해 견준다.'
    yield '「차이」는 스칼라 − 행렬, 「반올림」은 반올림만으로 생길 수 있는 차이의 한계다.'
    yield ''
    yield from str(compare(net, X, Y)).splitlines()


def _data(values: Sequence[Value]) -> list[Number]:
    return [value.data for value in values]


def _forward(net: MLP, trace: Trace) -> Iterator[str]:
    yield f'② 순전파(forward)  {NOTE["2단계"].text}'
    for i, (w, b) in enumerate(zip(*net.matrices(), strict=True)):
        layer = superscript(i + 2)
        yield from indent(matrix(f'W{layer}', w, 1))
        yield f'  b{layer} = {vector(b, 1)}'
        yield f'  z{layer} = {vector(_data(trace.zs[i]))}'
        yield f'  a{layer} = {vector(_data(trace.activations[i + 1]))}'


def _errors(net: MLP, trace: Trace) -> Iterator[str]:
    """③과 ④: δ 를 곱해지는 두 벡터로 풀어 적는다. δ 는 그래프의 z.grad, 두 벡터는 행렬 방정식이다."""
    (_, w3), _ = net.matrices()
    z2, z3 = (np.array(_data(zs)) for zs in trace.zs)
    gap = quadratic.gradient(np.array(_data(trace.output)), np.array(Y))
    delta2, delta3 = trace.deltas
    yield f'③ 출력층 에러(output error)  {NOTE["3단계"].text}: {NOTE["방정식 1"].text}'
    yield f'  ∇ₐC   = a³ − y = {vector(gap)}'
    yield f'  σ′(z³)         = {vector(equations.sigma_prime(z3, "sigmoid"))}'
    yield f'  δ³             = {vector(delta3)}'
    yield ''
    yield f'④ 역전파(backward)  {NOTE["4단계"].text}'
    yield f'  {NOTE["방정식 2"].text}'
    yield f'  (W³)ᵀ δ³ = {vector(w3.T @ delta3)}'
    yield f'  σ′(z²)   = {vector(equations.sigma_prime(z2, "sigmoid"))}'
    yield f'  δ²       = {vector(delta2)}'


def _gradients(net: MLP) -> Iterator[str]:
    yield f'⑤ 기울기(gradient)  {NOTE["5단계"].text}'
    yield f'  {NOTE["방정식 3"].text},  {NOTE["방정식 4"].text}'
    for i, layer in enumerate(net.layers):
        l = superscript(i + 2)
        yield f'  ∂C/∂b{l} = {vector([neuron.b.grad for neuron in layer.neurons])}'
        yield from indent(matrix(f'∂C/∂W{l}', [[w.grad for w in neuron.w] for neuron in layer.neurons]))
