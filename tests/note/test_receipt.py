"""영수증: 스칼라 그래프의 모든 원소가 행렬 방정식의 원소와 반올림 안에서 같고, 유리수로는 정확히 같다."""

import math
import random
import re
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from micrograd_ko import MLP, DomainError, Value, equations, losses, ops, receipt
from micrograd_ko.kinds.bounds import Bounded
from micrograd_ko.kinds.symbols import Symbol

UNARY = [op for op in ops.table.values() if op.arity == 1]
MAXOUT = ops.Op('maxout', lambda m, x: m.maximum(x, -1), (lambda z, x: ops.maximum.partials[0](z, x, -1),))
EXACT = ['identity', 'relu', 'step', 'abs', ops.power(2), ops.power(3), MAXOUT]


@st.composite
def networks(draw, activations, numbers):
    """(net, x, y): 1~4 층, 폭 1~8."""
    sizes = draw(st.lists(st.integers(1, 8), min_size=2, max_size=5))
    rng = draw(st.randoms(use_true_random=False))
    number = draw(numbers)
    net = MLP(
        sizes[0], sizes[1:], draw(st.sampled_from(activations)), draw(st.sampled_from([None, *activations])),
        init=lambda _, nin: ([number(rng) for _ in range(nin)], number(rng)),
    )  # fmt: skip
    x = [draw(st.sampled_from([0, 1, number(rng)])) for _ in range(sizes[0])]
    return net, x, [number(rng) for _ in range(sizes[-1])]


def gauss(scale):
    return lambda rng: rng.gauss(0, scale)


def fraction(size):
    return lambda rng: Fraction(rng.randint(-size, size), rng.randint(1, size))


@settings(max_examples=300)
@given(networks(UNARY, st.sampled_from([1e-8, 1e-3, 0.3, 1.0, 3.0, 30.0, 1000.0]).map(gauss)))
def test_every_element_is_equal_within_its_own_rounding(case):
    net, x, y = case
    try:
        result = receipt.compare(net, x, y)
    except DomainError:
        assume(False)
    known = [entry for entry in result.entries if math.isfinite(entry.allowance)]  # 넘쳐서 한계를 모르는 원소는 판정하지 않는다
    assert all(entry.explained for entry in known), result
    assert result.explained == all(entry.explained for entry in result.entries)


@settings(max_examples=60)
@given(networks(EXACT, st.just(fraction(5))))
def test_fractions_are_exactly_equal(case):
    result = receipt.compare(*case)
    assert all(entry.scalar == entry.matrix and entry.allowance == 0 for entry in result.entries)
    kinds = {type(n) for entry in result.entries for n in (entry.scalar, entry.matrix)}
    assert kinds == {Fraction}


@pytest.mark.parametrize('loss', [losses.quadratic, losses.cross_entropy, losses.hinge, losses.softmax_cross_entropy])
def test_every_loss(loss):
    net = MLP(3, [4, 3], rng=random.Random(2))
    assert receipt.compare(net, [0.1, 0.2, 0.3], [0, 1, 0], loss=loss).explained
    if loss is losses.softmax_cross_entropy:
        assert receipt.compare(net, [0.1, 0.2, 0.3], 1, loss=loss).explained


@pytest.mark.parametrize('y', [0, 1.0, [1], np.array([1.0]), np.array(1.0), Value(1.0)])
@pytest.mark.parametrize('gradient', [None, losses.softmax_cross_entropy.gradient])
def test_softmax_of_one_output(y, gradient):
    """softmax 는 1 이므로 δ 는 0 이다. 소수와 배열의 1 은 클래스 번호가 아니라 원-핫의 원소다."""
    result = receipt.compare(MLP(2, [1], output='linear'), [0.5, 0.3], y, losses.softmax_cross_entropy, gradient)
    assert result.explained and {entry.matrix for entry in result.entries if entry.name[0] == 'δ'} == {0.0}


@pytest.mark.parametrize('y', [1, [Fraction(1, 3), 1]])
def test_softmax_of_fractions(y):
    """e^x 는 유리수가 아니므로 손실과 기울기는 float 다."""
    net = MLP.from_matrices([[[Fraction(1, 3), 2]], [[1], [-2]]], [[Fraction(0)], [1, 2]], 'relu')
    result = receipt.compare(net, [Fraction(1, 2), 3], y, losses.softmax_cross_entropy)
    assert result.explained and {type(e.matrix) for e in result.entries if e.name[0] == 'δ'} == {float}


# 나의 손실 ------------------------------------------------------------------------------------------------------------

NET = MLP(2, [3, 2], rng=random.Random(7))
X, Y = [0.5, -0.3], [1.0, 0.0]


def quadratic(outputs, targets):
    """`losses.quadratic` 과 이름만 같다."""
    return sum((a - y) ** 4 for a, y in zip(outputs, targets, strict=True))


def half_of_squares(outputs, targets):
    gaps = [a - y for a, y in zip(outputs, targets, strict=True)]
    return ops.dot(gaps, gaps) / 2


def fourth_gradient(a, y):
    return 4 * (a - y) ** 3


def test_a_loss_of_mine_is_compared_with_its_gradient():
    assert receipt.compare(NET, X, Y, quadratic, gradient=fourth_gradient).explained
    assert not receipt.compare(NET, X, Y, quadratic, gradient=lambda a, y: a - y).explained
    single = MLP(2, [1], rng=random.Random(0))
    assert receipt.compare(single, X, 0.5, lambda a, y: (a[0] - y) ** 4, gradient=fourth_gradient).explained


def test_a_loss_of_mine_without_its_gradient_is_told_what_to_pass():
    """이름이 quadratic 이어도 `losses.quadratic` 의 ∇_a C 로 판정하지 않는다."""
    with pytest.raises(ValueError, match='gradient=lambda a, y'):
        receipt.compare(NET, X, Y, quadratic)


@pytest.mark.parametrize(('loss', 'y'), [
    (half_of_squares, Y),
    (lambda a, y: losses.quadratic(a[::-1], y[::-1]), Y),
    (lambda a, y: losses.quadratic(a, [2 * t for t in y]), Y),
    (lambda a, y: losses.cross_entropy(a, [0.25, 0.75]), None),
    (lambda a, y: losses.softmax_cross_entropy(a, y - 1), 2),
    (losses.quadratic, [Value(1.0), Value(0.0)]),
    (losses.softmax_cross_entropy, np.int64(1)),
])  # fmt: skip
def test_a_loss_of_a_known_shape_needs_no_gradient(loss, y):
    """목표는 그래프에 있는 것이다: 손실이 y 를 고쳐 써도 된다."""
    assert receipt.compare(NET, X, y, loss).explained


def test_a_target_made_from_the_outputs_is_not_a_known_loss():
    with pytest.raises(ValueError, match='gradient'):
        receipt.compare(NET, X, Y, lambda a, y: losses.quadratic(a, [o.tanh() for o in a]))


def test_a_record_of_mine_uses_its_own_gradient():
    fourth = losses.Loss(quadratic, fourth_gradient, 'Σⱼ (aⱼ − yⱼ)⁴', '4(aⱼ − yⱼ)³')
    wrong = losses.Loss(half_of_squares, lambda a, y: y - a, '½ Σⱼ (aⱼ − yⱼ)²', 'yⱼ − aⱼ')
    assert receipt.compare(NET, X, Y, fourth).explained and not receipt.compare(NET, X, Y, wrong).explained
    assert receipt.compare(NET, X, Y, wrong, gradient=lambda a, y: a - y).explained


@pytest.mark.parametrize(('loss', 'gradient'), [
    (lambda a, y: a[0].square(), lambda a, y: 2 * a * [1, 0, 0]),
    (lambda a, y: a[0], lambda a, y: a * 0 + [1, 0, 0]),
])  # fmt: skip
def test_a_loss_of_one_output_leaves_the_others_alone(loss, gradient):
    """쓰이지 않는 출력의 z 와 a 도 제 반올림 안에서 같고, 그 기울기는 0 이다. 손실이 출력 그 자체여도."""
    net = MLP(40, [40, 3], rng=random.Random(0))
    result = receipt.compare(net, [k / 9 for k in range(40)], [0, 0, 0], loss, gradient)
    assert result.explained and {entry.scalar for entry in result.entries if entry.name in ('δ³₂', '∂C/∂w³₂₁')} == {0}


@pytest.mark.parametrize(('pick', 'name'), [
    (lambda net, a: net.layers[0].neurons[0].w[1], 'w²₁₂'), (lambda net, a: net.layers[1].neurons[1].b, 'b³₂'),
    (lambda net, a: a[1].parents[0], 'z³₂'), (lambda net, a: a[0].parents[0].parents[3], 'a²₁'),
])  # fmt: skip
@pytest.mark.parametrize('gradient', [None, lambda a, y: a - y])
def test_a_loss_that_breaks_assumption_two_is_told_at_which_node(pick, name, gradient):
    for p in NET.parameters():
        p.grad = 3.0
    with pytest.raises(ValueError, match=f"'{name}' .*가정 2"):
        receipt.compare(NET, X, Y, lambda a, y: losses.quadratic(a, y) + pick(NET, a).square(), gradient=gradient)
    with pytest.raises(ValueError, match=f"'{name}' .*가정 2"):
        receipt.compare(NET, X, Y, lambda a, y: pick(NET, a), gradient=gradient)
    assert {p.grad for p in NET.parameters()} == {3.0}


# 증인과 한계 -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    'equation', ['weighted_input', 'sigma', 'output_error', 'backpropagate_error', 'bias_gradient', 'weight_gradient']
)
def test_a_wrong_equation_is_noticed(monkeypatch, equation):
    """증인이 1 + 1e-9 배만 틀려도 영수증은 설명하지 못한다: 한계가 헐겁지 않다."""
    right = getattr(equations, equation)
    monkeypatch.setattr(equations, equation, lambda *args: right(*args) * (1 + 1e-9))
    result = receipt.compare(MLP(3, [8, 8, 2], rng=random.Random(5)), [0.4, -0.2, 0.9], [1, 0])
    assert not result.explained and '설명되지 않' in str(result)


def test_the_bounds_are_tight():
    """값이 1 쯤인 전형적인 네트워크에서 한계는 1e-13 보다 작다: ε 의 수백 배다."""
    result = receipt.compare(MLP(3, [8, 8, 2], rng=random.Random(5)), [0.4, -0.2, 0.9], [1, 0])
    assert all(entry.allowance < 1e-13 for entry in result.entries)


def test_grad_is_left_as_it_was():
    net = MLP(2, [2, 1], rng=random.Random(0))
    for i, p in enumerate(net.parameters()):
        p.grad = i
    receipt.compare(net, [Value(1.0), 2.0], 0.5)
    with pytest.raises(ValueError, match='목표'):
        receipt.compare(net, [1.0, 2.0], [0.5, 0.5])
    assert [p.grad for p in net.parameters()] == list(range(len(net.parameters())))


def test_the_printed_receipt_shows_every_element():
    net = MLP(2, [3, 2], rng=random.Random(1))
    result = receipt.compare(net, [0.5, 0.3], [0, 1])
    text = str(result)
    assert len(result.entries) == 5 + 5 + 5 + 5 + 12
    for entry in result.entries:
        assert any(line.split()[:2] == [entry.name, f'{entry.scalar:.12f}'] for line in text.splitlines() if line.strip())
    assert [name for name in ('z²₁', 'a³₂', 'δ²₃', '∂C/∂b³₁', '∂C/∂w³₂₃') if name not in text] == []


def test_overflow_is_reported_not_hidden():
    net = MLP.from_matrices([[[1e200]], [[1e200]]], [[0.0], [0.0]], activation='identity')
    result = receipt.compare(net, [1e200], 0.0)
    assert any(np.isinf(entry.scalar) for entry in result.entries) and 'inf' in str(result)


def test_the_sum_of_one_term_is_exact():
    assert ops.total([Bounded(0.5)]).error == 0 < ops.total([Bounded(0.5), Bounded(0.25)]).error


def test_a_jump_between_two_correct_evaluations_is_explained():
    """두 계산이 참값의 양쪽에 있어도: 한계는 참값이 아니라 다른 계산까지의 거리다."""
    x = Bounded(0.3) - Bounded(0.1) * 3  # 5.6e-17 대신 다른 순서로는 −5.6e-17 쯤이 나올 수 있다
    assert ops.step(x).explains(1.0) and not ops.step(x + 1e-15).explains(1.0)


def test_a_wave_of_a_sum_that_may_overflow_promises_nothing():
    """더하는 순서에 따라 넘치는 합의 사인: 다른 올바른 계산은 inf − inf 나 sin(inf), 곧 nan 이 될 수 있다."""
    total = ops.total([Bounded(1.7e308), Bounded(-1.7e308), Bounded(1.7e308)])
    assert total.value == 1.7e308
    for op in (ops.sin, ops.cos):
        assert op(total).explains(float('nan'))
        assert op(Bounded(1.0, 50.0)).error == pytest.approx(2) and not op(Bounded(1.0, 50.0)).explains(float('nan'))


def test_what_may_overflow_in_another_order_is_explained():
    """한계가 float 의 범위를 넘으면 다른 계산은 inf 이고, 그것의 sin 은 없다."""
    near = Bounded(1.5e308, 5e307)
    assert near.explains(float('inf')) and ops.sin(near).explains(float('nan'))
    assert ops.total([Bounded(1e308), Bounded(-1e308), Bounded(1e308)]).explains(float('inf'))
    assert not ops.total([Bounded(1e307), Bounded(-1e307), Bounded(1e307)]).explains(float('inf'))
    assert not ops.sin(Bounded(1e6, 2.0)).explains(2.5)


def test_a_bound_that_says_nothing_explains_no_difference():
    symbol = Symbol('z')
    assert not (unknown := receipt.Entry(symbol, 1.0, 2.0, Bounded(math.inf))).explained and unknown.cells[-1] == '한계를 모름'
    assert receipt.Entry(symbol, math.nan, math.nan, Bounded(math.nan)).explained
    assert receipt.Entry(symbol, 1.0, 1.0 + 2**-52, Bounded(1.0, 2**-52)).cells[-1] == '설명됨'


def test_html_and_latex_show_every_element_in_korean():
    net = MLP(2, [3, 2], rng=random.Random(1))
    net.layers[0].neurons[0].w[0].name = '<w>'
    result = receipt.compare(net, [0.5, 0.3], [0, 1])
    page, latex = result.html(), result.latex()
    for entry in result.entries:
        assert f'<td>{entry.name.replace("<", "&lt;").replace(">", "&gt;")}</td><td>{entry.scalar:.12f}</td>' in page
        assert f' & {entry.scalar:.12f} & {entry.matrix:.12f} & ' in latex
    assert page.startswith('<!doctype html>') and '방정식 4' in page and '모든 차이가 반올림으로' in page
    assert 'http' not in page and '<script' not in page and 'class="marked"' not in page
    assert result._repr_html_() in page
    for part in (r'\delta^{2}_{3}', r'\frac{\partial C}{\partial w^{3}_{23}}', r'\odot', r'\text{방정식 3}', r'\text{<w>}'):
        assert part in latex
    depth = 0
    for c in latex:
        depth += {'{': 1, '}': -1}.get(c, 0)
        assert depth >= 0
    assert depth == 0 and latex.count(r'\begin{array}') == latex.count(r'\end{array}') == 5
    rows = latex.replace(r' \\ ', '\n').replace(r'\hline ', '\n').splitlines()
    assert {row.count('&') for row in rows} == {0, 5}
    assert not re.search(r'\de[+-]\d', str(result) + latex + page) and r'\times 10^{-1' in latex


def test_html_marks_what_is_not_explained(monkeypatch):
    right = equations.bias_gradient
    monkeypatch.setattr(equations, 'bias_gradient', lambda delta: right(delta) * 1.001)
    page = receipt.compare(MLP(1, [1], rng=random.Random(1)), [0.5], 1).html()
    assert page.count('<tr class="marked">') == 1 and '설명되지 않음' in page
