"""그림의 내용(picture): 칸(cell), 상자(card), 선(edge).

무엇을 보일지는 단계(ops_level, neuron_level, layer_level)가, 어떻게 적을지는 dot 과 mermaid 가 정한다.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

from micrograd_ko.render import color, text


class Cell(NamedTuple):
    """칸. style: 'title', 'column'(열 이름), 'label'(설명), 'name', 'number', 'heat'(글 없이 색만), 'strip'(cells 를 가로로).

    note 는 제목 곁에 작게 적는 글, tip 은 풍선말(tooltip), width 는 색 칸의 너비.
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
    """선: 피연산자에서 결과로."""

    tail: End
    head: End
    label: str = ''
    tip: str = ''
    color: str = color.OUTSIDE
    width: float = 1.0


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


def number(x: Any, scale: float = 0.0, port: str = '', span: int = 1) -> Cell:
    """수 하나의 칸. scale 을 주면 부호와 크기로 칠한다."""
    return Cell(text.number(x), 'number', color.tint(x, scale), text.number(x, 10), port, span)


def heat(x: Any, scale: float) -> Cell:
    """수를 색만으로 보이는 칸."""
    return Cell('', 'heat', color.tint(x, scale), text.number(x, 10))


def strip(numbers: Iterable[Any], scale: float, width: int, port: str = '') -> Cell:
    """수의 행을 색만으로 보이는 띠."""
    return Cell(style='strip', port=port, width=width, cells=tuple(heat(x, scale) for x in numbers))
