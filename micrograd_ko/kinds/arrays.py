"""NumPy 배열에 연산 표를 가르친다: 같은 규칙을 표본 여러 개에 한꺼번에 쓴다.

배열의 연산은 IEEE 를 따른다. 정의역을 벗어난 칸은 오류 대신 nan 이나 inf 가 된다. 정수와 불 배열은 float64 로 바뀌고,
dtype 이 object 인 배열(`Fraction` 을 담은)은 칸마다 파이썬 수의 규칙으로 정확하게 계산한다.
"""

import math
from typing import Any

import numpy as np

from micrograd_ko.operation import ARITHMETIC, Namespace, Op, interpret


def _select(c: Any, x: Any, y: Any) -> Any:
    chosen = np.where(np.greater(c, 0), x, y)
    return chosen.astype(np.result_type(c)) if chosen.dtype.kind in 'iu' else chosen


ARRAYS = Namespace(
    lambda name: getattr(np, name),
    **ARITHMETIC, select=_select, pow=np.power, asin=np.arcsin, acos=np.arccos, atan=np.arctan,
    erf=np.vectorize(math.erf, otypes=[np.float64]), erfc=np.vectorize(math.erfc, otypes=[np.float64]),
)  # fmt: skip


def apply(op: Op, operands: tuple) -> Any:
    """배열과 수에 op 를 칸마다 적용한다. 실수가 아닌 dtype 이면 TypeError."""
    types = [x.dtype for x in operands if isinstance(x, np.ndarray | np.generic)]
    kinds = {dtype.kind for dtype in types}
    if 'O' in kinds:
        return np.frompyfunc(op.eager, len(operands), 1)(*operands)
    if kinds - set('fiub'):
        raise TypeError(f'{op.name}: 실수(real) 배열을 주세요. dtype {types} 을(를) 받았습니다.')
    with np.errstate(all='ignore'):
        return ARRAYS.function(op)(*[x if x.dtype.kind == 'f' else x.astype(np.float64) for x in map(np.asarray, operands)])


def ieee_derivatives(op: Op, z: Any, operands: tuple) -> tuple:
    """편미분을 IEEE 산술로: 정의역의 끝에서 오류 대신 inf 나 nan 이 나온다. 파이썬 float 의 튜플."""
    with np.errstate(all='ignore'):
        return tuple([float(d) for d in op.derivatives(*[np.float64(x) for x in (z, *operands)])])


def ieee_forward(op: Op, operands: tuple) -> float:
    """순방향을 IEEE 산술로. 파이썬 float."""
    return float(apply(op, tuple([np.float64(x) for x in operands])))


interpret(np.ndarray, apply)
interpret(np.generic, apply)
