"""기호(symbol): 표의 식에 수 대신 이름을 넣으면 식이 글로 나온다. 파이썬 글(`text`)과 LaTeX(`latex`) 두 가지로.

LaTeX 는 표의 latex 칸에 피연산자를 넣어 만든다. 넣을 자리가 괄호로 싸여 있지 않으면 느슨하게 묶인 식에 괄호를 두른다.
"""

import functools
import math
import operator
import re
from collections.abc import Callable, Sequence
from typing import Any

from micrograd_ko import ops
from micrograd_ko.kinds.operators import Operators
from micrograd_ko.operation import Namespace, Op, interpret

ATOM, POWER, UNARY, PRODUCT, SUM, COMPARISON, AND, OR = range(8)  # 작을수록 먼저 묶인다


def _after(written: str, level: int) -> str:
    """level 의 연산의 부호 뒤에 적을 글: 셈이면 음수에 괄호를 두른다, x·(−2) 와 x − (−2). 비교는 x > −1 이다."""
    return f'({written})' if level <= SUM and written.startswith('-') else written


def _infix(sign: str, template: str, level: int, left: int, right: int) -> Callable[..., Any]:
    """두 항 사이에 sign 을 적는 연산. left, right 보다 느슨한 항에는 괄호를 두른다."""

    def joined(x: 'Symbol', other: Any) -> 'Symbol':
        y = symbol(other)
        return Symbol(f'{x.within(left)}{sign}{_after(y.within(right), level)}', level, *typeset(template, (x, y)))

    return joined


class Symbol(Operators):
    """글로 적히는 식. `text` 는 파이썬 글, `latex` 는 LaTeX, 두 `level` 은 각각 맨 바깥 연산의 묶임(우선순위)이다."""

    __slots__ = ('latex', 'latex_level', 'level', 'text')

    def __init__(self, text: Any, level: int = ATOM, latex: str | None = None, latex_level: int | None = None) -> None:
        self.text, self.level = str(text), level
        self.latex = self.text if latex is None else latex
        self.latex_level = level if latex_level is None else latex_level

    def within(self, level: int) -> str:
        """level 로 묶이는 자리에 적을 글: 더 느슨한 식이면 괄호를 두른다."""
        return self.text if self.level <= level else f'({self.text})'

    __and__, __or__ = _infix(' 이고 ', r'#1 \land #2', AND, AND, AND), _infix(' 또는 ', r'#1 \lor #2', OR, OR, OR)
    __gt__, __lt__ = _infix(' > ', '#1 > #2', COMPARISON, SUM, SUM), _infix(' < ', '#1 < #2', COMPARISON, SUM, SUM)
    __ge__, __le__ = _infix(' ≥ ', r'#1 \ge #2', COMPARISON, SUM, SUM), _infix(' ≤ ', r'#1 \le #2', COMPARISON, SUM, SUM)
    __eq__, __ne__ = _infix(' = ', '#1 = #2', COMPARISON, SUM, SUM), _infix(' ≠ ', r'#1 \ne #2', COMPARISON, SUM, SUM)

    def __pow__(self, exponent: Any) -> 'Symbol':
        if type(exponent) is int and exponent == 0:
            return symbol(1)
        n = symbol(exponent)
        return Symbol(f'{self.within(ATOM)}**{n.within(ATOM)}', POWER, *typeset(ops.pow.latex, (self, n)))

    def __bool__(self) -> bool:
        raise TypeError(f'기호 {self.text} 은(는) 참·거짓이 될 수 없습니다. 규칙의 선택은 select 로 적으세요.')

    def __repr__(self) -> str:
        return self.text


def symbol(x: Any) -> Symbol:
    """수는 그 글로, 기호는 그대로."""
    if isinstance(x, Symbol):
        return x
    if getattr(x, 'denominator', 1) != 1:  # Fraction
        return symbol(x.numerator) / x.denominator
    return Symbol(x, UNARY if x < 0 else ATOM, {math.inf: r'\infty', -math.inf: r'-\infty'}.get(x))


_GROUP = re.compile(r'\{[^{}]*\}|\([^()]*\)|\[[^][]*\]|\|[^|]*\|')
_BINDINGS = (
    (r'\\lor', OR), (r'\\land', AND), (r' (=|<|>|\\le|\\ge|\\ne) ', COMPARISON),
    (r' [+-] |\\sum', SUM), (r'\\cdot|\\,', PRODUCT), ('^-', UNARY), ('.', POWER),
)  # fmt: skip


def typeset(template: str, operands: tuple) -> tuple[str, int]:
    """LaTeX 칸의 #1, #2 … 에 피연산자를 넣은 (LaTeX, 묶임)."""
    level = _binding(template)

    def place(found: re.Match) -> str:
        x = operands[int(found[1]) - 1]
        before, after = template[: found.start()].rstrip()[-1:], template[found.end() :][:1]
        if before in tuple('{(|[,') and after in tuple('}|),]'):
            return x.latex
        # 왼쪽부터 묶이므로 맨 앞자리에는 같은 묶임까지 괄호 없이 온다. 거듭제곱의 밑은 아니다
        loosest = max(level - 1, ATOM) if before else level if level > UNARY else ATOM
        return _after(x.latex, level if before else OR) if x.latex_level <= loosest else f'({x.latex})'

    return re.sub(r'#(\d)', place, template), level


def _binding(template: str) -> int:
    """틀의 맨 바깥 묶임: 괄호로 싸인 것을 지우고 남은 것에서 읽는다."""
    outside, before = template, ''
    while outside != before:
        outside, before = _GROUP.sub('', outside), outside
    return next((level for pattern, level in _BINDINGS if re.search(pattern, outside)), ATOM)


_SUMMANDS = Namespace(ops.named, total=lambda *xs: list(xs))  # 합의 자리에서 항을 모은다


def terms(op: Op, operands: Sequence[Symbol]) -> list[Symbol] | None:
    """합으로 된 n항 연산(total, dot, affine)의 항들: affine 이면 [w*x, b]. 다른 연산이면 None."""
    return _SUMMANDS.function(op)(*operands) if op in (ops.total, ops.dot, ops.affine) else None


def added(summands: Sequence[Symbol]) -> Symbol:
    """항들의 합."""
    return functools.reduce(operator.add, summands) if summands else symbol(0)


_WRITTEN: dict[Op, Callable[..., Symbol]] = {  # 왼쪽부터 묶이므로 오른쪽 항은 같은 묶임이어도 괄호를 두를 수 있다
    ops.add: _infix(' + ', ops.add.latex, SUM, SUM, SUM),
    ops.sub: _infix(' - ', ops.sub.latex, SUM, SUM, PRODUCT),
    ops.mul: _infix('*', ops.mul.latex, PRODUCT, PRODUCT, UNARY),
    ops.div: _infix('/', ops.div.latex, PRODUCT, PRODUCT, UNARY),
    ops.neg: lambda x: Symbol(f'-{x.within(UNARY)}', UNARY, *typeset(ops.neg.latex, (x,))),
    ops.abs: lambda x: Symbol(f'|{x.text}|', ATOM, *typeset(ops.abs.latex, (x,))),
}


def operator_name(op: Op) -> str:
    """LaTeX 에 적는 연산의 이름. 이름의 _ 는 아래첨자가 아니다."""
    return rf'\operatorname{{{op.name}}}'.replace('_', r'\_')


def write(op: Op, operands: Sequence[Any]) -> Symbol:
    """op 를 기호에 적용한 식."""
    xs = tuple([symbol(x) for x in operands])
    summands = terms(op, xs)
    if summands is not None:
        return added(summands)
    if op in _WRITTEN:
        return _WRITTEN[op](*xs)
    if op.family is not None and op.family[0] is ops.power:
        return xs[0] ** op.family[1][0]
    text = f'{op.name}({", ".join([x.text for x in xs])})'
    if '#' in op.latex:
        return Symbol(text, ATOM, *typeset(op.latex, xs))
    name = op.latex if op.latex and op.arity is not None else operator_name(op)  # n항의 latex 은 이름이 아니라 식이다
    return Symbol(text, ATOM, f'{name}({", ".join([x.latex for x in xs])})', POWER)


interpret(Symbol, write)
