"""노트의 「중요한 인사이트」: 0 인 입력은 가중치를 굶기고, 포화한 뉴런에서는 δ 가 사라진다."""

from collections.abc import Iterator

from micrograd_ko import ops
from micrograd_ko.nn import MLP
from micrograd_ko.note.statements import NOTE
from micrograd_ko.number import Number
from micrograd_ko.walkthrough.lines import lead, paragraphs, table
from micrograd_ko.walkthrough.specimen import backpropagated
from micrograd_ko.writing.notation import superscript
from micrograd_ko.writing.numbers import number

TITLE = '두 가지 인사이트를 수로'
INPUTS = (1.0, 0.1, 0.01, 0.0)
WEIGHTED_INPUTS = (0.0, 2.0, 5.0, 10.0, 20.0)
DEPTH = 8


def page() -> Iterator[str]:
    """굶는 가중치, 포화한 뉴런, 기울기 소실의 줄들."""
    return paragraphs(*_starving(), *_saturating(), *_vanishing())


def starving(a1: Number) -> tuple[Number, Number, Number]:
    """입력 a¹ = [a1, 1] 인 뉴런 하나의 (∂C/∂w²₁₁, ∂C/∂w²₁₂, δ²₁)."""
    net = MLP.from_matrices([[[0.4, 0.6]]], [[0.2]])
    trace, _ = backpropagated(net, [a1, 1.0], [0.0])
    w11, w12 = net.layers[0].neurons[0].w
    return w11.grad, w12.grad, trace.deltas[0][0]


def _starving() -> Iterator[list[str]]:
    yield [
        lead('인사이트 1', f'{NOTE["인사이트 1"].text}: 굶는 가중치'),
        '  뉴런 하나, 입력 둘. 둘째 입력은 1 로 두고 첫째 입력만 줄인다. 목표 y = 0.',
    ]
    yield table(['a¹₁', '∂C/∂w²₁₁', '∂C/∂w²₁₂', 'δ²₁'], [(f'{a1:.2f}', *starving(a1)) for a1 in INPUTS], '.6f')
    yield [
        '  δ²₁ 은 거의 그대로인데 w²₁₁ 의 기울기만 입력을 따라 0 이 된다.',
        '  입력이 0 이면 그 가중치는 배우지 못한다.',
    ]


def saturating(z: Number) -> tuple[Number, Number, Number]:
    """z 인 시그모이드 뉴런 하나의 (a, σ′(z), δ). 목표 y = 0 이므로 a 가 1 에 가까울수록 크게 틀린 것이다."""
    trace, _ = backpropagated(MLP.from_matrices([[[1.0]]], [[0.0]]), [z], [0.0])
    (a,), (delta,) = trace.output, trace.deltas[0]
    return a.data, ops.sigmoid.derivatives(a.data, z)[0], delta


def _saturating() -> Iterator[list[str]]:
    yield [
        lead('인사이트 2', f'포화(saturation): σ(z) 가 0 이나 1 에 가까우면 {NOTE["인사이트 2"].text}'),
        '  뉴런 하나, 목표 y = 0. z 가 클수록 크게 틀리는데, 고치라는 신호 δ 는 사라진다.',
    ]
    found = [(z, *saturating(z)) for z in WEIGHTED_INPUTS]
    rows = [(f'{z:.0f}', f'{a:.9f}', number(slope), number(delta)) for z, a, slope, delta in found]
    yield table(['z', 'a = σ(z)', 'σ′(z)', 'δ = (a − y) σ′(z)'], rows)


def vanishing(depth: int) -> list[Number]:
    """뉴런 하나짜리 층을 depth 개 이은 신경망(가중치 1, 편향 0)의 δ, 둘째 층부터."""
    trace, _ = backpropagated(MLP.from_matrices([[[1.0]]] * depth, [[0.0]] * depth), [1.0], [0.0])
    return [delta for (delta,) in trace.deltas]


def _vanishing() -> Iterator[list[str]]:
    deltas = vanishing(DEPTH)
    yield [
        '  그래서 깊은 신경망의 앞쪽은 느리게 배운다(기울기 소실, vanishing gradient).',
        f'  뉴런 하나짜리 층 {DEPTH}개를 잇고 뒤에서 앞으로 가면 층마다 δ 에 w·σ′ 가 곱해진다.',
        '  여기서 가중치 w 는 1 이고, σ′ 는 ¼ 을 넘지 못한다.',
    ]
    rows = [(f'δ{superscript(l)}', number(delta)) for l, delta in enumerate(deltas, 2)]
    yield [*table(['층마다', 'δ'], reversed(rows)), f'  맨 앞의 δ² 는 맨 뒤의 {number(deltas[0] / deltas[-1], 2)} 배다.']
