"""미분 표(table of derivatives): 모든 연산의 식, 편미분, 정의역, 꺾인 점의 약속을 규칙에서 바로 만든다.

이 방의 README.md 에 있는 표가 이것이다. 만드는 명령도 거기 있다.
"""

import argparse
import sys
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from micrograd_ko import ops
from micrograd_ko.kinds.rules import Rule, rule_of
from micrograd_ko.kinds.symbols import Symbol, symbol
from micrograd_ko.writing import console, files, notation, tables

POWERS = (0, 3, -2, Fraction(1, 2))  # 상수 지수의 거듭제곱은 n 마다 연산이 하나다: 표에는 이 n 들을 적는다


def rows() -> list[Rule]:
    """표의 모든 연산의 줄, 표의 순서로. 상수 지수의 거듭제곱은 `POWERS` 의 것이 pow 다음에 온다."""
    families = [[op, *map(ops.power, POWERS)] if op is ops.pow else [op] for op in ops.table.values()]
    return [rule_of(op) for family in families for op in family]


def markdown() -> str:
    """Markdown 표. 식은 파이썬 식이다."""
    return _table(['연산', 'z', '편미분 (partial derivative)', '정의역 (domain)', '꺾인 점 (kink)']).markdown()


def latex() -> str:
    r"""LaTeX 표(array): 노트북과 MathJax, amsmath 에서 그대로 보인다."""
    return _table(['연산', *[Symbol(x, latex=x) for x in ('z', r'\partial z/\partial x')], '정의역', '꺾인 점']).latex()


def _table(headings: list[str | Symbol]) -> tables.Table:
    return tables.Table(headings, [_cells(row) for row in rows()], 'lllll')


def _cells(row: Rule) -> list[Symbol]:
    """칸마다 Markdown 의 글과 LaTeX."""
    name = Symbol(f'`{row.op.name}`', latex=notation.latex_text(row.op.name))
    written = [f'∂z/∂{x} = {_code(d).text}' for x, d in row.partials]
    typeset = [rf'\frac{{\partial z}}{{\partial {x.replace("ᵢ", "_i")}}} = {d.latex}' for x, d in row.partials]
    slopes = Symbol('<br>'.join(written), latex=r',\ '.join(typeset))
    return [name, _code(row.formula), slopes, _code(row.domain), _kinks(row)]


def _kinks(row: Rule) -> Symbol:
    """꺾인 점과, 알면 거기서의 편미분."""
    where, slopes = row.kinks or (None, ())
    if not slopes:
        return _code(where)
    text, latex = (', '.join([getattr(symbol(d), part) for d in slopes]) for part in ('text', 'latex'))
    return Symbol(f'{_code(where).text} 에서 {text}', latex=rf'{_code(where).latex} \Rightarrow {latex}')


def _code(x: Symbol | None) -> Symbol:
    """식의 칸: Markdown 에서는 코드다. 식이 없으면 빈칸."""
    return Symbol('') if x is None else Symbol(f'`{x.text}`', latex=x.latex)


def main(arguments: Sequence[str] | None = None) -> None:
    """명령줄: 파일을 주면 그 표를 새로 쓰고, 아니면 표를 적는다."""
    prog = 'python -m micrograd_ko.explanation.derivative_table'
    parser = argparse.ArgumentParser(prog, description='미분 표를 적거나 파일에 넣는다.')
    parser.add_argument('--latex', action='store_true', help='Markdown 대신 LaTeX 를 적는다')
    parser.add_argument('files', nargs='*', type=Path, help='표시 사이를 새 표로 바꿀 파일')
    chosen = parser.parse_args(arguments)
    for path in chosen.files:
        document = tables.refreshed(path.read_text(encoding='utf-8'), 'derivatives', markdown())
        files.write_atomically(path, document.encode())
    if not chosen.files:
        console.survive(sys.stdout)
        print(latex() if chosen.latex else markdown())


if __name__ == '__main__':
    main()
