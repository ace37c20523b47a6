"""레코드(record) 적기: 어느 커널을 어떤 차례로 어떤 자료로 부를지.

표의 연산은 `elementwise` 가 커널마다 한꺼번에 배열로 적고, 행렬은 `matrices` 가 하나씩 곱과 뒤집기로 적는다.
"""

from typing import Any, NamedTuple

import numpy as np

from micrograd_ko.compiler.code import within
from micrograd_ko.compiler.machine.kernels import Kernels, fields_of
from micrograd_ko.compiler.machine.memory import rounded_up
from micrograd_ko.compiler.tape import Tape

LINE = 8  # 캐시의 줄(64바이트)의 칸의 수: 레코드는 줄 하나나 둘이다


class Records:
    """커널을 부르는 목록. 명령의 번호를 함께 적어 두었다가 그 순서로 늘어놓는다. 레코드와 그것이 가리키는 배열을 붙들고 있다."""

    def __init__(self) -> None:
        self.lines: list[np.ndarray] = [np.zeros((0, LINE), np.int64)]
        self.order: list[np.ndarray] = [np.zeros(0, np.int64)]  # (줄,) 명령의 번호
        self.heads: list[np.ndarray] = [np.zeros(0, np.bool_)]  # (줄,) 레코드의 처음인지
        self.kept: list[np.ndarray] = []

    def add(self, instruction: Any, kernels: Kernels, kernel: Any, **fields: Any) -> None:
        """kernel 을 부르는 레코드. instruction 이 배열이면 그만큼 여럿이고, 칸은 수나 그 수만큼의 배열이다."""
        names = fields_of(kernel)
        length = rounded_up(1 + len(names), LINE) // LINE
        rows = np.zeros((np.size(instruction), length * LINE), np.int64)
        rows[:, 0] = kernels.addresses[kernel]
        for name, value in fields.items():
            rows[:, 1 + names.index(name)] = value
        self.lines.append(rows.reshape(-1, LINE))
        self.order.append(np.repeat(instruction, length))
        self.heads.append(np.arange(length * len(rows)) % length == 0)

    def table(self, numbers: Any) -> int:
        """정수의 표의 주소."""
        return self.keep(np.ascontiguousarray(numbers, np.int64))

    def keep(self, array: np.ndarray) -> int:
        """배열을 붙들고 그 주소를 준다."""
        self.kept.append(array)
        return array.ctypes.data

    def listed(self, backward: bool = False) -> np.ndarray:
        """레코드의 주소를 명령의 순서대로, backward 면 거꾸로. 한 명령의 것들은 적은 순서다. 붙드는 것은 늘어놓은 한 벌이다."""
        lines, order, heads = map(np.concatenate, (self.lines, self.order, self.heads))
        self.lines, self.order, self.heads = self.lines[:1], self.order[:1], self.heads[:1]
        order = np.argsort(-order if backward else order, kind='stable')
        return self.keep(lines[order]) + lines.strides[0] * np.flatnonzero(heads[order])


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
    first = tape.start[owner] + within(arity) * length
    return Reads(owner, tape.operand[np.repeat(first, length) + within(length)], np.cumsum(length) - length)
