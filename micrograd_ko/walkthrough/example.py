"""노트의 「기본 표기법」: z 와 a 의 차이를 노트의 예로."""

from collections.abc import Iterator

from micrograd_ko import ops
from micrograd_ko.nn import MLP, Trace
from micrograd_ko.note import equations
from micrograd_ko.note.statements import NOTE
from micrograd_ko.walkthrough.lines import indent, lead, matrix, paragraphs, vector
from micrograd_ko.writing.formulas import formula

TITLE = 'z 와 a: 활성화 함수의 앞과 뒤'
WEIGHTS, BIASES, X = [[[0.4, 0.6], [0.1, 0.9]]], [[0.2, 0.1]], [0.5, 0.3]


def network() -> MLP:
    """노트의 예: 입력 둘, 뉴런 둘인 신경망."""
    return MLP.from_matrices(WEIGHTS, BIASES)


def page() -> Iterator[str]:
    """노트의 예를 행렬로 한꺼번에, 그래프로 뉴런마다 계산한 줄들."""
    net = network()
    (w,), (b,) = net.matrices()
    (zs,), (_, activations) = equations.feedforward([w], [b], X)
    return paragraphs(
        [
            f'  {NOTE["표기 z"].text:<20}가중치와 편향까지 더한, 활성화 함수를 지나기 전의 값',
            f'  {NOTE["표기 a"].text:<20}지난 뒤의 값. 다음 층의 입력이 된다',
        ],
        [lead('노트의 예', '입력 둘, 뉴런 둘. 입력이 첫째 층이라 가중치는 둘째(²)에서 시작한다.')],
        indent([f'a¹ = {vector(X, 1)}', *matrix('W²', w, 1), f'b² = {vector(b, 1)}']),
        [
            lead('행렬로(matrix)', '한꺼번에'),
            f'  W² a¹         = {vector(w @ X, 2)}',
            f'  z² = W² a¹+b² = {vector(zs, 2)}',
            f'  a² = σ(z²)    ≈ {vector(activations, 3)}',
        ],
        [lead('스칼라(scalar) 그래프로', '뉴런마다: 노드가 둘, z 와 a 다.'), *indent(neuron_lines(net.trace(X)))],
    )


def neuron_lines(trace: Trace) -> Iterator[str]:
    """뉴런마다 z 의 식, 그 식에 넣은 수, a."""
    for z, a in zip(trace.zs[0], trace.output, strict=True):
        named = formula(ops.affine, [p.name for p in z.parents])
        filled = formula(ops.affine, [str(p.data) for p in z.parents])
        yield f'{z.name} = {named} = {filled} = {z:.2f}'
        yield f'{a.name} = σ({z.name}) ≈ {a:.3f}'
