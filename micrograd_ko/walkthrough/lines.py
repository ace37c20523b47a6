"""글의 모양: 마디와 문단, 벡터, 행렬, 표. 수는 소수점을 맞추어 적는다."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from micrograd_ko.writing.console import width
from micrograd_ko.writing.tables import Table


def section(number: int, title: str, *blocks: Iterable[str]) -> Iterator[str]:
    """한 마디: 번호 붙은 제목, 밑줄, 문단들."""
    text = f'{number}. {title}'
    yield from ('', '', text, '─' * width(text))
    yield from paragraphs(*blocks)


def paragraphs(*blocks: Iterable[str]) -> Iterator[str]:
    """문단들의 줄. 문단마다 앞에 빈 줄이 있다."""
    for block in blocks:
        yield ''
        yield from block


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
