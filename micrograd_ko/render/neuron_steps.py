"""신경망의 스텝, 뉴런마다: 한 스텝이 노트의 식 하나이고, 식에 수를 채워 적는다."""

import itertools
from collections.abc import Iterator
from typing import Any

from micrograd_ko import ops
from micrograd_ko.engine import Value
from micrograd_ko.note.recognise import Unit
from micrograd_ko.render.loss_steps import ERROR, NetworkWalk
from micrograd_ko.render.step import Step, adding, progress
from micrograd_ko.reverse import Arrival
from micrograd_ko.writing.formulas import chain, grouped, prime, read, sum_of
from micrograd_ko.writing.limits import SMALL
from micrograd_ko.writing.numbers import number


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
        return step.insight(2, abs(x.local) < SMALL, f'{slope} 이(가) 0 에 가까워 에러가 거의 사라진다.') if is_alone else step

    def _gathered(self, a: Value) -> str:
        """∂C/∂a 를 이루는 항들: w³₁₁·δ³₁ + w³₂₁·δ³₂. 손실에서 바로 온 항은 그 수로."""
        def term(x: Arrival) -> str:
            if x.result not in self.unit_of:
                return grouped(number(x.flowing * x.local))
            w = x.result.parents[x.position - len(x.result.parents) // 2]
            return f'{self.label(w)}·{self.delta(x.result)}'

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
        step = self._parameter('가중치', '방정식 4', x, f'{self.label(a)} · {self.delta(x.result)}', x.local, x.flowing)
        step = step._replace(edges=(self.edge(a, x.result),))
        told = f'{self.label(a)} 이(가) 0 에 가까워 이 가중치는 거의 움직이지 않는다.'
        return step.insight(1, self.is_quiet(a), told) if self.is_alone(x.operand) else step

    def _input(self, x: Arrival, w: Value) -> Step:
        more = '다음 층의 모든 뉴런에서 온 항을 더했다.' if x.last else '다음 층의 다른 뉴런에서 올 항이 남았다.'
        is_pure = self.is_backpropagated(x.operand)
        cited = ('4단계', '방정식 2') if is_pure and x.operand in self.unit_of else ()
        term = f'{self.slope(x.operand)} += {self.label(w)} · {self.delta(x.result)}'
        lines = term, adding(x, x.local, x.flowing, running=True), more if is_pure else progress(x)
        title, edge = f'{self.label(x.result)} → {self.label(x.operand)}', self.edge(x.operand, x.result)
        return Step('backward', title, lines, cited, self.arrived([x]), (edge,))

    def _stated(self, x: Arrival, name: str, form: str, *factors: Any) -> str:
        """'이름 = 식 = 수'. 항이 더 있으면 아직 같지 않으므로 '+=' 다."""
        if self.is_alone(x.operand):
            return chain(name, form, adding(x, *factors))
        return f'{name} += {form},  {adding(x, *factors, running=True)}'
