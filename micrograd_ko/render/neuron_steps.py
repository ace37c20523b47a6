"""신경망의 스텝: 층마다와 함께 쓰는 것(처음, 손실, 기울기마다 온 항), 그리고 뉴런마다. 스텝 하나가 노트의 식 하나다.

손실의 식은 그 기록(`learning.losses.Loss`)이 안다. 기울기의 식은 정해 두지 않고 정말로 온 항(`reverse.arrivals`)에서 적는다:
노트의 방정식은 온 항이 그 방정식의 것뿐일 때만 적힌다.
"""

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any

from micrograd_ko import ops
from micrograd_ko.engine import Value
from micrograd_ko.note.recognise import Network, Unit
from micrograd_ko.note.statements import NOTE
from micrograd_ko.render.step import Step, Walk, adding, progress
from micrograd_ko.render.subject import NoStepsError, Subject
from micrograd_ko.reverse import Arrival
from micrograd_ko.writing import limits, notation
from micrograd_ko.writing.formulas import chain, grouped, prime, read, sum_of, tight
from micrograd_ko.writing.numbers import number
from micrograd_ko.writing.templates import kept, outside, when

ERROR = {True: ('3단계', '방정식 1'), False: ('4단계', '방정식 2')}  # 출력층인가 → 에러 δ 의 스텝이 쓰는 식
ON_PAGE = {key: statement for key, statement in NOTE.items() if not statement.page}  # 스텝 페이지의 목록


class NetworkWalk(Walk):
    """신경망의 스텝.

    terms       노드 → 그 기울기에 더해지는 항들.
    assumption  손실이 노트의 가정 2 안에 있으면 그 이름.
    over        '∂C/∂'. nabla 는 '∇ₐC'.
    """

    net: Network
    statements = ON_PAGE
    update = 'w ← w − η · ∂C/∂w,  b ← b − η · ∂C/∂b'

    def __init__(self, subject: Subject, say: Callable[[str], str]) -> None:
        self.net = subject.net
        if self.net.sample_count > 1:
            raise NoStepsError(
                f'표본 {self.net.sample_count}개의 손실은 신경망 하나의 스텝으로 적을 수 없습니다. '
                "표본 하나의 손실을 그리거나 detail='ops' 로 그리세요."
            )
        super().__init__(subject, self.net.parameters, say)
        self.terms: defaultdict[Value, list[Arrival]] = defaultdict(list)
        for x in self.arrivals:
            self.terms[x.operand].append(x)
        self.unit_of = {v: unit for unit in self.net.units for v in (unit.z, unit.a)}
        self.over, self.nabla = [form.format(tight(self.label(self.root))) for form in ('∂{}/∂', '∇ₐ{}')]
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
        return kept('δ' + z.name[1:]) if notation.letter_of(z.name.partition('[')[0]) == 'z' else self.slope(z)

    def insight(self, step: Step, number: int, condition: Any, told: str) -> Step:
        """condition 이 참이면 노트의 인사이트와 그 말(told)도 적는 스텝."""
        lines, formulas = (*step.lines, when(condition, self.say(told))), (*step.formulas, when(condition, f'인사이트 {number}'))
        return step._replace(lines=lines, formulas=formulas)

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
        return Step('backward', f'손실에서 {to} (으)로', tuple(lines), cited, self.arrived(walked), edges)

    def _passed(self, x: Arrival) -> str:
        """더해지는 항의 식. 적힌 적 없는 노드(큰 손실의 안쪽)는 부르지 않는다."""
        if x.result not in {self.root, *self.net.values, *self.net.targets.values(), *self._spelled}:
            return ' 에 더한다'
        return f' += {self.slope(x.result)} · ∂{tight(self.label(x.result))}/∂{tight(self.label(x.operand))}'

    def _slopes(self, a: Value) -> list[str]:
        """∂C/∂a 의 식, 그리고 수를 채운 식. 손실을 모르거나 a 가 출력이 아니면 빈 목록."""
        loss, y, j = self.net.loss, self.net.targets.get(a), next((j for j, b in enumerate(self.net.outputs) if b is a), None)
        if loss is None or j is None:
            return []
        named = _filled(loss.slope, self.label(a), 'yⱼ' if y is None else self.label(y))
        in_numbers = _filled(loss.slope, self.data[a], self.net.goal[j] if y is None else self.data[y])
        return [outside(form, lambda text: text.replace('ⱼ', notation.subscript(j + 1))) for form in (named, in_numbers)]


class NeuronWalk(NetworkWalk):
    """입력에서 손실까지 뉴런마다, 그리고 거꾸로."""

    def forward(self) -> Iterator[Step]:
        yield from self.opening()
        for unit in self.net.units:
            z, weighted, *numbers = self.evaluation(unit.z)
            lines, entering = (f'{z} = {weighted}', chain(*numbers)), tuple([self.edge(x, unit.z) for x in unit.inputs])
            yield Step('forward', f'순전파: {z}', lines, ('2단계',), self.known([unit.z], 'data'), entering)
            a, *activated = self.evaluation(unit.a)
            yield Step('forward', f'순전파: {a}', (chain(a, *activated),), ('2단계',), self.known([unit.a], 'data'))
        yield from self.loss()

    def backward(self) -> Iterator[Step]:
        """`backward` 의 차례로. 보이지 않는 노드(손실의 안쪽, 입력을 만든 노드)로 가는 스텝은 적지 않는다."""
        visible = {*self.net.values, *self.net.targets.values()}
        shown = [x for x in self.arrivals if x.operand in visible]
        for _, group in itertools.groupby(shown, lambda x: id(x.result)):
            walked = list(group)
            node = walked[0].result
            unit = self.unit_of.get(node)
            if unit is None:
                yield self.from_outside(node, walked)
            elif node is unit.a:
                yield self._error(unit, *walked)
            else:  # 방정식 3, 4, 그리고 앞 층의 a 로(방정식 2 의 합)
                weights, inputs, bias = ops.affine.split(walked)
                yield self._parameter('편향', '방정식 3', bias, self.delta(node), bias.flowing)
                yield from map(self._weight, weights, unit.inputs)
                yield from map(self._input, inputs, unit.w)

    def _error(self, unit: Unit, x: Arrival) -> Step:
        """에러 δ = ∂C/∂a · σ′(z): 출력층이면 방정식 1, 아니면 방정식 2."""
        is_output, delta, is_alone = unit.a in set(self.net.outputs), self.delta(unit.z), self.is_alone(unit.z)
        slope = prime(unit.activation, read(self.label(unit.z))).text
        gathered = () if is_output else (self._gathered(unit.a),)
        stated = self._stated(x, delta, f'{self.slope(unit.a)} · {slope}', x.flowing, x.local)
        cited = ERROR[is_output] if is_alone and (is_output or self.is_backpropagated(unit.a)) else ()
        lines = stated, *gathered, self.derivation(slope, x)
        step = Step('backward', f'{"출력층 " * is_output}에러 {delta}', lines, cited, self.arrived([x]))
        told = f'{slope} 이(가) 0 에 가까워 에러가 거의 사라진다.'
        return self.insight(step, 2, abs(x.local) < limits.SMALL, told) if is_alone else step

    def _gathered(self, a: Value) -> str:
        """∂C/∂a 를 이루는 항들: w³₁₁·δ³₁ + w³₂₁·δ³₂. 손실에서 바로 온 항은 그 수로."""
        def term(x: Arrival) -> str:
            if x.result not in self.unit_of:
                return grouped(number(x.flowing * x.local))
            w = x.result.parents[x.position - len(x.result.parents) // 2]
            return f'{tight(self.label(w))}·{self.delta(x.result)}'

        gathered = sum_of(list(map(term, self.terms[a])))
        direct = '' if self.is_backpropagated(a) else '. 수로 적은 항은 손실에서 바로 왔다'
        return f'{self.slope(a)} = {gathered}  (다음 층의 에러가 가중치를 거꾸로 지나 모인 합{direct})'

    def _parameter(self, kind: str, equation: str, x: Arrival, form: str, *factors: Any) -> Step:
        """파라미터의 기울기. 여러 곳에서 쓰이면 방정식의 이름 대신, 올 항이 남았는지를 적는다."""
        name = self.slope(x.operand)
        more, cited = ((), ('5단계', equation)) if self.is_alone(x.operand) else ((progress(x),), ())
        lines = self._stated(x, name, form, *factors), *more
        return Step('backward', f'{kind}의 기울기 {name}', lines, cited, self.arrived([x]))

    def _weight(self, x: Arrival, a: Value) -> Step:
        step = self._parameter('가중치', '방정식 4', x, f'{tight(self.label(a))} · {self.delta(x.result)}', x.local, x.flowing)
        step = step._replace(edges=(self.edge(a, x.result),))
        told = f'{self.label(a)} 이(가) 0 에 가까워 이 가중치는 거의 움직이지 않는다.'
        return self.insight(step, 1, self.is_quiet(a), told) if self.is_alone(x.operand) else step

    def _input(self, x: Arrival, w: Value) -> Step:
        more = '다음 층의 모든 뉴런에서 온 항을 더했다.' if x.last else '다음 층의 다른 뉴런에서 올 항이 남았다.'
        is_pure = self.is_backpropagated(x.operand)
        cited = ('4단계', '방정식 2') if is_pure and x.operand in self.unit_of else ()
        term = f'{self.slope(x.operand)} += {tight(self.label(w))} · {self.delta(x.result)}'
        lines = term, adding(x, x.local, x.flowing, running=True), more if is_pure else progress(x)
        title, edge = f'{self.label(x.result)} → {self.label(x.operand)}', self.edge(x.operand, x.result)
        return Step('backward', title, lines, cited, self.arrived([x]), (edge,))

    def _stated(self, x: Arrival, name: str, form: str, *factors: Any) -> str:
        """'이름 = 식 = 수'. 항이 더 있으면 아직 같지 않으므로 '+=' 다."""
        if self.is_alone(x.operand):
            return chain(name, form, adding(x, *factors))
        return f'{name} += {form},  {adding(x, *factors, running=True)}'


def _filled(form: str, a: Any, y: Any) -> str:
    """식의 aⱼ 와 yⱼ 를 수나 이름으로. 이름 안의 같은 글자는 그대로다."""
    a, y = [tight(x if isinstance(x, str) else number(x)) for x in (a, y)]
    return outside(form.replace('aⱼ', a), lambda text: text.replace('yⱼ', y))
