"""신경망의 걸음 가운데 뉴런마다와 층마다가 함께 쓰는 처음과 손실. 손실의 식은 그 기록(`learning.losses.Loss`)이 안다."""

from collections.abc import Iterator, Sequence

from micrograd_ko.engine import Value
from micrograd_ko.render.step import Step, Walk, adding, evaluation, label
from micrograd_ko.render.subject import Subject
from micrograd_ko.reverse import Arrival
from micrograd_ko.writing.formulas import chain, grouped, sum_of
from micrograd_ko.writing.limits import MOST_LOSS_NODES
from micrograd_ko.writing.notation import subscript
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
        net = self.net
        if net.root is None:
            return
        nodes = [node for node in net.region if node.op is not None]
        lines = [*self._evaluated(nodes)]
        if net.loss is not None and net.loss.assumes:
            lines.append(net.loss.assumes)
        if net.strays:
            lines.append(f'노트의 가정 2 밖이다: 손실이 {label(net.strays[0][1])} 을(를) 바로 쓴다. 그 항은 따로 더해진다.')
        lines.append('한 표본의 손실 Cₓ 이다. 총 손실은 표본 손실의 평균이므로 한 표본만 이해하면 된다.')
        edges = tuple([self.edge(v, net.root) for v in net.used])
        yield Step('forward', '손실', tuple(lines), ('2단계', '가정 2', '가정 1'), self.known([net.root], 'data'), edges)

    def _evaluated(self, nodes: Sequence[Value]) -> Iterator[str]:
        """손실의 식과 값: 기록의 항마다, 모르는 손실이면 노드마다."""
        loss, value = self.net.loss, number(self.root.data)
        if loss is not None:
            yield f'{label(self.root)} = {loss.formula}'
        if loss is not None and loss.terms:
            whole, term = loss.terms
            yield f'{whole.format(sum_of([_filled(term, a, y) for a, y in self.net.targets.items()]))} = {value}'
        elif len(nodes) <= MOST_LOSS_NODES:
            yield from [chain(*evaluation(node)) for node in nodes]
        else:
            yield f'{label(self.root)} = {value}'
            yield f'출력에서 손실까지 노드 {len(nodes)}개를 계산했다.'

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
        title = f'손실에서 {label(walked[0].operand)} 로'
        return Step('backward', title, tuple(lines), ('3단계', '가정 2'), self.arrived(walked), edges)

    def _slopes(self, a: Value) -> list[str]:
        """∂C/∂a 의 식, 그리고 수를 채운 식. 손실을 모르거나 a 가 출력이 아니면 빈 목록."""
        loss, y = self.net.loss, self.net.targets.get(a)
        if loss is None or a not in self.net.outputs:
            return []
        named = loss.slope.replace('aⱼ', label(a)).replace('yⱼ', 'yⱼ' if y is None else label(y))
        named = named.replace('ⱼ', subscript(self.net.outputs.index(a) + 1))
        return [named] if y is None or not loss.terms else [named, _filled(loss.slope, a, y)]


def error_formulas(is_output: bool) -> tuple[str, ...]:
    """에러 δ 의 걸음이 쓰는 식."""
    return ('3단계', '방정식 1') if is_output else ('4단계', '방정식 2')


def _filled(form: str, a: Value, y: Value) -> str:
    """식의 aⱼ 와 yⱼ 를 수로."""
    return form.replace('aⱼ', grouped(number(a.data))).replace('yⱼ', grouped(number(y.data))).replace('(−', '(-')
