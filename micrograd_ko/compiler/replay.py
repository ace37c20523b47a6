"""재생(replay): 테이프의 명령을 행 × 표본의 표에서 차례로, 그리고 거꾸로 실행한다.

정의역을 벗어난 칸은 IEEE 값(nan, inf)으로 지나가고, 어느 표본의 어느 연산이었는지를 `Undefined` 로 남긴다.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from micrograd_ko.compiler.instructions import Instruction, Map, instruction
from micrograd_ko.compiler.tape import Tape
from micrograd_ko.kinds.arrays import ARRAYS
from micrograd_ko.operation import EDGE_ERRORS, Op

KEPT = 1 << 16  # 명령이 이보다 적으면 만들어 두고 다시 쓴다


@dataclass(frozen=True)
class Undefined:
    """정의역을 벗어난 표본: mask (B,) 와, 그 가운데 첫 표본 column 에서 처음 벗어난 연산."""

    mask: np.ndarray
    column: int
    row: int
    op: Op
    operands: tuple[float, ...]
    operand_rows: tuple[int, ...]


class Replayer:
    """테이프 하나를 재생하는 것. 상태는 다시 쓰는 명령뿐이라 여러 스레드가 함께 써도 된다."""

    def __init__(self, tape: Tape) -> None:
        self.tape = tape
        self.constants = tape.inputs + len(tape.constants)  # 파라미터 행의 시작
        self.active = np.zeros(tape.rows, np.bool_)
        self.active[self.constants :] = True
        self.active[tape.first[0] :] = np.repeat(tape.active, np.diff(tape.first))
        self._functions = [ARRAYS.function(op) for op in tape.ops]
        self._kept: dict[tuple[str, bool], list[Instruction]] = {}

    def __reduce__(self) -> tuple:
        return Replayer, (self.tape,)

    def forward(self, theta: np.ndarray, samples: np.ndarray, which: str) -> tuple[np.ndarray, Undefined | None]:
        """(행 × 표본의 표, 정의역을 벗어난 표본). samples 는 표본 × 입력, which 는 'in_loss' 나 'in_outputs'."""
        tape, undefined = self.tape, None
        values = np.empty((tape.rows, len(samples)))
        values[: tape.inputs] = samples.T
        values[tape.inputs : self.constants] = tape.constants[:, None]
        values[self.constants : tape.first[0]] = theta[tape.parameter_rows, None]
        with np.errstate(all='ignore'):
            for each in self._instructions(which):
                each.forward(theta, values)
                if type(each) is Map and _suspicious(each, values):
                    undefined = _earlier(undefined, _undefined(each, values))
        return values, undefined

    def backward(self, theta: np.ndarray, values: np.ndarray) -> np.ndarray:
        """칸의 기울기 Σ_x ∂C_x/∂θ. values 는 forward(…, 'in_loss') 의 표."""
        tape = self.tape
        grads, gradient = np.zeros_like(values), np.zeros(tape.slots)
        grads[tape.loss] = 1
        with np.errstate(all='ignore'):
            for each in self._instructions('in_loss', backward=True):
                each.backward(theta, values, grads, gradient)
        gradient[tape.parameter_rows] += grads[self.constants : tape.first[0]].sum(axis=1)
        return gradient

    def _instructions(self, which: str, backward: bool = False) -> Iterable[Instruction]:
        """필요한 명령을 순서대로, backward 면 기울기가 흐르는 것만 거꾸로."""
        key = which, backward
        if key in self._kept:
            return self._kept[key]
        needed = getattr(self.tape, which)
        chosen = np.flatnonzero(needed & self.tape.active)[::-1] if backward else np.flatnonzero(needed)
        made = (instruction(self.tape, self._functions, number, self.active) for number in chosen.tolist())
        if len(chosen) > KEPT:
            return made
        self._kept[key] = list(made)
        return self._kept[key]


def _suspicious(each: Map, values: np.ndarray) -> bool:
    """정의역을 벗어난 칸이 있을 수 있는지. 참이면 `_undefined` 가 칸마다 확인한다."""
    op = each.op
    if op.defined is not None and not np.all(op.defined(*[values[rows] for rows in each.operands])):
        return True
    if op.overflows:
        return False
    z = values[each.out].ravel()
    return not math.isfinite(z @ z)  # inf 나 nan 이 하나라도 있으면 유한하지 않다


def _undefined(each: Map, values: np.ndarray) -> Undefined | None:
    """의심스러운 칸마다 같은 연산을 float 로 다시 해 본다: 그때 오류가 나는 칸만 정의역을 벗어난 것이다.

    nan 이나 inf 가 피연산자로 들어온 칸은 eager 에서도 대개 오류가 아니다.
    """
    op, every = each.op, np.arange(len(values))
    out = np.atleast_1d(every[each.out])
    lists = [np.broadcast_to(every[rows], len(out)) for rows in each.operands]
    tables = [values[rows] for rows in lists]
    suspects = ~np.isfinite(values[out])
    if op.defined is not None:
        suspects |= ~op.defined(*tables)
    at = np.argwhere(suspects.T).tolist()
    found = [(column, lane) for column, lane in at if _raises(op, [table[lane, column] for table in tables])]
    if not found:
        return None
    mask = np.zeros(values.shape[1], np.bool_)
    mask[[column for column, _ in found]] = True
    column, lane = found[0]
    operands = tuple([float(table[lane, column]) for table in tables])
    return Undefined(mask, column, int(out[lane]), op, operands, tuple([int(rows[lane]) for rows in lists]))


def _raises(op: Op, operands: list) -> bool:
    try:
        op.eager(*map(float, operands))
    except EDGE_ERRORS:
        return True
    return False


def _earlier(one: Undefined | None, other: Undefined | None) -> Undefined | None:
    """둘을 합친 것: 더 앞선 표본의 것이 남고, 같은 표본이면 먼저 나온 연산인 one 이다."""
    if one is None or other is None:
        return one or other
    first = other if other.column < one.column else one
    return replace(first, mask=one.mask | other.mask)
