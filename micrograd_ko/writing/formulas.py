"""식(formula)을 글과 LaTeX 로: 연산을 이름이나 수에 적용한 식, 미분의 규칙, ∂C/∂w 와 σ′(z).

식은 기호(`kinds.symbols.Symbol`)로 다룬다. LaTeX 는 기호가 스스로 알고, 글은 `text` 가 수식의 글자로 바꾼다(v₇**2 → v₇²).
"""

import functools
import re
from collections.abc import Sequence
from typing import Any

from micrograd_ko import ops
from micrograd_ko.kinds.live import Live
from micrograd_ko.kinds.symbols import ATOM, COMPARISON, POWER, PRODUCT, UNARY, Symbol, added, operator_name, symbol, terms, write
from micrograd_ko.operation import Op
from micrograd_ko.writing.limits import DIGITS, LONGEST_RULE, MOST_ELEMENTS, MOST_TERMS
from micrograd_ko.writing.notation import is_raised, lowered, superscript
from micrograd_ko.writing.numbers import is_short, number
from micrograd_ko.writing.templates import alike, filled, is_template, outside, scripted, when

ELLIPSIS = Symbol('…', latex=r'\cdots')


def text(x: Symbol, times: str = '·') -> str:
    """식을 수식의 글자로: * 는 times, ** 는 위첨자나 ^, 빼기는 −."""
    return outside(x.text, functools.partial(_mathematical, times=times))


def _mathematical(python: str, times: str) -> str:
    raised = re.sub(r'\*\*(\d+)(?![\d.])', lambda found: superscript(int(found[1])), python)
    return raised.replace('**', '^').replace('*', times).replace(' - ', ' − ')


def quantity(x: Any, digits: int = DIGITS) -> Symbol:
    """수를 식에 넣을 기호로. 음수는 다른 수 옆에서, a×10ⁿ 은 밑과 나누는 수의 자리에서 괄호를 두른다."""
    short = number(x, digits, warning='')
    written = symbol(x) if not isinstance(x, float) and is_short(x) else Symbol(short, latex=_number_latex(short))
    negative = short.startswith('-')  # −0 도
    if negative or '×' in short:
        written.level = written.latex_level = COMPARISON if negative else PRODUCT
    return written


def _number_latex(short: str) -> str:
    figures, _, exponent = short.partition('×10')
    latex = figures.replace('inf', r'\infty').replace('nan', r'\mathrm{nan}')
    return rf'{latex}\times 10^{{{lowered(exponent)}}}' if exponent else latex


@alike
def grouped(x: str) -> str:
    """합의 항으로 쓸 글: 음수와 식에는, 식 같은 이름에도(x1*w1) 괄호를 두른다."""
    return f'({x})' if any(c in x for c in ' +-−*·/=') else x


@alike
def tight(x: str) -> str:
    """곱의 인수나 밑이나 나누는 수로 쓸 글: a×10ⁿ 에도 괄호를 두른다."""
    return f'({x})' if '×' in x else grouped(x)


@alike
def chain(*parts: str) -> str:
    """같은 글이 잇달아 나오지 않게 등호로 잇는다."""
    return ' = '.join([part for i, part in enumerate(parts) if part and part not in parts[:i]])


def product(*factors: Any) -> str:
    """수의 곱: -0.5 × (-2)."""
    first, *rest = [number(x) for x in factors]
    return ' × '.join([first, *map(tight, rest)])


def vector(xs: Sequence[Any]) -> str:
    """벡터를 글로: 앞의 몇 원소."""
    shown = [number(x, 3) for x in xs[:MOST_ELEMENTS]]
    return f'[{", ".join(shown)}{", …" if len(xs) > MOST_ELEMENTS else ""}]'


def shortened(xs: Sequence[Any], gap: Any) -> list[Any]:
    """긴 목록을 앞의 몇과 gap 과 마지막으로 줄인 것."""
    return list(xs) if len(xs) <= MOST_TERMS else [*xs[: MOST_TERMS - 2], gap, xs[-1]]


def sum_of(written: Sequence[str], plus: str = ' + ') -> str:
    """글로 적힌 항들의 합. 항이 많으면 가운데를 줄인다."""
    return plus.join(shortened(written, '…')) or '0'


def sign(op: Op) -> str:
    """상자에 적는 기호: +, ×, σ, x³ …"""
    if op.family is None:
        return op.sign
    (n,) = op.family[1]
    return f'x{superscript(n)}' if type(n) is int and n >= 0 else op.sign


def applied(op: Op, operands: Sequence[Symbol]) -> Symbol:
    """연산을 적용한 식. 긴 합과 긴 목록은 가운데를 줄이고, identity 는 적지 않는다."""
    if op is ops.identity:
        return operands[0]
    if op is ops.sigmoid:
        return Symbol(f'{op.sign}({operands[0].text})', latex=write(op, operands).latex)
    if op is ops.square:
        return operands[0] ** 2
    summands = terms(op, operands)
    if summands is not None:
        return added(shortened(summands, ELLIPSIS))
    return write(op, shortened(operands, ELLIPSIS) if op.arity is None else operands)


def formula(op: Op, operands: Sequence[str], times: str = '·') -> str:
    """연산을 피연산자의 글에 적용한 식: 'a + b', 'σ(z)', 'w₁·x₁ + w₂·x₂ + b'. 음수와 식인 피연산자는 괄호를 두른다."""
    return text(applied(op, [read(x) for x in operands]), times)


class _Written(Symbol):
    """이미 적힌 글. 다른 항 옆에서는 음수와 식에, 밑의 자리에서는 위첨자가 있는 이름에도 괄호를 두른다: (w²₁₁)².

    글의 틀이면 페이지가 그때의 수를 보고 정한다.
    """

    __slots__ = ()

    def within(self, level: int) -> str:
        if level == ATOM and not is_template(self.text) and is_raised(filled(self.text)):
            return f'({self.text})'
        return tight(self.text) if level <= UNARY else grouped(self.text)


def read(written: str, latex: str | None = None) -> Symbol:
    """이미 적힌 글(이름이면 그 LaTeX 도)을 식에 넣을 기호로."""
    now = filled(written)
    return _Written(written, ATOM, latex, COMPARISON if grouped(now) != now else POWER if is_raised(now) else ATOM)


def ratio(above: Symbol, below: Symbol) -> Symbol:
    """∂above/∂below."""
    written = f'∂{above.within(UNARY)}/∂{below.within(UNARY)}'
    return Symbol(written, latex=rf'\frac{{\partial {above.latex}}}{{\partial {below.latex}}}')


def prime(op: Op, z: Symbol) -> Symbol:
    """활성화 함수의 미분 σ′(z), tanh′(z)."""
    name, latex = ('σ', r'\sigma') if op is ops.sigmoid else (op.name, operator_name(op))
    return Symbol(f'{name}′({z.text})', latex=f"{latex}'({z.latex})")


def rule(op: Op, z: Symbol, operands: Sequence[Symbol], position: int) -> Symbol | None:
    """표의 미분 규칙 ∂z/∂(position 번째 피연산자)의 식. 수뿐이면(손으로 적은 연산도) 그 수, 기호로 적지 못하는 규칙이면 None."""
    try:
        found = op.derivatives(z, *operands)[position]
        return found if isinstance(found, Symbol) else quantity(found)
    except TypeError:  # 규칙이 math 의 함수나 if 로 적혀 있다
        return None


def rule_text(op: Op, z: str, operands: Sequence[str], position: int) -> str:
    """미분 규칙을 글로: sigmoid 면 'a·(1 − a)'. 적지 못하거나 너무 길면 빈 글."""
    found = rule(op, read(z), [read(x) for x in operands], position)
    written = '' if found is None else text(found)
    fits = Live(len(filled(written)) <= LONGEST_RULE, f'[...{scripted(written)}].length<={LONGEST_RULE}')
    return when(fits if is_template(written) else fits.value, written)
