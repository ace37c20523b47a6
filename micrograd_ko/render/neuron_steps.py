"""신경망의 걸음, 뉴런마다: 한 걸음이 노트의 식 하나이고, 식에 수를 채워 적는다."""

from typing import Any

from micrograd_ko import ops
from micrograd_ko.engine import Value
from micrograd_ko.kinds.rules import operand_names
from micrograd_ko.note.recognise import Network, Unit
from micrograd_ko.render.loss_steps import UPDATE, from_loss, loss_forward, opening
from micrograd_ko.render.step import Numbered, Step, adding, label, operand_numbers, seed, update
from micrograd_ko.render.subject import Subject
from micrograd_ko.reverse import Arrival, arrivals, by_result
from micrograd_ko.writing.formulas import chain, formula, prime, read, rule_text, sum_of
from micrograd_ko.writing.limits import SMALL
from micrograd_ko.writing.numbers import number


def neuron_steps(subject: Subject, lr: Any) -> list[Step]:
    """입력에서 손실까지, 그리고 거꾸로. 출력이 여럿인 순전파면 앞의 절반만."""
    net = subject.network
    assert net is not None
    walk = _Walk(net)
    steps = [*opening(walk.at, net), *[step for unit in net.units for step in walk.forward(unit)]]
    if not subject.seeded:
        return steps
    steps += loss_forward(walk.at, net)
    steps += [seed(walk.at, net.order[-1]), *walk.backward()]
    return [*steps, update(walk.at, net.parameters, lr, UPDATE)]


class _Walk:
    """한 신경망의 걸음을 만든다."""

    def __init__(self, net: Network) -> None:
        self.net, self.at = net, Numbered(net.order)
        self.root = label(net.order[-1])
        self.arrivals = arrivals(net.order)
        self.unit_of = {v: unit for unit in net.units for v in (unit.z, unit.a)}

    def forward(self, unit: Unit) -> list[Step]:
        z, a = unit.z, unit.a
        weighted = (f'{label(z)} = {formula(ops.affine, [label(p) for p in z.parents])}',
                    f'{formula(ops.affine, operand_numbers(z), " × ")} = {number(z.data)}')  # fmt: skip
        activated = chain(
            label(a), formula(unit.activation, [label(z)]), formula(unit.activation, operand_numbers(a)),
            number(a.data),
        )
        entering = self.at.edges(unit.inputs, z)
        return [
            Step('forward', f'순전파: {label(z)}', weighted, ('2단계',), self.at.known([z], 'data'), entering),
            Step('forward', f'순전파: {label(a)}', (activated,), ('2단계',), self.at.known([a], 'data')),
        ]

    def backward(self) -> list[Step]:
        """`backward` 가 걷는 차례로. 보이지 않는 노드(손실의 안쪽, 입력을 만든 노드)로 가는 걸음은 적지 않는다."""
        visible = {*self.net.values, *self.net.targets.values()}
        steps: list[Step] = []
        for node, walked in by_result(x for x in self.arrivals if x.operand in visible).items():
            unit = self.unit_of.get(node)
            if unit is None:
                steps.append(from_loss(self.at, self.net, node, walked))
            elif node is unit.a:
                steps.append(self._delta(unit, walked[0]))
            else:
                steps += self._parameters_and_inputs(walked)
        return steps

    def _delta(self, unit: Unit, arrival: Arrival) -> Step:
        """에러 δ = ∂C/∂a · σ′(z): 출력층이면 방정식 1, 아니면 방정식 2."""
        is_output = unit.a in self.net.outputs
        delta, flowing = self._delta_of(unit.z), f'∂{self.root}/∂{label(unit.a)}'
        slope = prime(unit.activation, read(label(unit.z))).text
        lines = [
            chain(delta, f'{flowing} · {slope}', adding(arrival)),
            chain(
                slope,
                rule_text(unit.activation, label(unit.a), [label(unit.z)], 0),
                rule_text(unit.activation, number(unit.a.data), [number(unit.z.data)], 0),
                number(arrival.local),
            ),
        ]
        if not is_output:
            lines.insert(1, f'{flowing} = {self._gathered(unit.a)}  (다음 층의 에러가 가중치를 거꾸로 지나 모인 합)')
        formulas: tuple[str, ...] = ('3단계', '방정식 1') if is_output else ('4단계', '방정식 2')
        if abs(arrival.local) < SMALL:
            formulas += ('인사이트 2',)
            lines.append(f'{slope} 이(가) 0 에 가까워 에러가 거의 사라진다.')
        title = f'{"출력층 에러" if is_output else "에러"} {delta}'
        return Step('backward', title, tuple(lines), formulas, self.at.arrived([arrival]))

    def _gathered(self, a: Value) -> str:
        """∂C/∂a 를 이루는 항들: w³₁₁·δ³₁ + w³₂₁·δ³₂."""
        terms = []
        for x in self.arrivals:
            if x.operand is a and x.result in self.unit_of:
                terms.append(f'{label(_partner(x))}·{self._delta_of(x.result)}')
            elif x.operand is a:
                terms.append('손실에서 바로 온 항')
        return sum_of(terms)

    def _parameters_and_inputs(self, walked: list[Arrival]) -> list[Step]:
        """δ 에서 b 로(방정식 3), w 로(방정식 4), 그리고 앞 층의 a 로(방정식 2 의 합)."""
        make = {'b': self._bias, 'w': self._weight, 'x': self._input}
        letters = [name[0] for name in operand_names(ops.affine, len(walked[0].result.parents))]
        return [make[letter](x) for letter in make for x in walked if letters[x.position] == letter]

    def _delta_of(self, z: Value) -> str:
        """노트의 기호 δ. z 에 다른 이름이 붙어 있으면 그 미분으로 적는다."""
        return 'δ' + label(z).removeprefix('z') if label(z).startswith('z') else f'∂{self.root}/∂{label(z)}'

    def _bias(self, x: Arrival) -> Step:
        name = f'∂{self.root}/∂{label(x.operand)}'
        lines = (_stated(name, self._delta_of(x.result), x, x.flowing),)
        return Step('backward', f'편향의 기울기 {name}', lines, ('5단계', '방정식 3'), self.at.arrived([x]))

    def _weight(self, x: Arrival) -> Step:
        name = f'∂{self.root}/∂{label(x.operand)}'
        a = _partner(x)
        lines = [_stated(name, f'{label(a)} · {self._delta_of(x.result)}', x, x.local, x.flowing)]
        formulas: tuple[str, ...] = ('5단계', '방정식 4')
        if -SMALL < a.data < SMALL:
            formulas += ('인사이트 1',)
            lines.append(f'{label(a)} 이(가) 0 에 가까워 이 가중치는 거의 움직이지 않는다.')
        edges = self.at.edges([a], x.result)
        return Step('backward', f'가중치의 기울기 {name}', tuple(lines), formulas, self.at.arrived([x]), edges)

    def _input(self, x: Arrival) -> Step:
        name = f'∂{self.root}/∂{label(x.operand)}'
        w = _partner(x)
        more = '다음 층의 다른 뉴런에서 올 항이 남았다.' if not x.last else '다음 층의 모든 뉴런에서 온 항을 더했다.'
        lines = (f'{name} += {label(w)} · {self._delta_of(x.result)}', adding(x, x.local, x.flowing, running=True), more)
        hidden = x.operand in self.unit_of
        formulas = ('4단계', '방정식 2') if hidden else ()
        title = f'{label(x.result)} → {label(x.operand)}'
        return Step('backward', title, lines, formulas, self.at.arrived([x]), self.at.edges([x.operand], x.result))


def _partner(x: Arrival) -> Value:
    """w·x 에서 x 의 짝: 가중치면 입력, 입력이면 가중치."""
    half = len(x.result.parents) // 2
    return x.result.parents[(x.position + half) % (2 * half)]


def _stated(name: str, form: str, x: Arrival, *factors: Any) -> str:
    """'이름 = 식 = 수'. 여러 곳에서 쓰이는 파라미터라 이미 더해진 것이 있으면 '+=' 다."""
    if x.before == 0:
        return chain(name, form, adding(x, *factors))
    return f'{name} += {form},  {adding(x, *factors)}'
