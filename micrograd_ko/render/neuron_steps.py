"""신경망의 스텝, 뉴런마다: 한 스텝이 노트의 식 하나이고, 식에 수를 채워 적는다."""

import itertools
from collections.abc import Iterator
from typing import Any

from micrograd_ko import ops
from micrograd_ko.engine import Value
from micrograd_ko.note.recognise import Unit
from micrograd_ko.render.loss_steps import NetworkWalk, error_formulas, is_quiet
from micrograd_ko.render.step import Step, adding, derivation, evaluation, label, progress
from micrograd_ko.reverse import Arrival
from micrograd_ko.writing.formulas import chain, grouped, prime, read, sum_of
from micrograd_ko.writing.limits import SMALL
from micrograd_ko.writing.numbers import number
from micrograd_ko.writing.templates import when


class NeuronWalk(NetworkWalk):
    """입력에서 손실까지 뉴런마다, 그리고 거꾸로."""

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
                yield self._bias(bias)
                yield from map(self._weight, weights, unit.inputs)
                yield from map(self._input, inputs, unit.w)

    def _error(self, unit: Unit, x: Arrival) -> Step:
        """에러 δ = ∂C/∂a · σ′(z): 출력층이면 방정식 1, 아니면 방정식 2."""
        is_output, delta, flowing = unit.a in set(self.net.outputs), self.delta(unit.z), self.slope(unit.a)
        slope, is_alone = prime(unit.activation, read(label(unit.z))).text, self.is_alone(unit.z)
        lines = [self._stated(x, delta, f'{flowing} · {slope}', x.flowing, x.local), derivation(slope, x)]
        if not is_output:
            lines.insert(1, self._gathered(unit.a))
        cited: tuple[str, ...] = ()
        if is_alone and (is_output or self.is_backpropagated(unit.a)):
            cited = error_formulas(is_output)
        if is_alone:
            vanishing = abs(x.local) < SMALL
            cited += (when(vanishing, '인사이트 2'),)
            lines.append(when(vanishing, f'{slope} 이(가) 0 에 가까워 에러가 거의 사라진다.'))
        return Step('backward', f'{"출력층 " * is_output}에러 {delta}', tuple(lines), cited, self.arrived([x]))

    def _gathered(self, a: Value) -> str:
        """∂C/∂a 를 이루는 항들: w³₁₁·δ³₁ + w³₂₁·δ³₂. 손실에서 바로 온 항은 그 수로."""
        def term(x: Arrival) -> str:
            if x.result not in self.unit_of:
                return grouped(number(x.flowing * x.local))
            w = x.result.parents[x.position - len(x.result.parents) // 2]
            return f'{label(w)}·{self.delta(x.result)}'

        gathered = sum_of(list(map(term, self.terms[a])))
        direct = '' if self.is_backpropagated(a) else '. 수로 적은 항은 손실에서 바로 왔다'
        return f'{self.slope(a)} = {gathered}  (다음 층의 에러가 가중치를 거꾸로 지나 모인 합{direct})'

    def _bias(self, x: Arrival) -> Step:
        name, cited = self.slope(x.operand), ('5단계', '방정식 3') if self.is_alone(x.operand) else ()
        lines = (self._stated(x, name, self.delta(x.result), x.flowing), *self._remaining(x))
        return Step('backward', f'편향의 기울기 {name}', lines, cited, self.arrived([x]))

    def _weight(self, x: Arrival, a: Value) -> Step:
        name, is_alone = self.slope(x.operand), self.is_alone(x.operand)
        lines = [self._stated(x, name, f'{label(a)} · {self.delta(x.result)}', x.local, x.flowing), *self._remaining(x)]
        cited: tuple[str, ...] = ('5단계', '방정식 4') if is_alone else ()
        if is_alone:
            quiet = is_quiet(a)
            cited += (when(quiet, '인사이트 1'),)
            lines.append(when(quiet, f'{label(a)} 이(가) 0 에 가까워 이 가중치는 거의 움직이지 않는다.'))
        edge = self.edge(a, x.result)
        return Step('backward', f'가중치의 기울기 {name}', tuple(lines), cited, self.arrived([x]), (edge,))

    def _input(self, x: Arrival, w: Value) -> Step:
        more = '다음 층의 모든 뉴런에서 온 항을 더했다.' if x.last else '다음 층의 다른 뉴런에서 올 항이 남았다.'
        is_pure = self.is_backpropagated(x.operand)
        cited = ('4단계', '방정식 2') if is_pure and x.operand in self.unit_of else ()
        term = f'{self.slope(x.operand)} += {label(w)} · {self.delta(x.result)}'
        lines = term, adding(x, x.local, x.flowing, running=True), more if is_pure else progress(x)
        title, edge = f'{label(x.result)} → {label(x.operand)}', self.edge(x.operand, x.result)
        return Step('backward', title, lines, cited, self.arrived([x]), (edge,))

    def _remaining(self, x: Arrival) -> tuple[str, ...]:
        """여러 곳에서 쓰이는 파라미터면, 올 항이 남았는지."""
        return () if self.is_alone(x.operand) else (progress(x),)

    def _stated(self, x: Arrival, name: str, form: str, *factors: Any) -> str:
        """'이름 = 식 = 수'. 항이 더 있으면 아직 같지 않으므로 '+=' 다."""
        if self.is_alone(x.operand):
            return chain(name, form, adding(x, *factors))
        return f'{name} += {form},  {adding(x, *factors, running=True)}'
