"""기록된 그래프(recorded graph)를 다시 계산하고, 그것이 f 그대로인지 본다.

f 를 한 번 기록한 그래프는 f 가 아닐 수 있다: `.data` 로 값을 꺼내 쓰거나 고치면, 그래프를 다시 계산한 것이 f 를 다시 부른 것과
다르다. 그런 그래프의 200자리 차분은 f 의 기울기를 말해 주지 않는다. 그래서 입력을 조금 옮겨 f 를 다시 기록해 보고, 그래프의
모양이나 상수가 달라지는지 견준다.
"""

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from micrograd_ko.compiler.recording import difference
from micrograd_ko.engine import Value
from micrograd_ko.graph import topological
from micrograd_ko.kinds.precise import MP, exact
from micrograd_ko.kinds.rules import operand_names
from micrograd_ko.number import Number
from micrograd_ko.operation import EDGE_ERRORS, Op
from micrograd_ko.staleness import first_stale, replay
from micrograd_ko.testing.differences import Slopes, precise_slopes
from micrograd_ko.testing.straight_line import StraightLine

__tracebackhide__ = True  # pytest 는 사용자의 코드만 보인다
NUDGES = (2.0**-20, -(2.0**-20), 2.0**-7)  # 그래프가 달라지는지 보려고 입력을 옮기는 상대 크기


def precise_replay(order: Sequence[Value], moved: Mapping[Value, Any] | None = None) -> dict[Value, Any]:
    """기록된 그래프의 모든 값을 200자리로. `moved` 는 잎 → 그 잎에 대신 놓을 수."""
    moved = moved or {}
    return replay(order, lambda leaf: moved[leaf] if leaf in moved else exact(leaf.data))


def input_names(f: Callable, count: int) -> list[str]:
    """f 의 입력 count 개의 이름: 사용자가 적은 매개변수(parameter)의 이름. *xs 는 xs[0], xs[1], … 이고, 모르면 x0, x1, …"""
    if isinstance(f, Op):
        return operand_names(f, count)
    if isinstance(f, StraightLine):
        return f.names()[:count]
    names: list[str] = []
    try:
        parameters = inspect.signature(f).parameters.values()
    except (TypeError, ValueError):
        parameters = {}.values()
    for p in parameters:
        if p.kind is p.VAR_POSITIONAL:
            names += [f'{p.name}[{i}]' for i in range(count - len(names))]
        elif p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD):
            names.append(p.name)
    return [*names, *[f'x{i}' for i in range(len(names), count)]][:count]


class Recording:
    """f 를 xs 에서 한 번 기록한 것."""

    def __init__(self, f: Callable[..., Value], xs: Sequence[Number], names: Sequence[str]) -> None:
        self.leaves = [Value(x, name) for x, name in zip(xs, names, strict=True)]
        self.root = f(*self.leaves)
        if not isinstance(self.root, Value):
            raise TypeError(f'f 는 Value 하나를 돌려줘야 합니다. {type(self.root).__name__} {self.root!r} 을(를) 돌려받았습니다.')
        self.order = topological(self.root)
        self.row = {node: i for i, node in enumerate(self.order)}

    def along(self, i: int) -> Callable[[Any], Any]:
        """i 번째 입력만의 함수, 200자리로."""
        return lambda x: precise_replay(self.order, {self.leaves[i]: x})[self.root]

    def slopes(self, i: int, noise: Any) -> Slopes:
        """i 번째 입력의 함수로 본 좌우 기울기, 200자리로."""
        return precise_slopes(self.along(i), exact(self.leaves[i].data), noise)

    def variation(self, i: int) -> Any:
        """i 번째 입력이 제 크기만큼 변할 때 함수가 변하는 빠르기: 기울기의 오차를 견줄 자."""
        f, x = self.along(i), exact(self.leaves[i].data)
        h, changes = abs(x) or MP.mpf(1), [MP.mpf(0)]
        for end in (x - h, x + h):
            try:
                changes.append(abs(f(end) - f(x)))
            except EDGE_ERRORS:
                continue
        return max(changes) / h


def overwritten(recording: Recording, xs: Sequence[Number]) -> str:
    """f 가 `.data` 를 고쳤는가: 무엇을 고쳤는지, 아니면 빈 글."""
    for leaf, x in zip(recording.leaves, xs, strict=True):
        if leaf.data != x and not math.isnan(x):
            return f"f 가 입력 '{leaf.name}' 의 .data 를 {x!r} 에서 {leaf.data!r} (으)로 고쳤습니다."
    stale = first_stale(recording.root)
    if stale is None or stale.op is None or stale.data - stale.data != 0:  # 정의역 끝의 IEEE 값은 다시 계산할 수 없다
        return ''
    return f'{stale.op.name} 의 값이 피연산자에서 다시 계산한 값과 다릅니다(stale). .data 를 고친 곳을 보세요: {stale!r}'


def repeats(f: Callable[..., Value], xs: Sequence[Number], original: Recording) -> bool:
    """같은 입력에서 다시 부르면 같은 그래프인가(결정적 deterministic)."""
    return not _difference(original, Recording(f, xs, [leaf.name for leaf in original.leaves]))


def departure(f: Callable[..., Value], xs: Sequence[Number], i: int, original: Recording) -> str:
    """i 번째 입력을 옮기면 그래프가 달라지는가. 달라지면 무엇이 달라졌는지, 아니면 빈 글."""
    for nudge in NUDGES:
        x: Any = xs[i]
        try:
            again = Recording(f, [*xs[:i], x + (abs(x) or 1) * nudge, *xs[i + 1 :]], [leaf.name for leaf in original.leaves])
        except EDGE_ERRORS:
            continue
        found = _difference(original, again)
        if found:
            return found
    return ''


def _difference(one: Recording, other: Recording) -> str:
    inputs = {leaf: i for recording in (one, other) for i, leaf in enumerate(recording.leaves)}
    found = difference([one.root], [other.root], inputs)
    if found is None:
        return ''
    constant, user = found.one, found.user
    if constant.op is not None or found.other.op is not None or constant in inputs or found.other in inputs:
        return '입력을 조금 옮기면 그래프의 모양이 달라집니다(값을 보고 갈라지는 if).'
    where = f' {user.op.name} 의 피연산자' if user is not None and user.op is not None else ' 결과'
    return f'입력에서 떨어진(detached) 수 {constant.data!r} 이(가){where}로 들어갑니다. .data 나 detach() 를 쓴 곳을 보세요.'
