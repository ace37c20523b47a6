"""NumPy 배열에 연산 표를 가르친다: 같은 규칙을 표본 여러 개에 한꺼번에 쓴다.

배열의 연산은 IEEE 를 따른다. 정의역을 벗어난 칸은 오류 대신 nan 이나 inf 가 되고, IEEE 가 값을 정한 0⁰ 은 1 이다. 정수와 불
배열은 float64 로 바뀌고 float32 는 그대로 남는다. dtype 이 object 인 배열(`Fraction` 이나 `Value` 를 담은)과, 배열에 섞인 다른
종류의 수는 칸마다 그 수의 규칙으로 계산한다.
"""

import math
import numbers
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from micrograd_ko.kinds.huge import ieee
from micrograd_ko.operation import ARITHMETIC, EDGE_ERRORS, SCALARS, Namespace, Op, interpret, interpreter_of


def _has_nan(x: Any) -> bool:
    return bool(np.isnan(x).any())


def _compare(x: Any, y: Any) -> Any:
    gap = np.subtract(x, y)
    signs = np.sign(gap)
    return np.where(np.equal(x, y), 0, signs) if _has_nan(gap) else signs


def _select(c: Any, x: Any, y: Any) -> Any:
    if not any(isinstance(v, np.ndarray | np.generic) for v in (c, x, y)):
        return SCALARS.select(c, x, y)  # 곁에 올 배열의 dtype 을 바꾸지 않는 파이썬의 수로 남는다
    chosen = np.where(np.greater(c, 0), x, y).astype(np.result_type(c, x, y))  # 파이썬의 수 둘만으로는 float64 나 정수가 된다
    return np.where(np.isnan(c), c, chosen) if _has_nan(c) else chosen


def _pow(x: Any, y: Any) -> Any:
    return np.where(np.less(x, 0), np.nan, np.power(x, y))


def _each(function: Callable[[float], float]) -> Callable[[Any], Any]:
    """NumPy 에 없는 함수를 칸마다. dtype 은 그대로 남는다."""
    over = np.vectorize(function, otypes=[np.float64])
    return lambda x: over(x).astype(np.result_type(x))


ARRAYS = Namespace(
    lambda name: getattr(np, name),
    **(ARITHMETIC | {'compare': _compare, 'select': _select, 'pow': _pow}),
    asin=np.arcsin, acos=np.arccos, atan=np.arctan, erf=_each(math.erf), erfc=_each(math.erfc),
)  # fmt: skip


def apply(op: Op, operands: tuple) -> Any:
    """배열과 수에 op 를 칸마다 적용한다. 0차원이면 수를 준다. 실수가 아닌 dtype 이면 TypeError."""
    types = [x.dtype for x in operands if isinstance(x, np.ndarray | np.generic)]
    kinds = {dtype.kind for dtype in types}
    if 'O' in kinds or any(interpreter_of(type(x)) not in (None, apply) for x in operands):
        return by_element(op.apply, operands)
    if kinds - set('fiub'):
        raise TypeError(f'{op.name}: 실수(real) 배열을 주세요. dtype {types} 을(를) 받았습니다.')
    with np.errstate(all='ignore'):
        z = ARRAYS.function(op)(*map(_real, operands))
    return z if np.ndim(z) else np.asanyarray(z)[()]  # 가린 칸의 합은 0 이 아니라 가린 칸이다


def unmasked(x: Any, what: str) -> np.ndarray:
    """x 를 배열로. 가려진(masked) 칸이 있으면 TypeError: NumPy 는 가리개를 소리 없이 벗긴다. what 은 오류에 적을 이름이다."""
    rows = [x, *x] if isinstance(x, list | tuple) else [x]
    if any(isinstance(row, np.ma.MaskedArray) and np.ma.is_masked(row) for row in rows):
        raise TypeError(f'{what} 에 가려진(masked) 칸이 있습니다. 그 칸을 빼거나 x.filled(수) 로 채우세요.')
    return np.asarray(x)


def reals(x: Any, what: str) -> np.ndarray:
    """x 를 실수나 object 의 배열로. 행의 길이가 다르면 ValueError, 가려진 칸이 있거나 그 밖의 dtype 이면 TypeError."""
    try:
        array = unmasked(x, what)
    except ValueError as error:
        raise ValueError(f'{what} 의 행마다 길이가 다릅니다. 모든 행의 길이가 같아야 합니다.') from error
    if array.dtype.kind not in 'fiubO':
        raise TypeError(f'{what} 에는 실수(real)의 배열을 주세요. dtype {array.dtype} 을(를) 받았습니다.')
    return array


def floats(x: Any, what: str) -> np.ndarray:
    """x 를 float 가 되는 실수의 배열로. 행의 길이가 다르거나 범위를 넘으면 ValueError, 수가 아니면 TypeError."""
    array = reals(x, what)
    if array.dtype.kind == 'O':
        if not all(isinstance(cell, numbers.Real) for cell in array.flat):
            raise TypeError(f'{what} 에 수가 아닌 것이 들어 있습니다. 실수(real)의 배열을 주세요.')
        try:
            array = array.astype(np.float64)
        except OverflowError as error:
            raise ValueError(f'{what} 에 float 의 범위를 넘는 정수가 들어 있습니다({error}).') from error
    return array


def _real(x: Any) -> Any:
    """배열은 실수 dtype 으로, 파이썬의 수는 float 로: 수는 곁에 있는 배열의 dtype 을 따른다."""
    if isinstance(x, np.ndarray | np.generic):
        return x if x.dtype.kind == 'f' else x.astype(np.float64)
    if isinstance(x, numbers.Real):
        return ieee(x)
    raise TypeError(f'배열에는 실수(real)를 섞어 쓸 수 있습니다. {type(x).__name__} {x!r} 을(를) 받았습니다.')


def by_element(function: Callable, operands: tuple) -> Any:
    """function 을 칸마다 파이썬의 값으로 부른 dtype object 의 배열. 모두 0차원이면 그 값 하나."""
    boxes = []
    for x in operands:
        box = x if isinstance(x, np.ndarray) else np.empty((), object)
        if box is not x:
            box[()] = x.item() if isinstance(x, np.generic) else x
        boxes.append(box)
    with np.errstate(all='ignore'):  # 파이썬의 inf − inf 도 NumPy 에는 경고거리다
        return np.frompyfunc(function, len(boxes), 1)(*boxes)


def derivatives(op: Op, z: Any, operands: tuple) -> tuple:
    """배열의 칸마다의 편미분. 칸이 파이썬의 수면 정의역의 끝에서는 그 칸만 IEEE 값이다."""
    if z.dtype.kind != 'O':
        with np.errstate(all='ignore'):
            return op.derivatives(z, *operands)

    def at(z: Any, *xs: Any) -> tuple:
        try:
            return op.derivatives(z, *xs)
        except EDGE_ERRORS:
            return ieee_derivatives(op, z, xs)

    cells = by_element(at, (z, *operands))
    return tuple([by_element(operator.itemgetter(i), (cells,)) for i in range(len(operands))])


def ieee_derivatives(op: Op, z: Any, operands: tuple) -> tuple:
    """편미분을 IEEE 산술로: 정의역의 끝에서 오류 대신 inf 나 nan 이 나온다. 파이썬 float 의 튜플."""
    with np.errstate(all='ignore'):
        return tuple([float(d) for d in op.derivatives(*[np.float64(ieee(x)) for x in (z, *operands)])])


def ieee_forward(op: Op, operands: tuple) -> float:
    """순방향을 IEEE 산술로. 파이썬 float."""
    return float(apply(op, tuple([np.float64(ieee(x)) for x in operands])))


interpret(np.ndarray, apply)
interpret(np.generic, apply)
