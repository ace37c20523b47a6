"""같은 일을 나란히 재어 비(ratio)로 적는다. 시간은 기계마다 다르지만 비는 견줄 만하다.

    python examples/benchmark.py [--quick]

상대는 micrograd 0.1.0 (`pip install 'micrograd_ko[bench]'`)과 `microgpt_step.py` 의 `ScriptValue` 다. micrograd 가 없으면 그
줄은 빠진다. 잴 때마다 먼저 쓰레기를 모으고(gc.collect), 둘을 번갈아 여러 번 재어 각자의 가장 빠른 것을 쓴다.
"""

import argparse
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
from collections.abc import Callable
from typing import Any

import microgpt_step

from micrograd_ko import MLP, Value, draw
from micrograd_ko.learning.losses import hinge, mean, quadratic

Task = Callable[[], object]


def timed(task: Task) -> float:
    gc.collect()
    start = time.perf_counter()
    task()
    return time.perf_counter() - start


def versus(ours: Task, peer: Task, repeat: int) -> str:
    """둘을 번갈아 재어, 상대가 우리의 몇 배 걸리는지. 괄호 안은 짝마다의 비의 범위."""
    pairs = [(timed(ours), timed(peer)) for _ in range(repeat)]
    a, b = (min(column) for column in zip(*pairs, strict=True))
    ratios = sorted(theirs / mine for mine, theirs in pairs)
    return f'{b / a:5.2f} ×   {1e3 * a:.1f} ms, 상대 {1e3 * b:.1f} ms ({ratios[0]:.2f} ~ {ratios[-1]:.2f})'


# 맞물린 반달(moons): 2-16-16-1, relu, 힌지 손실, 표본 100개의 순전파와 역전파 한 번 ---------------------------------------

def moons(n: int = 100) -> list[tuple[list[float], int]]:
    """반달 둘의 점과 그 이름표 ±1."""
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
    """+ 와 × 와 relu 만으로 적은 망과 손실. 어떤 `Value` 로도 돈다."""
    losses = []
    for inputs, y in samples:
        x: list = inputs
        for layer in layers:
            z = [sum((w * a for w, a in zip(neuron, x, strict=False)), neuron[-1]) for neuron in layer]
            x = [a.relu() for a in z]
        losses.append((1 - z[0] * y).relu())
    return sum(losses) * (1 / len(losses))


def moons_plain(quick: bool) -> str:
    from micrograd import engine

    samples, mine, theirs = moons(), plain_weights(Value), plain_weights(engine.Value)
    repeat = 2 if quick else 7
    return versus(lambda: plain_loss(mine, samples).backward(), lambda: plain_loss(theirs, samples).backward(), repeat)


def moons_network(quick: bool) -> str:
    from micrograd import nn

    samples, theirs = moons(), nn.MLP(2, [16, 16, 1])
    mine = MLP(2, [16, 16, 1], 'relu', 'identity', random.Random(2))

    def peer() -> None:
        losses = [(1 - theirs(x) * y).relu() for x, y in samples]
        (sum(losses) * (1 / len(losses))).backward()

    return versus(lambda: mean([hinge(mine(x), y) for x, y in samples]).backward(), peer, 2 if quick else 7)


def script(quick: bool) -> str:
    def step(kind: type) -> Task:
        matrix = microgpt_step.parameters(kind)
        return lambda: microgpt_step.step_loss(matrix, 'gradient').backward()

    return versus(step(Value), step(microgpt_step.ScriptValue), 2 if quick else 9)


# 노드 하나에 드는 시간과 메모리 -----------------------------------------------------------------------------------------

def products(nodes: int) -> Value:
    """곱을 하나씩 더해 가는 그래프. 연산 노드가 nodes 개다."""
    ws, x = [Value(0.01 * i) for i in range(100)], Value(0.5)
    total = x
    for i in range(nodes // 2):
        total = total + ws[i % 100] * x
    return total


def growth(quick: bool, paused: bool) -> str:
    """노드마다의 시간이 그래프의 크기에 따라 얼마나 느는지: 가장 큰 것 / 가장 빠른 것."""
    per_node = []
    for exponent in range(3, 6 if quick else 7):
        n = 10**exponent
        if paused:
            gc.disable()
        best = min(timed(lambda n=n: products(n).backward()) for _ in range(2 if quick else max(3, 10**5 // n)))
        gc.enable()
        per_node.append(1e9 * best / n)
    return f'{per_node[-1] / min(per_node):5.2f} ×   10³부터 10배씩 {", ".join(f"{t:.0f}" for t in per_node)} ns'


def growth_collected(quick: bool) -> str:
    return growth(quick, paused=False)


def growth_paused(quick: bool) -> str:
    return growth(quick, paused=True)


def memory(quick: bool) -> str:
    n = 10**4 if quick else 10**5
    gc.collect()
    tracemalloc.start()
    root = products(n)
    recorded = tracemalloc.get_traced_memory()[0] / n
    root.backward()
    gc.collect()
    swept = tracemalloc.get_traced_memory()[0] / n
    tracemalloc.stop()
    return f'{recorded:5.0f} 바이트   역전파 뒤 {swept:.0f}'


def import_time(quick: bool) -> str:
    """아무것도 하지 않는 파이썬과의 차이. 바이트코드는 미리 만들어 둔 것을 쓴다."""
    with tempfile.TemporaryDirectory() as cache:
        kept = {k: v for k, v in os.environ.items() if k != 'PYTHONDONTWRITEBYTECODE'}
        environment = {**kept, 'PYTHONPYCACHEPREFIX': cache, 'PYTHONPATH': os.pathsep.join(filter(None, sys.path))}

        def start(code: str) -> float:
            return timed(lambda: subprocess.run([sys.executable, '-c', code], check=True, env=environment))

        pairs = [(start('pass'), start('import micrograd_ko')) for _ in range(5 if quick else 30)]
    bare, ours = (min(column) for column in zip(*pairs, strict=True))
    return f'{1e3 * (ours - bare):5.1f} ms   파이썬만 {1e3 * bare:.1f} ms'


# 그림 한 장(SVG)을 그리는 데 드는 시간 ----------------------------------------------------------------------------------

def fastest(task: Task, repeat: int) -> str:
    return f'{1e3 * min(timed(task) for _ in range(repeat)):5.0f} ms'


def drawing_network(quick: bool) -> str:
    loss = quadratic(MLP(2, [3, 2], rng=random.Random(1)).trace([0.5, 0.3]).output, [1.0, 0.0])
    loss.backward()
    return fastest(lambda: draw(loss).svg, 2 if quick else 9)


def drawing_expression(quick: bool) -> str:
    rng = random.Random(1)
    terms = [Value(rng.uniform(0.5, 1.5)) for _ in range(512)]
    while len(terms) > 1:
        terms = [a * b if i % 2 else a + b for i, (a, b) in enumerate(zip(terms[::2], terms[1::2], strict=True))]
    terms[0].backward()
    return fastest(lambda: draw(terms[0], max_nodes=2000).svg, 1 if quick else 3)


ROWS: list[tuple[str, str, Callable[[bool], str]]] = [
    ('반달, + 와 × 로 적은 망: micrograd / 우리', '≥ 4 (6)', moons_plain),
    ('반달, MLP: micrograd / 우리', '≥ 30 (50)', moons_network),
    ('microgpt 꼴의 한 스텝: ScriptValue / 우리', '≥ 1 (1.5)', script),
    ('노드마다의 시간, 수집기가 쉴 때: 큰 것 / 빠른 것', '≤ 2.5 (1.5)', growth_paused),
    ('노드마다의 시간, 수집기가 돌 때: 큰 것 / 빠른 것', '', growth_collected),
    ('노드마다의 메모리(tracemalloc)', '≤ 150 (120)', memory),
    ('import micrograd_ko', '≤ 30 (10)', import_time),
    ('그림: 2-3-2 신경망', '≤ 100', drawing_network),
    ('그림: 노드 1023개의 식', '≤ 3000', drawing_expression),
]


def main() -> None:
    parser = argparse.ArgumentParser(description='micrograd_ko 의 속도와 메모리를 잰다.')
    parser.add_argument('--quick', action='store_true', help='적게 재어 20초 안에 끝낸다')
    quick = parser.parse_args().quick
    print(f'Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} 코어. 괄호는 더 높은 목표(target).\n')
    left_out = []
    for name, target, measure in ROWS:
        try:
            result = measure(quick)
        except ModuleNotFoundError as missing:
            left_out.append(f"'{name}' 을 뺐습니다: {missing.name} 이(가) 없습니다.")
        else:
            print(f'{name}\n    {result}' + (f'   목표 {target}' if target else ''), flush=True)
    print(*left_out, sep='\n')


if __name__ == '__main__':
    main()
