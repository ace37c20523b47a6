"""단계(level of detail): 노드마다(ops), 뉴런마다(neuron), 층마다(layer). 단계 하나가 상자의 수, 그림, 걸음을 안다."""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from micrograd_ko.engine import Value
from micrograd_ko.note.statements import GRAPH, NOTE, Statement
from micrograd_ko.render import graph_picture, graph_steps, layer_picture, layer_steps, neuron_picture, neuron_steps
from micrograd_ko.render.picture import Picture
from micrograd_ko.render.step import Step, label
from micrograd_ko.render.subject import Subject
from micrograd_ko.writing.limits import MOST_STEPS, NARROW

LR = Fraction(1, 2)  # 갱신을 보일 때의 학습률 η. 유리수라서 Fraction 그래프가 정확하게 남는다


class Rehearsal(NamedTuple):
    """걸음 페이지의 재료. order 는 사본의 위상 순서, statements 는 걸음이 가리키는 식의 목록."""

    picture: Picture
    order: Sequence[Value]
    steps: list[Step]
    statements: Mapping[str, Statement]
    title: str


class Level(NamedTuple):
    """단계. count(그릴 것) 은 상자의 수, picture(그릴 것) 은 그림, steps(예행한 것, η) 는 걸음의 목록."""

    name: str
    count: Callable[[Subject], int]
    picture: Callable[[Subject], Picture]
    steps: Callable[[Subject, Any], list[Step]]
    statements: Mapping[str, Statement]

    def rehearsal(self, subject: Subject, lr: Any = LR) -> Rehearsal:
        """subject 의 사본에서 다시 그린 그림과 걸음."""
        again = subject.rehearsed()
        title = f'{label(again.order[-1])}: 계산 그래프'
        if again.network is not None and self.statements is not GRAPH:
            title = f'{"-".join(map(str, again.network.sizes))} 신경망'
        return Rehearsal(self.picture(again), again.order, self.steps(again, lr), self.statements, title)


def _neuron_steps(subject: Subject, lr: Any) -> list[Step]:
    """뉴런마다. 걸음이 너무 많으면(뉴런마다 넷과, 가중치마다 둘) 층마다."""
    assert subject.network is not None
    count = sum(4 + 2 * len(unit.w) for unit in subject.network.units)
    walk = neuron_steps.neuron_steps if count <= MOST_STEPS else layer_steps.layer_steps
    return walk(subject, lr)


ON_PAGE = {key: statement for key, statement in NOTE.items() if not statement.page}  # 걸음 페이지의 목록
LEVELS = {
    level.name: level
    for level in (
        Level('ops', lambda subject: len(subject.chosen), graph_picture.draw, graph_steps.graph_steps, GRAPH),
        Level('neuron', neuron_picture.count, neuron_picture.draw, _neuron_steps, ON_PAGE),
        Level('layer', layer_picture.count, layer_picture.draw, layer_steps.layer_steps, ON_PAGE),
    )
}


def chosen_level(detail: str, subject: Subject) -> Level:
    """detail 의 단계. 'auto' 는 작은 신경망이면 neuron, 넓으면 layer, 아니면 ops. 그릴 수 없는 단계면 ValueError."""
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
