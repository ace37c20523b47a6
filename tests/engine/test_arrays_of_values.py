"""`Value` 와 NumPy: object 배열의 산술, ufunc, 섞인 배열은 칸마다 그래프에 기록된다. 거절하는 것은 무엇을 쓸지 말한다."""

import math
import operator
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_ko import Value, grad, losses, ops

NUMBERS = st.floats(-3, 3, allow_subnormal=False)
VECTOR = st.lists(NUMBERS, min_size=3, max_size=3)
ARITHMETIC = [operator.add, operator.sub, operator.mul, operator.truediv]
UFUNCS = {
    np.exp: ops.exp, np.expm1: ops.expm1, np.log: ops.log, np.log1p: ops.log1p, np.sqrt: ops.sqrt, np.sin: ops.sin,
    np.cos: ops.cos, np.tan: ops.tan, np.arcsin: ops.asin, np.arccos: ops.acos, np.arctan: ops.atan, np.sinh: ops.sinh,
    np.cosh: ops.cosh, np.tanh: ops.tanh, np.absolute: ops.abs, np.fabs: ops.abs, np.negative: ops.neg, np.square: ops.square,
    np.sign: ops.sign, np.reciprocal: ops.reciprocal,
}  # fmt: skip
BINARY = {
    np.add: ops.add, np.subtract: ops.sub, np.multiply: ops.mul, np.divide: ops.div, np.power: ops.pow,
    np.maximum: ops.maximum, np.minimum: ops.minimum,
}  # fmt: skip


def values(xs):
    return np.array([Value(x) for x in xs])


def data(array):
    return [v.data for v in np.ravel(array)]


@given(VECTOR)
def test_softmax_written_with_an_array_is_the_gradient_of_logsumexp(xs):
    z = values(xs)
    e = np.exp(z - z.mean())
    weights = e / e.sum()
    slopes = grad(ops.logsumexp(z), list(z))
    assert data(weights) == pytest.approx([d.data for d in slopes], rel=1e-12)
    (weights * np.array([1.0, 2.0, 3.0])).sum().backward()
    p = np.array(data(weights))
    expected = p * (np.array([1.0, 2.0, 3.0]) - p @ [1.0, 2.0, 3.0])
    assert [v.grad for v in z] == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_the_standard_deviation_of_an_array():
    """NumPy 의 var 은 object 배열의 칸마다 conjugate() 를 부른다. 고른 값(1, 2, 4)의 분산은 14/9 다."""
    z = values([Fraction(1), Fraction(2), Fraction(4)])
    assert z.var().data == Fraction(14, 9)
    z.var().backward()
    assert [v.grad for v in z] == [Fraction(2, 3) * (v.data - Fraction(7, 3)) for v in z]
    assert values([1.0, 2.0, 4.0]).std().data == pytest.approx(math.sqrt(14) / 3, rel=1e-15)


@given(st.lists(VECTOR, min_size=2, max_size=2), VECTOR, NUMBERS)
def test_a_matrix_of_numbers_times_a_vector_of_values(rows, ws, bias):
    X, w, b = np.array(rows), values(ws), Value(bias)
    out = X @ w + b
    in_order = [x1 * w1 + x2 * w2 + x3 * w3 + bias for (x1, x2, x3), (w1, w2, w3) in ((row, ws) for row in rows)]
    assert out.dtype == object and data(out) == in_order  # sum 은 파이썬 3.12 부터 오차를 모아 더한다
    out.sum().backward()
    assert [v.grad for v in w] == [sum(column) for column in zip(*rows, strict=True)] and b.grad == 2


@pytest.mark.parametrize('operate', ARITHMETIC)
@given(NUMBERS.filter(bool), VECTOR.filter(all))
def test_a_value_beside_an_array_of_numbers_is_recorded_cell_by_cell(operate, x, ys):
    v, array = Value(x), np.array(ys)
    for left, right, expected in ((v, array, [operate(x, y) for y in ys]), (array, v, [operate(y, x) for y in ys])):
        found = operate(left, right)
        assert type(found) is np.ndarray and found.dtype == object and data(found) == expected
        assert all(v in node.parents for node in found)


def test_powers_of_and_by_arrays():
    v = Value(-2.0)
    assert data(v ** np.array([2, 3])) == [4, -8] and data(np.array([2.0, 3.0]) ** Value(2.0)) == [4, 9]
    assert data(values([-2.0, 3.0]) ** 3) == [-8, 27] and np.power(v, 3).data == -8


@pytest.mark.parametrize('ufunc', UFUNCS)
def test_a_ufunc_with_a_row_is_the_row(ufunc):
    v, op = Value(0.5), UFUNCS[ufunc]
    found = ufunc(v)
    assert type(found) is Value and found.op is op and found.parents == (v,)
    assert data(op(values([0.5, 0.25]))) == [op(0.5), op(0.25)]


@pytest.mark.parametrize('ufunc', [ufunc for ufunc in UFUNCS if ufunc is not np.sign], ids=lambda ufunc: ufunc.__name__)
def test_a_ufunc_of_an_array_of_values_is_the_row_of_each(ufunc):
    """np.sign 은 칸을 견주므로 `Value` 가 거절한다. ops.sign 은 배열을 받는다."""
    assert data(ufunc(values([0.5, 0.25]))) == [UFUNCS[ufunc](0.5), UFUNCS[ufunc](0.25)]


@pytest.mark.parametrize('ufunc', BINARY)
def test_a_ufunc_of_two_is_the_row(ufunc):
    v, w, op = Value(0.5), Value(2.0), BINARY[ufunc]
    assert ufunc(v, w).op is op and ufunc(v, w).parents == (v, w)
    assert data(ufunc(v, np.array([1.0, 0.25]))) == [op(0.5, 1.0), op(0.5, 0.25)]
    assert data(ufunc(values([1.0, 0.25]), w)) == [op(1.0, 2.0), op(0.25, 2.0)]


def test_a_number_of_numpy_is_a_number():
    """0차원 배열도, NumPy 의 스칼라도: 어느 쪽에 있든 결과는 Value 하나다."""
    v = Value(2.0)
    for x in (np.array(4.0), np.float64(4.0), np.float32(4.0), np.int64(4), np.array(4)):
        for operate in ARITHMETIC:
            left, right = operate(x, v), operate(v, x)
            assert type(left) is Value and type(right) is Value
            assert (left.data, right.data) == (operate(4, 2.0), operate(2.0, 4))
        assert Value(x).data == 4 and type(Value(x).data) in (int, float) and (v**x).data == 16
    assert type(ops.exp(np.array(0.0))) is np.float64 and type(ops.relu(np.float64(2.0))) is np.float64


def test_rows_take_arrays_and_values_together():
    v, w = Value(2.0), Value(3.0)
    assert data(ops.maximum(v, np.array([1.0, 5.0]))) == [2, 5] == data(ops.maximum(np.array([1.0, 5.0]), v))
    assert data(ops.select(np.array([1.0, -1.0]), v, w)) == [2, 3]
    assert ops.logsumexp(values([1.0, 2.0])).data == ops.logsumexp([1.0, 2.0])
    assert losses.quadratic(values([1.0, 2.0]), np.array([0.0, 0.0])).data == 2.5


def test_arrays_are_changed_in_place():
    z = values([1.0, 2.0])
    z -= z.mean()
    assert data(z) == [-0.5, 0.5]


def test_equality_stays_identity():
    z = values([1.0, 1.0])
    assert (z == z[0]).tolist() == [True, False] == (z[0] == z).tolist() and (z != z[1]).tolist() == [True, False]
    assert z[0] in list(z) and len({*z}) == 2 and (z == z[0]).dtype == bool


@given(VECTOR.filter(lambda xs: len(set(xs)) == 3))
def test_a_masked_array_keeps_the_graph(xs):
    """numpy.ma 는 곁에 있는 것의 `_data` 를 배열로 안다: 그런 이름의 칸이 있으면 소리 없이 float 만 남는다."""
    v, masked = Value(2.0), np.ma.array(xs, mask=[False, True, False])
    for out in (masked * v, v * masked):
        assert out.dtype == object and out.mask.tolist() == [False, True, False]
    (masked * v).sum().backward()
    assert v.grad == xs[0] + xs[2]


@given(VECTOR.filter(lambda xs: len(set(xs)) == 3 and np.std(xs) > 1e-3))
def test_an_array_is_standardised_by_its_mean_and_deviation(xs):
    z = values(xs)
    out = (z - z.mean()) / z.std()
    assert data(out) == pytest.approx((np.array(xs) - np.mean(xs)) / np.std(xs), rel=1e-6, abs=1e-9)
    out.sum().backward()  # 표준화한 것의 합은 언제나 0 이다
    assert [v.grad for v in z] == pytest.approx([0] * 3, abs=1e-6 / np.std(xs) ** 2)


V = Value(1.0, 'v')


@pytest.mark.parametrize(('call', 'told'), [
    (lambda: np.cbrt(V), r'np\.cbrt.*ops\.'), (lambda: np.isnan(V), r'v\.data'),
    (lambda: np.round(values([1.0])), r'round\(v\.data\)'), (lambda: np.add.reduce(V), r'np\.add\.reduce'),
    (lambda: np.exp(V, where=True), r'np\.exp.*ops\.exp'), (lambda: np.matmul(values([1.0]), V), r'np\.matmul'),
    (lambda: values([1.0]) > V, 'ops.maximum'), (lambda: np.array([1.0]) < V, 'ops.maximum'),
    (lambda: np.maximum(values([1.0]), values([2.0])), 'ops.maximum'),
    (lambda: operator.iadd(np.array([1.0]), V), r'v\.data'), (lambda: Value(np.array([1.0])), '원소마다'),
    (lambda: operator.add(V, [1.0]), '원소마다'), (lambda: ops.mul(np.array([1.0]), 'a'), r'np\.array.* str 을'),
])  # fmt: skip
def test_what_is_refused_says_what_to_write(call, told):
    with pytest.raises(TypeError, match=told):
        call()
    assert V.data == 1 and V.grad == 0


def test_fractions_stay_exact_beside_arrays():
    third = Value(Fraction(1, 3))
    out = np.array([3, 6]) * third
    assert data(out) == [1, 2] and {type(x) for x in data(out)} == {Fraction}
