"""연산을 그림에 적는 기호(sign). 따로 정하지 않은 연산은 표의 이름 그대로다."""

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
