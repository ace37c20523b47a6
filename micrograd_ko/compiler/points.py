"""점마다의 미분: 표본마다 손실의 값, 기울기, 헤세 행렬(Hessian).

미분의 규칙은 다시 적지 않는다. 테이프를 `Value` 의 그래프로 되돌려 `derivatives.grad` 로 미분하고, 그 그래프를 다시 컴파일해 모든
점에서 앞으로 재생한다. 정의역은 순방향의 것이다: 손실이 정의된 점의 미분은 eager 의 `backward` 처럼 IEEE 값(inf, nan)까지 간다.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from micrograd_ko import ops
from micrograd_ko.compiler.lower import lower
from micrograd_ko.compiler.replay import raises
from micrograd_ko.compiler.samples import Columns
from micrograd_ko.compiler.schedule import schedule
from micrograd_ko.compiler.sums import flatten
from micrograd_ko.compiler.tape import Tape
from micrograd_ko.derivatives import grad
from micrograd_ko.engine import Value
from micrograd_ko.misuse import nodes_in
from micrograd_ko.number import unchecked

WRT = 'wrt 는 inputs 와 parameters 에 있는 잎의 목록입니다.'


class Pointwise:
    """표본 하나의 손실을 점의 함수로 보는 일. 평균을 내지 않는다.

    X 는 다른 것과 같은 표본 × 입력이다. wrt 는 미분할 입력과 파라미터의 목록이고 기본은 입력 전부(선언한 순서)다. 정의역을 벗어난
    점은 undefined 가 'raise' 면 ReplayError, 'nan' 이면 그 점의 모든 수가 nan 이다.

    >>> from micrograd_ko import Value, compile_graph
    >>> x, y = Value(0.0), Value(0.0)
    >>> program = compile_graph(x * x * y, [x, y], [])
    >>> program.values([[2.0, 3.0], [1.0, -1.0]]).tolist()
    [12.0, -1.0]
    >>> program.gradients([[2.0, 3.0]]).tolist(), program.gradients([[2.0, 3.0]], wrt=[y]).tolist()
    ([[12.0, 4.0]], [[4.0]])
    >>> program.hessians([[2.0, 3.0]]).tolist()
    [[[6.0, 4.0], [4.0, 0.0]]]
    """

    tape: Tape
    inputs: Columns
    leaves: list[Value]
    over: Callable[[Tape], Any]  # 같은 입력과 파라미터로 다른 테이프를 재생하는 프로그램

    def values(self, X: Any, *, parameters: Any = None, undefined: str = 'raise') -> np.ndarray:
        """(n,) 점마다의 손실."""
        return self._derived(0, ()).outputs(X, parameters=parameters, undefined=undefined)[:, 0]

    def gradients(self, X: Any, wrt: Any = None, *, parameters: Any = None, undefined: str = 'raise') -> np.ndarray:
        """(n, k) 점마다의 기울기 ∂C/∂wrtᵢ."""
        return self._derivatives(1, X, self._chosen(wrt), parameters, undefined)

    def hessians(self, X: Any, wrt: Any = None, *, parameters: Any = None, undefined: str = 'raise') -> np.ndarray:
        """(n, k, k) 점마다의 헤세 행렬 ∂²C/∂wrtᵢ∂wrtⱼ."""
        chosen = self._chosen(wrt)
        table = self._derivatives(2, X, chosen, parameters, undefined)
        return table.reshape(len(table), len(chosen), len(chosen))

    def _derivatives(self, order: int, X: Any, chosen: tuple[int, ...], parameters: Any, undefined: str) -> np.ndarray:
        """(n, 미분의 수). 손실도 함께 계산하므로 순방향의 정의역을 벗어난 것이 있었는지 안다."""
        raises(undefined)  # 벗어난 점이 없어도 틀린 말은 알린다
        table, failed = self._derived(order, chosen).unmasked(X, parameters)
        if failed:  # 손실에서 벗어난 것은 값의 프로그램이 안다
            _, outside = self._derived(0, ()).unmasked(X, parameters, undefined)
            table[outside] = np.nan
        return table

    def _chosen(self, wrt: Any) -> tuple[int, ...]:
        """wrt 의 잎마다 선언한 번호. 선언하지 않은 것이면 ValueError."""
        wanted = self.leaves[: self.inputs.count] if wrt is None else nodes_in(wrt, WRT)
        number = {leaf: i for i, leaf in enumerate(self.leaves)}
        for leaf in wanted:
            if not isinstance(leaf, Value) or leaf not in number:
                raise ValueError(f'{WRT} {leaf!r} 이(가) 들어 있습니다.')
        return tuple([number[leaf] for leaf in wanted])

    def _derived(self, order: int, wrt: tuple[int, ...]) -> Any:
        """값이나 미분을 출력으로 주는 프로그램. 한 번 만들어 둔다."""
        found = self.__dict__.setdefault('_points', {})
        if (order, wrt) not in found:
            found[order, wrt] = self.over(differentiated(self.tape, order, wrt) if order else valued(self.tape))
        return found[order, wrt]


def valued(tape: Tape) -> Tape:
    """출력이 손실인 테이프. 노드의 번호와 이름은 기록한 그대로다."""
    return replace(tape, outputs=np.array([tape.loss]), in_outputs=tape.in_loss, needed=tape.inputs)


def differentiated(tape: Tape, order: int, wrt: Iterable[int]) -> Tape:
    """출력이 손실의 order 계 미분들인 테이프. 2 계면 아래 세모만 계산해 대칭으로 놓는다. 잎의 번호는 입력 다음에 파라미터다."""
    loss, leaves = graph(tape)
    chosen = [leaves[i] for i in wrt]
    slopes, columns = grad(loss, chosen), np.arange(len(chosen))
    if order == 2:
        slopes = [second for i, slope in enumerate(slopes) for second in grad(slope, chosen[: i + 1])]
        i, j = np.maximum.outer(columns, columns), np.minimum.outer(columns, columns)
        columns = (i * (i + 1) // 2 + j).ravel()
    inputs, parameters = leaves[: tape.inputs], leaves[tape.inputs :]
    no_loss = Value(0.0)  # 앞으로만 재생한다
    made = schedule(flatten(lower(no_loss, inputs, parameters, [loss, *slopes])[0]))
    return replace(made, outputs=made.outputs[1 + columns])


def graph(tape: Tape) -> tuple[Value, list[Value]]:
    """테이프를 다시 `Value` 의 그래프로: (손실, 입력과 파라미터의 잎). 잎의 값은 뜻이 없다."""
    leaves = [Value(0.5) for _ in range(tape.inputs + len(tape.slot))]
    slots = [leaves[tape.inputs + i] for i in tape.order.tolist()] + [Value(x) for x in tape.fixed.tolist()]
    slots += [slots[i] for i in tape.copied.tolist()]
    rows = leaves[: tape.inputs] + [Value(x) for x in tape.constants.tolist()] + [slots[i] for i in tape.parameter_rows.tolist()]
    with unchecked():
        for k in range(len(tape)):
            if k in tape.dense:
                rows += _products(tape, k, slots, rows)
            else:
                op = tape.ops[tape.kind[k]]
                rows += [op.apply(*[rows[i] for i in lane]) for lane in tape.operand_rows(k).T.tolist()]
    return rows[tape.loss], leaves


def _products(tape: Tape, k: int, slots: list[Value], rows: list[Value]) -> Iterator[Value]:
    """행렬 명령의 결과의 행마다 Σ w·x (+ b) (+ 잔차)."""
    dense = tape.dense[k]
    for inputs, residual in zip(*tape.dense_rows(k), strict=True):
        xs = [rows[i] for i in inputs.tolist()]
        for i in range(dense.outputs):
            first = dense.weights + i * dense.inputs
            ws = slots[first : first + dense.inputs]
            z = ops.dot(ws, xs) if dense.bias < 0 else ops.affine(ws, xs, slots[dense.bias + i])
            yield z + rows[residual[i]] if dense.residual else z
