"""적힌 등식은 모두 참이다: 스텝의 글을 읽어, 등호의 양쪽을 오차 한계와 적힌 자릿수의 구간(interval)으로 따로 계산해 본다.

손실은 노트의 것에 가중치 감쇠, 은닉층과 z 의 벌점, 입력을 섞은 것까지 뽑고, 신경망은 가중치를 나누어 쓰거나 입력을 가중치로
만들기도 하며, 뉴런마다 활성화 함수가 다르기도 하다. 적힌 식의 이름에 넣는 수는 행렬과 그래프에서 따로 계산한다.
"""

import re
import unicodedata
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from mpmath import iv, mp
from written import NUMBER, plain

from micrograd_ko import MLP, Value, draw, explain, losses, ops
from micrograd_ko.graph import local_derivatives
from micrograd_ko.reverse import bounded_sweep
from micrograd_ko.writing.formulas import prime, read

LEVELS = ['ops', 'neuron', 'layer']


# 뽑는 그래프 ---------------------------------------------------------------------------------------------------------


@st.composite
def written_losses(draw):
    """손실 하나. 신경망의 값 아무것이나 벌점이 되고, 파라미터를 나누어 쓰거나 그것으로 입력을 만든다."""
    number = st.floats(-2, 2).map(lambda x: round(x, 3))
    sizes = draw(st.lists(st.integers(1, 3), min_size=2, max_size=4))
    base = draw(st.sampled_from(['quadratic', 'cross_entropy', 'softmax_cross_entropy', 'hinge', 'own']))
    net = MLP(sizes[0], sizes[1:], init=lambda _, nin: ([draw(number) for _ in range(nin)], draw(number)))
    neurons = [neuron for layer in net.layers for neuron in layer.neurons]
    for neuron in neurons:
        neuron.activation = draw(st.sampled_from([ops.sigmoid, ops.sigmoid, ops.tanh, ops.relu, ops.identity]))
    for neuron in net.layers[-1].neurons if base == 'cross_entropy' else ():
        neuron.activation = ops.sigmoid
    for _ in range(draw(st.integers(0, 2))):  # 나누어 쓰기
        one, other = draw(st.sampled_from(neurons)), draw(st.sampled_from(neurons))
        if draw(st.booleans()):
            one.b = other.b
        else:
            one.w[0] = other.w[-1]
    parameters = list(dict.fromkeys(net.parameters()))
    made = st.sampled_from(parameters).map(lambda p: draw(st.sampled_from([p * 2, p, p.square() + 1])))
    xs = [draw(number | number | made) for _ in range(sizes[0])]
    trace = net.trace(xs)
    targets = [draw(st.sampled_from([0.0, 1.0])) for _ in trace.output]
    if base == 'own':
        loss = ops.total([(a - y) ** 4 for a, y in zip(trace.output, targets, strict=True)])
    else:
        loss = losses.LOSSES[base](trace.output, targets)
    insides = [*parameters, *[v for layer in (*trace.activations, *trace.zs) for v in layer]]
    for _ in range(draw(st.integers(0, 3))):
        v, w = draw(st.sampled_from(insides)), draw(st.sampled_from(insides))
        loss = loss + draw(st.sampled_from([v * v, v * 0.5, v * w, ops.dot([v, w], [w, v])]))
    return loss


# 읽는 눈 -----------------------------------------------------------------------------------------------------------


def spread(x, error=0.0):
    x = mp.mpf(x)
    return iv.mpf([x - mp.mpf(error), x + mp.mpf(error)])


def literal(text, digits):
    """적힌 수: 그 자릿수로 반올림되는 모든 수."""
    exact = Decimal(plain(text))
    return spread(str(exact), Decimal(10) ** (exact.adjusted() - digits + 1) / 2 if exact else 0)


def monotone(f):
    return lambda x: iv.mpf([f(mp.mpf(x.a)), f(mp.mpf(x.b))])


def step(x):
    return iv.mpf([int(x.a > 0), int(x.b > 0)])


def holds(smaller, larger):
    """[smaller < larger] 의 0 이나 1."""
    return step(larger - smaller)


def logarithm(x):
    """반올림한 수의 구간이 0 아래로 넘어가면 그 끝은 −∞ 다."""
    return iv.mpf([mp.log(x.a) if x.a > 0 else -mp.inf, mp.log(x.b)])


def xlogy(x, y):
    return x if x == 0 else x * logarithm(y)


FUNCTIONS = {
    'xlogy': xlogy, 'select': lambda c, x, y: x if c > 0 else y,
    'ln': logarithm, 'step': step, 'relu': monotone(lambda x: max(x, mp.mpf(0))), 'tanh': monotone(mp.tanh),
    'σ': monotone(lambda x: 1 / (1 + mp.exp(-x))), 'exp': iv.exp, 'log': logarithm, 'holds': holds, 'half': iv.mpf('0.5'),
    'max': lambda x, y: iv.mpf([max(x.a, y.a), max(x.b, y.b)]), 'logsumexp': lambda *xs: logarithm(sum(map(iv.exp, xs))),
}  # fmt: skip


class Reader:
    """예행한 그래프의 이름들을 수로 읽는다."""

    def __init__(self, drawing):
        subject = drawing._subject.rehearsed()
        values, gradients = bounded_sweep(subject.order)
        self.known, self.slopes = {}, {}
        root = subject.order[-1].name
        self.data = {v: spread(v.data, values[v].error) for v in subject.order}
        self.grad = {v: spread(v.grad, gradients[v].error if v in gradients else 0) for v in subject.order}
        for v in subject.order:
            if v.name:
                self.known |= {v.name: self.data[v], f'∂{root}/∂{v.name}': self.grad[v], f'{v.name}.grad': self.grad[v]}
            for i, (p, d) in enumerate(zip(v.parents, local_derivatives(v), strict=True)):
                by, half = p.name or f'({p.data:g})', len(v.parents) // 2
                is_square = v.op is ops.dot and v.parents[:half] == v.parents[half:] and len(set(v.parents)) == half
                slope = 2 * p.data if is_square else d  # 제곱의 미분: 같은 피연산자 둘로 오는 항의 합
                self.slopes.setdefault(f'∂{v.name}/∂{by}', []).append((i, spread(slope, 1e-9 * (1 + abs(slope)))))
        self.root = root
        if subject.network is not None:
            self.read_network(subject.network)
        self.token = re.compile(
            '|'.join(map(re.escape, sorted(self.known, key=len, reverse=True))) + rf'|(?<![\w.])({NUMBER})'
        )

    def read_network(self, net):
        self.known[f'∇ₐ{self.root}'] = self.vector(net.outputs, self.grad)
        shifted = [iv.exp(self.data[a]) for a in net.outputs]
        for j, e in enumerate(shifted):
            self.known[f'softmax(a){"₁₂₃"[j]}'] = e / sum(shifted)
        up, previous, a = '¹', '', net.inputs
        self.known[f'∂{self.root}/∂a¹'] = self.vector(a, self.grad)
        for layer, units in enumerate(net.layers, 2):
            previous, up, before = up, '¹²³⁴⁵'[layer - 1], self.vector(a, self.data)
            zs, a = [unit.z for unit in units], [unit.a for unit in units]
            W = np.array([[self.data[w] for w in unit.w] for unit in units])
            delta = self.vector(zs, self.grad)
            slopes = self.vector(a, {v: spread(d, 1e-9) for v in a for d in local_derivatives(v)})
            self.known |= {
                f'W{up} a{previous}': W @ before, f'(W{up})ᵀ δ{up}': W.T @ delta, f'δ{up}': delta,
                f'z{up}': self.vector(zs, self.data), f'a{up}': self.vector(a, self.data),
                f'b{up}': self.vector([unit.b for unit in units], self.data),
                f'δ{up} (a{previous})ᵀ': np.outer(delta, before), f'∂{self.root}/∂a{up}': self.vector(a, self.grad),
                f'∂{self.root}/∂b{up}': self.vector([unit.b for unit in units], self.grad),
                f'∂{self.root}/∂W{up}': np.array([[self.grad[w] for w in unit.w] for unit in units]),
            }  # fmt: skip
            for op in {unit.activation for unit in units}:  # 층의 스텝: σ(z²), σ′(z²). 뉴런마다 다르면 f 다
                name = 'f' if len({unit.activation for unit in units}) > 1 else re.sub(r'′.*', '', prime(op, read('z')).text)
                self.known |= {f'{name}(z{up})': self.known[f'a{up}'], f'{name}′(z{up})': slopes}
            for unit, d in zip(units, slopes, strict=True):
                z = unit.z.name
                self.known |= {prime(unit.activation, read(z)).text: d, 'δ' + z[1:]: self.grad[unit.z]}

    @staticmethod
    def vector(nodes, numbers):
        return np.array([numbers[v] for v in nodes])

    def value(self, side, remark=''):
        """등식의 한 변. 읽을 수 없으면 오류다."""
        if side in self.slopes:
            which = re.search(r'\((\d+)번째', remark)
            return next(d for i, d in self.slopes[side] if which is None or i == int(which[1]) - 1)
        held = {}

        def keep(x):
            name = f'h{len(held)}_'
            held[name] = x
            return f' {name} '

        def listed(found):
            return keep(np.array([literal(x, 3) for x in found[0][1:-1].split(', ')]))

        text = re.sub(rf'\[-?{NUMBER}(, -?{NUMBER})*\]', listed, side)
        text = self.token.sub(lambda found: keep(literal(found[1], 4) if found[1] else self.known[found[0]]), text)
        text = text.translate(str.maketrans({'−': '-', '×': '*', '·': '*', '⊙': '*', '½': 'half '}))
        text = re.sub('[⁰¹²³⁴⁵⁶⁷⁸⁹]+', lambda found: f'**{int(unicodedata.normalize("NFKC", found[0]))}', text)
        text = re.sub(r'\[([^\[\]<]*)<([^\[\]]*)\]', r'holds(\1, \2)', text)
        text = re.sub(r'ln +(h\d+_)', r'ln(\1)', text)
        return eval(text.replace('[', '(').replace(']', ')').strip(), {**FUNCTIONS, **held})


def equations(lines):
    """(변들, 덧붙인 말)의 목록. 식의 다음 줄이 그 수뿐이면 이어 읽는다."""
    joined = []
    for line in lines:
        starts = re.match(r'\[|0 \+|-?[\d.]', line) and joined and ' = ' in joined[-1]
        if starts and not joined[-1].startswith(('∇ₐ', 'C =')) and '+=' not in joined[-1]:
            joined[-1] += ' = ' + line
        else:
            joined.append(line)
    for line in joined:
        written, _, remark = line.split(' ← ')[-1].partition('   ' if '   ' in line else '  (')
        for part in re.sub(r'^.*(\+= .*,|에 더한다,)  ', '', written).split(',  '):
            if ' = ' in part and '+=' not in part and not re.search('[가-힣…ⱼ]|ₓ', part):
                yield part.split(' = '), remark


def with_rest(sides):
    """식의 r 은 수로 적힌 마지막 항이다."""
    if not any(side.endswith(' + r') for side in sides):
        return sides
    rest = re.search(r'\+ (\([^()]*\)|\[[^\[\]]*\]|\S+)$', sides[-2])[1]
    return [re.sub(r' \+ r$', lambda _: f' + {rest}', side) for side in sides]


def overlap(x, y):
    x, y = np.broadcast_arrays(np.asarray(x, object), np.asarray(y, object))
    return all(p.a <= q.b and q.a <= p.b for p, q in zip(x.ravel(), y.ravel(), strict=True))


def checked(drawing):
    """적힌 등식을 모두 계산해 보고, 그 수를 돌려준다."""
    reader, count = Reader(drawing), 0
    for walked in drawing.steps:
        for sides, remark in equations(walked.lines):
            if sides[0] in ('a¹', 'η') or sides[-1].endswith(' + r'):  # x 와 η 는 그래프에 없고, 행렬의 r 은 수로 적히지 않는다
                continue
            found = [reader.value(side, remark) for side in with_rest(sides)]
            for side, x in zip(sides, found, strict=True):
                assert overlap(found[0], x), (walked.title, ' = '.join(sides), side, found[0], x)
            count += 1
    return count


@pytest.mark.parametrize('level', LEVELS)
@settings(max_examples=60)
@given(written_losses())
def test_every_printed_equation_holds(level, loss):
    try:
        drawing = draw(loss, level, max_nodes=10**4)
    except ValueError:  # 나누어 쓰거나 z 를 바로 써서 신경망으로 알아볼 수 없다
        assume(level == 'ops')
        raise
    assert checked(drawing) > 0


# 이 노트의 예 --------------------------------------------------------------------------------------------------------


def net_221():
    net = MLP.from_matrices([[[0.4, 0.6], [0.1, 0.9]], [[0.5, -0.3]]], [[0.2, 0.1], [0.4]])
    trace = net.trace([0.5, 0.3])
    return net, trace, losses.quadratic(trace.output, [1.0])


def lines_of(loss, level, title):
    return [line for walked in draw(loss, level).steps if walked.title.endswith(title) for line in walked.lines]


def cited(loss, level):
    return {key for walked in draw(loss, level).steps for key in walked.formulas}


def test_weight_decay_is_added_to_the_equations_of_the_note():
    """½Σp² 를 더한 이차 손실: ∂C/∂b³ 는 δ³ 이 아니라 δ³ + b³ 이다."""
    net, _, loss = net_221()
    loss = loss + ops.total([p.square() for p in net.parameters()]) / 2
    assert lines_of(loss, 'layer', '∂C/∂b³')[:2] == ['∂C/∂b³ = δ³ + r', '[-0.0857] + [0.4] = [0.314]']
    assert lines_of(loss, 'layer', '∂C/∂W³')[1] == '∂C/∂w³₁₁ = a²₁ · δ³₁ + r = -0.05493 + 0.5 = 0.4451'
    assert lines_of(loss, 'neuron', '편향의 기울기 ∂C/∂b³₁')[0] == '∂C/∂b³₁ += δ³₁,  0.4 + (-0.08569) = 0.3143'


@pytest.mark.parametrize('level', ['neuron', 'layer'])
def test_a_tag_is_given_only_to_an_instance(level):
    """가중치 감쇠는 가정 2 의 손실이 아니고, 그 파라미터의 기울기는 방정식 3 과 4 가 아니다. δ 는 여전히 방정식 1 과 2 다."""
    net, trace, loss = net_221()
    equations_of_the_note = {'가정 2', '방정식 1', '방정식 2', '방정식 3', '방정식 4'}
    assert cited(loss, level) >= equations_of_the_note
    decayed = loss + ops.total([p.square() for p in net.parameters()])
    assert cited(decayed, level) & equations_of_the_note == {'방정식 1', '방정식 2'}
    hidden = loss + ops.total([a.square() for a in trace.activations[1]])
    assert cited(hidden, level) & equations_of_the_note == {'방정식 1', '방정식 3', '방정식 4'}
    (z,) = trace.zs[1]
    assert '방정식 1' not in cited(loss + z * z, level)


@pytest.mark.parametrize(('make', 'node', 'equation'), [
    (lambda net, trace: net.layers[1].neurons[0].b.square(), lambda net, trace: net.layers[1].neurons[0].b, '방정식 3'),
    (lambda net, trace: trace.activations[1][0].square(), lambda net, trace: trace.zs[0][0], '방정식 2'),
    (lambda net, trace: trace.zs[1][0] * 2, lambda net, trace: trace.zs[1][0], '방정식 1'),
])  # fmt: skip
def test_an_explanation_cites_only_instances(make, node, equation):
    net, trace, loss = net_221()
    v = node(net, trace)
    gradient = str(explain(v, loss)).partition('경로')[0]
    assert equation in gradient
    beyond = str(explain(v, loss + make(net, trace))).partition('경로')[0]
    assert '방정식' not in beyond.splitlines()[-2], beyond


def test_a_weight_shared_by_two_layers_is_no_instance_of_equation_four():
    w, x = Value(0.5, 'w²₁₁'), Value(1.0, 'a¹₁')
    z = ops.affine([w], [x], Value(0.25, 'b²₁'))
    a = z.sigmoid()
    z3 = ops.affine([w], [a], Value(0.25, 'b³₁'))
    a3 = z3.sigmoid()
    z.name, a.name, z3.name, a3.name = 'z²₁', 'a²₁', 'z³₁', 'a³₁'
    assert '방정식' not in str(explain(w, a3)).partition('경로')[0]
    for level in ('neuron', 'layer'):
        assert checked(draw(a3, level)) > 0


def test_an_input_made_from_a_weight_is_walked():
    """입력을 만든 식으로 간 항도 더해지고, 그것을 손실이라고 부르지 않는다."""
    w, b = Value(2.0, 'w'), Value(0.5, 'b')
    a = ops.affine([w], [w * 2], b).sigmoid()
    a.backward()
    for level in LEVELS:
        drawing = draw(a, level)
        assert checked(drawing) > 0 and '<svg' in drawing.html()
        assert not any('손실에서' in walked.title for walked in drawing.steps)
    titles = [walked.title for walked in draw(a, 'neuron').steps]
    assert titles[-2:] == ['a¹₁ → w', '파라미터 갱신']


def test_neurons_of_a_layer_may_differ():
    net = MLP(2, [2, 1])
    net.layers[0].neurons[1].activation = ops.tanh
    loss = losses.quadratic(net([0.5, 0.3]), 1.0)
    assert 'a² = f(z²)' in lines_of(loss, 'layer', 'a²') and 'a² = f(W²·a¹ + b²)' in draw(loss, 'layer').dot


def test_a_named_number_is_not_a_constant_of_the_loss():
    """½ 이라는 이름의 잎은 나중에 다른 수가 될 수 있다: 그 손실은 이차 손실이 아니다."""
    two = Value(2.0, '둘')
    _, trace, _ = net_221()
    gaps = [a - 1.0 for a in trace.output]
    loss = ops.dot(gaps, gaps) / two
    two.data = 4.0
    for level in LEVELS:
        assert checked(draw(loss, level)) > 0
    assert not any('½' in line for line in lines_of(loss, 'neuron', '손실'))
