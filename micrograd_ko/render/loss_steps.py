"""신경망의 걸음 가운데 뉴런마다와 층마다가 함께 쓰는 처음과 손실. 손실의 식은 그 기록(`learning.losses.Loss`)이 안다."""

from collections.abc import Iterator, Sequence
from typing import Any

from micrograd_ko.engine import Value
from micrograd_ko.render.step import Step, Walk, adding, evaluation, label
from micrograd_ko.render.subject import Subject
from micrograd_ko.reverse import Arrival
from micrograd_ko.writing import limits, notation
from micrograd_ko.writing.formulas import chain, grouped, sum_of
from micrograd_ko.writing.numbers import number


class NetworkWalk(Walk):
    """신경망의 걸음."""

    update = 'w ← w − η · ∂C/∂w,  b ← b − η · ∂C/∂b'

    def __init__(self, subject: Subject) -> None:
        self.net = subject.net
        super().__init__(subject, self.net.parameters)

    def opening(self) -> Iterator[Step]:
        """처음에 아는 것(파라미터와 목표)과, 알고리즘의 1단계."""
        net = self.net
        what = '가중치 w, 편향 b, 목표 y 는 주어져 있다. 나머지는 이제부터 계산한다.'
        yield Step('start', '주어진 값', (what,), (), self.known([*net.parameters, *net.targets.values()], 'data'))
        listed = sum_of([f'{label(x)} = {number(x.data)}' for x in net.inputs], ',  ')
        yield Step('forward', '입력 설정', ('a¹ = x', listed), ('1단계',), self.known(net.inputs, 'data'))

    def loss(self) -> Iterator[Step]:
        """손실 C 의 걸음. root 가 출력 자체면 없다."""
        if self.net.root is not None:
            cited, edges = ('2단계', '가정 2', '가정 1'), tuple([self.edge(v, self.root) for v in self.net.used])
            yield Step('forward', '손실', tuple(self._told()), cited, self.known([self.root], 'data'), edges)

    def _told(self) -> Iterator[str]:
        """손실의 식과 값(기록의 항마다, 모르는 손실이면 노드마다), 그리고 그 손실에 대해 알릴 것."""
        net, loss, value = self.net, self.net.loss, number(self.root.data)
        nodes = [node for node in net.region if node.op is not None]
        if loss is not None:
            yield f'{label(self.root)} = {loss.formula}'
        if loss is not None and loss.terms:
            whole, term = loss.terms
            yield f'{whole.format(sum_of([_filled(term, a.data, y.data) for a, y in net.targets.items()]))} = {value}'
        elif len(nodes) <= limits.MOST_LOSS_NODES:
            yield from [chain(*evaluation(node)) for node in nodes]
        else:
            yield f'{label(self.root)} = {value}'
            yield f'출력에서 손실까지 노드 {len(nodes)}개를 계산했다.'
        if loss is not None and loss.assumes:
            yield loss.assumes
        if net.strays:
            yield f'노트의 가정 2 밖이다: 손실이 {label(net.strays[0][1])} 을(를) 바로 쓴다. 그 항은 따로 더해진다.'
        yield '한 표본의 손실 Cₓ 이다. 총 손실은 표본 손실의 평균이므로 한 표본만 이해하면 된다.'

    def from_loss(self, node: Value, walked: Sequence[Arrival]) -> Step:
        """손실에서 출력으로: node 가 넘기는 ∂C/∂a."""
        lines = []
        for x in walked:
            name = self.slope(x.operand)
            slope = self._slopes(x.operand) if x.last else []
            if not slope or x.before != 0:
                flowing = f'{self.slope(node)} · ∂{label(node)}/∂{label(x.operand)}'
                lines.append(f'{name} += {flowing},  {adding(x, running=True)}')
            if slope:
                lines.append(chain(name, *slope, number(x.after)))
        edges = tuple([self.edge(x.operand, self.root) for x in walked if x.operand in self.net.values])
        reached = sum_of([*dict.fromkeys(label(x.operand) for x in walked)], ', ')
        return Step('backward', f'손실에서 {reached} 로', tuple(lines), ('3단계', '가정 2'), self.arrived(walked), edges)

    def _slopes(self, a: Value) -> list[str]:
        """∂C/∂a 의 식, 그리고 수를 채운 식. 손실을 모르거나 a 가 출력이 아니면 빈 목록."""
        loss, outputs, y = self.net.loss, self.net.outputs, self.net.targets.get(a)
        j = next((j for j, output in enumerate(outputs) if output is a), None)
        if loss is None or j is None:
            return []
        named = loss.slope.replace('aⱼ', label(a)).replace('yⱼ', 'yⱼ' if y is None else label(y))
        return [form.replace('ⱼ', notation.subscript(j + 1)) for form in (named, _filled(loss.slope, a.data, self.net.goal[j]))]


def error_formulas(is_output: bool) -> tuple[str, ...]:
    """에러 δ 의 걸음이 쓰는 식."""
    return ('3단계', '방정식 1') if is_output else ('4단계', '방정식 2')


def _filled(form: str, a: Any, y: Any) -> str:
    """식의 aⱼ 와 yⱼ 를 수로."""
    return form.replace('aⱼ', grouped(number(a))).replace('yⱼ', grouped(number(y)))
