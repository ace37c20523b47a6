"""예행(rehearsal): 그래프의 사본을 다시 계산해 그림과 걸음을 만든다. 원래 그래프의 값과 기울기는 건드리지 않는다."""

import copy
from collections.abc import Collection, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

from micrograd_ko.engine import Value
from micrograd_ko.graph import topological
from micrograd_ko.note import statements
from micrograd_ko.note.recognise import Network
from micrograd_ko.render import graph_steps, layer_steps, neuron_steps
from micrograd_ko.render.graph_steps import Step
from micrograd_ko.render.picture import Picture
from micrograd_ko.staleness import replay

if TYPE_CHECKING:
    from micrograd_ko.nn import Trace

LR = Fraction(1, 2)  # 갱신을 보일 때의 학습률 η. 유리수라서 Fraction 그래프가 정확하게 남는다
MANY = 200  # 뉴런마다의 걸음이 이보다 많으면 층마다 걷는다


class NoStepsError(ValueError):
    """걸을 그래프가 없다: 표본을 넣지 않은 신경망."""


class Rehearsal(NamedTuple):
    """걸음 페이지의 재료. order 는 사본의 위상 순서, formulas 는 걸음이 가리키는 식의 목록."""

    picture: Picture
    order: Sequence[Value]
    steps: list[Step]
    formulas: dict[str, tuple[str, str]]
    title: str


def copied(x: Any, focus: Value | None) -> 'tuple[Value | Trace, Value | None]':
    """x 와 focus 의 사본: 잎의 지금 값으로 순전파를 다시 하고, 손실이면 역전파도 했다."""
    from micrograd_ko.nn import MLP

    if isinstance(x, MLP):
        raise NoStepsError('표본을 넣지 않은 신경망에는 걸음이 없습니다. 손실이나 net.trace(x) 를 그리세요: draw(loss).html()')
    memo: dict[int, Any] = {}
    again = copy.deepcopy(x, memo)
    order = topological(again) if isinstance(again, Value) else topological(*again.output)
    for node, data in replay(order, lambda leaf: leaf.data).items():
        node.data, node.grad = data, 0
    if isinstance(again, Value):
        again.backward()
    return again, memo.get(id(focus))


def fill_names(order: Sequence[Value], net: Network | None) -> None:
    """사본의 이름 없는 노드에, 걸음이 부를 이름을 준다."""
    if net is None:
        graph_steps.fill_names(order)
    else:
        neuron_steps.fill_names(net)


def rehearsed(
    picture: Picture, order: Sequence[Value], chosen: Collection[Value], net: Network | None, detail: str, lr: Any, seeded: bool
) -> Rehearsal:
    """그림의 단계에 맞는 걸음: 노드마다, 뉴런마다, 층마다. seeded 는 역전파도 하는지."""
    if detail == 'ops' or net is None:
        parameters = graph_steps.trainable(order) if net is None else neuron_steps.parameters(net)
        walked = graph_steps.graph_steps(order, chosen, parameters, lr, seeded)
        return Rehearsal(picture, order, walked, statements.GRAPH, f'{graph_steps.label(order[-1])}: 계산 그래프')
    sizes = '-'.join(map(str, net.sizes))
    fine = detail == 'neuron' and _count(net) <= MANY
    walk = neuron_steps.neuron_steps if fine else layer_steps.layer_steps
    return Rehearsal(picture, order, walk(net, lr, seeded), statements.NOTE, f'{sizes} 신경망')


def _count(net: Network) -> int:
    """뉴런마다 걸을 때의 걸음의 수(어림): 뉴런마다 넷과, 가중치마다 둘."""
    return sum(4 + 2 * len(unit.w) for unit in net.units)
