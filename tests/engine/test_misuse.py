"""사용자가 틀리게 쓰는 일마다, 무엇이 틀렸고 무엇을 쓸지 알리는 오류. 아무것도 소리 없이 지나가지 않는다."""

import math
import operator
import random
import statistics
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from micrograd_ko import (
    MLP,
    SGD,
    DomainError,
    Layer,
    Neuron,
    Value,
    compile_graph,
    diagnose,
    draw,
    first_nonfinite,
    first_stale,
    iris,
    losses,
    micrograd,
    ops,
    plots,
    receipt,
    refresh,
    train,
)
from micrograd_ko.derivatives import grad, hessian, hvp, jacobian, value_and_grad
from micrograd_ko.misuse import brief, listed
from micrograd_ko.testing import gradcheck

NET = MLP(2, [3, 1], rng=0)
POINT = Value(1.0)
PROGRAM = compile_graph(POINT * 2, [POINT], [])
COMPILED = {  # 인수의 이름 → 그것을 받는 일
    'inputs': lambda x: compile_graph(POINT * 2, x, []), 'parameters': lambda x: compile_graph(POINT * 2, [], x),
    'outputs': lambda x: compile_graph(POINT * 2, [POINT], [], x),
    'frozen': lambda x: compile_graph(POINT * 2, [POINT], [], frozen=x),
    'wrt': lambda x: PROGRAM.gradients([[1.0]], x),
}  # fmt: skip


def square(x):
    return x * x


# Value 를 수처럼 ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize('other', [2, 2.0, True, Fraction(2), np.float64(2), np.float32(2), np.int64(2)], ids=repr)
def test_a_value_is_not_compared_with_a_number(other):
    v = Value(2.0, 'v')
    for compare in (operator.eq, operator.ne):
        for x, y in ((v, other), (other, v)):
            with pytest.raises(TypeError, match=r"name='v'.*v\.data == 2\.0"):
                compare(x, y)
    with pytest.raises(TypeError, match=r'v\.data'):
        assert other in [v]


def test_a_value_equals_only_itself_and_hashes_as_an_object():
    v, w = Value(2.0), Value(2.0)
    assert v == v and v != w and not v == w and v in [w, v]  # noqa: PLR0124, SIM201 - 같음이 시험이다
    assert all(v != other for other in (None, 'v', [2.0], 2j))
    assert {v: 1, w: 2}[w] == 2 and len({v, w, v}) == 2
    assert hash(v) == object.__hash__(v) and Value.__hash__ is object.__hash__  # 파이썬으로 적은 해시는 순회를 느리게 한다
    assert not hasattr(Value, '__getattr__')  # 있으면 모든 속성 읽기가 느려진다


@pytest.mark.parametrize(
    ('use', 'instead'),
    [
        *[(use, r'round\(v\.data\)') for use in (round, lambda v: round(v, 2), math.floor, math.ceil, math.trunc)],
        *[(use, 'v / 2') for use in (lambda v: v // 2, lambda v: 2 // v, lambda v: v % 2, lambda v: 2 % v)],
        (lambda v: divmod(v, 2), r'v\.data // 2'),
        (lambda v: statistics.mean([v, v]), r'losses\.mean\(vs\)'),
        (lambda v: statistics.mean([1.0, v]), r'losses\.mean\(vs\)'),
        (float, r'v\.data'), (math.exp, r'v\.exp\(\)'), (lambda v: v < 2, r'ops\.maximum'), (bool, r'ops\.select'),
    ],
)  # fmt: skip
def test_a_value_used_as_a_number_says_what_to_use(use, instead):
    with pytest.raises(TypeError, match=r'Value\(data=2\.5.*' + instead):
        use(Value(2.5))


def test_plus_is_the_value_itself():
    v = Value(2.5)
    assert +v is v


# 목록 대신 수를 -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ('use', 'told'),
    [
        (lambda: MLP(2, 3), r'MLP\(2, \[3, 1\]\).* 3 을'),
        *[(lambda net=net: net(1.0), r'2개를 목록 하나로.*net\(\[1\.0, 1\.0\]\)') for net in (NET, NET.layers[0], Neuron(2))],
        *[(lambda net=net: net(1.0, 2.0), '인수 2개를') for net in (NET, NET.layers[0], Neuron(2), NET.trace)],
        (lambda: NET(np.float64(1)), '목록 하나로'),
        (lambda: micrograd.MLP(2, 3), r'MLP\(2, \[3, 1\]\).* 3 을'),
        (lambda: micrograd.MLP(2, [1])(1.0), r'LinearNeuron\(2\): .*목록 하나로.* 1\.0 을'),
        (lambda: MLP.from_matrices(3, 4), 'weights 는 층마다의'),
        *[(lambda f=f: f(square, 2.0), r'xs 는 .*\[2\.0\]') for f in (hessian, jacobian)],
        (lambda: ops.register(square), r'ops\.Op\(.*<function square'),
        (lambda: jacobian(lambda x: None, [2.0]), 'Value 나 그 목록을.* None 을'),
        (lambda: MLP(2, [1], init='zeros'), r"\(rng, nin\) 을.* 'zeros' 을"),
        (lambda: hvp(square, 2.0, [1.0]), r'xs 는 .*\[2\.0\]'),
        (lambda: hvp(square, [2.0], 1.0), r'v 는 xs 와 길이가 같은'),
        *[(lambda f=f: f(POINT * 2, [1.0]), r'f 는 .*함수.* Value\(data=2\.0') for f in (hessian, jacobian)],
        (lambda: hvp(None, [2.0], [1.0]), 'f 는 .*함수.* None 을'), (lambda: value_and_grad(3)(2.0), 'f 는 .*함수.* int 3 을'),
        (lambda: SGD([POINT * 2], 0.1), r"잎\(leaf\)인 Value.*op='mul'"),
        (lambda: grad(square, 2.0), r'value_and_grad\(f\)\(2\.0\).* function'),
        (lambda: grad(square, Value(2.0)), 'value_and_grad'),
        (lambda: grad(Value(2.0), 2.0), r'Value 에 대한 Value 의 미분.* 2\.0'),
        (lambda: SGD(NET, 0.1), r'net\.parameters\(\)'),
        (lambda: ops.dot(1, 2), r'dot\(\[w, …\], \[x, …\]\): w 은\(는\) 목록'),
        (lambda: ops.affine([1], 2, 3), r'affine\(\[w, …\], \[x, …\], b\): x 은\(는\) 목록'),
        (lambda: ops.total(1, 2), r'total\(\[x, …\]\): 피연산자\(operand\) 1개'),
        (lambda: losses.mean(Value(1.0)), r'mean\(\[loss'),
        (lambda: losses.softmax_cross_entropy(Value(1.0), 0), '로짓'),
        (lambda: NET.compile(loss='mse'), r"losses\.quadratic.*'mse'"),
        (lambda: receipt.compare(NET, [1, 2], [1], loss='mse'), r"losses\.quadratic.*'mse'"),
        (lambda: draw([Value(1.0), Value(2.0)]), r'Value, Trace, MLP 하나를.* list .*losses\.mean'),
        *[(lambda op=op, x=x: op(*[x] * op.arity), f'np.array.* {type(x).__name__} 을') for op in (ops.add, ops.abs, ops.identity)
          for x in ([1.0], (1.0,), 'a', None, b'a', 1j, Decimal(1), range(3), object(), square)],
        *[(lambda n=n: ops.power(n), r'지수\(exponent\)는 유한한 실수') for n in ('a', None, 1j, np.complex128(1j), Value(2.0))],
        *[(lambda loss=loss, a=a: loss(a, a), 'np.array.* (str|list|NoneType) 을') for loss in losses.LOSSES.values()
          for a in (['a', 'b'], [[0.5], [0.5]], [None])],
        (lambda: losses.quadratic([0.5], ['a']), 'np.array.* str 을'),
        (lambda: MLP.from_matrices([[['a']]], [[1]]), "원소는 실수.* 'a' 을"),
        (lambda: MLP.from_matrices([[[1.0]]], [[1j]]), '원소는 실수.*복소수'),
        (lambda: receipt.compare(NET, {0.5, 0.3}, [1]), '입력 x 는 차례가 있는 목록'),
        *[(lambda use=use: use({POINT}), r'\{Value\(data=1\.0.* 을') for use in (
            COMPILED['inputs'], COMPILED['parameters'], COMPILED['wrt'], lambda x: grad(POINT * 2, x), lambda x: SGD(x, 0.1))],
        *[(lambda x=x: NET(x), '목록 하나로') for x in ({0.5, 0.3}, frozenset({0.5, 0.3}), {0.5: 1, 0.3: 2})],
        *[(lambda f=f: f([Value(1.0)]), r'노드\(Value\)를 하나씩.*\[Value\(data=1\.0') for f in (
            first_nonfinite, first_stale, refresh)],
        (lambda: first_nonfinite(3), r'하나씩 받습니다\. 3 을'),
        (lambda: gradcheck(square, 1.0), r'\[2\.0\].* 1\.0 을'),
        *[(lambda use=use, other=other: use(other), f'micrograd_ko.MLP.* {name}') for other, name in (
            ([1], r'builtins\.list'), (micrograd.MLP(2, [1]), r'micrograd_ko\.micrograd\.MLP')) for use in (
            lambda net: diagnose(net, [([0, 1], 1)]), lambda net: plots.boundary(net, [([0, 1], 1)]),
            lambda net: receipt.compare(net, [0, 1], [1]))],
        (lambda: NET.fit([([0, 1], 1)], epochs=1, lr=1.0, callbacks=print), r'callbacks .*\[f\]'),
        (lambda: diagnose(NET, [([0, 1], 1)], 'mse'), r"losses\.quadratic.*'mse'"),
        *[(lambda ys=ys: NET.fit([[0, 1]], ys, epochs=1, lr=1.0), r'튜플 하나로.*\(X, Y\)') for ys in ([1], np.array([1]))],
        *[(lambda use=use: use(3), f'{name} [은는] .*목록.* 3 을') for name, use in COMPILED.items()],
        (lambda: compile_graph(POINT * 2, [POINT], 'ab'), r"parameters 에는 Value 를 .* 'a' 을"),
        (lambda: MLP(2, [1], rng='seed'), r"정수 씨앗\(seed\)입니다. 'seed'"),
        (lambda: MLP(2, [1], rng=True), '정수 씨앗'), (lambda: MLP(2, [1], rng=-1), '정수 씨앗'),
    ],
)  # fmt: skip
def test_wrong_kinds_of_arguments(use, told):
    with pytest.raises(TypeError, match=told):
        use()


@pytest.mark.parametrize(
    ('use', 'told'),
    [
        *[(lambda label=label: train.one_hot(label, 3), r'클래스 번호.* 0 부터 2 까지') for label in (1.0, '1', [1], 3, -1)],
        (lambda: train.one_hot(0, 0), '클래스의 수는 양의 정수'), (lambda: train.one_hot(1, 3.0), '클래스의 수는 양의 정수'),
        (lambda: receipt.compare(NET, 0.5, [1]), '2개를 받습니다. 1개를'),
        *[(use, r'입력과 뉴런의 수는 양의 정수') for use in (
            lambda: Neuron(0), lambda: Neuron(2.5), lambda: Layer(2, 0), lambda: Layer(2, [3]), lambda: MLP(True, [1]),
            lambda: micrograd.Neuron('2'), lambda: micrograd.Layer(2, 2.5), lambda: micrograd.MLP(2, ['3']))],
        (lambda: MLP(2, []), '층은 하나 이상'),
        (lambda: micrograd.MLP(3, [4, 1])([1.0, 2.0]), r'ReLUNeuron\(3\): .* 3개를 받습니다\. 2개를'),
        (lambda: SGD([], 0.1), '파라미터가 하나도'),
        *[(lambda use=use: use(NET, []), r'표본\(samples\)이 하나도') for use in (
            lambda net, samples: net.fit(samples, epochs=1, lr=0.1), train.accuracy)],
        (lambda: iris.standardise([([1.0, 2.0], 0), ([1.0, 3.0], 0)], []), r'\[1\]번째 특징'),
    ],
)  # fmt: skip
def test_wrong_values_of_arguments(use, told):
    with pytest.raises(ValueError, match=told):
        use()


def test_a_loss_that_is_not_there_is_an_attribute_error_that_names_those_that_are():
    with pytest.raises(AttributeError, match=f"'mse'.*{', '.join(losses.LOSSES)}.*½"):
        losses.mse  # noqa: B018 - 속성을 읽는 것이 시험이다
    assert not hasattr(losses, 'mae')


def test_one_node_is_a_list_of_it():
    program = compile_graph(POINT * 2, POINT, [])
    assert program.gradients([[3.0]], POINT).tolist() == [[2.0]]
    named = Value(3.0, 'three')
    for names in ('three', ['three'], {'three'}, frozenset({'three'})):
        assert compile_graph(POINT * named, POINT, [], frozen=names).loss([[2.0]]) == 6.0
    assert compile_graph(POINT * 2, [], POINT).gradient(np.empty((1, 0)), write=False).tolist() == [2.0]


def test_an_n_ary_row_without_arguments_takes_one_list():
    op = ops.Op('mine', lambda m, *xs: m.total(*xs), lambda z, *xs: (1,) * len(xs))
    assert op([1.0, 2.0]) == 3.0
    with pytest.raises(TypeError, match=r'mine\(\[x, …\]\)'):
        op(1.0, 2.0)


def test_numpy_integers_and_seeds_build_the_same_network():
    nets = [MLP(np.int64(2), [np.int32(3), 1], rng=rng) for rng in (7, np.int64(7), random.Random(7))]
    assert len({tuple(p.data for p in net.parameters()) for net in nets}) == 1
    assert repr(nets[0]) == "MLP(2, [3, 1], 'sigmoid')"
    assert [p.data for p in MLP(2, [3]).parameters()] != [p.data for p in MLP(2, [3]).parameters()]


# 말의 길이 ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize('use', [
    lambda: Value([0.0] * 10**5),
    lambda: MLP(2, 'x' * 10**5),
    lambda: NET([1.0] * 10**5, [2.0] * 10**5),
    lambda: SGD({0: [1.0] * 10**5}.values, 0.1),
    lambda: hessian(square, Value(1.0, 'x' * 10**5)),
])  # fmt: skip
def test_messages_stay_short(use):
    """피연산자가 몇이든, 받은 것이 얼마나 크든 오류는 몇 줄이다."""
    with pytest.raises((TypeError, ValueError, ArithmeticError)) as told:
        use()
    assert len(str(told.value)) < 1000


def test_a_domain_error_of_many_operands_counts_them():
    told = str(DomainError(ops.total, (1e308,) * 300_000))
    assert '모두 300000개' in told and len(told) < 1000
    assert '모두' not in str(DomainError(ops.total, (1e308,) * 12))


def test_brief_and_listed():
    assert brief([1, 2]) == '[1, 2]'
    assert len(brief('x' * 10**6)) < 200 and brief(list(range(1000))).endswith(', 998, 999]')
    assert listed(np.array([1.0, 2.0]), '') == [1.0, 2.0] and listed((x for x in 'ab'), '') == ['a', 'b']
