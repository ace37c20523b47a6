"""명령(instruction): 행 × 표본의 표에서 한 명령을 앞으로, 뒤로 실행하는 것.

  Map     표의 연산을 행마다: 순방향도 편미분도 `ops` 의 규칙 그대로다.
  Sum     total, dot, affine: Σᵢ wᵢ·xᵢ + b 를 표째 곱해서 더한다. ∇w = δ·x, ∇x = δ·w, ∇b = δ.
  Matrix  Z = W·X + b (+ 잔차).  ∇W = Δ·Xᵀ, ∇b = Σ Δ, ∇X = Wᵀ·Δ: 노트의 방정식 (4), (3), (2) 를 표본 여럿에(열마다 표본 하나).

Sum 과 Matrix 는 `ops` 의 같은 규칙을 한꺼번에 하는 것이고, 시험이 둘을 견준다.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from micrograd_ko import ops
from micrograd_ko.compiler.matmul import multiply
from micrograd_ko.compiler.tape import Tape
from micrograd_ko.operation import Op

Rows = Any  # 행을 고르는 것: 번호 하나(퍼뜨린다), slice, 번호의 배열. 고를 행이 없으면 None
Adder = Callable[[np.ndarray, Rows, np.ndarray], None] | None  # 기울기의 표의 그 행들에 더하는 법. None 이면 흐르지 않는다


class Map:
    """z = f(x, y, …) 를 행마다."""

    __slots__ = ('adders', 'function', 'op', 'operands', 'out')

    def __init__(self, op: Op, function: Callable, first: int, table: np.ndarray, active: np.ndarray) -> None:
        self.op, self.function = op, function
        self.out: Rows
        self.adders: list[Adder]
        if table.shape[1] == 1:
            self.out, self.operands = first, table[:, 0].tolist()
            self.adders = [_add if active[row] else None for row in self.operands]
        else:
            self.out = slice(first, first + table.shape[1])
            self.operands = [int(rows[0]) if (rows == rows[0]).all() else _selector(rows) for rows in table]
            self.adders = [_adder(rows, chosen, active) for rows, chosen in zip(table, self.operands, strict=True)]

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

    def __init__(self, op: Op, first: int, table: np.ndarray, active: np.ndarray) -> None:
        self.lanes = table.shape[1]
        self.out = slice(first, first + self.lanes)
        parts = op.split(list(table))
        ws, xs, plain = ([], [], *parts) if op is ops.total else (*parts, [])[:3]
        lists = [np.array(part, np.intp).ravel() for part in (ws, xs, plain)]
        self.plains = len(lists[2]) // self.lanes
        self.ws, self.xs, self.plain = chosen = [_selector(rows) for rows in lists]
        self.adders = [_adder(rows, selected, active) for rows, selected in zip(lists, chosen, strict=True)]

    def _table(self, values: np.ndarray, rows: Rows) -> np.ndarray:
        """(항 × 행 × 표본)."""
        return values[rows].reshape(-1, self.lanes, values.shape[1])

    def forward(self, theta: np.ndarray, values: np.ndarray) -> None:
        z = values[self.out]
        if self.ws is None:
            np.sum(self._table(values, self.plain), axis=0, out=z)
            return
        np.einsum('ijk,ijk->jk', self._table(values, self.ws), self._table(values, self.xs), out=z)
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
    """Z = W·X + b (+ 잔차). W (m × n) 와 b (m,) 는 칸의 벡터 안의 구간이다."""

    __slots__ = ('adders', 'bias', 'inputs', 'out', 'residual', 'shape', 'weights')

    def __init__(self, tape: Tape, number: int, active: np.ndarray) -> None:
        dense, first = tape.dense[number], int(tape.first[number])
        m, n = self.shape = tape.lanes(number), dense.inputs
        self.out, self.weights = slice(first, first + m), slice(dense.weights, dense.weights + m * n)
        self.bias = slice(dense.bias, dense.bias + m) if dense.bias >= 0 else None
        lists = tape.dense_rows(number)
        self.inputs, self.residual = chosen = [_selector(rows) for rows in lists]
        self.adders = [_adder(rows, selected, active) for rows, selected in zip(lists, chosen, strict=True)]

    def forward(self, theta: np.ndarray, values: np.ndarray) -> None:
        z = values[self.out]
        multiply(theta[self.weights].reshape(self.shape), values[self.inputs], z)
        if self.bias is not None:
            z += theta[self.bias, None]
        if self.residual is not None:
            z += values[self.residual]

    def backward(self, theta: np.ndarray, values: np.ndarray, grads: np.ndarray, gradient: np.ndarray) -> None:
        delta = grads[self.out]
        nabla = gradient[self.weights].reshape(self.shape)
        nabla += multiply(delta, values[self.inputs].T)
        if self.bias is not None:
            gradient[self.bias] += delta.sum(axis=1)
        add_inputs, add_residual = self.adders
        if add_inputs is not None:
            add_inputs(grads, self.inputs, multiply(theta[self.weights].reshape(self.shape).T, delta))
        if add_residual is not None:
            add_residual(grads, self.residual, delta)


Instruction = Map | Sum | Matrix


def instruction(tape: Tape, functions: list[Callable], number: int, active: np.ndarray) -> Instruction:
    """테이프의 명령 number. functions 는 연산마다의 NumPy 함수, active (행,) 는 기울기가 흐르는 행."""
    if number in tape.dense:
        return Matrix(tape, number, active)
    kind, first, table = int(tape.kind[number]), int(tape.first[number]), tape.operand_rows(number)
    if tape.ops[kind] in (ops.total, ops.dot, ops.affine):
        return Sum(tape.ops[kind], first, table, active)
    return Map(tape.ops[kind], functions[kind], first, table, active)


def _selector(rows: np.ndarray) -> Rows:
    """행들을 표(2차원)로 고르는 가장 싼 것: 같은 간격이면 slice."""
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
