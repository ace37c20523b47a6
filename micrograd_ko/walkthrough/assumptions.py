"""노트의 「손실 함수의 2가지 기본 가정」: 총 손실은 표본 손실의 평균이고, 마지막 출력의 함수다.

기울기를 구하는 법은 다음 장의 것이다. 여기서는 조금 움직여 잰다(central difference).
"""

from collections.abc import Callable, Iterator, Sequence

from micrograd_ko.engine import Value
from micrograd_ko.graph import topological
from micrograd_ko.learning.losses import quadratic
from micrograd_ko.nn import MLP
from micrograd_ko.note.statements import NOTE
from micrograd_ko.number import Number
from micrograd_ko.walkthrough import example
from micrograd_ko.walkthrough.lines import lead, paragraphs, table, vector
from micrograd_ko.walkthrough.specimen import SAMPLES, mean_cost

TITLE = '손실 함수의 두 가정'
H = 1e-4  # 움직이는 크기. 버린 항은 h² 의 크기라 적는 여섯 자리에 보이지 않는다


def page() -> Iterator[str]:
    """두 가정을 1장의 신경망과 표본 셋으로 확인하는 줄들."""
    return paragraphs(*_mean(), *_output())


def measured(f: Callable[[Number], Number], x: Number) -> Number:
    """기울기를 잰다: x 를 h 만큼 올리고 내렸을 때의 (f(x + h) − f(x − h)) / 2h."""
    return (f(x + H) - f(x - H)) / (2 * H)


def cost_and_slope(net: MLP, samples: Sequence[tuple]) -> tuple[Number, Number]:
    """(C, 잰 ∂C/∂w²₁₁): 표본들의 평균 손실과 첫 가중치의 기울기. 가중치는 제자리로 돌려놓는다."""
    w = net.layers[0].neurons[0].w[0]
    kept = w.data

    def cost(x: Number) -> Number:
        w.data = x
        return mean_cost(net, samples).data

    slope = measured(cost, kept)
    return cost(kept), slope


def _mean() -> Iterator[list[str]]:
    net, n = example.network(), len(SAMPLES)
    each = [cost_and_slope(net, [sample]) for sample in SAMPLES]
    costs, slopes = (sum(column) for column in zip(*each, strict=True))
    yield [lead('가정 1', f'총 손실은 표본 손실의 평균이다: {NOTE["가정 1"].text}')]
    yield [
        '  1장의 신경망에 표본 셋을 넣는다. 기울기는 w²₁₁ 을 조금(h = 0.0001) 올리고 내려 손실이 변한 만큼을',
        '  2h 로 나누어 잰다. 재지 않고 구하는 법이 3장이다.',
    ]
    rows = [(f'x = {vector(x, 1)}, y = {vector(y, 0)}', *found) for (x, y), found in zip(SAMPLES, each, strict=True)]
    yield table(['표본마다', 'Cₓ', '∂Cₓ/∂w²₁₁'], rows, '.6f')
    ways = [('표본마다 재어 평균한 것', costs / n, slopes / n), ('C 를 통째로 잰 것', *cost_and_slope(net, SAMPLES))]
    yield table([f'n = {n}', 'C', '∂C/∂w²₁₁'], ways, '.6f')
    yield [
        '  둘이 같다. 그래서 한 표본의 기울기만 구할 줄 알면 된다.',
        '  노트는 이 줄에 ∂C/∂w = Σₓ ∂Cₓ/∂w 로 적었지만, 평균의 미분에는 1/n 이 붙는다.',
        f'  1/n 없는 합은 {slopes:.6f} 이다.',
    ]


def _output() -> Iterator[list[str]]:
    x, y = SAMPLES[0]
    trace = example.network().trace(x)
    cost = quadratic(trace.output, y)
    z, outputs = trace.zs[0][0], [a.data for a in trace.output]
    users = ', '.join(sorted([node.name for node in topological(cost) if z in node.parents]))
    yield [lead('가정 2', f'손실은 마지막 출력 aᴸ 의 함수다: {NOTE["가정 2"].text}')]
    yield [
        f'  a² = {vector(outputs)},  y = {vector(y, 0)},  C = {cost:.6f}',
        f'  ∂C/∂a² (하나씩 움직여 잰 것) = {vector(_slopes(outputs, y))}',
        f'  a² − y                       = {vector([a - t for a, t in zip(outputs, y, strict=True)])}',
        f'  {z.name} 을 쓰는 노드는 {users} 뿐이다. 안쪽의 값은 마지막 출력을 거쳐야 C 에 닿는다.',
    ]


def _slopes(outputs: list[Number], y: Sequence[Number]) -> Iterator[Number]:
    for j, a in enumerate(outputs):

        def cost(moved: Number, j: int = j) -> Number:
            return quadratic([*map(Value, outputs[:j]), Value(moved), *map(Value, outputs[j + 1 :])], y).data

        yield measured(cost, a)
