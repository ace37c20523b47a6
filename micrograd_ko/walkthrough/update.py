"""노트의 「파라미터 업데이트」: 미니배치 하나로 한 걸음, 걷기 전과 뒤의 손실."""

from collections.abc import Iterator, Sequence

from micrograd_ko.engine import Value
from micrograd_ko.learning.losses import mean, quadratic
from micrograd_ko.learning.optim import SGD
from micrograd_ko.nn import MLP
from micrograd_ko.note import equations
from micrograd_ko.note.statements import NOTE
from micrograd_ko.number import Number
from micrograd_ko.walkthrough.lines import heading, indent
from micrograd_ko.walkthrough.specimen import SAMPLES, network
from micrograd_ko.writing.tables import Table

ETA = 0.5
SHOWN = ('w²₁₁', 'w²₁₂', 'b²₁', 'w³₁₁', 'b³₁')


class Update:
    """SGD 의 한 걸음: 파라미터마다 걷기 전의 값, 기울기, 걸은 뒤의 값과 손실."""

    def __init__(self, net: MLP, samples: Sequence[tuple], eta: Number) -> None:
        cost = _cost(net, samples)
        net.zero_grad()
        cost.backward()
        before = [p.data for p in net.parameters()]
        SGD(net.parameters(), lr=eta).step()
        self.cost_before, self.cost_after = cost.data, _cost(net, samples).data
        self.rows = [(p.name, w, p.grad, p.data) for p, w in zip(net.parameters(), before, strict=True)]


def _cost(net: MLP, samples: Sequence[tuple]) -> Value:
    return mean([quadratic(net(x), y) for x, y in samples])


def matrix_difference(net: MLP, before: tuple[list, list], samples: Sequence[tuple], eta: Number) -> float:
    """before(weights, biases)에서 행렬의 갱신 식으로 걸은 파라미터와 net 의 파라미터의 가장 큰 차이."""
    stepped = equations.sgd_step(before[0], before[1], samples, eta)
    ours = [array for part in net.matrices() for array in part]
    theirs = [array for part in stepped for array in part]
    return max(abs(x - y).max() for x, y in zip(ours, theirs, strict=True))


def page() -> Iterator[str]:
    """미니배치 하나로 걷는 한 걸음의 줄들."""
    net = network()
    before = net.matrices()
    step = Update(net, SAMPLES, ETA)
    yield from heading(5, '경사하강법(gradient descent)의 한 걸음')
    yield f'  {NOTE["갱신"].text}'
    yield ''
    m = len(SAMPLES)
    yield f'2-3-2 신경망과 앞의 표본 {m}개(m = {m}), 학습률 η = {ETA}.'
    yield f'파라미터 {len(step.rows)}개를 동시에 움직인다. 몇 개만 보면'
    yield ''
    rows = [[name, *[f'{x:.6f}' for x in numbers]] for name, *numbers in step.rows if name in SHOWN]
    yield from indent(Table(['파라미터', '걷기 전', '기울기 ∂C/∂·', '걸은 뒤'], rows).lines())
    yield ''
    yield f'  손실 C: {step.cost_before:.6f} → {step.cost_after:.6f}  ({step.cost_after - step.cost_before:+.6f})'
    yield f'  행렬의 갱신 식(equations.sgd_step)으로 걸은 것과의 가장 큰 차이: {matrix_difference(net, before, SAMPLES, ETA):.1e}'
