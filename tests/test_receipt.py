"""영수증: 스칼라 그래프의 모든 원소가 행렬 방정식의 원소와 반올림 안에서 같고, 유리수로는 정확히 같다."""

import random
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from micrograd_ko import MLP, DomainError, Value, equations, losses, ops, receipt
from micrograd_ko.kinds.bounds import Bounded

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
    assert result.explained, result


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


def test_html_marks_what_is_not_explained(monkeypatch):
    right = equations.bias_gradient
    monkeypatch.setattr(equations, 'bias_gradient', lambda delta: right(delta) * 1.001)
    page = receipt.compare(MLP(1, [1], rng=random.Random(1)), [0.5], 1).html()
    assert page.count('<tr class="marked">') == 1 and '설명되지 않음' in page
