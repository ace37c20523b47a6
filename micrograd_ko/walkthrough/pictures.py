"""그림과 스텝 페이지(step page): 노트의 2-3-2 신경망을 세 수준(level of detail)으로, 그리고 `b = a + a; c = b + b` 를 쓴다."""

import contextlib
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path

from micrograd_ko.learning import losses
from micrograd_ko.learning.data.moons import moons
from micrograd_ko.nn import MLP
from micrograd_ko.render import Drawing, LayoutError, draw
from micrograd_ko.walkthrough import order, specimen
from micrograd_ko.walkthrough.lines import heading, lead, paragraphs

STEP_PAGE = 'network.html'


def drawings() -> Iterator[tuple[str, str, Drawing]]:
    """(파일 이름, 설명, 그림): 순전파만 한 신경망, 역전파까지 마친 신경망의 세 수준과 스텝 페이지, 위상 순서의 예."""
    trace = specimen.network().trace(specimen.X)
    cost = losses.quadratic(trace.output, specimen.Y)
    cost.name = 'C'
    yield 'forward.svg', '순전파: z 와 a 만 안다', draw(trace)
    cost.backward()
    yield 'network_neuron.svg', '뉴런마다: w, b, z, a 의 값과 기울기', draw(cost, 'neuron')
    yield 'network_layer.svg', '층마다: W 와 ∂C/∂W', draw(cost, 'layer')
    yield 'network_ops.svg', '노드마다: 선에 국소 미분', draw(cost, 'ops')
    yield STEP_PAGE, '브라우저로 열면 이 역전파를 한 스텝씩 본다', draw(cost, 'neuron')
    a, _, c = order.graph(order.START)
    c.backward()
    yield 'order.svg', f'b = a + a; c = b + b: ∂c/∂a = {a.grad:g}', draw(c, 'ops')
    yield 'order.html', '같은 그래프를 한 스텝씩', draw(c, 'ops')
    net = MLP(2, [6, 6, 1], 'tanh', output='sigmoid', rng=random.Random(0))
    yield 'moons.html', '브라우저에서 두 초승달을 가르친다', net.page(*moons(100, rng=random.Random(0)))


def page(directory: Path) -> Iterator[str]:
    """그림을 directory 에 쓰고, 쓴 것을 한 줄씩. 배치 엔진이 없으면 그림마다 DOT 글을 쓰고 설치 방법을 알린다."""
    yield from heading(f'그림: {directory}')
    yield ''
    missing = ''
    for name, caption, drawing in drawings():
        try:
            path = drawing.save(directory / name)
        except LayoutError as error:
            missing = str(error)
            if name.endswith('.html'):  # 스텝 페이지는 배치가 있어야 하고, 같은 그림의 DOT 글은 이미 썼다
                continue
            path = drawing.save((directory / name).with_suffix('.dot'))
        yield f'  {path.name:<20} {caption}'
    if missing:
        yield from paragraphs(missing.splitlines())
    else:
        yield from _next(directory / STEP_PAGE)


def closing() -> Iterator[str]:
    """다 읽은 사람이 다음에 열 것: 스텝 페이지를 임시 폴더에 쓰고 그 주소를 알린다. 배치 엔진이 없으면 설치 방법."""
    (drawing,) = [drawing for name, _, drawing in drawings() if name == STEP_PAGE]
    try:
        path = _saved(drawing)
    except LayoutError as error:
        yield from paragraphs(str(error).splitlines())
    else:
        yield from _next(path)


def _saved(drawing: Drawing) -> Path:
    """임시 폴더의 정해진 자리에. 여럿이 쓰는 기계에서 남이 먼저 만든 자리면 새 폴더에."""
    with contextlib.suppress(OSError):
        directory = Path(tempfile.gettempdir()) / 'micrograd_ko'
        directory.mkdir(exist_ok=True)
        return drawing.save(directory / STEP_PAGE)
    return drawing.save(Path(tempfile.mkdtemp(prefix='micrograd_ko-')) / STEP_PAGE)


def _next(path: Path) -> Iterator[str]:
    yield from paragraphs([
        lead('다음에 열 것', '3장의 역전파를 한 스텝씩 보는 페이지를 썼다. 브라우저로 연다.'),
        f'  {path.resolve().as_uri()}',
    ])
