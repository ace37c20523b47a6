"""글의 모양: 제목과 문단, 벡터, 행렬, 표. 수는 소수점을 맞추어 적는다."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from micrograd_ko.writing.console import paint, width
from micrograd_ko.writing.tables import Table


def heading(title: str) -> Iterator[str]:
    """한 장의 제목과 밑줄."""
    yield from ('', '', paint(title, 'bold', 'cyan'), paint('─' * width(title), 'dim'))


def paragraphs(*blocks: Iterable[str]) -> Iterator[str]:
    """문단들의 줄. 문단마다 앞에 빈 줄이 있다."""
    for block in blocks:
        yield ''
        yield from block


def lead(label: str, text: str) -> str:
    """문단의 첫 줄: 눈에 띄는 이름과 그 말."""
    return f'{paint(label, "bold")}  {text}'


def verdict(text: str, good: bool) -> str:
    """판정: 옳으면 초록, 틀리면 빨강."""
    return paint(text, 'green' if good else 'red')


def vector(xs: Any, digits: int = 4) -> str:
    """벡터를 한 줄로."""
    return '[' + ', '.join([f'{x:.{digits}f}' for x in xs]) + ']'


def matrix(name: str, rows: Any, digits: int = 4) -> list[str]:
    """이름 = 행렬. 행마다 한 줄이고, 이름은 첫 줄에 있다."""
    cells = [[f'{x:.{digits}f}' for x in row] for row in rows]
    columns = max(len(cell) for row in cells for cell in row) + 1
    margin = f'{name} = '
    lines = ['[' + ' '.join([cell.rjust(columns) for cell in row]) + ' ]' for row in cells]
    return [margin + lines[0], *[' ' * width(margin) + line for line in lines[1:]]]


def table(headings: Sequence[str], rows: Iterable[Iterable[Any]], form: str = '') -> list[str]:
    """표의 줄들, 들여 쓴 것. 글이 아닌 칸은 form 의 꼴로 적는다."""
    written = [[cell if isinstance(cell, str) else format(cell, form) for cell in row] for row in rows]
    return indent(Table(headings, written).lines())


def indent(lines: Iterable[str]) -> list[str]:
    """줄마다 두 칸 들여 쓴다."""
    return [f'  {line}' for line in lines]
