r"""미분 표(table of derivatives): 모든 연산의 식, 편미분, 정의역, 꺾인 점의 약속을 규칙에서 바로 만든다.

연산 표의 규칙에 기호를 넣으면 규칙이 스스로를 적는다. 그래서 이 표는 코드와 어긋날 수 없고, Markdown 쪽의 식은 그대로
파이썬 식이다(z 는 출력). 터미널과 PyPI 와 GitHub 어디서나 읽히도록 README 에는 이쪽을 넣는다.

    python -m micrograd_ko.explanation.derivative_table               Markdown 을 적는다
    python -m micrograd_ko.explanation.derivative_table --latex       LaTeX 를 적는다
    python -m micrograd_ko.explanation.derivative_table README.md     파일의 표시 사이를 새 표로 바꾼다
"""

import argparse
import re
import sys
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

from micrograd_ko import ops
from micrograd_ko.kinds.rules import Rule, rule_of
from micrograd_ko.kinds.symbols import Symbol, symbol
from micrograd_ko.operation import Op
from micrograd_ko.writing.console import survive

POWERS = (0, 3, -2, Fraction(1, 2))  # 상수 지수의 거듭제곱은 n 마다 연산이 하나다: 표에는 이 n 들을 적는다


def rows() -> list[Rule]:
    """표의 모든 연산의 줄, 표의 순서로. 상수 지수의 거듭제곱은 `POWERS` 의 것이 pow 다음에 온다."""
    listed: list[Op] = []
    for op in ops.table.values():
        listed += [op, *map(ops.power, POWERS)] if op is ops.pow else [op]
    return [rule_of(op) for op in listed]


def _kink_values(row: Rule) -> list[Symbol]:
    return [symbol(d) for d in row.kinks[1]] if row.kinks else []


def markdown() -> str:
    """Markdown 표. 식은 파이썬 식이다."""
    lines = ['| 연산 | z | 편미분 (partial derivative) | 정의역 (domain) | 꺾인 점 (kink) |', '|---|---|---|---|---|']
    for row in rows():
        partials = '<br>'.join([f'∂z/∂{x} = {_code(d)}' for x, d in row.partials])
        kinks = ''
        if row.kinks:
            values = ', '.join([d.text for d in _kink_values(row)])
            kinks = _code(row.kinks[0]) + (f' 에서 {values}' if values else '')
        domain = _code(row.domain) if row.domain is not None else ''
        lines.append(f'| `{row.op.name}` | {_code(row.formula)} | {partials} | {domain} | {kinks} |')
    return '\n'.join(lines)


def _code(x: Symbol) -> str:
    return '`' + x.text.replace('|', r'\|') + '`'


def latex() -> str:
    r"""LaTeX 표(array): 노트북과 MathJax, amsmath 에서 그대로 보인다."""
    separator = r',\ '
    lines = [r'\begin{array}{llll}', r'z & \partial z/\partial x & \text{정의역} & \text{꺾인 점} \\ \hline']
    for row in rows():
        partials = [rf'\frac{{\partial z}}{{\partial {_latex_name(x)}}} = {d.latex}' for x, d in row.partials]
        kinks = ''
        if row.kinks:
            values = ', '.join([d.latex for d in _kink_values(row)])
            kinks = row.kinks[0].latex + (rf' \Rightarrow {values}' if values else '')
        domain = row.domain.latex if row.domain is not None else ''
        lines.append(rf'{row.formula.latex} & {separator.join(partials)} & {domain} & {kinks} \\')
    return '\n'.join([*lines, r'\end{array}'])


def _latex_name(x: str) -> str:
    return re.sub('(.)ᵢ', r'\1_i', x)


MARKS = '<!-- table: derivatives -->', '<!-- end -->'


def refreshed(text: str) -> str:
    """표시(marker) 사이를 지금의 표로 바꾼 글. 표시가 없으면 ValueError."""
    begin, end = MARKS
    pattern = re.compile(f'{re.escape(begin)}.*?{re.escape(end)}', re.DOTALL)
    if not pattern.search(text):
        raise ValueError(f'표를 넣을 자리가 없습니다. {begin} 과 {end} 을 적어 두세요.')
    return pattern.sub(lambda _: f'{begin}\n{markdown()}\n{end}', text)


def main(arguments: Iterable[str] | None = None) -> None:
    """명령줄: 파일을 주면 그 표를 새로 쓰고, 아니면 표를 적는다."""
    prog = 'python -m micrograd_ko.explanation.derivative_table'
    parser = argparse.ArgumentParser(prog=prog, description='미분 표를 적거나 파일에 넣는다.')
    parser.add_argument('--latex', action='store_true', help='Markdown 대신 LaTeX 를 적는다')
    parser.add_argument('files', nargs='*', type=Path, help='표시 사이를 새 표로 바꿀 파일')
    chosen = parser.parse_args(None if arguments is None else list(arguments))
    for path in chosen.files:
        path.write_text(refreshed(path.read_text(encoding='utf-8')), encoding='utf-8')
    if not chosen.files:
        survive(sys.stdout)
        print(latex() if chosen.latex else markdown())


if __name__ == '__main__':
    main()
