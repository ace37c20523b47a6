"""float 만 아는 규칙: 할 수 있는 해석은 하고, 아니면 어느 해석기에서나 같은 오류다. 꼴이 어긋난 연산은 등록되지 않는다."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_ko import DomainError, Value, compile_graph, explain, grad, ops, topological
from micrograd_ko.kinds.bounds import Bounded
from micrograd_ko.kinds.dual import Dual
from micrograd_ko.kinds.fitting import RuleError
from micrograd_ko.kinds.precise import exact
from micrograd_ko.kinds.rules import described, rule_of
from micrograd_ko.kinds.symbols import Symbol
from micrograd_ko.reverse import bounded_sweep
from micrograd_ko.testing import gradcheck

CLAMP = ops.Op('clamp', lambda m, x: min(max(x, -1), 1), (lambda z, x: 1 if -1 < x < 1 else 0,))
SINE = ops.Op('sine', lambda m, x: math.sin(x), (lambda z, x: math.cos(x),))
BRANCH = ops.Op(
    'branch', lambda m, x: x * x if x > 0 else -x, (lambda z, x: 2 * x if x > 0 else -1,), defined=lambda x: x > -5 and x < 50
)
STEEP = ops.Op('steep', lambda m, x: x - x * x * x / 3, (lambda z, x: 1 - x * x if abs(x) < 2 else math.inf,))
LONGEST = ops.Op('longest', lambda m, *xs: max(xs), lambda z, *xs: [1 if x == z else 0 for x in xs])
FLOAT_ONLY = [CLAMP, SINE, BRANCH]


@pytest.fixture(autouse=True)
def registered():
    for op in (*FLOAT_ONLY, STEEP, LONGEST):
        ops.register(op)
    yield
    for op in (*FLOAT_ONLY, STEEP, LONGEST):
        ops.unregister(op.name)


@pytest.mark.parametrize('op', FLOAT_ONLY, ids=lambda op: op.name)
@pytest.mark.parametrize(
    ('call', 'what'),
    [
        (lambda op, x: op(np.array([0.5, 2.0])), r'순방향 식에 ndarray.*m\.sin\(x\).*m\.select'),
        (lambda op, x: compile_graph(op(x), [x], []).loss([[0.5], [2.0]]), r'순방향 식에 ndarray.*m\.select'),
        (lambda op, x: grad(grad(op(x), x), x), r'편미분에 Value.*ops\.cos\(x\).*ops\.select'),
        (lambda op, x: gradcheck(lambda x: op(x) * x, [0.5], order=2), '편미분에 Value'),
        (lambda op, x: op(Dual(Dual(0.5, 1), 1)), '편미분에 Dual'),
        (lambda op, x: op.derivatives(exact(0.5), np.array([0.5, 2.0])), '편미분에 ndarray'),
    ],
    ids=['array', 'replay', 'second derivative', 'second order check', 'nested dual', 'array slope'],
)  # fmt: skip
def test_the_error_names_the_operation_and_what_to_write(op, call, what):
    with pytest.raises(RuleError, match=f'{op.name}: {what}') as caught:
        call(op, Value(0.5, 'x'))
    assert caught.value.__cause__ is not None


@pytest.mark.parametrize('op', FLOAT_ONLY, ids=lambda op: op.name)
def test_what_can_do_without_the_rule_works(op):
    """한계, 쌍대수, 검사, 글과 설명: 규칙을 그 종류의 수로 부르지 않아도 되는 것."""
    x = Value(0.5, 'x')
    y = op(x) * x
    y.backward()
    values, slopes = bounded_sweep(topological(y))
    assert (values[y].value, slopes[x].value) == (y.data, x.grad)
    assert 0 < values[y].error < 1e-14 and 0 < slopes[x].error < 1e-14
    assert op(Dual(0.5, 1)).slope == op.derivatives(op(0.5), 0.5)[0]
    assert gradcheck(lambda x: op(x) * x, [0.5]).wrong == []
    assert f'∂z/∂x = ∂{op.name}/∂x' in described(op)
    assert 'x = 0.5' in str(explain(x, y))


def test_a_rule_used_inside_another_is_the_one_that_is_blamed():
    outer = ops.register(ops.Op('outer', lambda m, x: m.exp(m.clamp(x)), (lambda z, x: z * ops.step(x),)))
    try:
        with pytest.raises(RuleError, match='clamp: 순방향'):
            outer(np.array([0.5, 2.0]))
        assert outer(Bounded(0.5)).error < 1e-14
    finally:
        ops.unregister('outer')


def test_a_domain_with_and_is_named_and_does_not_hide_the_domain_error():
    broken = ops.register(ops.Op('broken', lambda m, x: m.log(x), (lambda z, x: 1 / x,), defined=lambda x: x > 0 and x < 9))
    try:
        with pytest.raises(DomainError, match=r'broken: x = -1.0.*정의역\(domain\) 밖'):
            broken(-1.0)
        x = Value(1.0)
        with pytest.raises(RuleError, match=r'broken: 정의역에 ndarray.*\(x > 0\) & \(x < 1\)'):
            compile_graph(broken(x), [x], []).loss([[1.0], [2.0]])
    finally:
        ops.unregister('broken')


@given(st.sampled_from([CLAMP, SINE, BRANCH, STEEP]), st.floats(-1.9, 1.9, allow_subnormal=False), st.floats(0, 1e-3))
def test_the_bounds_of_a_float_only_rule_hold(op, x, error):
    """참값은 표의 연산으로 적은 같은 식을 Fraction 이나 200자리로: 값도 편미분도 한계 안에 있다."""
    truth = {
        'clamp': (lambda x: min(max(x, -1), 1), lambda x: int(-1 < x < 1)),
        'sine': (lambda x: ops.sin(exact(x)), lambda x: ops.cos(exact(x))),
        'branch': (lambda x: x * x if x > 0 else -x, lambda x: 2 * x if x > 0 else -1),
        'steep': (lambda x: x - x**3 / 3, lambda x: 1 - x * x),
    }[op.name]
    near, leaf = Bounded(x, error), Value(x)
    root = op(leaf)
    values, slopes = bounded_sweep([leaf, root])
    value, slope = (f(Fraction(x)) for f in truth)
    assert values[root].explains(exact(values[root].value) - exact(value))
    assert slopes[leaf].explains(exact(slopes[leaf].value) - exact(slope))
    moved = op(near)
    for end in (x - error, x + error):
        assert moved.explains(exact(moved.value) - exact(truth[0](Fraction(end))))


def test_many_operands_and_equality():
    """n항 규칙도, `==` 로 고르는 규칙도 float 처럼 돈다."""
    xs = [Value(0.5), Value(2.0), Value(-1.0)]
    root = LONGEST(xs)
    slopes = bounded_sweep(topological(root))[1]
    assert [slopes[x].value for x in xs] == [0, 1, 0]
    for kind in (Bounded(0.5), Dual(0.5, 1)):
        for choose in (lambda x: x == 0, lambda x: x != 0, bool):
            with pytest.raises(TypeError, match='고를 수 없습니다'):
                choose(kind)


# 등록 -----------------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize(
    ('op', 'message'),
    [
        (ops.Op('bad', lambda m, x: x, (lambda z, x, y: 1, lambda z, x, y: 1)), '피연산자 2개'),
        (ops.Op('bad', lambda m, x, y: x * y, (lambda z, x: 1,)), '피연산자 1개'),
        (ops.Op('bad', lambda m, x, y: x * y, (lambda z, x, y: y, lambda z, x: x)), '피연산자 2개'),
        (ops.Op('bad', lambda m, *xs: sum(xs), lambda z, *xs: (1,)), '피연산자 2개에 편미분이 1개'),
        (ops.Op('bad', lambda m, x: x, (lambda z, x: None,)), '편미분: 수를'),
        (ops.Op('bad', lambda m, x: [x], (lambda z, x: 1,)), '순방향 식: 수를'),
        (ops.Op('bad', lambda m, x: m.no_such_row(x), (lambda z, x: 1,)), 'no_such_row'),
        (ops.Op('bad', lambda m, x: x, (lambda z, x: 1,), defined=lambda x, y: x > y), '피연산자 1개'),
        (ops.Op('bad', lambda m, x: x, (lambda z, x: 1,), kinks=lambda x: None), '꺾인 점: 수를'),
        (ops.Op('bad', lambda m, x: x, (lambda z, x: 1,), arguments='x y'), '인수 2개'),
        (ops.Op('bad', lambda m, x, y: x, (lambda z, x, y: 1, lambda z, x, y: 0), sample=[(0.0, 1.0)] * 3), 'sample 구간 3개'),
        (ops.Op('bad', lambda m, x: x, (lambda z, x: 1,), '#1 + #2'), 'latex 의 #2 에'),
        (ops.Op('bad', lambda m, *xs: sum(xs), lambda z, *xs: (1,) * len(xs), r'\max(#1)'), 'latex 의 #1 에.*n항'),
        (ops.Op('bad', lambda m, x: x > 0, (lambda z, x: 0,)), '순방향 식: 수를'),
        *[(ops.Op('bad', lambda m, x: x, (lambda z, x: 1,), sample=[pair]), 'sample 의 구간은') for pair in (
            (1.0, 0.0), (math.nan, 1.0), (0.0, math.inf), (0.0, 1.0, 2.0), ('a', 'b'), 'ab', 3, ())],
        (ops.Op('bad', lambda m, x, y: m.sqrt(x - y), (lambda z, x, y: None, lambda z, x, y: 1)), '편미분: 수를'),
    ],
)  # fmt: skip
def test_an_operation_whose_rules_do_not_fit_is_refused_and_leaves_nothing(op, message):
    with pytest.raises(ValueError, match=f'bad.*{message}'):
        ops.register(op)
    assert 'bad' not in ops.table
    assert not hasattr(Value, 'bad')


@pytest.mark.parametrize('op', [
    ops.Op(3, lambda m, x: x, (lambda z, x: 1,)), ops.Op(None, lambda m, x: x, (lambda z, x: 1,)),
    ops.Op('bad', lambda m, x: x, (lambda z, x: 1,), b'#1'), ops.Op('bad', lambda m, x: x, (lambda z, x: 1,), 3),
], ids=range(4))  # fmt: skip
def test_a_name_and_its_latex_are_text(op):
    with pytest.raises(TypeError, match='글입니다'):
        ops.register(op)
    assert op.name not in ops.table


@pytest.mark.parametrize(('op', 'expected'), [
    (ops.Op('plain', lambda m, x: x, (lambda z, x: 1,), r'\mathrm{q}'), r'\mathrm{q}(a)'),
    (ops.Op('two', lambda m, x, y: x * y, (lambda z, x, y: y, lambda z, x, y: x)), r'\operatorname{two}(a, b)'),
    (ops.Op('many', lambda m, *xs: sum(xs), lambda z, *xs: (1,) * len(xs)), r'\operatorname{many}(a, b)'),
], ids=lambda x: getattr(x, 'name', ''))  # fmt: skip
def test_an_operation_without_latex_is_typeset_with_all_its_operands(op, expected):
    assert op.apply(*[Symbol(name) for name in 'ab'[: op.arity]]).latex == expected and '#' not in rule_of(op).formula.latex


def test_a_wrong_slope_is_left_to_gradcheck_and_a_narrow_domain_is_no_reason():
    """값이 틀린 규칙은 등록되고, 구간의 어디서도 정의되지 않는 연산은 불러 볼 수 없다."""
    for op in (
        ops.Op('bad', lambda m, x: m.exp(x), (lambda z, x: 2 * z,)),
        ops.Op('bad', lambda m, x: m.log(x - 1000), (lambda z, x: 1 / (x - 1000),)),
    ):
        assert ops.register(op) is op
        ops.unregister('bad')
