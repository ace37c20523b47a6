"""그림의 내용(picture): 칸(cell), 상자(card), 선(edge).

무엇을 보일지는 단계(graph_picture, neuron_picture, layer_picture)가, 어떻게 적을지는 dot 과 mermaid 가 정한다.
"""

from collections.abc import Iterable
from typing import NamedTuple

from micrograd_ko.engine import Value
from micrograd_ko.render import color
from micrograd_ko.writing import numbers
from micrograd_ko.writing.limits import EXACT_DIGITS


class Source(NamedTuple):
    """칸에 적힌 수의 출처: 어느 노드의 값('data')이나 기울기('grad')인지, 칠하는 눈금은 얼마인지."""

    node: Value
    part: str
    scale: float


class Cell(NamedTuple):
    """칸. style: 'title', 'column'(열 이름), 'label'(설명), 'name', 'number', 'heat'(글 없이 색만), 'strip'(cells 를 가로로).

    note 는 제목 곁에 작게 적는 글, tip 은 풍선말(tooltip), width 는 색 칸의 너비. source 는 수의 출처이고, address 를 주면
    SVG 에서 그 이름으로 칸을 찾을 수 있다(걸음 페이지가 쓴다).
    """

    text: str = ''
    style: str = 'label'
    fill: str = ''
    tip: str = ''
    port: str = ''
    span: int = 1
    note: str = ''
    width: int = 13
    cells: tuple['Cell', ...] = ()
    source: Source | None = None
    address: str = ''


Row = tuple[Cell, ...]
End = tuple[str, str]  # 선의 끝: (상자, 칸의 port). port 가 비면 상자 자체


class Card(NamedTuple):
    """상자. `label` 은 Mermaid 처럼 표를 그리지 못하는 곳에서 행을 대신하는 글의 줄들."""

    id: str
    kind: str
    rows: tuple[Row, ...]
    lines: tuple[str, ...]
    compact: bool = False


class Edge(NamedTuple):
    """선: 피연산자에서 결과로. uses 는 (피연산자, 결과, 결과의 몇째 피연산자인지)."""

    tail: End
    head: End
    label: str = ''
    tip: str = ''
    color: str = color.OUTSIDE
    width: float = 1.0
    uses: tuple[Value, Value, int] | None = None


class Group(NamedTuple):
    """층처럼 함께 묶어 위에서 아래로 차례로 놓을 상자들."""

    title: str
    cards: tuple[Card, ...]


class Picture(NamedTuple):
    """그림 하나: 왼쪽에서 오른쪽으로 놓을 묶음, 선, 그리고 아래에 적는 설명."""

    groups: tuple[Group, ...]
    edges: tuple[Edge, ...]
    caption: tuple[str, ...]

    @property
    def cards(self) -> list[Card]:
        return [card for group in self.groups for card in group.cards]


def title(name: str, note: str = '', span: int = 1) -> Cell:
    """상자의 제목."""
    return Cell(name, 'title', note=note, span=span)


def number(v: Value, part: str, scale: float = 0.0, port: str = '', known: bool = True) -> Cell:
    """노드의 값('data')이나 기울기('grad')를 적는 칸. scale 을 주면 부호와 크기로 칠한다. 모르는 수면 '–'."""
    x = getattr(v, part) if known else None
    written, exact = numbers.number(x), numbers.number(x, EXACT_DIGITS)
    return Cell(written, 'number', color.tint(x, scale), exact, port, source=Source(v, part, scale))


def heat(v: Value, part: str, scale: float, known: bool = True) -> Cell:
    """수를 색만으로 보이는 칸."""
    x = getattr(v, part) if known else None
    return Cell('', 'heat', color.tint(x, scale), numbers.number(x, EXACT_DIGITS), source=Source(v, part, scale))


def strip(cells: Iterable[Cell], width: int, port: str = '') -> Cell:
    """색 칸의 행을 가로로 이은 띠."""
    return Cell(style='strip', port=port, width=width, cells=tuple(cells))
