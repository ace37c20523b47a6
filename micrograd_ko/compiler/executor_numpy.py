"""NumPy 실행기(executor): 테이프를 행 × 표본의 표에서 재생한다. 읽기 위한 기준이고, 기계어가 없는 곳에서도 돈다.

모든 연산은 표(`ops`)의 규칙을 NumPy 행에 부른 것이다. 행렬만 따로 적는다: Z = W·X + b 와 그 기울기
  ∇W = Δ·Xᵀ,  ∇b = Σ Δ,  ∇X = Wᵀ·Δ     (Δ = ∂C/∂Z; 열마다 표본 하나)
로, 노트의 방정식 (2), (3), (4) 를 표본 여럿에 한꺼번에 쓴 것이다.

정의역을 벗어난 칸은 IEEE 값(nan, inf)으로 지나가고, 어느 표본의 어느 연산이었는지를 `Undefined` 로 남긴다.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from micrograd_ko.arrays import ARRAYS
from micrograd_ko.compiler.tape import DENSE, Dense, Tape
from micrograd_ko.operation import EDGE_ERRORS, Op

KEPT = 1 << 16  # 명령이 이보다 적으면 걸음을 만들어 두고 다시 쓴다
CHUNK = 1 << 12

Rows = Any  # 행을 고르는 것: 번호 하나, slice, 번호의 배열


@dataclass(frozen=True)
class Undefined:
    """정의역을 벗어난 표본: mask (B,) 와, 그 가운데 첫 표본 column 에서 처음 벗어난 연산."""

    mask: np.ndarray
    column: int
    row: int
    op: Op
    operands: tuple[float, ...]
    operand_rows: tuple[int, ...]


class Step:
    """명령 하나를 실행할 준비가 된 꼴. `targets` 는 기울기가 흐를 피연산자마다 더하는 법, 흐르지 않으면 None."""

    __slots__ = ('active', 'dense', 'function', 'number', 'op', 'operands', 'out', 'targets')

    number: int
    op: Op
    function: Any
    dense: Dense | None
    out: Rows
    operands: list[Rows]
    targets: list[Any]
    active: bool


class Replayer:
    """테이프 하나를 재생하는 것. 상태는 다시 쓰는 준비물뿐이라 여러 스레드가 함께 써도 된다."""

    def __init__(self, tape: Tape) -> None:
        self.tape = tape
        self.functions = [ARRAYS.function(op) for op in tape.ops]
        active = np.zeros(tape.rows, np.bool_)
        active[tape.inputs + len(tape.constants) :] = True
        active[tape.first[0] :] = np.repeat(tape.active, np.diff(tape.first))
        self.active = active
        self._kept: dict[str, list[Step]] = {}

    def __reduce__(self) -> tuple:
        return Replayer, (self.tape,)

    def steps(self, which: str, backward: bool = False) -> Iterable[Step]:
        """which ('in_loss', 'in_outputs') 에 드는 명령의 걸음."""
        if which in self._kept:
            return reversed(self._kept[which]) if backward else self._kept[which]
        chosen = np.flatnonzero(getattr(self.tape, which))
        if len(chosen) <= KEPT:
            self._kept[which] = list(self._made(chosen))
            return self.steps(which, backward)
        return self._made(chosen[::-1] if backward else chosen)

    def _made(self, chosen: np.ndarray) -> Iterator[Step]:
        tape = self.tape
        for begin in range(0, len(chosen), CHUNK):
            part = chosen[begin : begin + CHUNK]
            facts = (part, tape.kind[part], tape.first[part], tape.first[part + 1], tape.active[part])
            for number, kind, first, last, active in zip(*[fact.tolist() for fact in facts], strict=True):
                step = Step()
                step.number, step.active = number, active
                if kind == DENSE:
                    self._make_dense(step, first, last)
                else:
                    self._make_map(step, kind, first, last)
                yield step

    def _make_map(self, step: Step, kind: int, first: int, last: int) -> None:
        tape = self.tape
        step.op, step.function, step.dense = tape.ops[kind], self.functions[kind], None
        rows = tape.operand[tape.start[step.number] : tape.start[step.number + 1]]
        if last - first == 1:
            step.out, step.operands = first, rows.tolist()
            step.targets = [_add if self.active[row] else None for row in step.operands] if step.active else []
            return
        lists = rows.reshape(-1, last - first)
        step.out, step.operands = slice(first, last), [_selector(rows) for rows in lists]
        step.targets = [self._target(rows, chosen) for rows, chosen in zip(lists, step.operands, strict=True)]

    def _make_dense(self, step: Step, first: int, last: int) -> None:
        tape = self.tape
        step.dense, step.out = tape.dense[step.number], slice(first, last)
        lists = tape.dense_rows(step.number)
        step.operands = [_table_selector(rows) for rows in lists]
        step.targets = [self._target(rows, chosen) for rows, chosen in zip(lists, step.operands, strict=True)]

    def _target(self, rows: np.ndarray, chosen: Rows) -> Any:
        if not self.active[rows].any():
            return None
        if type(chosen) is int:
            return _add_all
        return _add if type(chosen) is slice or len(np.unique(rows)) == len(rows) else np.add.at

    def forward(self, theta: np.ndarray, samples: np.ndarray, which: str) -> tuple[np.ndarray, Undefined | None]:
        """(행 × 표본의 표, 정의역을 벗어난 표본). samples 는 표본 × 입력."""
        tape = self.tape
        values = np.empty((tape.rows, len(samples)))
        constants = tape.inputs + len(tape.constants)
        values[: tape.inputs] = samples.T
        values[tape.inputs : constants] = tape.constants[:, None]
        values[constants : tape.first[0]] = theta[tape.parameter_rows, None]
        undefined = None
        with np.errstate(all='ignore'):
            for step in self.steps(which):
                if step.dense is not None:
                    _dense_forward(step, theta, values)
                    continue
                operands = [values[rows] for rows in step.operands]
                values[step.out] = z = step.function(*operands)
                if (step.op.defined is not None or not step.op.overflows) and _suspicious(step.op, z, operands):
                    undefined = _merged(undefined, _undefined(step, values))
        return values, undefined

    def backward(self, theta: np.ndarray, values: np.ndarray) -> np.ndarray:
        """칸의 기울기 Σ ∂C/∂θ (표본에 걸쳐 더한 것)."""
        tape = self.tape
        grads = np.zeros_like(values)
        gradient = np.zeros(tape.slots)
        grads[tape.loss] = 1
        with np.errstate(all='ignore'):
            for step in self.steps('in_loss', backward=True):
                if not step.active:
                    continue
                if step.dense is not None:
                    _dense_backward(step, theta, values, grads, gradient)
                    continue
                g = grads[step.out]
                derivatives = step.op.derivatives(values[step.out], *[values[rows] for rows in step.operands])
                for rows, target, d in zip(step.operands, step.targets, derivatives, strict=True):
                    if target is not None:
                        target(grads, rows, g * d)
        parameters = grads[tape.inputs + len(tape.constants) : tape.first[0]]
        np.add.at(gradient, tape.parameter_rows, parameters.sum(axis=1))
        return gradient


def _selector(rows: np.ndarray) -> Rows:
    """행들을 고르는 가장 싼 것: 모두 같으면 번호 하나(퍼뜨린다), 같은 간격이면 slice."""
    gaps = np.diff(rows)
    if not gaps.any():
        return int(rows[0])
    return _table_selector(rows)


def _table_selector(rows: np.ndarray) -> Rows:
    """언제나 표(2차원)를 주는 것."""
    if not len(rows):
        return slice(0, 0)
    step = int(rows[1] - rows[0]) if len(rows) > 1 else 1
    if step > 0 and (np.diff(rows) == step).all():
        return slice(int(rows[0]), int(rows[-1]) + 1, step)
    return rows.astype(np.intp)


def _add(grads: np.ndarray, rows: Rows, g: np.ndarray) -> None:
    grads[rows] += g


def _add_all(grads: np.ndarray, row: int, g: np.ndarray) -> None:
    grads[row] += g.sum(axis=0)


def _dense_forward(step: Step, theta: np.ndarray, values: np.ndarray) -> None:
    """Z = W·X + b (+ 잔차)."""
    z = values[step.out]
    inputs, residual = step.operands
    np.matmul(_weights(step, theta), values[inputs], out=z)
    if step.dense.bias >= 0:
        z += theta[step.dense.bias : step.dense.bias + len(z), None]
    if step.dense.residual:
        z += values[residual]


def _dense_backward(step: Step, theta: np.ndarray, values: np.ndarray, grads: np.ndarray, gradient: np.ndarray) -> None:
    """∇W += Δ·Xᵀ, ∇b += Σ Δ, ∇X += Wᵀ·Δ, ∇잔차 += Δ."""
    delta = grads[step.out]
    inputs, residual = step.operands
    weights = _weights(step, gradient)
    weights += delta @ values[inputs].T
    if step.dense.bias >= 0:
        gradient[step.dense.bias : step.dense.bias + len(delta)] += delta.sum(axis=1)
    to_inputs, to_residual = step.targets
    if to_inputs is not None:
        to_inputs(grads, inputs, _weights(step, theta).T @ delta)
    if to_residual is not None:
        to_residual(grads, residual, delta)


def _weights(step: Step, slots: np.ndarray) -> np.ndarray:
    m, n = step.out.stop - step.out.start, step.dense.inputs
    return slots[step.dense.weights : step.dense.weights + m * n].reshape(m, n)


def _suspicious(op: Op, z: Any, operands: list[np.ndarray]) -> bool:
    """정의역을 벗어난 칸이 있을 수 있는지. 없으면 거짓이고, 참이면 `_undefined` 가 칸마다 확인한다."""
    if op.defined is not None and not np.all(op.defined(*operands)):
        return True
    flat = np.ravel(z)
    return not op.overflows and not math.isfinite(flat @ flat)  # inf 나 nan 이 하나라도 있으면 유한하지 않다


def _undefined(step: Step, values: np.ndarray) -> Undefined | None:
    """의심스러운 칸마다 같은 연산을 float 로 다시 해 본다: 그때 오류가 나는 칸만 정의역을 벗어난 것이다.

    nan 이나 inf 가 피연산자로 들어온 칸은 eager 에서도 오류가 아니다.
    """
    op = step.op
    out = np.arange(step.out, step.out + 1) if type(step.out) is int else np.arange(step.out.start, step.out.stop)
    lists = [np.broadcast_to(np.arange(len(values))[rows], len(out)) for rows in step.operands]
    tables = [values[rows] for rows in lists]
    suspects = ~np.isfinite(values[out])
    if op.defined is not None:
        suspects |= ~op.defined(*tables)
    found = [(column, lane) for column, lane in np.argwhere(suspects.T).tolist() if _raises(op, [t[lane, column] for t in tables])]
    if not found:
        return None
    mask = np.zeros(values.shape[1], np.bool_)
    mask[[column for column, _ in found]] = True
    column, lane = found[0]
    return Undefined(
        mask, column, int(out[lane]), op, tuple([float(t[lane, column]) for t in tables]), tuple([int(r[lane]) for r in lists])
    )


def _raises(op: Op, operands: list) -> bool:
    try:
        op.eager(*[float(x) for x in operands])
    except EDGE_ERRORS:
        return True
    return False


def _merged(one: Undefined | None, other: Undefined | None) -> Undefined | None:
    """먼저 나온 연산이 one 이다: 같은 표본이면 one 이 남는다."""
    if one is None or other is None:
        return one or other
    first = other if other.column < one.column else one
    return Undefined(one.mask | other.mask, first.column, first.row, first.op, first.operands, first.operand_rows)

