r"""미분 표(table of derivatives): 모든 연산의 식, 편미분, 정의역, 꺾인 점의 약속을 규칙에서 바로 만든다.

연산 표의 규칙에 기호를 넣으면 규칙이 스스로를 적는다. 그래서 이 표는 코드와 어긋날 수 없고, Markdown 쪽의 식은 그대로
파이썬 식이다(z 는 출력). 터미널과 PyPI 와 GitHub 어디서나 읽히도록 README 에는 이쪽을 넣는다.

    python -m micrograd_ko.explanation.derivative_table               Markdown 을 적는다
    python -m micrograd_ko.explanation.derivative_table --latex       LaTeX 를 적는다
    python -m micrograd_ko.explanation.derivative_table README.md     파일의 표시 사이를 새 표로 바꾼다

>>> row_of(ops.tanh).partials[0]
('x', 1 - z*z)
>>> row_of(ops.affine).partials
[('wᵢ', xᵢ), ('xᵢ', wᵢ), ('b', 1)]
"""

import argparse
import inspect
import re
import sys
from collections.abc import Callable, Iterable
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

from micrograd_ko import ops
from micrograd_ko.kinds.symbols import Symbol, symbol, write
from micrograd_ko.operation import Op
from micrograd_ko.writing.console import survive
from micrograd_ko.writing.notation import subscript

POWERS = (0, 3, -2, Fraction(1, 2))  # 상수 지수의 거듭제곱은 n 마다 연산이 하나다: 표에는 이 n 들을 적는다
TERMS = 3  # n항 연산의 규칙을 이만큼의 항으로 불러 일반항을 찾는다
Z = Symbol('z')


class Row(NamedTuple):
    """표의 한 줄. partials 는 (피연산자, ∂z/∂피연산자), kinks 는 (꺾인 점의 식, 그 점의 편미분들) 또는 None."""

    op: Op
    formula: Symbol
    partials: list[tuple[str, Symbol]]
    domain: Symbol | None
    kinks: tuple[Symbol, tuple] | None


def rows() -> list[Row]:
    """표의 모든 연산의 줄, 표의 순서로. 상수 지수의 거듭제곱은 `POWERS` 의 것이 pow 다음에 온다."""
    listed: list[Op] = []
    for op in ops.table.values():
        listed += [op, *map(ops.power, POWERS)] if op is ops.pow else [op]
    return [row_of(op) for op in listed]


def row_of(op: Op) -> Row:
    """연산 하나의 줄."""
    if op.arity is None:
        return Row(op, Symbol(f'{op.name}({", ".join(_arguments(op))})', latex=op.latex), _general_partials(op), None, None)
    names = op.operand_names(op.arity)
    xs = tuple(map(Symbol, names))
    return Row(
        op,
        write(op, xs),
        [(name, symbol(d)) for name, d in zip(names, op.derivatives(Z, *xs), strict=True)],
        op.defined(*xs) if op.defined else None,
        (op.kinks(*xs) == 0, _at_kink(op)) if op.kinks else None,
    )


def _at_kink(op: Op) -> tuple:
    """꺾인 점에서 규칙이 주는 편미분. 모든 피연산자가 0 인 점이 꺾인 점이 아니면 빈 튜플."""
    zeros = (Fraction(0),) * (op.arity or 0)
    return op.derivatives(op.eager(*zeros), *zeros) if op.kinks and op.kinks(*zeros) == 0 else ()


def _arguments(op: Op) -> list[str]:
    """n항 연산의 인수 이름: ws, xs, b."""
    return list(inspect.signature(_flatten(op)).parameters)


def _flatten(op: Op) -> Callable[..., tuple]:
    return op.flatten if op.flatten is not None and inspect.isfunction(op.flatten) else lambda xs: (*xs,)


def _general_partials(op: Op) -> list[tuple[str, Symbol]]:
    """n항 연산의 일반항 ∂z/∂xᵢ.

    i 째 항의 번호만 글자 i 로 바꾼 기호로 규칙을 부른다. i 가 어느 자리든 같은 식이 나와야 일반항이다. 자리마다 다르면
    항마다 따로 적는다.
    """
    numbers = [subscript(k + 1) for k in range(TERMS)]
    result: list[tuple[str, Symbol]] = []
    for name in _arguments(op):
        places = range(TERMS if name.endswith('s') else 1)
        general = [_called(op, [*numbers[:k], 'ᵢ', *numbers[k + 1 :]])[name][k] for k in places]
        result += general[:1] if len({d.text for _, d in general}) == 1 else _called(op, numbers)[name]
    return result


def _called(op: Op, index: list[str]) -> dict[str, list[tuple[str, Symbol]]]:
    """번호 index 를 붙인 기호로 규칙을 부른 것: 인수 이름 → (피연산자, 편미분)의 목록."""
    groups = {name: _operands(name, index) for name in _arguments(op)}
    flat = _flatten(op)(*groups.values())
    partials = dict(zip([x.text for x in flat], map(symbol, op.derivatives(Z, *flat)), strict=True))
    return {name: [(x.text, partials[x.text]) for x in (xs if isinstance(xs, list) else [xs])] for name, xs in groups.items()}


def _operands(name: str, index: list[str]) -> list[Symbol] | Symbol:
    """인수 이름이 복수(ws, xs)면 번호 붙은 기호의 목록, 아니면 기호 하나."""
    if not name.endswith('s'):
        return Symbol(name)
    plain = [i if i != 'ᵢ' else 'i' for i in index]
    return [Symbol(name[:-1] + i, latex=f'{name[:-1]}_{p}') for i, p in zip(index, plain, strict=True)]


def _kink_values(row: Row) -> list[Symbol]:
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
