"""재생(replay): 테이프의 명령을 행 × 표본의 표에서 차례로, 그리고 거꾸로 실행한다.

정의역을 벗어난 칸은 IEEE 값(nan, inf)으로 지나가고, 어느 표본의 어느 연산이었는지를 `Undefined` 로 남긴다.
"""

import math
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from micrograd_ko.compiler.instructions import Instruction, Map, instruction
from micrograd_ko.compiler.tape import Tape
from micrograd_ko.kinds.fitting import followed
from micrograd_ko.operation import EDGE_ERRORS, DomainError, Op

KEPT = 1 << 16  # 명령이 이보다 적으면 만들어 두고 다시 쓴다


class ReplayError(DomainError):
    """재생한 표본 가운데 정의역을 벗어난 것이 있다.

    row    그런 첫 표본의 번호(0부터). count 는 그런 표본의 수.
    node   그 표본에서 처음 벗어난 노드의 위상 번호(`topological(loss, *outputs)` 에서), name 은 그 이름.
    """

    def __init__(self, op: Op, operands: tuple, names: tuple, row: int, count: int, node: int, name: str) -> None:
        super().__init__(op, operands, names)
        self.row, self.count, self.node, self.name = row, count, node, name
        label = f"노드 '{name}'" if name else f'위상 순서 {node} 번 노드'
        more = f' 이런 표본이 모두 {count}개입니다.' if count > 1 else ''
        self.args = (f'표본(row) {row} 의 {label}: {self.args[0]}{more}',)

    def __reduce__(self) -> tuple:
        return ReplayError, (self.op, self.operands, self.names, self.row, self.count, self.node, self.name)


def raises(undefined: str) -> bool:
    """정의역을 벗어난 표본이 있으면 ReplayError 인가. undefined 가 'raise' 도 'nan' 도 아니면 ValueError."""
    if undefined not in ('raise', 'nan'):
        raise ValueError(f"undefined 는 'raise' 나 'nan' 입니다. {undefined!r} 을(를) 받았습니다.")
    return undefined == 'raise'


class Undefined(NamedTuple):
    """정의역을 벗어난 표본의 번호들과, 그 가운데 첫 표본에서 위상 번호가 가장 작은 벗어난 연산."""

    columns: list[int]
    row: int
    op: Op
    operands: tuple[float, ...]
    operand_rows: tuple[int, ...]


class Replayer:
    """테이프 하나를 재생하는 것. 상태는 다시 쓰는 명령뿐이라 여러 스레드가 함께 써도 된다."""

    name = 'numpy'
    span = 1  # 앞으로만 재생할 때 한꺼번에 받는 블록의 수

    def __init__(self, tape: Tape) -> None:
        self.tape = tape
        self.constants = tape.inputs + len(tape.constants)  # 파라미터 행의 시작
        self.active = np.zeros(tape.rows, np.bool_)
        self.active[self.constants :] = True
        self.active[tape.first[0] :] = np.repeat(tape.active, np.diff(tape.first))
        self._kept: dict[tuple[str, bool], list[Instruction]] = {}

    def __reduce__(self) -> tuple:
        return Replayer, (self.tape,)

    def over(self, tape: Tape) -> 'Replayer':
        """다른 테이프를 재생하는 같은 백엔드."""
        return Replayer(tape)

    def loss(self, theta: np.ndarray, samples: np.ndarray) -> tuple[float, Undefined | None]:
        """(블록의 손실의 합, 정의역을 벗어난 표본). theta 는 칸의 벡터, samples 는 표본 × 입력. 벗어난 표본이 있으면 합은 nan."""
        values, undefined = self._forward(theta, samples, 'in_loss')
        with np.errstate(all='ignore'):  # 넘친 손실의 합도 IEEE 값이다
            return float(values[self.tape.loss].sum()) if undefined is None else math.nan, undefined

    def outputs(self, theta: np.ndarray, samples: np.ndarray) -> tuple[np.ndarray, Undefined | None]:
        """(표본 × 출력, 정의역을 벗어난 표본). 벗어난 표본의 출력도 IEEE 값이다."""
        values, undefined = self._forward(theta, samples, 'in_outputs')
        return values[self.tape.outputs].T.copy(), undefined

    def gradient(self, theta: np.ndarray, samples: np.ndarray) -> tuple[np.ndarray, Undefined | None]:
        """(칸의 기울기 Σ_x ∂C_x/∂θ, 정의역을 벗어난 표본). 벗어난 표본이 있으면 기울기는 nan."""
        tape, (values, undefined) = self.tape, self._forward(theta, samples, 'in_loss')
        if undefined is not None:
            return np.full(tape.slots, np.nan), undefined
        grads, gradient = np.zeros_like(values), np.zeros(tape.slots)
        grads[tape.loss] = 1
        with np.errstate(all='ignore'):
            for each in self._instructions('in_loss', backward=True):
                each.backward(theta, values, grads, gradient)
            gradient[tape.parameter_rows] += grads[self.constants : tape.first[0]].sum(axis=1)
        return gradient, None

    def _forward(self, theta: np.ndarray, samples: np.ndarray, which: str) -> tuple[np.ndarray, Undefined | None]:
        """(행 × 표본의 표, 정의역을 벗어난 표본). which 는 'in_loss' 나 'in_outputs'."""
        tape = self.tape
        values = np.empty((tape.rows, len(samples)))
        values[: tape.inputs] = samples.T
        values[tape.inputs : self.constants] = tape.constants[:, None]
        values[self.constants : tape.first[0]] = theta[tape.parameter_rows, None]
        undefined: dict[int, int] = {}  # 표본 → 거기서 벗어난 행 가운데 위상 번호가 가장 작은 것
        with np.errstate(all='ignore'):
            for each in self._instructions(which):
                each.forward(theta, values)
                if type(each) is Map and _suspicious(each, values):
                    for column, row in _undefined(each, values):
                        undefined[column] = min(row, undefined.get(column, row), key=tape.source.__getitem__)
        if not undefined:
            return values, None
        columns = sorted(undefined)
        row = undefined[columns[0]]
        op, rows = tape.operation(row)
        return values, Undefined(columns, row, op, tuple(values[rows, columns[0]].tolist()), tuple(rows.tolist()))

    def _instructions(self, which: str, backward: bool = False) -> Iterable[Instruction]:
        """필요한 명령을 순서대로, backward 면 기울기가 흐르는 것만 거꾸로."""
        key = which, backward
        if key in self._kept:
            return self._kept[key]
        needed = getattr(self.tape, which)
        chosen = np.flatnonzero(needed & self.tape.active)[::-1] if backward else np.flatnonzero(needed)
        made = (instruction(self.tape, number, self.active) for number in chosen.tolist())
        if len(chosen) > KEPT:
            return made
        self._kept[key] = list(made)
        return self._kept[key]


def _suspicious(each: Map, values: np.ndarray) -> bool:
    """정의역을 벗어난 칸이 있을 수 있는지. 참이면 `_undefined` 가 칸마다 확인한다."""
    op = each.op
    if op.defined is not None and not np.all(followed(op, '정의역', op.defined, [values[rows] for rows in each.operands])):
        return True
    if op.overflows:
        return False
    z = values[each.out].ravel()
    return not math.isfinite(z @ z)  # inf 나 nan 이 하나라도 있으면 유한하지 않다


def _undefined(each: Map, values: np.ndarray) -> Iterator[tuple[int, int]]:
    """정의역을 벗어난 (표본, 행). 의심스러운 칸마다 같은 연산을 float 로 다시 해서 오류가 나는 것만이다.

    nan 이나 inf 가 피연산자로 들어온 칸은 eager 에서도 대개 오류가 아니다.
    """
    op, every = each.op, np.arange(len(values))
    out = np.atleast_1d(every[each.out])
    tables = [values[np.broadcast_to(every[rows], len(out))] for rows in each.operands]
    suspects = ~np.isfinite(values[out])
    if op.defined is not None:
        suspects |= ~op.defined(*tables)
    for column, lane in np.argwhere(suspects.T).tolist():
        try:
            op.eager(*[float(table[lane, column]) for table in tables])
        except EDGE_ERRORS:
            yield column, int(out[lane])
