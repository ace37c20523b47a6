"""노트의 「파라미터 업데이트」: 미니배치 하나로 한 스텝, 갱신 전과 뒤의 손실."""

from collections.abc import Iterator, Sequence

from micrograd_ko.learning.optim import SGD
from micrograd_ko.nn import MLP
from micrograd_ko.note import equations
from micrograd_ko.note.statements import NOTE
from micrograd_ko.number import Number
from micrograd_ko.walkthrough.lines import paragraphs, table
from micrograd_ko.walkthrough.specimen import SAMPLES, mean_cost, network
from micrograd_ko.writing.numbers import number

TITLE = '경사하강법(gradient descent)의 한 스텝'
ETA = 0.5
SHOWN = ('w²₁₁', 'w²₁₂', 'b²₁', 'w³₁₁', 'b³₁')


class Update:
    """SGD 의 한 스텝: 파라미터마다 갱신 전의 값, 기울기, 갱신 뒤의 값과 손실."""

    def __init__(self, net: MLP, samples: Sequence[tuple], eta: Number) -> None:
        cost = mean_cost(net, samples)
        net.zero_grad()
        cost.backward()
        before = [p.data for p in net.parameters()]
        SGD(net.parameters(), lr=eta).step()
        self.cost_before, self.cost_after = cost.data, mean_cost(net, samples).data
        self.rows = [(p.name, w, p.grad, p.data) for p, w in zip(net.parameters(), before, strict=True)]


def matrix_difference(net: MLP, before: tuple[list, list], samples: Sequence[tuple], eta: Number) -> float:
    """before(weights, biases)에서 행렬의 갱신 식으로 움직인 파라미터와 net 의 파라미터의 가장 큰 차이."""
    pairs = zip(net.matrices(), equations.sgd_step(*before, samples, eta), strict=True)
    return max(abs(x - y).max() for ours, theirs in pairs for x, y in zip(ours, theirs, strict=True))


def page() -> Iterator[str]:
    """미니배치 하나로 움직이는 한 스텝의 줄들."""
    net, m = network(), len(SAMPLES)
    before = net.matrices()
    step = Update(net, SAMPLES, ETA)
    difference = matrix_difference(net, before, SAMPLES, ETA)
    return paragraphs(
        [f'  {NOTE["갱신"].text}'],
        [
            f'2-3-2 신경망과 앞의 표본 {m}개(m = {m}), 학습률 η = {ETA}.',
            f'파라미터 {len(step.rows)}개를 동시에 움직인다. 몇 개만 보면',
        ],
        table(['파라미터', '갱신 전', '기울기 ∂C/∂·', '갱신 뒤'], [row for row in step.rows if row[0] in SHOWN], '.6f'),
        [
            f'  손실 C: {step.cost_before:.6f} → {step.cost_after:.6f}  ({step.cost_after - step.cost_before:+.6f})',
            f'  행렬의 갱신 식(equations.sgd_step)으로 움직인 것과의 가장 큰 차이: {number(difference, 2)}',
        ],
    )
