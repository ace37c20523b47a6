"""레코드(record) 적기: 어느 커널을 어떤 차례로 어떤 자료로 부를지.

표의 연산은 `elementwise` 가 커널마다 한꺼번에 배열로 적고, 행렬은 `matrices` 가 하나씩 곱과 뒤집기로 적는다.
"""

from typing import Any, NamedTuple

import numpy as np

from micrograd_ko.compiler.code import counted
from micrograd_ko.compiler.machine.functions import WIDTH
from micrograd_ko.compiler.machine.kernels import Kernels, fields_of
from micrograd_ko.compiler.tape import Tape


class Records:
    """커널을 부르는 목록. 명령의 번호를 함께 적어 두었다가 그 순서로 늘어놓는다. 레코드가 가리키는 배열도 붙들고 있다."""

    def __init__(self) -> None:
        self.order: list[np.ndarray] = []
        self.parts: list[np.ndarray] = [np.zeros((0, WIDTH), np.int64)]
        self.kept: list[np.ndarray] = []

    def add(self, instruction: Any, kernels: Kernels, kernel: Any, **fields: Any) -> None:
        """kernel 을 부르는 레코드. instruction 이 배열이면 그만큼 여럿이고, 칸은 수나 그 수만큼의 배열이다."""
        rows, names = np.zeros((np.size(instruction), WIDTH), np.int64), fields_of(kernel)
        rows[:, 0] = kernels.addresses[kernel]
        for name, value in fields.items():
            rows[:, 1 + names.index(name)] = value
        self.order.append(np.atleast_1d(instruction))
        self.parts.append(rows)

    def table(self, numbers: Any) -> int:
        """정수의 표의 주소."""
        return self.keep(np.ascontiguousarray(numbers, np.int64))

    def keep(self, array: np.ndarray) -> int:
        """배열을 붙들고 그 주소를 준다."""
        self.kept.append(array)
        return array.ctypes.data

    def listed(self, backward: bool = False) -> np.ndarray:
        """명령의 순서대로, backward 면 거꾸로. 한 명령의 것들은 적은 순서다. 넘겨준 것은 붙들지 않는다."""
        order, rows = np.concatenate([np.zeros(0, np.int64), *self.order]), np.concatenate(self.parts)
        self.order, self.parts = [], self.parts[:1]
        return rows[np.argsort(-order if backward else order, kind='stable')]


class Reads(NamedTuple):
    """표의 연산들이 읽는 것. 자리(slot)는 한 명령의 한 피연산자이고, 그 행이 명령의 행마다 하나씩이다."""

    instruction: np.ndarray  # (자리,)
    rows: np.ndarray  # 모든 자리의 행을 이은 것
    starts: np.ndarray  # (자리,) rows 에서의 시작

    def all(self, flags: np.ndarray) -> np.ndarray:
        """(자리,) flags (rows 와 같은 길이) 가 그 자리에서 모두 참인지."""
        return np.logical_and.reduceat(flags, self.starts)


def reads_of(tape: Tape, instructions: np.ndarray) -> Reads:
    """명령들이 읽는 것. 행렬 명령이 아닌 것에만."""
    lanes = np.diff(tape.first)
    arity = np.diff(tape.start)[instructions] // lanes[instructions]
    owner = np.repeat(instructions, arity)
    length = lanes[owner].astype(np.int64)
    first = tape.start[owner] + counted(arity) * length
    return Reads(owner, tape.operand[np.repeat(first, length) + counted(length)], np.cumsum(length) - length)
