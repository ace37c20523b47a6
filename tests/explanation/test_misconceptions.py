"""오해: 틀린 순회가 손으로 계산한 틀린 답을 내고, 옳다고 적은 그래프에서는 옳고, 주어진 그래프를 바꾸지 않는다."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_ko import MLP, Value, losses, ops, topological
from micrograd_ko.explanation.misconceptions import (
    MISCONCEPTIONS,
    compared,
    depth_first,
    forgetting_zero_grad,
    overwriting,
    passing_on_at_once,
    updating_while_walking,
)

numbers = st.fractions(-3, 3, max_denominator=5)


def doubled_twice(x):
    a = Value(x, 'a')
    b = a + a
    c = b + b
    b.name, c.name = 'b', 'c'
    return c


def wrong_of(comparison):
    return {row.name: (row.right, row.wrong) for row in comparison.rows}


@st.composite
def graphs(draw, inner_once, leaves_once):
    """작은 유리수 그래프. inner_once 면 안쪽 노드를, leaves_once 면 잎도 한 번만 쓴다."""
    pool = [Value(draw(numbers), f'x{i}') for i in range(draw(st.integers(2, 5)))]
    for i in range(draw(st.integers(1, 6))):
        op = draw(st.sampled_from([ops.add, ops.sub, ops.mul, ops.square, ops.neg]))
        if op.arity > len(pool):
            continue
        picked = [pool[draw(st.integers(0, len(pool) - 1))] for _ in range(op.arity)]
        if (inner_once and any(p.op for p in picked)) or leaves_once:
            picked = list(dict.fromkeys(picked))
            if len(picked) != op.arity:
                continue
        node = op(*picked)
        node.name = f'n{i}'
        pool = [p for p in pool if not (p in picked and (leaves_once if p.op is None else inner_once))]
        pool.append(node)
    used = [p for p in pool if p.op] or [pool[0] * 1]
    return used[-1]


# 틀린 답 그대로 ---------------------------------------------------------------------------------------------------------


@given(numbers)
def test_b_is_a_plus_a_and_c_is_b_plus_b(x):
    """옳은 답은 ∂c/∂b = 2, ∂c/∂a = 4."""
    c = doubled_twice(x)
    assert wrong_of(overwriting(c)) == {'a': (4, 1), 'b': (2, 1)}
    assert wrong_of(passing_on_at_once(c)) == {'a': (4, 6), 'b': (2, 2)}
    assert wrong_of(depth_first(c)) == {'a': (4, 4), 'b': (2, 2)}
    assert passing_on_at_once(c).broken == ['a'] and depth_first(c).broken == []


@given(numbers, numbers)
def test_depth_first_loses_what_comes_late(x, w):
    """b = w·a, c = b + b²: 먼저 b 를 걸으면 b² 에서 오는 2b 가 a 로 내려가지 못한다."""
    a, weight = Value(x, 'a'), Value(w, 'w')
    b = weight * a
    b.name = 'b'
    c = b + b * b
    assert wrong_of(depth_first(c)) == {'a': ((1 + 2 * w * x) * w, w), 'w': ((1 + 2 * w * x) * x, x), 'b': (1 + 2 * w * x,) * 2}


@given(numbers, numbers, numbers, st.fractions(0, 2, max_denominator=4))
def test_updating_while_walking_mixes_two_points(x, w1, w2, rate):
    """C = w₂·(w₁·x): 먼저 고친 w₂ − η·w₁x 로 w₁ 의 기울기를 계산한다."""
    first, second = Value(w1, 'w1'), Value(w2, 'w2')
    hidden = first * x
    hidden.name = 'h'
    found = wrong_of(updating_while_walking(second * hidden, [first, second], rate))
    changed = w2 - rate * w1 * x
    assert found == {'w1': (w2 * x, changed * x), 'w2': (w1 * x, w1 * x), 'h': (w2, changed)}


@given(numbers, numbers, st.fractions(0, 2, max_denominator=4))
def test_forgetting_zero_grad_adds_the_first_gradient_to_the_second(x, w, rate):
    """C = (w·x)²: 기울기는 2wx², 한 번 갱신한 뒤에는 2(w − η·2wx²)x²."""
    weight = Value(w, 'w')
    first = 2 * w * x * x
    second = 2 * (w - rate * first) * x * x
    assert wrong_of(forgetting_zero_grad(ops.square(weight * x), [weight], rate)) == {'w': (second, first + second)}


def test_numbers_beyond_float_are_compared():
    c = doubled_twice(10**400) ** 2
    assert [bool(misconception(c).broken) for misconception in MISCONCEPTIONS] == [True, False, True, True, False]


def test_an_operation_outside_the_table_can_be_walked():
    """오해의 순회 가운데 사본을 고치지 않는 것은 저장할 수 없는 연산도 지난다."""
    twice = ops.Op('twice', lambda m, x: x + x, (lambda z, x: 2,))
    a = Value(3.0, 'a')
    assert wrong_of(overwriting(twice(a) + a))['a'] == (3, 2)


def test_which_parameters_of_a_network_break():
    """역전파 도중에 고치면 출력층은 옳고 그 앞 층이 깨진다. 마지막 층만 있으면 파라미터는 모두 옳다."""
    net = MLP(2, [3, 2], rng=random.Random(0))
    cost = losses.quadratic(net([0.5, 0.3]), [1.0, 0.0])
    broken = set(updating_while_walking(cost, net.parameters(), 0.5).broken)
    assert {p.name for p in net.parameters() if '²' in p.name} <= broken
    assert not {p.name for p in net.parameters() if '³' in p.name} & broken
    single = MLP(2, [2], rng=random.Random(0))
    cost = losses.quadratic(single([0.5, 0.3]), [1.0, 0.0])
    assert not {p.name for p in single.parameters()} & set(updating_while_walking(cost, single.parameters(), 0.5).broken)
    assert set(forgetting_zero_grad(cost, single.parameters(), 0.5).broken) == {p.name for p in single.parameters()}


# 옳다고 적은 그래프 ------------------------------------------------------------------------------------------------------


@given(graphs(inner_once=True, leaves_once=True))
def test_trees_survive_overwriting(root):
    assert overwriting(root).broken == []


@given(graphs(inner_once=True, leaves_once=False))
def test_inner_nodes_used_once_survive_depth_first_and_passing_on(root):
    assert depth_first(root).broken == [] and passing_on_at_once(root).broken == []


@given(graphs(inner_once=False, leaves_once=False))
def test_right_is_what_the_engine_gives_and_nothing_changes(root):
    root.backward()
    before = [repr(node) for node in topological(root)]
    engine = {node.name: node.grad for node in topological(root)}
    for misconception in MISCONCEPTIONS:
        comparison = misconception(root)
        assert str(comparison) and comparison.html()
        assert [row.name for row in comparison.rows if row.broken != (row.right != row.wrong)] == []  # 유리수에는 반올림이 없다
        if misconception is not forgetting_zero_grad:
            assert all(row.right == engine[row.name] for row in comparison.rows)
    assert [repr(node) for node in topological(root)] == before


@pytest.mark.parametrize(('wrong', 'broken'), [(1 + 2**-52, False), (1 - 2**-52, False), (1 + 1e-9, True), (math.nan, True)])
def test_only_what_rounding_cannot_explain_is_called_broken(wrong, broken):
    x = Value(0.3, 'x')
    root = (x.sin() * x.exp() + x).tanh()
    root.backward()
    (row, *_) = compared(topological(root), {x: x.grad * wrong})
    assert row.name == 'x' and row.broken == broken


# 글과 HTML, 잘못 쓴 것 ---------------------------------------------------------------------------------------------------


def test_the_comparison_is_shown_side_by_side():
    comparison = overwriting(doubled_twice(3.0))
    lines = [line.split() for line in str(comparison).splitlines()]
    assert ['a', '4', '1', '깨짐'] in lines and '나무' in str(comparison) and '2개가 깨졌다: b, a' in str(comparison)
    assert '모두 옳다' in str(depth_first(doubled_twice(3.0)))
    page = comparison.html()
    assert '<tr class="marked"><td>a</td><td>4</td><td>1</td><td>깨짐</td></tr>' in page and 'http' not in page
    assert '&lt;b&gt;' in overwriting(Value(1.0, '<b>') * 2).html()


def test_unnamed_graphs_are_shown_too():
    a = Value(2.0)
    assert {row.name for row in overwriting((a * a).tanh()).rows} == {'2', 'v₂'}


def test_wrong_use():
    a = Value(1.0, 'a')
    root = a * 2
    with pytest.raises(ValueError, match='잎'):
        updating_while_walking(root, [Value(1.0)])
    with pytest.raises(ValueError, match='잎'):
        forgetting_zero_grad(root.tanh(), [root])
    y = a
    for _ in range(40):
        y = y + y
    with pytest.raises(ValueError, match='100,000'):
        passing_on_at_once(y)
    assert depth_first(y).broken == [] and overwriting(y).broken
