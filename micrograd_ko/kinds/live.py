"""살아 있는 수(live number): 지금의 값과, 페이지가 그것을 다시 계산하는 자바스크립트 식의 쌍.

연산은 둘 다에 적용된다. 그래서 스텝의 글을 한 번 적으면 파이썬에서는 지금의 수가, 페이지에서는 바뀐 뒤의 수가 채워진다
(`writing.templates`).
"""

import operator
from collections.abc import Callable
from typing import Any

from micrograd_ko.kinds.javascript import Script, script
from micrograd_ko.kinds.operators import Operators
from micrograd_ko.operation import Op, interpret


def _both(function: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    return lambda x, y: Live(function(x.value, value_of(y)), function(x.script, script_of(y)))


class Live(Operators):
    """value 는 지금의 값(수나 참·거짓), script 는 그 식."""

    __slots__ = ('script', 'value')
    __gt__, __lt__, __ge__, __le__ = map(_both, (operator.gt, operator.lt, operator.ge, operator.le))
    __eq__, __ne__, __and__, __or__ = map(_both, (operator.eq, operator.ne, operator.and_, operator.or_))

    def __init__(self, value: Any, script: str | Script) -> None:
        self.value = value
        self.script = script if isinstance(script, Script) else Script(script)

    def __pow__(self, n: Any) -> 'Live':
        return Live(self.value**n, self.script**n)

    def __bool__(self) -> bool:
        raise TypeError(f'{self!r} 은(는) 페이지에서 바뀌므로 if 에 쓸 수 없습니다. templates.when 으로 적으세요.')

    def __repr__(self) -> str:
        return f'<Live {self.value!r}: {self.script}>'


def value_of(x: Any) -> Any:
    """지금의 값. 살아 있는 수가 아니면 그대로."""
    return x.value if isinstance(x, Live) else x


def script_of(x: Any) -> Script:
    """페이지가 계산하는 식. 살아 있는 수가 아니면 그 수를 적은 글."""
    return x.script if isinstance(x, Live) else script(x)


def apply(op: Op, operands: tuple) -> Live:
    """값과 식에 저마다 op 를."""
    return Live(op.apply(*map(value_of, operands)), op.apply(*map(script_of, operands)))


interpret(Live, apply)
