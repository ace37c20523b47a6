"""그래프의 스텝: 어떤 그래프든 그려진 노드와 선마다 한 스텝."""

from collections.abc import Iterator, Sequence

from micrograd_ko import ops
from micrograd_ko.engine import Value
from micrograd_ko.note.statements import GRAPH
from micrograd_ko.render.step import Step, Walk, adding, progress
from micrograd_ko.render.subject import Subject
from micrograd_ko.reverse import Arrival
from micrograd_ko.writing.formulas import chain
from micrograd_ko.writing.numbers import number


class GraphWalk(Walk):
    """그려진 노드와 선마다 한 스텝. 이름 있는 파라미터를 갱신한다."""

    update, seed = GRAPH['갱신'].text, ('씨앗',)

    def __init__(self, subject: Subject) -> None:
        parameters = subject.network.parameters if subject.network else _trainable(subject.order)
        super().__init__(subject, [p for p in parameters if p in subject.chosen])
        self.nodes = [node for node in subject.order if node in subject.chosen]

    def forward(self) -> Iterator[Step]:
        leaves = self.known([node for node in self.nodes if node.op is None], 'data')
        yield Step('start', '주어진 값', ('입력과 파라미터와 상수: 잎(leaf)의 값은 주어진다.',), (), leaves)
        for node in self.nodes:
            if node.op is not None:
                name, written, *numbers = self.evaluation(node)
                lines = f'{name} = {written}', chain(*numbers)
                edges = tuple([self.edge(parent, node, i) for i, parent in enumerate(node.parents)])
                yield Step('forward', f'순전파: {name}', lines, ('순전파',), self.known([node], 'data'), edges)

    def backward(self) -> Iterator[Step]:
        """그려진 선마다 한 스텝. 그리지 않은 노드에서 이어 온 항들은 모아서 한 스텝이다."""
        chosen, outside = self.subject.chosen, dict[Value, list[Arrival]]()
        for x in self.arrivals:
            if x.operand not in chosen:
                continue
            drawn = x.result in chosen
            if not drawn:
                outside.setdefault(x.operand, []).append(x)
            if (drawn or x.last) and x.operand in outside:
                yield self._gathered(outside.pop(x.operand))
            if drawn:
                yield self._arrival(x)

    def _arrival(self, x: Arrival) -> Step:
        z, operand = self.label(x.result), self.label(x.operand)
        constant = x.operand.op is None and not x.operand.name
        by = f'({operand})' if constant else operand
        local = f'∂{z}/∂{by}'
        lines = f'{by}.grad += {z}.grad · {local}', adding(x, running=True), self.derivation(local, x), progress(x)
        title, edge = f'역전파: {z} → {"상수 " * constant}{operand}', self.edge(x.operand, x.result, x.position)
        return Step('backward', title, lines, ('연쇄법칙',), self.arrived([x]), (edge,))

    def _gathered(self, walked: list[Arrival]) -> Step:
        """한 노드로, 그리지 않은 노드들에서 이어 온 항들."""
        first, last, operand = walked[0], walked[-1], self.label(walked[0].operand)
        added = f'{operand}.grad += 그리지 않은 노드에서 온 항 {len(walked)}개의 합'
        lines = added, f'{number(first.before)} → {number(last.after)}', progress(last)
        return Step('backward', f'역전파: ⋯ → {operand}', lines, ('연쇄법칙',), self.arrived([last]))


def _trainable(order: Sequence[Value]) -> list[Value]:
    """갱신할 잎: 이름 있는 잎 가운데 `affine` 의 입력이 아닌 것. 이름 있는 잎이 없으면 모든 잎."""
    leaves = [node for node in order if node.op is None]
    inputs = {x for node in order if node.op is ops.affine for x in ops.affine.split(node.parents)[1]}
    return [leaf for leaf in leaves if leaf.name and leaf not in inputs] or leaves
