"""신경망의 스텝 가운데 뉴런마다와 층마다가 함께 쓰는 것: 처음, 손실, 그리고 기울기마다 온 항.

손실의 식은 그 기록(`learning.losses.Loss`)이 안다. 기울기의 식은 정해 두지 않고 정말로 온 항(`reverse.arrivals`)에서 적는다:
노트의 방정식은 온 항이 그 방정식의 것뿐일 때만 적힌다.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

from micrograd_ko.engine import Value
from micrograd_ko.render.step import Step, Walk, adding
from micrograd_ko.render.subject import NoStepsError, Subject
from micrograd_ko.reverse import Arrival
from micrograd_ko.writing import limits, notation
from micrograd_ko.writing.formulas import chain, sum_of, tight
from micrograd_ko.writing.numbers import number

ERROR = {True: ('3단계', '방정식 1'), False: ('4단계', '방정식 2')}  # 출력층인가 → 에러 δ 의 스텝이 쓰는 식


class NetworkWalk(Walk):
    """신경망의 스텝.

    terms       노드 → 그 기울기에 더해지는 항들.
    assumption  손실이 노트의 가정 2 안에 있으면 그 이름.
    over        '∂C/∂'. nabla 는 '∇ₐC'.
    """

    update = 'w ← w − η · ∂C/∂w,  b ← b − η · ∂C/∂b'

    def __init__(self, subject: Subject) -> None:
        self.net = subject.net
        if self.net.sample_count > 1:
            raise NoStepsError(
                f'표본 {self.net.sample_count}개의 손실은 신경망 하나의 스텝으로 적을 수 없습니다. '
                "표본 하나의 손실을 그리거나 detail='ops' 로 그리세요."
            )
        super().__init__(subject, self.net.parameters)
        self.terms: defaultdict[Value, list[Arrival]] = defaultdict(list)
        for x in self.arrivals:
            self.terms[x.operand].append(x)
        self.unit_of = {v: unit for unit in self.net.units for v in (unit.z, unit.a)}
        self.over, self.nabla = f'∂{self.label(self.root)}/∂', f'∇ₐ{self.label(self.root)}'
        self.assumption = () if self.net.strays else ('가정 2',)

    def is_alone(self, v: Value) -> bool:
        """v 의 기울기가 항 하나인가: 파라미터나 z 가 노트처럼 한 곳에서만 쓰인다."""
        return len(self.terms[v]) == 1

    def is_backpropagated(self, a: Value) -> bool:
        """a 의 기울기가 방정식 2 의 합 w·δ 만인가: 다음 층의 z 에서만 온다."""
        return all(x.result in self.unit_of for x in self.terms[a])

    def is_quiet(self, a: Value) -> Any:
        """활성화 a 가 0 에 가까운가(노트의 인사이트 1): 살아 있는 참·거짓이다."""
        return abs(self.data[a]) < limits.SMALL

    def delta(self, z: Value) -> str:
        """노트의 기호 δ. z 에 다른 이름이 붙어 있으면 그 미분으로 적는다."""
        return 'δ' + self.label(z).removeprefix('z') if self.label(z).startswith('z') else self.slope(z)

    def opening(self) -> Iterator[Step]:
        """처음에 아는 것(파라미터와 목표)과, 알고리즘의 1단계."""
        net = self.net
        what = '가중치 w, 편향 b, 목표 y 는 주어져 있다. 입력 x 를 넣으면 나머지를 모두 계산할 수 있다.'
        yield Step('start', '주어진 값', (what,), (), self.known([*net.parameters, *net.targets.values()], 'data'))
        listed = sum_of([f'{self.label(x)} = {number(self.data[x])}' for x in net.inputs], ',  ')
        yield Step('forward', '입력 설정', ('a¹ = x', listed), ('1단계',), self.known(net.inputs, 'data'))

    def loss(self) -> Iterator[Step]:
        """손실 C 의 스텝. root 가 출력 자체면 없다."""
        if self.net.root is not None:
            edges = tuple([self.edge(v, self.root) for v in self.net.used])
            cited = '2단계', *self.assumption, '가정 1'
            yield Step('forward', '손실', tuple(self._loss_lines()), cited, self.known([self.root], 'data'), edges)

    @cached_property
    def _spelled(self) -> list[Value]:
        """손실의 스텝이 하나하나 적는 노드: 항으로 적히지 않는 작은 손실의 것."""
        nodes, loss = [node for node in self.net.region if node.op is not None], self.net.loss
        return nodes if (loss is None or not loss.terms) and len(nodes) <= limits.MOST_LOSS_NODES else []

    def _loss_lines(self) -> Iterator[str]:
        """손실의 식과 값(기록의 항마다, 모르는 손실이면 노드마다), 그리고 그 손실에 대해 알릴 것."""
        net, loss, value = self.net, self.net.loss, number(self.data[self.root])
        if loss is not None:
            yield f'{self.label(self.root)} = {loss.formula}'
        if loss is not None and loss.terms:
            whole, term = loss.terms
            yield f'{whole.format(sum_of([_filled(term, self.data[a], self.data[y]) for a, y in net.targets.items()]))} = {value}'
        elif self._spelled:
            yield from [chain(*self.evaluation(node)) for node in self._spelled]
        else:
            yield f'{self.label(self.root)} = {value}'
            yield f'출력에서 손실까지 노드 {sum(node.op is not None for node in net.region)}개를 계산했다.'
        if loss is not None and loss.assumes:
            yield loss.assumes
        if net.strays:
            yield f'노트의 가정 2 밖이다: 손실이 {self.label(net.strays[0][1])} 을(를) 바로 쓴다. 그 항은 따로 더해진다.'
        yield '한 표본의 손실 Cₓ 이다. 총 손실은 표본 손실의 평균이므로 한 표본만 이해하면 된다.'

    def from_outside(self, node: Value, walked: Sequence[Arrival]) -> Step:
        """신경망 밖의 node(손실의 안쪽이나 입력을 만든 식)가 넘기는 항들."""
        lines = []
        for x in walked:
            slope = self._slopes(x.operand) if x.last else []
            if not slope or not self.is_alone(x.operand):
                lines.append(f'{self.slope(x.operand)}{self._passed(x)},  {adding(x, running=True)}')
            if slope:
                lines.append(chain(self.slope(x.operand), *slope, number(x.after)))
        reached = list(dict.fromkeys([x.operand for x in walked]))
        to = sum_of([*map(self.label, reached)], ', ')
        if node not in set(self.net.region):
            title = f'{self.label(node) if node in self.net.values else "입력을 만든 식"} → {to}'
            return Step('backward', title, tuple(lines), (), self.arrived(walked))
        edges = tuple([self.edge(v, self.root) for v in reached if v in self.net.values])
        is_error = {*self.net.outputs, *self.net.targets.values()}.issuperset(reached)
        cited = ('3단계', *self.assumption) if is_error else ()
        return Step('backward', f'손실에서 {to} 로', tuple(lines), cited, self.arrived(walked), edges)

    def _passed(self, x: Arrival) -> str:
        """더해지는 항의 식. 적힌 적 없는 노드(큰 손실의 안쪽)는 부르지 않는다."""
        if x.result not in {self.root, *self.net.values, *self.net.targets.values(), *self._spelled}:
            return ' 에 더한다'
        return f' += {self.slope(x.result)} · ∂{self.label(x.result)}/∂{self.label(x.operand)}'

    def _slopes(self, a: Value) -> list[str]:
        """∂C/∂a 의 식, 그리고 수를 채운 식. 손실을 모르거나 a 가 출력이 아니면 빈 목록."""
        loss, y, j = self.net.loss, self.net.targets.get(a), next((j for j, b in enumerate(self.net.outputs) if b is a), None)
        if loss is None or j is None:
            return []
        named = loss.slope.replace('aⱼ', self.label(a)).replace('yⱼ', 'yⱼ' if y is None else self.label(y))
        in_numbers = _filled(loss.slope, self.data[a], self.net.goal[j] if y is None else self.data[y])
        return [form.replace('ⱼ', notation.subscript(j + 1)) for form in (named, in_numbers)]


def _filled(form: str, a: Any, y: Any) -> str:
    """식의 aⱼ 와 yⱼ 를 수로."""
    return form.replace('aⱼ', tight(number(a))).replace('yⱼ', tight(number(y)))
