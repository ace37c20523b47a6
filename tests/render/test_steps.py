"""스텝: 모든 수가 엔진의 수이고, 아는 것만으로 다음 것을 알게 되며, 적힌 식의 수가 행렬 방정식의 수와 같다."""

import math
import random
from fractions import Fraction

import pytest
from graph_strategies import EXACT
from hypothesis import given, settings
from hypothesis import strategies as st
from written import plain

from micrograd_ko import MLP, Value, draw, equations, losses, ops
from micrograd_ko.graph import local_derivatives, topological
from micrograd_ko.kinds.symbols import Symbol
from micrograd_ko.note import statements
from micrograd_ko.render.drawing import LR
from micrograd_ko.render.neuron_steps import ON_PAGE
from micrograd_ko.reverse import bounded_sweep
from micrograd_ko.staleness import refresh
from micrograd_ko.testing import networks, programs
from micrograd_ko.writing import numbers
from micrograd_ko.writing.formulas import formula, text
from micrograd_ko.writing.labels import Labels
from micrograd_ko.writing.limits import MOST_STEPS

FRACTIONS = st.fractions(-3, 3, max_denominator=6)
LEVELS = ['ops', 'neuron', 'layer']


def network_loss(net, x, y):
    trace = net.trace(x)
    return trace, losses.quadratic(trace.output, y)


def known_after(steps):
    """(노드의 번호, 'data' 나 'grad') → 마지막으로 알게 된 수."""
    return {(change.node, change.part): change.number for step in steps for change in step.changes}


def same(x, y):
    return x == y or (math.isnan(x) and math.isnan(y))


def assert_final(root, steps, parts=('data', 'grad')):
    """갱신 전까지 알게 된 것이 `backward` 뒤의 그래프와 끝자리까지 같다. 알게 된 것의 목록을 돌려준다."""
    order = topological(root)
    for node in order:
        node.grad = 0
    root.backward()
    known = known_after(step for step in steps if step.phase != 'update')
    for (i, part), number in known.items():
        assert same(number, getattr(order[i], part)), (order[i], part, number)
    return {part: {order[i] for i, p in known if p == part} for part in parts}


# 수

@settings(max_examples=150)
@given(programs())
def test_a_graph_ends_with_the_gradients_of_backward(program):
    """노드와 선마다 걸으면 모든 노드의 값과 기울기를 알게 되고, 그것이 `backward` 의 것이다."""
    _, root, order = program.record()
    known = assert_final(root, draw(root, 'ops').steps)
    assert known['data'] == known['grad'] == set(order)


@settings(max_examples=80)
@given(networks(), st.sampled_from(LEVELS))
def test_a_network_ends_with_the_gradients_of_backward(drawn, level):
    """신경망의 세 수준 모두. 뉴런과 층의 스텝은 그림에 보이는 값(파라미터, 입력, z, a, 목표, C)을 모두 알게 된다."""
    net, x, y = drawn
    trace, loss = network_loss(net, x, y)
    known = assert_final(loss, draw(loss, level).steps)
    visible = {*net.parameters(), *(v for layer in (*trace.zs, *trace.activations) for v in layer), loss}
    assert visible <= known['data'] & known['grad']


def together(node):
    """역전파의 스텝의 수: 피연산자마다 하나. 서로 다른 노드의 제곱의 합 dot(d, d)는 항마다 하나다."""
    count = len(node.parents)
    halves = node.parents[: count // 2], node.parents[count // 2 :]
    is_square = node.op is ops.dot and halves[0] == halves[1] and len(set(halves[0])) == count // 2
    return count // 2 if is_square else count


@settings(max_examples=60)
@given(programs(EXACT, numbers=FRACTIONS))
def test_every_addition_is_flowing_times_local(program):
    """`+=` 마다 더해진 양은 정확히 (결과의 기울기) × (국소 미분)이다. 분수라 오차가 없다."""
    _, root, order = program.record()
    steps = draw(root, 'ops').steps
    root.backward()
    sums = {}
    for step in steps:
        if step.phase == 'backward':
            ((operand, result, position),) = step.edges
            (change,) = step.changes
            added = change.number - sums.get(operand, Fraction(0) + (order[operand] is root))
            assert added == order[result].grad * sum(local_derivatives(order[result])[position :: together(order[result])])
            sums[operand] = change.number
    assert sum(step.phase == 'backward' for step in steps) == sum(map(together, order))


@settings(max_examples=25)
@given(networks(max_layers=2, numbers=FRACTIONS, activations=('relu', 'identity')), st.sampled_from(LEVELS))
def test_exact_networks_stay_exact(drawn, level):
    net, x, y = drawn
    _, loss = network_loss(net, x, y)
    for (_, part), number in known_after(draw(loss, level).steps).items():
        assert type(number) in (Fraction, int), part


@pytest.mark.parametrize('level', LEVELS)
def test_the_update_is_one_step_of_gradient_descent(level):
    net = MLP(2, [3, 2], rng=random.Random(3))
    _, loss = network_loss(net, [0.5, 0.3], [1.0, 0.0])
    *_, last = draw(loss, level).steps
    loss.backward()
    order = topological(loss)
    changed = {order[c.node]: c.number for c in last.changes}
    assert {p: changed[p] for p in net.parameters()} == {p: p.data - LR * p.grad for p in net.parameters()}
    for p in net.parameters():
        p.data -= LR * p.grad
    before = loss.data
    refresh(loss)  # 순전파도 새 파라미터로 다시 한다: z, a, C 도 새 값이다
    assert changed == {node: node.data for node in order if node.op is not None or node in net.parameters()}
    again = losses.quadratic(net([0.5, 0.3]), [1.0, 0.0])
    assert f'C = {before:.4g} → {again.data:.4g}' in last.lines[1]
    assert 'η = 0.5' in last.lines[0]


def test_the_update_may_leave_the_domain():
    x = Value(0.1, 'x')
    *_, last = draw(ops.log(x)).steps
    assert 'η' in last.lines[1] and '정의역' in last.lines[1]
    assert [(change.part, change.number) for change in last.changes] == [('data', 0.1 - 0.5 * 10), ('data', None)]
    assert numbers.number(last.changes[-1].number) == numbers.UNKNOWN  # 계산되지 않는 값의 칸은 – 다


# 아는 것은 늘기만 한다

@settings(max_examples=80)
@given(programs())
def test_a_step_uses_only_what_is_known(program):
    """순전파는 피연산자를 안 뒤에, 역전파는 결과의 기울기가 다 모인 뒤에. 다 모인 수는 다시 바뀌지 않는다."""
    _, root, order = program.record()
    known, final = set(), set()
    for step in draw(root, 'ops').steps:
        for operand, result, _ in step.edges:
            if step.phase == 'forward':
                assert (operand, 'data') in known
            else:
                assert (result, 'grad') in final
        for change in step.changes:
            key = change.node, change.part
            if step.phase == 'update':
                assert change.part == 'data'
                continue
            assert key not in final
            known.add(key)
            if not change.partial:
                final.add(key)
    assert known == final == {(i, part) for i in range(len(order)) for part in ('data', 'grad')}


@settings(max_examples=40)
@given(networks(), st.sampled_from(['neuron', 'layer']))
def test_a_network_knows_more_and_more(drawn, level):
    """기울기는 씨앗 뒤에만, z 는 앞 층의 a 를 안 뒤에, δ 는 뒤 층의 δ 를 안 뒤에 알게 된다."""
    net, x, y = drawn
    trace, loss = network_loss(net, x, y)
    order = topological(loss)
    when, settled = {}, {}
    for k, step in enumerate(draw(loss, level).steps):
        if step.phase == 'update':
            break
        for change in step.changes:
            when.setdefault((order[change.node], change.part), k)
            settled[order[change.node], change.part] = k
            assert not change.partial or change.part == 'grad'
    seed = when[loss, 'grad']
    assert all(when[v, part] >= seed for v, part in when if part == 'grad')
    for previous, zs, outputs in zip(trace.activations[:-1], trace.zs, trace.activations[1:], strict=True):
        for z, a in zip(zs, outputs, strict=True):
            assert all(when[p, 'data'] < when[z, 'data'] for p in previous)
            assert when[z, 'data'] < when[a, 'data'] < when[loss, 'data'] < seed
            assert settled[a, 'grad'] <= when[z, 'grad']
            assert all(when[z, 'grad'] <= settled[p, 'grad'] for p in previous)


# 적힌 식

def last_number(line):
    return float(plain(line.split(' = ')[-1].split('  ')[0]))


@settings(max_examples=30)
@given(st.integers(1, 3), st.integers(1, 3), st.integers(1, 3), st.integers(0, 2**32 - 1))
def test_captions_match_the_matrix_equations(nin, hidden, nout, seed):
    """뉴런의 스텝에 적힌 δ, ∂C/∂b, ∂C/∂w 를 행렬 방정식이 따로 계산한 수와 견준다. 적힌 수는 유효 숫자 네 자리다."""
    rng = random.Random(seed)
    net = MLP(nin, [hidden, nout], rng=rng)
    x, y = [rng.uniform(-1, 1) for _ in range(nin)], [rng.uniform(0, 1) for _ in range(nout)]
    trace, loss = network_loss(net, x, y)
    bounds = bounded_sweep(topological(loss))[1]
    lines = [line for step in draw(loss, 'neuron').steps if step.phase == 'backward' for line in step.lines]
    written = {line.split(' = ')[0]: last_number(line) for line in lines if line.startswith(('δ', '∂C/∂w', '∂C/∂b'))}
    nabla_w, nabla_b = equations.backprop(*net.matrices(), x, y)
    expected = {}
    for layer, zs, w, b in zip(net.layers, trace.zs, nabla_w, nabla_b, strict=True):
        for j, (neuron, z) in enumerate(zip(layer.neurons, zs, strict=True)):
            expected |= {f'∂C/∂{neuron.b.name}': (b[j], neuron.b), 'δ' + neuron.b.name[1:]: (b[j], z)}
            expected |= {f'∂C/∂{v.name}': (w[j, k], v) for k, v in enumerate(neuron.w)}
    assert written.keys() == expected.keys()
    for name, number in written.items():
        gradient, node = expected[name]
        assert abs(number - gradient) <= 6e-4 * abs(gradient) + bounds[node].error, name  # 네 자리로 적으면 5e-4 까지 다르다


def caption(steps, beginning):
    return next(line for step in steps for line in step.lines if line.startswith(beginning))


def test_the_note_example_in_words():
    net = MLP.from_matrices([[[0.4, 0.6], [0.1, 0.9]]], [[0.2, 0.1]])
    _, loss = network_loss(net, [0.5, 0.3], [1.0, 0.0])
    steps = draw(loss).steps
    assert caption(steps, 'a²₁ = ') == 'a²₁ = σ(z²₁) = σ(0.58) = 0.6411'
    assert caption(steps, 'z²₁ = ') == 'z²₁ = w²₁₁·a¹₁ + w²₁₂·a¹₂ + b²₁'
    assert '0.4 × 0.5 + 0.6 × 0.3 + 0.2 = 0.58' in next(s for s in steps if s.title == '순전파: z²₁').lines
    assert caption(steps, 'δ²₁ = ') == 'δ²₁ = ∂C/∂a²₁ · σ′(z²₁) = -0.3589 × 0.2301 = -0.08259'
    assert caption(steps, 'σ′(z²₁) = ') == 'σ′(z²₁) = a²₁·(1 − a²₁) = 0.6411·(1 − 0.6411) = 0.2301'
    assert caption(steps, '∂C/∂w²₁₂ = ') == '∂C/∂w²₁₂ = a¹₂ · δ²₁ = 0.3 × (-0.08259) = -0.02478'
    assert caption(steps, 'C = ½') == 'C = ½ Σⱼ (aⱼ − yⱼ)²'


def test_running_sums_are_written():
    """a + a: 기울기가 두 번 더해진다."""
    a = Value(3.0, 'a')
    b = a + a
    b.name = 'b'
    lines = [step.lines[:2] for step in draw(b).steps if step.phase == 'backward']
    assert lines == [('a.grad += b.grad · ∂b/∂a', '0 + 1 × 1 = 1'), ('a.grad += b.grad · ∂b/∂a', '1 + 1 × 1 = 2')]


def test_nodes_are_called_as_explain_calls_them():
    """이름 없는 노드는 v₂ 처럼 부르고, 같은 이름이 여럿이면 몇째인지 붙는다."""
    a = Value(2.0, 'a')
    inner = a * 3
    outer = inner.exp()
    c = outer + a
    steps, names = draw(c).steps, Labels(topological(c))
    assert caption(steps, f'{names.text(inner)} = ') == f'{names.text(inner)} = a·3'
    assert caption(steps, 'C = ') == f'C = {names.text(outer)} + a'
    local = f'∂{names.text(outer)}/∂{names.text(inner)} = {names.text(outer)} = 403.4'
    assert local in [line for step in steps for line in step.lines]
    twin = Value(1.0, 'a') * a
    assert caption(draw(twin).steps, 'C = ') in ('C = a[1]·a[2]', 'C = a[2]·a[1]')


@pytest.mark.parametrize(('op', 'operands', 'expected'), [
    (ops.sub, ['a', '-3'], 'a − (-3)'), (ops.div, ['a', 'b'], 'a/b'), (ops.power(3), ['-2'], '(-2)³'),
    (ops.neg, ['-2'], '-(-2)'), (ops.square, ['-2'], '(-2)²'),
    (ops.total, ['a', 'b', 'c'], 'a + b + c'), (ops.total, [], '0'), (ops.dot, ['w', 'v', 'x', 'y'], 'w·x + v·y'),
    (ops.total, list('abcdefgh'), 'a + b + c + … + h'), (ops.select, ['c', 'x', 'y'], 'select(c, x, y)'),
    (ops.pow, ['x', 'y'], 'pow(x, y)'), (ops.power(2.5), ['x'], 'x^2.5'),
    (ops.tanh, ['-2'], 'tanh(-2)'), (ops.affine, ['w', 'x', '-1'], 'w·x + (-1)'),
])  # fmt: skip
def test_formulas(op, operands, expected):
    assert formula(op, operands) == expected


@pytest.mark.parametrize(('written', 'expected'), [
    ('3*x**2', '3·x²'), ('x**25 - 1', 'x²⁵ − 1'), ('x**2.5', 'x^2.5'), ('z*(1 - z)', 'z·(1 − z)'),
])  # fmt: skip
def test_rules_are_readable(written, expected):
    assert text(Symbol(written)) == expected


# 노트의 식

def test_every_formula_of_the_note_has_a_place():
    """5단계, 4방정식, 2가정, 2인사이트, 1갱신. 스텝이 가리키는 식은 모두 목록에 있고, 목록의 식은 모두 어느 스텝이 가리킨다."""
    kinds = [sum(kind in key for key in ON_PAGE) for kind in ('단계', '방정식', '가정', '인사이트', '갱신')]
    assert kinds == [5, 4, 2, 2, 1]
    net = MLP.from_matrices([[[9.0, 9.0], [0.1, 0.2]], [[1.0, 1.0]]], [[0.0, 0.0], [0.0]])
    for level in ('neuron', 'layer'):
        steps = draw(network_loss(net, [1.0, 0.0], [0.0])[1], level).steps
        assert {key for step in steps for key in step.formulas} == set(ON_PAGE)


@given(programs())
def test_graph_steps_name_known_formulas(program):
    _, root, _ = program.record()
    assert {key for step in draw(root, 'ops').steps for key in step.formulas} <= set(statements.GRAPH)


def test_insights_are_told_only_where_they_hold():
    net = MLP.from_matrices([[[0.5, 0.5]]], [[0.0]])
    told = {key for step in draw(network_loss(net, [1.0, 0.0], [0.0])[1]).steps for key in step.formulas if '인사이트' in key}
    assert told == {'인사이트 1'}


# 그래프는 그대로, 스텝은 지금의 값으로

@pytest.mark.parametrize('level', LEVELS)
def test_the_graph_is_left_alone(level):
    net = MLP(2, [3, 1], rng=random.Random(0))
    _, loss = network_loss(net, [0.5, 0.3], [1.0])
    loss.backward()
    loss.backward()
    order = topological(loss)
    before = [(v.data, v.grad, v.name) for v in order]
    assert draw(loss, level).steps
    assert [(v.data, v.grad, v.name) for v in order] == before


def test_steps_read_the_leaves_as_they_are_now():
    x = Value(2.0, 'x')
    drawing = draw(x * x)
    x.data = 5.0
    assert known_after(drawing.steps[:-1]) == {(0, 'data'): 5.0, (1, 'data'): 25.0, (1, 'grad'): 1.0, (0, 'grad'): 10.0}


def test_an_operation_outside_the_table_is_walked():
    minus = ops.Op('minus', lambda m, x, y: x - y, (lambda z, x, y: 1, lambda z, x, y: -1))
    y = minus(Value(2.0, 'x'), Value(1.0, 'y')) * 3
    assert known_after(draw(y).steps[:-1])[1, 'grad'] == -3.0
    assert_final(y, draw(y).steps)


def test_a_trace_has_only_a_forward_pass():
    for level in LEVELS:
        steps = draw(MLP(2, [3, 2], rng=random.Random(0)).trace([0.5, 0.3]), level).steps
        assert {step.phase for step in steps} == {'start', 'forward'}


def test_an_output_is_walked_from_itself():
    a = MLP(2, [3, 1], rng=random.Random(0))([0.5, 0.3])
    steps = draw(a, 'neuron').steps
    assert caption(steps, '∂a³₁/∂a³₁') == '∂a³₁/∂a³₁ = 1'
    assert_final(a, steps)


def test_a_network_without_a_sample_has_no_steps():
    with pytest.raises(ValueError, match=r'net\.trace'):
        _ = draw(MLP(2, [3, 2], rng=random.Random(0))).steps


def test_wide_networks_walk_layer_by_layer():
    net = MLP(64, [30, 10], rng=random.Random(0))
    _, loss = network_loss(net, [0.1] * 64, [0.0] * 10)
    assert len(draw(loss).steps) < 20
    assert len(draw(network_loss(MLP(6, [6, 6, 6], rng=random.Random(0)), [0.1] * 6, [0.0] * 6)[1], 'neuron').steps) < MOST_STEPS


def test_a_loss_that_uses_weights():
    """가중치 감쇠: 손실이 가중치를 직접 쓰면 그 항이 더해진다."""
    net = MLP(2, [3, 2], rng=random.Random(0))
    trace = net.trace([0.5, 0.3])
    loss = losses.quadratic(trace.output, trace.activations[0]) + net.layers[0].neurons[0].w[0].square()
    for level in ('neuron', 'layer'):
        assert_final(loss, draw(loss, level).steps)
    w = net.layers[0].neurons[0].w[0]
    last = [line for step in draw(loss, 'neuron').steps for line in step.lines if line.startswith('∂C/∂w²₁₁ ')][-1]
    assert last.startswith('∂C/∂w²₁₁ += ') and last.endswith(f' = {w.grad:.4g}')


@pytest.mark.parametrize('make', [losses.cross_entropy, losses.softmax_cross_entropy, losses.hinge])
def test_other_losses(make):
    net = MLP(2, [3, 2], rng=random.Random(0))
    loss = make(net.trace([0.5, 0.3]).output, [1.0, 0.0])
    for level in LEVELS:
        assert_final(loss, draw(loss, level).steps)


@pytest.mark.parametrize('arguments', [{'depth': 1}, {'focus': True}])
def test_a_part_of_a_graph_walks_only_what_is_drawn(arguments):
    a, b = Value(2.0, 'a'), Value(3.0, 'b')
    c = (a * b).exp() + b
    if 'focus' in arguments:
        arguments = {'focus': a}
    steps = draw(c, **arguments).steps
    touched = {topological(c)[change.node] for step in steps for change in step.changes}
    assert len(touched) == (4 if 'focus' in arguments else 3)
    assert (b in touched) == ('depth' in arguments)


def test_the_steps_belong_to_what_is_drawn():
    """그리지 않은 노드에서 오는 항은 아무리 많아도 피연산자마다 모아서 한 스텝이고, 기울기는 `backward` 의 것이다."""
    counts = set()
    for length in (10, 400):
        y = x = Value(0.5, 'x')
        w = Value(0.25, 'w')
        for _ in range(length):
            y = y * w + x
        steps = draw(y, depth=3).steps
        counts.add(len(steps))
        assert {x, w} <= assert_final(y, steps)['grad']
        gathered = [step.lines[0] for step in steps if '⋯' in step.title]
        expected = (('w', length - 2), ('x', length - 1))
        assert sorted(gathered) == [f'{leaf}.grad += 그리지 않은 노드에서 온 항 {n}개의 합' for leaf, n in expected]
    assert len(counts) == 1


def test_a_name_with_the_letters_of_the_formula_is_left_alone():
    net = MLP(1, [2], rng=random.Random(0))
    trace = net.trace([0.5])
    trace.output[0].name, trace.output[1].name = 'yⱼ', 'a b'
    lines = [line for step in draw(losses.quadratic(trace.output, [1.0, 0.0]), 'neuron').steps for line in step.lines]
    assert any(line.startswith('∂C/∂yⱼ = yⱼ − y₁ = ') for line in lines)
    assert any(line.startswith('∂C/∂(a b) = (a b) − y₂ = ') for line in lines)


def test_a_name_like_a_formula_is_one_operand():
    s, zeta = Value(-5.5, 'x1*w1 + x2*w2'), Value(2.0, 'a-b')
    root = zeta**2 - s
    root.name = '총 손실'
    lines = [line for step in draw(root).steps for line in step.lines]
    assert '총 손실 = v₂ − (x1*w1 + x2*w2)' in lines
    assert '(x1*w1 + x2*w2).grad += (총 손실).grad · ∂(총 손실)/∂(x1*w1 + x2*w2)' in lines
    assert '∂v₂/∂(a-b) = 2·(a-b) = 2·2 = 4' in lines


def test_delta_is_the_error_of_a_z_and_of_no_other_name():
    net = MLP(1, [1], rng=0)
    trace = net.trace([0.5])
    trace.zs[0][0].name = 'zeta'
    titles = [step.title for step in draw(losses.quadratic(trace.output, [1.0]), 'neuron').steps]
    assert '출력층 에러 ∂C/∂zeta' in titles
