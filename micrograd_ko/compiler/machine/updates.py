"""갱신의 커널: 최적화(optimizer)의 갱신 식 `rule` 을 벡터에 적용한 것이다. 식은 여기 적지 않는다.

스텝마다 달라지는 수(η, 1 − βᵗ)는 식 안의 상수다. 상수는 커널에 굳지 않고 스텝마다의 표에서 읽는다: 식을 같은 차례로 한 번 더
적용하면 그 차례로 상수가 나오고, 스텝의 수를 배열로 주면 표 전체가 한 번에 나온다.
"""

import math
from collections.abc import Callable
from itertools import count
from typing import Any

import numpy as np
from llvmlite import ir

from micrograd_ko import ops
from micrograd_ko.compiler.machine.functions import Function, number
from micrograd_ko.compiler.machine.maps import is_lasting
from micrograd_ko.kinds.lanes import Format
from micrograd_ko.kinds.operators import Operators
from micrograd_ko.kinds.symbols import Symbol
from micrograd_ko.operation import Namespace, Op, interpret, named

# 칸 begin … end, 첫 기억의 주소와 다음 기억까지의 거리, 첫 스레드의 기울기의 주소, 스레드의 수. 기울기의 거리도 같다
UPDATE = ('begin', 'end', 'memory', 'distance', 'gradients', 'threads')


class Slot(Operators):
    """갱신 식의 수. constant 는 식에 적힌 상수를 바꾸는 함수."""

    __slots__ = ('constant', 'number')
    __array_ufunc__ = None  # 배열이 왼쪽에 있어도 이 형의 연산이 불리게 한다

    def __init__(self, number: Any, constant: Callable[[Any], Any]) -> None:
        self.number, self.constant = number, constant

    def __radd__(self, other: Any) -> 'Slot':  # 왼쪽의 배열이 연산을 가져가지 않게 바로 적는다
        return _apply(ops.add, (other, self))

    def __rsub__(self, other: Any) -> 'Slot':
        return _apply(ops.sub, (other, self))

    def __rmul__(self, other: Any) -> 'Slot':
        return _apply(ops.mul, (other, self))

    def __rtruediv__(self, other: Any) -> 'Slot':
        return _apply(ops.div, (other, self))


def _apply(op: Op, operands: tuple) -> Any:
    if op.forward is not None and not is_lasting(op):  # 등록한 이름은 식을 정하지 않는다: 식을 편다
        return _OPERATIONS.function(op)(*operands)
    constant = next(x.constant for x in operands if isinstance(x, Slot))
    return Slot(op.apply(*[x.number if isinstance(x, Slot) else constant(x) for x in operands]), constant)


interpret(Slot, _apply)
_OPERATIONS = Namespace(named)
PLAIN = ('w - c*g',)  # 노트의 갱신 식: 곱의 커널이 ∇W 를 구하며 바로 한다


def _applied(optimizer: Any, rate: Any, numbers: list, constant: Callable[[Any], Any]) -> list:
    """갱신 식에 (w, g, 기억 …) 을 넣은 것: (새 w, 새 기억 …)."""
    return [x.number for x in optimizer.rule(rate, *[Slot(x, constant) for x in numbers])]


def formula(optimizer: Any) -> tuple[str, ...]:
    """갱신 식의 글. 상수는 모두 c 다: 글이 같으면 커널도 같다."""
    names = ['w', 'g', *[f'm{i}' for i in range(optimizer.memories)]]
    return tuple([x.text for x in _applied(optimizer, 1.0, [Symbol(name) for name in names], lambda _: Symbol('c'))])


def constants(optimizer: Any, steps: int) -> np.ndarray:
    """(스텝 × 상수): 지금부터 steps 스텝의 식에 적힌 상수들. 스텝의 수는 세지 않는다."""
    now, rates, found = optimizer.steps, [], []

    def noted(x: Any) -> float:
        found.append(x)
        return math.nan

    try:
        for optimizer.steps in range(now, now + steps):
            rates.append(float(optimizer.rate))
        optimizer.steps = np.arange(now, now + steps)
        _applied(optimizer, np.array(rates), [math.nan] * (2 + optimizer.memories), noted)
    finally:
        optimizer.steps = now
    return np.column_stack([np.broadcast_to(np.asarray(x, np.float64), steps) for x in found])


def write_update(module: ir.Module, name: str, form: Format, optimizer: Any) -> None:
    """칸 begin … end 를 한 스텝 움직이는 커널. 기울기는 미니배치의 평균이고, 스레드마다 모은 것의 합이다."""
    f = Function(module, name, form, UPDATE)
    with f.loop(f.field('begin'), f.field('end'), form.lanes) as (e, _, _after):
        def line(table: str, i: ir.Value) -> ir.Value:
            return f.pointer(table, f.b.add(e, f.b.mul(f.field('distance'), i)))

        with f.loop(number(1), f.field('threads'), 1, [f.load(line('gradients', number(0))).value]) as (i, now, gradient):
            gradient.append((f.vector(now[0]) + f.load(line('gradients', i))).value)
        places = [f.pointer('theta', e), *[line('memory', number(i)) for i in range(optimizer.memories)]]
        w, *memory = [f.load(place) for place in places]
        order = count()
        new = _applied(optimizer, 1.0, [w, f.vector(gradient[0]), *memory],
                       lambda _: f.spread(f.load_one(f.pointer('constants', number(next(order))))))  # fmt: skip
        for place, x in zip(places, new, strict=True):
            f.store(x, place)
    f.end()
