"""상태: `.data`, `.grad`, `.name` 에 무엇이 들어가는가; 멈추어도 반만 바뀌지 않는가; 스레드가 무엇을 나누어도 되는가."""

import functools
import inspect
import math
import random
import subprocess
import sys
import threading
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from threads import together

import micrograd_ko
from micrograd_ko import MLP, SGD, Value, compile_graph, draw, explain, losses, ops, receipt, refresh, topological
from micrograd_ko.graph import swept
from micrograd_ko.state import commit, data_set, grad_set, writing

PACKAGE = str(Path(micrograd_ko.__file__).parent)

# 무엇이 들어가는가 ----------------------------------------------------------------------------------------------------

NOT_NUMBERS = ['1', True, np.True_, 1j, [1.0], np.array([1.0]), Value(2.0), Decimal(1), np.timedelta64(3), np.timedelta64(3, 's')]


@pytest.mark.parametrize('bad', NOT_NUMBERS, ids=repr)
@pytest.mark.parametrize('attribute', ['data', 'grad'])
def test_what_is_not_a_number_is_refused_where_it_enters(attribute, bad):
    x = Value(2.0)
    x.grad = 3.0
    with pytest.raises(TypeError, match=rf'\.{attribute} 는 실수.*{type(bad).__name__}'):
        setattr(x, attribute, bad)
    with pytest.raises(TypeError):
        commit((data_set if attribute == 'data' else grad_set)([x], [bad]))
    with pytest.raises(TypeError, match=type(bad).__name__):
        Value(bad)
    with pytest.raises(TypeError, match=r'seed 는 실수'):
        x.backward(bad)
    assert (x.data, x.grad) == (2.0, 3.0)


def test_none_is_refused_as_a_value_and_means_unknown_as_a_gradient():
    x = Value(2.0)
    (x * 3).backward()
    with pytest.raises(TypeError, match='NoneType'):
        x.data = None
    assert swept(x)
    x.grad = None
    assert x.grad == 0 and repr(x.grad) == '0' and not swept(x)
    y = Value(5.0)
    y.grad = x.grad  # 옮겨 적어도 모르는 것은 모르는 것이다
    assert not swept(y)
    (x * 3).backward()
    assert x.grad == 3.0 and swept(x)


@pytest.mark.parametrize(('given', 'kept'), [
    (np.float64(0.1), 0.1), (np.float32(0.1), float(np.float32(0.1))), (np.float16(0.5), 0.5), (np.int8(-3), -3),
    (np.longdouble(0.5), 0.5), (np.uint64(2**64 - 1), 2**64 - 1), (Fraction(1, 3), Fraction(1, 3)), (10**400, 10**400),
    (7, 7), (0.5, 0.5),
])  # fmt: skip
@pytest.mark.parametrize('attribute', ['data', 'grad'])
def test_numbers_are_kept_or_become_python_numbers(attribute, given, kept):
    x = Value(2.0)
    setattr(x, attribute, given)
    found = getattr(x, attribute)
    assert found == kept and type(found) is type(kept)


def test_infinities_and_nan_are_numbers():
    x = Value(2.0)
    x.data = x.grad = np.float64('inf')
    assert (x.data, x.grad) == (math.inf, math.inf)
    x.data = math.nan
    assert math.isnan(x.data)


def test_a_rational_of_another_library_stays_exact():
    from numbers import Rational

    class Ratio(Rational):
        numerator, denominator = 1, 3

    for name in Rational.__abstractmethods__ - {'numerator', 'denominator'}:
        setattr(Ratio, name, getattr(Fraction, name, None))
    Ratio.__abstractmethods__ = frozenset()
    found = Value(Ratio()).data
    assert found == Fraction(1, 3) and type(found) is Fraction


@pytest.mark.parametrize('bad', [3, None, b'x', (Value(1.0),)], ids=repr)
def test_a_name_is_text(bad):
    x = Value(1.0, 'x')
    for call in (lambda: Value(1.0, bad), lambda: setattr(x, 'name', bad)):
        with pytest.raises(TypeError, match=rf'name.*{type(bad).__name__}'):
            call()
    assert x.name == 'x'


def test_a_registered_operation_cannot_bring_in_what_is_not_a_python_number():
    rounded = ops.Op('rounded', lambda m, x: np.round(x), (lambda z, x: 1,))
    found = rounded(Value(2.4)).data
    assert found == 2.0 and type(found) is float
    with pytest.raises(TypeError, match='연산 positive 의 값은'):
        ops.Op('positive', lambda m, x: x > 0, (lambda z, x: 0,))(Value(2.4))


@pytest.mark.parametrize('kind', [np.float32, np.float64])
def test_a_step_with_numpy_numbers_leaves_python_numbers(kind):
    """NumPy 의 수가 섞인 갱신 뒤에도 그림, 설명, 영수증이 그대로다."""
    net, twin = (MLP(2, [3, 2], rng=random.Random(0)) for _ in range(2))
    for model, lr in ((net, kind(0.1)), (twin, float(kind(0.1)))):
        losses.quadratic(model([0.5, 0.3]), [1, 0]).backward()
        SGD(model.parameters(), lr, momentum=kind(0.5) if model is net else 0.5).step()
    assert [p.data for p in net.parameters()] == [p.data for p in twin.parameters()]
    program = net.compile()
    for p, g in zip(net.parameters(), program.gradient([[0.5, 0.3, 1, 0]]), strict=True):
        p.data -= kind(0.1) * g
    assert {type(p.data) for p in net.parameters()} == {type(p.grad) for p in net.parameters()} == {float}
    cost = losses.quadratic(net([0.5, 0.3]), [1, 0])
    cost.backward()
    assert draw(cost).svg and 'np.' not in str(explain(net.parameters()[0], cost))
    assert receipt.compare(net, [0.5, 0.3], [1, 0]).explained


# 다 하거나 아무것도 하지 않는다 ----------------------------------------------------------------------------------------


class Stopped(BaseException):
    """Ctrl-C 처럼 Exception 이 아닌 것."""


def at_each_line(prepare, error):
    """prepare() 는 (할 일, 상태를 읽는 함수)를 준다. 할 일을 줄마다 한 번씩 error 로 끊고, 끊긴 뒤의 상태를 모두 모은다."""
    states, line = [], 0
    while True:
        run, state = prepare()
        before, left = state(), line

        def trace(frame, event, _):
            nonlocal left
            if not frame.f_code.co_filename.startswith(PACKAGE):
                return None
            if event == 'line':
                left -= 1
                if left == -1:
                    raise error
            return trace

        outer = sys.gettrace()
        sys.settrace(trace)
        try:
            run()
        except error:
            pass
        finally:
            sys.settrace(outer)
        assert free(writing)
        if left >= 0:  # 끊지 않고 끝났다
            return before, states, state()
        states.append(state())
        line += 1


def free(lock):
    """다른 스레드가 쥘 수 있는 자물쇠인가."""
    found = []

    def take():
        if lock.acquire(blocking=False):
            lock.release()
            found.append(True)

    thread = threading.Thread(target=take)
    thread.start()
    thread.join()
    return bool(found)


def every(nodes, attribute):
    return [getattr(node, attribute) for node in nodes]


def torn_backward():
    a, b, c = Value(0.5), Value(Fraction(1, 4)), Value(2.0)
    root = ops.affine([a, b], [c, a], b).tanh() * a + c
    root.backward()
    a.grad = None
    return root.backward, lambda: every(topological(root), 'grad')


def torn_step():
    xs = [Value(float(i)) for i in range(3)]
    optimizer = SGD(xs, 0.5, momentum=0.5)
    for _ in range(2):
        commit(grad_set(xs, [1.0, 2.0, 3.0]))
        run, state = optimizer.step, lambda: [*every(xs, 'data'), *optimizer.memory[0]]
        if not optimizer.memory[0][0]:
            run()
    return run, state


def torn_zero_grad():
    net = MLP(1, [2, 1], rng=random.Random(0))
    commit(grad_set(net.parameters(), range(1, 8)))
    return net.zero_grad, lambda: every(net.parameters(), 'grad')


def torn_optimizer_zero_grad():
    xs = [Value(1.0), Value(2.0)]
    commit(grad_set(xs, [5, 6]))
    return SGD(xs, 1).zero_grad, lambda: every(xs, 'grad')


def torn_refresh():
    a, b = Value(2.0), Value(3.0)
    root = (a * b + a).exp() - b
    a.data, b.data = 0.5, 0.25
    return lambda: refresh(root), lambda: every(topological(root), 'data')


@functools.cache
def program():
    x, w, v = Value(1.0), Value(2.0), Value(3.0)
    return compile_graph((x * w + v).tanh(), [x], [w, v])


def torn_gradient():
    commit(grad_set(program().parameters, [7.0, 8.0]))
    commit(data_set(program().parameters, [0.5, 0.25]))
    program().gradient([[1.0], [0.5]], write=False)  # 커널의 첫 컴파일은 여기서 볼 것이 아니다
    return lambda: program().gradient([[1.0], [0.5]]), lambda: every(program().parameters, 'grad')


def torn_sync():
    commit(data_set(program().parameters, [0.5, 0.25]))
    program().vector = np.array([0.5, 0.25])
    return lambda: program().sync([1.0, 2.0]), lambda: [*every(program().parameters, 'data'), *program().vector]


@pytest.mark.parametrize('error', [RuntimeError, Stopped])
@pytest.mark.parametrize('prepare', [
    torn_backward, torn_step, torn_zero_grad, torn_optimizer_zero_grad, torn_refresh, torn_gradient, torn_sync,
])  # fmt: skip
def test_an_exception_at_any_line_tears_nothing(prepare, error):
    before, states, after = at_each_line(prepare, error)
    assert before != after and before in states
    assert [state for state in states if state not in (before, after)] == []


def test_the_tracer_of_this_test_sees_a_torn_loop():
    """이 시험의 눈이 제대로 보는지: 하나씩 놓는 고리는 찢어진다."""
    def one_by_one():
        xs = [Value(1.0), Value(2.0)]
        return lambda: [setattr(x, 'grad', 5.0) for x in xs], lambda: every(xs, 'grad')

    before, states, after = at_each_line(one_by_one, Stopped)
    assert any(state not in (before, after) for state in states)


def test_a_step_that_cannot_be_taken_moves_nothing():
    xs = [Value(1.0), Value(10**400), Value(2.0)]
    commit(grad_set(xs, [1.0, 1.0, 1.0]))
    optimizer = SGD(xs, 0.5, momentum=0.5)
    with pytest.raises(OverflowError):
        optimizer.step()
    assert every(xs, 'data') == [1.0, 10**400, 2.0] and optimizer.memory == [[0, 0, 0]]


@pytest.mark.parametrize(('lr', 'momentum', 'told'), [
    ('0.1', 0, 'lr.*str'), (None, 0, 'lr.*NoneType'), (0.1, '0', 'momentum.*str'),
])  # fmt: skip
def test_a_learning_rate_is_a_number(lr, momentum, told):
    with pytest.raises(TypeError, match=told):
        SGD([Value(1.0)], lr, momentum)
    optimizer = SGD([Value(1.0)], 0.1)
    if not isinstance(lr, float):  # 나중에 바꾼 학습률도
        optimizer.lr = lr
        with pytest.raises(TypeError, match=told):
            optimizer.step()


def test_changes_of_unequal_length_are_refused():
    for make in (data_set, grad_set):
        with pytest.raises(ValueError, match='zip'):
            make([Value(1.0)], [1.0, 2.0])


@given(st.integers(-(2**40), 2**40) | st.integers(10**310, 10**400) | st.integers(-(10**400), -(10**310)), st.integers(1, 2))
def test_backward_never_raises_however_large_the_integers(huge, x):
    """float 인 root 에 닿는 정수의 그래프. 기울기가 float 의 범위를 넘으면 ±inf 다."""
    a, b = Value(huge), Value(x)
    (ops.affine([a, huge], [b, b], a * b) * 0 + 0.5).backward()
    assert (a.grad, b.grad) == (0.0, 0.0)
    a, b = Value(huge), Value(0)
    (ops.dot([a, a], [b, x * b]) + a * b + 0.5).backward()
    slope = (2 + x) * huge
    assert a.grad == 0 and b.grad == (slope if abs(slope) < 2**53 else math.inf if slope > 0 else -math.inf)


# 스레드 ---------------------------------------------------------------------------------------------------------------


def test_threads_may_share_leaves():
    """스레드마다 제 표본의 그래프를 기록하고 역전파한 뒤, 기다렸다가(join) 한 스텝: 설명서의 본(pattern)."""
    net = MLP(2, [4, 1], rng=random.Random(0))
    samples = [[i / 7, -i / 5] for i in range(100)]

    def work(i):
        for x in samples[i::4]:
            (losses.quadratic(net(x), 1) * 2**-7).backward()

    together(work)
    expected = MLP(2, [4, 1], rng=random.Random(0))
    for x in samples:
        (losses.quadratic(expected(x), 1) * 2**-7).backward()
    for p, q in zip(net.parameters(), expected.parameters(), strict=True):
        assert p.grad == pytest.approx(q.grad, rel=1e-12)  # 더하는 순서만 다르다: 100항, 2⁻⁵³ × 100
    SGD(net.parameters(), 0.1).step()


def test_threads_lose_no_integer():
    """정수의 합은 순서에 매이지 않으므로 하나도 틀리지 않는다. 안쪽 노드를 나누어 가져도 그렇다."""
    x = Value(3)
    inner = x * x
    roots = [functools.reduce(lambda y, _: y + x, range(2000), inner * 2) for _ in range(4)]

    def work(i):
        for _ in range(30):
            roots[i].backward()

    together(work)
    assert x.grad == 4 * 30 * (12 + 2000)


def test_a_forked_process_inherits_no_lock():
    """다른 스레드가 역전파하는 동안 나누어진(fork) 프로세스도 역전파한다."""
    code = inspect.cleandoc("""
        import os, threading, warnings
        from micrograd_ko import Value
        warnings.simplefilter('ignore')
        x, going = Value(3), True
        def work():
            while going:
                (x * x + x * x + x).backward()
        thread = threading.Thread(target=work)
        thread.start()
        for _ in range(50):
            child = os.fork()
            if not child:
                y = Value(2)
                (y * x).backward()
                os._exit(0 if y.grad == 3 and x.grad % 13 == 2 else 1)
            assert os.waitpid(child, 0)[1] == 0
        going = False
        thread.join()
    """)
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
