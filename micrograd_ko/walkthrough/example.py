"""노트의 「기본 표기법」: z 와 a 의 차이를 노트의 예로."""

from collections.abc import Iterator

from micrograd_ko.nn import MLP, Trace
from micrograd_ko.note import equations
from micrograd_ko.note.statements import NOTE
from micrograd_ko.walkthrough.lines import heading, indent, matrix, vector

WEIGHTS, BIASES, X = [[[0.4, 0.6], [0.1, 0.9]]], [[0.2, 0.1]], [0.5, 0.3]


def network() -> MLP:
    """노트의 예: 입력 둘, 뉴런 둘."""
    return MLP.from_matrices(WEIGHTS, BIASES)


def page() -> Iterator[str]:
    """노트의 예를 행렬로 한꺼번에, 그래프로 뉴런마다 계산한 줄들."""
    net = network()
    trace = net.trace(X)
    (w,), (b,) = net.matrices()
    (zs,), (_, activations) = equations.feedforward([w], [b], X)
    yield from heading(1, 'z 와 a: 활성화 함수의 앞과 뒤')
    yield f'  {NOTE["표기 z"].text:<20}가중치와 편향까지 더한, 활성화 함수를 지나기 전의 값'
    yield f'  {NOTE["표기 a"].text:<20}지난 뒤의 값. 다음 층의 입력이 된다'
    yield ''
    yield '노트의 예: 입력 둘, 뉴런 둘. 입력이 첫째 층이라 가중치는 둘째(²)에서 시작한다.'
    yield ''
    yield from indent([f'a¹ = {vector(X, 1)}', *matrix('W²', w, 1), f'b² = {vector(b, 1)}'])
    yield ''
    yield '행렬로(matrix) 한꺼번에'
    yield f'  W² a¹         = {vector(w @ X, 2)}'
    yield f'  z² = W² a¹+b² = {vector(zs, 2)}'
    yield f'  a² = σ(z²)    ≈ {vector(activations, 3)}'
    yield ''
    yield '스칼라(scalar) 그래프로 뉴런마다: 노드가 둘, z 와 a 다.'
    yield from indent(neuron_lines(net, trace))


def neuron_lines(net: MLP, trace: Trace) -> Iterator[str]:
    """뉴런마다 z 의 식, 그 식에 넣은 수, a."""
    inputs = trace.activations[0]
    for neuron, z, a in zip(net.layers[0].neurons, trace.zs[0], trace.output, strict=True):
        pairs = list(zip(neuron.w, inputs, strict=True))
        formula = ' + '.join([f'{w.name}·{x.name}' for w, x in pairs])
        numbers = ' + '.join([f'{w.data}·{x.data}' for w, x in pairs])
        yield f'{z.name} = {formula} + {neuron.b.name} = {numbers} + {neuron.b.data} = {z:.2f}'
        yield f'{a.name} = σ({z.name}) ≈ {a:.3f}'
