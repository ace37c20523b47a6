"""엔진: 기록, 역전파, 깊은 그래프, 복사와 저장, 잘못 쓴 것에 대한 오류."""

import copy
import gc
import io
import math
import operator
import pickle
import random
import subprocess
import sys
import weakref
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_ko import MLP, DomainError, Value, first_nonfinite, first_stale, grad, losses, ops, refresh, topological
from micrograd_ko.graph import local_derivatives, swept

finite = st.floats(-10, 10)


def chain(length, x):
    y = x
    for _ in range(length):
        y = y * 1.0000001
    return y


def shared_graph(a, b):
    """a 와 b 를 여러 번 나누어 쓰는 그래프."""
    c = a * b + a
    d = ops.affine([a, c, c], [b, c, 2], c)
    return (d * d - c).tanh() + ops.select(a, c, d) * a


# 역전파 ---------------------------------------------------------------------------------------------------------------


def test_gradients_are_summed_over_every_use():
    a = Value(3.0)
    (a * a + a).backward()
    assert a.grad == 7.0


def test_parents_keep_operand_order_and_repeats():
    a, b = Value(1.0), Value(2.0)
    assert (a - b).parents == (a, b)
    assert (5 - b).parents[1] is b
    assert (a * a).parents == (a, a)
    assert ops.affine([a], [b], a).parents == (a, b, a)
    assert a.exp().parents == (a,)
    assert a.parents == () and a.op is None


@given(finite, finite)
def test_two_backward_calls_give_exactly_twice(x, y):
    a, b = Value(x), Value(y)
    root = shared_graph(a, b)
    root.backward()
    inner = [node.grad for node in topological(root) if node.op]
    once = a.grad, b.grad
    root.backward()
    assert (a.grad, b.grad) == (2 * once[0], 2 * once[1])
    assert [node.grad for node in topological(root) if node.op] == inner


@pytest.mark.parametrize(('f', 'slopes'), [
    (lambda a, b, c: ops.total([a, b, a, c]), [2, 1, 1]),
    (lambda a, b, c: ops.dot([a, b], [c, a]), [7 + 3, 2, 2]),
    (lambda a, b, c: ops.affine([a, b], [c, a], b), [7 + 3, 2 + 1, 2]),
    (ops.select, [0, 1, 0]),
    (lambda a, b, c: ops.select(-a, b, c), [0, 0, 1]),
])  # fmt: skip
def test_backward_through_one_node_of_many_operands(f, slopes):
    a, b, c = leaves = Value(2), Value(3), Value(7)
    root = f(a, b, c)
    root.backward()
    assert [leaf.grad for leaf in leaves] == slopes


def test_local_derivatives_of_a_leaf_a_node_and_an_edge():
    a, b, zero = Value(2.0), Value(3.0), Value(0.0)
    assert local_derivatives(a) == () and local_derivatives(a * b) == (3.0, 2.0)
    assert local_derivatives(zero.sqrt()) == (math.inf,)


def test_backward_on_a_leaf_adds_the_seed():
    a = Value(2.0)
    a.backward()
    a.backward(3)
    assert a.grad == 4.0


def test_seed_scales_every_gradient():
    a = Value(2.0)
    (a * a).backward(seed=0.5)
    assert a.grad == 2.0
    with pytest.raises(TypeError, match='str'):
        (a * a).backward(seed='1')


def test_an_error_during_backward_leaves_every_grad_as_it_was():
    def broken(z, x):
        raise RuntimeError('broken rule')

    a = Value(1.0)
    a.grad = 7.0
    root = ops.Op('broken', lambda m, x: x, (broken,))(a * 2) + a
    with pytest.raises(RuntimeError, match='broken rule'):
        root.backward()
    assert [node.grad for node in topological(root) if node is not a] == [0] * 4
    assert a.grad == 7.0


def test_backward_never_raises_at_the_edge_of_a_domain():
    for root_of, expected in ((lambda x: x.sqrt(), math.inf), (lambda x: (1 + x).asin(), math.inf), (lambda x: x**0.5, math.inf)):
        x = Value(0.0)
        root_of(x).backward()
        assert x.grad == expected


def test_backward_runs_on_nonfinite_values_and_first_nonfinite_finds_where_it_began():
    x = Value(1e200, 'x')
    square = x * x
    root = (square - square) + x
    root.backward()
    assert math.isnan(root.data)
    assert first_nonfinite(root) is square
    assert first_nonfinite(x) is None
    assert first_nonfinite(Value(10**400) * 2) is None


# 위상 순서와 결정성 ---------------------------------------------------------------------------------------------------


@given(finite, finite)
def test_topological_order_is_complete_and_puts_operands_first(x, y):
    root = shared_graph(Value(x), Value(y))
    order = topological(root)
    place = {node: i for i, node in enumerate(order)}
    assert len(place) == len(order) and order[-1] is root
    assert all(place[parent] < place[node] for node in order for parent in node.parents)


def test_results_are_the_same_to_the_bit_between_processes():
    code = (
        'import random; from micrograd_ko import Value; rng = random.Random(0); xs = [Value(rng.random()) for _ in range(50)]\n'
        'y = sum(rng.choice(xs) * rng.choice(xs) for _ in range(2000)).tanh(); y.backward(); print([x.grad.hex() for x in xs])'
    )
    outputs = {subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=True).stdout for _ in range(3)}
    assert len(outputs) == 1 and len(outputs.pop()) > 500


def test_a_chain_of_a_million_nodes():
    """기록, 역전파, grad, 복사, 저장, repr, 버리기: 어느 것도 되부름(recursion)에 기대지 않는다."""
    x = Value(1.0, 'x')
    root = chain(10**6, x)
    root.backward()
    expected = x.grad
    assert expected == pytest.approx(1.0000001**10**6, rel=1e-9)
    assert grad(root, x).data == expected
    assert len(repr(root)) < 200
    for twin in (copy.deepcopy(root), pickle.loads(pickle.dumps(root))):
        assert twin.data == root.data and twin is not root
        leaf = next(node for node in topological(twin) if node.name == 'x')
        assert leaf is not x and leaf.grad == expected
        del twin, leaf


def test_dropped_graphs_leave_no_value_alive_without_the_collector():
    gc.disable()
    try:
        a, b = Value(2.0), Value(3.0)
        alive = [weakref.ref(a), weakref.ref(b)]
        before = sum(isinstance(obj, Value) for obj in gc.get_objects())
        root = shared_graph(a, b)
        root.backward()
        grad(root, a)
        grad(grad(root, a), b)
        del root, a, b
        assert [ref() for ref in alive] == [None, None]
        assert sum(isinstance(obj, Value) for obj in gc.get_objects()) == before - 2
    finally:
        gc.enable()


@pytest.mark.parametrize('op', [operator.add, operator.sub, operator.mul, operator.truediv])
def test_an_arithmetic_node_is_one_object_to_the_collector(op):
    """피연산자의 튜플까지 보면 수집기가 두 배로 돌고, 큰 그래프의 기록은 거의 수집기의 시간이다."""
    gc.collect()
    gc.disable()
    try:
        x = y = Value(2.0)
        before = len(gc.get_objects())
        for _ in range(100):
            y = op(y, x)
        assert len(gc.get_objects()) - before == 100
    finally:
        gc.enable()


# 정확한 수 ------------------------------------------------------------------------------------------------------------


@given(st.fractions(), st.fractions(min_value='1/100', max_value=100))
def test_fractions_stay_exact(x, y):
    a, b = Value(x), Value(y)
    root = (3 * a + 1 / b) / 7 - a**3 * b + (a / 3).relu()
    root.backward()
    step = Fraction(int(x > 0), 3)
    assert root.data == (3 * x + 1 / y) / 7 - x**3 * y + max(x / 3, 0)
    assert (a.grad, b.grad) == (Fraction(3, 7) - 3 * x**2 * y + step, -1 / (7 * y**2) - x**3)
    assert {type(n) for n in (root.data, a.grad, b.grad)} == {Fraction}


# 낡은 그래프 ----------------------------------------------------------------------------------------------------------


def test_refresh_and_first_stale():
    a, b = Value(2.0), Value(3.0)
    product = a * b
    root = product + a
    assert first_stale(root) is None
    a.data = 10.0
    assert first_stale(root) is product
    assert refresh(root) is root and root.data == 40.0
    assert first_stale(root) is None


@pytest.mark.parametrize('moved', [10.0, 1.0, math.nan])
def test_a_larger_a_smaller_and_a_nan_leaf_make_the_graph_stale(moved):
    a = Value(2.0)
    root = a * 3
    a.data = moved
    assert first_stale(root) is root and first_stale(refresh(root)) is None


def test_a_leaf_moved_out_of_the_domain_makes_the_graph_stale():
    a = Value(2.0)
    root = a.log()
    a.data = -1.0
    assert first_stale(root) is root


def test_refresh_out_of_domain_changes_nothing_and_names_the_node():
    a = Value(2.0, '입력')
    root = (a * 2 + a.log()).exp()
    a.data = -1.0
    before = [node.data for node in topological(root)]
    with pytest.raises(DomainError, match='입력'):
        refresh(root)
    assert [node.data for node in topological(root)] == before
    assert first_stale(root).op in (ops.mul, ops.log)


# 복사와 저장 ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize('twin_of', [copy.deepcopy, lambda v: pickle.loads(pickle.dumps(v)), copy.copy])
def test_copies_behave_the_same(twin_of):
    a, b = Value(0.3, 'a'), Value(0.2, 'b')
    root = shared_graph(a, b)
    root.name = '손실'
    root.backward()
    twin = twin_of(root)
    assert [repr(node) for node in topological(twin)] == [repr(node) for node in topological(root)]
    assert twin is not root


def test_deepcopy_keeps_all_sharing_and_obeys_the_memo():
    a, b = Value(0.3), Value(0.2)
    root, other = shared_graph(a, b), a * b
    root2, other2, again, a2 = copy.deepcopy([root, other, root, a])
    assert again is root2 and a2 in topological(root2) and a2 in topological(other2) and a2 is not a
    stand_in = Value(9.0)
    assert copy.deepcopy(other, {id(a): stand_in}).parents[0] is stand_in


def test_pickled_roots_share_leaves():
    a = Value(2.0, 'a')
    doubled = a * 2
    one, two = pickle.loads(pickle.dumps((doubled + 1, doubled + 2)))
    assert one.parents[0].parents[0] is two.parents[0].parents[0]


def test_a_pickled_tuple_of_roots_is_one_graph_whatever_the_order():
    x = Value(2.0, 'x')
    h = (x * 3).tanh()
    y = h * h + x
    for roots in ((y, h, x), (x, h, y), (h, y, x)):
        again = dict(zip(roots, pickle.loads(pickle.dumps(roots)), strict=True))
        again[y].backward()
        y.backward()
        assert (again[h].grad, again[x].grad) == (h.grad, x.grad)
        x.grad = 0


def test_a_pickled_trace_and_its_loss_keep_the_deltas():
    trace = MLP(2, [3, 2], rng=random.Random(0)).trace([0.5, 0.3])
    loss = losses.quadratic(trace.output, [1, 0])
    loss.backward()
    for saved in ((trace, loss), (loss, trace)):
        again = {type(x): x for x in pickle.loads(pickle.dumps(saved))}
        assert again[type(trace)].deltas == trace.deltas
        assert set(topological(again[Value])) >= {z for zs in again[type(trace)].zs for z in zs}


def hidden_states(count):
    h = [Value(0.5)]
    for _ in range(count):
        h.append((h[-1] * 0.9).tanh())
    return h[1:]


@pytest.mark.parametrize('pickler', [pickle.Pickler, pickle._Pickler])
def test_hidden_states_take_linear_space(pickler):
    def size(count):
        out = io.BytesIO()
        pickler(out).dump(hidden_states(count))
        return len(out.getvalue())

    assert size(400) - size(200) <= 1.1 * (size(200) - size(0))
    assert size(200) <= 2 * len(pickle.dumps(hidden_states(200)[-1]))


@pytest.mark.parametrize('pickler', [pickle.Pickler, pickle._Pickler])
def test_picklers_alive_at_the_same_time_do_not_disturb_each_other(pickler):
    states = hidden_states(3000)
    first, second, third = (pickler(io.BytesIO()) for _ in range(3))
    first.dump(states)
    out = [io.BytesIO() for _ in range(2)]
    y = states[-1] * 2
    for file, saved in zip(out, (y, [states[-1], y]), strict=True):
        later = pickler(file)
        later.dump(saved)
        again = pickle.loads(file.getvalue())
        again = again if isinstance(again, Value) else again[1]
        assert len(topological(again)) == len(topological(y)) and again.data == y.data
    del second, third


class Noted(Value):
    """속성을 더한 하위 형. 속성으로 다른 노드를 가리킬 수도 있다."""


@pytest.mark.parametrize('twin_of', [copy.deepcopy, lambda v: pickle.loads(pickle.dumps(v)), copy.copy])
def test_a_subclass_and_its_attributes_survive(twin_of):
    leaf = Noted(2.0, 'x')
    leaf.unit = 'cm'
    twin = twin_of(leaf)
    assert type(twin) is Noted and (twin.data, twin.name, twin.unit) == (2.0, 'x', 'cm')
    root = leaf * 3
    twin = twin_of(root).parents[0]
    assert type(root) is Value and type(twin) is Noted and twin.unit == 'cm'


@pytest.mark.parametrize('twin_of', [copy.deepcopy, lambda v: pickle.loads(pickle.dumps(v))])
def test_an_attribute_may_point_back_into_the_graph(twin_of):
    leaf = Noted(2.0)
    leaf.used_by = root = (leaf * 3).tanh()
    twin = twin_of(root)
    twin_leaf = topological(twin)[0]
    assert twin_leaf.used_by is twin and twin.data == root.data
    assert topological(twin_of(leaf).used_by)[0].used_by.data == root.data


def test_detach_cuts_the_graph():
    a = Value(2.0, 'a')
    (a.detach() * a).backward()
    assert a.grad == 2.0 and a.detach().name == 'a'


# 잘못 쓴 것 -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize('bad', ['1', True, False, None, 1j, np.array([1.0]), np.True_, [1.0], Value(1.0)])
def test_value_refuses_what_is_not_a_real_number(bad):
    with pytest.raises(TypeError, match=type(bad).__name__):
        Value(bad)
    if not isinstance(bad, Value | np.ndarray):
        with pytest.raises(TypeError):
            Value(1.0) * bad


@pytest.mark.parametrize(('given', 'kept'), [
    (np.float64(0.5), 0.5), (np.float32(0.5), 0.5), (np.int64(3), 3), (3, 3), (np.int64(1), 1), (np.float64(0.0), 0.0),
    (np.float64(-2.5), -2.5), (Fraction(1, 3), Fraction(1, 3)),
])  # fmt: skip
def test_numpy_numbers_become_python_numbers(given, kept):
    value = Value(given)
    assert value.data == kept and type(value.data) is type(kept)
    product = given * Value(2.0)
    assert type(product) is Value and product.data == kept * 2.0


@pytest.mark.parametrize(('expression', 'told'), [
    (lambda v: v.log(), 'x > 0'),
    (lambda v: 1 / (v + 1), 'y ≠ 0'),
    (lambda v: (8 * v) ** (1 / 3), 'x ≥ 0'),
    (lambda v: (v * -1000).exp(), 'float 의 범위'),
    (lambda v: v ** Value(0.5), '지수'),
    (lambda v: (v + 1) ** -1, 'x ≠ 0'),
    (lambda v: ops.asin(v * 2), r'\|x\| ≤ 1'),
    (lambda v: (v * 1e300) / 1e-300, 'float 의 범위'),
])  # fmt: skip
def test_domain_errors_say_what_was_expected_and_name_the_nodes(expression, told):
    v = Value(-1.0)
    with pytest.raises(DomainError, match=told) as caught:
        expression(v)
    assert isinstance(caught.value, ValueError) and isinstance(caught.value, ArithmeticError)
    again = pickle.loads(pickle.dumps(caught.value))
    assert str(again) == str(caught.value) and again.op is caught.value.op


def test_domain_error_names_the_node():
    with pytest.raises(DomainError, match='z²₁') as caught:
        Value(-1.0, 'z²₁').sqrt()
    assert (caught.value.op, caught.value.operands, caught.value.names) == (ops.sqrt, (-1.0,), ('z²₁',))


@pytest.mark.parametrize(('misuse', 'advice'), [
    (math.exp, r'v\.exp\(\)'), (float, r'v\.data'), (int, r'v\.data'), (bool, r'v\.data'),
    (lambda v: v < Value(1), r'ops\.maximum'),
    (lambda v: max(v, Value(3)), r'ops\.maximum'), (lambda v: v >= 2, r'v\.data'), (lambda v: 1 if v else 0, r'ops\.select'),
])  # fmt: skip
def test_misuse_as_a_number_names_the_right_way(misuse, advice):
    with pytest.raises(TypeError, match=advice):
        misuse(Value(2.0))


def test_equality_is_identity_and_values_are_hashable():
    a, b = Value(1.0), Value(1.0)
    same = a
    assert a != b and a == same and len({a, b, same}) == 2


def test_text_forms():
    v = Value(2.0, 'v')
    assert f'{v:.3f}' == '2.000' and f'{v}' == repr(v) == "Value(data=2.0, grad=0, name='v')"
    assert "op='mul'" in repr(v * v)


def test_builtin_abs_sum_and_powers():
    v = Value(-2.0)
    assert abs(v).data == 2.0 and sum([v, v]).data == -4.0 and (2**v).data == 0.25 and (v**3).data == -8.0 and (-v).data == 2.0
    assert (v**0).data == 1.0 and (Value(4.0) ** Value(0.5)).data == 2.0
    with pytest.raises(TypeError, match='str'):
        v ** 'n'


def test_registering_an_operation_gives_values_a_method():
    op = ops.register(ops.Op('cube', lambda m, x: x * x * x, (lambda z, x: 3 * x * x,)))
    try:
        v = Value(2.0)
        assert v.cube().data == 8.0
        with pytest.raises(ValueError, match='cube'):
            ops.register(op)
    finally:
        ops.unregister('cube')
    assert not hasattr(v, 'cube')
    with pytest.raises(ValueError, match='data'):
        ops.register(ops.Op('data', lambda m, x: x, (lambda z, x: 1,)))
    assert 'data' not in ops.table
    with pytest.raises(ValueError, match='exp'):
        ops.unregister('exp')


# 역전파를 했는가 ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize('zero', [0, 0.0, Fraction(0)])
def test_a_gradient_of_zero_is_not_a_gradient_unknown(zero):
    """역전파 전의 0 은 아직 모르는 것이고, 그 뒤의 0 은 계산된 것이다. 사본도 그것을 안다."""
    x = Value(zero)
    y = x * zero
    assert y.grad == 0 and repr(y.grad) == '0' and not swept(x) and not swept(y)
    assert not swept(copy.deepcopy(y)) and not swept(pickle.loads(pickle.dumps(y)))
    y.backward()
    assert x.grad == 0 and swept(x) and swept(y) and swept(pickle.loads(pickle.dumps(x)))


def test_zeroed_gradients_are_unknown_again():
    net = MLP(1, [1])
    net([0.5]).backward()
    assert all(map(swept, net.parameters()))
    net.zero_grad()
    assert not any(map(swept, net.parameters()))


# 하위 형 --------------------------------------------------------------------------------------------------------------


class Length(Value, closed=True):
    """연산이 저를 주는 하위 형."""

    __slots__ = ('unit',)


class Shorter(Length):
    """닫힌 형의 하위 형은 그 연산을 물려받는다."""


def test_operations_on_a_subclass_give_a_plain_value():
    x = Noted(2.0, 'x')
    for y in (x + 1, 1 + x, x * x, x.exp(), x**2, -x, abs(x), ops.dot([x], [3.0]), ops.total([Value(1.0), x]), Value(1.0) - x):
        assert type(y) is Value
        y.backward()


def test_a_subclass_may_pass_a_reflected_operation_on():
    class Counted(Value):
        def __rsub__(self, other):
            self.name += '|'
            return super().__rsub__(other)

    x = Counted(2.0)
    assert ((5 - x).data, (Value(3.0) - x).data, x.name) == (3.0, 1.0, '||')


@pytest.mark.parametrize('x', [Length(2.0, 'x'), Shorter(2.0, 'x')], ids=['닫힌 형', '그 하위 형'])
def test_operations_on_a_closed_subclass_give_that_subclass(x):
    plain = Value(3.0)
    made = [x + 1, 1 - x, x * plain, plain * x, plain / x, plain - x, x.tanh(), x**2, 2**x, x**plain, -x, abs(x),
            ops.total([plain, x]), ops.affine([plain], [plain], x), ops.select(plain, 1, x)]  # fmt: skip
    made += [Noted(4.0) + x, Noted(4.0) / x, x - Noted(4.0)]
    assert {type(y) for y in made} == {Length}
    assert {type(y) for y in (plain + 1, plain * plain, plain.exp(), ops.total([plain, plain]))} == {Value}
    for y, expected in ((x * plain + x, 4.0), (plain - x * x, -4.0)):
        x.grad = 0
        y.backward()
        assert x.grad == expected and type(grad(y, x)) in (Length, Value)
