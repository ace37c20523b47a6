"""블록과 일꾼: 표본을 정해진 블록으로 나누어 정해진 순서로 더하므로, 누가 언제 계산했는지가 비트를 바꾸지 않는다."""

import importlib.util
import multiprocessing
import os
import random
import subprocess
import sys
import threading
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from micrograd_ko import MLP, ReplayError, Value, compile_graph, equations
from micrograd_ko.compiler.instructions import multiply


@pytest.fixture(scope='module')
def processes():
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context('spawn')) as pool:
        yield pool


class Backwards(Executor):
    """맡은 일을 거꾸로 하는 일꾼: 마지막에 맡은 것을 먼저 끝낸다."""

    def __init__(self):
        self.waiting = []

    def submit(self, function, /, *args, **kwargs):
        future = _Lazy(self)
        self.waiting.append((future, function, args, kwargs))
        return future

    def run(self):
        while self.waiting:
            future, function, args, kwargs = self.waiting.pop()
            future.set_result(function(*args, **kwargs))


class _Lazy(Future):
    def __init__(self, owner):
        super().__init__()
        self.owner = owner

    def result(self, timeout=None):
        self.owner.run()
        return super().result(timeout)


def network_and_data(rows):
    net = MLP(4, [6, 2], rng=random.Random(5))
    rng = np.random.default_rng(5)
    return net, net.compile(), (rng.normal(size=(rows, 4)), rng.normal(size=(rows, 2)))


def test_the_workers_do_not_change_the_bits(processes):
    _, program, X = network_and_data(10_000)
    assert len(X[0]) > 3 * program.block_size
    expected = program.gradient(X).tobytes()
    with ThreadPoolExecutor(1) as one, ThreadPoolExecutor(5) as five:
        for executor in (one, five, processes, Backwards()):
            assert program.gradient(X, executor=executor).tobytes() == expected
    assert np.array([p.grad for p in program.parameters]).tobytes() == expected


@pytest.mark.parametrize('rows', [1, 2, 1023, 1024, 1025, 100_000])
def test_batches_of_every_size_agree_with_the_matrices(rows):
    """1 개에서 10⁵ 개까지: 노트의 행렬 방정식을 NumPy 로 손수 한꺼번에 적은 것과 같다."""
    net, program, (X, Y) = network_and_data(rows)
    weights, biases = net.matrices()
    a = [X]
    for w, b in zip(weights, biases, strict=True):
        a.append(1 / (1 + np.exp(-(a[-1] @ w.T + b))))
    delta, parts = (a[-1] - Y) * a[-1] * (1 - a[-1]), []
    for layer in (1, 0):
        parts[:0] = [np.column_stack([delta.T @ a[layer], delta.sum(axis=0)]) / rows]
        delta = delta @ weights[layer] * a[layer] * (1 - a[layer])
    expected = np.concatenate([part.ravel() for part in parts])
    found = program.gradient((X, Y), write=False)
    # 표본 n 개의 합의 오차는 n·ε·Σ|항| 이하, 항은 저마다 크기가 1 쯤이고 수십 번의 연산에서 나온다
    assert abs(found - expected).max() <= (rows + 100) * 2.0**-52
    assert program.loss((X, Y)) == pytest.approx(((a[-1] - Y) ** 2).sum() / 2 / rows, rel=(rows + 100) * 2.0**-52)
    assert abs(program.outputs(X) - a[-1]).max() <= 100 * 2.0**-52


def test_one_sample_is_the_equations():
    net, program, (X, Y) = network_and_data(1)
    nabla_w, nabla_b = equations.backprop(*net.matrices(), X[0], Y[0])
    expected = np.concatenate([np.column_stack([w, b]).ravel() for w, b in zip(nabla_w, nabla_b, strict=True)])
    assert np.allclose(program.gradient((X, Y)), expected, rtol=1e-12, atol=1e-15)


def test_the_mean_is_exact_where_arithmetic_is():
    """정수의 자료에서 기울기는 Σ/n 을 한 번 반올림한 것이다: 블록의 경계에서 표본을 잃거나 두 번 세지 않는다."""
    x, w = Value(1.0), Value(1.0)
    program = compile_graph(w * w * x, [x], [w])
    numbers = list(range(3 * program.block_size + 7))
    expected = float(Fraction(2 * sum(numbers), len(numbers)))
    assert program.gradient(np.array(numbers)[:, None]).tolist() == [expected]
    assert program.loss(np.array(numbers)[:, None]) == expected / 2


def test_an_undefined_row_in_a_worker_is_reported_with_its_place(processes):
    """뒤쪽 블록의 표본이 먼저 끝나도 가장 앞선 표본을 알리고, 아무것도 쓰지 않는다."""
    x, w = Value(1.0), Value(1.0)
    program = compile_graph((w * x).log(), [x], [w])
    X = np.ones((5 * program.block_size, 1))
    bad = [2 * program.block_size + 3, 4 * program.block_size + 1]
    X[bad] = -1.0
    for executor in (None, processes, Backwards()):
        with pytest.raises(ReplayError, match='2개') as caught:
            program.gradient(X, executor=executor)
        assert (caught.value.row, caught.value.count) == (bad[0], 2)
    assert w.grad == 0


def test_a_failing_worker_stops_the_call_and_few_blocks_wait():
    """일꾼의 오류는 그대로 나오고, 맡기지 않은 블록은 맡기지 않는다."""
    program = compile_graph((w := Value(2.0)) * (x := Value(1.0)), [x], [w])
    submitted = []

    class Broken(Executor):
        def submit(self, function, /, *args, **kwargs):
            submitted.append(function)
            future = Future()
            future.set_exception(OSError('일꾼이 죽었습니다'))
            return future

    with pytest.raises(OSError, match='일꾼이'):
        program.gradient(np.ones((200 * program.block_size, 1)), executor=Broken())
    assert len(submitted) < 100
    assert w.grad == 0
    with pytest.raises(TypeError, match=r'concurrent\.futures'):
        program.gradient([[1.0]], executor=3)


def test_the_blocks_run_at_the_same_time():
    """executor 를 주면 블록이 정말 함께 돈다: 두 스레드가 한 블록씩 맡아야 끝나는 연산."""
    from micrograd_ko import ops
    from micrograd_ko.operation import Op

    meeting = threading.Barrier(2, timeout=300)  # 함께 돌지 않으면 여기서 깨진다

    def meet(m, x):
        if isinstance(x, np.ndarray) and x.ndim:
            meeting.wait()
        return x + 0

    ops.register(Op('meeting', meet, (lambda z, x: 1,), overflows=True))
    try:
        x, w = Value(1.0), Value(1.0)
        program = compile_graph((w * x).meeting(), [x], [w])
        with ThreadPoolExecutor(2) as pool:
            assert program.gradient(np.ones((2 * program.block_size, 1)), executor=pool).tolist() == [1.0]
        assert not meeting.broken
    finally:
        ops.unregister('meeting')


def test_the_threads_of_blas_do_not_change_the_bits():
    """BLAS 가 쓰는 스레드의 수는 일꾼마다 다를 수 있다(Dask 는 하나로 줄인다)."""
    code = (
        'import random, numpy as np; from micrograd_ko import MLP; rng = np.random.default_rng(0); '
        'program = MLP(300, [40, 3], rng=random.Random(0)).compile(); '
        'print(program.gradient((rng.normal(size=(500, 300)), rng.normal(size=(500, 3)))).tobytes().hex())'
    )
    root = str(Path(__file__).parents[2])
    found = {
        subprocess.run(
            [sys.executable, '-c', code], check=True, capture_output=True,
            env={**os.environ, 'PYTHONPATH': root, 'OPENBLAS_NUM_THREADS': count},
        ).stdout
        for count in ('1', '2', '4')
    }  # fmt: skip
    assert len(found) == 1


@pytest.mark.parametrize(
    'shape', [(1, 1, 1), (3, 4, 5), (2, 5, 1), (1, 7, 3), (30, 784, 100), (64, 64, 65), (2, 70000, 3), (700, 300, 3)]
)
def test_products_in_pieces_are_products(shape):
    """조각의 경계에서 칸을 빠뜨리지 않는다: 정수에서 정확하다. 뒤집은 행렬도."""
    m, n, k = shape
    rng = np.random.default_rng(0)
    a, b = rng.integers(-9, 9, (m, n)).astype(float), rng.integers(-9, 9, (n, k)).astype(float)
    assert np.array_equal(multiply(a, b), a.astype(int) @ b.astype(int))
    assert np.array_equal(multiply(b.T, a.T), (a.astype(int) @ b.astype(int)).T)


def test_the_dask_example_runs_or_says_what_to_install():
    example = Path(__file__).parents[2] / 'examples' / 'dask_gradient.py'
    environment = {**os.environ, 'PYTHONPATH': str(example.parent.parent), 'PYTHONIOENCODING': 'utf-8'}
    command = [sys.executable, example, '3000']
    done = subprocess.run(command, check=False, capture_output=True, encoding='utf-8', env=environment)
    if importlib.util.find_spec('distributed') is None:
        assert (done.returncode, done.stdout) == (1, '')
        assert 'pip install dask distributed' in done.stderr
    else:
        assert done.returncode == 0, done.stderr
        assert '기울기가 같습니다' in done.stdout


def test_an_executor_is_given_by_name():
    """자리로 주면 write 로 잘못 읽힌다."""
    x, w = Value(1.0), Value(2.0)
    with pytest.raises(TypeError, match='positional'):
        compile_graph(w * x, [x], [w]).gradient([[1.0]], ThreadPoolExecutor(1))
