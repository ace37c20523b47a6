"""기계(LLVM 백엔드): NumPy 백엔드, eager 와 반올림 안에서 같고, 제 배열 밖은 읽지도 쓰지도 않는다."""

import ctypes
import importlib.util
import math
import mmap
import os
import pickle
import random
import re
import subprocess
import sys
import threading

import numpy as np
import pytest
from graph_strategies import NUMBERS, Graph, graphs, on_the_edge, one_over_nothing
from hypothesis import example, given
from hypothesis import strategies as st
from test_lowering import rebuilt

from micrograd_ko import MLP, ReplayError, Value, compile_graph, losses, ops, optim, refresh, topological
from micrograd_ko.compiler.lower import lower
from micrograd_ko.compiler.machine import memory, target
from micrograd_ko.compiler.machine.maps import MAP, SUM, MapKernel
from micrograd_ko.compiler.machine.plan import Plan
from micrograd_ko.compiler.machine.records import LINE, Records
from micrograd_ko.compiler.machine.updates import constants
from micrograd_ko.compiler.sums import flatten
from micrograd_ko.kinds.bounds import EPSILON
from micrograd_ko.operation import Op
from micrograd_ko.reverse import bounded_sweep
from micrograd_ko.testing import programs

if 'OTHER_CPU' in os.environ:  # `test_another_cpu` 의 프로세스: 거기 적힌 특징만 있는 CPU 처럼
    target.llvm.get_host_cpu_name = lambda: 'generic'
    features = target.llvm.FeatureMap(dict.fromkeys(filter(None, os.environ['OTHER_CPU'].split(',')), True))
    target.llvm.get_host_cpu_features = lambda: features
LANES = target.host().lanes('f64')


def both(loss, inputs, parameters, outputs=()):
    """(NumPy 의, LLVM 의) 프로그램."""
    return [compile_graph(loss, inputs, parameters, outputs, backend=name) for name in ('numpy', 'llvm')]


def network(sizes, activation='sigmoid', output=None, loss=losses.quadratic, seed=1):
    """(신경망의 파라미터, 두 프로그램). 파라미터의 값은 나누어 쓴다."""
    net = MLP(sizes[0], sizes[1:], activation, output, rng=random.Random(seed))
    x, y = [[Value(0.5) for _ in range(n)] for n in (sizes[0], sizes[-1])]
    outputs = net.trace(x).output
    return net.parameters(), both(loss(outputs, y), (x, y), net.parameters(), outputs)


def data(sizes, n, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, sizes[0])), rng.normal(size=(n, sizes[-1]))


def errors_of(loss, parameters):
    """손실과 파라미터마다 기울기의 오차 한계. 닿지 않는 파라미터의 것은 0 이다."""
    values, adjoints = bounded_sweep(topological(loss))
    return [values[loss].error, *[adjoints[p].error if p in adjoints else 0.0 for p in parameters]]


# 값과 기울기 ----------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('copies', [1, 2, LANES + 1])
@given(drawn=programs())
def test_eager_numpy_and_llvm_agree_within_the_error_bound(copies, drawn):
    """`testing.programs()` 의 프로그램: 표본이 하나면 행이, 여럿이면 표본이 레인이다. 같은 표본의 평균에는 반올림이 더 있다."""
    leaves, loss, _ = drawn.record()
    inputs, parameters = leaves[:1], leaves[1:]
    loss.backward()
    flat = rebuilt(flatten(lower(loss, inputs, parameters, [])[0]), leaves)[0]
    errors = [sum(both) for both in zip(*[errors_of(root, parameters) for root in (loss, flat)], strict=True)]
    rows = [[inputs[0].data]] * copies
    for program in both(loss, inputs, parameters):
        found = [program.loss(rows, undefined='nan'), *program.gradient(rows, write=False, undefined='nan')]
        for got, want, error in zip(found, [loss.data, *[p.grad for p in parameters]], errors, strict=True):
            same = got == want or (math.isnan(got) and math.isnan(want))
            assert same or error == math.inf or abs(got - want) <= error * (1 + 1e-9) + copies * 2 * EPSILON * abs(want)


@st.composite
def shared_layers(draw):
    """(손실, 입력의 잎, 파라미터): 층마다 W 하나를 앞의 값에서 고른 입력 몇 벌에 곱한다. b 는 없거나 하나이거나 벌마다 하나다."""
    rng = random.Random(draw(st.integers(0, 2**32)))

    def leaves(count):
        return [Value(rng.gauss(0, 0.6)) for _ in range(count)]

    xs = leaves(draw(st.integers(1, 6)))
    pool, parameters = list(xs), []
    for _ in range(draw(st.integers(1, 3))):
        m, n = [draw(st.sampled_from(sizes)) for sizes in ([1, 3, LANES, LANES + 1, 5 * LANES - 1], [2, 5, LANES, 2 * LANES])]
        every, sliding, count = draw(st.sampled_from([1, 2, 9])), draw(st.booleans()), draw(st.integers(2, 4))
        w, made = [leaves(n) for _ in range(m)], []
        biases = [leaves(m) for _ in range(draw(st.sampled_from([0, 0, 1, count])))]
        parameters += [p for row in [*w, *biases] for p in row]
        for start in range(count):
            window = [pool[(start + j) % len(pool)] for j in range(n)] if sliding else rng.choices(pool, k=n)
            zs = [ops.dot(row, window) for row in w]
            if biases:
                zs = [ops.affine(row, window, b) for row, b in zip(w, biases[start % len(biases)], strict=True)]
            made += [z + r for z, r in zip(zs, rng.choices(pool, k=m), strict=True)] if start % every else zs
        pool = [ops.tanh(z) for z in made] + pool[: draw(st.integers(0, 2))]
    return ops.total([ops.square(v) for v in pool]), xs, parameters


@pytest.mark.parametrize('copies', [1, 2, LANES + 1])
@given(drawn=shared_layers())
def test_layers_that_share_their_matrix_agree_within_the_error_bound(copies, drawn):
    """입력의 벌이 겹치고 흩어지고 잔차와 섞여도 eager, NumPy, LLVM 이 같다."""
    loss, inputs, parameters = drawn
    loss.backward()
    flat = rebuilt(flatten(lower(loss, inputs, parameters, [])[0]), [*inputs, *parameters])[0]
    errors = [sum(both) for both in zip(*[errors_of(root, parameters) for root in (loss, flat)], strict=True)]
    rows = [[x.data for x in inputs]] * copies
    for program in both(loss, inputs, parameters):
        found = [program.loss(rows), *program.gradient(rows, write=False)]
        for got, want, error in zip(found, [loss.data, *[p.grad for p in parameters]], errors, strict=True):
            assert abs(got - want) <= error * (1 + 1e-9) + copies * 2 * EPSILON * abs(want)


def sign_of_nothing():
    """sign(acos(cos x) − 1): x = 1 에서 두 라이브러리의 cos 이 끝자리에서 다르면 −1 과 0 이다."""
    x, w = Value(0.5), Value(1.0)
    nodes = [ops.cos(x)]
    nodes += [ops.acos(nodes[0])]
    nodes += [nodes[1] - w]
    return Graph([x], [w], [*nodes, ops.sign(nodes[2])])


@example(sign_of_nothing(), [[1.0, 0.0, 0.0]])
@example(one_over_nothing(), [[-0.5, 3.0, 0.0]])
@given(graphs(), st.lists(st.lists(NUMBERS, min_size=3, max_size=3), min_size=1, max_size=LANES + 2))
def test_both_back_ends_mask_the_same_rows(graph, rows):
    """모든 연산, 나누어 쓰는 노드, 꺾인 점, 정의역 밖의 표본: 같은 표본이 가려지고 나머지는 같다. 아니면 반올림이 가른 것이다."""
    numpy, llvm = both(graph.loss, graph.inputs, graph.parameters, graph.nodes)
    X = np.array(rows)[:, : len(graph.inputs)]
    for row, one, other in zip(X.tolist(), *[program.outputs(X, undefined='nan') for program in (numpy, llvm)], strict=True):
        usual = np.isfinite(one)
        size = np.abs(one[usual]).max(initial=1)
        alike = (usual == np.isfinite(other)).all() and np.array_equal(one[~usual], other[~usual], equal_nan=True)
        alike = alike and np.abs(one[usual] / size - other[usual] / size).max(initial=0) <= 1e-9
        assert alike or rounded(graph, row, one, other)


def rounded(graph, row, one, other):
    """입력이 row 일 때 노드의 값 one 과 other 의 차이를 오차 한계가 설명하는가. 정의역의 끝에 걸치면 무엇이든 그렇다."""
    for leaf, number in zip(graph.inputs, row, strict=True):
        leaf.data = number
    order = topological(*graph.nodes)
    if on_the_edge(order):
        return True
    values = bounded_sweep(order)[0]
    return all(x == y or values[node].explains(x - y) for node, x, y in zip(graph.nodes, one, other, strict=True))


@pytest.mark.parametrize('sizes', [(2, 16, 16, 1), (5, 3), (1, 1, 1), (LANES + 1, LANES, LANES - 1), (40, 7, 3)])
@pytest.mark.parametrize('n', [1, 2, LANES - 1, LANES, LANES + 1, 127, 128, 129, 1000])
def test_every_batch_size_around_the_lanes(sizes, n):
    _, (numpy, llvm) = network(sizes, 'tanh', 'identity')
    X = data(sizes, n)
    assert llvm.loss(X) == pytest.approx(numpy.loss(X), rel=1e-13)
    assert llvm.outputs(X) == pytest.approx(numpy.outputs(X), rel=1e-13, abs=1e-14)
    assert llvm.gradient(X) == pytest.approx(numpy.gradient(X), rel=1e-11, abs=1e-14)


def test_many_samples_and_every_kind_of_array():
    sizes = 3, 4, 2
    _, (numpy, llvm) = network(sizes)
    X, Y = data(sizes, 100_000)
    expected = numpy.gradient((X, Y))
    assert llvm.gradient((X, Y)) == pytest.approx(expected, rel=1e-10, abs=1e-14)
    fixed = X.copy()
    fixed.flags.writeable = False
    for given_x in (fixed, np.asfortranarray(X), np.repeat(X, 2, axis=1)[:, ::2]):
        assert llvm.gradient((given_x, Y)).tobytes() == llvm.gradient((X, Y)).tobytes()
    single = X.astype(np.float32), Y.astype(np.float32)
    assert llvm.gradient(single) == pytest.approx(expected, rel=1e-4, abs=1e-6)


@pytest.mark.parametrize('name', ['quadratic', 'cross_entropy', 'hinge', 'softmax_cross_entropy'])
@pytest.mark.parametrize('n', [1, LANES + 3])
def test_f32_is_f64_to_half_the_digits(name, n):
    """f32 의 값과 기울기는 f64 의 것과 f32 의 반올림만큼 다르다."""
    sizes, loss = (6, 9, 4), getattr(losses, name)
    net = MLP(sizes[0], sizes[1:], 'tanh', 'sigmoid', rng=random.Random(3))
    x, y = [[Value(0.5) for _ in range(k)] for k in (6, 4)]
    wide = compile_graph(loss(net.trace(x).output, y), (x, y), net.parameters(), backend='llvm')
    narrow = compile_graph(loss(net.trace(x).output, y), (x, y), net.parameters(), backend='llvm', dtype='f32')
    X, Y = data(sizes, n)[0], np.eye(4)[np.arange(n) % 4]
    assert narrow.loss((X, Y)) == pytest.approx(wide.loss((X, Y)), rel=1e-5)
    assert narrow.gradient((X, Y)) == pytest.approx(wide.gradient((X, Y)), rel=1e-3, abs=1e-6)


def test_parameters_and_rows_that_are_shared():
    """한 명령이 같은 행을 두 번 쓰고, W 를 Wᵀ 로도 쓰고, 행렬에 상수가 섞이고, 잔차가 입력과 같은 행이다."""
    rng = random.Random(2)
    w = [[Value(rng.gauss(0, 1)) for _ in range(3)] for _ in range(3)]
    x = [Value(rng.gauss(0, 1)) for _ in range(3)]
    h = [ops.dot(row, x) + v for row, v in zip(w, x, strict=True)]
    h = [ops.tanh(v) * v + v * v for v in h]
    back = [ops.dot(column, h) + h[i] for i, column in enumerate(zip(*w, strict=True))]
    mixed = [ops.affine([w[0][0], 2, w[1][1]], [back[0], back[1], back[0]], w[2][2]), ops.affine([3, w[0][1], 1], back, 5)]
    loss = ops.total([ops.square(v) for v in mixed])
    numpy, llvm = both(loss, x, [p for row in w for p in row])
    for n in (1, LANES + 1, 200):
        X = np.random.default_rng(n).normal(size=(n, 3))
        assert llvm.gradient(X) == pytest.approx(numpy.gradient(X), rel=1e-11)


@pytest.mark.parametrize(('m', 'products'), [(2 * LANES, 1), (5 * LANES - 1, 4)])
def test_equal_layers_of_one_sample_are_joined(m, products):
    """W 가 같은 행렬들은 명령 하나이고, 표본이 하나이고 결과가 벡터에 꼭 맞으면 한 번에 곱해진다. 결과는 그대로다."""
    rng, n = random.Random(5), 5
    w, start = [[[Value(rng.gauss(0, 0.5)) for _ in range(b)] for _ in range(a)] for a, b in ((m, n), (4, n))]
    x = [Value(rng.gauss(0, 1)) for _ in range(n)]
    positions = [[ops.tanh(x[j] * start[i][j]) for j in range(n)] for i in range(4)]
    hidden = [[ops.dot(row, position) for row in w] for position in positions]
    loss = ops.total([ops.square(v) for each in hidden for v in each])
    numpy, llvm = both(loss, x, [p for matrix in (w, start) for row in matrix for p in row])
    X = [[v.data for v in x]]
    assert llvm.gradient(X) == pytest.approx(numpy.gradient(X), rel=1e-12)
    (plan,) = [plans[0] for plans in llvm._replayer._free.values()]
    kernels = [ctypes.c_int64.from_address(record).value for record in plan.lists['forward'].tolist()]
    assert llvm.instructions['dense'] == 1 and kernels.count(plan.wide.addresses['product']) == products


@pytest.mark.parametrize('bias', [False, True])
@pytest.mark.parametrize('n', [1, 3, 200])
def test_a_sliding_window_is_one_matrix_a_layer(n, bias):
    """합성곱(convolution): 입력이 겹치는 벌들이 W 와 b 를 나누어 쓴다. 값은 NumPy 의 창으로, 기울기는 eager 로 견준다."""
    rng, width, kinds = random.Random(7), 9, 3
    first, second = [[[Value(rng.gauss(0, 0.5)) for _ in range(size)] for _ in range(kinds)] for size in (3, 2 * kinds)]
    shifts = [[Value(rng.gauss(0, 0.5)) for _ in range(kinds)] for _ in range(2)]
    xs, ys = [[Value(rng.gauss(0, 1)) for _ in range(size)] for size in (width, kinds)]

    def layer(w, b, window):
        return [ops.affine(row, window, c) if bias else ops.dot(row, window) for row, c in zip(w, b, strict=True)]

    hidden = [[ops.tanh(v) for v in layer(first, shifts[0], xs[i : i + 3])] for i in range(width - 2)]
    outputs = [[z + h for z, h in zip(layer(second, shifts[1], hidden[i] + hidden[i + 2]), hidden[i], strict=True)]
               for i in range(width - 4)]  # fmt: skip
    loss = ops.total([ops.square(v - y) for each in outputs for v, y in zip(each, ys, strict=True)])
    parameters = [p for w in (first, second) for row in w for p in row] + (shifts[0] + shifts[1] if bias else [])
    programs = both(loss, (xs, ys), parameters, [v for each in outputs for v in each])
    table = np.random.default_rng(n).normal(size=(n, width + kinds))

    w1, w2, b1, b2 = [np.array([[v.data for v in row] for row in m]) for m in (first, second, shifts[:1], shifts[1:])]
    windows = np.lib.stride_tricks.sliding_window_view(table[:, :width], 3, axis=1)
    a = np.tanh(windows @ w1.T + bias * b1)
    z = np.concatenate([a[:, :-2], a[:, 2:]], axis=2) @ w2.T + bias * b2 + a[:, :-2]
    expected = np.zeros(len(parameters))
    for row in table.tolist():
        for leaf, x in zip(xs + ys, row, strict=True):
            leaf.data = x
        for p in parameters:
            p.grad = 0
        refresh(loss).backward()
        expected += [p.grad for p in parameters]
    for program in programs:
        shapes = [(program.tape.copies(k), d.outputs, d.inputs, d.bias >= 0, d.residual) for k, d in program.tape.dense.items()]
        assert shapes == [(7, 3, 3, bias, False), (5, 3, 6, bias, True)]
        assert program.outputs((table[:, :width],)) == pytest.approx(z.reshape(n, -1), rel=1e-12, abs=1e-12)
        assert program.gradient(table, write=False) * n == pytest.approx(expected, rel=1e-10, abs=1e-10)
        descent = program.descent((table[:, :width], table[:, width:]), n, optim.SGD(parameters, 0.1))
        descent.epoch(range(n))
        assert descent.vector == pytest.approx([p.data for p in parameters] - 0.1 * expected / n, rel=1e-10, abs=1e-10)


@pytest.mark.parametrize('rows', [1, 3, LANES, LANES + 3])
def test_scattered_rows_of_one_sample_are_lanes(rows):
    """표본이 하나일 때 흩어진 행을 모아 벡터로 계산한다. 한 벡터의 여러 레인이 같은 행에 더하기도 한다."""
    rng = random.Random(rows)
    w, x = [[Value(rng.gauss(0, 1)) for _ in range(2 * rows)] for _ in range(2)]
    hs = [ops.tanh(a * b) for a, b in zip(w, x, strict=True)]
    mixed = [ops.logsumexp([hs[-1 - i], hs[i], hs[0], hs[1], hs[i - 1]]) for i in range(rows)]
    scaled = [ops.log1p(z * z) / hs[-1] for z in mixed]
    loss = ops.total([*scaled, *mixed])
    loss.backward()
    numpy, llvm = both(loss, x, w)
    expected = [p.grad for p in w]
    for program in (numpy, llvm):
        assert program.gradient([[v.data for v in x]], write=False) == pytest.approx(expected, rel=1e-11, abs=1e-13)
    (plan,) = [plans[0] for plans in llvm._replayer._free.values()]
    kernels = {address: kernel for each in (plan.wide, plan.narrow) for kernel, address in each.addresses.items()}
    used = [kernels[ctypes.c_int64.from_address(record).value] for record in plan.lists['each'].tolist()]
    assert [k.pattern for k in used if isinstance(k, MapKernel) and k.arity == 5] == ['gathered' if rows > 2 else 'rows'] * 2


@pytest.mark.parametrize('n', [1, 2])
@pytest.mark.parametrize('rows', [1, 3, LANES, LANES + 3])
@pytest.mark.parametrize('last', ['constant', 'parameter'])
def test_rows_that_run_past_the_last_input(last, rows, n):
    """x 와 한 칸 민 x: 마지막 것은 입력 다음의 행(상수나 파라미터)이다. 테이프에서는 이어진 행이지만 기계의 표에서는 아니다."""
    x, w, b = [Value(0.0) for _ in range(rows)], [Value(2.0 + i) for i in range(rows)], Value(7.0)
    learned = last == 'parameter'
    ends = [*x[1:], b if learned else 7.0]
    outputs = [ops.maximum(wi * xi if learned else xi, end) for wi, xi, end in zip(w, x, ends, strict=True)]
    X = -np.random.default_rng(0).uniform(1, 2, size=(n, rows))
    shifted = np.column_stack([X[:, 1:], np.full(n, 7.0)])
    left = X * (2.0 + np.arange(rows)) if learned else X
    larger = left > shifted
    gradient = np.append(1.0, np.where(larger, X, 0).mean(axis=0)) * learned
    for program in both(ops.total(outputs), x, [b, *w], outputs):
        assert (program.outputs(X) == np.maximum(left, shifted)).all()
        assert np.allclose(program.gradient(X), gradient, rtol=4 * EPSILON, atol=0)


@pytest.mark.parametrize('rows', [3, LANES, LANES + 3])
def test_a_scattered_row_outside_its_domain_is_found(rows):
    """어느 레인이 벗어나도, 끝을 넘는 레인이 마지막 행을 되풀이해도, 벗어난 행이 있을 때만 오류다."""
    x = [Value(0.5) for _ in range(rows)]
    loss = ops.total([ops.pow(v, x[0]) for v in reversed(x)])
    numpy, llvm = both(loss, x, [])
    for outside in (None, *range(rows)):
        X = [[-1.0 if i == outside else 0.5 for i in range(rows)]]
        if outside is None:
            assert llvm.loss(X) == pytest.approx(numpy.loss(X), rel=1e-14)
            continue
        with pytest.raises(ReplayError) as error:
            llvm.loss(X)
        with pytest.raises(ReplayError, match=re.escape(str(error.value))):
            numpy.loss(X)


def test_the_record_of_an_operation_is_one_cache_line():
    """행렬이 없는 큰 그래프는 레코드를 읽는 것이 시간의 거의 모두다."""
    assert 1 + max(len(MAP), len(SUM)) <= LINE == memory.ALIGNED // 8
    x, w = Value(1.0), Value(2.0)
    _, llvm = both((w * x).tanh() + (x - w).exp(), [x], [w])
    llvm.gradient([[0.5]])
    (plan,) = [plans[0] for plans in llvm._replayer._free.values()]
    assert set(np.diff(plan.lists['forward'][:-1]).tolist()) == {memory.ALIGNED}


def test_nan_poisons_only_its_own_row():
    _, (numpy, llvm) = network((3, 4, 2))
    X, Y = data((3, 4, 2), 3 * LANES)
    X[5] = math.nan
    found = llvm.outputs((X, Y))
    assert np.flatnonzero(np.isnan(found).any(axis=1)).tolist() == [5]
    assert np.nan_to_num(found) == pytest.approx(np.nan_to_num(numpy.outputs((X, Y))), rel=1e-13)


def test_a_row_outside_the_domain_is_named():
    x, w = Value(1.0), Value(2.0)
    _, llvm = both(ops.log(w * x), [x], [w])
    with pytest.raises(ReplayError) as caught:
        llvm.gradient([[1.0]] * 130 + [[-1.0]] + [[2.0]] * 9)
    assert caught.value.row == 130 and caught.value.op is ops.log
    assert w.grad == 0
    assert np.isnan(llvm.gradient([[-1.0]], undefined='nan')).all()


def test_the_infinite_derivative_at_the_edge_of_a_domain():
    """√w 의 0 에서의 미분은 오류가 아니라 inf 다: 블록을 채우려고 되풀이한 표본이 그것을 nan 으로 만들지 않는다."""
    x, w = Value(1.0), Value(0.0)
    _, llvm = both(ops.sqrt(w) + x, [x], [w])
    assert llvm.gradient([[1.0]] * (LANES + 1)).tolist() == [math.inf]


def choices(count):
    """(손실, 입력, 파라미터): 고르고, 부호를 바꾸고, 잎을 빼기만 하는 깊고 얽힌 노드 count 개쯤과 그것들의 합.

    수는 모두 1 이하인 2⁻²⁰ 의 배수이고 기울기는 그런 수의 합이다: 반올림이 없어서 어떤 순서로 계산해도 == 로 같다.
    """
    rng = np.random.default_rng(0)
    w, signs = [Value(n / 2**20) for n in rng.integers(1, 2**20, 1000).tolist()], [Value(1.0), Value(-1.0)]
    x = [Value(0.25), Value(-0.75)]
    writes = [
        lambda a, b, c, v: ops.select(a, b, c), lambda a, b, c, v: abs(a) - v, lambda a, b, c, v: v - abs(a),
        lambda a, b, c, v: a * signs[v.data > 0.5], lambda a, b, c, v: -a,
    ]  # fmt: skip
    nodes = [*w[:4], *x]
    for which, i, j, k, leaf in rng.integers(0, [len(writes), 6, 6, 6, len(w)], (count, 5)).tolist():
        nodes.append(writes[which](nodes[-1 - i], nodes[-1 - j], nodes[-1 - k], w[leaf]))
    return ops.total(nodes[::1000]), x, [*w, *signs]


def test_a_graph_of_many_instructions():
    """행렬이 없는 깊은 그래프: 명령 2만 개. 두 백엔드와 eager 가 == 로 같다."""
    loss, x, parameters = choices(30_000)
    numpy, llvm = both(loss, x, parameters)
    assert len(llvm.tape) > 15_000
    loss.backward()
    assert numpy.gradient([[0.25, -0.75]], write=False).tolist() == [p.grad for p in parameters]
    for n in (1, LANES + 2):
        X = np.random.default_rng(n).integers(-(2**20), 2**20, (n, 2)) / 2**20
        assert llvm.loss(X) == numpy.loss(X)
        found = llvm.gradient(X)
        assert found.tolist() == numpy.gradient(X).tolist() and np.count_nonzero(found) > 500


def test_a_graph_of_a_million_instructions():
    """명령 백만 개의 기울기도 eager 와 == 로 같다."""
    loss, x, parameters = choices(1_600_000)
    program = compile_graph(loss, x, parameters, backend='llvm')
    assert len(program.tape) > 1_000_000
    found = program.gradient([[0.25, -0.75]], write=False).tolist()
    loss.backward()
    assert found == [p.grad for p in parameters]


# 고르기 ----------------------------------------------------------------------------------------------------------------------

def test_auto_takes_what_is_installed_and_says_which(monkeypatch):
    x, w = Value(1.0), Value(2.0)
    assert compile_graph(w * x, [x], [w]).backend == 'llvm'
    monkeypatch.setattr(importlib.util, 'find_spec', lambda name: None)
    assert compile_graph(w * x, [x], [w]).backend == 'numpy'
    with pytest.raises(ImportError, match=r'micrograd_ko\[jit\]'):
        compile_graph(w * x, [x], [w], backend='llvm')


@pytest.mark.parametrize(('options', 'message'), [
    ({'backend': 'gpu'}, "'gpu'"), ({'dtype': 'f16'}, "'f16'"), ({'backend': 'numpy', 'dtype': 'f32'}, 'f64'),
])  # fmt: skip
def test_a_back_end_that_is_not_there(options, message):
    x, w = Value(1.0), Value(2.0)
    with pytest.raises(ValueError, match=message):
        compile_graph(w * x, [x], [w], **options)


def test_an_operation_that_cannot_be_written_stays_in_numpy():
    """등록한 연산의 식이 배열만 알면 'auto' 는 NumPy 로 가고, 'llvm' 은 어느 연산인지 말한다."""
    ops.register(Op('rounded', lambda m, x: m.identity(x) if isinstance(x, float) else np.round(x), (lambda z, x: 0,)))
    try:
        x, w = Value(1.5), Value(2.0)
        loss = w * x.rounded()
        assert compile_graph(loss, [x], [w]).backend == 'numpy'
        with pytest.raises(TypeError, match='rounded'):
            compile_graph(loss, [x], [w], backend='llvm')
    finally:
        ops.unregister('rounded')


def test_a_registered_row_that_changes_is_compiled_anew():
    """같은 이름으로 다시 등록한 다른 식: 디스크의 목적 코드는 처음부터 있던 연산의 것뿐이다."""
    for factor in (2, 3):
        ops.register(Op('scaled', lambda m, x, factor=factor: factor * x, (lambda z, x, factor=factor: factor,)))
        try:
            x, w = Value(1.0), Value(2.0)
            _, llvm = both(w.scaled() * x, [x], [w])
            assert llvm.gradient([[1.0]]).tolist() == [factor]
        finally:
            ops.unregister('scaled')


def test_a_registered_row_may_have_a_korean_name():
    """LLVM 의 이름은 ASCII 다. 두 이름이 한 커널이 되지 않는다."""
    for name, factor in (('두배', 2), ('세배', 3)):
        ops.register(Op(name, lambda m, x, factor=factor: factor * x, (lambda z, x, factor=factor: factor,)))
    try:
        x, w = Value(1.0), Value(2.0)
        _, llvm = both(w.두배() * x + w.세배(), [x], [w])
        assert llvm.loss([[5.0]]) == 26 and llvm.gradient([[5.0]]).tolist() == [13.0]
    finally:
        for name in ('두배', '세배'):
            ops.unregister(name)


def test_a_program_is_pickled_and_shared_by_threads():
    _, (_, llvm) = network((3, 4, 2))
    X = data((3, 4, 2), 5000)
    expected = llvm.gradient(X).tobytes()
    assert pickle.loads(pickle.dumps(llvm)).gradient(X).tobytes() == expected


# 목적 코드의 캐시 -------------------------------------------------------------------------------------------------------------

ONE_GRADIENT = '''
import sys
import threading
from micrograd_ko import Value, compile_graph
x, w = Value(1.0), Value(2.0)
program = compile_graph(w.sin() * x, [x], [w], backend='llvm')
sys.stdout.write(repr(program.gradient([[3.0]]).tolist()))
'''


@pytest.fixture
def cached(monkeypatch, tmp_path):
    """새 프로세스에서 기울기 하나를 구하는 함수. 캐시는 tmp_path 아래다."""
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))

    def started():
        return subprocess.Popen([sys.executable, '-c', ONE_GRADIENT], stdout=subprocess.PIPE, text=True)

    return started


def test_the_cache_survives_damage_strangers_and_races(cached, tmp_path):
    expected = repr([3.0 * math.cos(2.0)])
    racing = [cached() for _ in range(2)]
    assert [process.communicate()[0] for process in racing] == [expected] * 2
    files = sorted((tmp_path / 'micrograd_ko').iterdir())
    good = [file.read_bytes() for file in files]
    assert len(files) >= 3
    files[0].write_bytes(good[0][:-1])  # 잘린 것
    files[1].write_bytes(good[1][:100] + bytes([good[1][100] ^ 1]) + good[1][101:])  # 한 비트가 바뀐 것
    files[2].write_bytes(good[0])  # 다른 이름으로 만든 것
    assert cached().communicate()[0] == expected
    assert [file.read_bytes() for file in files] == good


def test_a_cache_that_cannot_be_written_is_done_without(cached, tmp_path):
    (tmp_path / 'micrograd_ko').write_text('폴더가 아니다')
    assert cached().communicate()[0] == repr([3.0 * math.cos(2.0)])


# 배우기 ----------------------------------------------------------------------------------------------------------------------

class Rule:
    """갱신 식 하나를 가진 최적화."""

    clip = None

    def __init__(self, rule, memories, parameters, lr=0.1):
        self.formula, self.memories, self.lr, self.steps = rule, memories, lr, 0
        self.memory = [[0.0] * len(parameters) for _ in range(memories)]

    @property
    def rate(self):
        return self.lr(self.steps) if callable(self.lr) else self.lr

    def rule(self, eta, w, g, *memory):
        return self.formula(self.steps + 1, eta, w, g, *memory)

    def moved(self, w, g):
        w, *self.memory = self.rule(self.rate, w, g, *self.memory)
        self.steps += 1
        return w


def plain(t, eta, w, g):
    return (w - eta * g,)


def momentum(t, eta, w, g, v):
    v = 0.9 * v + g
    return w - eta * v, v


def adam(t, eta, w, g, m, v):
    m, v = 0.9 * m + (1 - 0.9) * g, 0.99 * v + (1 - 0.99) * g * g
    return w - eta * (m / (1 - 0.9**t)) / (ops.sqrt(v / (1 - 0.99**t)) + 1e-8), m, v


def decayed(t, eta, w, g):
    return (w - eta * (g + 0.01 * w),)


def scaled(t, eta, w, g):
    return (w - eta * ops.table['scaled'](g),)


RULES = [(plain, 0), (momentum, 1), (adam, 2), (decayed, 0)]


def learned(program, X, batch, rule, order, lr=0.05, threads=1):
    """(파라미터, 기억, 스텝의 수): order 의 에포크들을 배운 것."""
    optimizer = Rule(*rule, program.parameters, lr)
    descent = program.descent(X, batch, optimizer, threads)
    for epoch in order:
        descent.epoch(epoch)
    return descent.vector, optimizer.memory, optimizer.steps


def test_a_rule_with_a_registered_row_that_changes_is_compiled_anew():
    """갱신 식의 글은 등록한 연산의 이름이 아니라 그 식이다: 같은 이름의 다른 식이 디스크의 커널을 물려받지 않는다."""
    _, (numpy, llvm) = network((3, 2))
    X, order = data((3, 2), 20), [np.arange(20)]
    for forward in (lambda m, x: 2 * x, lambda m, x: 3 * x, lambda m, x: m.tanh(x) + x**2):
        ops.register(Op('scaled', forward, (lambda z, x: 1,)))
        try:
            (w, *_), (w2, *_) = [learned(program, X, 7, (scaled, 0), order) for program in (numpy, llvm)]
            assert w2 == pytest.approx(w, rel=1e-10, abs=1e-12)
        finally:
            ops.unregister('scaled')


@pytest.mark.parametrize('rule', RULES, ids=lambda rule: rule[0].__name__)
@pytest.mark.parametrize(('sizes', 'n', 'batch'), [
    ((2, 16, 16, 1), 100, 100), ((9, 5, 2), 53, 10), ((9, 5, 2), 20, 1), ((3, 4, 2), 300, 150), ((3, 2), 5, 64),
])  # fmt: skip
def test_the_loop_in_the_kernel_takes_the_steps_of_the_reference(rule, sizes, n, batch):
    """미니배치, 짧은 마지막 미니배치, 여러 블록, 한 표본씩: 갱신 식을 스텝마다 적용한 것과 같다."""
    rng = np.random.default_rng(1)
    order = [rng.permutation(n) for _ in range(3)]
    _, (numpy, llvm) = network(sizes)
    X = data(sizes, n)
    (w, memory, steps), (w2, memory2, steps2) = [learned(program, X, batch, rule, order) for program in (numpy, llvm)]
    assert steps == steps2
    assert w2 == pytest.approx(w, rel=1e-10, abs=1e-12)
    for one, other in zip(memory, memory2, strict=True):
        assert other == pytest.approx(one, rel=1e-8, abs=1e-12)


def test_a_rate_that_changes_with_the_step():
    _, (numpy, llvm) = network((3, 4, 2))
    X, order = data((3, 4, 2), 40), [np.arange(40)] * 2
    one, other = [learned(program, X, 8, (adam, 2), order, lambda step: 0.1 / (1 + step))[0] for program in (numpy, llvm)]
    assert other == pytest.approx(one, rel=1e-10)


def test_constants_and_tied_weights_learn_as_they_should():
    """행렬에 섞인 상수는 움직이지 않고, 두 곳에 쓰인 W 는 두 기울기의 합으로 움직인다."""
    rng = random.Random(4)
    w = [[Value(rng.gauss(0, 1)) for _ in range(3)] for _ in range(3)]
    x, y = [Value(0.1) for _ in range(3)], Value(0.0)
    h = [ops.tanh(ops.dot(row, x)) for row in w]
    z = [ops.tanh(ops.dot(column, h)) for column in zip(*w, strict=True)]
    out = ops.affine([w[0][0], 2, 3], z, w[2][0]) + ops.affine([1, w[1][1], -1], z, 4)
    numpy, llvm = both(ops.square(out - y), [*x, y], [p for row in w for p in row])
    X, order = np.random.default_rng(3).normal(size=(30, 4)), [np.arange(30)] * 3
    for rule in RULES:
        one, other = [learned(program, X, 7, rule, order, 0.01)[0] for program in (numpy, llvm)]
        assert other == pytest.approx(one, rel=1e-9, abs=1e-12)


def test_the_same_bits_again_and_in_chunks_of_any_length(monkeypatch):
    _, (_, llvm) = network((5, 8, 3))
    X, order = data((5, 8, 3), 200), [np.random.default_rng(2).permutation(200)] * 4
    expected = learned(llvm, X, 10, (adam, 2), order)[0].tobytes()
    for interval in (0.0, 1e-5, 10.0):
        monkeypatch.setattr('micrograd_ko.compiler.machine.training.INTERVAL', interval)
        assert learned(llvm, X, 10, (adam, 2), order)[0].tobytes() == expected


@pytest.mark.parametrize('rule', RULES, ids=lambda rule: rule[0].__name__)
@pytest.mark.parametrize(('sizes', 'n', 'batch'), [
    ((2, 16, 16, 1), 100, 100), ((9, 5, 2), 53, 3 * LANES + 1), ((9, 5, 2), 600, 300),
])  # fmt: skip
def test_threads_share_the_samples_of_a_step(rule, sizes, n, batch):
    """스레드가 몇이든 기준(NumPy)의 스텝을 떼고, 그 수가 같으면 같은 비트다. 짧은 미니배치에서는 노는 스레드도 있다."""
    rng = np.random.default_rng(1)
    order = [rng.permutation(n) for _ in range(3)]
    _, (numpy, llvm) = network(sizes)
    X, expected = data(sizes, n), learned(numpy, data(sizes, n), batch, rule, order)
    for threads in (2, 3):
        (w, memory, steps), again = [learned(llvm, X, batch, rule, order, threads=threads) for _ in range(2)]
        assert steps == expected[2] and w.tobytes() == again[0].tobytes()
        assert w == pytest.approx(expected[0], rel=1e-10, abs=1e-12)
        for one, other in zip(expected[1], memory, strict=True):
            assert other == pytest.approx(one, rel=1e-8, abs=1e-12)


def test_a_thread_that_never_comes_is_not_waited_for(monkeypatch):
    """짝이 오지 않으면 살피기를 그만두고, 그 스텝들은 커널 밖에서 다시 한다."""
    monkeypatch.setattr('micrograd_ko.compiler.machine.plan.PATIENCE', 1000)
    run = Plan.run
    monkeypatch.setattr(Plan, 'run', lambda plan, *arguments: plan.share.thread or run(plan, *arguments))
    _, (numpy, llvm) = network((5, 8, 3))
    X, order = data((5, 8, 3), 64), [np.arange(64)] * 2
    one, other = [learned(program, X, 32, (adam, 2), order, threads=2) for program in (numpy, llvm)]
    assert other[0] == pytest.approx(one[0], rel=1e-10, abs=1e-12) and one[2] == other[2] == 4


@pytest.mark.filterwarnings('error')
@pytest.mark.parametrize('where', ['input', 'parameter', 'constant', 'descent', 'rate'])
def test_a_number_too_large_for_f32_is_infinite_without_a_warning(where):
    """입력, 파라미터, 상수, 학습률: 옮길 때 넘치는 것도 넘친 계산과 같이 IEEE 의 inf 다."""
    x, w = Value(1.0), Value(1e300 if where in ('parameter', 'descent') else 1.0)
    X = [[1e300 if where == 'input' else 1.0]] * 2
    program = compile_graph(x * w * (1e300 if where == 'constant' else 1), [x], [w], backend='llvm', dtype='f32')
    if where in ('descent', 'rate'):
        descent = program.descent(X, 2, Rule(plain, 0, [w], 1e300 if where == 'rate' else 1.0))
        descent.epoch([0, 1])
        assert math.isinf(descent.vector[0])
    else:
        assert program.loss(X) == math.inf


@pytest.mark.parametrize('error', [KeyboardInterrupt, RuntimeError])
@pytest.mark.parametrize('number', [1, 2, 3])
def test_no_thread_enters_the_kernel_unless_all_do(number, error, monkeypatch):
    """스레드를 시작하는 사이에 Ctrl-C 가 오거나 하나를 시작할 수 없으면, 아무도 커널에 들어가지 않는다. 다시 부르면 배운다."""
    run, start, entered, threads = Plan.run, threading.Thread.start, [], []

    def starting(thread):
        threads.append(thread)
        if error is KeyboardInterrupt or len(threads) != number:
            start(thread)
        if len(threads) == number:
            raise error

    _, (_, llvm) = network((5, 8, 3))
    X, order = data((5, 8, 3), 64), np.tile(np.arange(64), 3)
    expected = learned(llvm, X, 64, (adam, 2), [order], threads=3)
    optimizer = Rule(adam, 2, llvm.parameters, 0.05)
    descent = llvm.descent(X, 64, optimizer, 3)
    monkeypatch.setattr(Plan, 'run', lambda plan, *arguments: (entered.append(plan), run(plan, *arguments)))
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, 'start', starting)
        with pytest.raises(error):
            descent.epoch(order)
    assert not entered and optimizer.steps == 0
    descent.epoch(order)
    assert descent.vector.tobytes() == expected[0].tobytes() and optimizer.steps == 3


def test_a_sample_outside_the_domain_stops_the_descent_before_its_step():
    """그 표본의 번호를 알리고, 파라미터는 그 스텝을 떼기 전의 것이다. NumPy 와 같다."""
    x, w = Value(1.0), Value(2.0)
    X, found = np.ones((20, 1)), []
    X[13] = -1.0
    for program in both(ops.log(w * x), [x], [w]):
        descent = program.descent(X, 2, Rule(plain, 0, [w]))
        with pytest.raises(ReplayError) as caught:
            descent.epoch(np.arange(20))
        found.append((caught.value.row, descent.vector.tolist()))
    assert found[0][0] == found[1][0] == 13
    assert found[1][1] == pytest.approx(found[0][1], rel=1e-12)


def test_progress_is_told_in_whole_steps():
    _, (_, llvm) = network((3, 4, 2))
    told = []
    descent = llvm.descent(data((3, 4, 2), 101), 10, Rule(plain, 0, llvm.parameters))
    descent.epoch(np.arange(101), told.append)
    assert sum(told) == 11


def test_the_constants_of_many_steps_come_at_once():
    """스텝마다 식을 따로 적용한 것과 같은 표."""
    optimizer = Rule(adam, 2, [0.0], lambda step: 0.1 / (1 + step))
    together = constants(optimizer, 5)
    for step in range(5):
        optimizer.steps = step
        assert constants(optimizer, 1)[0] == pytest.approx(together[step], rel=1e-15)


# 배열의 밖 -------------------------------------------------------------------------------------------------------------------

class Guarded:
    """끝이 막힌 쪽(guard page)에 닿는 배열들: 끝을 넘어 읽거나 쓰면 프로세스가 죽는다."""

    def __init__(self):
        self.kept = []
        self.protect = ctypes.CDLL(None).mprotect

    def array(self, shape, dtype):
        size = int(np.prod(shape)) * np.dtype(dtype).itemsize
        pages = -(-max(size, 1) // mmap.PAGESIZE)
        area = mmap.mmap(-1, (pages + 2) * mmap.PAGESIZE)
        address = ctypes.addressof(ctypes.c_char.from_buffer(area))
        for page in (0, pages + 1):
            assert self.protect(ctypes.c_void_p(address + page * mmap.PAGESIZE), mmap.PAGESIZE, 0) == 0
        self.kept.append(area)
        start = (pages + 1) * mmap.PAGESIZE - size
        return np.frombuffer(area, dtype, size // np.dtype(dtype).itemsize, start).reshape(shape)

    def copy(self, array):
        guarded = self.array(array.shape, array.dtype)
        guarded[...] = array
        return guarded


def in_a_process(name, **environment):
    """이 모듈의 함수 name 을 다른 프로세스에서 부른다. 죽으면 그 까닭이 보인다."""
    script = f'import sys; sys.path[:0] = {sys.path!r}; import test_machine; test_machine.{name}()'
    return subprocess.run([sys.executable, '-X', 'faulthandler', '-c', script], capture_output=True, text=True, check=False,
                          env=os.environ | environment)  # fmt: skip


def test_nothing_outside_the_arrays_is_read_or_written():
    """모든 표와 벡터의 양 끝에 막힌 쪽을 두고 순방향, 역방향, 배우기를 돌린다. 넘으면 죽으므로 다른 프로세스에서."""
    done = in_a_process('run_guarded')
    assert (done.returncode, done.stdout.strip()) == (0, 'ok'), done.stderr


def run_guarded():
    guarded = Guarded()
    memory.Memory.array = lambda self, *shape: guarded.array(shape, self.real)
    Records.table = lambda self, numbers: self.keep(guarded.copy(np.asarray(numbers, np.int64)))
    for sizes in ((2, 16, 16, 1), (LANES + 1, 5, 3), (1, 1)):
        _, (_, llvm) = network(sizes)
        for n in (1, 2, LANES, LANES + 1, 130):
            X = data(sizes, n)
            llvm.loss(X), llvm.outputs(X), llvm.gradient(X)
            for rule in RULES[:3]:
                learned(llvm, X, min(n, 10), rule, [np.arange(n)])
    rng = random.Random(0)
    x, w = [Value(0.3), Value(-0.2)], [Value(rng.gauss(0, 1)) for _ in range(9)]
    nodes = [ops.tanh(a * x[0] + x[1]) for a in w]
    loss = ops.logsumexp(nodes) + ops.dot(nodes[:4], nodes[3:7]) + ops.total(nodes[1:]) + ops.power(2)(nodes[8])
    program = compile_graph(loss, x, w, nodes, backend='llvm')
    for n in (1, 3, LANES + 1):
        X = np.full((n, 2), 0.5)
        program.loss(X), program.outputs(X), program.gradient(X)
    print('ok')


@pytest.mark.parametrize('features', ['', 'avx,avx2,fma'])
def test_another_cpu(features):
    """벡터가 짧고 레지스터가 적은, FMA 가 없기도 한 CPU 의 코드도 같은 것을 준다."""
    done = in_a_process('run_elsewhere', OTHER_CPU=features)
    assert (done.returncode, done.stdout.strip()) == (0, 'ok'), done.stderr


def run_elsewhere():
    assert target.host().width == (32 if 'avx' in os.environ['OTHER_CPU'] else 16)
    for sizes in ((2, 16, 16, 1), (40, 7, 3)):
        _, (numpy, llvm) = network(sizes)
        for n in (1, 3, 100):
            X, order = data(sizes, n), [np.arange(n)] * 2
            assert np.allclose(llvm.gradient(X), numpy.gradient(X), rtol=1e-10, atol=1e-14)
            for rule in RULES:
                one, other = [learned(program, X, min(n, 10), rule, order)[0] for program in (numpy, llvm)]
                assert np.allclose(one, other, rtol=1e-9, atol=1e-12)
    print('ok')
