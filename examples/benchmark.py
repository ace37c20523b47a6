"""같은 일을 나란히 재어 비(ratio) 우리/상대 로 적는다. 시간은 기계마다 다르지만 비는 견줄 만하다.

    python examples/benchmark.py [--quick] [--only 글]

상대는 설치된 것만 잰다(`pip install 'micrograd_ko[bench]'`): micrograd, PyTorch, JAX, CasADi, SymPy, ddx-ad, xad. 없는 것은
빠지고 그렇게 적힌다. 코어 하나와 스레드 하나로, 잴 때마다 먼저 쓰레기를 모으고(gc.collect), 번갈아 여러 번 재어 저마다 가장 빠른
것을 쓴다. 재기 전에 같은 답인지 확인한다. 느린 기계라고 실패하지는 않는다: 목표(target)는 견주라고 적어 둔 것이다.
"""

import argparse
import functools
import gc
import itertools
import math
import os
import platform
import random
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import microgpt
import microgpt_step
import numpy as np

from micrograd_ko import MLP, Value, compile_graph, draw, ops, optim
from micrograd_ko.learning.losses import hinge, mean, quadratic
from micrograd_ko.writing.console import left, survive

Task = Callable[[], Any]
missing: dict[str, str] = {}  # 상대 → 없는 꾸러미


class Row(NamedTuple):
    """표의 한 줄. ours 와 theirs 는 unit 의 수, 상대가 없으면 None."""

    work: str
    ours: float
    unit: str
    peer: str = ''
    theirs: float | None = None
    target: str = ''

    def __str__(self) -> str:
        other = '' if self.theirs is None else f'{self.theirs:9.4g} {self.unit}'
        ratio = '' if self.theirs is None else f'{self.ours / self.theirs:8.3g}'
        columns = left(self.work, 46), f'{self.ours:9.4g}', left(self.unit, 5), left(self.peer, 22), f'{other:14}', f'{ratio:8}'
        return ' '.join([*columns, self.target])


def timed(task: Task, seconds: float = 0.0) -> float:
    """한 번에 드는 초. seconds 쯤 되도록 여러 번 이어 불러 나눈다."""
    gc.collect()
    start = time.perf_counter()
    task()
    once = time.perf_counter() - start
    count = min(1000, int(seconds / max(once, 1e-7)))
    if count < 2:
        return once
    start = time.perf_counter()
    for _ in range(count):
        task()
    return (time.perf_counter() - start) / count


def race(tasks: dict[str, Task], repeat: int, seconds: float = 0.0) -> dict[str, float]:
    """번갈아 재어 저마다 가장 빠른 초."""
    best = dict.fromkeys(tasks, math.inf)
    for _ in range(repeat):
        for name, task in tasks.items():
            best[name] = min(best[name], timed(task, seconds))
    return best


def installed(builders: dict[str, Callable[[], Any]]) -> dict[str, Any]:
    """지을 수 있는 것만 짓는다. 꾸러미가 없으면 missing 에 적는다."""
    built = {}
    for name, build in builders.items():
        try:
            built[name] = build()
        except ModuleNotFoundError as error:
            missing[name] = str(error.name)
    return built


def against(work: str, best: dict[str, float], scale: float, unit: str, targets: dict[str, str]) -> Iterator[Row]:
    """첫째가 우리다: 상대마다 한 줄."""
    (_, ours), *others = best.items()
    if not others:
        yield Row(work, ours * scale, unit)
    for peer, theirs in others:
        yield Row(work, ours * scale, unit, peer, theirs * scale, targets.get(peer, ''))


# 재생의 한 스텝: 미니배치의 기울기 + 경사하강 갱신, sigmoid, 이차 손실 ----------------------------------------------------

NETWORKS = [
    ((2, 16, 16, 1), 100, '≤ 0.60 (0.50)', '≤ 0.45'), ((64, 30, 10), 10, '≤ 0.45 (0.40)', '≤ 0.30'),
    ((784, 30, 10), 10, '≤ 0.60 (0.50)', '≤ 0.55'), ((784, 30, 10), 100, '≤ 0.80', '≤ 0.75'),
]  # fmt: skip
ETA, STEPS = 0.1, 200
Vector = np.ndarray
Steps = Callable[[Vector], Vector]  # 파라미터 → 배운 뒤의 파라미터


def compiled(net: MLP, **options: Any) -> Any:
    x, y = [Value(0.5) for _ in range(net.layers[0].nin)], [Value(0.5) for _ in net.layers[-1].neurons]
    return compile_graph(quadratic(net.trace(x).output, y), (x, y), net.parameters(), **options)


def replay(net: MLP, X: Vector, Y: Vector) -> Steps:
    program = compiled(net)
    return lambda theta: theta - ETA * program.gradient((X, Y), write=False, parameters=theta)


def replay_loop(net: MLP, X: Vector, Y: Vector, threads: int = 1, **options: Any) -> Steps:
    """스텝의 반복까지 프로그램이 한다: STEPS 스텝."""
    program = compiled(net, **options)
    descent = program.descent((X, Y), len(X), optim.SGD(program.parameters, ETA), threads)
    order = np.tile(np.arange(len(X)), STEPS)

    def steps(theta: Vector) -> Vector:
        descent.vector = theta.copy()
        descent.epoch(order)
        return descent.vector

    return steps


def slices(net: MLP) -> list[tuple[slice, tuple[int, int]]]:
    """층마다 [W | b] (m × (n+1)) 가 파라미터 벡터의 어디인지. 뉴런마다 w…, b 의 순서다."""
    found, begin = [], 0
    for layer in net.layers:
        shape = len(layer.neurons), layer.nin + 1
        found.append((slice(begin, begin + shape[0] * shape[1]), shape))
        begin += shape[0] * shape[1]
    return found


def numpy_by_hand(net: MLP, X: Vector, Y: Vector) -> Steps:
    parts, rows = slices(net), len(X)

    def step(theta: Vector) -> Vector:
        layers = [theta[part].reshape(shape) for part, shape in parts]
        a = [X]
        for layer in layers:
            a.append(1 / (1 + np.exp(-(a[-1] @ layer[:, :-1].T + layer[:, -1]))))
        delta = (a[-1] - Y) * a[-1] * (1 - a[-1])
        moved = theta.copy()
        for i in range(len(layers) - 1, -1, -1):
            part, shape = parts[i]
            change = moved[part].reshape(shape)
            change[:, :-1] -= ETA / rows * (delta.T @ a[i])
            change[:, -1] -= ETA / rows * delta.sum(axis=0)
            if i:
                delta = delta @ layers[i][:, :-1] * a[i] * (1 - a[i])
        return moved

    return step


def torch_eager(net: MLP, X: Vector, Y: Vector) -> Steps:
    import torch

    parts = slices(net)
    x, y = torch.from_numpy(X), torch.from_numpy(Y)

    def step(theta: Vector) -> Vector:
        t = torch.from_numpy(theta).requires_grad_()
        a = x
        for part, shape in parts:
            layer = t[part].reshape(shape)
            a = torch.sigmoid(torch.nn.functional.linear(a, layer[:, :-1], layer[:, -1]))
        ((a - y) ** 2).sum().div(2 * len(x)).backward()
        with torch.no_grad():
            return (t - ETA * t.grad).numpy()

    return step


def jax_steps(net: MLP, X: Vector, Y: Vector, way: str, transposed: bool = False, dtype: str = 'float64') -> Steps:
    """JAX 의 자동 미분으로. way 는 'call'(스텝마다 부름), 'fori', 'scan'(STEPS 스텝), transposed 면 W 를 옮겨 놓고."""
    import jax

    jax.config.update('jax_enable_x64', True)
    numbers, lax, parts = jax.numpy, jax.lax, slices(net)
    x, y = (numbers.asarray(a, dtype) for a in (X, Y))

    def loss(layers: list) -> Any:
        a = x
        for w, b in layers:
            a = jax.nn.sigmoid((a @ w if transposed else a @ w.T) + b)
        return ((a - y) ** 2).sum() / (2 * len(x))

    def moved(layers: list) -> list:
        return jax.tree.map(lambda p, d: p - numbers.asarray(ETA, dtype) * d, layers, jax.grad(loss)(layers))

    ways = {
        'call': moved, 'fori': lambda layers: lax.fori_loop(0, STEPS, lambda _, now: moved(now), layers),
        'scan': lambda layers: lax.scan(lambda now, _: (moved(now), None), layers, None, STEPS, unroll=8)[0],
    }  # fmt: skip

    @jax.jit
    def steps(theta: Any) -> Any:
        layers = [theta[part].reshape(shape) for part, shape in parts]
        layers = ways[way]([(layer[:, :-1].T if transposed else layer[:, :-1], layer[:, -1]) for layer in layers])
        joined = [numbers.column_stack([w.T if transposed else w, b]).ravel() for w, b in layers]
        return numbers.concatenate(joined)

    return lambda theta: steps(numbers.asarray(theta, dtype)).block_until_ready()


def casadi_sx(net: MLP, X: Vector, Y: Vector) -> Steps:
    """표본 하나의 기울기를 스칼라 그래프(SX)로 만들어 표본마다 부르고(map) 더한다."""
    import casadi

    parts = slices(net)
    count = parts[-1][0].stop
    theta, x, y = casadi.SX.sym('t', count), casadi.SX.sym('x', X.shape[1]), casadi.SX.sym('y', Y.shape[1])
    a = x
    for part, (m, n) in parts:
        layer = casadi.reshape(theta[part], n, m).T
        a = 1 / (1 + casadi.exp(-(layer[:, : n - 1] @ a + layer[:, n - 1])))
    gradient = casadi.Function('g', [theta, x, y], [casadi.gradient(casadi.sumsqr(a - y) / 2, theta)])
    mapped, columns = gradient.map(len(X)), (casadi.DM(X.T), casadi.DM(Y.T))
    return lambda t: t - ETA / len(X) * np.asarray(casadi.sum2(mapped(t, *columns))).ravel()


def loops(ours: Callable | None, net: MLP, X: Vector, Y: Vector, dtype: str) -> dict[str, Callable[[], Steps]]:
    ways = itertools.product(('fori', 'scan'), (False, True))
    peers = {
        f'JAX 반복|{way}{transposed}': functools.partial(jax_steps, net, X, Y, way, transposed, dtype) for way, transposed in ways
    }
    return ({'우리': ours} if ours else {}) | peers


def drawn(sizes: tuple[int, ...], batch: int) -> tuple[tuple[MLP, Vector, Vector], Vector, str]:
    """((신경망, X, Y), 파라미터, 이름)."""
    net, rng = MLP(sizes[0], sizes[1:], rng=random.Random(1)), np.random.default_rng(0)
    X, Y = rng.uniform(size=(batch, sizes[0])), rng.uniform(size=(batch, sizes[-1]))
    return (net, X, Y), np.array([p.data for p in net.parameters()]), f'{"-".join(map(str, sizes))} × {batch}'


def networks(quick: bool) -> Iterator[Row]:
    for sizes, batch, target, single_target in NETWORKS:
        data, theta, work = drawn(sizes, batch)
        steps = {
            '우리': functools.partial(replay, *data), 'NumPy 손수': functools.partial(numpy_by_hand, *data),
            'PyTorch': functools.partial(torch_eager, *data), 'JAX, 스텝마다 부름': functools.partial(jax_steps, *data, 'call'),
        }  # fmt: skip
        if len(theta) < 5000:  # CasADi 에는 파라미터마다 스칼라 노드가 있다
            steps['CasADi SX'] = functools.partial(casadi_sx, *data)
        yield from raced(f'{work}, 한 스텝', steps, theta, 1, 1e-12, {}, quick)
        own = functools.partial(replay_loop, *data)
        name = f'{work}, 반복 {STEPS} 스텝'
        yield from raced(name, loops(own, *data, 'float64'), theta, STEPS, 1e-10, {'JAX 반복': target}, quick)
        if compiled(data[0]).backend == 'llvm':
            own = functools.partial(replay_loop, *data, dtype='f32')
            builders = loops(own, *data, 'float32')
            yield from raced(f'{name}, f32', builders, theta, STEPS, 1e-3, {'JAX 반복': single_target}, quick)


def threads(quick: bool) -> Iterator[Row]:
    """한 스텝의 표본을 두 스레드로 나누면: 이 부분만 코어 둘을 쓴다."""
    if not hasattr(os, 'sched_setaffinity') or compiled(MLP(1, [1])).backend != 'llvm':
        return
    one = os.sched_getaffinity(0)
    os.sched_setaffinity(0, range(os.cpu_count() or 1))
    for sizes, batch in ((sizes, batch) for sizes, batch, *_ in NETWORKS if batch >= 100):
        data, theta, work = drawn(sizes, batch)
        for dtype, allowed in (('f64', 1e-10), ('f32', 1e-3)):
            two, alone = [functools.partial(replay_loop, *data, count, dtype=dtype) for count in (2, 1)]
            builders: dict[str, Callable[[], Steps]] = {'우리': two, '한 스레드': alone}
            yield from raced(f'{work}, 두 스레드, {dtype}', builders, theta, STEPS, allowed, {}, quick)
    os.sched_setaffinity(0, one)


def raced(
    work: str, builders: dict[str, Callable[[], Steps]], theta: Vector, steps: int, allowed: float, targets: dict[str, str],
    quick: bool,
) -> Iterator[Row]:  # fmt: skip
    """배운 뒤의 파라미터가 같은지 보고, 스텝마다의 µs 를 잰다. '이름|갈래' 는 이름마다 가장 빠른 갈래를 쓴다."""
    runs = installed(builders)
    expected = runs['우리'](theta)
    for name, run in runs.items():
        difference = np.abs(np.asarray(run(theta)) - expected).max()
        assert difference < allowed, f'{work}: {name} 의 답이 {difference} 만큼 다릅니다'
    tasks = {name: functools.partial(run, theta) for name, run in runs.items()}
    best: dict[str, float] = {}
    for name, seconds in race(tasks, 2 if quick else 9, 0.01 if quick else 0.1).items():
        best[name.split('|')[0]] = min(seconds, best.get(name.split('|')[0], math.inf))
    yield from against(work, best, 1e6 / steps, 'µs', targets)


def names(quick: bool) -> Iterator[Row]:
    """microgpt 의 한 스텝: 이름 하나의 기울기와 Adam. C 의 것은 꾸러미가 아니어서, 재어 둔 수를 적는다."""
    for context, dtype, in_c, target in ((8, 'f64', 26.0, '≤ 1.0 (0.8)'), (8, 'f32', 15.7, '(1.0)'), (16, 'f64', 26.0, '')):
        if dtype == 'f32' and compiled(MLP(1, [1])).backend != 'llvm':
            continue
        program = microgpt.recorded(microgpt.parameters(random.Random(0)), context, dtype=dtype)
        batch = microgpt.encoded(['olivia'], context)
        descent = program.descent(batch, 1, optim.Adam(program.parameters, 0.001, (0.85, 0.99)))
        task = functools.partial(descent.epoch, np.zeros(STEPS, np.int64))
        seconds = min(timed(task, 0.01 if quick else 0.3) for _ in range(2 if quick else 9)) / STEPS
        work = f'microgpt 의 한 스텝(이름 하나, {context}자리, Adam, {dtype})'
        yield Row(work, 1e6 * seconds, 'µs', 'C, 손수 미분(재어 둔 수)', in_c, target)


FIRST = """
import random, time, numpy
try:
    import llvmlite.binding
except ImportError:
    pass
start = time.perf_counter()
from micrograd_ko import MLP
MLP(2, [16, 16, 1], rng=random.Random(0)).compile().gradient(numpy.zeros((100, 3)))
print(time.perf_counter() - start)
"""


def first_gradient(quick: bool) -> Iterator[Row]:
    """기록, 컴파일, 첫 기울기: NumPy(와 llvmlite)를 읽는 것을 뺀 초. 목적 코드의 캐시가 비었을 때와 찼을 때."""
    cold, warm = [], []
    for _ in range(1 if quick else 3):
        with tempfile.TemporaryDirectory() as cache:
            seconds = [float(child(FIRST, cache)) for _ in range(3)]
        cold.append(seconds[0])
        warm += seconds[1:]
    yield Row('첫 기울기 2-16-16-1, 캐시 없이', 1e3 * min(cold), 'ms', target='≤ 600 (400)')
    yield Row('첫 기울기 2-16-16-1, 캐시 있이', 1e3 * min(warm), 'ms', target='≤ 80 (50)')


def child(code: str, cache: str) -> str:
    """새 파이썬에서 code 를 돌린 출력. 바이트코드와 캐시는 cache 에 둔다."""
    kept = {k: v for k, v in os.environ.items() if k != 'PYTHONDONTWRITEBYTECODE'}
    paths = {'PYTHONPYCACHEPREFIX': cache, 'XDG_CACHE_HOME': cache, 'PYTHONPATH': os.pathsep.join(filter(None, sys.path))}
    return subprocess.run([sys.executable, '-c', code], check=True, env={**kept, **paths}, capture_output=True, text=True).stdout


# 식을 여러 점에서: f(x, y) = eˣ sin y + tanh(xy)/(1 + x²) ------------------------------------------------------------------

def formula(m: Any, x: Any, y: Any) -> Any:
    return m.exp(x) * m.sin(y) + m.tanh(x * y) / (1 + x * x)


def by_hand(X: Vector, second: bool) -> Vector:
    x, y = X[:, 0], X[:, 1]
    e, t, q = np.exp(x), np.tanh(x * y), 1 + x * x
    es, ec, s, r = e * np.sin(y), e * np.cos(y), 1 - t * t, t / q
    if not second:
        return np.stack([es + (s * y - 2 * x * r) / q, ec + s * x / q])
    xx = es - 2 * r * s * y * y - (4 * x * y * s + 2 * t - 8 * x * x * r) / (q * q)
    return np.stack([xx, ec + s / q - 2 * r * s * x * y - 2 * x * x * s / (q * q), -es - 2 * r * s * x * x])


def by_sympy(X: Vector, second: bool) -> Task:
    import sympy

    x, y = symbols = sympy.symbols('x y')
    f = formula(sympy, x, y)
    wanted = [(x, x), (x, y), (y, y)] if second else [(x,), (y,)]
    function = sympy.lambdify(symbols, [sympy.diff(f, *each) for each in wanted], 'numpy', cse=True)
    return lambda: np.stack(function(X[:, 0], X[:, 1]))


def by_jax(X: Vector, second: bool) -> Task:
    import jax

    jax.config.update('jax_enable_x64', True)
    once = jax.grad(lambda p: formula(jax.numpy, p[0], p[1]))
    function, points = jax.jit(jax.vmap(jax.jacfwd(once) if second else once)), jax.numpy.asarray(X)
    return lambda: chosen(np.asarray(function(points)), second)


def by_ddx(X: Vector, second: bool) -> Task:
    import ddx

    f = ddx.equation(lambda: formula(ddx, ddx.var('x'), ddx.var('y')))
    f.compile(points=len(X))
    batch = np.ascontiguousarray(X.T)
    if second:
        return lambda: f.hessian(batch)[2].reshape(4, -1)[[0, 1, 3]]
    return lambda: f.gradient(batch)


def chosen(found: Vector, second: bool) -> Vector:
    """점 × 성분의 미분을 성분 × 점으로: 둘째 미분은 xx, xy, yy."""
    return found.reshape(len(found), 4)[:, [0, 1, 3]].T if second else found.T


def points(quick: bool) -> Iterator[Row]:
    X = np.random.default_rng(0).normal(size=(10**3 if quick else 10**5, 2))
    program = compile_graph(functools.partial(formula, ops), [Value(0.0), Value(0.0)], [], samples=X)
    for second, name in ((False, '기울기'), (True, '헤세 행렬')):
        replayed = program.hessians if second else program.gradients
        tasks = installed({
            '우리': lambda f=replayed, s=second: lambda: chosen(f(X), s),
            'NumPy 손수': lambda s=second: lambda: by_hand(X, s),
            **{peer: functools.partial(build, X, second) for peer, build in (('SymPy cse', by_sympy), ('JAX', by_jax))},
            'ddx-ad': functools.partial(by_ddx, X, second),
        })  # fmt: skip
        expected = by_hand(X, second)
        for peer, task in tasks.items():
            assert np.allclose(task(), expected, rtol=1e-9, atol=1e-9), f'{peer} 의 {name} 이(가) 다릅니다'
        best = race(tasks, 2 if quick else 9, 0.01 if quick else 0.1)
        yield from against(f'f(x, y) 의 {name}, 점 {len(X):,}개', best, 1e3, 'ms', {'ddx-ad': '≤ 1.0 (0.7)'})


# 행렬이 아닌 그래프: 컴파일과 재생, 노드마다 -------------------------------------------------------------------------------

def tangled(nodes: int) -> tuple[Value, list[Value], list[Value]]:
    """가까운 노드끼리 아무렇게나 이은 그래프: (손실, 입력, 파라미터)."""
    rng = random.Random(0)
    parameters, inputs = ([Value(rng.uniform(-1, 1)) for _ in range(n)] for n in (50, 4))
    made = [*parameters, *inputs]
    writes = [
        lambda a, b: a * b, lambda a, b: a.tanh(), lambda a, b: (a - b).sigmoid(), ops.maximum, lambda a, b: (-a.square()).exp(),
    ]  # fmt: skip
    for _ in range(nodes):
        a, b, write = rng.choice(made[-40:]), rng.choice(made[-40:]), rng.choice(writes)
        made.append(write(a, b))
    return sum(made[-40:], Value(0.0)), inputs, parameters


def irregular(quick: bool) -> Iterator[Row]:
    matrix = microgpt_step.parameters(Value)
    loss, flat = microgpt_step.step_loss(matrix, 'olivia'), [p for rows in matrix.values() for row in rows for p in row]
    yield lowered('microgpt 의 대본', loss, [], flat)[1]
    for exponent in range(3, 5 if quick else 7):
        loss, inputs, parameters = tangled(10**exponent)
        program, row = lowered(f'얽힌 그래프, 노드 10^{exponent}', loss, inputs, parameters)
        yield row
        rng, theta = np.random.default_rng(0), program.vector
        for samples, target in ((1, '≤ 40 (20)'), (32, '≤ 5 (2.5)')):
            X = rng.uniform(-1, 1, (samples, 4))
            task = functools.partial(program.gradient, X, write=False, parameters=theta)
            seconds = min(timed(task, 0.02) for _ in range(2 if quick else 5))
            work = f'얽힌 그래프, 노드 10^{exponent}, 표본 {samples}'
            yield Row(work, 1e9 * seconds / program.nodes / samples, 'ns', target=target)


def lowered(work: str, loss: Value, inputs: list[Value], parameters: list[Value]) -> tuple[Any, Row]:
    gc.collect()
    start = time.perf_counter()
    program = compile_graph(loss, inputs, parameters)
    seconds = time.perf_counter() - start
    return program, Row(f'컴파일, {work}', 1e9 * seconds / program.nodes, 'ns', target='≤ 5000')


# eager: 기록하고 한 번 역전파한다 ----------------------------------------------------------------------------------------

def determinant(rows: list[list]) -> Any:
    """행렬식을 소행렬식(minor)으로 펴서. 8 × 8 이면 노드가 11만 개다."""
    if len(rows) == 1:
        return rows[0][0]
    total = None
    for j, top in enumerate(rows[0]):
        term = top * determinant([row[:j] + row[j + 1 :] for row in rows[1:]])
        total = term if total is None else total - term if j % 2 else total + term
    return total


def xad_determinant(numbers: list[list[float]]) -> Task:
    import xad.adj_1st as adjoint

    def task() -> list[float]:
        with adjoint.Tape() as tape:
            rows = [[adjoint.Real(x) for x in row] for row in numbers]
            for x in itertools.chain(*rows):
                tape.registerInput(x)
            tape.newRecording()
            result = determinant(rows)
            tape.registerOutput(result)
            result.derivative = 1.0
            tape.computeAdjoints()
            return [x.derivative for x in itertools.chain(*rows)]

    return task


def eager_determinant(kind: type, numbers: list[list[float]]) -> list[float]:
    rows = [[kind(x) for x in row] for row in numbers]
    determinant(rows).backward()
    return [x.grad for x in itertools.chain(*rows)]


def minors(quick: bool) -> Iterator[Row]:
    size, rng = 5 if quick else 8, random.Random(0)
    numbers = [[rng.uniform(-1, 1) for _ in range(size)] for _ in range(size)]
    tasks = installed({
        '우리': lambda: functools.partial(eager_determinant, Value, numbers),
        'micrograd': lambda: functools.partial(eager_determinant, micrograd_value(), numbers),
        'xad (C++)': lambda: xad_determinant(numbers),
    })  # fmt: skip
    expected = np.linalg.det(numbers) * np.linalg.inv(numbers).T.ravel()
    for peer, task in tasks.items():
        assert np.allclose(task(), expected, rtol=1e-9, atol=1e-12), f'{peer} 의 행렬식의 기울기가 다릅니다'
    yield from against(f'행렬식 {size} × {size}, eager', race(tasks, 2 if quick else 5), 1e3, 'ms', {'xad (C++)': '≤ 2.0 (1.5)'})


def micrograd_value() -> type:
    from micrograd.engine import Value as Theirs

    return Theirs


def moons(n: int = 100) -> list[tuple[list[float], int]]:
    """맞물린 반달(moons) 둘의 점과 그 이름표 ±1."""
    rng, samples = random.Random(1), []
    for i in range(n):
        t, side = math.pi * rng.random(), i % 2
        x, y = (1 - math.cos(t), 0.5 - math.sin(t)) if side else (math.cos(t), math.sin(t))
        samples.append(([x + rng.gauss(0, 0.1), y + rng.gauss(0, 0.1)], 2 * side - 1))
    return samples


def plain_weights(kind: type) -> list[list[list]]:
    """층마다, 뉴런마다 [w…, b]."""
    rng, sizes = random.Random(2), (2, 16, 16, 1)
    return [
        [[kind(rng.gauss(0, nin**-0.5)) for _ in range(nin + 1)] for _ in range(nout)]
        for nin, nout in itertools.pairwise(sizes)
    ]


def plain_loss(layers: list[list[list]], samples: list[tuple[list[float], int]]) -> Any:
    """+ 와 × 와 relu 만으로 적은 망과 힌지 손실. 어떤 `Value` 로도 돈다."""
    losses = []
    for inputs, y in samples:
        x: list = inputs
        for layer in layers:
            z = [sum((w * a for w, a in zip(neuron, x, strict=False)), neuron[-1]) for neuron in layer]
            x = [a.relu() for a in z]
        losses.append((1 - z[0] * y).relu())
    return sum(losses) * (1 / len(losses))


def eager(quick: bool) -> Iterator[Row]:
    samples, repeat = moons(), 2 if quick else 7

    def plain(kind: type) -> Task:
        weights = plain_weights(kind)
        return lambda: plain_loss(weights, samples).backward()

    tasks = installed({'우리': lambda: plain(Value), 'micrograd': lambda: plain(micrograd_value())})
    yield from against('반달, + 와 × 로 적은 망, eager', race(tasks, repeat), 1e3, 'ms', {'micrograd': '≤ 1/8 (1/12)'})

    net = MLP(2, [16, 16, 1], 'relu', 'identity', random.Random(2))

    def network() -> Task:
        from micrograd import nn

        theirs = nn.MLP(2, [16, 16, 1])

        def task() -> None:
            losses = [(1 - theirs(x) * y).relu() for x, y in samples]
            (sum(losses) * (1 / len(losses))).backward()

        return task

    def ours() -> None:
        mean([hinge(net(x), y) for x, y in samples]).backward()

    tasks = installed({'우리': lambda: ours, 'micrograd': network})
    yield from against('반달, MLP, eager', race(tasks, repeat), 1e3, 'ms', {'micrograd': '≤ 1/22 (1/30)'})

    def step(kind: type) -> Task:
        matrix = microgpt_step.parameters(kind)
        return lambda: microgpt_step.step_loss(matrix, 'gradient').backward()

    tasks = {'우리': step(Value), 'ScriptValue': step(microgpt_step.ScriptValue)}
    yield from against('microgpt 꼴의 대본, eager', race(tasks, repeat), 1e3, 'ms', {'ScriptValue': '≤ 1/1.3 (1/2)'})


# 노드 하나에 드는 시간과 메모리, 읽는 시간, 그림 --------------------------------------------------------------------------

def products(nodes: int) -> Value:
    """곱을 하나씩 더해 가는 그래프. 연산 노드가 nodes 개다."""
    ws, x = [Value(0.01 * i) for i in range(100)], Value(0.5)
    total = x
    for i in range(nodes // 2):
        total = total + ws[i % 100] * x
    return total


def growth(quick: bool) -> Iterator[Row]:
    """노드마다의 시간이 그래프의 크기에 따라 얼마나 느는지, 쓰레기 수집기가 돌 때와 쉴 때."""
    for paused, target in ((False, ''), (True, '10^3 의 2.5 배 안')):
        for exponent in range(3, 6 if quick else 7):
            n = 10**exponent
            if paused:
                gc.disable()
            best = min(timed(lambda n=n: products(n).backward()) for _ in range(2 if quick else max(3, 10**5 // n)))
            gc.enable()
            yield Row(f'기록과 역전파, 노드 10^{exponent}{", 수집기 쉼" if paused else ""}', 1e9 * best / n, 'ns', target=target)


def memory(quick: bool) -> Iterator[Row]:
    n = 10**4 if quick else 10**5
    gc.collect()
    tracemalloc.start()
    root = products(n)
    recorded = tracemalloc.get_traced_memory()[0] / n
    root.backward()
    gc.collect()
    swept = tracemalloc.get_traced_memory()[0] / n
    tracemalloc.stop()
    yield Row('노드마다의 메모리', recorded, 'B', target='≤ 165 (130)')
    yield Row('노드마다의 메모리, 역전파 뒤', swept, 'B')


def importing(quick: bool) -> Iterator[Row]:
    """아무것도 하지 않는 파이썬과의 차이. 바이트코드는 미리 만들어 둔 것을 쓴다."""
    with tempfile.TemporaryDirectory() as cache:
        tasks = {code: functools.partial(child, code, cache) for code in ('pass', 'import micrograd_ko')}
        race(tasks, 1)
        bare, ours = race(tasks, 5 if quick else 30).values()
    yield Row('import micrograd_ko, 파이썬만 뺀 것', 1e3 * (ours - bare), 'ms', target='≤ 30 (12)')


def drawing(quick: bool) -> Iterator[Row]:
    loss = quadratic(MLP(2, [3, 2], rng=random.Random(1)).trace([0.5, 0.3]).output, [1.0, 0.0])
    loss.backward()
    seconds = min(timed(lambda: draw(loss).svg) for _ in range(2 if quick else 9))
    yield Row('그림 2-3-2 신경망', 1e3 * seconds, 'ms', target='≤ 100')
    rng = random.Random(1)
    terms = [Value(rng.uniform(0.5, 1.5)) for _ in range(512)]
    while len(terms) > 1:
        terms = [a * b if i % 2 else a + b for i, (a, b) in enumerate(zip(terms[::2], terms[1::2], strict=True))]
    terms[0].backward()
    seconds = min(timed(lambda: draw(terms[0], max_nodes=2000).svg) for _ in range(1 if quick else 3))
    yield Row('그림 노드 1023개의 식', 1e3 * seconds, 'ms', target='≤ 3000')


# eager 가 먼저다: 수집기(garbage collector)는 그때까지 읽은 라이브러리의 물건도 훑는데, JAX 의 것만 해도 우리 그래프보다 많다
PARTS: list[Callable[[bool], Iterable[Row]]] = [
    minors, eager, growth, memory, importing, drawing, networks, threads, names, first_gradient, points, irregular,
]  # fmt: skip
SLOWING = ('OPENBLAS_CORETYPE', 'OPENBLAS_L2_SIZE')  # NumPy 의 곱을 느린 커널에 묶는 환경 변수
ONE_THREAD = {'OPENBLAS_NUM_THREADS': '1', 'OMP_NUM_THREADS': '1'}


def main() -> None:
    known = [part.__name__ for part in PARTS]
    parser = argparse.ArgumentParser(description='micrograd_ko 의 속도와 메모리를 상대와 나란히 잰다.')
    parser.add_argument('--quick', action='store_true', help='적게 재어 한두 분 안에 끝낸다')
    parser.add_argument('--only', nargs='*', choices=known, default=known, help='이 부분만')
    options = parser.parse_args()
    survive(sys.stdout)
    wanted = {k: v for k, v in os.environ.items() if k not in SLOWING} | ONE_THREAD
    if wanted != dict(os.environ):  # 라이브러리를 읽기 전에 있어야 하므로 환경을 고쳐 다시 시작한다
        os.execve(sys.executable, sys.orig_argv, wanted)
    if hasattr(os, 'sched_setaffinity'):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    backend = compile_graph(Value(1.0), [], []).backend
    print(f'{time.strftime("%Y-%m-%d")}, Python {platform.python_version()}, NumPy {np.__version__}, 백엔드 {backend}, '
          f'{platform.machine()} 코어 {os.cpu_count()}개 가운데 하나. 목표의 괄호는 더 높은 것.\n')  # fmt: skip
    head = f'{left("일", 46)} {"우리":>7} {left("", 5)} {left("상대", 22)} {"상대의 것":10} {"우리/상대":>6}  목표'
    print(head, '-' * 118, sep='\n')
    for part in PARTS:
        for row in part(options.quick) if part.__name__ in options.only else ():
            print(row, flush=True)
    for peer, package in missing.items():
        print(f'{peer.split("|")[0]} 을(를) 뺐습니다: {package} 이(가) 없습니다.')


if __name__ == '__main__':
    main()
