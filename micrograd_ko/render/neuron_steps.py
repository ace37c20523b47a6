"""신경망의 걸음, 뉴런마다: 한 걸음이 노트의 식 하나이고, 식에 수를 채워 적는다."""

import itertools
from collections.abc import Iterator
from typing import Any

from micrograd_ko import ops
from micrograd_ko.engine import Value
from micrograd_ko.note.recognise import Unit
from micrograd_ko.render.loss_steps import NetworkWalk, error_formulas
from micrograd_ko.render.step import Step, adding, derivation, evaluation, label
from micrograd_ko.render.subject import Subject
from micrograd_ko.reverse import Arrival, arrivals
from micrograd_ko.writing.formulas import chain, prime, read, sum_of
from micrograd_ko.writing.limits import SMALL


class NeuronWalk(NetworkWalk):
    """입력에서 손실까지 뉴런마다, 그리고 거꾸로."""

    def __init__(self, subject: Subject) -> None:
        super().__init__(subject)
        self.arrivals = arrivals(subject.order)
        self.unit_of = {v: unit for unit in self.net.units for v in (unit.z, unit.a)}

    def forward(self) -> Iterator[Step]:
        yield from self.opening()
        for unit in self.net.units:
            z, weighted, *numbers = evaluation(unit.z)
            lines, entering = (f'{z} = {weighted}', chain(*numbers)), tuple([self.edge(x, unit.z) for x in unit.inputs])
            yield Step('forward', f'순전파: {z}', lines, ('2단계',), self.known([unit.z], 'data'), entering)
            a, *activated = evaluation(unit.a)
            yield Step('forward', f'순전파: {a}', (chain(a, *activated),), ('2단계',), self.known([unit.a], 'data'))
        yield from self.loss()

    def backward(self) -> Iterator[Step]:
        """`backward` 가 걷는 차례로. 보이지 않는 노드(손실의 안쪽, 입력을 만든 노드)로 가는 걸음은 적지 않는다."""
        visible = {*self.net.values, *self.net.targets.values()}
        shown = [x for x in self.arrivals if x.operand in visible]
        for _, group in itertools.groupby(shown, lambda x: id(x.result)):
            walked = list(group)
            node = walked[0].result
            unit = self.unit_of.get(node)
            if unit is None:
                yield self.from_loss(node, walked)
            elif node is unit.a:
                yield self._error(unit, *walked)
            else:  # 방정식 3, 4, 그리고 앞 층의 a 로(방정식 2 의 합)
                weights, inputs, bias = ops.affine.split(walked)
                yield self._bias(bias)
                yield from map(self._weight, weights, unit.inputs)
                yield from map(self._input, inputs, unit.w)

    def _error(self, unit: Unit, x: Arrival) -> Step:
        """에러 δ = ∂C/∂a · σ′(z): 출력층이면 방정식 1, 아니면 방정식 2."""
        is_output, delta, flowing = unit.a in set(self.net.outputs), self._delta(unit.z), self.slope(unit.a)
        slope = prime(unit.activation, read(label(unit.z))).text
        lines = [chain(delta, f'{flowing} · {slope}', adding(x)), derivation(slope, x)]
        if not is_output:
            lines.insert(1, f'{flowing} = {self._gathered(unit.a)}  (다음 층의 에러가 가중치를 거꾸로 지나 모인 합)')
        formulas = error_formulas(is_output)
        if abs(x.local) < SMALL:
            formulas += ('인사이트 2',)
            lines.append(f'{slope} 이(가) 0 에 가까워 에러가 거의 사라진다.')
        return Step('backward', f'{"출력층 " * is_output}에러 {delta}', tuple(lines), formulas, self.arrived([x]))

    def _gathered(self, a: Value) -> str:
        """∂C/∂a 를 이루는 항들: w³₁₁·δ³₁ + w³₂₁·δ³₂."""
        users = [(self.unit_of.get(x.result), x.position) for x in self.arrivals if x.operand is a]
        return sum_of([f'{label(u.w[i - len(u.w)])}·{self._delta(u.z)}' if u else '손실에서 바로 온 항' for u, i in users])

    def _delta(self, z: Value) -> str:
        """노트의 기호 δ. z 에 다른 이름이 붙어 있으면 그 미분으로 적는다."""
        return 'δ' + label(z).removeprefix('z') if label(z).startswith('z') else self.slope(z)

    def _bias(self, x: Arrival) -> Step:
        lines, title = (self._stated(x, self._delta(x.result), x.flowing),), f'편향의 기울기 {self.slope(x.operand)}'
        return Step('backward', title, lines, ('5단계', '방정식 3'), self.arrived([x]))

    def _weight(self, x: Arrival, a: Value) -> Step:
        lines = [self._stated(x, f'{label(a)} · {self._delta(x.result)}', x.local, x.flowing)]
        formulas: tuple[str, ...] = ('5단계', '방정식 4')
        if -SMALL < a.data < SMALL:
            formulas += ('인사이트 1',)
            lines.append(f'{label(a)} 이(가) 0 에 가까워 이 가중치는 거의 움직이지 않는다.')
        title, edge = f'가중치의 기울기 {self.slope(x.operand)}', self.edge(a, x.result)
        return Step('backward', title, tuple(lines), formulas, self.arrived([x]), (edge,))

    def _input(self, x: Arrival, w: Value) -> Step:
        more = '다음 층의 모든 뉴런에서 온 항을 더했다.' if x.last else '다음 층의 다른 뉴런에서 올 항이 남았다.'
        term = f'{self.slope(x.operand)} += {label(w)} · {self._delta(x.result)}'
        lines, formulas = (term, adding(x, x.local, x.flowing, running=True), more), ('4단계', '방정식 2')
        title, edge = f'{label(x.result)} → {label(x.operand)}', self.edge(x.operand, x.result)
        return Step('backward', title, lines, formulas if x.operand in self.unit_of else (), self.arrived([x]), (edge,))

    def _stated(self, x: Arrival, form: str, *factors: Any) -> str:
        """'이름 = 식 = 수'. 여러 곳에서 쓰이는 파라미터라 이미 더해진 것이 있으면 '+=' 다."""
        name = self.slope(x.operand)
        return chain(name, form, adding(x, *factors)) if x.before == 0 else f'{name} += {form},  {adding(x, *factors)}'
