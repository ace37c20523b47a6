"""점마다의 값, 기울기, 헤세 행렬: eager 로 점마다 미분한 것과, 200자리의 차분과, 손으로 적은 미분과 같다."""

import itertools
import math
import pickle
import random

import mpmath
import numpy as np
import pytest
from graph_strategies import LINEAR, graphs, unrounded
from hypothesis import assume, given
from hypothesis import strategies as st

from micrograd_ko import MLP, ReplayError, Value, compile_graph, derivatives, grad, losses, ops, refresh, topological
from micrograd_ko.compiler.points import graph

POLYNOMIAL = [*LINEAR, ops.relu, ops.maximum, ops.select, ops.square, ops.power(2), ops.power(3)]


def eager(loss, leaves):
    """(값, 기울기, 헤세 행렬, 거기까지의 모든 수): 지금의 잎에서 그래프를 두 번 미분한다."""
    slopes = grad(refresh(loss), leaves)
    second = [grad(slope, leaves) for slope in slopes]
    numbers = [v.data for v in topological(loss, *slopes, *itertools.chain(*second))]
    return loss.data, [d.data for d in slopes], [[h.data for h in row] for row in second], numbers


ROWS = st.lists(st.lists(st.integers(-3, 3), min_size=7, max_size=7), min_size=1, max_size=4)


@given(graphs(POLYNOMIAL, constants=(0, 1, -1, 2)), ROWS)
def test_polynomials_at_integers_are_exact(drawn, rows):
    """정수에서는 반올림이 없다: 펴고, 행렬로 모으고, 되돌리고, 다시 미분해도 점마다 == 로 같다. 파라미터로 미분해도."""
    leaves = [*drawn.inputs, *drawn.parameters]
    program = compile_graph(drawn.loss, drawn.inputs, drawn.parameters)
    for row in rows:
        for leaf, number in zip(leaves, row, strict=False):
            leaf.data = number
        value, gradient, second, numbers = eager(drawn.loss, leaves)
        assume(unrounded(numbers))
        X = [row[: len(drawn.inputs)]]
        assert program.values(X).tolist() == [value]
        assert program.gradients(X, wrt=leaves).tolist() == [gradient]
        assert program.hessians(X, wrt=leaves).tolist() == [second]


FORMULAS = [
    (lambda m, x, y: m.exp(x) * m.sin(y) + m.tanh(x * y) / (1 + x * x), (-2.0, 2.0)),
    (lambda m, x, y: m.log(x + 3) * m.sqrt(y + 3) - m.cos(x * y), (-2.0, 2.0)),
    (lambda m, x, y: (x - y) ** 3 / (1 + y * y) + m.atan(x) * m.erf(y), (-2.0, 2.0)),
    (lambda m, x, y: m.log1p(m.exp(x + y)) * m.cosh(x - y), (-2.0, 2.0)),
]


@pytest.mark.parametrize(('f', 'interval'), FORMULAS)
def test_formulas_agree_with_differences_at_200_digits(f, interval):
    """mpmath 의 차분은 미분 규칙을 하나도 모른다. 항마다 몇 ulp 의 오차뿐이므로 가장 큰 성분의 10⁻¹³ 안이다."""
    x, y = Value(0.5), Value(0.5)
    program = compile_graph(lambda x, y: f(ops, x, y), [x, y], [])
    X = np.random.default_rng(1).uniform(*interval, (20, 2))
    values, gradients, hessians = program.values(X), program.gradients(X), program.hessians(X)
    with mpmath.workdps(200):
        for row, value, gradient, second in zip(X.tolist(), values, gradients, hessians, strict=True):
            exact = [[mpmath.diff(lambda x, y: f(mpmath, x, y), row, orders) for orders in group] for group in (
                [(0, 0)], [(1, 0), (0, 1)], [(2, 0), (1, 1), (1, 1), (0, 2)],
            )]  # fmt: skip
            for found, expected in zip((value, gradient, second), exact, strict=True):
                scale = max(1, *[abs(e) for e in expected])
                assert max(abs(a - b) for a, b in zip(np.ravel(found).tolist(), expected, strict=True)) < 1e-13 * scale


@pytest.mark.parametrize('activation', ['sigmoid', 'tanh', 'softplus', 'gelu'])
def test_a_network_is_differentiated_by_its_inputs_and_by_its_parameters(activation):
    """행렬로 되찾은 망도 점마다 미분된다: 잔차와 나누어 쓰는 W, 파라미터의 기울기의 평균은 gradient 다."""
    net = MLP(2, [3, 3, 1], activation, 'identity', rng=random.Random(3))
    x, y = [Value(0.5), Value(0.5)], [Value(0.5)]
    hidden = net.layers[1](net.layers[0](x))
    hidden = net.layers[1]([a + b for a, b in zip(hidden, net.layers[0](x), strict=True)])
    out = [net.layers[2].forward(hidden)[0][0] + x[0]]
    loss = losses.quadratic(out, y)
    program = compile_graph(loss, (x, y), net.parameters(), out)
    assert any(dense.residual for dense in program.tape.dense.values())
    X = np.random.default_rng(2).normal(size=(6, 3))
    leaves = [*x, *y]
    for row, value, gradient, second in zip(X, program.values(X), program.gradients(X), program.hessians(X), strict=True):
        for leaf, number in zip(leaves, row, strict=True):
            leaf.data = number
        expected = eager(loss, leaves)
        assert value == pytest.approx(expected[0], rel=1e-12)
        assert gradient == pytest.approx(expected[1], rel=1e-11, abs=1e-12)
        assert second == pytest.approx(np.array(expected[2]), rel=1e-10, abs=1e-11)
        assert (second == second.T).all()
    by_sample = program.gradients((X[:, :2], X[:, 2:]), wrt=net.parameters())
    assert by_sample.mean(axis=0) == pytest.approx(program.gradient(X, write=False), rel=1e-11, abs=1e-13)
    assert program.values(X).mean() == pytest.approx(program.loss(X), rel=1e-14)
    moved = np.zeros(len(net.parameters()))
    assert program.values(X, parameters=moved) == pytest.approx((X[:, 0] - X[:, 2]) ** 2 / 2, rel=1e-15)


def test_the_domain_is_that_of_the_loss():
    """미분이 정의역의 끝에서 무한한 것은 오류가 아니다: backward 처럼 IEEE 값이다. 손실이 정의되지 않는 점만 알린다."""
    x, y = Value(1.0, 'x'), Value(1.0, 'y')
    loss = x.sqrt() * y + y.log()
    program = compile_graph(loss, [x, y], [])
    X = [[0.0, 2.0], [4.0, 1.0], [math.nan, 1.0]]
    assert program.values(X).tolist()[:2] == [math.log(2), 2.0]
    found = program.gradients(X)
    x.data, y.data = X[0]
    refresh(loss).backward()
    assert found[0].tolist() == [x.grad, y.grad] == [math.inf, 0.5]
    assert found[1].tolist() == [0.25, 3.0]
    assert np.isnan(found[2]).any() and np.isfinite(found[1]).all()
    assert program.hessians(X)[0].tolist() == [[-math.inf, math.inf], [math.inf, -0.25]]
    outside = [*X, [1.0, -1.0], [-1.0, 1.0]]
    for call in (program.values, program.gradients, program.hessians):
        with pytest.raises(ReplayError, match=r"표본\(row\) 3 .*log: x = -1.0 \(이름 'y'\).*2개") as caught:
            call(outside)
        assert topological(loss)[caught.value.node].op is ops.log
        masked = call(outside, undefined='nan').reshape(5, -1)
        assert np.isnan(masked).all(axis=1).tolist() == [False, False, True, True, True] or call is not program.values
        assert np.isnan(masked[3:]).all() and not np.isnan(masked[:2]).any()
        for points in (X, outside):  # 벗어난 점이 없어도
            with pytest.raises(ValueError, match="'raise' 나 'nan'"):
                call(points, undefined='ignore')


@pytest.mark.parametrize('backend', ['numpy', 'auto'])
def test_points_of_several_blocks_keep_their_rows(backend):
    """백엔드가 한꺼번에 받는 것보다 점이 많아도, 벗어난 점은 제 번호의 점이고 나머지는 하나씩 구한 것이다."""
    x, y = Value(1.0), Value(1.0)
    program = compile_graph(x.log() * y, [x, y], [], backend=backend)
    X = np.random.default_rng(4).uniform(1, 2, (40 * program.block_size, 2))
    bad = [3, len(X) // 2, len(X) - 2]
    X[bad, 0] = -1.0
    for call in (program.values, program.gradients, program.hessians):
        found = call(X, undefined='nan')
        assert np.flatnonzero(np.isnan(found.reshape(len(X), -1)).all(axis=1)).tolist() == bad
        assert np.isnan(found).sum() == len(bad) * found[0].size
        for row in (0, len(X) // 2 + 1, len(X) - 1):
            assert found[row] == pytest.approx(call(X[row : row + 1])[0], rel=1e-15)


def test_the_derivatives_of_a_point_do_not_depend_on_the_other_points():
    """nan 인 입력은 정의역을 벗어난 것이 아니다. 벗어난 점이 옆에 있어도 그 점의 미분은 backward 의 것이다."""
    x, y = Value(1.0), Value(1.0)
    program = compile_graph(x + y.log(), [x, y], [])
    found = program.gradients([[math.nan, 2.0], [1.0, -1.0]], undefined='nan')
    assert found[0].tolist() == program.gradients([[math.nan, 2.0]])[0].tolist() == [1.0, 0.5]
    assert np.isnan(found[1]).all()


def test_an_overflow_that_the_derivative_does_not_see_is_still_reported():
    """step 의 미분은 0 이라 그 안을 계산하지 않아도 되지만, eager 는 exp 에서 멈춘다."""
    x = Value(0.0)
    program = compile_graph(x.exp().step() * x, [x], [])
    assert program.gradients([[1.0]]).tolist() == [[1.0]]
    with pytest.raises(ReplayError, match='exp'):
        program.gradients([[1.0], [1000.0]])


def test_what_may_be_asked():
    x, y, w = Value(1.0), Value(1.0), Value(3.0)
    program = compile_graph(lambda x, y: w * x * x * y, [x, y], [w])
    X = np.array([[2, 5]], np.int8)
    assert program.gradients(X, wrt=w).tolist() == [[20.0]]
    assert program.gradients(np.asfortranarray(X, np.float32), wrt=[w, x]).tolist() == [[20.0, 60.0]]
    assert program.hessians(X, wrt=[y, x, w]).tolist() == [[[0.0, 12.0, 4.0], [12.0, 30.0, 20.0], [4.0, 20.0, 0.0]]]
    assert program.gradients(X, wrt=[]).shape == (1, 0) and program.hessians(X, wrt=[]).shape == (1, 0, 0)
    w.data = 1.0
    assert program.gradients(X).tolist() == [[20.0, 4.0]]
    again = pickle.loads(pickle.dumps(program))
    assert again.hessians(X, wrt=again.parameters).tolist() == [[[0.0]]]
    for wrong in ([Value(1.0)], [1.0], ['x'], [program], Value(2.0)):
        with pytest.raises(ValueError, match='wrt'):
            program.gradients(X, wrt=wrong)
    with pytest.raises(ValueError, match='하나도'):
        program.hessians(X[:0])
    constant = compile_graph(x * 0 + 2, [x, y], [])
    assert (constant.values(X).tolist(), constant.gradients(X).tolist(), constant.hessians(X).tolist()) == (
        [2.0], [[0.0, 0.0]], [[[0.0, 0.0], [0.0, 0.0]]],
    )  # fmt: skip
    leaf = compile_graph(y, [x, y], [])
    assert (leaf.values(X).tolist(), leaf.gradients(X).tolist()) == ([5.0], [[0.0, 1.0]])


@given(graphs(), st.lists(st.floats(-2, 2), min_size=3, max_size=3))
def test_the_tape_becomes_the_graph_again(drawn, row):
    """테이프를 되돌린 그래프를 다시 컴파일하면 같은 수가 나온다: 한 번 편 합은 다시 펴도 그대로다."""
    program = compile_graph(drawn.loss, drawn.inputs, drawn.parameters)
    loss, leaves = graph(program.tape)
    count, X = len(drawn.inputs), [row[: len(drawn.inputs)]]
    again = compile_graph(loss, leaves[:count], leaves[count:])
    one = program.loss(X, undefined='nan')
    other = again.loss(X, parameters=program.vector, undefined='nan')
    assert one == other or (math.isnan(one) and math.isnan(other))


def test_derivatives_and_the_program_name_the_same_hessian():
    """`derivatives.hessian` 은 한 점, `Program.hessians` 는 여러 점."""
    f, _ = FORMULAS[0]
    points = [[0.5, -0.25], [1.0, 2.0]]
    x, y = Value(0.0), Value(0.0)
    found = compile_graph(lambda x, y: f(ops, x, y), [x, y], []).hessians(points)
    for point, second in zip(points, found, strict=True):
        assert second == pytest.approx(np.array(derivatives.hessian(lambda x, y: f(ops, x, y), point)), rel=1e-13)
