"""함수의 기록은 확인된다: 자료를 보고 갈라지거나 자료에서 나온 상수가 있으면 두 노드를 말하고 멈춘다."""

import copy
import math
import pickle
import random

import numpy as np
import pytest
from graph_strategies import graphs
from hypothesis import given
from hypothesis import strategies as st

from micrograd_ko import Value, compile_graph, ops, topological
from micrograd_ko.compiler.recording import difference
from micrograd_ko.number import unchecked
from micrograd_ko.staleness import replay

X = [[1.0, 0.0], [-1.0, 1.0], [0.5, 0.25]]


@pytest.fixture
def leaves():
    return Value(1.0, 'x'), Value(0.0, 'y'), Value(3.0, 'w')


def quadratic(w):
    return lambda x, y: (w * x - y) ** 2 / 2


def test_a_function_is_recorded_as_its_graph(leaves):
    """함수를 주나 그래프를 주나 같은 프로그램이고, 잎의 값은 그대로다."""
    x, y, w = leaves
    graph = compile_graph(quadratic(w)(x, y), [x, y], [w])
    for program in (compile_graph(quadratic(w), [x, y], [w]), compile_graph(quadratic(w), [x, y], [w], samples=X)):
        assert str(program) == str(graph)
        assert program.gradient(X).tobytes() == graph.gradient(X).tobytes()
        assert program.loss(X) == graph.loss(X)
    assert (x.data, y.data, w.data) == (1.0, 0.0, 3.0)


def test_the_function_is_called_with_the_inputs_in_their_shape(leaves):
    x, y, w = leaves
    two = Value(0.5)
    shapes = [
        ([x, y], lambda a, b: a * w + b),
        (([x, y],), lambda xs: xs[0] * w + xs[1]),
        (([x], [y]), lambda xs, ys: xs[0] * w + ys[0]),
        (([x, two], y), lambda xs, b: xs[0] * w + b + 0 * xs[1]),
        (iter([x, y]), lambda a, b: a * w + b),
        ((iter([x]), (leaf for leaf in [y])), lambda xs, ys: xs[0] * w + ys[0]),
    ]
    for inputs, f in shapes:
        program = compile_graph(f, inputs, [w])
        rows = np.ones((2, program.inputs.count))
        assert program.loss(rows) == 4.0
    assert compile_graph(lambda a: a * w, x, [w]).loss([[2.0]]) == 6.0


def test_the_function_may_return_outputs(leaves):
    x, y, w = leaves

    def f(xs, ys):
        a = (w * xs[0]).tanh()
        return (a - ys[0]) ** 2, [a]

    program = compile_graph(f, ([x], [y]), [w])
    assert program.outputs([[0.5]])[0, 0] == pytest.approx(math.tanh(1.5), rel=1e-15)
    assert program.loss([[0.5, 0.0]]) == pytest.approx(math.tanh(1.5) ** 2, rel=1e-15)
    assert compile_graph(lambda a, b: (a * b, a), [x, y], []).outputs(X).ravel().tolist() == [1.0, -1.0, 0.5]
    with pytest.raises(ValueError, match='return 손실, 출력들'):
        compile_graph(f, ([x], [y]), [w], [x])
    for wrong in (lambda a, b: 1.0, lambda a, b: (a, [2.0]), lambda a, b: None, lambda a, b: (a, 1)):
        with pytest.raises(TypeError, match='손실 Value'):
            compile_graph(wrong, [x, y], [w])


def test_wrong_declarations_are_refused_before_the_function_is_called(leaves):
    x, y, w = leaves

    def f(*_):
        raise AssertionError

    for inputs, parameters, error in (
        ([x, 1.0], [w], TypeError), ([x], [1.0], TypeError), (3.0, [], TypeError), ([x * y], [w], ValueError),
        ([x], [x], ValueError),
    ):  # fmt: skip
        with pytest.raises(error):
            compile_graph(f, inputs, parameters, samples=[[1.0]])
    for samples in ([[1.0]], [[1.0, 2.0, 3.0]], np.zeros((0, 2))):
        with pytest.raises(ValueError, match=r'X|하나도'):
            compile_graph(f, [x, y], [w], samples=samples)


TABLE = [Value(1.0, 'e₁'), Value(2.0, 'e₂')]


@pytest.mark.parametrize(
    ('write', 'message'),
    [
        (lambda x, y: x * 2 if x.data > 0 else x * 3, r'mul 의 피연산자\).*상수 2\.0.*row\) 1 에서는 상수 3\.0.*ops\.select'),
        (lambda x, y: x * y if x.data > 0 else x.exp(), r"기록할 때는 mul \(위상 순서 2 번\).*row\) 1 에서는 exp .*ops\.select"),
        (lambda x, y: x if x.data > 0 else y, r"입력 0 'x'.*입력 1 'y'"),
        (lambda x, y: x if x.data > 0 else x.detach(), r"입력 0 'x'.*상수 -1\.0 'x'"),
        (lambda x, y: x - max(x.data, y.data * 3), r'sub 의 피연산자\).*상수 1\.0.*상수 3\.0.*v\.data 대신 v'),
        (lambda x, y: x * math.exp(y.data), r'상수 1\.0.*상수 2\.71'),
        (lambda x, y: x ** (2 if x.data > 0 else 3), r'power\(2\).*power\(3\).*ops\.select'),
        (lambda x, y: TABLE[int(y.data)] * x, r"파라미터 1 'e₁'.*파라미터 2 'e₂'.*원-핫.*ops\.dot"),
        (lambda x, y: sum([x] * (1 + int(y.data))) * y, r'add|mul'),
        (lambda x, y: x * random.random(), r'상수.*상수.*난수'),
        (lambda x, y: (x, [y] * (1 + int(y.data))), '출력의 수'),
    ],
)
def test_what_depends_on_the_data_is_refused(leaves, write, message):
    """갈래도, 떨어진 수도, 표에서 고르는 것도, 난수도: 두 노드와 대신 적을 것을 말한다. 아무것도 바뀌지 않는다."""
    x, y, w = leaves
    program = compile_graph(write, [x, y], [w, *TABLE])
    for call in (program.loss, program.gradient, lambda X: compile_graph(write, [x, y], [w, *TABLE], samples=X)):
        with pytest.raises(ValueError, match=message):
            call(X)
    assert (x.data, y.data, w.data, w.grad) == (1.0, 0.0, 3.0, 0)


def test_a_graph_cannot_be_checked(leaves):
    """그래프만 주면 기록한 갈래가 모든 표본의 것이 된다(설명이 그렇게 말한다)."""
    x, *_ = leaves
    loss = x * 2 if x.data > 0 else x * 3
    assert compile_graph(loss, [x], []).loss([[-1.0]]) == -2.0
    assert '갈래만 남는다' in compile_graph.__doc__
    with pytest.raises(ValueError, match='samples'):
        compile_graph(loss, [x], [], samples=X)


def test_rows_far_from_each_other_are_compared(leaves):
    """한 표본만 다른 갈래로 가도, 그것이 어디에 있어도 찾는다: 가장 다른 표본을 고른다."""
    x, y, w = leaves
    rng = np.random.default_rng(0)
    data = np.column_stack([rng.uniform(1, 2, 500), rng.uniform(-1e6, 1e6, 500)])
    for at in (0, 137, 499):
        rows = data.copy()
        rows[at, 0] = -9.0
        program = compile_graph(lambda a, b: a * 2 if a.data > 0 else a * 3, [x, y], [w])
        with pytest.raises(ValueError, match='상수'):
            program.loss(rows)
    program = compile_graph(lambda a, b: a * 2 if a.data > 0 else a * 3, [x, y], [w])
    assert program.loss(data) == pytest.approx(2 * data[:, 0].mean())


def test_frozen_names_what_may_stay_as_recorded(leaves):
    x, y, w = leaves

    def shifted(a, b):
        top = Value(max(a.data, 3 * b.data), 'top')
        return (a - top).exp() * w

    def branch(a, b):
        z = a * w if a.data > 0 else a.exp()
        z.name = 'z'
        return z + b

    assert compile_graph(shifted, [x, y], [w], frozen=['top']).loss([[2.0, 5.0]]) == pytest.approx(math.e * 3, rel=1e-15)
    assert compile_graph(branch, [x, y], [w], frozen='z', samples=X).loss(X) == pytest.approx((0.5 * 3 + 1.25) / 3)
    with pytest.raises(ValueError, match=r"'top'.*frozen"):
        compile_graph(shifted, [x, y], [w])
    with pytest.raises(ValueError, match=r"\['z'\].*없는 이름"):
        compile_graph(shifted, [x, y], [w], frozen=['top', 'z'])
    with pytest.raises(ValueError, match='상수'):
        compile_graph(lambda a, b: shifted(a, b) * a.data, [x, y], [w], frozen=['top']).loss(X)
    assert compile_graph(x * Value(2.0, 'c'), [x], [], frozen=['c']).loss([[3.0]]) == 6.0  # 그래프에서도: 잊은 것이 아니다


def test_a_shape_that_is_the_same_function_is_not_refused(leaves):
    """같은 식을 나누어 쓰든 다시 적든 같은 함수다. nan 인 상수도 같고, 정의되지 않는 곳에서 기록해도 된다."""
    x, y, w = leaves

    def f(a, b):
        square = a * a
        again = square if a.data > 0 else a * a
        return (square + again) * w + b ** int(2.0) + ops.select(-1, math.nan, a)

    assert compile_graph(f, [x, y], [w]).loss([[1.0, 0.0], [-1.0, 0.0]]) == 6.0
    y.data = -1.0
    assert compile_graph(lambda a, b: b.log() * w, [x, y], [w]).loss([[0.0, 1.0], [0.0, math.e]]) == 1.5
    assert compile_graph(lambda a, b: b.log() * w, [x, y], [w], samples=[[0.0, -1.0]]).loss([[0.0, 1.0]]) == 0.0


def test_outputs_without_targets_are_checked_and_checked_again_with_them(leaves):
    x, y, w = leaves
    program = compile_graph(lambda xs, ys: (xs[0] * (2 if ys[0].data > 0.5 else 3), [xs[0]]), ([x], [y]), [w])
    assert program.outputs([[1.0], [2.0]]).ravel().tolist() == [1.0, 2.0]
    with pytest.raises(ValueError, match='상수'):
        program.loss(X)
    program = compile_graph(lambda xs, ys: (w * xs[0], [xs[0] if xs[0].data > 0 else 2 * xs[0]]), ([x], [y]), [w])
    with pytest.raises(ValueError, match=r"입력 0 'x'.*mul"):
        program.outputs([[1.0], [-2.0]])


def test_the_function_is_let_go_after_the_check(leaves):
    """한 번 확인한 다음에는 다시 기록하지 않고, 저장할 수 있다. 확인하기 전에는 저장할 수 없다고 말한다."""
    x, y, w = leaves
    calls = []

    def f(a, b):
        calls.append((a.data, b.data))
        return quadratic(w)(a, b)

    program = compile_graph(f, [x, y], [w])
    for copied in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError, match='samples='):
            copied(program)
    first = program.gradient(X)
    assert calls[0] == (1.0, 0.0) and sorted(calls[1:]) == sorted(map(tuple, X))
    program.loss(X)
    assert len(calls) == 4
    again = pickle.loads(pickle.dumps(program))
    assert again.gradient(X).tobytes() == copy.deepcopy(program).gradient(X).tobytes() == first.tobytes()


@given(graphs(), st.lists(st.floats(-9, 9), min_size=7, max_size=7))
def test_a_graph_equals_itself_recorded_again_at_other_numbers(graph, numbers):
    """표의 어떤 그래프든, 다른 수에서 다시 기록해도 같은 그래프다. 잎 하나를 바꿔치기하면 다르다."""
    leaves = [*graph.inputs, *graph.parameters]
    declared = {leaf: i for i, leaf in enumerate(leaves)}
    others = [Value(number) for number, _ in zip(numbers, leaves, strict=False)]
    declared |= {leaf: i for i, leaf in enumerate(others)}
    stands = dict(zip(leaves, others, strict=True))
    with unchecked():
        again = replay(topological(graph.loss), lambda leaf: stands.get(leaf, leaf))[graph.loss]
    assert difference([graph.loss], [again], declared) is None
    used = [leaf for leaf in leaves if leaf in set(topological(graph.loss))]
    if used:
        swapped = {**declared, stands[used[0]]: -1}
        assert difference([graph.loss], [again], swapped).one is used[0]


def test_sharing_that_differs_at_every_level_does_not_blow_up():
    """한쪽은 노드를 나누어 쓰고 다른 쪽은 층마다 둘씩 다시 적어도, 짝의 수만큼만 견준다(경로는 2⁶⁰ 개다)."""
    x = Value(1.0)
    shared, one, other = x, x, x
    for _ in range(60):
        shared, one, other = shared + shared, one + other, one + other
    assert difference([shared, shared], [one, other], {x: 0}) is None
    assert difference([shared], [one + 0.0], {x: 0}) is not None
