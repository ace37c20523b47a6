"""프로그램(program): 표본 하나의 그래프를 모든 표본에 재생한다. 노트의 가정 1 이 설계다.

  총 손실은 표본 손실의 평균: C = (1/n) Σ_x C_x,  ∂C/∂w = (1/n) Σ_x ∂C_x/∂w

한 표본의 C_x 를 보통의 `Value` 코드로 기록해 `compile_graph` 에 주면, 표본의 배열 X 전체의 손실, 출력, 기울기를 얻는다.
곱의 합은 더하는 순서가 eager 와 다를 수 있어, 결과는 기록한 그래프의 오차 한계 안에서 다르다(`sums`).
**표본의 값을 보고 갈라지는 파이썬 `if` 는 기록한 표본의 갈래만 남는다.**
"""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from typing import Any

import numpy as np

from micrograd_ko.compiler.lower import lower
from micrograd_ko.compiler.replay import Replayer, Undefined
from micrograd_ko.compiler.samples import Columns, columns
from micrograd_ko.compiler.schedule import schedule
from micrograd_ko.compiler.show import Listing
from micrograd_ko.compiler.sums import flatten
from micrograd_ko.compiler.tape import Tape
from micrograd_ko.engine import Value
from micrograd_ko.operation import DomainError, Op
from micrograd_ko.state import alone, commit, data_set, grad_set

IN_FLIGHT = 64  # executor 에 한꺼번에 맡겨 두는 블록의 수


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


class Program:
    """재생할 수 있는 프로그램. `compile_graph` 나 `net.compile()` 이 만든다.

    X 는 (표본 × 입력)의 배열이거나, 입력을 (x, y) 로 나누어 기록했으면 그 모양의 튜플이다.
    정수, float32, 이어지지 않은 배열도 된다. 계산은 float64 로 한다.

    파라미터의 값은 부를 때마다 `Value` 의 `.data` 에서 읽는다: 손으로 바꾼 값이 그대로 쓰인다. 파라미터가 많은 망을
    거듭 부를 때는 벡터를 직접 들고 다니는 편이 빠르다: `parameters=벡터` 로 부르고, 끝나면 `sync(벡터)` 로 `Value` 에 옮긴다.

    undefined  eager 라면 DomainError 가 났을 표본이 있을 때: 'raise' 는 모든 표본을 마친 뒤 ReplayError, 'nan' 은 그 표본의 값이
               nan 이다(평균과 기울기도 nan). 어느 쪽이든 `.data` 와 `.grad` 에는 아무것도 쓰지 않는다.

    속성: parameters(`Value` 의 목록), vector(마지막으로 쓴 파라미터 값), nodes(기록된 그래프의 노드 수),
          instructions(종류 → 명령의 수).
    """

    def __init__(self, tape: Tape, inputs: Columns, parameters: list[Value], nodes: int,
                 names: dict[int, str], labels: list[str]) -> None:  # fmt: skip
        self.tape, self.inputs, self.parameters = tape, inputs, parameters
        self.nodes, self.names, self.labels = nodes, names, labels
        self.vector = self._values()
        self._replayer = Replayer(tape)

    def loss(self, X: Any, *, parameters: Any = None, undefined: str = 'raise') -> float:
        """평균 손실 C = (1/n) Σ_x C_x."""
        arrays = self.inputs.read(X, self.inputs.count)
        totals = [total for total, _ in self._replayed(self._replayer.loss, arrays, parameters, undefined)]
        return float(sum(totals)) / len(arrays[0])

    def outputs(self, X: Any, *, parameters: Any = None, undefined: str = 'raise') -> np.ndarray:
        """표본 × 출력의 배열. 출력이 목표를 쓰지 않으면 X 에 목표 y 를 주지 않아도 된다."""
        if not len(self.tape.outputs):
            raise ValueError('기록한 출력이 없습니다. compile_graph(…, outputs=[…]) 로 노드를 알려 주세요.')
        arrays = self.inputs.read(X, self.tape.needed)
        return np.concatenate([table for table, _ in self._replayed(self._replayer.outputs, arrays, parameters, undefined)])

    def gradient(
        self, X: Any, *, write: bool = True, executor: Executor | None = None, parameters: Any = None, undefined: str = 'raise'
    ) -> np.ndarray:
        """(1/n) Σ_x ∂C_x/∂θ 를 parameters 의 순서로. write 면 `.grad` 에도 쓴다(더하지 않고 덮어쓴다).

        표본을 정해진 크기의 블록으로 나누고 블록의 순서대로 더한다. `executor`(`concurrent.futures` 의 것이면 무엇이든)를
        주면 블록을 나누어 맡긴다: 일꾼의 수나 걸린 시간이 결과의 비트를 바꾸지 않는다.
        """
        arrays = self.inputs.read(X, self.inputs.count)
        gradient = np.zeros(self.tape.slots)
        for part, failed in self._replayed(self._replayer.gradient, arrays, parameters, undefined, executor):
            with np.errstate(all='ignore'):  # 넘친 블록의 합도 IEEE 값이다
                gradient += part
            write = write and failed is None
        mean = self.tape.gathered(gradient) / len(arrays[0])
        if write:
            commit(grad_set(self.parameters, mean.tolist()))
        return mean

    def sync(self, parameters: Any = None) -> None:
        """파라미터의 벡터를 `Value` 의 `.data` 로 옮긴다. 주지 않으면 `vector` 를."""
        vector = self.vector if parameters is None else self._checked(parameters).copy()
        commit([*data_set(self.parameters, vector.tolist()), (self, 'vector', vector)])

    @property
    def instructions(self) -> dict[str, int]:
        """종류 → 명령의 수. 행렬은 'dense' 다."""
        return dict(Counter(self.tape.name(k) for k in range(len(self.tape))))

    @property
    def block_size(self) -> int:
        """블록 하나의 표본 수. 행의 수로만 정해진다: 표가 캐시에 들 만큼, 적어도 32개, 그래도 256 MB 는 넘지 않게."""
        rows = max(self.tape.rows, 1)
        return max(1, min(1024, max(2**18 // rows, 32), 2**25 // rows))

    @alone
    def _values(self) -> np.ndarray:
        return np.array([float(p.data) for p in self.parameters])

    def _checked(self, parameters: Any) -> np.ndarray:
        vector = np.asarray(parameters, np.float64)
        if vector.shape != (len(self.parameters),):
            raise ValueError(f'parameters 는 길이 {len(self.parameters)} 인 벡터입니다. 모양 {vector.shape} 을(를) 받았습니다.')
        return vector

    def _replayed(
        self, of_block: Callable, arrays: list[np.ndarray], parameters: Any, undefined: str, executor: Executor | None = None
    ) -> Iterator[tuple[Any, Undefined | None]]:
        """블록의 순서대로 of_block(칸의 벡터, 블록). undefined 가 'raise' 면 정의역을 벗어난 표본은 모두 마친 뒤 ReplayError."""
        if undefined not in ('raise', 'nan'):
            raise ValueError(f"undefined 는 'raise' 나 'nan' 입니다. {undefined!r} 을(를) 받았습니다.")
        vector = self._values() if parameters is None else self._checked(parameters)
        if parameters is None:
            self.vector = vector
        failures: dict[int, Undefined] = {}  # 블록의 첫 표본 → 거기서 벗어난 표본
        blocks = self.inputs.blocks(arrays, self.block_size)
        for block, (part, failed) in enumerate(_in_order(of_block, self.tape.spread(vector), blocks, executor)):
            if failed is not None:
                failures[block * self.block_size] = failed
            yield part, failed
        if failures and undefined == 'raise':
            begin, first = next(iter(failures.items()))
            count, node = sum(len(failed.columns) for failed in failures.values()), int(self.tape.source[first.row])
            names = tuple([self._name(row) for row in first.operand_rows])
            raise ReplayError(first.op, first.operands, names, begin + first.columns[0], count, node, self._name(first.row))

    def _name(self, row: int) -> str:
        return self.names.get(int(self.tape.source[row]), '')

    def __repr__(self) -> str:
        kinds = ', '.join(f'{kind} {count}' for kind, count in self.instructions.items())
        return f'<Program: 입력 {self.inputs.count}, 파라미터 {len(self.parameters)}, 명령 {len(self.tape)} ({kinds})>'

    def __str__(self) -> str:
        names = [p.name for p in self.parameters]
        return Listing(self.tape, self.inputs, self.labels, names, self.names).text(self.nodes)


def compile_graph(loss: Value, inputs: Any, parameters: Iterable[Value], outputs: Any = ()) -> Program:
    """기록한 그래프를 `Program` 으로.

    loss        한 표본의 손실 C_x.
    inputs      표본마다 바뀌는 잎: 납작한 목록이나 목록의 튜플 (x, y). 목표(target)도 입력이다.
    parameters  배우는 잎. 그래프에 없는 파라미터의 기울기는 0 이다.
    outputs     `Program.outputs` 가 줄 노드.

    어느 쪽도 아닌 잎은 지금의 값으로 굳은 상수다. 이름이 있는 잎이면 잊은 것으로 보고 ValueError.

    >>> x, y, w = Value(0.0), Value(0.0), Value(2.0)
    >>> program = compile_graph((w * x - y) ** 2, [x, y], [w])
    >>> program.loss([[1.0, 1.0], [2.0, 1.0]])
    5.0
    >>> float(program.gradient([[1.0, 1.0], [2.0, 1.0]])[0]), w.grad
    (7.0, 7.0)
    """
    leaves, layout = columns(inputs)
    learned, wanted = list(parameters), [outputs] if isinstance(outputs, Value) else list(outputs)
    _check_declared(loss, leaves, learned, wanted)
    code, names, nodes = lower(loss, leaves, learned, wanted)
    return Program(schedule(flatten(code)), layout, learned, nodes, names, [leaf.name for leaf in leaves])


def _check_declared(loss: Any, inputs: list, parameters: list, outputs: list) -> None:
    for what, nodes in (('loss', [loss]), ('inputs', inputs), ('parameters', parameters), ('outputs', outputs)):
        for node in nodes:
            if not isinstance(node, Value):
                raise TypeError(f'{what} 에는 Value 를 주세요. {type(node).__name__} {node!r} 을(를) 받았습니다.')
    seen: set[Value] = set()
    for leaf in (*inputs, *parameters):
        if leaf.op is not None:
            raise ValueError(f'inputs 와 parameters 는 잎(leaf)이어야 합니다. 연산의 결과 {leaf!r} 을(를) 받았습니다.')
        if leaf in seen:
            raise ValueError(f'잎 {leaf!r} 이(가) inputs 와 parameters 에 두 번 들어 있습니다.')
        seen.add(leaf)


def _in_order(of_block: Callable, theta: np.ndarray, blocks: Iterator[np.ndarray], executor: Executor | None) -> Iterator[tuple]:
    """블록마다의 of_block(theta, 블록)을 블록의 순서대로. executor 에는 정해진 수의 블록만 미리 맡긴다."""
    if executor is None:
        yield from (of_block(theta, samples) for samples in blocks)
        return
    waiting: deque[Future] = deque()
    try:
        for samples in blocks:
            waiting.append(executor.submit(of_block, theta, samples))
            if len(waiting) == IN_FLIGHT:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()
