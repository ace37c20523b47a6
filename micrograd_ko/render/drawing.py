"""`draw`: 무엇을 어느 단계로 그릴지 정하고, `Drawing` 을 만든다."""

import functools
import os
import sys
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import graphviz

from micrograd_ko.engine import Value
from micrograd_ko.graph import above, topological
from micrograd_ko.note import recognise
from micrograd_ko.note.recognise import Network
from micrograd_ko.operation import DomainError
from micrograd_ko.render import engines, graph_picture, layer_picture, neuron_picture, page, rehearsal
from micrograd_ko.render.dot import digraph
from micrograd_ko.render.graph_steps import Step
from micrograd_ko.render.mermaid import mermaid
from micrograd_ko.render.picture import Picture
from micrograd_ko.render.rehearsal import LR, NoStepsError, Rehearsal
from micrograd_ko.writing.files import write_atomically

DLRILS = ('auto', 'ops', 'neuron', 'layer')
NARROW = 6  # 가장 넓은 층이 이보다 넓지 않으면 'auto' 는 뉴런을 그린다
_LEVELS: dict[str, Any] = {'neuron': neuron_picture, 'layer': layer_picture}


class TooLargeError(ValueError):
    """그릴 상자가 한계(max_nodes)보다 많다."""


class Drawing:
    """그려진 계산 그래프. 노트북에서는 스스로 그림이 된다.

    detail   'ops', 'neuron', 'layer' 가운데 그린 단계.
    digraph  `graphviz.Digraph`. 여기까지와 dot, mermaid 는 Graphviz 프로그램 없이 된다.
    dot      DOT 글.
    mermaid  Mermaid 글.
    svg      SVG 글. 배치 엔진이 없으면 설치 방법을 알리는 LayoutError.
    steps    걸음의 목록(`graph_steps.Step`): 순전파, 씨앗, 역전파, 갱신의 수와 식.

    `steps` 와 `html()` 은 부를 때의 잎의 값으로 그래프의 사본을 다시 계산한다. 원래 그래프의 값과 기울기는 그대로다.
    """

    def __init__(self, picture: Picture, detail: str, rehearse: Callable[[Any], Rehearsal]) -> None:
        self._picture, self.detail, self._rehearse = picture, detail, rehearse

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
        return engines.render(self.dot, 'svg').decode()

    @property
    def steps(self) -> list[Step]:
        return self._rehearse(LR).steps

    def html(self, lr: Any = LR) -> str:
        """걸음 페이지: 네트워크 없이 열리는 HTML 파일 하나. lr 는 마지막 갱신의 학습률 η.

        표본을 넣지 않은 신경망이면 ValueError, 배치 엔진이 없으면 LayoutError.
        """
        return page.html(self._rehearse(lr))

    def save(self, path: str | os.PathLike) -> Path:
        """파일로 쓴다. 형식은 확장자(dot, mmd, svg, png, pdf, html)가 정한다. 쓴 경로를 돌려준다.

        모르는 확장자는 ValueError. 쓰다가 실패해도 반쪽 파일이 남지 않는다(`files.write_atomically`).
        """
        suffix = Path(path).suffix.lower().removeprefix('.')
        written: dict[str, Callable[[], str]] = {
            'dot': lambda: self.dot, 'mmd': lambda: self.mermaid, 'svg': lambda: self.svg, 'html': self.html,
        }  # fmt: skip
        if suffix in written:
            data = written[suffix]().encode()
        elif suffix in engines.FORMATS:
            data = engines.render(self.dot, suffix)
        else:
            raise ValueError(f'확장자(suffix)는 dot, mmd, svg, png, pdf, html 가운데 하나입니다: {os.fspath(path)!r}')
        return write_atomically(path, data)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """노트북에서는 걸음 페이지가 틀(iframe) 안에서 움직이고, 스크립트를 믿지 않는 노트북은 그림을 보인다."""
        try:
            bundle = {'text/plain': repr(self), 'image/svg+xml': self.svg}
        except engines.LayoutError as error:
            return {'text/plain': f'{self!r}\n{error}'}
        try:
            bundle['text/html'] = page.frame(self.html(), self.svg)
        except (NoStepsError, DomainError):
            return bundle  # 걸을 것이 없거나, 그린 뒤에 잎의 값이 정의역을 벗어났다
        return bundle

    def __repr__(self) -> str:
        return f'<Drawing detail={self.detail!r}, 상자 {len(self._picture.cards)}개>'


def draw(x: Any, detail: str = 'auto', focus: Value | None = None, depth: int | None = None, max_nodes: int = 300) -> Drawing:
    """계산 그래프를 그린다.

    x          `Value`(손실이나 어떤 식), `Trace`(한 표본의 순전파), `MLP`(표본 없이 가중치만).
    detail     'ops'(노드마다), 'neuron'(뉴런마다), 'layer'(층마다). 'auto' 는 작은 신경망이면 neuron, 넓으면 layer, 아니면 ops.
    focus      이 노드에서 root 까지의 경로만 그린다(ops).
    depth      root 에서 이만큼까지만 그린다(ops).
    max_nodes  상자가 이보다 많으면 배치하기 전에 TooLargeError(ValueError).

    기울기는 `backward()` 뒤에 보인다. 그 전에는 '–' 다. `.save('x.html')` 은 한 걸음씩 보는 페이지를 쓴다.
    """
    _check(detail, focus, depth, max_nodes)
    subject = _subject(x)
    if focus is not None or depth is not None:
        detail = 'ops'
    elif detail == 'auto':
        detail = _automatic(subject.network)
    picture, _ = _picture(subject, detail, focus, depth, max_nodes)
    return Drawing(picture, detail, lambda lr: _rehearsal(x, detail, focus, depth, lr))


def _rehearsal(x: Any, detail: str, focus: Value | None, depth: int | None, lr: Any) -> Rehearsal:
    """x 의 사본에서 다시 그린 그림과 걸음. 크기는 처음 그릴 때 이미 보았다."""
    again, focus = rehearsal.copied(x, focus)
    subject = _subject(again)
    rehearsal.fill_names(subject.order, None if detail == 'ops' else subject.network)
    picture, chosen = _picture(subject, detail, focus, depth, sys.maxsize)
    return rehearsal.rehearsed(picture, subject.order, chosen, subject.network, detail, lr, seeded=isinstance(again, Value))


def _picture(
    subject: '_Subject', detail: str, focus: Value | None, depth: int | None, max_nodes: int
) -> tuple[Picture, Collection[Value]]:
    """그림과, 그 안에 그려진 노드."""
    if detail == 'ops':
        return _ops(subject, focus, depth, max_nodes)
    if subject.network is None:
        raise ValueError(
            f'detail={detail!r} 은 신경망에 표본 하나를 넣은 그래프에 씁니다. 여기서는 한 줄로 이어진 층을 찾지 못했습니다. '
            "detail='ops' 로 그리거나, 표본 하나의 손실을 주세요."
        )
    level = _LEVELS[detail]
    _guard(level.count(subject.network), detail, subject, max_nodes)
    return level.draw(subject.network), subject.order


def mimebundle(x: Any) -> dict[str, str]:
    """노트북이 x 를 보이는 법: 그림. 배치 엔진이 없거나 그래프가 크면 글."""
    bundle = {'text/plain': repr(x)}
    try:
        bundle['image/svg+xml'] = draw(x).svg
    except (TooLargeError, engines.LayoutError):
        return bundle
    return bundle


def _check(detail: str, focus: Any, depth: Any, max_nodes: Any) -> None:
    if detail not in DLRILS:
        raise ValueError(f'detail 은 {", ".join(DLRILS)} 가운데 하나입니다. {detail!r} 을(를) 받았습니다.')
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
        return _Subject((x,), order, recognise.from_value(x, order), x.grad != 0)
    if isinstance(x, Trace):
        net = recognise.from_trace(x)
        return _Subject(x.output, net.order, net, net.known)
    if isinstance(x, MLP):
        net = recognise.from_module(x)
        return _Subject((), (), net, net.known)
    raise TypeError(f'draw 는 Value, Trace, MLP 를 그립니다. {type(x).__name__} 을(를) 받았습니다.')


def _automatic(net: Network | None) -> str:
    if net is None:
        return 'ops'
    return 'neuron' if max(net.sizes) <= NARROW else 'layer'


def _ops(
    subject: _Subject, focus: Value | None, depth: int | None, max_nodes: int
) -> tuple[Picture, Collection[Value]]:
    if not subject.order:
        raise ValueError("표본을 넣지 않은 신경망에는 그래프가 없습니다. net.trace(x) 를 그리거나 detail='neuron' 으로 그리세요.")
    if focus is None and depth is None:
        _guard(len(subject.order), 'ops', subject, max_nodes)
    chosen = set(subject.order)
    if focus is not None:
        if focus not in chosen:
            raise ValueError(f'focus 가 그래프 안에 없습니다: {focus!r}')
        chosen = above(subject.order, [focus])
    if depth is not None:
        chosen &= _within(subject.roots, depth)
    _guard(len(chosen), 'ops', subject, max_nodes)
    return graph_picture.draw(subject.order, chosen, subject.roots, subject.known), chosen


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
