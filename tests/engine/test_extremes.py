"""float 의 범위를 넘는 정수와 Fraction, 사용자의 mpmath 수, Fraction 신경망의 끝: 날것의 오류 없이 맞는 값."""

import contextlib
import math
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_ko import MLP, DomainError, Value, equations, explain, grad, losses, ops, receipt, topological
from micrograd_ko.kinds.huge import shown
from micrograd_ko.kinds.precise import exact
from micrograd_ko.reverse import arrivals

HUGE = 10**400
REALS = [0, 0.5, -1.0, Fraction(1, 3), HUGE, -HUGE, Fraction(HUGE), 1e308]


@given(st.lists(st.sampled_from(REALS), min_size=2, max_size=4), st.lists(st.tuples(
    st.sampled_from([ops.add, ops.sub, ops.mul, ops.div, ops.maximum, ops.tanh, ops.relu, ops.square]),
    st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=8))  # fmt: skip
def test_backward_never_raises(numbers, steps):
    nodes = [Value(x) for x in numbers]
    for op, i, j in steps:
        try:
            nodes.append(op.apply(*[nodes[k % len(nodes)] for k in (i, j)][: op.arity]))
        except DomainError:
            continue
    nodes[-1].backward()
    nodes[-1].backward(0.5)
    grad(nodes[-1], nodes)


def test_the_gradient_through_a_huge_number_is_ieee_and_added_once():
    x, y = Value(HUGE), Value(0)
    z = x * y + 0.5
    z.backward()
    assert (z.data, x.grad, y.grad) == (0.5, 0, math.inf)
    a, b = Value(2.0), Value(HUGE)
    out = a * b.tanh() + b * Value(0)  # 한 피연산자의 항이 넘쳐도 다른 피연산자에는 한 번만 더한다
    out.backward()
    assert (out.data, a.grad, b.grad) == (2.0, 1.0, 0.0)


@given(
    st.sampled_from(sorted(ops.table)), st.integers(0, 2), st.sampled_from([1.5, Fraction(3, 2)]), st.sampled_from([HUGE, -HUGE]),
)  # fmt: skip
def test_a_huge_constant_beside_a_value_is_a_number_or_undefined(name, place, x, huge):
    """정수 상수는 옆에 있는 수를 따르지만, float 가 되지 못하는 정수는 그대로 연산에 들어가 거기서 판정받는다."""
    op = ops.table[name]
    operands = [Value(x)] * (op.arity or 3 + (op is ops.dot))
    operands[place % len(operands)] = huge
    if op.arity == 1 or op is ops.pow:  # Fraction 의 10**400 제곱은 정확하지만 끝나지 않는다
        return
    with contextlib.suppress(DomainError):
        op.apply(*operands).backward(huge)


def test_a_float_to_a_huge_power_is_undefined():
    with pytest.raises(DomainError, match='power'):
        Value(1.5) ** HUGE


@pytest.mark.parametrize(('op', 'sign'), [
    (op, sign) for op in ops.table.values() if op.arity == 1 for sign in (1, -1)
    if op.name in ('tanh', 'atan', 'sigmoid', 'erf', 'erfc', 'reciprocal')
    or (op.name in ('exp', 'expm1', 'silu', 'gelu', 'softplus') and sign < 0)
])  # fmt: skip
@pytest.mark.parametrize('kind', [int, Fraction])
def test_a_finite_result_of_a_huge_number_is_the_result(op, sign, kind):
    """200자리 산술은 10**400 을 그대로 안다. mpmath 의 erfc 만 거기서 넘치므로, 이미 0 으로 밑도는 데서 묻는다."""
    truth = float(op(exact(sign * (10**6 if op in (ops.erfc, ops.gelu) else HUGE))))
    assert float(op(kind(sign * HUGE))) == truth == float(op(Value(kind(sign * HUGE))).data)


def test_what_is_too_large_says_so():
    for call in (lambda: ops.exp(HUGE), lambda: Value(HUGE).sqrt(), lambda: ops.mul(HUGE, 0.5)):
        with pytest.raises(DomainError, match='피연산자가 float 의 범위를'):
            call()
    with pytest.raises(DomainError, match='결과가 float 의 범위를'):
        ops.exp(1000.0)


@pytest.mark.parametrize(('x', 'text'), [
    (10**5000, '≈1e+5000'), (-(10**5000), '≈-1e+5000'), (Fraction(10**5000, 3), '≈3.333e+4999'),
    (Fraction(1, 10**5000), '≈1e-5000'), (10**400, repr(10**400)), (0.5, '0.5'),
], ids=lambda part: '' if not isinstance(part, str) else part[:9])  # fmt: skip
def test_a_number_too_long_to_print_is_printed_roughly(x, text):
    v = Value(x)
    assert shown(x) == text and repr(v) == f'Value(data={text}, grad=0)'
    with pytest.raises(DomainError) as caught:
        ops.log(-ops.abs(v))
    assert '정의역' in str(caught.value)


def test_numbers_of_mpmath_stay_in_their_own_precision():
    with mpmath.workdps(50):
        x = mpmath.mpf(2)
        assert mpmath.almosteq(ops.sigmoid(x), 1 / (1 + mpmath.exp(-x)), rel_eps=mpmath.mpf(10) ** -48)
        assert type(ops.logsumexp([x, 1])) is mpmath.mpf and ops.maximum(x, 1) == 2
        assert mpmath.almosteq(ops.erf(x), mpmath.erf(x), rel_eps=mpmath.mpf(10) ** -48)
    with pytest.raises(DomainError, match='x > 0'):
        ops.log(mpmath.mpf(-1))
    assert type(Value(mpmath.mpf(2)).data) is float


def test_an_array_of_bases_below_zero_leaves_the_domain_of_pow():
    assert np.isnan(ops.pow(np.array([-8.0, -math.inf]), np.array([3.0, -0.5]))).all()
    assert ops.pow(np.array([8.0]), 3)[0] == 512


# Fraction 신경망 ---------------------------------------------------------------------------------------------------------

def test_one_fraction_anywhere_keeps_the_matrices_exact():
    third = Fraction(1, 3)
    assert [p.data for p in MLP.from_matrices([[[1, 2]]], [[third]]).parameters()] == [1, 2, third]
    assert [p.data for p in MLP.from_matrices([[[third, 2]]], [[1]]).parameters()] == [third, 2, 1]
    assert [type(p.data) for p in MLP.from_matrices([[[1, 2]]], [[1]]).parameters()] == [float] * 3


@pytest.mark.parametrize('activation', ['asin', 'sqrt', 'identity'])
@pytest.mark.parametrize('loss', [losses.quadratic, losses.softmax_cross_entropy, losses.hinge])
def test_a_network_of_fractions_at_the_edge_of_a_domain(activation, loss):
    edge = Fraction(0 if activation == 'sqrt' else 1)
    net = MLP.from_matrices([[[Fraction(1), 2], [1, 2]]], [[edge, edge]], activation)
    found = receipt.compare(net, [0, 0], [Fraction(1), 0], loss)
    assert len(found.entries) == 12
    slopes = equations.sigma_prime(np.array([edge, Fraction(1, 4)]), activation)
    assert slopes[0] == (1 if activation == 'identity' else math.inf) and math.isfinite(slopes[1])


def test_a_logit_far_beyond_a_float_has_a_probability():
    z = [Value(Fraction(-HUGE)), Value(Fraction(1)), Value(Fraction(2))]
    loss = losses.softmax_cross_entropy(z, 1)
    loss.backward()
    assert loss.data == pytest.approx(1.313261687518223, rel=1e-15) and z[0].grad == 0


@pytest.mark.parametrize('target', [1, [0, 1, 0], [0.0, 1.0, 0.0]])
def test_a_masked_class_does_not_spoil_the_loss(target):
    z = [Value(-math.inf), Value(1.0), Value(2.0)]
    loss = losses.softmax_cross_entropy(z, target)
    loss.backward()
    assert loss.data == pytest.approx(1.313261687518223, rel=1e-15)
    assert [v.grad for v in z] == pytest.approx([0, 1 / (1 + math.e) - 1, math.e / (1 + math.e)], rel=1e-14)


def test_a_huge_number_can_be_explained_and_walked():
    x, y = Value(10**5000, 'x'), Value(0, 'y')
    z = x * y + 0.5
    z.backward()
    assert 'x = 1×10⁵⁰⁰⁰' in str(explain(x, z))
    assert {step.operand: step.after for step in arrivals(topological(z))}[y] == y.grad == math.inf


@pytest.mark.parametrize('kind', [float, Value, exact, lambda x: np.array([x])])
def test_a_product_with_the_logarithm_of_nan_is_nan_even_by_zero(kind):
    z = ops.xlogy(kind(0.0), kind(math.nan))
    assert np.isnan(float(np.ravel(getattr(z, 'data', z) if isinstance(z, Value) else z)[0]))
    assert float(np.ravel(ops.xlogy(0.0, -1.0))[0]) == 0
