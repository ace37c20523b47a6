"""표(table)를 글, HTML, Markdown, LaTeX 로. 칸은 글이거나 기호(`Symbol`)이고, 기호는 제 LaTeX 를 안다."""

import re
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from micrograd_ko.kinds.symbols import Symbol
from micrograd_ko.writing.console import left, right, width
from micrograd_ko.writing.html import escape
from micrograd_ko.writing.notation import latex_text

Content = str | Symbol
# 파이썬이 적는 꼴의 유한한 수. float(…) 은 1_0, ٣, 0E0 도 읽으나 그것들은 이름일 수 있고, 수식의 1_0 은 첨자다
_NUMBER = re.compile(r'(-?[0-9]+(?:\.[0-9]+)?)(?:e([+-][0-9]+))?')  # 수식 안의 e-05 는 e 빼기 5 이므로 나눈다


class Table(NamedTuple):
    """열의 이름과 행들. align 은 열마다 l 이나 r(없으면 첫 열만 왼쪽), marked 는 눈에 띄게 할 행의 번호."""

    headings: Sequence[Content]
    rows: Sequence[Sequence[Content]]
    align: str = ''
    marked: Collection[int] = ()

    @property
    def alignment(self) -> str:
        return self.align or 'l' + 'r' * (len(self.headings) - 1)

    def lines(self) -> Iterator[str]:
        """글의 줄들. 칸 사이는 두 칸 띄운다."""
        written = self._written()
        columns = [max(map(width, column)) for column in zip(*written, strict=True)]
        places = [{'l': left, 'r': right}[side] for side in self.alignment]
        for row in written:
            yield '  '.join([place(cell, n) for place, cell, n in zip(places, row, columns, strict=True)]).rstrip()

    def html(self) -> str:
        head, *body = [[escape(cell) for cell in row] for row in self._written()]
        headings = ''.join([f'<th scope="col">{cell}</th>' for cell in head])
        rows = [
            ('<tr class="marked">' if i in self.marked else '<tr>') + ''.join([f'<td>{cell}</td>' for cell in row]) + '</tr>'
            for i, row in enumerate(body)
        ]
        return f'<div class="scroll"><table><thead><tr>{headings}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'

    def markdown(self) -> str:
        head, *body = ['| ' + ' | '.join([cell.replace('|', r'\|') for cell in row]) + ' |' for row in self._written()]
        return '\n'.join([head, '|---' * len(self.headings) + '|', *body])

    def latex(self) -> str:
        head, *body = [' & '.join(map(_latex, row)) for row in (self.headings, *self.rows)]
        rows = r' \\ '.join(body)
        return rf'\begin{{array}}{{{self.alignment}}} {head} \\ \hline {rows} \end{{array}}'

    def _written(self) -> list[list[str]]:
        """이름과 행의 글."""
        return [[cell if isinstance(cell, str) else cell.text for cell in row] for row in (self.headings, *self.rows)]


def refreshed(document: str, name: str, content: str) -> str:
    """글의 표시 `<!-- table: 이름 -->` 와 `<!-- end -->` 사이를 content 로 바꾼 글. 표시가 없으면 ValueError."""
    begin, end = f'<!-- table: {name} -->', '<!-- end -->'
    pattern = re.compile(f'{re.escape(begin)}.*?{re.escape(end)}', re.DOTALL)
    if not pattern.search(document):
        raise ValueError(f'표를 넣을 자리가 없습니다. {begin} 과 {end} 을 적어 두세요.')
    return pattern.sub(lambda _: f'{begin}\n{content}\n{end}', document)


def _latex(cell: Content) -> str:
    if isinstance(cell, Symbol):
        return cell.latex
    number = _NUMBER.fullmatch(cell)
    if number is None:
        return latex_text(cell) if cell else ''
    figures, exponent = number.groups()
    return rf'{figures}\times 10^{{{int(exponent)}}}' if exponent else figures
