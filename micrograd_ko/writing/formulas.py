"""연산을 그림에 적는 기호(sign). 따로 정하지 않은 연산은 표의 이름 그대로다."""

import re
from collections.abc import Sequence

from micrograd_ko.kinds.symbols import ATOM, COMPARISON, PRODUCT, Symbol, terms, write
from micrograd_ko.operation import Op
from micrograd_ko.writing.notation import superscript

_SIGNS = {
    'add': '+', 'sub': '−', 'neg': '−', 'mul': '×', 'div': '÷', 'square': 'x²', 'pow': 'xʸ', 'sqrt': '√', 'abs': '|x|',
    'sigmoid': 'σ', 'total': 'Σ', 'dot': 'w·x', 'affine': 'w·x + b',
}  # fmt: skip


def sign(op: Op) -> str:
    """상자에 적는 기호: +, ×, σ, x³ …"""
    if op.family is not None:
        (n,) = op.family[1]
        return f'x{superscript(n)}' if type(n) is int and n >= 0 else f'x^{n}'
    return _SIGNS.get(op.name, op.name)


def applied(op: Op, x: str) -> str:
    """단항 연산을 x 에 적용한 꼴: σ(z²₁), tanh(z²₁)."""
    return x if op.name == 'identity' else f'{sign(op) if op.name == "sigmoid" else op.name}({x})'


SHOWN = 5  # 합의 항이 이보다 많으면 가운데를 줄인다
_MINUS = '-', '−'
_WHOLE_POWER = re.compile(r'\*\*(\d+)(?![\d.])')


def formula(op: Op, operands: Sequence[str], times: str = '·') -> str:
    """연산을 피연산자의 글에 적용한 식: 'a + b', 'σ(z)', 'w₁·x₁ + w₂·x₂ + b'. 음수와 식인 피연산자는 괄호를 두른다.

    >>> from micrograd_ko import ops
    >>> formula(ops.mul, ['a', '-3'], ' × '), formula(ops.sigmoid, ['-3']), formula(ops.affine, ['w', 'x', 'b'])
    ('a × (-3)', 'σ(-3)', 'w·x + b')
    """
    if op.name == 'identity':
        return operands[0]
    if op.family is not None or op.name == 'square':
        return sign(op).replace('x', grouped(operands[0]), 1)
    if op.name == 'sigmoid':
        return f'{sign(op)}({operands[0]})'
    xs = tuple([Symbol(x, COMPARISON if x != grouped(x) else ATOM) for x in operands])
    summands = terms(op, xs)
    return readable(write(op, xs).text if summands is None else sum_of([x.within(PRODUCT) for x in summands]), times)


def readable(written: str, times: str = '·') -> str:
    """파이썬의 글로 적힌 식을 수식의 기호로: * 는 times, ** 는 ^ 이나 위첨자, - 는 −."""
    written = _WHOLE_POWER.sub(lambda found: superscript(int(found[1])), written)
    return written.replace('**', '^').replace('*', times).replace(' - ', ' − ')


def sum_of(written: Sequence[str]) -> str:
    """합. 항이 많으면 앞의 몇과 마지막만."""
    shown = list(written) if len(written) <= SHOWN else [*written[: SHOWN - 2], '…', written[-1]]
    return ' + '.join(shown) or '0'


def grouped(x: str) -> str:
    """곱의 인수로 쓸 글: 음수와 식에는 괄호를 두른다."""
    return f'({x})' if x.startswith(_MINUS) or any(c in x for c in ' +/') else x
