"""그림의 내용(picture): 칸(cell), 상자(card), 선(edge), 색. 무엇을 보일지는 수준이, 어떻게 적을지는 dot 과 mermaid 가 정한다."""

import math
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from micrograd_ko.engine import Value
from micrograd_ko.writing import labels, limits, numbers
from micrograd_ko.writing.templates import filled, kept

# 색. 부호는 색으로, 크기는 짙기로: 색각이 다른 사람도 가르는 파랑(+)과 주황(−)을 쓴다
INK, FAINT = '#1f2933', '#46515e'  # 글. FAINT 도 아래의 어느 바탕에서나 대비(contrast)가 4.5 : 1 을 넘는다
ASIDE = '#f4f6f8'  # 상자 밖의 글의 바탕
OUTSIDE = '#808890'  # 상자 밖의 선: 흰 바탕과 검은 바탕에서 모두 보인다
WARNING = '#ffb3c7'
KINDS = {  # 상자의 종류: (제목의 바탕, 테두리)
    'input': ('#dfe5ec', '#6b7785'), 'hidden': ('#cfe8e3', '#3d7f74'), 'output': ('#dcd6f2', '#6a58b0'),
    'leaf': ('#dfe5ec', '#6b7785'), 'op': ('#cfe8e3', '#3d7f74'),
    'loss': ('#f7d9de', '#b0485c'), 'root': ('#f7d9de', '#b0485c'),
}  # fmt: skip
_POSITIVE, _NEGATIVE = (0x4A, 0x90, 0xD9), (0xE8, 0x85, 0x2B)
_STEPS = 10  # 짙기의 수준. 마지막 비트가 다른 기계에서도 같은 색이 나온다


class Reading(NamedTuple):
    """노드에서 읽는 것: 값('data')이나 기울기('grad'). scale 이 가장 짙은 칸이고(0 이면 칠하지 않는다), 모르는 수면 '–' 다.

    among 은 눈금을 정한 노드들: 스텝 페이지는 수가 바뀌면 눈금을 다시 잡는다.
    """

    part: str
    scale: float = 0.0
    known: bool = True
    among: tuple[Value, ...] = ()

    @classmethod
    def scaled(cls, part: str, values: Iterable[Value], known: bool = True) -> 'Reading':
        """values 가운데 절댓값이 가장 큰 것을 눈금으로."""
        reading = cls(part, known=known, among=tuple(values))
        return reading._replace(scale=largest(map(reading.of, reading.among)))

    def of(self, v: Value) -> Any:
        return getattr(v, self.part) if self.known else None

    def number(self, v: Value, port: str = '') -> 'Cell':
        """수를 적는 칸."""
        x = self.of(v)
        written, exact = numbers.number(x), numbers.number(x, limits.EXACT_DIGITS)
        return Cell(written, 'number', tint(x, self.scale), exact, port, source=(v, self))

    def heat(self, v: Value) -> 'Cell':
        """수를 색만으로 보이는 칸."""
        return self.number(v)._replace(text='', style='heat')

    def strip(self, values: Sequence[Value], width: int, port: str = '') -> 'Cell':
        """너비 width 인 색 칸을 가로로 이은 띠. 긴 것은 줄인다(`pooled`)."""
        (short,) = pooled([values], self.of)
        return Cell(style='strip', port=port, width=width, cells=tuple(map(self.heat, short)))


class Cell(NamedTuple):
    """칸. style: 'title', 'column'(열 이름), 'label'(설명), 'name', 'number', 'heat'(글 없이 색만), 'strip'(cells 를 가로로).

    note 는 제목과 열 이름 곁의 글, tip 은 풍선말(tooltip), width 는 색 칸의 너비. source 는 적힌 수의 (노드, 읽기)이고,
    address 를 주면 SVG 에서 그 이름으로 칸을 찾을 수 있다(스텝 페이지가 쓴다).
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
    source: tuple[Value, Reading] | None = None
    address: str = ''


Row = tuple[Cell, ...]
End = tuple[str, str]  # 선의 끝: (상자, 칸의 port). port 가 비면 상자 자체


class Card(NamedTuple):
    """상자. 행이 위에서 아래로 놓인다."""

    id: str
    kind: str
    rows: tuple[Row, ...]
    compact: bool = False

    @classmethod
    def of_rows(cls, card: str, kind: str, heading: str, rows: Sequence[Row], compact: bool = False) -> 'Card':
        """제목과 이름 | 값 | 기울기 의 행들. 이름뿐인 행이면 열의 이름이 없고, 기울기가 없는 행이면 기울기의 열도 없다."""
        columns = (Cell('값', 'column'), Cell('기울기', 'column'))[: len(rows[0]) - 1]
        return cls(card, kind, ((Cell(heading, 'title'), *columns), *rows), compact)


class Edge(NamedTuple):
    """선: 피연산자에서 결과로. uses 는 (피연산자, 결과, 결과의 몇째 피연산자인지), weight 는 색과 굵기가 보이는 가중치."""

    tail: End
    head: End
    label: str = ''
    tip: str = ''
    color: str = OUTSIDE
    width: float = 1.0
    uses: tuple[Value, Value, int] | None = None
    weight: Value | None = None


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

    def changed(self, change: Callable[[Cell], Cell], say: Callable[[str], str] = str) -> 'Picture':
        """칸을 change(칸)으로, 칸 밖의 글을 say(글)로 바꾼 그림. 띠는 그 안의 칸을 바꾼다."""
        def cells(row: Row) -> Row:
            return tuple([cell._replace(cells=cells(cell.cells)) if cell.cells else change(cell) for cell in row])

        groups = [
            Group(say(group.title), tuple([card._replace(rows=tuple(map(cells, card.rows))) for card in group.cards]))
            for group in self.groups
        ]
        return Picture(tuple(groups), self.edges, tuple(map(say, self.caption)))

    def translated(self, say: Callable[[str], str]) -> 'Picture':
        """글을 say 로 옮긴 그림. 노드의 이름(`templates.kept`)은 그대로다."""
        return self.changed(lambda cell: cell._replace(text=filled(say(cell.text)), note=filled(say(cell.note))), say)


def named_row(name: str, v: Value, data: Reading, gradient: Reading, port: str, out: str = '') -> Row:
    """이름 | 값 | 기울기 의 행. 노드에 이름이 있으면 그 이름이다. 선은 port 로 들어오고 out 에서 나간다."""
    return Cell(kept(labels.shown(v.name)) or name, 'name', port=port), data.number(v), gradient.number(v, out)


def strip_row(name: str, values: Sequence[Value], data: Reading, gradient: Reading, port: str, out: str = '') -> Row:
    """많은 노드를 색 띠로 적은 행."""
    label = Cell(f'{name} ({len(values)})', 'name', port=port)
    return label, data.strip(values, 5), gradient.strip(values, 5, out)


def pooled(matrix: Sequence[Sequence[Any]], read: Callable[[Any], Any] = lambda x: x) -> list[list[Any]]:
    """큰 행렬을 작은 색 지도로: 이웃한 원소의 구역마다 절댓값이 가장 큰 원소 하나만 남겨 POOLED × POOLED 이하로 줄인다.

    read 는 원소의 수. NaN 은 절댓값이 가장 큰 것으로 친다. 칸의 수는 언제나 실제 원소다.
    """
    def size(x: Any) -> Any:
        number = read(x)
        return -1 if number is None else math.inf if math.isnan(number) else abs(number)

    rows, columns = _blocks(len(matrix)), _blocks(len(matrix[0]))
    return [[max([x for row in matrix[i] for x in row[k]], key=size) for k in columns] for i in rows]


def _blocks(length: int) -> list[slice]:
    """길이 length 인 변의 구역들: POOLED 개를 넘지 않게."""
    side = max(1, math.ceil(length / limits.POOLED))
    return [slice(i, i + side) for i in range(0, length, side)]


def largest(numbers: Iterable[Any]) -> float:
    """유한한 수들의 가장 큰 절댓값. 하나도 없으면 0."""
    sizes = [_size(x) for x in numbers if x is not None]
    return max([size for size in sizes if math.isfinite(size)], default=0.0)


def tint(x: Any, scale: float) -> str:
    """x 의 칸을 칠할 색: scale 이 가장 짙다. None 이거나 scale 이 0 이면 흰색, 유한하지 않으면 경고의 색."""
    if x is None:
        return 'white'
    strength = depth(x, scale)
    return WARNING if strength is None else _mixed(x, strength)


def depth(x: Any, scale: float) -> float | None:
    """칸을 칠할 짙기: 0 에서 0.8, 제곱근이라 작은 수도 부호가 보인다. 유한하지 않으면 None."""
    size = _size(x)
    if not math.isfinite(size):
        return None
    return 0.8 * (round(math.sqrt(min(size / scale, 1)) * _STEPS) / _STEPS if scale else 0.0)


def stroke(x: Any, scale: float) -> tuple[str, float]:
    """가중치 x 로 이어진 선의 (색, 굵기)."""
    strength = depth(x, scale)
    return (WARNING, 2.0) if strength is None else (_mixed(x, 1.0), 0.5 + 2.5 * strength)


def _size(x: Any) -> float:
    """절댓값. float 의 범위를 넘는 정수와 분수는 가장 큰 float 다."""
    return abs(x) if isinstance(x, float) else float(min(abs(x), sys.float_info.max))


def _mixed(x: Any, strength: float) -> str:
    """x 의 부호의 색을 흰색에 strength 만큼 섞은 것."""
    parts = [round(255 + (part - 255) * strength) for part in (_POSITIVE if x > 0 else _NEGATIVE)]
    return '#' + ''.join([f'{part:02x}' for part in parts])
