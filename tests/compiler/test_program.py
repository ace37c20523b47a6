"""재생: eager 와 반올림 안에서 같고, 정의역 밖과 잘못된 자료는 분명히 알린다."""

import copy
import itertools
import math
import pickle
import random

import numpy as np
import pytest
from graph_strategies import CANCELLING, NUMBERS, graphs, on_the_edge, one_over_nothing, sums
from hypothesis import example, given
from hypothesis import strategies as st
from test_lowering import rebuilt
from threads import together

from micrograd_ko import MLP, DomainError, ReplayError, Value, compile_graph, losses, ops, refresh, topological
from micrograd_ko.compiler.lower import lower
from micrograd_ko.compiler.sums import flatten
from micrograd_ko.operation import Op
from micrograd_ko.reverse import bounded_sweep
from micrograd_ko.testing import programs


def bounds_of(loss, nodes, parameters):
    """(노드마다의 Bounded, 파라미터마다 기울기의 Bounded). 한계를 알 수 없으면 inf 다."""
    values, adjoints = bounded_sweep(topological(loss))
    others = [bounded_sweep(topological(node))[0][node] for node in nodes]
    return [values[loss], *others, *[adjoints.get(p) for p in parameters]]


def close(found, expected, bound):
    """found 와 expected 가 한계만큼만 다른가. 닿지 않는 파라미터의 기울기는 정확히 0 이다."""
    if bound is None:
        return found == expected == 0
    same = found == expected or (math.isnan(found) and math.isnan(expected))
    return same or bound.explains((found - expected) / (1 + 1e-9))


@example(one_over_nothing(), [[-0.5, 3.0, 0.0]])
@given(graphs(), st.lists(st.lists(NUMBERS, min_size=3, max_size=3), min_size=1, max_size=4))
def test_replay_agrees_with_eager_within_the_error_bound(graph, rows):
    """모든 연산, 나누어 쓰는 노드, 꺾인 점: 값과 기울기가 기록한 그래프의 한계 안에 있다. 출력이 아닌 합은 펴진다."""
    parameters, nodes = graph.parameters, [*graph.nodes[::3], graph.loss]
    program = compile_graph(graph.loss, graph.inputs, parameters, nodes)
    code = flatten(lower(graph.loss, graph.inputs, parameters, nodes)[0])
    X = np.array(rows)[:, : len(graph.inputs)]
    outputs = program.outputs(X, undefined='nan')
    for row, found in zip(X.tolist(), outputs, strict=True):
        for leaf, number in zip(graph.inputs, row, strict=True):
            leaf.data = number
        try:
            for node in nodes:
                refresh(node)
        except DomainError:
            eager = None
        else:
            eager = bounds_of(graph.loss, nodes, parameters)
        try:
            flat = bounds_of(*_split(rebuilt(code, [*graph.inputs, *parameters])), parameters)
        except DomainError:
            flat = None
        if eager is None or flat is None:
            # 정의역의 끝에서는 반올림이 안팎을 가른다: 둘이 다르면 어느 한쪽의 한계가 그 끝에 걸친 것이다
            unsure = any(b is not None and b.error == math.inf for b in eager or flat or [])
            assert np.isnan(found).all() or unsure or on_the_edge(topological(*nodes))
            continue
        if np.isnan(found).all() and not all(math.isnan(node.data) for node in nodes):
            assert any(b is not None and b.error == math.inf for b in flat)
            continue
        for node in topological(graph.loss):
            node.grad = 0
        graph.loss.backward()
        gradient = program.gradient([row], write=False, undefined='nan').tolist()
        expected = [graph.loss.data, *[node.data for node in nodes], *[p.grad for p in parameters]]
        replayed = [program.loss([row], undefined='nan'), *found, *gradient]
        for got, want, bound in zip(replayed, expected, eager, strict=True):
            assert close(got, want, bound)


def _split(roots):
    return roots[0], roots[1:]


@given(sums(), st.lists(st.lists(CANCELLING, min_size=3, max_size=3), min_size=1, max_size=3))
def test_cancelling_sums_stay_within_the_bounds_of_the_recorded_program(graph, rows):
    """약속: 합을 펴고 행렬로 모아도 값과 기울기는 *기록한* 그래프의 오차 한계 안에 있다."""
    parameters, loss = graph.parameters, graph.loss
    program = compile_graph(loss, graph.inputs, parameters)
    for row in rows:
        for leaf, number in zip(graph.inputs, row, strict=False):
            leaf.data = number
        for p in parameters:
            p.grad = 0
        refresh(loss).backward()
        X, expected = [row[: len(graph.inputs)]], [loss.data, *[p.grad for p in parameters]]
        replayed = [program.loss(X), *program.gradient(X, write=False)]
        for got, want, bound in zip(replayed, expected, bounds_of(loss, [], parameters), strict=True):
            assert close(got, want, bound)


@given(programs())
def test_every_program_of_the_testing_package_replays(drawn):
    """`testing.programs()` 의 프로그램: 첫 입력은 자료로, 나머지는 파라미터로."""
    leaves, loss, _ = drawn.record()
    inputs, parameters = leaves[:1], leaves[1:]
    loss.backward()
    program, row = compile_graph(loss, inputs, parameters), [[inputs[0].data]]
    replayed = [program.loss(row, undefined='nan'), *program.gradient(row, write=False, undefined='nan')]
    expected = [loss.data, *[p.grad for p in parameters]]
    for got, want, bound in zip(replayed, expected, bounds_of(loss, [], parameters), strict=True):
        assert close(got, want, bound)


@pytest.mark.parametrize('count', [3, 9, 300])
@pytest.mark.parametrize(('lanes', 'samples'), [(1, 1), (1, 5), (4, 1), (3, 40)])
@pytest.mark.parametrize('minus', [False, True])
def test_a_sum_of_plain_terms_is_added_from_the_left(count, lanes, samples, minus):
    """기록한 것과 같은 비트: 둘씩 묶지도, 순서를 바꾸지도 않는다. 항이 몇이든, 행과 표본이 몇이든."""
    rng = np.random.default_rng(count)
    X = rng.normal(size=(samples, lanes * count)) * 10.0 ** rng.integers(-8, 9, (samples, lanes * count))

    def chains(xs):
        """행마다 x₁ ± x₂ + x₃ ± x₄ …"""
        for i in range(lanes):
            first, *rest = xs[i * count : (i + 1) * count]
            for k, x in enumerate(rest):
                first = first - x if minus and k % 2 == 0 else first + x
            yield first

    leaves = [Value(0.0) for _ in range(lanes * count)]
    sums = list(chains(leaves))
    program = compile_graph(leaves[0], leaves, [], sums)
    assert program.outputs(X).tolist() == [list(chains(row)) for row in X.tolist()]
    assert len(program.tape) == 1


# 모양마다의 확인 ------------------------------------------------------------------------------------------------------------

def agrees(program, loss, X, parameters, inputs):
    """표본마다 기록한 eager 의 평균과 견준다. loss 는 잎을 새로 읽어 다시 계산한다."""
    expected_loss, expected = 0.0, np.zeros(len(parameters))
    for row in X:
        for leaf, number in zip(inputs, row, strict=True):
            leaf.data = number
        for p in parameters:
            p.grad = 0
        refresh(loss).backward()
        expected_loss += loss.data / len(X)
        expected += [p.grad / len(X) for p in parameters]
    assert program.loss(X) == pytest.approx(expected_loss, rel=1e-12)
    assert program.gradient(X) == pytest.approx(expected, rel=1e-12, abs=1e-14)


def test_operands_shared_in_an_irregular_pattern():
    """한 명령의 행들이 피연산자를 불규칙하게 나누어 쓰면 기울기가 모두 더해진다."""
    x, w = [Value(float(i + 1)) for i in range(6)], [Value(0.5), Value(-0.25), Value(2.0)]
    pattern = [0, 0, 1, 2, 1, 0]
    loss = sum((v * w[i].tanh()).sin() * w[i] for v, i in zip(x, pattern, strict=True))
    loss = loss + ops.dot([w[i].exp() for i in (0, 1, 0)], [w[i].exp() for i in (2, 2, 0)])
    program = compile_graph(loss, x, w)
    agrees(program, loss, [[0.1 * i for i in range(6)], [-1.0, 2.0, 0.5, 0.0, 1.0, 3.0]], w, x)


def test_an_output_outside_the_loss_does_not_touch_the_gradient():
    """손실에 들어가지 않는 출력의 무한한 미분(sqrt'(0))이 기울기를 nan 으로 만들지 않는다."""
    x, w = Value(1.0), Value(0.0)
    program = compile_graph(w * x + 1, [x], [w], [w.sqrt(), (w + x).sqrt()])
    assert program.gradient([[3.0]]).tolist() == [3.0]
    assert program.outputs([[4.0]]).tolist() == [[0.0, 2.0]]


@pytest.mark.parametrize('name', losses.LOSSES)
@pytest.mark.parametrize('activation', ['sigmoid', 'tanh', 'gelu', 'softplus'])
def test_networks_agree_within_rounding(name, activation):
    """망과 손실마다: 손실과 모든 기울기가 오차 한계가 설명하는 만큼만 다르다."""
    rng = np.random.default_rng(3)
    net = MLP(3, [5, 4], activation, 'sigmoid', rng=random.Random(2))
    X, Y = rng.normal(size=(7, 3)), np.eye(4)[rng.integers(0, 4, 7)]
    loss = getattr(losses, name)
    program = net.compile(loss)
    total = losses.mean([loss(net(x), y.tolist()) for x, y in zip(X, Y, strict=True)])
    values, adjoints = bounded_sweep(topological(total))
    assert values[total].explains(program.loss((X, Y)) - total.data)
    for p, got in zip(net.parameters(), program.gradient((X, Y)), strict=True):
        assert adjoints[p].explains(got - adjoints[p].value)
        assert p.grad == got


def test_a_network_may_be_recorded_where_its_loss_is_undefined():
    """기록에 쓰는 수는 우연한 것이다: 거기서 정의되지 않는 손실도 기록된다."""
    net = MLP(1, [1], rng=random.Random(0))
    program = net.compile(lambda a, y: ops.log(y[0] - 1) + a[0])
    assert math.isfinite(program.loss(([[0.0]], [[2.0]])))
    with pytest.raises(ReplayError):
        program.loss(([[0.0]], [[0.5]]))


def test_registered_operations_and_unusual_exponents_replay():
    """표에 더한 연산, Fraction 과 아주 큰 지수도 재생된다."""
    from fractions import Fraction

    ops.register(Op('cubed_plus', lambda m, x: m.exp(x) + x * x * x, (lambda z, x: z - x * x * x + 3 * x * x,)))
    try:
        x, w = Value(2.0), Value(1.5)
        loss = w.cubed_plus() * w ** Fraction(1, 2) + (w / w) ** 10**25 * x
        agrees(compile_graph(loss, [x], [w]), loss, [[2.0], [3.0]], [w], [x])
    finally:
        ops.unregister('cubed_plus')


def test_a_graph_without_inputs_and_a_loss_that_is_a_leaf():
    w, x = Value(3.0), Value(1.0)
    assert compile_graph(w * w, [], [w]).gradient(np.empty((2, 0))).tolist() == [6.0]
    program = compile_graph(w, [x], [w], x)
    assert (program.loss([[1.0], [2.0]]), program.gradient([[1.0], [2.0]]).tolist()) == (3.0, [1.0])
    assert program.outputs([[1.0], [2.0]]).tolist() == [[1.0], [2.0]]
    assert compile_graph(x, [x], [w]).gradient([[4.0]]).tolist() == [0.0]


# 정의역 ---------------------------------------------------------------------------------------------------------------------

def risky():
    """log(w·x) / y: x > 0, y ≠ 0 에서 정의된다."""
    x, y, w = Value(1.0, 'x'), Value(1.0, 'y'), Value(2.0, 'w')
    inside = w * x
    inside.name = 'u'
    logarithm = inside.log()
    logarithm.name = 'ln u'
    loss = logarithm / y
    return loss, (x, y), w, logarithm


def test_the_error_names_the_row_and_the_node_and_writes_nothing():
    loss, inputs, w, logarithm = risky()
    program = compile_graph(loss, inputs, [w], loss)
    X = [[1.0, 1.0], [2.0, 1.0], [-3.0, 1.0], [1.0, 0.0], [-1.0, 0.0]]
    w.grad = -7.0
    for call in (program.loss, program.outputs, program.gradient):
        with pytest.raises(ReplayError, match=r"표본\(row\) 2 의 노드 'ln u': log: x = -6.0 \(이름 'u'\).*3개") as caught:
            call(X)
        error = caught.value
        assert (error.row, error.count, error.op, error.operands) == (2, 3, ops.log, (-6.0,))
        assert topological(loss)[error.node] is logarithm
        assert isinstance(error, DomainError)
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.row, again.node) == (str(error), error.row, error.node)
    with pytest.raises(ReplayError, match=r'표본.* 1 의 위상 순서 5 번 노드: div'):
        program.loss([[1.0, 2.0], [1.0, 0.0]])
    with pytest.raises(ReplayError, match=r'표본.* 0 의 .*div.*2개'):  # 나중 연산이라도 앞선 표본의 것이 먼저다
        program.loss([[1.0, 0.0], [-1.0, 1.0]])
    assert (w.data, w.grad) == (2.0, -7.0)
    with pytest.raises(ReplayError, match=r"log: x = -1.0 \(이름 'x'\)"):
        compile_graph(inputs[0].log(), inputs[:1], []).loss([[-1.0]])


def test_of_the_errors_of_a_row_the_first_recorded_is_reported():
    """명령은 깊이의 순서로 돌지만, 알리는 것은 위상 번호가 가장 작은 것이다."""
    x = Value(0.5)
    deep, shallow = (x.tanh().tanh() - 0.2).log(), x.log()
    loss = deep + shallow
    with pytest.raises(ReplayError) as caught:
        compile_graph(loss, [x], []).loss([[1.0], [-1.0]])
    assert topological(loss)[caught.value.node] is deep
    assert caught.value.row == 1


@pytest.mark.filterwarnings('error')
def test_an_overflow_leaks_no_warning():
    """넘친 수는 IEEE 의 inf 와 nan 으로 지나간다: 경고(RuntimeWarning)도 없다. 블록 하나의 합에서도, 블록 사이의 합에서도."""
    x, w = Value(1.0), [Value(2.0) for _ in range(4)]
    rows = [w[0] * x + w[1] * x * x, w[2] * x + w[3] * x * x]
    back = [w[0] * rows[0].tanh() + w[2] * rows[1].tanh(), w[1] * rows[0].tanh() + w[3] * rows[1].tanh()]
    cube = x * x * x * w[0]
    program = compile_graph(cube * w[1].exp() + back[0] + back[1], [x], w, rows)
    X = np.repeat([[1e200], [-1e200]], 2 * program.block_size, axis=0)
    for part in (X, X[::-1], X[:: 2 * program.block_size]):
        assert math.isnan(program.loss(part))
        assert np.isnan(program.gradient(part)).any()
        assert np.isinf(program.outputs(part)).any()
    assert program.loss([[np.finfo(np.longdouble).max]]) == math.inf
    with pytest.raises(ValueError, match='float 의 범위'):
        program.loss([[10**400]])


def test_undefined_rows_are_nan_when_asked():
    loss, inputs, w, _ = risky()
    program = compile_graph(loss, inputs, [w], loss)
    X = [[1.0, 1.0], [-3.0, 1.0], [1.0, 0.0], [1.0, -1.0]]
    w.grad = -7.0
    assert np.isnan(program.outputs(X, undefined='nan')).ravel().tolist() == [False, True, True, False]
    assert program.outputs(X, undefined='nan')[0, 0] == math.log(2)
    assert math.isnan(program.loss(X, undefined='nan'))
    assert np.isnan(program.gradient(X, undefined='nan')).all()
    assert w.grad == -7.0
    with pytest.raises(ValueError, match="'raise' 나 'nan'"):
        program.loss(X, undefined='ignore')


def test_a_finite_result_does_not_hide_an_overflow():
    """1/(1 + exp(1000)) 은 IEEE 로는 깨끗한 0 이지만 eager 는 exp 에서 멈춘다. 선택되지 않은 갈래도 계산된 것이다."""
    x = Value(0.0)
    for loss in (1 / (1 + x.exp()), ops.select(-1, x.exp(), x)):
        with pytest.raises(ReplayError, match=r'exp.*1000') as caught:
            compile_graph(loss, [x], []).loss([[1.0], [1000.0]])
        assert caught.value.row == 1
    assert compile_graph(x.sigmoid(), [x], []).loss([[1000.0]]) == 1.0
    assert compile_graph(x * x, [x], []).loss([[1e200]]) == math.inf  # 곱은 eager 에서도 inf 로 간다


def test_nan_and_inf_in_the_data_pass_as_in_eager():
    """nan 은 그 표본의 값을 nan 으로 만들 뿐 오류가 아니고, 다른 표본에 번지지 않는다. 오류인 것은 eager 처럼 오류다."""
    x = Value(1.0)
    for loss in (x.log(), x.exp(), x.sqrt() + x.sin(), x**0.5, x.log() * x):
        program = compile_graph(loss, [x], [], loss)
        found = program.outputs([[1.0], [math.nan], [2.0]])
        assert np.isnan(found).ravel().tolist() == [False, True, False]
    assert compile_graph(x.exp(), [x], []).loss([[math.inf]]) == math.inf
    with pytest.raises(ReplayError, match='sin'):
        compile_graph(x.sin(), [x], []).loss([[math.inf]])


@pytest.mark.parametrize('op', ops.table.values(), ids=lambda op: op.name)
def test_nan_goes_where_the_table_says(op):
    """어느 피연산자에 nan 이 와도 eager 와 같은 값이다: maximum 도 select 도 표의 식 그대로다."""
    count = op.arity or (3 if op is ops.affine else 2)
    numbers = [sum(op.sample[i if op.arity else 0]) / 4 + 0.25 for i in range(count)]
    leaves = [Value(x) for x in numbers]
    program = compile_graph(op.apply(*leaves), leaves, [])
    rows = [numbers, *[[*numbers[:i], math.nan, *numbers[i + 1 :]] for i in range(count)], [math.nan] * count]
    for row, found in zip(rows, program.values(rows), strict=True):
        expected = op.apply(*row)
        assert (math.isnan(found) and math.isnan(expected)) or found == pytest.approx(expected, rel=1e-14)


# 자료와 선언 ----------------------------------------------------------------------------------------------------------------

@pytest.fixture
def program():
    return MLP(2, [3, 1], rng=random.Random(0)).compile()


BASE = np.array([[1, 0, 1], [2, 1, 0], [0, -3, 1], [4, 2, 0]], dtype=np.float64)


@pytest.mark.parametrize(
    'make',
    [
        lambda a: a.astype(np.int8), lambda a: a.astype(np.float32), lambda a: a.astype(np.longdouble), lambda a: a.tolist(),
        np.asfortranarray, lambda a: np.repeat(a, 2, axis=1)[:, ::2], lambda a: a[::-1][::-1], lambda a: a.astype(object),
        lambda a: (a[:, :2], a[:, 2:]), lambda a: (a[:, :2].tolist(), a[:, 2]), lambda a: (a[:, :2].astype(int), a[:, 2] > 0.5),
        lambda a: np.broadcast_to(a[None], (2, 4, 3))[1], lambda a: a.astype('>f8'),
    ],
)  # fmt: skip
def test_any_real_array_of_the_right_shape_will_do(program, make):
    """정수, float32, 목록, 이어지지 않은 배열, 읽기 전용 배열: 같은 비트가 나오고 배열은 그대로다."""
    X = make(BASE)
    before = copy.deepcopy(X)
    expected = program.gradient(BASE, write=False)
    assert program.gradient(X).tobytes() == expected.tobytes()
    assert program.loss(X) == program.loss(BASE)
    assert str(X) == str(before)


@pytest.mark.parametrize(
    ('X', 'error', 'message'),
    [
        (BASE[:, :2], ValueError, r'\(n, 3\).*\(n, 2\), \(n, 1\).*\(4, 2\)'),
        (BASE[0], ValueError, r'\(3,\).*표본 하나도'),
        (BASE[None], ValueError, r'\(1, 4, 3\)'),
        (np.zeros((4, 4)), ValueError, r'\(4, 4\)'),
        (BASE[:0], ValueError, '하나도 없습니다'),
        ((BASE[:, :2],), ValueError, r'\(4, 2\)'),
        ((BASE[:, :2], BASE[:3, 2:]), ValueError, '수가 다릅니다'),
        ((BASE[:, 2:], BASE[:, :2]), ValueError, r'\(4, 1\), \(4, 2\)'),
        ((BASE, BASE, BASE), ValueError, '튜플'),
        ([[1, 2, 3], [1, 2]], ValueError, '행마다 길이'),
        ([['a', 'b', 'c']], TypeError, '실수'),
        ([[1j, 0, 0]], TypeError, 'complex'),
        ([[None, 0, 0]], TypeError, '실수'),
        ([[Value(1.0), 0, 0]], TypeError, '실수'),
        (np.ma.array(BASE, mask=BASE == 4), TypeError, 'X 에 가려진'),
        ([*np.ma.array(BASE, mask=BASE == 4)], TypeError, 'X 에 가려진'),
        ((BASE[:, :2], np.ma.array(BASE[:, 2:], mask=BASE[:, 2:] == 1)), TypeError, 'X 에 가려진'),
    ],
)
def test_wrong_data_is_refused_with_what_was_expected(program, X, error, message):
    for call in (program.loss, program.gradient):
        with pytest.raises(error, match=message):
            call(X)


def test_outputs_need_no_targets(program):
    """출력은 목표를 쓰지 않으므로 x 만으로 계산된다. 목표를 쓰는 출력이면 필요하다."""
    expected = program.outputs(BASE)
    assert program.outputs(BASE[:, :2]).tobytes() == program.outputs((BASE[:, :2],)).tobytes() == expected.tobytes()
    x, y = Value(1.0), Value(1.0)
    needy = compile_graph(x * y, ([x], [y]), [], x * y)
    with pytest.raises(ValueError, match='2차원'):
        needy.outputs([[1.0]])
    with pytest.raises(ValueError, match='outputs='):
        compile_graph(x * y, [x, y], []).outputs([[1.0, 2.0]])


def test_forgotten_leaves_are_constants_or_refused():
    """이름 없는 잎은 굳은 상수, 이름 있는 잎은 잊은 것이다."""
    x, w, forgotten = Value(2.0), Value(3.0), Value(5.0)
    program = compile_graph(w * x + forgotten, [x], [w])
    forgotten.data = 100.0
    assert program.loss([[1.0]]) == 8.0
    with pytest.raises(ValueError, match=r"잎.* 'b'.*inputs 에도 parameters 에도"):
        compile_graph(w * x + Value(1.0, 'b'), [x], [w])
    net = MLP(2, [1], rng=random.Random(0))
    with pytest.raises(ValueError, match=r'net\.compile'):
        compile_graph(losses.quadratic(net([0.5, 0.3]), 1.0), [], net.parameters())


def test_wrong_declarations_are_refused():
    x, w = Value(2.0), Value(3.0)
    loss = w * x
    for arguments, error, message in (
        ((1.0, [x], [w]), TypeError, 'loss 에는 Value'), ((loss, [x, 1.0], [w]), TypeError, 'inputs 는 Value'),
        ((loss, [x], [1.0]), TypeError, 'parameters 에는 Value'), ((loss, [x], [w], [1.0]), TypeError, 'outputs 에는'),
        ((loss, [loss], [w]), ValueError, '잎'),
        *[((f, ({x, w}, []), []), TypeError, 'inputs 는 Value') for f in (loss, lambda xs, _: xs[0] * xs[1])],
        ((loss, ({x: 1}, []), [w]), TypeError, 'inputs 는 Value'),
        ((loss, [x], [w, w]), ValueError, '두 번'), ((loss, [x], [x]), ValueError, '두 번'),
    ):  # fmt: skip
        with pytest.raises(error, match=message):
            compile_graph(*arguments)


@pytest.mark.parametrize(('given', 'error', 'told'), [
    ('a', TypeError, r'parameters 에는 실수.*dtype <U1'), ([None], TypeError, 'parameters 에 수가 아닌'),
    ({'w': 1.0}, TypeError, 'parameters 에 수가 아닌'), ([1j], TypeError, 'parameters 에는 실수.*complex'),
    ([[1.0], [1.0, 2.0]], ValueError, 'parameters 의 행마다 길이가'), ([10**400], ValueError, 'parameters 에 float 의 범위를'),
    (np.ma.array([1.0], mask=[1]), TypeError, 'parameters 에 가려진'), ([1.0, 2.0], ValueError, r'길이 1 인 벡터.*\(2,\)'),
])  # fmt: skip
def test_a_vector_of_parameters_is_read_like_the_samples(given, error, told):
    """None 은 nan 이 되지 않는다. 읽지 못하면 값은 그대로다."""
    x, w = Value(2.0), Value(3.0)
    program = compile_graph(w * x, [x], [w])
    for use in (lambda: program.loss([[1.0]], parameters=given), lambda: program.sync(given)):
        with pytest.raises(error, match=told):
            use()
    assert w.data == 3.0 and program.loss([[1.0]], parameters=np.array([2])) == 2.0


def test_a_parameter_outside_the_graph_has_gradient_zero():
    x, w, idle = Value(2.0), Value(3.0), Value(7.0)
    idle.grad = 9.0
    assert compile_graph(w * x, [x], [idle, w]).gradient([[2.0]]).tolist() == [0.0, 2.0]
    assert idle.grad == 0.0


def test_values_are_read_at_every_call_and_gradients_overwritten(program):
    """손으로 바꾼 파라미터가 그대로 쓰이고, .grad 는 더해지지 않고 덮어쓰인다."""
    first = program.gradient(BASE)
    assert [p.grad for p in program.parameters] == program.gradient(BASE).tolist() == first.tolist()
    for p in program.parameters:
        p.data -= 0.5 * p.grad
    moved = program.loss(BASE)
    vector = np.array([p.data for p in program.parameters])
    assert program.loss(BASE, parameters=vector) == moved
    zeros = np.zeros(len(vector))
    assert program.loss(BASE, parameters=zeros) != moved
    program.gradient(BASE, write=False, parameters=zeros)
    assert [p.data for p in program.parameters] == vector.tolist()
    assert [p.grad for p in program.parameters] == first.tolist()
    program.sync(zeros)
    assert [p.data for p in program.parameters] == zeros.tolist()
    with pytest.raises(ValueError, match=rf'길이 {len(vector)}.*\(2,\)'):
        program.loss(BASE, parameters=[1.0, 2.0])


def test_a_step_on_the_vector_is_the_step_on_the_values(program):
    """벡터를 들고 하는 경사하강과 Value 로 하는 경사하강이 같은 비트다."""
    vector = program.vector.copy()
    for _ in range(5):
        vector -= 0.1 * program.gradient(BASE, write=False, parameters=vector)
        program.gradient(BASE)
        for p in program.parameters:
            p.data -= 0.1 * p.grad
    assert [p.data for p in program.parameters] == vector.tolist()


# 저장, 스레드 ---------------------------------------------------------------------------------------------------------------

def test_a_program_pickles_as_a_whole():
    """함께 저장한 망과 Value 를 계속 나누어 쓰고, 같은 비트를 낸다."""
    net = MLP(2, [3, 1], rng=random.Random(0))
    program = net.compile()
    for again, program2 in (pickle.loads(pickle.dumps((net, program))), copy.deepcopy((net, program))):
        assert all(a is b for a, b in zip(again.parameters(), program2.parameters, strict=True))
        assert program2.gradient(BASE).tobytes() == program.gradient(BASE).tobytes()
        assert again.parameters()[0].grad == net.parameters()[0].grad
        assert str(program2) == str(program)


def test_what_crosses_to_a_worker_holds_arrays_only():
    """일꾼에게 가는 것은 노드의 수에 매이지 않는다: 784-30-10 의 저장된 크기는 파라미터 벡터 세 개보다 작다."""
    net = MLP(784, [30, 10], rng=random.Random(0))
    program = net.compile()
    assert len(pickle.dumps(program._replayer)) < 3 * program.vector.nbytes


def test_two_threads_at_once_give_the_same_bits(program):
    """두 스레드가 다른 자료로 함께 불러도 저마다 혼자일 때와 같은 비트다."""
    rng = np.random.default_rng(1)
    data = [rng.normal(size=(50, 3)) for _ in range(2)]
    expected = [program.gradient(X, write=False).tobytes() for X in data]
    found = [set(), set()]

    def work(i):
        for _ in range(50):
            found[i].add(program.gradient(data[i]).tobytes())

    together(work, 2)
    assert found == [{expected[0]}, {expected[1]}]
    assert np.array([p.grad for p in program.parameters]).tobytes() in expected


SPECIAL = [math.nan, math.inf, -math.inf, 0.0, -2.0, 3.0]


@pytest.mark.parametrize('f', [
    ops.maximum, ops.minimum, ops.compare, lambda x, y: ops.select(x, y, 1), lambda x, y: ops.select(x, 1, y),
    lambda x, y: ops.step(x) + y.relu(), lambda x, y: x.leaky_relu() * y.sign(), lambda x, y: ops.logsumexp([x, y]),
    lambda x, y: x.silu() + y.gelu(), lambda x, y: x.sigmoid() - y.softplus(),
])  # fmt: skip
def test_replay_agrees_with_eager_at_nan_and_infinity(f):
    """값도 기울기도: nan 은 같은 표본에서, inf 는 같은 부호로."""
    x, y, w = Value(0.5), Value(0.25), Value(1.0)
    program = compile_graph(f(w * x, y), [x, y], [w])
    for a, b in itertools.product(SPECIAL, SPECIAL):
        v = Value(1.0)
        loss = f(v * Value(a), Value(b))
        loss.backward()
        X = [[a, b]]
        assert program.loss(X) == pytest.approx(loss.data, rel=1e-14, nan_ok=True), (a, b)
        assert program.gradient(X).tolist() == pytest.approx([v.grad], rel=1e-14, nan_ok=True), (a, b)
