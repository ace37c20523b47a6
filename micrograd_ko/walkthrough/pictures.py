"""걷기의 그림과 걸음 페이지(step page): 노트의 2-3-2 신경망을 세 단계로, 그리고 `b = a + a; c = b + b` 를 폴더에 쓴다."""

import random
from collections.abc import Iterator
from pathlib import Path

from micrograd_ko.learning import losses
from micrograd_ko.learning.data.moons import moons
from micrograd_ko.nn import MLP
from micrograd_ko.render import Drawing, LayoutError, draw
from micrograd_ko.walkthrough import order, specimen
from micrograd_ko.walkthrough.lines import paragraphs, section


def drawings() -> Iterator[tuple[str, str, Drawing]]:
    """(파일 이름, 설명, 그림): 순전파만 한 신경망, 역전파까지 마친 신경망의 세 단계와 걸음, 위상 순서의 예."""
    trace = specimen.network().trace(specimen.X)
    cost = losses.quadratic(trace.output, specimen.Y)
    cost.name = 'C'
    yield 'forward.svg', '순전파: z 와 a 만 안다', draw(trace)
    cost.backward()
    yield 'network_neuron.svg', '뉴런마다: w, b, z, a 의 값과 기울기', draw(cost, 'neuron')
    yield 'network_layer.svg', '층마다: W 와 ∂C/∂W', draw(cost, 'layer')
    yield 'network_ops.svg', '노드마다: 선에 국소 미분', draw(cost, 'ops')
    yield 'network.html', '브라우저로 열면 한 걸음씩 역전파를 본다', draw(cost, 'neuron')
    a, _, c = order.graph(order.START)
    c.backward()
    yield 'order.svg', f'b = a + a; c = b + b: ∂c/∂a = {a.grad:g}', draw(c, 'ops')
    yield 'order.html', '같은 그래프를 한 걸음씩', draw(c, 'ops')
    net = MLP(2, [6, 6, 1], 'tanh', output='sigmoid', rng=random.Random(0))
    yield 'moons.html', '브라우저에서 두 초승달을 가르친다', net.page(*moons(100, rng=random.Random(0)))


def page(directory: Path) -> Iterator[str]:
    """그림을 directory 에 쓰고, 쓴 것을 한 줄씩. 배치 엔진이 없으면 그림마다 DOT 글을 쓰고 설치 방법을 알린다."""
    yield from section(8, f'그림: {directory}', [])
    missing = ''
    for name, caption, drawing in drawings():
        try:
            path = drawing.save(directory / name)
        except LayoutError as error:
            missing = str(error)
            if name.endswith('.html'):  # 걸음 페이지는 배치가 있어야 하고, 같은 그림의 DOT 글은 이미 썼다
                continue
            path = drawing.save((directory / name).with_suffix('.dot'))
        yield f'  {path.name:<20} {caption}'
    if missing:
        yield from paragraphs(missing.splitlines())
