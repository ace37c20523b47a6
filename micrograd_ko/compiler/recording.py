"""기록의 확인: 함수를 표본 몇 개에서 다시 기록해, 그래프가 자료에 매이지 않는지 본다.

그래프가 함수와 다를 수 있는 까닭은 둘이다. 값을 보고 갈라지거나(`if x.data > 0`), 자료에서 떨어진 수(`max(v.data for v in vs)`)가
상수로 들어간다. 서로 다른 표본에서 기록한 그래프를 견주면 둘 다 드러난다. 견준 표본에서 같았다는 것이지 증명은 아니다.
"""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from micrograd_ko.compiler.samples import INPUTS, Columns, check_leaves, columns
from micrograd_ko.engine import Value
from micrograd_ko.graph import topological
from micrograd_ko.misuse import listed, nodes_in
from micrograd_ko.number import unchecked
from micrograd_ko.state import alone, commit, data_set

COMPARED = 3  # 견주는 표본의 수
SEARCHED = 1000  # 서로 다른 표본을 이만큼에서 고른다


class Difference(NamedTuple):
    """두 그래프가 처음 갈라지는 두 노드와, 그것을 피연산자로 쓰는 한쪽의 노드(root 면 None)."""

    one: Value
    other: Value
    user: Value | None


def difference(
    ones: Sequence[Value], others: Sequence[Value], declared: Mapping[Value, Any], frozen: Collection[str] = ()
) -> Difference | None:
    """root 들에서부터 나란히 걸어 처음 만나는 다른 노드. 같은 식이면 None.

    declared 는 잎 → 그것이 무엇인지. 거기 있는 잎은 그것이 같아야, 없는 잎(상수)은 값이 같아야 같다.
    frozen 에 든 이름의 노드부터는 견주지 않는다.
    """
    met: dict[Value, Value] = {}  # 한쪽의 노드 → 처음 견준 다른 쪽의 노드. 나누어 쓰는 꼴이 다르면 나머지 짝은 more 에 있다
    more: set[tuple[Value, Value]] = set()
    stack: list[Any] = [(a, b, None) for a, b in zip(ones, others, strict=True)][::-1]
    while stack:
        one, other, user = stack.pop()
        if one is other or (one.name in frozen and one.name == other.name):
            continue
        if one in met:
            if met[one] is other or (one, other) in more:
                continue
            more.add((one, other))
        met.setdefault(one, other)
        alike = _kind(one) == _kind(other) and len(one.parents) == len(other.parents)
        if not alike or (one.op is None and not _same_leaf(one, other, declared)):
            return Difference(one, other, user)
        stack += [(a, b, one) for a, b in zip(one.parents, other.parents, strict=True) if a is not b][::-1]
    return None


def _kind(node: Value) -> Any:
    """연산이 같은지 가르는 것: x**n 은 n 이 같으면 같다."""
    return node.op and (node.op.family or node.op)


def _same_leaf(one: Value, other: Value, declared: Mapping[Value, Any]) -> bool:
    if one in declared or other in declared:
        return declared.get(one) == declared.get(other)
    return one.data == other.data or (math.isnan(one.data) and math.isnan(other.data))


@dataclass(frozen=True)
class CheckedColumns(Columns):
    """함수를 기록한 프로그램의 입력의 열: 자료를 처음 읽을 때 기록을 확인한다."""

    recording: 'DataCheck'

    def read(self, X: Any, needed: int) -> list[np.ndarray]:
        arrays = super().read(X, needed)
        self.recording.check(arrays)
        return arrays


def recorded(
    f: Callable, inputs: Any, parameters: Sequence[Value], samples: Any, frozen: Collection[str]
) -> tuple[Value, list[Value], list[Value], Columns]:
    """함수 f 를 기록한 (손실, 출력들, 입력의 잎, 자료를 읽으면서 기록을 확인하는 열). samples 가 있으면 곧바로 확인한다."""
    arguments = [part if isinstance(part, Value) else listed(part, INPUTS) for part in nodes_in(inputs, INPUTS)]
    leaves, layout = columns(arguments)
    check_leaves(leaves, parameters)
    arrays = None if samples is None else layout.read(samples, layout.count)
    recording = DataCheck(f, arguments, leaves, parameters, frozen)
    recording.roots = loss, *outputs = recording.at(() if arrays is None else next(layout.blocks(arrays, 1))[0].tolist())
    if arrays is not None:
        recording.check(arrays)
    return loss, outputs, leaves, CheckedColumns(layout.count, layout.sizes, recording)


class DataCheck:
    """함수 f 를 기록한 것. 입력의 모든 열이 있는 자료로 한 번 견주고 나면 함수와 그래프를 놓아준다.

    arguments 는 f 의 인수, leaves 는 그것을 납작하게 편 잎이다.
    """

    def __init__(
        self, f: Callable, arguments: Sequence[Any], leaves: Sequence[Value], parameters: Sequence[Value], frozen: Collection[str]
    ) -> None:
        self.function: Callable | None = f
        self.arguments, self.leaves, self.frozen = arguments, leaves, frozen
        self.declared = {leaf: _told(f'입력 {i}', leaf) for i, leaf in enumerate(leaves)}
        self.declared |= {leaf: _told(f'파라미터 {i}', leaf) for i, leaf in enumerate(parameters)}
        self.roots: tuple[Value, ...] = ()  # (손실, *출력): 처음 기록한 것
        self.compared = 0  # 견준 열의 수

    @alone
    def check(self, arrays: Sequence[np.ndarray]) -> None:
        """서로 다른 표본들에서 다시 기록해 견준다. 그래프가 다르면 ValueError. 이미 견준 열뿐이면 아무것도 하지 않는다."""
        width = sum(a.shape[1] for a in arrays)
        if self.function is None or width <= self.compared:
            return
        for row, numbers in _differing(arrays).items():
            again = self.at(numbers)
            if len(again) != len(self.roots):
                counts = f'기록할 때는 {len(self.roots) - 1}개, 표본(row) {row} 에서는 {len(again) - 1}개'
                raise ValueError(f'출력의 수가 자료에 달려 있습니다: {counts}.')
            found = difference(self.roots, again, self.declared, self.frozen)
            if found is not None:
                raise ValueError(self._complaint(found, again, row))
        self.compared = width
        if width == len(self.leaves):
            self.function, self.arguments, self.declared, self.roots = None, (), {}, ()

    @alone
    def at(self, row: Sequence[float]) -> tuple[Value, ...]:
        """입력에 row 를(없는 것은 지금 값을) 놓고 기록한 root 들. 정의되지 않는 연산은 IEEE 값이고, 입력의 값은 되돌린다."""
        before, function = [leaf.data for leaf in self.leaves], self.function
        commit(data_set(self.leaves, [*row, *before[len(row) :]]))
        try:
            with unchecked():
                found = function(*self.arguments)  # type: ignore[misc]
        finally:
            commit(data_set(self.leaves, before))
        loss, outputs = found if isinstance(found, tuple) and len(found) == 2 else (found, ())
        outputs = [outputs] if isinstance(outputs, Value) else outputs
        if not isinstance(outputs, Sequence) or not all(isinstance(root, Value) for root in (loss, *outputs)):
            raise TypeError(f'함수는 손실 Value 하나나 (손실, 출력의 목록)을 돌려줘야 합니다. {found!r} 을(를) 돌려받았습니다.')
        return loss, *outputs

    def _complaint(self, found: Difference, again: Sequence[Value], row: int) -> str:
        one, other, user = found
        where = f' ({user.op.name} 의 피연산자)' if user is not None and user.op is not None else ''
        leaves = one.op is None and other.op is None
        if leaves and one in self.declared and other in self.declared:
            advice = '자료로 표에서 고르는 것이면 원-핫(one-hot) 입력을 받아 ops.dot(원핫, 열) 로 적으세요'
        elif leaves:
            advice = '고른 상수면 ops.select(c, x, y) 로 적고, 자료나 난수에서 나온 수면 v.data 대신 v 나 입력을 쓰세요'
        else:
            advice = '값을 보고 갈라지는 if 는 ops.select(c, x, y) 로 적고, 모양이 정말 다르면 저마다 따로 기록하세요'
        return (
            f'그래프가 자료에 달려 있습니다{where}: 기록할 때는 {self._label(one, self.roots)}, '
            f'표본(row) {row} 에서는 {self._label(other, again)}. {advice}. '
            "기록한 대로 굳혀도 된다면 그 노드에 이름을 짓고 frozen=['이름'] 에 적으세요."
        )

    def _label(self, node: Value, roots: Sequence[Value]) -> str:
        if node in self.declared:
            return self.declared[node]
        if node.op is None:
            return _told(f'상수 {node.data!r}', node)
        number = {each: i for i, each in enumerate(topological(*roots))}[node]
        return _told(f'{node.op.name} (위상 순서 {number} 번)', node)

    def __getstate__(self) -> dict:
        if self.function is not None:
            raise TypeError('확인하지 않은 기록은 저장하거나 복사할 수 없습니다. samples= 를 주거나 한 번 재생한 다음 하세요.')
        return self.__dict__


def _told(what: str, node: Value) -> str:
    return f'{what} {node.name!r}' if node.name else what


def _differing(arrays: Sequence[np.ndarray]) -> Mapping[int, list[float]]:
    """표본의 번호 → 그 수들: 첫 표본, 그것과 가장 다른 표본, 그 둘과 가장 다른 표본. 같은 표본뿐이면 하나다.

    다른 정도는 열마다 폭을 1 로 맞춘 거리의 합이다.
    """
    stride = -(-len(arrays[0]) // SEARCHED)
    with np.errstate(all='ignore'):
        X = np.concatenate([a[::stride] for a in arrays], axis=1, dtype=np.float64)
        scaled = np.nan_to_num(X)
        scaled /= np.maximum(np.ptp(scaled, axis=0), np.finfo(float).tiny)
        chosen, distance = [0], np.full(len(X), np.inf)
        while len(chosen) < COMPARED:
            distance = np.minimum(distance, np.abs(scaled - scaled[chosen[-1]]).sum(axis=1))
            if not distance.max() > 0:
                break
            chosen.append(int(distance.argmax()))
    return {row * stride: X[row].tolist() for row in chosen}
