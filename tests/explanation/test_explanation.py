"""경로와 설명: 경로의 합이 기울기이고, 수가 엔진의 것과 같고, 아무것도 바꾸지 않는다."""

import math
import random
import re
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.mathtext import MathTextParser
from written import plain

from micrograd_ko import MLP, Neuron, Value, explain, losses, micrograd, ops, topological
from micrograd_ko.explanation.paths import Paths
from micrograd_ko.kinds.bounds import BOUNDED
from micrograd_ko.reverse import bounded_sweep
from micrograd_ko.writing.labels import Labels, quantity

FLOAT_OPS = [ops.add, ops.sub, ops.mul, ops.tanh, ops.sigmoid, ops.sin, ops.relu, ops.square, ops.maximum]
EXACT_OPS = [ops.add, ops.sub, ops.mul, ops.neg, ops.relu, ops.square, ops.abs]


@st.composite
def graphs(draw, operations, numbers):
    """잎 몇 개에서 자라는 작은 그래프: 노드를 마음대로 나누어 쓴다. (잎들, root)."""
    leaves = [Value(draw(numbers)) for _ in range(draw(st.integers(1, 3)))]
    nodes = list(leaves)
    for _ in range(draw(st.integers(0, 8))):
        op = draw(st.sampled_from([*operations, ops.total, ops.dot]))
        pick = st.integers(0, len(nodes) - 1).map(lambda i: nodes[-1 - i])
        if op.arity is None:
            xs = draw(st.lists(pick, min_size=1, max_size=3))
            nodes.append(op(xs) if op is ops.total else op(xs, xs[::-1]))
        else:
            nodes.append(op(*[draw(pick) for _ in range(op.arity)]))
    return leaves, nodes[-1]


def enumerate_paths(value, root, derivatives_of):
    """모든 경로의 곱을 하나씩: root 에서 내려가며 되부르는, 느리고 뻔한 길."""
    found = []

    def descend(node, product):
        if node is value:
            found.append(product)
        elif node.op is not None:
            slopes, half = derivatives_of(node), len(node.parents) // 2
            if node.op is ops.dot and node.parents[:half] == node.parents[half:] and len(set(node.parents)) == half:
                slopes = [d + d for d in slopes[:half]]  # 제곱은 한 칸이다
            for parent, d in zip(node.parents, slopes, strict=False):
                descend(parent, product * d)

    descend(root, type(root.data)(1))
    return found


def rule_of(node):
    return node.op.derivatives(node.data, *[p.data for p in node.parents])


@settings(max_examples=200)
@given(graphs(EXACT_OPS, st.fractions(-3, 3, max_denominator=6)))
def test_the_sum_over_all_paths_is_exactly_the_gradient(case):
    """유리수: 경로를 하나씩 센 것과 수, 합, 가장 큰 것들이 모두 같다."""
    _, root = case
    root.backward()
    gradients = {node: node.grad for node in topological(root)}
    for value in topological(root):
        products = enumerate_paths(value, root, rule_of)
        found = explain(value, root, limit=4)
        assert found.gradient == sum(products) == gradients[value]
        assert found.path_count == len(products)
        sizes = sorted(map(abs, products), reverse=True)
        assert [abs(path.product) for path in found.paths] == sizes[:4]
        assert all(math.prod([edge.derivative for edge in path.edges]) == path.product for path in found.paths)
        rest = Paths(value, root).largest(4)[1]
        assert rest == ([sum(products) - sum([path.product for path in found.paths])] if len(products) > 4 else [])
        if len(products) <= 4:
            assert sorted(path.product for path in found.paths) == sorted(products)


@settings(max_examples=200)
@given(graphs(FLOAT_OPS, st.floats(-3, 3)))
def test_the_sum_over_all_paths_is_the_gradient_within_rounding(case):
    """float: 합의 순서가 다르므로, 두 길의 오차 한계의 합까지 다를 수 있다."""
    _, root = case
    order = topological(root)
    values, gradients = bounded_sweep(order)

    def bounded_rule(node):
        return node.op.derivatives(values[node], *[values[p] for p in node.parents])

    root.backward()
    for value in order:
        products = enumerate_paths(value, root, bounded_rule)
        total = BOUNDED.total(*products)
        found = explain(value, root, limit=3)
        assert found.gradient == value.grad
        assert found.path_count == len(products)
        assert abs(total.value - found.gradient) <= total.error + gradients[value].error
        plain = sorted(map(abs, enumerate_paths(value, root, rule_of)), reverse=True)
        assert [abs(path.product) for path in found.paths] == plain[:3]


@given(graphs(FLOAT_OPS, st.floats(-3, 3)))
def test_every_path_leads_from_the_value_to_the_root(case):
    _, root = case
    for value in topological(root):
        paths = explain(value, root, limit=50).paths
        assert len({tuple((id(edge.node), edge.operand) for edge in path.edges) for path in paths}) == len(paths)
        for path in paths:
            at = value
            for edge in path.edges:
                assert edge.node.parents[edge.operand] is at
                at = edge.node
            assert at is root


@given(graphs(FLOAT_OPS, st.floats(-3, 3)))
def test_nothing_is_changed(case):
    _, root = case
    for i, node in enumerate(topological(root)):
        node.grad = i
    before = [repr(node) for node in topological(root)]
    found = explain(topological(root)[0], root)
    assert str(found) and found.latex() and found.html()
    assert [repr(node) for node in topological(root)] == before


# 깊고 넓은 그래프 -------------------------------------------------------------------------------------------------------


def test_paths_of_a_deep_graph_are_counted_exactly():
    """2²⁰⁰⁰⁰ 개의 경로: 하나씩 볼 수 없는 수를 정확히 센다."""
    x = Value(Fraction(0), 'x')
    y = x
    for _ in range(20000):
        y = y + y
    found = explain(x, y, limit=3)
    assert found.path_count == 2**20000 and found.gradient == 2**20000
    assert [path.product for path in found.paths] == [1, 1, 1]
    assert '약 3.98×10^6020개' in str(found)
    assert '×10^' not in found.latex()  # 글 속의 ^ 는 LaTeX 의 오류다
    assert '19,988칸을 줄였다' in str(found) and len(str(found)) < 10_000
    z = x
    for _ in range(5):
        z = ops.total([z] * 9999)
    assert 9999**5 == 99_950_009_999_000_049_999 and '약 1.00×10^20개' in str(explain(x, z))


def test_the_rest_of_the_paths_is_their_own_sum():
    """나머지의 합은 큰 경로에 묻히지 않고, inf 옆에서도 nan 이 아니다."""
    x = Value(0.0, 'x')
    assert 'inf + 2 = inf   (마지막 항은 나머지 1개의 합)' in str(explain(x, x.sqrt() * 3 + x * 2, limit=1))
    assert '1×10³⁰⁰ + 2 = 1×10³⁰⁰   (마지막' in str(explain(x, x * 1e300 + x * 2, limit=1))


def test_a_wide_node_is_shortened():
    xs = [Value(float(i), f'x{i}') for i in range(1000)]
    x = xs[0]
    found = explain(x, ops.dot(xs, [x] * 1000))
    assert found.path_count == 1001 and len(str(found)) < 5000 and '…' in str(found)


def test_the_largest_paths_of_a_layered_network_are_found_without_enumeration():
    """8⁶ 이 넘는 경로에서 가장 큰 하나: 층마다 최댓값을 고르는 것(max-product)과 같다."""
    net = MLP(1, [8] * 7 + [1], 'identity', rng=random.Random(0))
    x = Value(1.0, 'x')
    root = net([x])
    best = [1.0]
    for layer in reversed(net.layers):
        best = [max(abs(neuron.w[k].data) * b for neuron, b in zip(layer.neurons, best, strict=True)) for k in range(layer.nin)]
    found = explain(x, root, limit=1)
    assert found.path_count == 8**7
    assert abs(found.paths[0].product) == pytest.approx(best[0], rel=1e-12)


# 정의역의 끝 ----------------------------------------------------------------------------------------------------------


def test_edges_of_domains_give_ieee_values():
    x = Value(0.0, 'x')
    found = explain(x, x.sqrt() * 2 + x)
    assert found.gradient == math.inf and 'inf' in str(found) and r'\infty' in found.latex()
    found = explain(x, x.sqrt() * x)
    assert math.isnan(found.gradient) and math.isnan(found.paths[0].product)


def test_a_path_through_nan_comes_first():
    x = Value(0.0, 'x')
    for root in (3 * x + x.sqrt() * 0, x.sqrt() + x.sqrt() * 0):  # inf 보다도 먼저다
        assert math.isnan(explain(x, root, limit=1).paths[0].product)


def test_numbers_beyond_float_are_explained():
    x = Value(Fraction(10**400), 'x')
    found = explain(x, x * x * x)
    assert found.gradient == 3 * Fraction(10**800) and '3×10⁸⁰⁰' in str(found)


# 노트의 표기법 ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope='module')
def network():
    net = MLP(2, [3, 2], rng=random.Random(0))
    trace = net.trace([0.5, 0.3])
    cost = losses.quadratic(trace.output, [1.0, 0.0])
    cost.backward()
    return net, trace, cost


def line_with(found, text):
    return next(line for line in str(found).splitlines() if text in line)


@pytest.mark.parametrize(('pick', 'start', 'equation'), [
    (lambda net, trace: trace.zs[1][1], 'δ³₂ = ∂C/∂a³₂ · σ′(z³₂)', '방정식 1'),
    (lambda net, trace: trace.zs[0][1], 'δ²₂ = ∂C/∂a²₂ · σ′(z²₂)', '방정식 2'),
    (lambda net, trace: trace.activations[1][1], '∂C/∂a²₂ = w³₁₂ · δ³₁ + w³₂₂ · δ³₂', '방정식 2'),
    (lambda net, trace: net.layers[0].neurons[2].b, '∂C/∂b²₃ = δ²₃', '방정식 3'),
    (lambda net, trace: net.layers[1].neurons[0].w[2], '∂C/∂w³₁₃ = a²₃ · δ³₁', '방정식 4'),
])  # fmt: skip
def test_nodes_of_a_network_are_explained_in_the_notation_of_the_note(network, pick, start, equation):
    """노트의 식, 노트의 방정식 번호, 그리고 엔진의 수."""
    net, trace, cost = network
    node = pick(net, trace)
    line = line_with(explain(node, cost), start)
    assert line.strip().startswith(start) and equation in line
    numbers = line.split('   (')[0].split(' = ')
    assert float(plain(numbers[-1])) == pytest.approx(node.grad, rel=5e-4)
    if len(numbers) > 3:
        assert eval(plain(numbers[-2]).replace('×', '*')) == pytest.approx(node.grad, rel=5e-3)


def test_the_inner_nodes_of_the_loss_are_told(network):
    """사용자가 이름 짓지 않은 노드는, 노트의 이름으로 불려도 무엇인지 적는다."""
    net, _, cost = network
    text = str(explain(net.layers[1].neurons[0].b, cost))
    assert '  u₁ = a³₁ − y₁ = ' in text.split('여기서')[1] and 'z³₁ = ' not in text.split('여기서')[1]


def test_the_hidden_error_shows_where_it_comes_from(network):
    _, trace, cost = network
    text = str(explain(trace.zs[0][1], cost))
    assert text.index('∂C/∂a²₂ = w³₁₂ · δ³₁') < text.index('δ²₂ = ∂C/∂a²₂')


def test_an_ordinary_graph_named_like_a_network_is_not_taken_for_one():
    """이름만 z, a, w 인 노드에 노트의 방정식을 붙이지 않는다."""
    w, a = Value(2.0, 'w'), Value(3.0, 'a')
    z = w * a
    z.name = 'z'
    for node in (w, a, z):
        assert '방정식' not in str(explain(node, z.tanh())) and 'δ' not in str(explain(node, z.tanh()))


def test_a_neuron_alone_and_other_activations():
    neuron = Neuron(1, 'tanh', init=lambda rng, nin: ([2.0], 0.5))
    a = neuron([1.5])
    (z,) = a.parents
    assert f'δ = tanh′(z) = {1 - math.tanh(3.5) ** 2:.4g}   (방정식 1' in str(explain(z, a))
    assert r"\operatorname{tanh}'(z)" in explain(z, a).latex()


def test_samples_of_a_batch_are_told_apart(network):
    net, _, _ = network
    cost = losses.mean([losses.quadratic(net([x, 1.0]), [0.0, 1.0]) for x in (0.1, 0.2)])
    text = str(explain(net.layers[1].neurons[0].b, cost))
    assert '∂C/∂b³₁ = δ³₁[1] + δ³₁[2]' in text and '방정식 3' in text


# 글, LaTeX, HTML --------------------------------------------------------------------------------------------------------


def test_root_itself_and_leaves():
    x = Value(2.0, 'x')
    assert str(explain(x, x)).startswith('x = 2\n') and '∂x/∂x = 1   (역전파의 시작)' in str(explain(x, x))
    unnamed = Value(2.0)
    assert '∂C/∂v₁ = v₁ + v₁ = 2 + 2 = 4' in str(explain(unnamed, unnamed * unnamed))


def test_the_title_is_as_short_as_the_rest():
    x = Value(0.1, 'x')
    assert str(explain(x, x * 3)).splitlines()[0] == 'x = 0.1 에서 C = 0.3 까지'  # 0.30000000000000004 가 아니다


def test_both_uses_of_one_operand_are_told_apart():
    x = Value(3.0, 'x')
    text = str(explain(x, x * x))
    assert '∂C/∂x = x = 3   (1번째 피연산자로)' in text and '(2번째 피연산자로)' in text


def test_a_square_is_one_path():
    """∂/∂d d·d = 2·d: 이차 손실의 경로는 출력마다 하나다."""
    net = MLP(2, [3, 2], rng=random.Random(0))
    trace = net.trace([0.5, 0.3])
    loss = losses.quadratic(trace.output, [1.0, 0.0])
    found = explain(net.layers[0].neurons[0].w[0], loss)
    assert found.path_count == 2 and '2 · ' in str(found) and '피연산자로' not in str(found)


def test_stale_graphs_are_noticed():
    x = Value(2.0, 'x')
    root = x * x
    assert '낡은' not in str(explain(x, root))
    x.data = 3.0
    assert '낡은' in str(explain(x, root)) and 'refresh' in str(explain(x, root))


def test_rules_that_cannot_be_written_are_named_instead():
    op = ops.Op('odd', lambda m, x: x, (lambda z, x: math.cos(x) if x > 0 else 1.0,))
    x = Value(2.0, 'x')
    assert '∂C/∂x = ∂C/∂x = ' not in str(explain(x, op(x)))
    assert f'= {math.cos(2.0):.4g}' in str(explain(x, op(x)))


def test_a_rule_that_is_only_a_number_is_written_once():
    """손으로 적은 연산(micrograd)의 국소 미분은 수다: -3.0 = -3 이 아니라 -3 이다."""
    a, b = micrograd.Value(2.0, label='a'), micrograd.Value(-3.0, label='b')
    c = micrograd.Value(a.data * b.data, (a, b), '*', 'c')

    def backward():
        a.grad += b.data * c.grad
        b.grad += a.data * c.grad

    c._backward = backward
    written = str(explain(a, c + a))
    assert '∂C/∂a = ∂C/∂c · (-3) + 1 = 1 × (-3) + 1 = -2' in written and '     ∂c/∂a = -3\n' in written


@pytest.mark.parametrize('name', ['<script>alert(1)</script>', '손실_1', 'a&b', 'a{b}', '100%', '\x00', '\ud800', '$x$ \\frac'])
def test_names_are_shown_never_obeyed(name):
    x = Value(2.0, name)
    found = explain(x, x.tanh() * x)
    page = found.html()
    page.encode('utf-8')
    assert '<script' not in page and 'http' not in page and '\x00' not in page
    assert '&lt;script&gt;' in page or 'script' not in name
    depth = 0
    for c in re.sub(r'\\[{}]', '', found.latex()):
        depth += {'{': 1, '}': -1}.get(c, 0)
        assert depth >= 0
    assert depth == 0 and not re.search(r'(?<!\\)[$%#]', found.latex())


def test_numbers_are_written_short_and_huge_numbers_do_not_fail():
    for x, text in ((0.12345678, '0.1235'), (Fraction(1, 3), '1/3'), (7, '7'), (-2.0, '-2'), (1e-9, '1×10⁻⁹'), (math.inf, 'inf')):
        assert quantity(x).text == text
    assert quantity(1.5e-9).latex == r'1.5\times 10^{-9}'
    assert quantity(10**5000).text == '1×10⁵⁰⁰⁰' and quantity(Fraction(10**50, 3)).text == '3.333×10⁴⁹'
    assert (quantity(-2.0) * quantity(-3.0)).text == '(-2)*(-3)'


def test_labels_are_unique_and_stable():
    a, b = Value(1.0, 'a'), Value(2.0)
    root = (a * b + a * 3.0).tanh()
    order = topological(root)
    labels = Labels(order, (b,))
    inner = [labels.text(node) for node in order if node.op]
    assert len(set(inner)) == len(inner) and inner[-1] == 'C'
    assert labels.text(a) == 'a' and labels.text(b).startswith('v')
    root.name = 'C'
    assert Labels(order).text(root) == 'C'


# 잘못 쓴 것 -------------------------------------------------------------------------------------------------------------


def test_a_value_outside_the_graph_is_told_why():
    x, y = Value(2.0, 'x'), Value(3.0, 'y')
    root = x * 2
    with pytest.raises(ValueError, match='기울기는 0'):
        explain(y, root)
    with pytest.raises(ValueError, match='순서가 바뀌'):
        explain(root, x)
    with pytest.raises(ValueError, match='detach'):
        Paths(x.detach(), root)


def test_wrong_arguments():
    x = Value(2.0)
    with pytest.raises(TypeError, match='float'):
        explain(2.0, x)
    for limit in (0, -1, 2.5, True, None):
        with pytest.raises(ValueError, match='limit'):
            explain(x, x * 2, limit=limit)


def test_a_name_is_left_as_it_was_written():
    """이름 안의 *, **, - 는 식의 글자가 되지 않고, 이름이 1 이어도 곱에서 빠지지 않는다."""
    a, one = Value(2.0, 'x1*w1 - k**2'), Value(3.0, '1')
    root = a * one
    root.name = 'y*z'
    written = str(explain(a, root))
    assert written.startswith('x1*w1 - k**2 = 2 에서 y*z = 6 까지')
    assert '∂(y*z)/∂(x1*w1 - k**2) = 1 = 3' in written and '1. x1*w1 - k**2 → y*z' in written and '·' not in written


def test_a_name_like_a_formula_is_one_operand():
    """강의의 이름표('x1*w1 + x2*w2')와 위첨자가 있는 이름은 다른 기호 옆에서 괄호를 두른다."""
    s, w = Value(-5.5, 'x1*w1 + x2*w2'), Value(2.0, 'w²₁₁')
    o = w**2 / s - s
    found = explain(s, o)
    assert '∂v₄/∂(x1*w1 + x2*w2) = -v₄/(x1*w1 + x2*w2) = ' in str(found)
    assert 'v₂ = (w²₁₁)² = 2² = 4' in str(explain(w, o)) and '∂v₂/∂w²₁₁ = 2 · w²₁₁ = 4' in str(explain(w, o))
    assert r'v_{4} - (\text{x1*w1 + x2*w2})' in explain(o, o).latex()
    assert r'v_{2} = (w^{2}_{11})^{2} = 2^{2} = 4' in explain(w, o).latex()


def test_every_line_is_latex():
    """위첨자가 둘이거나 없는 명령이 있으면 matplotlib 의 수식 읽개가 멈춘다. 긴 목록과 벌점(weight decay)까지."""
    net, parser = MLP(2, [7, 1], rng=0), MathTextParser('path')
    decay = ops.total([w**2 for w in net.parameters()]) * 0.1 + ops.logsumexp(net.parameters())
    odd = ops.Op('my_odd_op', lambda m, x: x * x * x, (lambda z, x: 3 * x * x,))
    root = losses.quadratic(net([0.5, -0.3]), 1.0) + decay + odd(net.parameters()[0].sigmoid().square().leaky_relu())
    for node in topological(root):
        for line in explain(node, root).lines:
            parser.parse(f'${line.latex}$')
            assert not re.search('[a-z]_[a-z]', line.latex)  # 연산의 이름에서 아래첨자가 되는 _


def test_a_name_takes_one_line():
    """줄 나눔과 아주 긴 이름이 설명의 줄을 흩뜨리지 않는다: 그림의 이름과 같다."""
    a, root = Value(2.0, 'a\n\nb'), Value(3.0, 'x' * 500)
    root = root * a
    lines = explain(a, root).lines
    assert lines[0].text == 'a b = 2 에서 C = 6 까지' and all('\n' not in line.text + line.latex for line in lines)
    assert max(len(line.text) for line in lines) < 100
