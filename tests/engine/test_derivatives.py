"""미분의 그래프: 높은 차수, 정확함, 가지치기, 그리고 그 위의 함수들."""

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_ko import Value, grad, hessian, hvp, jacobian, ops, topological, value_and_grad
from micrograd_ko.engine import record

rationals = st.fractions(-50, 50, max_denominator=50)


@given(st.lists(rationals, min_size=2, max_size=6), rationals)
def test_every_derivative_of_a_polynomial_is_exact(coefficients, at):
    """p(x) = Σ cₖ xᵏ 의 모든 차수의 미분: 그래프에서 얻은 것과 계수에서 얻은 것이 같다."""
    x = Value(at)
    y = ops.total([c * x**k for k, c in enumerate(coefficients)])
    for order in range(1, len(coefficients) + 1):
        y = grad(y, x)
        assert y.data == sum(math.perm(k, order) * c * at ** (k - order) for k, c in enumerate(coefficients) if k >= order)


@given(st.floats(-3, 3))
def test_grad_agrees_with_backward_to_the_bit(at):
    """한 노드로 두 항까지만 모이면 더하는 순서도 같으므로 끝자리까지 같다."""
    x = Value(at)
    y = (x.tanh() * x + x.sigmoid()).exp()
    slope = grad(y, x)
    y.backward()
    assert slope.data == pytest.approx(x.grad, rel=1e-15, abs=5e-324)


def test_grad_leaves_grad_alone_and_follows_the_order_of_xs():
    a, b, c = Value(2.0), Value(3.0), Value(4.0)
    y = a * b
    assert [d.data for d in grad(y, [b, c, a])] == [2.0, 0, 3.0]
    assert (a.grad, b.grad, y.grad) == (0, 0, 0)
    assert grad(y, y).data == 1.0 and isinstance(grad(y, a), Value)


def test_grad_with_respect_to_an_inner_node():
    a = Value(2.0)
    inner = a * a
    assert grad(inner.exp(), inner).data == math.exp(4.0)


def test_grad_builds_only_on_paths_to_xs_and_simplifies_ones_and_zeros():
    a, b = Value(2.0), Value(3.0)
    y = (a + b.exp().sin()) + b.tan()
    assert len(topological(grad(y, a))) == 1  # ∂y/∂a = 1: 곱셈도 b 쪽의 미분도 만들지 않는다
    assert grad(a * b, a) is b  # 1 · b


def test_a_factor_of_one_or_minus_one_or_zero_makes_no_multiplication():
    a, b = Value(2.0), Value(3.0)
    y = (a - b).exp()
    assert grad(y, a) is y  # 1 · e^{a − b}
    assert (grad(y, b).op, grad(y, b).parents) == (ops.neg, (y,))
    flat = grad(ops.step(a.exp()) + a, a)
    assert flat.op is None and flat.data == 1.0  # 0 · e^a 는 더하지 않는다


def test_a_minus_sign_is_carried_past_the_next_operation():
    a, b = Value(Fraction(2)), Value(Fraction(3))
    assert [d.data for d in grad(a * a - b**3, [a, b])] == [4, -27]
    assert grad(2 - (1 - a * b), a).data == 3


def test_grad_evaluates_no_rule_off_the_paths_to_xs():
    def explode(z, *xs):
        raise AssertionError

    bomb = ops.Op('bomb', lambda m, x: x, (explode,))
    half = ops.Op('half_bomb', lambda m, x, y: x * y, (lambda z, x, y: y, explode))
    a, b = Value(2.0), Value(3.0)
    assert grad(a * record(bomb, (b,)), a).data == 3.0
    assert grad(record(half, (a, b)), a) is b


def test_grad_at_the_edge_gives_ieee_values():
    x = Value(0.0)
    assert grad(x.sqrt(), x).data == math.inf
    assert grad(ops.pow(x, Value(1.0)), x).data == 1.0


def test_conventions_at_kinks():
    """README 의 약속: 꺾인 점의 미분."""
    zero = 0.0
    for f, expected in (
        (lambda x: x.relu(), 0.0), (abs, 0.0), (lambda x: x.leaky_relu(), 0.01), (lambda x: x**0, 0.0),
        (lambda x: ops.maximum(x, 0), 0.5), (lambda x: ops.minimum(0, x), 0.5),
        (lambda x: x.sign(), 0.0), (lambda x: x.step(), 0.0),
    ):  # fmt: skip
        x = Value(zero)
        y = f(x)
        y.backward()
        assert x.grad == expected == grad(y, x).data


def test_functions_over_grad():
    def f(x, y):
        return x**3 * y + ops.exp(x * y)

    x, y = 0.5, -1.5
    e = math.exp(x * y)
    exact = [[6 * x * y + y * y * e, 3 * x * x + e + x * y * e], [3 * x * x + e + x * y * e, x * x * e]]
    value, slopes = value_and_grad(f)(x, y)
    assert value == pytest.approx(x**3 * y + e) and slopes == pytest.approx([3 * x * x * y + y * e, x**3 + x * e])
    for row, expected in zip(hessian(f, [x, y]), exact, strict=True):
        assert row == pytest.approx(expected)
    assert hvp(f, [x, y], [2.0, -1.0]) == pytest.approx([2 * a - b for a, b in exact])
    assert jacobian(lambda a, b: (a * b, a / b), [Fraction(1), Fraction(2)]) == [[2, 1], [Fraction(1, 2), Fraction(-1, 4)]]
    assert jacobian(lambda a: a * a, [3.0]) == [[6.0]]


def test_wrong_use_is_told():
    x = Value(1.0)
    with pytest.raises(TypeError, match='float'):
        grad(1.0, x)
    with pytest.raises(TypeError, match='float'):
        grad(x, [1.0])
    with pytest.raises(TypeError, match='돌려줘야'):
        value_and_grad(lambda x: x.data)(1.0)
    with pytest.raises(ValueError, match='v 는 1개'):
        hvp(lambda x, y: x * y, [1.0, 2.0], [1.0])
