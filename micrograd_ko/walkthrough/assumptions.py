"""노트의 「손실 함수의 2가지 기본 가정」: 총 손실은 표본 손실의 평균이고, 마지막 출력의 함수다."""

from collections.abc import Iterator, Sequence

from micrograd_ko.graph import topological
from micrograd_ko.nn import MLP
from micrograd_ko.note.statements import NOTE
from micrograd_ko.number import Number
from micrograd_ko.walkthrough.lines import section, table, vector
from micrograd_ko.walkthrough.specimen import SAMPLES, backpropagated, mean_cost, network


def page() -> Iterator[str]:
    """두 가정을 표본 셋과 그래프로 확인하는 줄들."""
    return section(2, '손실 함수의 두 가정', *_mean(), *_output())


def gradient(net: MLP, samples: Sequence[tuple]) -> tuple[Number, Number]:
    """(C, ∂C/∂w²₁₁): 표본들의 평균 손실과 첫 가중치의 기울기."""
    w = net.layers[0].neurons[0].w[0]
    net.zero_grad()
    cost = mean_cost(net, samples)
    cost.backward()
    return cost.data, w.grad


def _mean() -> Iterator[list[str]]:
    net, n = network(), len(SAMPLES)
    each = [gradient(net, [sample]) for sample in SAMPLES]
    costs, slopes = (sum(column) for column in zip(*each, strict=True))
    yield [f'가정 1  총 손실은 표본 손실의 평균이다: {NOTE["가정 1"].text}']
    rows = [(f'x = {vector(x, 1)}', *found) for (x, _), found in zip(SAMPLES, each, strict=True)]
    yield table(['2-3-2 신경망의 표본마다', 'Cₓ', '∂Cₓ/∂w²₁₁'], rows, '.6f')
    ways = [('표본마다 구해 평균한 것', costs / n, slopes / n), ('C 를 통째로 역전파한 것', *gradient(net, SAMPLES))]
    yield table([f'n = {n}', 'C', '∂C/∂w²₁₁'], ways, '.6f')
    yield [
        '  둘이 같다. 그래서 한 표본의 역전파만 이해하면 된다.',
        '  노트는 이 줄에 ∂C/∂w = Σₓ ∂Cₓ/∂w 로 적었지만, 평균의 미분에는 1/n 이 붙는다.',
        f'  1/n 없는 합은 {slopes:.6f} 이다.',
    ]


def _output() -> Iterator[list[str]]:
    x, y = SAMPLES[0]
    trace, cost = backpropagated(network(), x, y)
    hidden = trace.activations[1][0]
    users = ', '.join(sorted([node.name for node in topological(cost) if hidden in node.parents]))
    yield [f'가정 2  손실은 마지막 출력 aᴸ 의 함수다: {NOTE["가정 2"].text}']
    yield [
        f'  a³ = {vector(trace.output)},  y = {vector(y, 0)},  C = {cost:.6f}',
        f'  ∂C/∂a³ (그래프)  = {vector([a.grad for a in trace.output])}',
        f'  a³ − y           = {vector([a.data - t for a, t in zip(trace.output, y, strict=True)])}',
        f'  {hidden.name} 을 쓰는 노드는 {users} 뿐이다. 가운데 층은 다음 층을 거쳐야 C 에 닿는다.',
    ]
