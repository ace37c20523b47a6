"""기호(symbol): 표의 식에 수 대신 이름을 넣으면 식이 글로 나온다.

>>> from micrograd_ko import ops
>>> z, x = Symbol('z'), Symbol('x')
>>> ops.tanh.partials[0](z, x)
1 - z*z
>>> ops.log.defined(x)
x > 0
"""

from collections.abc import Callable
from typing import Any

from micrograd_ko.operation import Op, interpret

ATOM, POWER, UNARY, PRODUCT, SUM, COMPARISON, AND, OR = range(8)  # 작을수록 먼저 묶인다


def _infix(sign: str, level: int, right: int) -> Callable:
    """왼쪽부터 묶이는 두 항 연산자. 오른쪽 항은 right 보다 느슨하면 괄호를 두른다."""

    def method(self: 'Symbol', other: Any) -> 'Symbol':
        return Symbol(f'{self.within(level)}{sign}{symbol(other).within(right)}', level)

    return method


def _reflected(method: Callable) -> Callable:
    return lambda self, other: method(symbol(other), self)


class Symbol:
    """글로 적히는 식. `text` 는 적힌 글, `level` 은 맨 바깥 연산의 묶임(우선순위)이다."""

    __slots__ = ('level', 'text')

    def __init__(self, text: Any, level: int = ATOM) -> None:
        self.text, self.level = str(text), level

    def within(self, level: int) -> str:
        """level 로 묶이는 자리에 적을 글: 더 느슨한 식이면 괄호를 두른다."""
        return self.text if self.level <= level else f'({self.text})'

    __add__, __sub__ = _infix(' + ', SUM, SUM), _infix(' - ', SUM, PRODUCT)
    __mul__, __truediv__ = _infix('*', PRODUCT, UNARY), _infix('/', PRODUCT, UNARY)
    __radd__, __rsub__ = _reflected(__add__), _reflected(__sub__)
    __rmul__, __rtruediv__ = _reflected(__mul__), _reflected(__truediv__)
    __and__, __or__ = _infix(' 이고 ', AND, AND), _infix(' 또는 ', OR, OR)
    __gt__, __ge__ = _infix(' > ', COMPARISON, SUM), _infix(' ≥ ', COMPARISON, SUM)
    __lt__, __le__ = _infix(' < ', COMPARISON, SUM), _infix(' ≤ ', COMPARISON, SUM)
    __eq__, __ne__ = _infix(' = ', COMPARISON, SUM), _infix(' ≠ ', COMPARISON, SUM)
    __hash__ = None  # type: ignore[assignment]  # == 가 식을 만들므로 사전의 열쇠가 될 수 없다

    def __neg__(self) -> 'Symbol':
        return Symbol(f'-{self.within(UNARY)}', UNARY)

    def __pow__(self, n: Any) -> 'Symbol':
        return Symbol(1) if type(n) is int and n == 0 else Symbol(f'{self.within(ATOM)}**{symbol(n).within(ATOM)}', POWER)

    def __abs__(self) -> 'Symbol':
        return Symbol(f'|{self.text}|')

    def __repr__(self) -> str:
        return self.text


def symbol(x: Any) -> Symbol:
    """수는 그 글로, 기호는 그대로."""
    return x if isinstance(x, Symbol) else Symbol(x, UNARY if x < 0 else ATOM)


def _write(op: Op, operands: tuple) -> Symbol:
    if op.name == 'abs':
        return Symbol.__abs__(*operands)
    return Symbol(f'{op.name}({", ".join([symbol(x).text for x in operands])})')


interpret(Symbol, _write)
