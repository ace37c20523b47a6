"""프로그램(program): 표본 하나의 그래프를 모든 표본에 재생한다. 노트의 가정 1 이 설계다.

  총 손실은 표본 손실의 평균: C = (1/n) Σ_x C_x,  ∂C/∂w = (1/n) Σ_x ∂C_x/∂w

한 표본의 C_x 를 보통의 `Value` 코드로 기록해 `compile_graph` 에 주면, 표본의 배열 X 전체의 손실, 출력, 기울기를 얻는다.
곱의 합은 더하는 순서가 eager 와 다를 수 있어, 결과는 기록한 그래프의 오차 한계 안에서 다르다(`sums`).
그래프를 기록하는 *함수*를 주면 값을 보고 갈라지는 `if` 를 찾아낸다(`recording`). 그래프만 주면 **기록한 표본의 갈래만 남는다.**
"""

from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import Executor, Future
from typing import TYPE_CHECKING, Any

import numpy as np

from micrograd_ko.compiler.backends import Backend, chosen, descent
from micrograd_ko.compiler.descent import Descent
from micrograd_ko.compiler.lower import lower
from micrograd_ko.compiler.points import Pointwise
from micrograd_ko.compiler.recording import CheckedColumns, recorded
from micrograd_ko.compiler.replay import ReplayError, Undefined, raises
from micrograd_ko.compiler.samples import Columns, check_leaves, columns
from micrograd_ko.compiler.schedule import schedule
from micrograd_ko.compiler.show import Listing
from micrograd_ko.compiler.sums import flatten
from micrograd_ko.compiler.tape import Tape
from micrograd_ko.engine import Value
from micrograd_ko.kinds.arrays import floats
from micrograd_ko.misuse import listed, nodes_in
from micrograd_ko.state import alone, commit, data_set, grad_set

if TYPE_CHECKING:
    from micrograd_ko.learning.history import History

LARGEST = 2**25  # 블록 하나의 표의 원소의 수의 위 끝: 256 MB
IN_FLIGHT = 64  # executor 에 한꺼번에 맡겨 두는 블록의 수


class Program(Pointwise):
    """재생할 수 있는 프로그램. `compile_graph` 나 `net.compile()` 이 만든다.

    X 는 (표본 × 입력)의 배열이거나, 입력을 (x, y) 로 나누어 기록했으면 그 모양의 튜플이다.
    정수, float32, 이어지지 않은 배열도 된다. 계산은 dtype 'f64' 나 'f32' 로 한다.

    파라미터의 값은 부를 때마다 `Value` 의 `.data` 에서 읽는다: 손으로 바꾼 값이 그대로 쓰인다. 파라미터가 많은 망을
    거듭 부를 때는 벡터를 직접 들고 다니는 편이 빠르다: `parameters=벡터` 로 부르고, 끝나면 `sync(벡터)` 로 `Value` 에 옮긴다.

    undefined  eager 라면 DomainError 가 났을 표본이 있을 때: 'raise' 는 모든 표본을 마친 뒤 ReplayError, 'nan' 은 그 표본의 값이
               nan 이다(평균과 기울기도 nan). 어느 쪽이든 `.data` 와 `.grad` 에는 아무것도 쓰지 않는다.

    속성: parameters(`Value` 의 목록), vector(마지막으로 쓴 파라미터 값), nodes(기록된 그래프의 노드 수),
          instructions(종류 → 명령의 수), backend('numpy' 나 'llvm').
    """

    def __init__(self, tape: Tape, inputs: Columns, leaves: list[Value], parameters: list[Value], nodes: int,
                 names: dict[int, str], replayer: Backend) -> None:  # fmt: skip
        self.tape, self.inputs, self.leaves, self.parameters = tape, inputs, [*leaves, *parameters], parameters
        self.nodes, self.names = nodes, names
        self.vector = self._values()
        self._replayer = replayer

    def loss(self, X: Any, *, parameters: Any = None, undefined: str = 'raise') -> float:
        """평균 손실 C = (1/n) Σ_x C_x."""
        arrays = self.inputs.read(X, self.inputs.count)
        totals = [total for total, _ in self._replayed(self._replayer.loss, arrays, parameters, undefined)]
        return float(sum(totals)) / len(arrays[0])

    def outputs(self, X: Any, *, parameters: Any = None, undefined: str = 'raise') -> np.ndarray:
        """표본 × 출력의 배열. 출력이 목표를 쓰지 않으면 X 에 목표 y 를 주지 않아도 된다."""
        if not len(self.tape.outputs):
            raise ValueError('기록한 출력이 없습니다. compile_graph(…, outputs=[…]) 로 노드를 알려 주세요.')
        table, failed = self.unmasked(X, parameters, undefined)
        table[failed] = np.nan
        return table

    def unmasked(self, X: Any, parameters: Any = None, undefined: str = 'nan') -> tuple[np.ndarray, list[int]]:
        """(`outputs` 와 같은 배열, 정의역을 벗어난 표본의 번호). 그런 표본의 출력도 IEEE 값 그대로다."""
        arrays, failed, begin = self.inputs.read(X, self.tape.needed), [], 0
        table = np.empty((len(arrays[0]), len(self.tape.outputs)))
        for part, outside in self._replayed(self._replayer.outputs, arrays, parameters, undefined):
            table[begin : begin + len(part)] = part
            failed += [] if outside is None else [begin + column for column in outside.columns]
            begin += len(part)
        return table, failed

    def gradient(
        self, X: Any, *, write: bool = True, executor: Executor | None = None, parameters: Any = None, undefined: str = 'raise'
    ) -> np.ndarray:
        """(1/n) Σ_x ∂C_x/∂θ 를 parameters 의 순서로. write 면 `.grad` 에도 쓴다(더하지 않고 덮어쓴다).

        표본을 정해진 크기의 블록으로 나누고 블록의 순서대로 더한다. `executor`(`concurrent.futures` 의 것이면 무엇이든)를
        주면 블록을 나누어 맡긴다: 일꾼의 수나 걸린 시간이 결과의 비트를 바꾸지 않는다.
        """
        if executor is not None and not hasattr(executor, 'submit'):
            raise TypeError(f'executor 는 concurrent.futures 의 실행기(Executor)입니다. {executor!r} 을(를) 받았습니다.')
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

    def over(self, tape: Tape) -> 'Program':
        """같은 입력과 파라미터와 백엔드로 다른 테이프를 재생하는 프로그램."""
        leaves = self.leaves[: self.inputs.count]
        return Program(tape, self.inputs, leaves, self.parameters, self.nodes, self.names, self._replayer.over(tape))

    def descent(self, X: Any, batch_size: int, optimizer: Any, threads: int = 1) -> Descent:
        """X 의 미니배치로 배우는 일. 파라미터의 벡터를 움직이고, `Value` 로 옮기는 것은 `sync(descent.vector)` 다.

        LLVM 백엔드면 미니배치를 스레드 threads 개까지로 나눈다.
        """
        arrays = self.inputs.read(X, self.inputs.count)
        (samples,) = self.inputs.blocks(arrays, len(arrays[0]))
        return descent(self, self._replayer, samples.copy(), batch_size, optimizer, threads)  # 배우는 동안 X 가 바뀌어도 된다

    def fit(self, X: Any, epochs: int, *arguments: Any, **options: Any) -> 'History':
        """`learning.programs.fit(self, X, …)`: 미니배치로 배우고 기록을 준다. 나머지 인수는 help(programs.fit) 에 있다."""
        from micrograd_ko.learning.programs import fit

        return fit(self, X, epochs, *arguments, **options)

    @property
    def backend(self) -> str:
        """무엇으로 계산하는가: 'numpy' 나 'llvm'."""
        return self._replayer.name

    @property
    def instructions(self) -> dict[str, int]:
        """종류 → 명령의 수. 행렬은 'dense' 다."""
        return dict(Counter(self.tape.name(k) for k in range(len(self.tape))))

    @property
    def block_size(self) -> int:
        """블록 하나의 표본 수. 행의 수로만 정해진다: 표가 캐시에 들 만큼, 적어도 32개, 그래도 256 MB 는 넘지 않게."""
        rows = max(self.tape.rows, 1)
        return max(1, min(1024, max(2**18 // rows, 32), LARGEST // rows))

    @alone
    def _values(self) -> np.ndarray:
        return np.array([float(p.data) for p in self.parameters])

    def _checked(self, parameters: Any) -> np.ndarray:
        vector = floats(parameters, 'parameters').astype(np.float64, copy=False)
        if vector.shape != (len(self.parameters),):
            raise ValueError(f'parameters 는 길이 {len(self.parameters)} 인 벡터입니다. 모양 {vector.shape} 을(를) 받았습니다.')
        return vector

    def _replayed(
        self, of_block: Callable, arrays: list[np.ndarray], parameters: Any, undefined: str, executor: Executor | None = None
    ) -> Iterator[tuple[Any, Undefined | None]]:
        """블록의 순서대로 of_block(칸의 벡터, 블록). undefined 가 'raise' 면 정의역을 벗어난 표본은 모두 마친 뒤 ReplayError."""
        stop = raises(undefined)
        vector = self._values() if parameters is None else self._checked(parameters)
        if parameters is None:
            self.vector = vector
        failures: dict[int, Undefined] = {}  # 블록의 첫 표본 → 거기서 벗어난 표본
        size = self.block_size
        if of_block != self._replayer.gradient:  # 앞으로만
            size = max(size, min(size * self._replayer.span, LARGEST // max(self.tape.rows, 1)))
        blocks = self.inputs.blocks(arrays, size)
        for block, (part, failed) in enumerate(_in_order(of_block, self.tape.spread(vector), blocks, executor)):
            if failed is not None:
                failures[block * size] = failed
            yield part, failed
        if failures and stop:
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
        labels, names = self.leaves[: self.inputs.count], self.parameters
        listing = Listing(self.tape, self.inputs, [x.name for x in labels], [p.name for p in names], self.names)
        return listing.text(self.nodes)


def compile_graph(
    loss: Value | Callable, inputs: Any, parameters: Iterable[Value], outputs: Any = (), *,
    samples: Any = None, frozen: Collection[str] = (), backend: str = 'auto', dtype: str = 'f64',
) -> Program:  # fmt: skip
    """기록한 그래프나 기록할 함수를 `Program` 으로.

    loss        한 표본의 손실 C_x, 또는 inputs 의 모양대로 받아(`f(*inputs)`, 나누었으면 `f(xs, ys)`) 그것이나 (손실, 출력들)을
                돌려주는 함수.
    inputs      표본마다 바뀌는 잎: 납작한 목록이나 목록의 튜플 (x, y). 목표(target)도 입력이다.
    parameters  배우는 잎. 그래프에 없는 파라미터의 기울기는 0 이다.
    outputs     `Program.outputs` 가 줄 노드. 함수를 주면 함수가 돌려준다.
    samples     함수를 기록해 볼 자료(X). 없으면 프로그램이 처음 받는 X 로 확인한다.
    frozen      기록한 대로 굳혀도 되는 노드의 이름들.
    backend     'numpy', 'llvm'(llvmlite 가 있어야 한다), 'auto' 면 있는 것. 고른 것은 `Program.backend` 다.
    dtype       'f64', 또는 LLVM 에서만 'f32'(두 배쯤 빠르고 유효숫자는 반이다).

    **함수를 주면 기록을 확인한다**: 서로 다른 표본 셋까지에서 다시 기록해, 자료를 보고 갈라지거나 자료에서 나온 상수가 있으면 두
    노드를 말하고 ValueError. 그래프만 주면 아무것도 볼 수 없다: 값을 보고 갈라지는 파이썬 `if` 는 기록한 표본의 갈래만 남는다.

    어느 쪽도 아닌 잎은 지금의 값으로 굳은 상수다. 이름이 있는 잎이면 frozen 에 없는 한 잊은 것으로 보고 ValueError.

    >>> x, y, w = Value(0.0), Value(0.0), Value(2.0)
    >>> program = compile_graph((w * x - y) ** 2, [x, y], [w])
    >>> program.loss([[1.0, 1.0], [2.0, 1.0]])
    5.0
    >>> float(program.gradient([[1.0, 1.0], [2.0, 1.0]])[0]), w.grad
    (7.0, 7.0)
    """
    learned = nodes_in(parameters, 'parameters 는 배우는 잎(Value)의 목록입니다.')
    wanted = nodes_in(outputs, 'outputs 는 그래프의 노드(Value)의 목록입니다.')
    given = [frozen] if isinstance(frozen, str) else [*frozen] if isinstance(frozen, set | frozenset) else frozen
    kept = set(map(str, listed(given, "frozen 은 이름의 목록입니다: frozen=['이름'].")))
    if not callable(loss):
        leaves, layout = columns(inputs)
    elif wanted:
        raise ValueError('함수를 줄 때의 출력은 함수가 돌려줍니다: return 손실, 출력들.')
    else:
        loss, wanted, leaves, layout = recorded(loss, inputs, learned, samples, kept)
    if samples is not None and not isinstance(layout, CheckedColumns):
        raise ValueError('samples 는 loss 자리에 함수를 줄 때의 것입니다: 기록된 그래프는 다시 기록할 수 없습니다.')
    check_leaves(leaves, learned)
    _check_nodes(loss=[loss], outputs=wanted)
    code, names, nodes = lower(loss, leaves, learned, wanted, kept)
    if not kept.issubset(names.values()):
        raise ValueError(f'frozen 의 {sorted(kept.difference(names.values()))} 은(는) 그래프에 없는 이름입니다.')
    tape = schedule(flatten(code))
    return Program(tape, layout, leaves, learned, nodes, names, chosen(backend, tape, dtype))


def _check_nodes(**nodes: list) -> None:
    for what, given in nodes.items():
        for node in given:
            if not isinstance(node, Value):
                raise TypeError(f'{what} 에는 Value 를 주세요. {type(node).__name__} {node!r} 을(를) 받았습니다.')


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
