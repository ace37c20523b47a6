"""명령(instruction): 행 × 표본의 표에서 한 명령을 앞으로, 뒤로 실행하는 것.

  Map     표의 연산을 행마다: 순방향도 편미분도 `ops` 의 규칙 그대로다.
  Sum     total, dot, affine: Σᵢ wᵢ·xᵢ + b 를 표째 곱해서, 적힌 순서대로 왼쪽부터 더한다. ∇w = δ·x, ∇x = δ·w, ∇b = δ.
  Matrix  Z = W·X + b (+ 잔차).  ∇W = Δ·Xᵀ, ∇b = Σ Δ, ∇X = Wᵀ·Δ: 노트의 방정식 (4), (3), (2) 를 표본 여럿에(열마다 표본 하나).
          입력이 여러 벌이면 벌마다 표본만큼의 열이 있다.

Sum 과 Matrix 는 `ops` 의 같은 규칙을 한꺼번에 하는 것이고, 시험이 둘을 견준다.
"""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from micrograd_ko import ops
from micrograd_ko.compiler.code import LONG_SUMS
from micrograd_ko.compiler.tape import Tape
from micrograd_ko.kinds.arrays import ARRAYS

Rows = Any  # 행을 고르는 것: 번호 하나(퍼뜨린다), slice, 번호의 배열. 고를 행이 없으면 None
Adder = Callable[[np.ndarray, Rows, np.ndarray], None] | None  # 기울기의 표의 그 행들에 더하는 법. None 이면 흐르지 않는다
ALONE = 4 * 65536  # OpenBLAS 는 m·n·k 가 이 이하면 스레드 하나로 곱한다 (interface/gemm.c 의 SMP_THRESHOLD_MIN 의 4배)


class Map:
    """z = f(x, y, …) 를 행마다."""

    __slots__ = ('adders', 'function', 'op', 'operands', 'out')

    def __init__(self, tape: Tape, number: int, active: np.ndarray) -> None:
        self.out: Rows
        self.op, self.out, table = tape.ops[tape.kind[number]], tape.out(number), tape.operand_rows(number)
        self.function = ARRAYS.function(self.op)
        self.operands, self.adders = _chosen(table, active, broadcast=True)
        if table.shape[1] == 1:  # 행 하나는 벡터로 계산한다
            self.out, self.adders = self.out.start, [None if add is None else _add for add in self.adders]

    def forward(self, theta: np.ndarray, values: np.ndarray) -> None:
        values[self.out] = self.function(*[values[rows] for rows in self.operands])

    def backward(self, theta: np.ndarray, values: np.ndarray, grads: np.ndarray, gradient: np.ndarray) -> None:
        g = grads[self.out]
        derivatives = self.op.derivatives(values[self.out], *[values[rows] for rows in self.operands])
        for rows, add, d in zip(self.operands, self.adders, derivatives, strict=True):
            if add is not None:
                add(grads, rows, g * d)


class Sum:
    """z = Σᵢ wᵢ·xᵢ + b, total 이면 Σ b. 피연산자는 (항 × 행) 으로 펴서 한꺼번에 고른다."""

    __slots__ = ('adders', 'lanes', 'out', 'plain', 'plains', 'ws', 'xs')

    def __init__(self, tape: Tape, number: int, active: np.ndarray) -> None:
        op, table, self.out = tape.ops[tape.kind[number]], tape.operand_rows(number), tape.out(number)
        parts, self.lanes = op.split(list(table)), table.shape[1]
        ws, xs, plain = ([], [], *parts) if op is ops.total else (*parts, [])[:3]
        lists = [np.array(part, np.intp).ravel() for part in (ws, xs, plain)]
        self.plains = len(lists[2]) // self.lanes
        (self.ws, self.xs, self.plain), self.adders = _chosen(lists, active)

    def _table(self, values: np.ndarray, rows: Rows) -> np.ndarray:
        """(항 × 행 × 표본)."""
        return values[rows].reshape(-1, self.lanes, values.shape[1])

    def forward(self, theta: np.ndarray, values: np.ndarray) -> None:
        z = values[self.out]
        if self.ws is None:
            _add_up(self._table(values, self.plain), z)
            return
        _add_up(self._table(values, self.ws) * self._table(values, self.xs), z)
        if self.plain is not None:
            z += values[self.plain]

    def backward(self, theta: np.ndarray, values: np.ndarray, grads: np.ndarray, gradient: np.ndarray) -> None:
        g = grads[self.out]
        add_w, add_x, add_plain = self.adders
        if add_w is not None:
            add_w(grads, self.ws, (g * self._table(values, self.xs)).reshape(-1, g.shape[1]))
        if add_x is not None:
            add_x(grads, self.xs, (g * self._table(values, self.ws)).reshape(-1, g.shape[1]))
        if add_plain is not None:
            add_plain(grads, self.plain, np.broadcast_to(g, (self.plains, *g.shape)).reshape(-1, g.shape[1]))


class Matrix:
    """Z = W·X + b (+ 잔차). W (m × n) 와 b (m,) 는 칸의 벡터 안의 구간이고, X 의 열은 벌마다 표본마다 하나다."""

    __slots__ = ('adders', 'bias', 'copies', 'inputs', 'out', 'residual', 'shape', 'weights')

    def __init__(self, tape: Tape, number: int, active: np.ndarray) -> None:
        dense, self.out, self.copies = tape.dense[number], tape.out(number), tape.copies(number)
        m, n = self.shape = dense.outputs, dense.inputs
        self.weights = slice(dense.weights, dense.weights + m * n)
        self.bias = slice(dense.bias, dense.bias + m) if dense.bias >= 0 else None
        (self.inputs, self.residual), self.adders = _chosen([rows.ravel() for rows in tape.dense_rows(number)], active)

    def forward(self, theta: np.ndarray, values: np.ndarray) -> None:
        z, W = values[self.out], theta[self.weights].reshape(self.shape)
        z[:] = self._stacked(multiply(W, self._beside(values[self.inputs])))
        if self.bias is not None:
            z += np.tile(theta[self.bias], self.copies)[:, None]
        if self.residual is not None:
            z += values[self.residual]

    def backward(self, theta: np.ndarray, values: np.ndarray, grads: np.ndarray, gradient: np.ndarray) -> None:
        delta = self._beside(grads[self.out])
        nabla = gradient[self.weights].reshape(self.shape)
        nabla += multiply(delta, self._beside(values[self.inputs]).T)
        if self.bias is not None:
            gradient[self.bias] += delta.sum(axis=1)
        add_inputs, add_residual = self.adders
        if add_inputs is not None:
            add_inputs(grads, self.inputs, self._stacked(multiply(theta[self.weights].reshape(self.shape).T, delta)))
        if add_residual is not None:
            add_residual(grads, self.residual, grads[self.out])

    def _beside(self, table: np.ndarray) -> np.ndarray:
        """(벌·행 × 표본) 을 (행 × 벌·표본) 으로: 벌들을 나란히."""
        rows = len(table) // self.copies
        return table.reshape(self.copies, rows, -1).swapaxes(0, 1).reshape(rows, -1)

    def _stacked(self, table: np.ndarray) -> np.ndarray:
        """(행 × 벌·표본) 을 (벌·행 × 표본) 으로: `_beside` 의 반대."""
        rows = len(table) * self.copies
        return table.reshape(len(table), self.copies, -1).swapaxes(0, 1).reshape(rows, -1)


Instruction = Map | Sum | Matrix


def instruction(tape: Tape, number: int, active: np.ndarray) -> Instruction:
    """테이프의 명령 number. active (행,) 는 기울기가 흐르는 행."""
    if number in tape.dense:
        return Matrix(tape, number, active)
    return (Sum if tape.ops[tape.kind[number]] in LONG_SUMS else Map)(tape, number, active)


def multiply(a: np.ndarray, b: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    """out = a·b. a (m × n), b (n × k), out (m × k)은 주지 않으면 새 배열이다.

    BLAS 가 스스로 스레드를 나누지 않을 만큼 작은 조각으로 부른다. 나누면 스레드의 수에 따라 끝자리가 달라지고, 블록을 맡은
    일꾼마다 또 나누면 서로 기다리느라 수십 배 느려진다. 조각은 모양으로만 정해지므로 비트가 기계에 매이지 않는다.
    """
    (m, n), k = a.shape, b.shape[1]
    if out is None:
        out = np.empty((m, k))
    if min(m, k) < 2 or 4 * n > ALONE:  # 벡터의 곱은 BLAS 의 다른 길(gemv)로 가고, 그 문턱은 훨씬 낮다
        return np.einsum('ij,jk->ik', a, b, out=out)
    if m * n * k <= ALONE:
        return np.matmul(a, b, out=out)
    columns = max(2, ALONE // (m * n))
    rows = max(2, ALONE // (columns * n))
    for top in range(0, m, rows):
        for left in range(0, k, columns):
            part = slice(top, top + rows), slice(left, left + columns)
            multiply(a[part[0]], b[:, part[1]], out[part])
    return out


def _add_up(terms: np.ndarray, out: np.ndarray) -> None:
    """terms (항 × 행 × 표본)을 왼쪽 항부터 차례로 더해 out (행 × 표본)에. 순서가 있는 합은 `sums` 가 적은 그대로다."""
    if out.size > 1:
        np.add.reduce(terms, axis=0, out=out)
    else:  # 축이 하나뿐이면 reduce 는 둘씩 묶어 더한다(pairwise summation)
        out[:] = np.add.accumulate(terms, axis=0)[-1]


def _chosen(lists: Iterable[np.ndarray], active: np.ndarray, broadcast: bool = False) -> tuple[list[Rows], list[Adder]]:
    """행의 목록마다의 (고르는 것, 기울기를 더하는 법)."""
    chosen = [_selector(rows, broadcast) for rows in lists]
    return chosen, [_adder(rows, selected, active) for rows, selected in zip(lists, chosen, strict=True)]


def _selector(rows: np.ndarray, broadcast: bool) -> Rows:
    """행들을 표(2차원)로 고르는 가장 싼 것: 같은 간격이면 slice. broadcast 면 한 행뿐일 때 그 번호."""
    if broadcast and (rows == rows[0]).all():
        return int(rows[0])
    if len(rows) < 2:
        return slice(int(rows[0]), int(rows[0]) + 1) if len(rows) else None
    gap = int(rows[1]) - int(rows[0])
    if gap > 0 and (np.diff(rows) == gap).all():
        return slice(int(rows[0]), int(rows[-1]) + 1, gap)
    return rows.astype(np.intp)


def _adder(rows: np.ndarray, chosen: Rows, active: np.ndarray) -> Adder:
    if not active[rows].any():
        return None
    if type(chosen) is int:
        return _add_all
    return _add if type(chosen) is slice or len(np.unique(rows)) == len(rows) else np.add.at


def _add(grads: np.ndarray, rows: Rows, g: np.ndarray) -> None:
    grads[rows] += g


def _add_all(grads: np.ndarray, row: int, g: np.ndarray) -> None:
    grads[row] += g.sum(axis=0)
