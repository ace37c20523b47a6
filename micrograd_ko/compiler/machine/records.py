"""레코드(record) 적기: 어느 커널을 어떤 차례로 어떤 자료로 부를지.

표의 연산은 `elements` 가 커널마다 한꺼번에 배열로 적고, 행렬은 `matrices` 가 하나씩 곱과 뒤집기로 적는다.
기울기의 행에 맨 먼저 쓰는 명령은 더하지 않고 놓으므로, 그런 명령이 없는 행만 0 으로 지운다.
"""

from typing import Any, NamedTuple

import numpy as np

from micrograd_ko.compiler.machine.functions import WIDTH
from micrograd_ko.compiler.machine.kernels import Kernels, fields_of
from micrograd_ko.compiler.tape import Tape


class Records:
    """커널을 부르는 목록. 명령의 번호를 함께 적어 두었다가 그 순서로 늘어놓는다. 레코드가 가리키는 배열도 붙들고 있다."""

    def __init__(self) -> None:
        self.order: list[np.ndarray] = []
        self.parts: list[np.ndarray] = []
        self.kept: list[Any] = []

    def add(self, instruction: Any, kernels: Kernels, kernel: Any, **fields: Any) -> None:
        """kernel 을 부르는 레코드. instruction 이 배열이면 그만큼 여럿이고, 칸은 수나 그 수만큼의 배열이다.

        칸에 정수의 표가 오면(`table(…)`) 그 주소를 적는다.
        """
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
        """명령의 순서대로, backward 면 거꾸로. 한 명령의 것들은 적은 순서다."""
        if not self.parts:
            return np.zeros((0, WIDTH), np.int64)
        order = np.concatenate(self.order)
        return np.concatenate(self.parts)[np.argsort(-order if backward else order, kind='stable')]


class Reads(NamedTuple):
    """표의 연산들이 읽는 것. 자리(slot)는 한 명령의 한 피연산자이고, 그 행이 명령의 행마다 하나씩이다."""

    instruction: np.ndarray  # (자리,)
    first: np.ndarray  # (자리,) `tape.operand` 에서의 시작
    rows: np.ndarray  # 모든 자리의 행을 이은 것
    starts: np.ndarray  # (자리,) rows 에서의 시작

    def all(self, flags: np.ndarray) -> np.ndarray:
        """(자리,) flags (rows 와 같은 길이) 가 그 자리에서 모두 참인지."""
        return np.logical_and.reduceat(flags, self.starts) if len(self.starts) else np.zeros(0, np.bool_)


def reads_of(tape: Tape, instructions: np.ndarray) -> Reads:
    """명령들이 읽는 것. 행렬 명령이 아닌 것에만."""
    lanes = np.diff(tape.first)
    arity = np.diff(tape.start)[instructions] // lanes[instructions]
    owner = np.repeat(instructions, arity)
    length = lanes[owner].astype(np.int64)
    first = tape.start[owner] + _counted(arity) * length
    rows = tape.operand[np.repeat(first, length) + _counted(length)]
    return Reads(owner, first, rows, np.cumsum(length) - length)


def _counted(lengths: np.ndarray) -> np.ndarray:
    """0 … n−1 을 lengths 의 n 마다 이은 것."""
    return np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)


class Writes:
    """역방향이 기울기의 행에 쓰는 일들: (명령, 행). 뒤의 명령부터 하므로 행에 처음 쓰는 것은 그것을 읽는 마지막 명령이다."""

    def __init__(self, rows: int, loss: int, instruction: np.ndarray, row: np.ndarray) -> None:
        self.last, self.placed = np.full(rows, -1), np.zeros(rows, np.bool_)
        np.maximum.at(self.last, row, instruction)
        self.last[loss], self.placed[loss] = np.iinfo(np.int64).max, True  # 손실의 행에는 먼저 심어 두었다
        pairs, times = np.unique(instruction * rows + row, return_counts=True)
        self.twice = np.unique(pairs[times > 1] // rows)  # 한 행에 두 번 쓰는 명령: 놓으면 제가 쓴 것을 덮어쓴다

    def first(self, instruction: np.ndarray | int, rows: np.ndarray) -> np.ndarray:
        """(행,) instruction[i] 가 rows[i] 에 처음 쓰고, 한 번만 쓰는지."""
        return (self.last[rows] == instruction) & ~np.isin(instruction, self.twice)

    def place(self, instruction: int, rows: np.ndarray) -> bool:
        """instruction 이 rows 에 더하지 않고 놓는지. 모두 처음이어야 한다."""
        placing = bool(self.first(instruction, rows).all())
        self.placed[rows] |= placing
        return placing
