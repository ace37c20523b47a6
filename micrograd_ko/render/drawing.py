"""`draw`: 무엇을 어느 단계로 그릴지 정하고, `Drawing` 을 만든다."""

import functools
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import graphviz

from micrograd_ko.engine import Value
from micrograd_ko.files import write_atomically
from micrograd_ko.graph import topological
from micrograd_ko.render import layer_level, layout, network, neuron_level, ops_level
from micrograd_ko.render.dot import digraph
from micrograd_ko.render.mermaid import mermaid
from micrograd_ko.render.network import Network
from micrograd_ko.render.picture import Picture

DETAILS = ('auto', 'ops', 'neuron', 'layer')
NARROW = 6  # 가장 넓은 층이 이보다 넓지 않으면 'auto' 는 뉴런을 그린다
_LEVELS: dict[str, Any] = {'neuron': neuron_level, 'layer': layer_level}


class TooLargeError(ValueError):
    """그릴 상자가 한계(max_nodes)보다 많다."""


class Drawing:
    """그려진 계산 그래프. 노트북에서는 스스로 그림이 된다.

    detail   'ops', 'neuron', 'layer' 가운데 그린 단계.
    digraph  `graphviz.Digraph`. 여기까지와 dot, mermaid 는 Graphviz 프로그램 없이 된다.
    dot      DOT 글.
    mermaid  Mermaid 글.
    svg      SVG 글. 배치 엔진이 없으면 설치 방법을 알리는 LayoutError.
    """

    def __init__(self, picture: Picture, detail: str) -> None:
        self._picture, self.detail = picture, detail

    @functools.cached_property
    def digraph(self) -> graphviz.Digraph:
        return digraph(self._picture)

    @property
    def dot(self) -> str:
        return self.digraph.source

    @property
    def mermaid(self) -> str:
        return mermaid(self._picture)

    @functools.cached_property
    def svg(self) -> str:
        return layout.render(self.dot, 'svg').decode()

    def save(self, path: str | os.PathLike) -> Path:
        """파일로 쓴다. 형식은 확장자(dot, mmd, svg, png, pdf)가 정한다. 쓴 경로를 돌려준다.

        모르는 확장자는 ValueError. 쓰다가 실패해도 반쪽 파일이 남지 않는다(`files.write_atomically`).
        """
        suffix = Path(path).suffix.lower().removeprefix('.')
        if suffix in ('dot', 'mmd', 'svg'):
            data = {'dot': lambda: self.dot, 'mmd': lambda: self.mermaid, 'svg': lambda: self.svg}[suffix]().encode()
        elif suffix in layout.FORMATS:
            data = layout.render(self.dot, suffix)
        else:
            raise ValueError(f'확장자(suffix)는 dot, mmd, svg, png, pdf 가운데 하나입니다: {os.fspath(path)!r}')
        return write_atomically(path, data)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        try:
            return {'text/plain': repr(self), 'image/svg+xml': self.svg}
        except layout.LayoutError as error:
            return {'text/plain': f'{self!r}\n{error}'}

    def __repr__(self) -> str:
        return f'<Drawing detail={self.detail!r}, 상자 {len(self._picture.cards)}개>'


def draw(x: Any, detail: str = 'auto', focus: Value | None = None, depth: int | None = None, max_nodes: int = 300) -> Drawing:
    """계산 그래프를 그린다.

    x          `Value`(손실이나 어떤 식), `Trace`(한 표본의 순전파), `MLP`(표본 없이 가중치만).
    detail     'ops'(노드마다), 'neuron'(뉴런마다), 'layer'(층마다). 'auto' 는 작은 신경망이면 neuron, 넓으면 layer, 아니면 ops.
    focus      이 노드에서 root 까지의 경로만 그린다(ops).
    depth      root 에서 이만큼까지만 그린다(ops).
    max_nodes  상자가 이보다 많으면 배치하기 전에 TooLargeError(ValueError).

    기울기는 `backward()` 뒤에 보인다. 그 전에는 '–' 다.
    """
    _check(detail, focus, depth, max_nodes)
    subject = _subject(x)
    if focus is not None or depth is not None:
        detail = 'ops'
    elif detail == 'auto':
        detail = _automatic(subject.network)
    if detail == 'ops':
        return Drawing(_ops(subject, focus, depth, max_nodes), detail)
    if subject.network is None:
        raise ValueError(
            f'detail={detail!r} 은 신경망에 표본 하나를 넣은 그래프에 씁니다. 여기서는 한 줄로 이어진 층을 찾지 못했습니다. '
            "detail='ops' 로 그리거나, 표본 하나의 손실을 주세요."
        )
    level = _LEVELS[detail]
    _guard(level.count(subject.network), detail, subject, max_nodes)
    return Drawing(level.draw(subject.network), detail)


def mimebundle(x: Any) -> dict[str, str]:
    """노트북이 x 를 보이는 법: 그림. 배치 엔진이 없거나 그래프가 크면 글."""
    bundle = {'text/plain': repr(x)}
    try:
        bundle['image/svg+xml'] = draw(x).svg
    except (TooLargeError, layout.LayoutError):
        return bundle
    return bundle


def _check(detail: str, focus: Any, depth: Any, max_nodes: Any) -> None:
    if detail not in DETAILS:
        raise ValueError(f'detail 은 {", ".join(DETAILS)} 가운데 하나입니다. {detail!r} 을(를) 받았습니다.')
    if (focus is not None or depth is not None) and detail not in ('auto', 'ops'):
        raise ValueError(f"focus 와 depth 는 노드를 고르므로 detail='ops' 에 씁니다. detail={detail!r} 을(를) 받았습니다.")
    if focus is not None and not isinstance(focus, Value):
        raise TypeError(f'focus 는 그래프 안의 Value 입니다. {type(focus).__name__} {focus!r} 을(를) 받았습니다.')
    if depth is not None and not (type(depth) is int and depth >= 0):
        raise ValueError(f'depth 는 0 이상의 정수입니다. {depth!r} 을(를) 받았습니다.')
    if not (type(max_nodes) is int and max_nodes > 0):
        raise ValueError(f'max_nodes 는 양의 정수입니다. {max_nodes!r} 을(를) 받았습니다.')


class _Subject(NamedTuple):
    """그릴 것: 그래프(신경망만 주면 비어 있다)와, 신경망이면 그 구조."""

    roots: Sequence[Value]
    order: Sequence[Value]
    network: Network | None
    known: bool


def _subject(x: Any) -> _Subject:
    from micrograd_ko.nn import MLP, Trace

    if isinstance(x, Value):
        order = topological(x)
        return _Subject((x,), order, network.from_value(x, order), x.grad != 0)
    if isinstance(x, Trace):
        net = network.from_trace(x)
        return _Subject(x.output, net.order, net, net.known)
    if isinstance(x, MLP):
        net = network.from_module(x)
        return _Subject((), (), net, net.known)
    raise TypeError(f'draw 는 Value, Trace, MLP 를 그립니다. {type(x).__name__} 을(를) 받았습니다.')


def _automatic(net: Network | None) -> str:
    if net is None:
        return 'ops'
    return 'neuron' if max(net.sizes) <= NARROW else 'layer'


def _ops(subject: _Subject, focus: Value | None, depth: int | None, max_nodes: int) -> Picture:
    if not subject.order:
        raise ValueError("표본을 넣지 않은 신경망에는 그래프가 없습니다. net.trace(x) 를 그리거나 detail='neuron' 으로 그리세요.")
    if focus is None and depth is None:
        _guard(len(subject.order), 'ops', subject, max_nodes)
    chosen = set(subject.order)
    if focus is not None:
        if focus not in chosen:
            raise ValueError(f'focus 가 그래프 안에 없습니다: {focus!r}')
        chosen = _above(subject.order, focus)
    if depth is not None:
        chosen &= _within(subject.roots, depth)
    _guard(len(chosen), 'ops', subject, max_nodes)
    return ops_level.draw(subject.order, chosen, subject.roots, subject.known)


def _above(order: Sequence[Value], focus: Value) -> set[Value]:
    """focus 와, focus 를 (거쳐서라도) 쓰는 모든 노드: focus 에서 root 까지의 경로 위의 노드."""
    found = {focus}
    for node in order:
        if not found.isdisjoint(node.parents):
            found.add(node)
    return found


def _within(roots: Sequence[Value], depth: int) -> set[Value]:
    found, edge = set(roots), list(roots)
    for _ in range(depth):
        edge = list(dict.fromkeys(parent for node in edge for parent in node.parents if parent not in found))
        found.update(edge)
    return found


def _guard(count: int, detail: str, subject: _Subject, max_nodes: int) -> None:
    """배치하기 전에 센다: 큰 그래프의 배치는 몇 분도 걸린다."""
    if count <= max_nodes:
        return
    others = [] if subject.network is None else [
        f'{name} {level.count(subject.network)}개' for name, level in _LEVELS.items() if name != detail
    ]  # fmt: skip
    if subject.order and detail != 'ops':
        others.insert(0, f'ops {len(subject.order)}개')
    levels = ', '.join(others) or '없음(neuron, layer 는 신경망 하나에 표본 하나를 넣은 그래프에 씁니다)'
    raise TooLargeError(
        f'{detail} 단계로는 상자가 {count}개라 한계(max_nodes) {max_nodes}개를 넘습니다. 다른 단계: {levels}. '
        'focus= 나 depth= 로 좁히거나 max_nodes= 를 키우세요.'
    )
