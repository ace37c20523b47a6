"""표의 연산의 커널: 순방향도 편미분도 표의 규칙을 벡터에 적용한 것이다. 합(total, dot, affine)은 항이 몇이든 커널 하나다.

행을 읽는 모양(pattern)
  flat      결과와 피연산자가 저마다 이어진 원소다. 벡터로 쭉 간다.
  tail      flat 과 같지만 원소의 수가 레인의 배수가 아닐 수 있다: 끝을 넘는 레인은 가린다(mask). 레인이 행일 때다.
  rows      행마다 피연산자의 자리가 표에 적혀 있다. 한 행의 표본이 레인이다.
  gathered  행마다 피연산자의 자리가 표에 적혀 있고, 레인이 행이다: 레인마다 읽어 모으고 흩어 더한다. 끝은 tail 처럼 가린다.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from llvmlite import ir

from micrograd_ko.compiler.machine.functions import Function, Place, number
from micrograd_ko.kinds.lanes import Format, Vector
from micrograd_ko.kinds.vectors import VECTORS
from micrograd_ko.operation import BUILT_IN, Op

OPERANDS = ('x0', 'x1', 'x2')  # 피연산자가 이보다 많으면 행의 표로만 읽는다
MAP = ('out', 'length', 'table', *OPERANDS)  # 길이는 flat, tail 이면 원소의 수, rows 면 행의 수
SUM = ('out', 'length', 'table', 'products', 'plains')


class MapKernel(NamedTuple):
    """표의 연산 하나의 커널. active 는 기울기를 더할 피연산자의 번호, 순방향이면 None."""

    op: Op
    arity: int
    pattern: str
    active: tuple[int, ...] | None

    def write(self, module: ir.Module, name: str, form: Format) -> None:
        """module 에 함수 name 으로 적는다."""
        f = Function(module, name, form, MAP)
        if self.active is None:
            _forward(f, self)
        else:
            _backward(f, self)
        f.end()


def is_lasting(op: Op) -> bool:
    """이름이 식을 정하는 연산인지: 표에 처음부터 있던 것과 x**n."""
    return op.family is not None or op.name in BUILT_IN


def _over_elements(f: Function, kernel: MapKernel, body: Callable[..., Any], carried: Sequence[ir.Value] = ()) -> list[ir.Value]:
    """벡터마다 body(이번 값들, 가릴 끝, 결과의 자리, 피연산자의 자리들) → 다음 값들. 자리는 표에서의 원소의 번호다."""
    b, length, block = f.b, f.field('length'), f.field('block')
    if kernel.pattern == 'gathered':
        with f.loop(number(0), length, f.form.lanes, carried) as (lane, now, after):
            last = b.sub(length, number(1))
            rows = [f.smaller(b.add(lane, number(i)), last) for i in range(f.form.lanes)]
            places = [[f.entry_of('table', b.add(b.mul(length, number(i)), row)) for row in rows] for i in range(kernel.arity)]
            after.extend(body(now, b.add(f.field('out'), length), b.add(f.field('out'), lane), *places))
        return after
    if kernel.pattern != 'rows':
        starts = [f.field(name) for name in ('out', *OPERANDS[: kernel.arity])]
        with f.loop(number(0), length, f.form.lanes, carried) as (e, now, after):
            end = b.add(starts[0], length) if kernel.pattern == 'tail' else None
            after.extend(body(now, end, *[b.add(start, e) for start in starts]))
        return after
    with f.loop(number(0), length, 1, carried) as (lane, now, after):
        rows = [b.add(f.field('out'), b.mul(lane, block))]
        rows += [f.entry_of('table', b.add(b.mul(length, number(i)), lane)) for i in range(kernel.arity)]
        with f.loop(number(0), block, f.form.lanes, now) as (s, inner, then):
            then.extend(body(inner, None, *[b.add(row, s) for row in rows]))
        after.extend(then)
    return after


def _forward(f: Function, kernel: MapKernel) -> None:
    op, values, flag = kernel.op, f.pointer('values'), f.pointer('flag')

    def body(now: Sequence[ir.Value], end: ir.Value | None, out: ir.Value, *operands: Place) -> Sequence[ir.Value]:
        xs = [f.gather(values, x) for x in operands]
        z = xs[0].lifted(VECTORS.function(op)(*xs))
        f.store(z, f.at(values, out))
        if not watched:
            return []
        before = bad = f.vector(now[0])
        if not op.overflows:
            bad = z.times_plus(0, bad)  # z 가 inf 나 nan 이면 z·0 은 nan 이다
        if op.defined is not None:
            bad = op.defined(*xs).where(bad, math.nan)
        return [(bad if end is None else f.before(out, end).where(bad, before)).value]

    watched = op.defined is not None or not op.overflows
    for bad in _over_elements(f, kernel, body, [f.load(flag).value] if watched else []):
        f.store(f.vector(bad), flag)


def _backward(f: Function, kernel: MapKernel) -> None:
    values, grads = f.pointer('values'), f.pointer('grads')

    def body(_: Sequence[ir.Value], end: ir.Value | None, out: ir.Value, *operands: Place) -> Sequence[ir.Value]:
        z, g = f.load(f.at(values, out)), f.load(f.at(grads, out))
        derivatives = kernel.op.derivatives(z, *[f.gather(values, x) for x in operands])
        for i in kernel.active or ():
            term = _times(g, derivatives[i])
            f.scatter(term if end is None else f.before(out, end).where(term, 0), grads, operands[i])
        return []

    _over_elements(f, kernel, body)


def _times(g: Vector, d: Any) -> Vector:
    """g·d. 편미분이 정수 ±1 이면 곱하지 않는다. 더할 때 또 반올림한다, eager 처럼."""
    return g * d if type(d) is not int or abs(d) != 1 else g if d == 1 else -g


class _Sums(Function):
    """Σ wᵢ·xᵢ + Σ bᵢ 의 커널. 표에는 w 들, x 들, b 들의 행이 항마다 `length` 개씩 있다."""

    def over_elements(self, body: Callable[[ir.Value, ir.Value, ir.Value], None]) -> None:
        """행과 벡터마다 body(행의 번호, 표본의 번호, 결과의 자리)."""
        with self.loop(number(0), self.field('length')) as (lane, _, _rows):
            row = self.b.add(self.field('out'), self.b.mul(lane, self.field('block')))
            with self.loop(number(0), self.field('block'), self.form.lanes) as (s, _, _samples):
                body(lane, s, self.b.add(row, s))
        self.end()

    def place(self, table: str, term: ir.Value, lane: ir.Value, s: ir.Value) -> ir.Value:
        """항 term 의 주소."""
        row = self.entry_of('table', self.b.add(self.b.mul(term, self.field('length')), lane))
        return self.pointer(table, self.b.add(row, s))

    def add(self, place: ir.Value, x: Vector, factor: Any = 1) -> None:
        self.store(self.load(place) + _times(x, factor), place)

    def forward(self, lane: ir.Value, s: ir.Value, out: ir.Value) -> None:
        products, plains = self.field('products'), self.b.mul(self.field('products'), number(2))
        with self.loop(number(0), products, 1, [self.zero().value]) as (t, now, after):
            w, x = [self.load(self.place('values', i, lane, s)) for i in (t, self.b.add(products, t))]
            after.append(w.times_plus(x, self.vector(now[0])).value)
        with self.loop(plains, self.b.add(plains, self.field('plains')), 1, after) as (t, now, after):
            after.append((self.vector(now[0]) + self.load(self.place('values', t, lane, s))).value)
        self.store(self.vector(after[0]), self.pointer('values', out))

    def backward(self, lane: ir.Value, s: ir.Value, out: ir.Value) -> None:
        g = self.load(self.pointer('grads', out))
        products, plains = self.field('products'), self.b.mul(self.field('products'), number(2))
        with self.loop(number(0), products) as (t, _, _products):
            terms = t, self.b.add(products, t)
            for term, other in (terms, terms[::-1]):
                self.add(self.place('grads', term, lane, s), g, self.load(self.place('values', other, lane, s)))
        with self.loop(plains, self.b.add(plains, self.field('plains'))) as (t, _, _plains):
            self.add(self.place('grads', t, lane, s), g)


def write_sums(module: ir.Module, form: Format) -> None:
    """합의 순방향과 역방향."""
    forward, backward = [_Sums(module, f'sum_{name}', form, SUM) for name in ('forward', 'backward')]
    forward.over_elements(forward.forward)
    backward.over_elements(backward.backward)
