"""수준(level of detail): 노드마다(ops), 뉴런마다(neuron), 층마다(layer). 수준 하나가 상자의 수, 그림, 스텝을 안다."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from micrograd_ko.note.statements import GRAPH, NOTE, Statement
from micrograd_ko.render import graph_picture, graph_steps, layer_picture, layer_steps, neuron_picture, neuron_steps
from micrograd_ko.render.picture import Picture
from micrograd_ko.render.step import Walk
from micrograd_ko.render.subject import Subject
from micrograd_ko.writing.limits import MOST_STEPS, NARROW


class Level(NamedTuple):
    """수준. part 는 `Network` 에서 상자가 되는 것들(빈 글이면 노드마다), picture(그릴 것) 은 그림, walk(예행한 것) 은 스텝."""

    name: str
    part: str
    picture: Callable[[Subject], Picture]
    walk: Callable[[Subject], Walk]
    statements: Mapping[str, Statement]

    def count(self, subject: Subject) -> int:
        """상자의 수. 신경망이면 입력과 손실도 하나씩이다. 그릴 수 없으면 0."""
        net = subject.network
        if not self.part:
            return len(subject.chosen)
        return 0 if net is None else 1 + len(getattr(net, self.part)) + (net.root is not None)


def _neuron_walk(subject: Subject) -> Walk:
    """뉴런마다. 스텝이 너무 많으면(뉴런마다 넷과, 가중치마다 둘) 층마다."""
    count = sum(4 + 2 * len(unit.w) for unit in subject.net.units)
    return (neuron_steps.NeuronWalk if count <= MOST_STEPS else layer_steps.LayerWalk)(subject)


ON_PAGE = {key: statement for key, statement in NOTE.items() if not statement.page}  # 스텝 페이지의 목록
_LEVELS = (
    Level('ops', '', graph_picture.draw, graph_steps.GraphWalk, GRAPH),
    Level('neuron', 'units', neuron_picture.draw, _neuron_walk, ON_PAGE),
    Level('layer', 'layers', layer_picture.draw, layer_steps.LayerWalk, ON_PAGE),
)
LEVELS = {level.name: level for level in _LEVELS}


def chosen_level(detail: str, subject: Subject) -> Level:
    """detail 의 수준. 'auto' 는 작은 신경망이면 neuron, 넓으면 layer, 아니면 ops. 그릴 수 없는 수준이면 ValueError."""
    network = subject.network
    if detail == 'auto':
        detail = 'ops' if network is None else 'neuron' if max(network.sizes) <= NARROW else 'layer'
    if detail == 'ops' and not subject.order:
        raise ValueError("표본을 넣지 않은 신경망에는 그래프가 없습니다. net.trace(x) 를 그리거나 detail='neuron' 으로 그리세요.")
    if detail != 'ops' and network is None:
        raise ValueError(
            f'detail={detail!r} 은 신경망에 표본 하나를 넣은 그래프에 씁니다. 여기서는 한 줄로 이어진 층을 찾지 못했습니다. '
            "detail='ops' 로 그리거나, 표본 하나의 손실을 주세요."
        )
    return LEVELS[detail]
