"""NumPy 의 걸음(step): 명령 하나를 행 × 표본의 표에서 앞으로, 뒤로 실행한다.

  Map     표의 연산을 행마다: 순방향도 편미분도 `ops` 의 규칙 그대로다.
  Sum     total, dot, affine: Σᵢ wᵢ·xᵢ + b 를 표째 곱해서 더한다. ∇w = δ·x, ∇x = δ·w, ∇b = δ.
  Matrix  Z = W·X + b (+ 잔차).  ∇W = Δ·Xᵀ, ∇b = Σ Δ, ∇X = Wᵀ·Δ: 노트의 방정식 (4), (3), (2) 를 표본 여럿에(열마다 표본 하나).

Sum 과 Matrix 는 `ops` 의 같은 규칙을 한꺼번에 하는 것이고, 시험이 둘을 견준다.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from micrograd_ko import ops
from micrograd_ko.compiler.matmul import multiply, product
from micrograd_ko.compiler.tape import DENSE, Tape
from micrograd_ko.operation import Op

Rows = Any  # 행을 고르는 것: 번호 하나(퍼뜨린다), slice, 번호의 배열
Target = Callable[[np.ndarray, Rows, np.ndarray], None] | None  # 기울기의 표의 그 행들에 더하는 법. None 이면 흐르지 않는다
SUMS = (ops.total, ops.dot, ops.affine)


class Map:
    """z = f(x, y, …) 를 행마다."""

    __slots__ = ('function', 'op', 'operands', 'out', 'targets')

    def __init__(self, op: Op, function: Callable, first: int, last: int, rows: np.ndarray, active: np.ndarray) -> None:
        self.op, self.function = op, function
        self.out: Rows
        if last - first == 1:
            self.out, self.operands = first, rows.tolist()
            self.targets: list[Target] = [_add if active[row] else None for row in self.operands]
        else:
            lists = list(rows.reshape(-1, last - first))
            self.out, self.operands = slice(first, last), [_selector(rows) for rows in lists]
            self.targets = [_target(rows, chosen, active) for rows, chosen in zip(lists, self.operands, strict=True)]

    def forward(self, theta: np.ndarray, values: np.ndarray) -> None:
        values[self.out] = self.function(*[values[rows] for rows in self.operands])

    def backward(self, theta: np.ndarray, values: np.ndarray, grads: np.ndarray, gradient: np.ndarray) -> None:
        g = grads[self.out]
        derivatives = self.op.derivatives(values[self.out], *[values[rows] for rows in self.operands])
        for rows, target, d in zip(self.operands, self.targets, derivatives, strict=True):
            if target is not None:
                target(grads, rows, g * d)


class Sum:
    """z = Σᵢ wᵢ·xᵢ + b, total 이면 Σ b. 피연산자는 (항 × 행) 으로 펴서 한꺼번에 고른다."""

    __slots__ = ('out', 'plain', 'plains', 'shape', 'targets', 'ws', 'xs')

    def __init__(self, op: Op, first: int, last: int, rows: np.ndarray, active: np.ndarray) -> None:
        self.out = slice(first, last)
        count = len(rows) // (last - first)
        half = 0 if op is ops.total else count // 2
        self.shape, self.plains = (-1, last - first), count - 2 * half
        split = (last - first) * half
        lists = rows[:split], rows[split : 2 * split], rows[2 * split :]
        self.ws, self.xs, self.plain = [_table_selector(rows) for rows in lists]
        self.targets = [_target(rows, chosen, active) for rows, chosen in zip(lists, (self.ws, self.xs, self.plain), strict=True)]

    def _table(self, values: np.ndarray, rows: Rows) -> np.ndarray:
        return values[rows].reshape(*self.shape, values.shape[1])

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
        to_ws, to_xs, to_plain = self.targets
        if to_ws is not None:
            to_ws(grads, self.ws, (g * self._table(values, self.xs)).reshape(-1, g.shape[1]))
        if to_xs is not None:
            to_xs(grads, self.xs, (g * self._table(values, self.ws)).reshape(-1, g.shape[1]))
        if to_plain is not None:
            to_plain(grads, self.plain, np.broadcast_to(g, (self.plains, *g.shape)).reshape(-1, g.shape[1]))


class Matrix:
    """Z = W·X + b (+ 잔차). W (m × n) 와 b (m,) 는 칸의 벡터 안의 구간이다."""

    __slots__ = ('bias', 'inputs', 'out', 'residual', 'shape', 'targets', 'weights')

    def __init__(self, tape: Tape, number: int, first: int, last: int, active: np.ndarray) -> None:
        dense = tape.dense[number]
        m, n = self.shape = last - first, dense.inputs
        self.out, self.weights = slice(first, last), slice(dense.weights, dense.weights + m * n)
        self.bias = slice(dense.bias, dense.bias + m) if dense.bias >= 0 else None
        lists = tape.dense_rows(number)
        self.inputs, self.residual = [_table_selector(rows) for rows in lists]
        self.targets = [_target(rows, chosen, active) for rows, chosen in zip(lists, (self.inputs, self.residual), strict=True)]

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
        nabla += product(delta, values[self.inputs].T)
        if self.bias is not None:
            gradient[self.bias] += delta.sum(axis=1)
        to_inputs, to_residual = self.targets
        if to_inputs is not None:
            to_inputs(grads, self.inputs, product(theta[self.weights].reshape(self.shape).T, delta))
        if to_residual is not None:
            to_residual(grads, self.residual, delta)


Step = Map | Sum | Matrix


def step(tape: Tape, functions: list[Callable], number: int, active: np.ndarray) -> Step:
    """명령 number 의 걸음. functions 는 연산마다의 NumPy 함수, active (행,) 는 기울기가 흐르는 행."""
    first, last, kind = int(tape.first[number]), int(tape.first[number + 1]), int(tape.kind[number])
    if kind == DENSE:
        return Matrix(tape, number, first, last, active)
    rows = tape.operand[tape.start[number] : tape.start[number + 1]]
    if tape.ops[kind] in SUMS:
        return Sum(tape.ops[kind], first, last, rows, active)
    return Map(tape.ops[kind], functions[kind], first, last, rows, active)


def _selector(rows: np.ndarray) -> Rows:
    """행들을 고르는 가장 싼 것: 모두 같으면 번호 하나(퍼뜨린다), 같은 간격이면 slice."""
    return int(rows[0]) if (rows == rows[0]).all() else _table_selector(rows)


def _table_selector(rows: np.ndarray) -> Rows:
    """언제나 표(2차원)를 주는 것."""
    if len(rows) < 2:
        return slice(int(rows[0]), int(rows[0]) + 1) if len(rows) else None
    gap = int(rows[1]) - int(rows[0])
    if gap > 0 and (np.diff(rows) == gap).all():
        return slice(int(rows[0]), int(rows[-1]) + 1, gap)
    return rows.astype(np.intp)


def _target(rows: np.ndarray, chosen: Rows, active: np.ndarray) -> Target:
    if not active[rows].any():
        return None
    if type(chosen) is int:
        return _add_all
    return _add if type(chosen) is slice or len(np.unique(rows)) == len(rows) else np.add.at


def _add(grads: np.ndarray, rows: Rows, g: np.ndarray) -> None:
    grads[rows] += g


def _add_all(grads: np.ndarray, row: int, g: np.ndarray) -> None:
    grads[row] += g.sum(axis=0)
