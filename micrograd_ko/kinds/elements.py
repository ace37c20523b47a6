"""NumPy 가 `Value` 를 만났을 때: ufunc 를 칸마다 표의 연산으로. `np.exp(v)`, `array + v`, `z / z.sum()` 이 여기로 온다.

배열이 나타나기 전에는 NumPy 를 읽지 않는다.
"""

from __future__ import annotations

import operator

from micrograd_ko.operation import TYPE_CHECKING, Op, interpreter_of, table

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

# ufunc 의 이름 → 칸마다의 함수. 나머지는 표에서 같은 이름의 연산을 찾는다. 비교는 `Value` 가 스스로 거절한다
_FUNCTIONS: dict[str, Callable] = {
    'add': operator.add, 'subtract': operator.sub, 'multiply': operator.mul, 'divide': operator.truediv,
    'power': operator.pow, 'negative': operator.neg, 'absolute': operator.abs,
    'equal': operator.eq, 'not_equal': operator.ne,
    'less': operator.lt, 'less_equal': operator.le, 'greater': operator.gt, 'greater_equal': operator.ge,
}  # fmt: skip
_OTHER_NAMES = {'arcsin': 'asin', 'arccos': 'acos', 'arctan': 'atan', 'fabs': 'abs'}


def array_ufunc(value: Any, ufunc: Any, method: str, *inputs: Any, out: tuple = (), **options: Any) -> Any:
    """`Value.__array_ufunc__`: 배열이 섞이면 dtype object 의 배열, 아니면 `Value`. 표에 없는 ufunc 면 TypeError."""
    from micrograd_ko.kinds.arrays import by_element

    name = ufunc.__name__
    op = table.get(_OTHER_NAMES.get(name, name))
    function = _FUNCTIONS.get(name) or (op and op.apply)
    if function is None or method != '__call__' or options:
        called = f'np.{name}' if method == '__call__' else f'np.{name}.{method}'
        raise TypeError(
            f'Value 에는 {called} 을(를) 그렇게 쓸 수 없습니다. 표의 연산(ops.exp, ops.maximum, …)은 Value 와 '
            'Value 의 배열을 받습니다. 수만 필요하면 v.data 를 쓰세요.'
        )
    found = by_element(function, inputs)
    if name in ('equal', 'not_equal') and hasattr(found, 'astype'):
        found = found.astype(bool)
    if not out:
        return found
    out[0][...] = found
    return out[0]


def _other(name: str) -> Callable[[Any], Any]:
    def method(element: Any) -> Any:
        return table[_OTHER_NAMES[name]].apply(element)

    return method


class Element:
    """배열의 칸이 되는 것. 배열의 ufunc 는 칸마다 그 이름의 메서드를 부른다: 표의 이름과 다른 것만 여기 있다."""

    __slots__ = ()
    __array_ufunc__ = array_ufunc
    arcsin, arccos, arctan, fabs = map(_other, _OTHER_NAMES)


def over_arrays(record: Callable[[Op, tuple], Any]) -> Callable[[Op, tuple], Any]:
    """배열을 모르는 해석기 record 를, 배열이 섞이면 칸마다 부르는 것으로."""

    def apply(op: Op, operands: tuple) -> Any:
        try:
            return record(op, operands)
        except TypeError:
            array = next((x for x in operands if getattr(x, 'ndim', 0)), None)
            if array is None:
                raise
        interpreter: Any = interpreter_of(type(array))
        return interpreter(op, operands)

    return apply
