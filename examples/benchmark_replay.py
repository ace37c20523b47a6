"""재생(replay)의 한 스텝을 다른 도구와 나란히 잰다: 미니배치의 기울기 + 경사하강 갱신, float64, sigmoid, 이차 손실.

    python examples/benchmark_replay.py [--quick]

상대는 NumPy 로 손수 적은 노트의 방정식(언제나)과 PyTorch, JAX, CasADi (`pip install 'micrograd_ko[bench]'`)다. 없는 것은
빠지고 그렇게 적힌다. 모두 파라미터를 벡터 하나로 들고 같은 자료를 쓴다. 재기 전에 한 스텝 뒤의 파라미터가 같은지 확인한다.
번갈아 여러 번 재어 저마다 가장 빠른 것을 쓴다.
"""

import argparse
import functools
import gc
import os
import platform
import random
import time
from collections.abc import Callable

import numpy as np

from micrograd_ko import MLP

NETWORKS = [((2, 16, 16, 1), 100), ((64, 30, 10), 10), ((784, 30, 10), 10), ((784, 30, 10), 100)]
ETA = 0.1

Vector = np.ndarray
Step = Callable[[Vector], Vector]  # 파라미터 → 한 스텝 뒤의 파라미터


def replay(net: MLP, X: Vector, Y: Vector) -> Step:
    program = net.compile()

    def step(theta: Vector) -> Vector:
        return theta - ETA * program.gradient((X, Y), write=False, parameters=theta)

    return step


def slices(net: MLP) -> list[tuple[slice, tuple[int, int]]]:
    """층마다 [W | b] (m × (n+1)) 가 파라미터 벡터의 어디인지. 뉴런마다 w…, b 의 순서다."""
    found, begin = [], 0
    for layer in net.layers:
        shape = len(layer.neurons), layer.nin + 1
        found.append((slice(begin, begin + shape[0] * shape[1]), shape))
        begin += shape[0] * shape[1]
    return found


def numpy_by_hand(net: MLP, X: Vector, Y: Vector) -> Step:
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


def torch_eager(net: MLP, X: Vector, Y: Vector) -> Step:
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


def jax_jit(net: MLP, X: Vector, Y: Vector) -> Step:
    import jax

    jax.config.update('jax_enable_x64', True)
    parts = slices(net)
    x, y = jax.numpy.asarray(X), jax.numpy.asarray(Y)

    def loss(theta, x, y):
        a = x
        for part, shape in parts:
            layer = theta[part].reshape(shape)
            a = jax.nn.sigmoid(a @ layer[:, :-1].T + layer[:, -1])
        return ((a - y) ** 2).sum() / (2 * len(x))

    moved = jax.jit(lambda theta, x, y: theta - ETA * jax.grad(loss)(theta, x, y))
    return lambda theta: moved(theta, x, y).block_until_ready()


def casadi_sx(net: MLP, X: Vector, Y: Vector) -> Step:
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
    mapped = gradient.map(len(X))
    columns = casadi.DM(X.T), casadi.DM(Y.T)
    return lambda t: t - ETA / len(X) * np.asarray(casadi.sum2(mapped(t, *columns))).ravel()


PEERS = [
    ('NumPy 로 손수', numpy_by_hand), ('PyTorch', torch_eager), ('JAX jit, 스텝마다 부름', jax_jit), ('CasADi SX', casadi_sx),
]  # fmt: skip


def timed(step: Step, theta: Vector, seconds: float) -> float:
    """한 스텝의 초. seconds 쯤 되도록 여러 스텝을 이어 재어 나눈다."""
    start = time.perf_counter()
    step(theta)
    count = max(1, min(200, int(seconds / max(time.perf_counter() - start, 1e-6))))
    gc.collect()
    start = time.perf_counter()
    for _ in range(count):
        theta = step(theta)
    return (time.perf_counter() - start) / count


def measure(sizes: tuple[int, ...], batch: int, quick: bool) -> list[str]:
    net = MLP(sizes[0], sizes[1:], rng=random.Random(1))
    rng = np.random.default_rng(0)
    X, Y = rng.uniform(size=(batch, sizes[0])), rng.uniform(size=(batch, sizes[-1]))
    theta = np.array([p.data for p in net.parameters()])
    ours = replay(net, X, Y)
    expected = ours(theta)
    steps, missing = {}, []
    for name, build in PEERS:
        if build is casadi_sx and len(theta) > 5000:
            missing.append(f'{name}: 파라미터 {len(theta)}개의 스칼라 그래프는 재지 않습니다')
            continue
        try:
            step = build(net, X, Y)
        except ModuleNotFoundError as error:
            missing.append(f'{name}: {error.name} 이(가) 설치되어 있지 않습니다')
            continue
        difference = np.abs(np.asarray(step(theta)) - expected).max()
        assert difference < 1e-12, f'{name} 의 한 스텝이 {difference} 만큼 다릅니다'
        steps[name] = step
    best: dict[str, float] = {}
    for _ in range(2 if quick else 7):
        for name, step in {'재생 (NumPy)': ours, **steps}.items():
            best[name] = min(best.get(name, 1e9), timed(step, theta, 0.02 if quick else 0.1))
    mine = best['재생 (NumPy)']
    lines = [f'{1e6 * t:10.1f} µs{mine / t:8.2f}   {name}' for name, t in best.items()]
    return [*lines, *[f'         뺀 것     {text}' for text in missing]]


def main() -> None:
    parser = argparse.ArgumentParser(description='재생의 한 스텝을 다른 도구와 나란히 잰다.')
    parser.add_argument('--quick', action='store_true', help='적게 재어 20초 안에 끝낸다')
    quick = parser.parse_args().quick
    show = functools.partial(print, flush=True)
    show(f'Python {platform.python_version()}, NumPy {np.__version__}, {os.cpu_count()} 코어.')
    show('둘째 열은 재생 / 상대: 1 보다 작으면 재생이 빠르다.')
    for sizes, batch in NETWORKS:
        show(f'\n{"-".join(map(str, sizes))}, 미니배치 {batch}')
        show(*measure(sizes, batch, quick), sep='\n')


if __name__ == '__main__':
    main()
