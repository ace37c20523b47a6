"""연산을 그림에 적는 기호(sign). 따로 정하지 않은 연산은 표의 이름 그대로다."""

from collections.abc import Callable, Sequence

from micrograd_ko.notation import superscript
from micrograd_ko.operation import Op

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


_INFIX = ('add', 'sub', 'mul', 'div')
_WRITTEN: dict[str, Callable[..., str]] = {
    'neg': lambda x: f'−{x}',
    'square': lambda x: f'{x}²',
    'identity': lambda x: x,
    'abs': lambda x: f'|{x}|',
    'sqrt': lambda x: f'√{x}',
    'pow': lambda x, y: f'{x}^{y}',
    'total': lambda *xs: sum_of(xs),
}
SHOWN = 5  # 합의 항이 이보다 많으면 가운데를 줄인다


def formula(op: Op, operands: Sequence[str], times: str = '·') -> str:
    """연산을 피연산자의 글에 적용한 식: 'a + b', 'σ(z)', 'w₁·x₁ + w₂·x₂ + b'. 음수와 식인 피연산자는 괄호를 두른다.

    >>> from micrograd_ko import ops
    >>> formula(ops.mul, ['a', '-3'], ' × '), formula(ops.sigmoid, ['-3']), formula(ops.affine, ['w', 'x', 'b'])
    ('a × (-3)', 'σ(-3)', 'w·x + b')
    """
    xs = [grouped(x) for x in operands]
    if op.name in ('dot', 'affine'):
        half = len(xs) // 2
        products = [f'{w}{times}{x}' for w, x in zip(xs[:half], xs[half : 2 * half], strict=True)]
        return sum_of([*products, *xs[2 * half :]])
    if op.name in _INFIX:
        return f'{xs[0]}{times}{xs[1]}' if op.name == 'mul' else f'{xs[0]} {sign(op)} {xs[1]}'
    if op.name in _WRITTEN:
        return _WRITTEN[op.name](*xs)
    if op.family is not None:
        return sign(op).replace('x', xs[0], 1)
    return f'{sign(op)}({", ".join(operands)})'


def sum_of(terms: Sequence[str]) -> str:
    """합. 항이 많으면 앞의 몇과 마지막만."""
    shown = list(terms) if len(terms) <= SHOWN else [*terms[: SHOWN - 2], '…', terms[-1]]
    return ' + '.join(shown) or '0'


def grouped(x: str) -> str:
    """곱의 인수로 쓸 글: 음수와 식에는 괄호를 두른다."""
    return f'({x})' if x.startswith(('-', '−')) or any(c in x for c in ' +/') else x
