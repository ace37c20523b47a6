"""문서(document): 줄과 표로 된 것을 글, LaTeX, HTML 로 적는 법 하나. 설명, 영수증, 오해가 모두 이것이다."""

from collections.abc import Iterable
from typing import NamedTuple

from micrograd_ko.writing import html
from micrograd_ko.writing.notation import latex_text
from micrograd_ko.writing.tables import Table

_INDENTS = {'title': '', 'heading': '\n', 'formula': '  ', 'route': '  ', 'step': '     ', 'note': '  '}
_TAGS = {'title': 'h3', 'heading': 'h4', 'note': 'p'}


class Line(NamedTuple):
    """한 줄. kind 는 title, heading, formula, route(경로의 첫 줄), step(경로의 칸), note 가운데 하나."""

    kind: str
    text: str
    latex: str

    def html(self) -> str:
        tag = _TAGS.get(self.kind)
        return f'<{tag}>{html.escape(self.text)}</{tag}>' if tag else html.formula(self.text, indented=self.kind == 'step')


def words(kind: str, text: str) -> Line:
    """글로만 된 줄."""
    return Line(kind, text, latex_text(text))


class Document:
    """문서. `str()` 은 글, `.latex()` 는 LaTeX(gather*), `.html()` 은 한 장의 문서다. 하위 형이 `blocks` 를 준다."""

    def blocks(self) -> Iterable[Line | Table]:
        """줄과 표, 차례대로. 첫 줄이 제목이다."""
        raise NotImplementedError

    def __str__(self) -> str:
        lines: list[str] = []
        for block in self.blocks():
            lines += [_INDENTS[block.kind] + block.text] if isinstance(block, Line) else [f'  {line}' for line in block.lines()]
        return '\n'.join(lines)

    def latex(self) -> str:
        lines = [block.latex if isinstance(block, Line) else block.latex() for block in self.blocks()]
        return '\\begin{gather*}\n' + ' \\\\\n'.join(lines) + '\n\\end{gather*}'

    def html(self) -> str:
        title = next(block.text for block in self.blocks() if isinstance(block, Line))
        return html.page(title, self._repr_html_())

    def _repr_html_(self) -> str:
        return html.fragment(''.join([block.html() for block in self.blocks()]))
