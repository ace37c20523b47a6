"""낮추기와 되찾기의 패스: 함수를 바꾸지 않고, 되찾은 행렬의 수는 어떻게 적었든 같다."""

import functools
import itertools
import math
import os
import random
import runpy
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from graph_strategies import LINEAR, graphs, unrounded
from hypothesis import assume, given
from hypothesis import strategies as st

from micrograd_ko import MLP, DomainError, Value, compile_graph, ops, refresh, topological
from micrograd_ko.compiler.code import LEAF, used
from micrograd_ko.compiler.dense import levels, recovered
from micrograd_ko.compiler.lower import lower
from micrograd_ko.compiler.sums import flatten
from micrograd_ko.compiler.tape import DENSE


def lowered(loss, inputs, parameters, outputs=()):
    return lower(loss, inputs, parameters, list(outputs))[0]


def kinds(code):
    return Counter(code.ops[kind].name for kind in code.kind if kind != LEAF)


def rebuilt(code, leaves):
    """Code 를 다시 Value 의 그래프로: root 들의 Value."""
    nodes = list(leaves)
    for node, op, operands in code.nodes(np.arange(len(leaves), len(code))):
        nodes.append(Value(code.data[node]) if op is None else op.apply(*[nodes[i] for i in operands]))
    return [nodes[root] for root in code.roots]


@given(graphs([*LINEAR, ops.relu, ops.maximum], constants=(0, 1, -1, 2)), st.lists(st.integers(-9, 9), min_size=7, max_size=7))
def test_sums_products_and_matrices_are_exact_on_integers(graph, numbers):
    """정수의 합과 곱은 순서가 어떻든 정확하다: 펴고 행렬로 모아도 손실과 기울기가 == 로 같다."""
    leaves = [*graph.inputs, *graph.parameters]
    for leaf, number in zip(leaves, numbers, strict=False):
        leaf.data = number
    for node in graph.nodes:
        refresh(node)
    graph.loss.backward()
    assume(all(unrounded((node.data, node.grad)) for node in topological(*graph.nodes)))
    expected = [p.grad for p in graph.parameters]
    program = compile_graph(graph.loss, graph.inputs, graph.parameters, graph.nodes)
    X = [[x.data for x in graph.inputs]] * 2
    assert program.nodes == len(topological(*graph.nodes))
    assert program.loss(X) == graph.loss.data
    assert program.outputs(X).tolist() == [[float(node.data) for node in graph.nodes]] * 2
    assert program.gradient(X).tolist() == expected


@given(graphs())
def test_every_pass_keeps_the_code_in_topological_order(graph):
    """피연산자의 번호는 쓰는 노드보다 작고, 남은 노드는 모두 root 에서 닿고, 기록된 노드 하나가 두 노드의 출처가 되지 않는다."""
    code = lowered(graph.loss, graph.inputs, graph.parameters, graph.nodes[:2])
    for step in (lambda c: c, flatten):
        code = step(code)
        assert (code.operand < code.owners()).all()
        reached = used(code, code.roots)
        assert all(reached[i] for i in range(len(code)) if code.kind[i] != LEAF)
        assert max(Counter(code.source[code.source >= 0].tolist()).values()) == 1


def test_constants_fold_once_and_equal_constants_are_one():
    x, w = Value(1.0), Value(2.0)
    code = lowered(w * x + (Value(2.0) * Value(3.0)).exp() + 6.0 * x * 6.0, [x], [w])
    assert kinds(code) == {'mul': 3, 'add': 2}
    assert sorted(code.data[code.is_constant()]) == sorted([1.0, -1.0, 2.0, 3.0, 6.0, math.exp(6.0)])
    signs = compile_graph(x, [x], [], [x * 0.0, x * -0.0]).outputs([[1.0]]).ravel()
    assert np.copysign(1.0, signs).tolist() == [1.0, -1.0]
    assert compile_graph(x, [x], [], Value(2.0) * 0.5).nodes == 4


def test_folding_uses_the_leaves_as_they_are_now():
    """기록한 뒤 상수 잎을 바꾸면 그 값으로 접고, 정의역을 벗어나면 알린다."""
    x, c = Value(1.0), Value(4.0)
    loss = x * c.sqrt()
    c.data = 9.0
    assert compile_graph(loss, [x], []).loss([[1.0]]) == 3.0
    c.data, c.name = -1.0, 'c'
    with pytest.raises(DomainError, match=r"상수만의 식.* sqrt: x = -1\.0 \(이름 'c'\).*x ≥ 0") as told:
        compile_graph(loss, [x], [], frozen='c')
    assert (told.value.op, told.value.operands, told.value.names) == (ops.sqrt, (-1.0,), ('c',))
    with pytest.raises(DomainError, match=r'상수만의 식.* log'):  # 함수를 기록할 때도
        compile_graph(lambda x: x * ops.log(Value(-1.0)), [x], [])


@pytest.mark.parametrize(
    ('write', 'expected'),
    [
        (lambda a, b, c: a + b, {'add': 1}),
        (lambda a, b, c: a - b, {'sub': 1}),
        (lambda a, b, c: b - (a - b), {'sub': 2}),
        (lambda a, b, c: b - a - b + c, {'dot': 1}),
        (lambda a, b, c: c.exp() - (a + b * c), {'exp': 1, 'affine': 1, 'sub': 1}),
        (lambda a, b, c: a + (c * b + b), {'dot': 1}),
        (lambda a, b, c: a + b + c + a, {'total': 1}),
        (lambda a, b, c: (a + b) + (c + (b + a)), {'total': 1, 'add': 2}),
        (lambda a, b, c: sum([a, b, c]), {'total': 1}),
        (lambda a, b, c: sum([a]).exp(), {'exp': 1}),
        (lambda a, b, c: sum([a * b]), {'mul': 1}),
        (lambda a, b, c: (a + b).neg().neg(), {'add': 1}),
        (lambda a, b, c: a.neg().neg(), {}),
        (lambda a, b, c: a * b + c * c, {'dot': 1}),
        (lambda a, b, c: a * b + c * c - b, {'dot': 1}),
        (lambda a, b, c: a * b - c * c, {'dot': 1, 'mul': 1}),
        (lambda a, b, c: 2 * a + b * c, {'dot': 1}),
        (lambda a, b, c: c - (-1 * (a + b)), {'add': 2}),
        (lambda a, b, c: ops.dot([a, b], [b, c]) + ops.affine([a], [a], c + b), {'dot': 1}),
        (lambda a, b, c: (s := a + b) * s, {'add': 1, 'mul': 1}),
        (lambda a, b, c: (s := a + b) + (s + c), {'add': 3}),
    ],
)
def test_sums_become_one_node(write, expected):
    """한 곳에서만 쓰이는 덧셈은 합쳐지고, 나누어 쓰이는 것과 나중 피연산자로 온 보통 항들의 합은 남는다."""
    leaves = [Value(2.0), Value(3.0), Value(5.0)]
    loss = write(*leaves)
    code = flatten(lowered(loss, leaves, []))
    assert kinds(code) == expected
    assert rebuilt(code, leaves)[0].data == loss.data


# 행렬 되찾기: 층마다 적는 법을 섞는다 ---------------------------------------------------------------------------------------

def neuron(ws, xs, b, spelling):
    """z = w·x + b 를 여러 가지로 적는다."""
    if spelling == 'loop, bias first':
        z = b
        for w, x in zip(ws, xs, strict=True):
            z = z + w * x
        return z
    if spelling == 'loop, bias last':
        z = xs[0] * ws[0]
        for w, x in zip(ws[1:], xs[1:], strict=True):
            z = z + x * w
        return z + b
    if spelling == 'no bias':
        return sum(w * x for w, x in zip(ws, xs, strict=True)) + 0
    return {
        'sum of w*x': lambda: sum((w * x for w, x in zip(ws, xs, strict=True)), b),
        'sum of x*w': lambda: sum(x * w for w, x in zip(ws, xs, strict=True)) + b,
        'affine': lambda: ops.affine(ws, xs, b),
        'dot': lambda: b + ops.dot(ws, xs),
        'reversed': lambda: sum(w * x for w, x in zip(ws[::-1], xs[::-1], strict=True)) + b,
    }[spelling]()


SPELLINGS = ['loop, bias first', 'loop, bias last', 'no bias', 'sum of w*x', 'sum of x*w', 'affine', 'dot', 'reversed']


def network(sizes, spelling, activation=Value.sigmoid, residual=False):
    """(손실, x, y, 파라미터, 출력): 모든 것을 + 와 * 로 적은 망."""
    rng = random.Random(7)
    a = x = [Value(rng.gauss(0, 1)) for _ in range(sizes[0])]
    parameters = []
    for nin, nout in itertools.pairwise(sizes):
        ws = [[Value(rng.gauss(0, 1)) for _ in range(nin)] for _ in range(nout)]
        bs = [Value(rng.gauss(0, 1)) for _ in range(nout)]
        parameters += [p for w, b in zip(ws, bs, strict=True) for p in (*w, *([] if spelling == 'no bias' else [b]))]
        zs = [neuron(w, a, b, spelling) for w, b in zip(ws, bs, strict=True)]
        if residual and nin == nout:
            zs = [z + r for z, r in zip(zs, a, strict=True)]
        a = [activation(z) for z in zs]
    y = [Value(0.5) for _ in a]
    loss = sum((u - v) ** 2 for u, v in zip(a, y, strict=True)) * 0.5
    return loss, x, y, parameters, a


@pytest.mark.parametrize('spelling', SPELLINGS)
@pytest.mark.parametrize('sizes', [[2, 1], [3, 4], [2, 16, 16, 1], [4, 4, 4, 4], [1, 3, 1], [5, 1, 1, 2]])
@pytest.mark.parametrize('residual', [False, True])
def test_a_network_gives_back_a_matrix_a_layer(sizes, spelling, residual):
    if spelling == 'no bias' and 1 in sizes[:-1]:
        sizes = [n + 1 for n in sizes]  # 편향도 없이 입력이 하나면 합이 아니라 곱 하나다
    loss, x, y, parameters, outputs = network(sizes, spelling, residual=residual)
    program = compile_graph(loss, (x, y), parameters, outputs)
    shapes = [(program.tape.lanes(k), dense.inputs) for k, dense in program.tape.dense.items()]
    assert shapes == [(nout, nin) for nin, nout in itertools.pairwise(sizes)]
    assert program.instructions['dense'] == len(sizes) - 1
    assert program.instructions['sigmoid'] == len(sizes) - 1
    assert not len(program.tape.copied)


@given(st.lists(st.integers(1, 6), min_size=2, max_size=5), st.sampled_from(['sigmoid', 'tanh', 'relu', 'linear']))
def test_an_mlp_gives_back_its_layers(sizes, activation):
    net = MLP(sizes[0], sizes[1:], activation, rng=random.Random(3))
    program = net.compile()
    assert [d.inputs for d in program.tape.dense.values()] == sizes[:-1]
    for dense, w in zip(program.tape.dense.values(), net.matrices()[0], strict=True):
        theta = program.tape.spread(program.vector)
        assert np.array_equal(theta[dense.weights :][: w.size].reshape(w.shape), w)  # 노트의 W 그대로, 이어진 칸에


def test_the_matrix_is_the_same_for_any_order_of_declaring_parameters():
    """파라미터를 뒤섞어 선언해도 행렬은 그대로고, 기울기는 선언한 순서다."""
    loss, x, y, parameters, _ = network([3, 4, 2], 'sum of w*x')
    shuffled = random.Random(1).sample(parameters, len(parameters))
    one, other = compile_graph(loss, (x, y), parameters), compile_graph(loss, (x, y), shuffled)
    assert one.instructions == other.instructions
    X = np.random.default_rng(0).normal(size=(5, 5))
    by_leaf = dict(zip(shuffled, other.gradient(X), strict=True))
    assert np.allclose(one.gradient(X), [by_leaf[p] for p in parameters], rtol=1e-12, atol=0)


def test_a_sum_of_one_term_does_not_hide_what_it_is():
    """0 + w 는 가중치로, 0 + x 는 입력으로 보인다."""
    x, w, v = Value(2.0), Value(3.0), Value(5.0)
    loss = ops.affine([ops.total([w]), v], [0 + x, x.tanh()], x + 0)
    program = compile_graph(loss, [x], [w, v])
    assert [(d.inputs, d.bias, d.residual) for d in program.tape.dense.values()] == [(2, -1, True)]
    loss.backward()
    assert program.gradient([[2.0]]).tolist() == [w.grad, v.grad]


@pytest.mark.parametrize('write', [lambda a, b: a * b, lambda a, b: b * a])
def test_the_weight_is_the_side_used_less(write):
    """파라미터끼리의 곱에서는 덜 쓰이는 쪽이 W 고, 모든 뉴런이 읽는 쪽이 입력이다. 어느 쪽에 적었는지와 상관없다."""
    shared, w = [Value(float(i + 1)) for i in range(3)], [Value(float(i - 5)) for i in range(6)]
    loss = sum(sum(write(a, b) for a, b in zip(row, shared, strict=True)).tanh() for row in (w[:3], w[3:]))
    tape = compile_graph(loss, [], [*shared, *w]).tape
    assert [(tape.lanes(k), d.inputs) for k, d in tape.dense.items()] == [(2, 3)]
    assert sorted(tape.parameter_rows) == sorted(tape.slot[:3])


def test_a_constant_beside_the_weights_is_a_column_of_the_matrix():
    """w·x + 2·y 의 2 도 W 의 칸이다. 파라미터 없는 합 2·x + 3·y 는 행렬이 아니다."""
    x, w = [Value(1.0), Value(2.0)], [Value(3.0), Value(5.0)]
    loss = sum((v * x[0] + x[1] * 2).tanh() for v in w) + (2 * x[0] + 3 * x[1]).tanh()
    tape = compile_graph(loss, x, w).tape
    assert [(tape.lanes(k), d.inputs, d.residual) for k, d in tape.dense.items()] == [(2, 2, False)]
    assert tape.fixed.tolist() == [2.0]


def test_one_layer_may_be_written_in_many_ways_and_orders():
    """한 층 안에서 뉴런마다 적는 법과 적는 순서가 달라도 행렬은 하나고, 나누어 쓰는 W 는 베끼지 않고, 행은 이어져 있다."""
    rng = random.Random(3)
    x, b = [Value(rng.gauss(0, 1)) for _ in range(4)], [Value(rng.gauss(0, 1)) for _ in range(4)]
    w = [[Value(rng.gauss(0, 1)) for _ in range(4)] for _ in range(4)]
    ways = [way for way in SPELLINGS if way != 'no bias'][-4:]
    first = [neuron(w[i], x, b[i], ways[i]).tanh() for i in range(4)]
    second = {i: neuron(w[i], first, b[i], ways[i]) for i in (2, 0, 3, 1)}
    parameters = [p for row, bias in zip(w, b, strict=True) for p in (*row, bias)]
    tape = compile_graph(sum(z.tanh() for z in second.values()), x, parameters).tape
    assert [(tape.lanes(k), d.inputs) for k, d in tape.dense.items()] == [(4, 4)] * 2
    assert not len(tape.copied)
    for k in range(len(tape)):
        if tape.name(k) == 'tanh':
            assert (np.diff(tape.operand_rows(k)) == 1).all()


def test_rows_of_a_matrix_have_the_same_parts():
    """같은 입력을 받아도 편향이나 잔차가 있고 없음이 다르면 다른 행렬이다. 둘째 편향은 잔차가 된다."""
    x, w = [Value(2.0), Value(3.0)], [Value(float(i)) for i in range(1, 12)]
    product = [w[i] * x[0] + w[i + 1] * x[1] for i in (0, 2, 4, 6)]
    loss = product[0].tanh() + (product[1] + w[8]).tanh() + (product[2] + x[0]).tanh() + (product[3] + w[9] + w[10]) ** 2
    program = compile_graph(loss, x, w)
    parts = sorted((d.bias >= 0, d.residual) for d in program.tape.dense.values())
    assert parts == [(False, False), (False, True), (True, False), (True, True)]
    loss.backward()
    assert program.gradient([[2.0, 3.0]], write=False).tolist() == pytest.approx([p.grad for p in w], rel=1e-12)


def test_a_bias_added_straight_to_another_term_stays_beside_it():
    """b − 10¹⁶ 을 먼저 더한 것에서 b 를 떼어 내면 상쇄된 수가 다시 나타난다. 곱을 더한 뒤의 b 는 떼어 내도 된다."""
    x, w, b, far = Value(1.0), Value(0.5), Value(1e16), Value(-1e16)
    together, apart = b + far + w * x, b + w * x + far
    for loss, bias in ((together, False), (apart, True)):
        program = compile_graph(loss, [x, far], [w, b])
        assert [(d.bias >= 0, d.residual) for d in program.tape.dense.values()] == [(bias, True)]
        assert program.loss([[1.0, -1e16]]) == loss.data


def test_a_constant_may_be_the_bias():
    """더하는 상수도 빼는 상수도 b 의 칸이고, 표본마다 다시 계산되는 상수의 식은 없다. 파라미터가 함께 있으면 그것이 b 다."""
    x, w = [Value(2.0), Value(3.0)], [Value(float(i)) for i in range(1, 9)]
    zs = [w[0] * x[0] + w[1] * x[1] - 1, w[2] * x[0] + w[3] * x[1] + 2.5, w[4] * x[0] + w[5] * x[1] + w[6]]
    program = compile_graph(sum(z.tanh() for z in zs), x, w, zs)
    assert program.instructions == {'dense': 1, 'tanh': 1, 'total': 1}
    (dense,) = program.tape.dense.values()
    theta = program.tape.spread(program.vector)
    assert sorted(theta[dense.bias : dense.bias + 3]) == [-1.0, 2.5, 7.0] and not dense.residual
    assert program.outputs([[2.0, 3.0]]).tolist() == [[z.data for z in zs]]
    both = compile_graph(w[0] * x[0] + w[1] * x[1] + 3 + w[2] - 2.0, x, w)
    assert [(d.bias, d.residual) for d in both.tape.dense.values()] == [(both.tape.slot[2], True)]
    assert both.instructions == {'dense': 1}
    assert both.gradient([[2.0, 3.0]]).tolist() == [2.0, 3.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0]


def test_what_is_constant_after_flattening_is_folded():
    """합을 펴고 남은 상수만의 식은 접힌다: 프로그램의 어떤 명령도 상수만 읽지 않는다."""
    x, w, c = Value(2.0), [Value(3.0), Value(5.0)], [Value(float(n)) for n in (7, 11, 13)]
    for loss in (
        w[0] * x - c[0] - c[1] + w[1] * x, (w[0] * x + c[0] * c[1]) - c[2], ops.affine([w[0], c[0]], [x, c[1]], c[2]).tanh(),
        ops.total([c[0], w[0] * x, c[1], -c[2]]).exp(), w[0] * x + (c[0] - (c[1] - c[2])),
    ):  # fmt: skip
        program = compile_graph(loss, [x], w)
        tape, first = program.tape, program.tape.first[0]
        constant = np.zeros(tape.rows, bool)
        constant[1 : 1 + len(tape.constants)] = True
        assert not any(constant[tape.operand_rows(k)].all() for k in range(len(tape)) if k not in tape.dense)
        assert first >= 1 and program.loss([[2.0]]) == pytest.approx(loss.data, rel=1e-15)


def test_scaling_each_row_is_not_a_matrix():
    """γⱼ·xⱼ + βⱼ 는 1×1 행렬 여럿이 아니라 명령 하나다."""
    x, gamma, beta = ([Value(float(i + 1)) for i in range(5)] for _ in range(3))
    loss = sum((g * v + b).tanh() for g, v, b in zip(gamma, x, beta, strict=True))
    assert compile_graph(loss, x, [*gamma, *beta]).instructions == {'affine': 1, 'tanh': 1, 'total': 1}


def test_sums_of_different_inputs_are_lanes_of_one_instruction():
    """저마다 다른 입력을 받는 한 줄짜리들: 입력의 수보다 많으면 모두 명령 하나고, 그보다 적으면 행렬이다."""
    counts = []
    for many in (1, 3, 4, 20):
        x, w = [[Value(float(i + j)) for j in range(3)] for i in range(many)], [Value(float(i)) for i in range(3 * many)]
        loss = sum(ops.dot(w[3 * i : 3 * i + 3], row).tanh() for i, row in enumerate(x))
        program = compile_graph(loss, [v for row in x for v in row], w)
        counts.append(program.instructions)
        loss.backward()
        X = [[v.data for row in x for v in row]]
        assert program.gradient(X, write=False) == pytest.approx([p.grad for p in w], rel=1e-14)
    assert counts[0] == {'dense': 1, 'tanh': 1} and counts[1] == {'dense': 3, 'tanh': 1, 'total': 1}
    assert counts[2] == counts[3] == {'dot': 1, 'tanh': 1, 'total': 1}


@pytest.mark.parametrize(('size', 'expected'), [(1, {'dot': 20, 'tanh': 1}), (2, {'dense': 20, 'tanh': 1, 'add': 1})])
def test_a_recurrence_of_one_number_is_not_a_matrix_a_step(size, expected):
    """y ← w·y + x: 거듭 쓰이는 w 하나는 단계마다 1×1 행렬이 아니다. 둘 이상이 얽히면 단계마다 같은 W 의 행렬이다."""
    rng = random.Random(size)
    x, w = [[Value(rng.uniform(-0.6, 0.6)) for _ in range(n)] for n in (size, size * size)]
    y = x
    for _ in range(20):
        y = [sum((w[i * size + j] * y[j] for j in range(size)), x[i]) for i in range(size)]
    loss = sum(v.tanh() for v in y)
    program = compile_graph(loss, x, w)
    assert program.instructions == expected
    loss.backward()
    assert program.gradient([[v.data for v in x]], write=False) == pytest.approx([p.grad for p in w], rel=1e-12)


def test_shared_and_transposed_weights():
    """같은 W 를 두 번 쓰면 같은 칸을, Wᵀ 로 쓰면 베낀 칸을 갖고, 기울기는 모인다."""
    rng = random.Random(5)
    w = [[Value(rng.gauss(0, 1)) for _ in range(3)] for _ in range(3)]
    x = [Value(rng.gauss(0, 1)) for _ in range(3)]
    h = [sum(a * b for a, b in zip(row, x, strict=True)).tanh() for row in w]
    h = [sum(a * b for a, b in zip(row, h, strict=True)).tanh() for row in w]
    back = [sum(w[i][j] * h[i] for i in range(3)).tanh() for j in range(3)]
    loss = sum(back)
    parameters = [p for row in w for p in row]
    program = compile_graph(loss, x, parameters)
    one, two, three = program.tape.dense.values()
    assert one.weights == two.weights != three.weights
    assert len(program.tape.copied) == 9
    loss.backward()
    expected = [p.grad for p in parameters]
    assert np.allclose(program.gradient([[v.data for v in x]]), expected, rtol=1e-13, atol=1e-15)


def attention_block(width, heads, positions):
    """microgpt 처럼 + 와 * 로 적은 블록: 마지막 자리의 출력. (손실, x, 파라미터, 행렬의 수)"""
    rng = random.Random(11)
    parameters = []

    def matrix(nout, nin):
        rows = [[Value(rng.gauss(0, 0.3)) for _ in range(nin)] for _ in range(nout)]
        parameters.extend([p for row in rows for p in row])
        return rows

    def linear(x, w):
        return [sum(wi * xi for wi, xi in zip(wo, x, strict=True)) for wo in w]

    def softmax(logits):
        top = max(v.data for v in logits)
        exps = [(v - top).exp() for v in logits]
        total = sum(exps)
        return [e / total for e in exps]

    def rmsnorm(x):
        scale = (sum(v * v for v in x) / len(x) + 1e-5) ** -0.5
        return [v * scale for v in x]

    wq, wk, wv, wo = (matrix(width, width) for _ in range(4))
    w1, w2 = matrix(4 * width, width), matrix(width, 4 * width)
    inputs, keys, values = [], [], []
    for _ in range(positions):
        x = [Value(rng.gauss(0, 1)) for _ in range(width)]
        inputs += x
        residual, x = x, rmsnorm(x)
        q, k, v = linear(x, wq), linear(x, wk), linear(x, wv)
        keys.append(k)
        values.append(v)
    size, attended = width // heads, []
    for h in range(0, width, size):
        scores = [sum(q[h + j] * k[h + j] for j in range(size)) / size**0.5 for k in keys]
        weights = softmax(scores)
        attended += [sum(weights[t] * values[t][h + j] for t in range(positions)) for j in range(size)]
    x = [a + b for a, b in zip(linear(attended, wo), residual, strict=True)]
    residual = x
    x = [v.relu() for v in linear(rmsnorm(x), w1)]
    x = [a + b for a, b in zip(linear(x, w2), residual, strict=True)]
    return sum(v * v for v in x) / width, inputs, parameters


@pytest.mark.parametrize('positions', [1, 3])
def test_an_attention_block_gives_back_its_matrices(positions):
    """q, k, v 는 마지막 자리의 행렬 하나와 다른 자리들의 행렬 하나(그 q 는 쓰이지 않는다), 나머지는 층마다 하나. 잔차도 함께."""
    loss, inputs, parameters = attention_block(16, 4, positions)
    program = compile_graph(loss, inputs, parameters)
    first, *shapes = [(program.tape.copies(k), d.outputs, d.inputs, d.residual) for k, d in program.tape.dense.items()]
    if positions > 1:
        assert sorted([first, shapes.pop(0)]) == [(1, 48, 16, False), (positions - 1, 32, 16, False)]
    assert shapes[-3:] == [(1, 16, 16, True), (1, 64, 16, False), (1, 16, 64, True)]
    loss.backward()
    expected = np.array([p.grad for p in parameters])
    found = program.gradient([[x.data for x in inputs]])
    assert np.allclose(found, expected, rtol=1e-10, atol=1e-12 * abs(expected).max())


def test_only_the_copies_that_the_outputs_need_are_replayed():
    """W 를 네 벌에 곱해도 출력이 마지막 벌이면, 출력은 그 한 벌만 계산한다."""
    w, x = [[Value(0.1 * i + j) for j in range(3)] for i in range(2)], [Value(0.5) for _ in range(6)]
    layer = [[ops.tanh(ops.dot(row, x[i : i + 3])) for row in w] for i in range(4)]
    tape = compile_graph(ops.total([v for each in layer for v in each]), x, [p for row in w for p in row], layer[-1]).tape
    assert sorted((tape.copies(k), bool(tape.in_outputs[k])) for k in tape.dense) == [(1, True), (3, False)]


def lines_run(task):
    """task 가 도는 동안 실행된 컴파일러의 줄의 수. 목록의 식(comprehension)은 원소마다 센다."""
    counted = 0

    def trace(frame, event, _):
        nonlocal counted
        if f'{os.sep}compiler{os.sep}' not in frame.f_code.co_filename:
            return None
        counted += event == 'line'
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        task()
    finally:
        sys.settrace(before)
    return counted


@pytest.mark.parametrize(
    'write',
    [
        lambda y, x, w: y * w + x, lambda y, x, w: x + w * y, lambda y, x, w: (y * w).tanh(), lambda y, x, w: y + x,
        lambda y, x, w: x - y, lambda y, x, w: -(y * x), lambda y, x, w: w * x + y, lambda y, x, w: ops.maximum(y * w, x),
    ],
)  # fmt: skip
def test_compiling_and_replaying_is_linear_in_the_depth(write):
    """두 배 깊으면 두 배의 일이다: 벽시계가 아니라 실행된 줄을 센다. 커널을 처음 만드는 줄은 세지 않는다."""
    counts = []
    for depth in (2, 100, 200, 400):
        x, w = Value(0.5), Value(0.25)
        y = functools.reduce(lambda y, _, x=x, w=w: write(y, x, w), range(depth), x)
        counts.append(lines_run(lambda y=y, x=x, w=w: compile_graph(y, [x], [w]).gradient([[0.5]])))
    first, second = counts[2] - counts[1], counts[3] - counts[2]
    assert second <= 2.1 * first


def test_a_learners_language_model_is_88_instructions():
    """글자 일곱 자리의 microgpt: 노드 6만 개가 명령 88개다. 수는 늘지 않는다."""
    script = runpy.run_path(str(Path(__file__).parents[2] / 'examples' / 'microgpt_step.py'))
    matrices = script['parameters'](Value)
    loss = script['step_loss'](matrices, 'olivia')
    program = compile_graph(loss, [], [p for rows in matrices.values() for row in rows for p in row])
    assert len(program.tape) <= 88
    assert program.nodes > 50_000


def test_what_only_the_outputs_need_is_another_matrix():
    """같은 입력을 받아도 손실에 쓰이지 않는 행은 따로다: 손실의 재생은 그것을 계산하지 않는다."""
    x, w = [Value(1.0), Value(2.0)], [Value(float(i + 1)) for i in range(6)]
    rows = [w[i] * x[0] + w[i + 1] * x[1] for i in (0, 2, 4)]
    loss = rows[0].tanh() + rows[1].tanh()
    program = compile_graph(loss, x, w, [rows[0], rows[2]])
    shapes = [(program.tape.lanes(k), bool(program.tape.in_loss[k])) for k in program.tape.dense]
    assert sorted(shapes) == [(1, False), (2, True)]
    assert program.outputs([[1.0, 2.0]]).tolist() == [[5.0, 17.0]]
    loss.backward()
    assert program.gradient([[1.0, 2.0]]).tolist() == pytest.approx([p.grad for p in w], rel=1e-14)


def test_asking_for_one_neuron_does_not_split_its_layer():
    loss, x, y, parameters, outputs = network([3, 4, 2], 'sum of w*x')
    one = compile_graph(loss, (x, y), parameters, outputs[:1])
    assert [one.tape.lanes(k) for k in one.tape.dense] == [4, 2]
    X = np.random.default_rng(0).normal(size=(3, 5))
    assert one.outputs(X).tolist() == compile_graph(loss, (x, y), parameters, outputs).outputs(X)[:, :1].tolist()


def test_levels_keep_a_matrix_from_using_its_own_result():
    """같은 입력을 받아도 서로를 쓰는 합은 한 행렬이 아니다."""
    x, w = [Value(1.0), Value(2.0)], [Value(float(i)) for i in range(1, 5)]
    first = w[0] * x[0] + w[1] * x[1] + x[0].tanh()
    second = w[2] * x[0] + w[3] * x[1] + first.tanh()
    code = flatten(lowered(second.tanh() + first, x, w))
    level, active = levels(code)
    found = recovered(code, level)
    assert [matrix.weights.shape for matrix in found] == [(1, 2), (1, 2)]
    assert all(len(matrix.residual) == 1 for matrix in found)
    assert (~active[code.kind != LEAF]).sum() == 1  # 파라미터에 달려 있지 않은 것은 tanh(x₀) 뿐이다


def test_a_tape_holds_one_instruction_for_a_layer_of_activations():
    net = MLP(4, [50, 3], rng=random.Random(0))
    tape = net.compile().tape
    assert tape.kind.tolist().count(DENSE) == 2
    assert [tape.lanes(k) for k in range(len(tape)) if tape.name(k) == 'sigmoid'] == [50, 3]
