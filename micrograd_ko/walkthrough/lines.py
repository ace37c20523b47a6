"""글의 모양: 제목, 벡터, 행렬. 수는 소수점을 맞추어 적는다."""

from collections.abc import Iterable, Iterator
from typing import Any

from micrograd_ko.writing.console import width


def heading(number: int, title: str) -> list[str]:
    """번호 붙은 제목: 빈 줄 둘, 제목, 밑줄, 빈 줄."""
    text = f'{number}. {title}'
    return ['', '', text, '─' * width(text), '']


def vector(xs: Any, digits: int = 4) -> str:
    """벡터를 한 줄로.

    >>> vector([0.58, 0.42], 2)
    '[0.58, 0.42]'
    """
    return '[' + ', '.join([f'{x:.{digits}f}' for x in xs]) + ']'


def matrix(name: str, rows: Any, digits: int = 4) -> list[str]:
    """이름 = 행렬. 행마다 한 줄이고, 이름은 첫 줄에 있다.

    >>> matrix('W', [[1, -2], [0, 3]], 1)
    ['W = [  1.0  -2.0 ]', '    [  0.0   3.0 ]']
    """
    cells = [[f'{x:.{digits}f}' for x in row] for row in rows]
    columns = max(len(cell) for row in cells for cell in row) + 1
    margin = f'{name} = '
    lines = ['[' + ' '.join([cell.rjust(columns) for cell in row]) + ' ]' for row in cells]
    return [margin + lines[0], *[' ' * width(margin) + line for line in lines[1:]]]


def indent(lines: Iterable[str]) -> Iterator[str]:
    """줄마다 두 칸 들여 쓴다. 빈 줄은 그대로다."""
    return (f'  {line}' if line else '' for line in lines)
