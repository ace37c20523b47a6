"""신경망의 걸음, 뉴런마다: 한 걸음이 노트의 식 하나이고, 식에 수를 채워 적는다."""

from collections.abc import Sequence
from typing import Any

from micrograd_ko import ops
from micrograd_ko.engine import Value
from micrograd_ko.note.recognise import Network, Unit
from micrograd_ko.render import loss_picture
from micrograd_ko.render.graph_steps import Numbered, Step, adding, chain, label, operand_numbers, rule, seed, update
from micrograd_ko.reverse import Arrival, arrivals, by_result
from micrograd_ko.writing import formulas, numbers
from micrograd_ko.writing.notation import indexed

SMALL = 0.05  # |a| 나 |σ′| 가 이보다 작으면 노트의 인사이트를 함께 적는다
UPDATE = 'w ← w − η · ∂C/∂w,  b ← b − η · ∂C/∂b'
LISTED = 6  # 손실의 노드가 이보다 많으면 값만 적는다


def fill_names(net: Network) -> None:
    """이름 없는 노드에 노트의 이름을 준다."""
    names: list[tuple[Value | None, str]] = [(x, indexed('a', 1, k)) for k, x in enumerate(net.inputs, 1)]
    for layer, units in enumerate(net.layers, 2):
        for j, unit in enumerate(units, 1):
            names += [(w, indexed('w', layer, j, k)) for k, w in enumerate(unit.w, 1)]
            names += [(unit.b, indexed('b', layer, j)), (unit.z, indexed('z', layer, j)), (unit.a, indexed('a', layer, j))]
    if net.root is not None:
        number_of = {unit.a: j for j, unit in enumerate(net.layers[-1], 1)}
        names += [(y, indexed('y', None, number_of[a])) for a, (_, y) in loss_picture.targets(net).items()]
        names += [(net.root, 'C')]
        names += [(node, indexed('u', None, i)) for i, node in enumerate(loss_picture.region(net), 1) if node.op is not None]
    for node, name in names:
        if node is not None and not node.name:
            node.name = name


def neuron_steps(net: Network, lr: Any, seeded: bool) -> list[Step]:
    """입력에서 손실까지, 그리고 거꾸로. seeded 가 거짓이면 순전파만."""
    walk = _Walk(net)
    steps = [*opening(walk.at, net), *[step for unit in net.units for step in walk.forward(unit)]]
    if not seeded:
        return steps
    root = net.order[-1]
    steps += loss_forward(walk.at, net)
    steps += [seed(walk.at, root), *walk.backward()]
    return [*steps, update(walk.at, parameters(net), lr, UPDATE)]


def parameters(net: Network) -> list[Value]:
    """신경망의 파라미터, 한 번씩."""
    return list(dict.fromkeys(p for unit in net.units for p in (*unit.w, unit.b)))


def opening(at: Numbered, net: Network) -> list[Step]:
    """처음에 아는 것(파라미터와 목표)과, 알고리즘의 1단계."""
    given = [*parameters(net), *[y for _, y in loss_picture.targets(net).values()]]
    inputs = [x for x in net.inputs if x is not None]
    listed = formulas.sum_of([f'{label(x)} = {numbers.number(x.data)}' for x in inputs]).replace(' + ', ',  ')
    what = '가중치 w, 편향 b, 목표 y 는 주어져 있다. 나머지는 이제부터 계산한다.'
    return [
        Step('start', '주어진 값', (what,), (), at.known(given, 'data')),
        Step('forward', '입력 설정', ('a¹ = x', listed), ('1단계',), at.known(inputs, 'data')),
    ]


def loss_forward(at: Numbered, net: Network) -> list[Step]:
    """손실 C 의 걸음. root 가 출력 자체면 없다."""
    if net.root is None:
        return []
    pairs = quadratic(net)
    nodes = [node for node in loss_picture.region(net) if node.op is not None]
    if pairs:
        squares = formulas.sum_of([f'({numbers.number(a.data)} − {formulas.grouped(numbers.number(y.data))})²' for a, y in pairs])
        lines = [f'{label(net.root)} = ½ Σⱼ (aⱼ − yⱼ)²', f'½ × [{squares}] = {numbers.number(net.root.data)}']
    elif len(nodes) <= LISTED:
        lines = [_evaluated(node) for node in nodes]
    else:
        lines = [f'{label(net.root)} = {numbers.number(net.root.data)}', f'출력에서 손실까지 노드 {len(nodes)}개를 계산했다.']
    lines.append('한 표본의 손실 Cₓ 이다. 총 손실은 표본 손실의 평균이므로 한 표본만 이해하면 된다.')
    outside = {*net.values}
    used = dict.fromkeys(p for node in nodes for p in node.parents if p in outside)
    edges = tuple([at.edge(v, net.root) for v in used])
    return [Step('forward', '손실', tuple(lines), ('2단계', '가정 2', '가정 1'), at.known([net.root], 'data'), edges)]


def quadratic(net: Network) -> list[tuple[Value, Value]]:
    """이차 손실 ½ Σ (a − y)² 이면 (출력, 목표)의 목록, 아니면 빈 목록."""
    half = net.root
    if half is None or half.op is not ops.div or half.parents[1].data != 2 or half.parents[0].op is not ops.dot:
        return []
    gaps = half.parents[0].parents
    count = len(gaps) // 2
    outputs = [unit.a for unit in net.layers[-1]]
    if gaps[:count] != gaps[count:] or any(gap.op is not ops.sub or gap.parents[0] not in outputs for gap in gaps):
        return []
    return [(gap.parents[0], gap.parents[1]) for gap in gaps[:count]]


def slope(unit: Unit) -> str:
    """σ′(z) 를 적는 꼴."""
    assert unit.z is not None
    name = 'σ' if unit.activation.name == 'sigmoid' else unit.activation.name
    return f'{name}′({label(unit.z)})'


def _evaluated(node: Value) -> str:
    assert node.op is not None
    written = formulas.formula(node.op, [label(p) for p in node.parents])
    return chain(label(node), written, formulas.formula(node.op, operand_numbers(node), ' × '), numbers.number(node.data))


class _Walk:
    """한 신경망의 걸음을 만든다."""

    def __init__(self, net: Network) -> None:
        self.net, self.at = net, Numbered(net.order)
        self.root = label(net.order[-1])
        self.arrivals = arrivals(net.order)
        self.unit_of = {v: unit for unit in net.units for v in (unit.z, unit.a)}
        self.last = {unit.a for unit in net.layers[-1]}
        self.squared = {node for node in loss_picture.region(net) if node.op is ops.sub} if quadratic(net) else set()

    def forward(self, unit: Unit) -> list[Step]:
        assert unit.z is not None
        assert unit.a is not None
        z, a = unit.z, unit.a
        inputs = z.parents[len(unit.w) : -1]
        weighted = (f'{label(z)} = {formulas.formula(ops.affine, [label(p) for p in z.parents])}',
                    f'{formulas.formula(ops.affine, operand_numbers(z), " × ")} = {numbers.number(z.data)}')  # fmt: skip
        activated = chain(
            label(a), formulas.formula(unit.activation, [label(z)]), formulas.formula(unit.activation, operand_numbers(a)),
            numbers.number(a.data),
        )
        return [
            Step('forward', f'순전파: {label(z)}', weighted, ('2단계',), self.at.known([z], 'data'), self._edges(inputs, z)),
            Step('forward', f'순전파: {label(a)}', (activated,), ('2단계',), self.at.known([a], 'data')),
        ]

    def backward(self) -> list[Step]:
        """`backward` 가 걷는 차례로. 보이지 않는 노드(손실의 안쪽, 입력을 만든 노드)로 가는 걸음은 적지 않는다."""
        visible = {*self.net.values, *[y for _, y in loss_picture.targets(self.net).values()]}
        steps: list[Step] = []
        for node, walked in by_result(x for x in self.arrivals if x.operand in visible).items():
            unit = self.unit_of.get(node)
            if unit is None:
                steps.append(self._from_loss(node, walked))
            elif node is unit.a:
                steps.append(self._delta(unit, walked[0]))
            else:
                steps += self._parameters_and_inputs(unit, walked)
        return steps

    def _edges(self, operands: Sequence[Value], result: Value) -> tuple[tuple[int, int, int], ...]:
        return tuple([self.at.edge(v, result) for v in operands])

    def _from_loss(self, node: Value, walked: list[Arrival]) -> Step:
        """손실에서 출력으로: ∂C/∂a."""
        assert self.net.root is not None
        lines = []
        for x in walked:
            name = f'∂{self.root}/∂{label(x.operand)}'
            if node in self.squared:
                a, y = node.parents
                gap = f'{numbers.number(a.data)} − {formulas.grouped(numbers.number(y.data))}'
                forms = f'{label(a)} − {label(y)}', gap
                forms = forms if x.operand is a else (f'−({forms[0]})', f'−({forms[1]})')
                lines.append(chain(name, *forms, numbers.number(x.after)))
            else:
                local = f'∂{label(node)}/∂{label(x.operand)}'
                lines.append(f'{name} += ∂{self.root}/∂{label(node)} · {local},  {adding(x, running=True)}')
        target = label(walked[0].operand)
        edges = self._edges([x.operand for x in walked if x.operand in self.net.values], self.net.root)
        return Step('backward', f'손실에서 {target} 로', tuple(lines), ('3단계', '가정 2'), self.at.arrived(walked), edges)

    def _delta(self, unit: Unit, arrival: Arrival) -> Step:
        """에러 δ = ∂C/∂a · σ′(z): 출력층이면 방정식 1, 아니면 방정식 2."""
        assert unit.z is not None
        assert unit.a is not None
        is_output = unit.a in self.last
        delta, flowing = self._delta_of(unit.z), f'∂{self.root}/∂{label(unit.a)}'
        lines = [
            chain(delta, f'{flowing} · {slope(unit)}', adding(arrival)),
            chain(
                slope(unit),
                rule(unit.activation, label(unit.a), [label(unit.z)], 0),
                rule(unit.activation, numbers.number(unit.a.data), [numbers.number(unit.z.data)], 0),
                numbers.number(arrival.local),
            ),
        ]
        if not is_output:
            lines.insert(1, f'{flowing} = {self._gathered(unit.a)}  (다음 층의 에러가 가중치를 거꾸로 지나 모인 합)')
        formulas: tuple[str, ...] = ('3단계', '방정식 1') if is_output else ('4단계', '방정식 2')
        if abs(arrival.local) < SMALL:
            formulas += ('인사이트 2',)
            lines.append(f'{slope(unit)} 이(가) 0 에 가까워 에러가 거의 사라진다.')
        title = f'{"출력층 에러" if is_output else "에러"} {delta}'
        return Step('backward', title, tuple(lines), formulas, self.at.arrived([arrival]))

    def _gathered(self, a: Value) -> str:
        """∂C/∂a 를 이루는 항들: w³₁₁·δ³₁ + w³₂₁·δ³₂."""
        terms = []
        for x in self.arrivals:
            if x.operand is a and x.result in self.unit_of:
                w = x.result.parents[x.position - len(x.result.parents) // 2]
                terms.append(f'{label(w)}·{self._delta_of(x.result)}')
            elif x.operand is a:
                terms.append('손실에서 바로 온 항')
        return formulas.sum_of(terms)

    def _parameters_and_inputs(self, unit: Unit, walked: list[Arrival]) -> list[Step]:
        """δ 에서 b 로(방정식 3), w 로(방정식 4), 그리고 앞 층의 a 로(방정식 2 의 합)."""
        nin = len(unit.w)
        bias = [x for x in walked if x.position == 2 * nin]
        weights = [x for x in walked if x.position < nin]
        inputs = [x for x in walked if nin <= x.position < 2 * nin]
        return [*map(self._bias, bias), *map(self._weight, weights), *map(self._input, inputs)]

    def _delta_of(self, z: Value) -> str:
        """노트의 기호 δ. z 에 다른 이름이 붙어 있으면 그 미분으로 적는다."""
        return 'δ' + label(z).removeprefix('z') if label(z).startswith('z') else f'∂{self.root}/∂{label(z)}'

    def _bias(self, x: Arrival) -> Step:
        name = f'∂{self.root}/∂{label(x.operand)}'
        lines = (_stated(name, self._delta_of(x.result), x, x.flowing),)
        return Step('backward', f'편향의 기울기 {name}', lines, ('5단계', '방정식 3'), self.at.arrived([x]))

    def _weight(self, x: Arrival) -> Step:
        name = f'∂{self.root}/∂{label(x.operand)}'
        nin = len(x.result.parents) // 2
        a = x.result.parents[nin + x.position]
        lines = [_stated(name, f'{label(a)} · {self._delta_of(x.result)}', x, x.local, x.flowing)]
        formulas: tuple[str, ...] = ('5단계', '방정식 4')
        if -SMALL < a.data < SMALL:
            formulas += ('인사이트 1',)
            lines.append(f'{label(a)} 이(가) 0 에 가까워 이 가중치는 거의 움직이지 않는다.')
        edges = self._edges([a], x.result)
        return Step('backward', f'가중치의 기울기 {name}', tuple(lines), formulas, self.at.arrived([x]), edges)

    def _input(self, x: Arrival) -> Step:
        name = f'∂{self.root}/∂{label(x.operand)}'
        w = x.result.parents[x.position - len(x.result.parents) // 2]
        more = '다음 층의 다른 뉴런에서 올 항이 남았다.' if not x.last else '다음 층의 모든 뉴런에서 온 항을 더했다.'
        lines = (f'{name} += {label(w)} · {self._delta_of(x.result)}', adding(x, x.local, x.flowing, running=True), more)
        hidden = x.operand in self.unit_of
        formulas = ('4단계', '방정식 2') if hidden else ()
        title = f'{label(x.result)} → {label(x.operand)}'
        return Step('backward', title, lines, formulas, self.at.arrived([x]), self._edges([x.operand], x.result))


def _stated(name: str, form: str, x: Arrival, *factors: Any) -> str:
    """'이름 = 식 = 수'. 여러 곳에서 쓰이는 파라미터라 이미 더해진 것이 있으면 '+=' 다."""
    if x.before == 0:
        return chain(name, form, adding(x, *factors))
    return f'{name} += {form},  {adding(x, *factors)}'
