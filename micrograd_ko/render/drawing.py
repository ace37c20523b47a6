"""`draw`: 무엇을 어느 수준으로 그릴지 정하고, `Drawing` 을 만든다."""

import base64
import contextlib
import functools
import os
import tempfile
import webbrowser
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from micrograd_ko.engine import Value
from micrograd_ko.learning.losses import quadratic
from micrograd_ko.misuse import counted
from micrograd_ko.nn import MLP
from micrograd_ko.operation import DomainError
from micrograd_ko.render import engines, layer_steps, level_pictures, neuron_steps, page
from micrograd_ko.render.dot import digraph
from micrograd_ko.render.mermaid import mermaid
from micrograd_ko.render.picture import Picture
from micrograd_ko.render.step import GraphWalk, Step, Walk
from micrograd_ko.render.subject import NoStepsError, Subject, subject_of
from micrograd_ko.render.words import WRITERS
from micrograd_ko.writing import files, limits

if TYPE_CHECKING:
    import graphviz

LR = Fraction(1, 2)  # 갱신을 보일 때의 학습률 η. 유리수라서 Fraction 그래프가 정확하게 남는다


class TooLargeError(ValueError):
    """그릴 상자가 한계(max_nodes)보다 많다."""


class Level(NamedTuple):
    """수준. part 는 `Network` 에서 상자가 되는 것(빈 글이면 노드마다), picture(그릴 것) 은 그림, walk(예행한 것, 말) 은 스텝."""

    name: str
    part: str
    picture: Callable[[Subject], Picture]
    walk: Callable[[Subject, Callable[[str], str]], Walk]

    def count(self, subject: Subject) -> int:
        """상자의 수. 신경망이면 입력과 손실도 하나씩이다. 그릴 수 없으면 0."""
        net = subject.network
        if not self.part:
            return len(subject.chosen)
        return 0 if net is None else 1 + len(getattr(net, self.part)) + (net.root is not None)


def _neuron_walk(subject: Subject, say: Callable[[str], str]) -> Walk:
    """뉴런마다. 스텝이 너무 많으면(뉴런마다 넷과, 가중치마다 둘) 층마다."""
    count = sum(4 + 2 * len(unit.w) for unit in subject.net.units)
    return (neuron_steps.NeuronWalk if count <= limits.MOST_STEPS else layer_steps.LayerWalk)(subject, say)


LEVELS = {level.name: level for level in (
    Level('ops', '', level_pictures.nodes, GraphWalk),
    Level('neuron', 'units', level_pictures.neurons, _neuron_walk),
    Level('layer', 'layers', level_pictures.layers, layer_steps.LayerWalk),
)}


class Drawing:
    """그려진 계산 그래프. 노트북에서는 스스로 그림이 된다.

    detail   'ops', 'neuron', 'layer' 가운데 그린 수준.
    digraph  `graphviz.Digraph`. 여기까지와 dot, mermaid 는 Graphviz 프로그램 없이 된다.
    dot      DOT 글.
    mermaid  Mermaid 글.
    svg      SVG 글. 배치 엔진이 없으면 설치 방법을 알리는 LayoutError.
    steps    스텝의 목록(`step.Step`): 순전파, 씨앗, 역전파, 갱신의 수와 식.

    `steps` 와 `html()` 은 부를 때의 잎의 값으로 그래프의 사본을 다시 계산한다. 원래 그래프의 값과 기울기는 그대로다.
    """

    def __init__(self, subject: Subject, level: Level, lang: str = 'ko') -> None:
        self._subject, self._level, self._lang, self._say = subject, level, lang, WRITERS[lang]
        self.detail, self._picture = level.name, level.picture(subject).translated(self._say)

    @functools.cached_property
    def digraph(self) -> 'graphviz.Digraph':
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
        return [step.now() for step in self._level.walk(self._subject.rehearsed(), self._say).steps(LR)]

    def html(self, lr: Any = LR) -> str:
        """스텝 페이지: 네트워크 없이 열리는 HTML 파일 하나. lr 는 마지막 갱신의 학습률 η.

        표본을 넣지 않은 신경망이면 ValueError, 배치 엔진이 없으면 LayoutError.
        """
        subject = self._subject.rehearsed()
        return page.html(self._level.picture(subject), self._level.walk(subject, self._say), lr, self._lang)

    def pictures(self) -> dict[str, str]:
        """노트북의 그림: SVG, 그리고 SVG 도 믿지 않는 노트북이 보일 PNG(base64). 배치 엔진이 없으면 LayoutError."""
        return {'image/svg+xml': self.svg, 'image/png': base64.b64encode(engines.render(self.dot, 'png')).decode()}

    def show(self) -> Path:
        """브라우저에서 연다: 스텝 페이지, 볼 스텝이 없으면 그림. 파이썬 프롬프트에서 쓴다. 연 임시 파일의 경로를 돌려준다.

        배치 엔진이 없으면 LayoutError.
        """
        try:
            suffix, written = 'html', self.html()
        except NoStepsError:
            suffix, written = 'svg', self.svg
        directory = Path(tempfile.mkdtemp(prefix='micrograd_ko-'))  # 브라우저가 나중에 읽으므로 지우지 않는다
        path = files.write_atomically(directory / f'drawing.{suffix}', written.encode())
        webbrowser.open(path.as_uri())
        return path

    def save(self, path: str | os.PathLike) -> Path:
        """파일로 쓴다. 형식은 확장자(dot, mmd, svg, png, pdf, html)가 정한다. 쓴 경로를 돌려준다.

        모르는 확장자는 ValueError. 쓰다가 실패해도 반쪽 파일이 남지 않는다(`files.write_atomically`).
        """
        suffix = files.located(path).suffix.lower().removeprefix('.')
        texts = {'dot': lambda: self.dot, 'mmd': lambda: self.mermaid, 'html': self.html}
        if suffix not in (*texts, *engines.FORMATS):
            raise ValueError(f'확장자(suffix)는 dot, mmd, svg, png, pdf, html 가운데 하나입니다: {os.fspath(path)!r}')
        return files.write_atomically(path, texts[suffix]().encode() if suffix in texts else engines.render(self.dot, suffix))

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """노트북에서는 스텝 페이지가 틀(iframe) 안에서 움직이고, 믿지 않는(untrusted) 노트북은 스크립트 없는 그림을 보인다."""
        try:
            bundle = {'text/plain': repr(self), **self.pictures()}
        except engines.LayoutError as error:
            return {'text/plain': f'{self!r}\n{error}'}
        with contextlib.suppress(NoStepsError, DomainError):  # 볼 스텝이 없거나, 그린 뒤에 잎의 값이 정의역을 벗어났다
            bundle['text/html'] = page.frame(self.html(), self.svg, self._say)
        return bundle

    def __repr__(self) -> str:
        return f'<Drawing detail={self.detail!r}, 상자 {len(self._picture.cards)}개>'


def draw(
    x: Any, detail: str = 'auto', focus: Value | None = None, depth: int | None = None, max_nodes: int = limits.MOST_BOXES,
    samples: tuple[Any, Any] | None = None, lang: str = 'ko',
) -> Drawing:  # fmt: skip
    """계산 그래프를 그린다.

    x          `Value`(손실이나 어떤 식), `Trace`(한 표본의 순전파), `MLP`(표본 없이 가중치만). 여러 표본의 손실이면 신경망을
               한 번만 그리고, 파라미터의 기울기만 적는다.
    detail     'ops'(노드마다), 'neuron'(뉴런마다), 'layer'(층마다). 'auto' 는 작은 신경망이면 neuron, 넓으면 layer, 아니면 ops.
    focus      이 노드에서 root 까지의 경로만 그린다(ops).
    depth      root 에서 이만큼까지만 그린다(ops).
    max_nodes  상자가 이보다 많으면 배치하기 전에 TooLargeError(ValueError).
    samples    스텝 페이지에서 고르고 배울 표본 (X, Y): X 의 행은 입력, Y 의 행은 목표. x 는 표본 하나의 손실이다.
    lang       그림과 페이지의 말: 'ko', 'en'.

    기울기는 `backward()` 뒤에 보인다. 그 전에는 '–' 다. `.save('x.html')` 은 한 스텝씩 보는 페이지를 쓴다.
    """
    _check(detail, focus, depth, lang)
    subject, max_nodes = subject_of(x), counted(max_nodes, '상자의 한계(max_nodes)는')
    subject = subject if samples is None else subject.with_samples(samples)
    level = _chosen_level(detail if focus is None and depth is None else 'ops', subject)
    subject = subject.narrowed(focus, depth)
    _guard(level, subject, max_nodes)
    return Drawing(subject, level, lang)


def page_of(net: MLP, X: Any, Y: Any, loss: Callable[[list[Value], Any], Value] | None, detail: str, lang: str) -> Drawing:
    """net 과 표본의 놀이터: 첫 표본의 손실을 그리고, 그 스텝 페이지(`.save('x.html')`)에서 모든 표본을 고르고 배운다.

    X 의 행은 입력, Y 의 행은 목표. loss(출력의 목록, 목표) → Value 의 기본은 `losses.quadratic`. 클래스 번호는 원-핫이 된다.
    표본이 없거나 크기가 맞지 않으면 ValueError.
    """
    from micrograd_ko.learning.dataset import Dataset

    loss = loss or quadratic
    xs, ys = zip(*Dataset((X, Y), net, loss).pairs, strict=True)
    return draw(loss(net.trace(xs[0]).output, ys[0]), detail, samples=(xs, ys), lang=lang)


def mimebundle(x: Any) -> dict[str, str]:
    """노트북이 x 를 보이는 법: 그림. 배치 엔진이 없거나 그래프가 크면 글."""
    bundle = {'text/plain': repr(x)}
    with contextlib.suppress(TooLargeError, engines.LayoutError):
        bundle |= draw(x, max_nodes=limits.MOST_UNASKED).pictures()
    return bundle


def _check(detail: Any, focus: Any, depth: Any, lang: Any) -> None:
    for name, given, known in (('detail', detail, ('auto', *LEVELS)), ('lang', lang, tuple(WRITERS))):
        if given not in known:
            raise ValueError(f'{name} 은 {", ".join(known)} 가운데 하나입니다. {given!r} 을(를) 받았습니다.')
    if (focus is not None or depth is not None) and detail not in ('auto', 'ops'):
        raise ValueError(f"focus 와 depth 는 노드를 고르므로 detail='ops' 에 씁니다. detail={detail!r} 을(를) 받았습니다.")
    if focus is not None and not isinstance(focus, Value):
        raise TypeError(f'focus 는 그래프 안의 Value 입니다. {type(focus).__name__} {focus!r} 을(를) 받았습니다.')
    if depth is not None and not (type(depth) is int and depth >= 0):
        raise ValueError(f'depth 는 0 이상의 정수입니다. {depth!r} 을(를) 받았습니다.')


def _chosen_level(detail: str, subject: Subject) -> Level:
    """detail 의 수준. 'auto' 는 작은 신경망이면 neuron, 넓으면 layer, 아니면 ops. 그릴 수 없는 수준이면 ValueError."""
    network = subject.network
    if detail == 'auto':
        detail = 'ops' if network is None else 'neuron' if max(network.sizes) <= limits.NARROW else 'layer'
    if detail == 'ops' and not subject.order:
        raise ValueError("표본을 넣지 않은 신경망에는 그래프가 없습니다. net.trace(x) 를 그리거나 detail='neuron' 으로 그리세요.")
    if detail != 'ops' and network is None:
        raise ValueError(
            f'detail={detail!r} 은(는) 신경망에 표본 하나를 넣은 그래프에 씁니다. 여기서는 한 줄로 이어진 층을 찾지 못했습니다. '
            "detail='ops' 로 그리거나, 표본 하나의 손실을 주세요."
        )
    return LEVELS[detail]


def _guard(level: Level, subject: Subject, max_nodes: int) -> None:
    """배치하기 전에 센다: 큰 그래프의 배치는 몇 분도 걸린다."""
    count = level.count(subject)
    if count > max_nodes:
        counts = [(other.name, other.count(subject)) for other in LEVELS.values() if other is not level]
        others = ', '.join([f'{name} {n}개' for name, n in counts if n])
        raise TooLargeError(
            f'{level.name} 수준으로는 상자가 {count}개라 한계(max_nodes) {max_nodes}개를 넘습니다. '
            f'다른 수준: {others or "없음(neuron, layer 는 신경망 하나에 표본 하나를 넣은 그래프에 씁니다)"}. '
            'focus= 나 depth= 로 좁히거나 max_nodes= 를 키우세요.'
        )
