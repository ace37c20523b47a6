"""연산 표의 모든 줄: 값은 약속한 ulp 안에, 편미분은 규칙을 쓰지 않는 200자리 차분과, 오류는 정의역의 식 그대로."""

import inspect
import itertools
import math
import pickle
import random
from fractions import Fraction

import numpy as np
import pytest
from graph_strategies import EXACT, operand_count
from hypothesis import given, settings
from hypothesis import strategies as st

from micrograd_ko import DomainError, Value, grad, ops
from micrograd_ko.kinds.bounds import Bounded
from micrograd_ko.kinds.symbols import Symbol
from micrograd_ko.operation import EDGE_ERRORS
from micrograd_ko.testing import MP, Dual, exact, reals_in
from micrograd_ko.testing.differences import precise_slopes

ROWS = [op for op in ops.table.values() if op.arity is not None]
NARY = [op for op in ops.table.values() if op.arity is None]
FAMILY = [ops.power(n) for n in (0, 1, 2, 3, 5, -1, -3, 0.5, -0.5, 1.5, 2.5)]
EPSILON = exact(2.0**-52)
SMALLEST_NORMAL = 2.0**-1022
KINKED = {'compare', 'select', 'step', 'sign', 'abs', 'relu', 'leaky_relu', 'maximum', 'minimum'}

each_row = pytest.mark.parametrize('op', [*ROWS, *FAMILY], ids=lambda op: op.name)
each = pytest.mark.parametrize('op', [*ROWS, *FAMILY, *NARY], ids=lambda op: op.name)


def operands(op):
    """op 의 시험 구간에서 뽑은, 납작하게 편 피연산자. n항이면 항이 1~4개."""
    if op.arity is not None:
        return st.tuples(*[reals_in(op, i) for i in range(op.arity)])
    return st.integers(1, 4).flatmap(lambda n: st.tuples(*[reals_in(op)] * operand_count(op, n)))


def terms(op, count):
    """합의 항의 수."""
    return {'dot': count // 2, 'affine': (count + 1) // 2}.get(op.name, count if op.arity is None else 1)


def claimed(op, truth, xs):
    """`ops` 의 설명에 적힌 값의 오차 한계."""
    size = abs(truth)
    if op.conditioned:
        size += sum(abs(x * d) for x, d in zip(xs, op.derivatives(truth, *xs), strict=True))
        size = (size + (1 if op is ops.logsumexp else 0)) * terms(op, len(xs))
    return op.ulps * (EPSILON * size + exact(5e-324 if op.ulps else 0))


@each
def test_the_value_is_within_its_claimed_ulps_of_200_digits(op):
    @settings(max_examples=40)
    @given(operands(op))
    def check(xs):
        z, precise = op.apply(*xs), [exact(x) for x in xs]
        truth = op.apply(*precise)
        assert abs(exact(z) - truth) <= claimed(op, truth, precise), (xs, z, truth)

    check()


def slopes_of(f, op, xs, i):
    """f(*xs) 의 i 번째 피연산자에 대한 기울기. 반올림은 중간의 수가 1 과 입력의 크기를 넘지 않을 때의 것."""
    noise = MP.eps * 16 * (1 + abs(f(*xs)) + sum(map(abs, xs)))
    return precise_slopes(lambda x: f(*xs[:i], x, *xs[i + 1 :]), xs[i], noise)


def assert_slope(found, slopes, what):
    if slopes.kink:
        assert slopes.between(exact(found)), what
    elif slopes.central is not None:
        gap = abs(exact(found) - slopes.central)
        assert gap <= exact(1e-20) * abs(slopes.central) + slopes.uncertainty, what


def finite_partials(op, precise):
    """(z, 편미분들). 정의역의 끝이라 미분이 무한하면 견줄 것이 없다: (z, ())."""
    z = op.apply(*precise)
    try:
        return z, op.derivatives(z, *precise)
    except EDGE_ERRORS:
        return z, ()


@each
def test_partials_agree_with_differences_at_200_digits(op):
    @settings(max_examples=40)
    @given(operands(op))
    def check(xs):
        precise = [exact(x) for x in xs]
        _, partials = finite_partials(op, precise)
        for i, partial in enumerate(partials):
            assert_slope(partial, slopes_of(op.apply, op, precise, i), (op, xs, i))

    check()


@each
def test_second_derivatives_agree_with_differences_of_the_first(op):
    """∂²z/∂xⱼ∂xᵢ: 쌍대수를 규칙에 넣은 것이 규칙의 200자리 차분과 같다."""

    @settings(max_examples=15)
    @given(operands(op), st.integers(0, 8))
    def check(xs, choice):
        precise = [exact(x) for x in xs]
        i, j = choice % len(xs), choice // 3 % len(xs)

        def partial(*at):
            return exact(op.derivatives(op.apply(*at), *at)[i])

        duals = [Dual(x, 1 if k == j else 0) for k, x in enumerate(precise)]
        try:
            curved = op.derivatives(op.apply(*duals), *duals)[i]
            slopes = slopes_of(partial, op, precise, j)
        except EDGE_ERRORS:
            return
        assert_slope(curved.slope if isinstance(curved, Dual) else 0, slopes, (op, xs, i, j))

    check()


@each
def test_a_dual_number_carries_each_partial(op):
    """쌍대수 하나의 기울기가 그 피연산자의 편미분이다: 자리가 뒤바뀌지 않는다."""

    @settings(max_examples=15)
    @given(operands(op))
    def check(xs):
        precise = [exact(x) for x in xs]
        z, partials = finite_partials(op, precise)
        for i, partial in enumerate(partials):
            found = op.apply(*[Dual(x, int(k == i)) for k, x in enumerate(precise)])
            assert found.value == z and found.slope == partial

    check()


def test_what_the_rows_promise_does_not_loosen_silently():
    """반올림이 없는 연산은 0 ulp, IEEE 754 가 올바른 반올림을 약속하는 연산과 그 합은 1 ulp. 나머지는 4 ulp."""
    promised = {ulps: {op.name for op in ops.table.values() if op.ulps == ulps} for ulps in (0, 1, 4)}
    assert promised[0] == {'neg', 'identity', 'compare', 'select', 'step', 'sign', 'abs', 'relu', 'maximum', 'minimum'}
    assert promised[1] == {'add', 'sub', 'mul', 'div', 'reciprocal', 'square', 'sqrt', 'leaky_relu', 'total', 'dot', 'affine'}
    assert set().union(*promised.values()) == set(ops.table)


@pytest.mark.parametrize(('op', 'xs'), [
    (ops.total, (1e16, 1.0, -1e16)), (ops.dot, (1e8, 1.0, -1e8, 1e8, 1.0, 1e8)), (ops.affine, (1e8, 1.0, 1e8, 1.0, -1e16)),
])  # fmt: skip
def test_a_sum_that_cancels_stays_within_its_claim(op, xs):
    """약속은 |z| 가 아니라 항의 크기에 견준다: 1e16 + 1 − 1e16 은 float 로 0 일 수 있다(파이썬 3.11 까지)."""
    precise = [exact(x) for x in xs]
    truth = op.apply(*precise)
    assert op.conditioned and truth == 1 and abs(exact(op.apply(*xs)) - truth) <= claimed(op, truth, precise)


# 정의역(domain)과 오류 ---------------------------------------------------------------------------------------------------

ANY_FLOAT = st.one_of(st.floats(), st.sampled_from([0.0, -0.0, 1.0, -1.0, math.inf, -math.inf, math.nan, 1e308, -1e308, 5e-324]))


@each_row
def test_an_error_is_raised_exactly_outside_the_domain_or_on_overflow(op):
    """nan 은 지나가고, 유한한 피연산자의 넘침은 `overflows` 인 줄만 inf 로 보낸다."""

    @settings(max_examples=100)
    @given(st.tuples(*[ANY_FLOAT] * op.arity))
    def check(xs):
        if any(map(math.isnan, xs)):
            return
        defined = op.defined is None or op.defined(*xs)
        try:
            z = op.apply(*xs)
        except DomainError:
            assert not defined or _overflows(op, xs), (op, xs)
        else:
            assert defined, (op, xs, z)
            if all(map(math.isfinite, xs)):
                assert op.overflows or math.isfinite(z), (op, xs, z)

    check()


def _overflows(op, xs):
    """200자리의 값이 float 의 범위를 넘는가. 무한한 피연산자는 IEEE 의 값이 없을 때만 오류일 수 있다."""
    if not all(map(math.isfinite, xs)):
        return False
    return abs(op.apply(*[exact(x) for x in xs])) > 1.7e308


@each
@pytest.mark.parametrize('kind', [float, exact, Value, np.float64, lambda x: np.array([x, x]), Bounded],
                         ids=['float', 'exact', 'Value', 'float64', 'array', 'Bounded'])  # fmt: skip
def test_nan_comes_out_wherever_it_goes_in(op, kind):
    """어느 자리의 nan 이든, 나머지가 무엇이든. IEEE 의 x⁰ = 1ʸ = 1 과, select 가 고르지 않은 쪽만 nan 을 지운다."""

    @settings(max_examples=20)
    @given(operands(op), st.integers(0, 100))
    def check(xs, choice):
        place = choice % len(xs)
        drawn = [math.nan if i == place else x for i, x in enumerate(xs)]
        if op.name == 'power(0)' or (op is ops.pow and (xs[0] == 1 or xs[1] == 0)):
            return
        if op is ops.select and place == (2 if xs[0] > 0 else 1):
            return
        z = op.apply(*[kind(x) for x in drawn])
        z = {Value: lambda v: v.data, Bounded: lambda b: b.value}.get(type(z), lambda x: x)(z)
        assert np.isnan(np.array(z, np.float64)).all(), drawn

    check()


def test_the_side_that_is_not_chosen_may_be_nan():
    for kind in (float, exact, np.float64, lambda x: np.array([x, x])):
        one, nan = kind(1.0), kind(math.nan)
        assert np.all(ops.select(one, kind(5.0), nan) == 5) and np.all(ops.select(-one, nan, kind(7.0)) == 7)
        assert np.all(ops.select(0 * one, nan, kind(7.0)) == 7)


def test_a_condition_of_python_chooses_the_number_itself():
    for condition, chosen in ((True, 5), (False, 3)):
        assert ops.select(condition, 5, 3) == chosen and type(ops.select(condition, 5, 3)) is int


INFINITE = [-math.inf, -1.0, 0.0, 2.0, math.inf]


@pytest.mark.parametrize(('op', 'expected'), [
    (ops.maximum, max), (ops.minimum, min), (ops.compare, lambda x, y: (x > y) - (x < y)),
])  # fmt: skip
def test_comparisons_know_infinity_from_nan(op, expected):
    for x, y in itertools.product(INFINITE, INFINITE):
        found = [op(x, y), float(op(exact(x), exact(y))), op(np.array([x]), np.array([y]))[0], op(Value(x), Value(y)).data]
        assert found == [expected(x, y)] * 4


def test_ties_of_infinities_share_the_gradient():
    x, y = Value(math.inf), Value(math.inf)
    ops.maximum(x, y).backward()
    assert (x.grad, y.grad) == (0.5, 0.5)


def test_an_error_tells_the_operation_the_operands_and_the_domain():
    with pytest.raises(DomainError, match=r'log: x = -1.0 .*x > 0') as caught:
        ops.log(-1.0)
    assert caught.value.op is ops.log and caught.value.operands == (-1.0,)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
    with pytest.raises(DomainError, match='overflow'):
        ops.exp(1000.0)


@pytest.mark.parametrize(('op', 'xs'), [
    (ops.add, (1e308, 1e308)), (ops.sub, (1e308, -1e308)), (ops.mul, (1e200, 1e200)), (ops.total, (1e308, 1e308)),
    (ops.dot, (1e200, 1e200)), (ops.affine, (1e200, 1e200, 0.0)), (ops.xlogy, (1e308, 1e308)),
])  # fmt: skip
def test_sums_and_products_overflow_to_infinity(op, xs):
    assert op.apply(*xs) == math.inf and op.overflows


def test_nothing_else_overflows_to_infinity():
    assert {op.name for op in ops.table.values() if op.overflows} == {'add', 'sub', 'mul', 'xlogy', 'total', 'dot', 'affine'}


# 꺾인 점(kink) -----------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize(('op', 'xs', 'partials'), [
    (ops.relu, (0.0,), (0,)), (ops.abs, (0.0,), (0,)), (ops.step, (0.0,), (0,)), (ops.sign, (0.0,), (0,)),
    (ops.leaky_relu, (0.0,), (1 / 100,)), (ops.leaky_relu, (1.0,), (1,)), (ops.leaky_relu, (-1.0,), (1 / 100,)),
    (ops.maximum, (2.0, 2.0), (0.5, 0.5)), (ops.minimum, (2.0, 2.0), (0.5, 0.5)),
    (ops.maximum, (3.0, 2.0), (1, 0)), (ops.minimum, (3.0, 2.0), (0, 1)),
    (ops.select, (0.0, 5.0, 7.0), (0, 0, 1)), (ops.select, (1.0, 5.0, 7.0), (0, 1, 0)), (ops.power(0), (0.0,), (0,)),
])  # fmt: skip
def test_the_conventions_at_kinks(op, xs, partials):
    assert op.derivatives(op(*xs), *xs) == partials


@each_row
def test_kinks_are_declared_exactly_where_the_slopes_differ(op):
    declared = op.kinks is not None
    assert declared == (op.name in KINKED)
    if declared:
        tie = (exact(0), exact(2), exact(3)) if op.arity == 3 else (exact(0),) * op.arity
        assert op.kinks(*tie) == 0
        assert any(slopes_of(op.apply, op, list(tie), i).kink for i in range(op.arity))
    for name in ('sqrt', 'asin'):
        assert ops.table[name].kinks is None


def test_zero_times_the_logarithm_of_zero_is_zero_and_so_are_its_partials():
    for zero in (0.0, -0.0, 0, Fraction(0)):
        for y in (0.0, 0, Fraction(0)):
            assert ops.xlogy(zero, y) == 0 and ops.xlogy.derivatives(0.0, zero, y) == (0, 0)
    assert ops.xlogy(0.0, 3.0) == 0 and ops.xlogy.derivatives(0.0, 0.0, 3.0) == (math.log(3.0), 0)
    assert ops.xlogy(np.array([0.0, 2.0]), np.array([0.0, 3.0])).tolist() == [0, 2 * math.log(3.0)]


def test_values_of_the_choices():
    assert [ops.step(x) for x in (-1.0, 0.0, 2.0)] == [0, 0, 1]
    assert [ops.sign(x) for x in (-3.0, 0.0, 2.0)] == [-1, 0, 1]
    assert [ops.select(c, 5.0, 7.0) for c in (-1.0, 0.0, 1.0)] == [7, 7, 5]
    assert [ops.relu(x) for x in (-1.0, 0.0, 2.0)] == [0, 0, 2]
    assert ops.maximum(1.0, 2.0) == 2 and ops.minimum(1.0, 2.0) == 1


@pytest.mark.parametrize(('op', 'x', 'slope'), [
    (ops.sqrt, 0.0, math.inf), (ops.asin, 1.0, math.inf), (ops.acos, 1.0, -math.inf), (ops.power(0.5), 0.0, math.inf),
])  # fmt: skip
def test_at_the_edge_of_a_domain_the_gradient_is_ieee(op, x, slope):
    v = Value(x)
    op(v).backward()
    assert v.grad == slope


# 다른 종류의 수 -----------------------------------------------------------------------------------------------------------

@each
def test_numpy_agrees_with_eager(op):
    """배열의 칸마다: NumPy 의 함수는 math 의 것과 몇 ulp 다를 수 있다."""

    @settings(max_examples=20)
    @given(st.lists(operands(op), min_size=1, max_size=1).map(lambda draws: draws[0]))
    def check(xs):
        found = op.apply(*[np.array([x, x]) for x in xs])
        assert found.shape == (2,) and found.dtype == np.float64 and found[0] == found[1]
        z, precise = op.apply(*xs), [exact(x) for x in xs]
        assert abs(exact(found[0]) - exact(z)) <= 2 * claimed(op, op.apply(*precise), precise), (op, xs)

    check()


EDGES = [0.0, -0.0, 1.0, -1.0, 0.5, 3.0, -8.0, 1e-310, 1e200, -1e200, math.inf, -math.inf, math.nan]


@each
def test_arrays_agree_with_scalars_at_every_edge(op):
    """정의역 밖의 칸은 nan 이나 inf (IEEE 가 값을 정한 0⁰ 만 1), 안의 칸은 float 의 값이다. nan 도 같은 칸에 온다."""
    count = operand_count(op, 2)
    tables = [*itertools.product(EDGES, repeat=count)] if count < 4 else [
        tuple(random.Random(i).choices(EDGES, k=count)) for i in range(500)
    ]
    found = op.apply(*[np.array(column) for column in zip(*tables, strict=True)])
    for xs, z in zip(tables, np.broadcast_to(found, len(tables)).tolist(), strict=True):
        try:
            expected = op.apply(*xs)
        except DomainError:
            assert not math.isfinite(z) or (op is ops.pow and xs[0] == xs[1] == 0), xs
        else:
            is_sum = op.arity is None and math.isfinite(expected)  # 1e200 + 1 − 1e200 은 파이썬 3.12 부터 1 이다
            rounding = op.apply(*map(Bounded, xs)).error if is_sum else 0
            assert z == pytest.approx(expected, rel=1e-13, abs=max(1e-307, rounding), nan_ok=True), xs


@each
def test_single_precision_arrays_stay_single(op):
    xs = [np.array([0.5, 0.25], np.float32)] * operand_count(op, 2)
    assert op.apply(*xs).dtype == np.float32
    if len(xs) > 1:
        assert op.apply(*xs[:-1], 0.5).dtype == op.apply(0.5, *xs[1:]).dtype == op.apply(*xs[:-1], 1).dtype == np.float32
    if len(xs) > 2:  # 배열은 하나뿐이고 나머지는 파이썬의 수여도
        assert op.apply(xs[0], *[0.5] * (len(xs) - 1)).dtype == np.float32


@each
def test_an_array_of_objects_is_computed_cell_by_cell(op):
    """Fraction 과 Value 의 배열, 그리고 그것과 섞인 수: 칸마다 부른 것과 같다."""

    @settings(max_examples=10)
    @given(st.tuples(*[operands(op)] * 2).filter(lambda rows: len({len(row) for row in rows}) == 1))
    def check(rows):
        values = [[Value(x) for x in row] for row in rows]
        columns = [np.array(column) for column in zip(*values, strict=True)]
        for mixed in (columns, [np.array([row[0] for row in rows]), *columns[1:]]):
            if mixed is not columns and len(columns) == 1:
                continue
            found = op.apply(*mixed)
            assert found.dtype == object and all(type(z) is Value and z.op is op for z in found)
            assert [z.data for z in found] == [op.apply(*row) for row in rows]
        assert [z.parents for z in op.apply(*columns)] == [tuple(row) for row in values]

    check()


RATIONAL = st.fractions(-5, 5, max_denominator=9)


@pytest.mark.parametrize(
    'op', [*[op for op in EXACT if op.arity is not None], *map(ops.power, (0, 1, 2, 3, -1, -2))], ids=lambda op: op.name
)
def test_fractions_stay_exact(op):
    @settings(max_examples=50)
    @given(st.tuples(*[RATIONAL] * op.arity))
    def check(xs):
        if op.defined is not None and not op.defined(*xs):
            return
        z = op.apply(*xs)
        assert type(z) is Fraction
        assert abs(exact(z) - op.apply(*[exact(x) for x in xs])) <= exact(10) ** -190
        assert all(type(d) in (int, Fraction) for d in op.derivatives(z, *xs))

    check()


@given(st.lists(st.tuples(RATIONAL, RATIONAL), min_size=1, max_size=5), RATIONAL)
def test_sums_of_fractions_are_exact(pairs, b):
    ws, xs = zip(*pairs, strict=True)
    products = [w * x for w, x in pairs]
    assert (ops.total(ws), ops.dot(ws, xs), ops.affine(ws, xs, b)) == (sum(ws), sum(products), sum(products) + b)


# x**n 의 가족, n항, 등록 -------------------------------------------------------------------------------------------------

def test_power_is_one_operation_per_exponent_and_never_a_logarithm():
    assert ops.power(3) is ops.power(3) and ops.power(3) is not ops.power(3.0)
    assert ops.power(3)(-2.0) == -8 and ops.power(3).derivatives(-8.0, -2.0) == (12,)
    assert ops.power(0)(0.0) == 1 and ops.power(1).derivatives(0.0, 0.0) == (1,)
    assert [type(ops.power(n).derivatives(0.0, 0.0)[0]) for n in (0, 1)] == [int, int]  # 미분의 그래프에 노드를 만들지 않는다
    assert ops.power(2).derivatives(0.0, 0.0) == (0,)
    assert pickle.loads(pickle.dumps(ops.power(3))) is ops.power(3)


def test_a_fraction_exponent_works_on_every_kind():
    root = ops.power(Fraction(1, 3))
    assert root(8.0) == pytest.approx(2.0, rel=2**-52) and root(np.array([8.0])).dtype == np.float64
    inexact = ops.power(2.0)
    assert ops.power(Fraction(2)) is not inexact and ops.power(Fraction(2))(Fraction(1, 3)) == Fraction(1, 9)


@pytest.mark.parametrize(('n', 'x'), [(0.5, -1.0), (-0.5, 0.0), (-1, 0.0), (-2, 0.0), (1 / 3, -8.0)])
def test_power_outside_its_domain(n, x):
    with pytest.raises(DomainError, match=r'정의역'):
        ops.power(n)(x)


@pytest.mark.parametrize('n', [math.inf, -math.inf, math.nan])
def test_an_exponent_is_finite(n):
    with pytest.raises(ValueError, match='지수'):
        ops.power(n)


@pytest.mark.parametrize('call', [
    lambda: ops.dot([1.0], [1.0, 2.0]), lambda: ops.affine([1.0, 2.0], [1.0], 0.0), lambda: ops.logsumexp([]),
])  # fmt: skip
def test_wrong_lists_are_refused(call):
    with pytest.raises(ValueError, match=r'[가-힣]'):
        call()


def test_long_lists_are_paired():
    assert ops.dot([1] * 1000, [2] * 1000) == 2000


def test_empty_sums():
    assert ops.total([]) == 0 and ops.dot([], []) == 0 and ops.affine([], [], 2.0) == 2


def test_logsumexp_never_overflows():
    assert ops.logsumexp([1000.0, 1000.0]) == 1000 + math.log(2)
    assert ops.logsumexp([-1000.0, -1000.0]) == -1000 + math.log(2)


@pytest.mark.parametrize(('xs', 'z'), [
    ((-math.inf, -math.inf), -math.inf), ((math.inf, 1.0), math.inf), ((math.inf, math.inf), math.inf),
    ((-math.inf, 1.0, 2.0), 2.313261687518223), ((-math.inf,), -math.inf), ((1e308, 1e308), 1e308),
    ((-math.inf, math.inf), math.inf),
])  # fmt: skip
def test_logsumexp_at_infinity(xs, z):
    kinds = [float, exact, lambda x: np.array([x])]
    assert [float(np.ravel(ops.logsumexp([kind(x) for x in xs]))[0]) for kind in kinds] == pytest.approx([z] * 3, rel=1e-15)


@settings(max_examples=200)
@given(st.lists(st.floats(-3, 3), min_size=1, max_size=6), st.sampled_from([0.0, 1.0, 1e4, 1e10, 1e16, 1e300, -1e10, -1e16]))
def test_the_gradient_of_logsumexp_is_softmax_however_large_the_numbers(xs, offset):
    """기준은 200자리의 softmax. z 의 반올림은 크기에 비례하지만 몫에는 남지 않는다."""
    leaves = [Value(x + offset) for x in xs]
    ops.logsumexp(leaves).backward()
    powers = [ops.exp(exact(leaf.data)) if abs(offset) < 1e300 else exact(1) for leaf in leaves]
    for leaf, power in zip(leaves, powers, strict=True):
        truth = power / sum(powers)
        assert abs(exact(leaf.grad) - truth) <= 8 * (len(xs) + 2) * EPSILON * truth
    slopes = [d.data for d in grad(ops.logsumexp(leaves), leaves)]
    assert slopes == [leaf.grad for leaf in leaves]


@pytest.mark.parametrize('offset', [0.0, 1e10, 1e16])
def test_the_second_derivative_of_logsumexp_is_that_of_softmax(offset):
    leaves = [Value(offset), Value(offset)]
    slope = grad(ops.logsumexp(leaves), leaves)[0]
    assert [d.data for d in grad(slope, leaves)] == [0.25, -0.25]


@pytest.mark.parametrize('op', [ops.silu, ops.gelu])
def test_a_tail_that_vanishes_is_minus_zero(op):
    for z in (op(-math.inf), op(np.array([-math.inf]))[0], op(np.float32(-math.inf)), op(-1e9)):
        assert z == 0 and math.copysign(1, z) == -1


@given(st.floats(-745, -690))
def test_silu_keeps_its_digits_down_to_the_smallest_numbers(x):
    truth = ops.silu(exact(x))
    assert abs(exact(ops.silu(x)) - truth) <= claimed(ops.silu, truth, [exact(x)])


def test_a_wrong_number_of_operands_is_refused():
    with pytest.raises(TypeError, match=r'피연산자.*2개를 받습니다'):
        ops.add(1.0)


CUBE = ops.Op('cube', lambda m, x: x * x * x, (lambda z, x: 3 * x * x,), '#1^3')


def test_a_registered_operation_works_on_every_kind_and_can_be_removed():
    ops.register(CUBE)
    try:
        assert Value(2.0).cube().data == 8 and CUBE(Fraction(1, 2)) == Fraction(1, 8)
        assert CUBE(np.array([2.0]))[0] == 8 and ops.named('cube') is CUBE and pickle.loads(pickle.dumps(CUBE)) is CUBE
        with pytest.raises(ValueError, match='쓸 수 없는 이름'):
            ops.register(CUBE)
    finally:
        ops.unregister('cube')
    assert not hasattr(Value, 'cube') and 'cube' not in ops.table
    with pytest.raises(TypeError, match='register'):
        pickle.dumps(CUBE)
    with pytest.raises(ValueError, match='없습니다'):
        ops.unregister('cube')


HYPOT = ops.Op('hypot', None, (lambda z, x, y: x / z, lambda z, x, y: y / z), r'\sqrt{#1^2 + #2^2}')


def test_a_new_primitive_is_its_row_wherever_the_kind_knows_its_name():
    """식이 없는 연산 하나: 종류마다 그 이름의 함수를 찾고, 미분과 글은 규칙에서 나온다."""
    ops.register(HYPOT)
    try:
        x, y = Value(3.0), Value(4.0)
        z = HYPOT(x, y)
        z.backward()
        assert (z.data, x.grad, y.grad) == (5, 0.6, 0.8) and grad(z, x).data == 0.6
        assert HYPOT(np.array([3.0, 5.0]), 4.0)[0] == 5 and HYPOT(exact(3), 4) == 5
        bounded, dual = HYPOT(Bounded(3.0, 1e-9), 4.0), HYPOT(Dual(3.0, 1), 4.0)
        assert bounded.value == 5 and bounded.error == pytest.approx(6e-10) and (dual.value, dual.slope) == (5, 0.6)
        assert repr(HYPOT(Symbol('a'), Symbol('b') + 1)) == 'hypot(a, b + 1)'
        assert HYPOT(Symbol('a'), Symbol('b')).latex == r'\sqrt{a^2 + b^2}'
    finally:
        ops.unregister('hypot')


@pytest.mark.parametrize('operands', [(np.array([1j]), 2.0), (2, np.array(['a'])), (np.complex128(1j), 1)])
def test_an_array_that_is_not_real_is_refused(operands):
    with pytest.raises(TypeError, match=r'실수.*dtype'):
        ops.mul(*operands)


def test_a_sum_with_a_masked_term_is_masked():
    """NumPy 처럼: 가린 칸의 합이 조용히 0 이 되지 않는다."""
    terms = np.ma.array([1.0, 2.0], mask=[False, True])
    assert ops.total(terms) is np.ma.masked and ops.dot(terms, [1.0, 2.0]) is np.ma.masked
    assert ops.exp(terms).mask.tolist() == [False, True] and ops.total(np.ma.array([1.0, 2.0])) == 3.0


@pytest.mark.parametrize('op', [
    ops.Op('twice_product', lambda m, x, y: 2 * x * y, (lambda z, x, y: 2 * y, lambda z, x, y: 2 * x)),
    ops.Op('first_of', lambda m, *xs: xs[0], lambda z, *xs: (1, *[0] * (len(xs) - 1))),
], ids=lambda op: op.name)  # fmt: skip
def test_an_operation_of_many_operands_is_registered_and_removed_without_a_method(op):
    ops.register(op)
    assert ops.named(op.name) is op and not hasattr(Value, op.name)
    ops.unregister(op.name)
    assert op.name not in ops.table


@pytest.mark.parametrize('name', ['exp', 'data', 'backward', 'not a name', ''])
def test_a_name_in_use_is_refused(name):
    with pytest.raises(ValueError, match='쓸 수 없는 이름'):
        ops.register(ops.Op(name, lambda m, x: x, (lambda z, x: 1,)))


def test_built_in_rows_stay():
    with pytest.raises(ValueError, match='지울 수 없습니다'):
        ops.unregister('exp')


def test_an_operation_without_a_forward_is_refused():
    with pytest.raises(ValueError, match='forward'):
        ops.Op('nothing', None, (lambda z, x: 1,))


def test_rules_hold_no_floats():
    """상수는 정수: Fraction 이 정확하게 남는다. 정의역 밖의 무한대만 float 다."""
    for op in [*ROWS, *NARY, *FAMILY]:
        rules = op.partials if isinstance(op.partials, tuple) else (op.partials,)
        for rule in rules:
            constants = inspect.unwrap(rule).__code__.co_consts
            assert not [c for c in constants if isinstance(c, float)], op
