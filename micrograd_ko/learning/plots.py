"""그림(plot): 학습의 곡선, 결정 경계, 손실의 지형, 층의 히스토그램. matplotlib(`pip install 'micrograd_ko[plot]'`)으로 그린다.

`ax=` 를 주면 거기에, 아니면 새 그림에 그리고, 그린 축(Axes)을 돌려준다. 한글 글꼴이 있으면 한국어로 적는다. matplotlib 의 설정
(rcParams)은 그대로다.
"""

import base64
import contextlib
import functools
import io
import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from micrograd_ko.kinds.arrays import floats
from micrograd_ko.learning import losses
from micrograd_ko.learning.dataset import Dataset
from micrograd_ko.learning.history import History
from micrograd_ko.nn import MLP, generator

FONTS = (
    'NanumGothic', 'NanumBarunGothic', 'Noto Sans CJK KR', 'Noto Sans KR', 'Malgun Gothic', 'Apple SD Gothic Neo', 'AppleGothic',
)  # fmt: skip


def curves(history: History, ax: Any = None) -> Any:
    """에포크마다의 손실과, 있으면 정확도(오른쪽 눈금)."""
    with drawing(ax) as (axes, words):
        epochs = range(1, len(history) + 1)
        lines = [*axes.plot(epochs, history.loss, label=words('학습 손실', 'training loss'))]
        if history.validation:
            lines += axes.plot(epochs, history.validation, label=words('검증 손실', 'validation loss'))
        axes.set(xlabel=words('에포크 (epoch)', 'epoch'), ylabel=words('손실 C', 'loss C'))
        if history.accuracy or history.validation_accuracy:
            right = axes.twinx()
            right.set(ylabel=words('정확도', 'accuracy'), ylim=(0, 1))
            for name, values in ((('학습 정확도', 'training accuracy'), history.accuracy),
                                 (('검증 정확도', 'validation accuracy'), history.validation_accuracy)):  # fmt: skip
                lines += right.plot(epochs[: len(values)], values, '--', label=words(*name), color=f'C{len(lines)}')
        axes.legend(handles=lines, loc='center right')
        return axes


def boundary(net: MLP, samples: Any, loss: Callable = losses.quadratic, ax: Any = None, size: int = 120) -> Any:
    """결정 경계(decision boundary): 입력이 둘인 신경망이 평면의 점마다 답하는 클래스와 표본. 출력이 하나면 출력의 크기도."""
    data = Dataset(samples, net, loss)
    if net.layers[0].nin != 2:
        raise ValueError(f'결정 경계는 입력이 둘인 신경망에서 그립니다. {net!r} 을(를) 받았습니다.')
    points = np.array([x for x, _ in data.pairs], float)
    low, high = points.min(axis=0), points.max(axis=0)
    xs, ys = np.linspace(low - (high - low) / 5, high + (high - low) / 5, size).T
    grid = np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2)
    outputs = net.compile().outputs((grid,))
    single, edges = outputs.shape[1] == 1, np.arange(outputs.shape[1] + 1) - 0.5
    if single:
        heights, threshold = outputs[:, 0], data.record.between(*data.classes)
        far = np.abs(heights - threshold).max()
        cmap, land, marks = 'RdBu_r', (threshold - far, threshold + far), (0, 1)  # 문턱을 넘는 땅만 빨갛다
    else:
        heights, cmap = outputs.argmax(axis=1), 'tab10'
        land = marks = edges[0], edges[-1]
    with drawing(ax) as (axes, words):
        heights = heights.reshape(size, size)
        axes.contourf(xs, ys, heights, levels=20 if single else edges, cmap=cmap, vmin=land[0], vmax=land[1], alpha=0.4)
        if single:
            axes.contour(xs, ys, heights, levels=[threshold], colors='black')
        axes.scatter(*points.T, c=data.labels, cmap=cmap, vmin=marks[0], vmax=marks[1], edgecolors='black', s=20)
        axes.set(xlabel='$x_1$', ylabel='$x_2$', title=words('결정 경계', 'decision boundary'))
        return axes


def surface(
    net: MLP, samples: Any, loss: Callable = losses.quadratic, path: Sequence[Sequence[float]] = (), ax: Any = None,
    size: int = 41, rng: random.Random | int | None = 0,
) -> Any:  # fmt: skip
    """손실의 지형: 파라미터 공간의 두 방향으로 잰 평균 손실의 등고선과, 내려온 길.

    path 는 에포크마다의 파라미터(`callbacks` 로 모은다). 방향은 길의 두 주성분(principal component)이고, 길이 없으면 무작위다.
    """
    data, program = Dataset(samples, net, loss), net.compile(loss)
    here = np.array([float(p.data) for p in net.parameters()])
    walked = floats([*path, here], 'path') - here
    drawn = np.random.default_rng(generator(rng).getrandbits(64)).normal(size=(2, len(here)))
    spread = walked - walked.mean(axis=0) if len(path) > 1 else drawn
    directions = np.linalg.svd(spread, full_matrices=False)[2][:2]
    places = walked @ directions.T
    middle = (places.max(axis=0) + places.min(axis=0)) / 2
    reach = 0.7 * max(np.ptp(places, axis=0).max(), np.linalg.norm(here) / 5)
    us, vs = (np.linspace(center - reach, center + reach, size) for center in middle)
    heights = [[program.loss(data.arrays, parameters=here + np.array([u, v]) @ directions) for u in us] for v in vs]
    with drawing(ax) as (axes, words):
        axes.figure.colorbar(axes.contourf(us, vs, heights, levels=30), ax=axes, label=words('손실 C', 'loss C'))
        axes.plot(*places.T, 'w.-', markersize=4)
        axes.plot(*places[-1], 'r*', markersize=12)
        axes.set(xlabel=words('첫째 방향', 'first direction'), ylabel=words('둘째 방향', 'second direction'), aspect='equal')
        return axes


def histograms(layers: Sequence[Any], axes: Any = None) -> Any:
    """층마다 출력 a 와 에러 δ 의 히스토그램. layers 는 `diagnose(…).layers`, axes 는 (2 × 층)의 축 배열."""
    if not layers:
        raise ValueError('그릴 층이 없습니다: 순전파나 역전파가 끝까지 가지 못했습니다. 진단의 findings 를 보세요.')
    with drawing(axes, (2, len(layers))) as (grid, words):
        for column, x in zip(np.reshape(grid, (2, -1)).T, layers, strict=True):
            for place, values, letter in zip(column, (x.outputs, x.deltas), 'aδ', strict=True):
                place.hist(values.ravel(), bins=40, log=True)
                place.set_title(words(f'{x.layer}층의 {letter}', f'{letter}, layer {x.layer}'), fontsize='medium')
        return grid


def pictures(draw: Callable[[Any], Any]) -> dict[str, str]:
    """노트북에 보일 그림: draw(축)이 그린 것의 SVG, 그것도 믿지 않는 노트북이 보일 PNG(base64). matplotlib 이 없으면 빈 사전."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        return {}
    figure, svg, png = Figure(figsize=(6, 3.6), layout='constrained'), io.StringIO(), io.BytesIO()
    draw(figure.subplots())
    figure.savefig(svg, format='svg')
    figure.savefig(png, format='png')
    return {'image/svg+xml': svg.getvalue(), 'image/png': base64.b64encode(png.getvalue()).decode()}


@contextlib.contextmanager
def drawing(ax: Any, shape: tuple[int, int] = (1, 1)) -> Iterator[tuple[Any, Callable[[str, str], str]]]:
    """(그릴 축, 글을 고르는 함수). 한글 글꼴이 있으면 한국어, 없으면 영어다. 한글이 든 글에만 그 글꼴을 더한다."""
    try:
        from matplotlib import pyplot, text
    except ImportError:
        raise ImportError("그림을 그리려면 matplotlib 이 필요합니다: pip install 'micrograd_ko[plot]'") from None
    korean = _korean_font()
    made = pyplot.subplots(*shape, layout='constrained')[1] if ax is None else ax
    yield made, lambda ko, en: ko if korean else en
    for written in np.ravel(made)[0].figure.findobj(text.Text):
        if any('가' <= c <= '힣' for c in written.get_text()):
            written.set_fontfamily([*written.get_fontfamily(), *korean])


@functools.cache
def _korean_font() -> list[str]:
    from matplotlib import font_manager

    return [name for name in FONTS if name in font_manager.get_font_names()][:1]
