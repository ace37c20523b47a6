"""커널(kernel)을 적는 도구: 두 인수의 칸을 이름으로 읽고, 반복하고, 벡터를 읽고 쓴다.

커널은 모두 `void kernel(context, record)` 다. context 는 실행 하나의 상태(`CONTEXT`)이고 record 는 명령 하나의 자료이며, 둘 다
64비트 정수의 배열이다. 레코드의 첫 칸은 커널의 주소이고 길이는 커널마다 다르다. 명령의 목록은 레코드의 주소의 배열이라서,
실행하는 일은 차례로 부르는 것이다.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TypeAlias

from llvmlite import ir

from micrograd_ko.kinds.lanes import I32, I64, Format, Mask, Vector

POINTER, VOID = ir.PointerType(), ir.VoidType()
KERNEL = ir.FunctionType(VOID, [POINTER, POINTER])
Place: TypeAlias = 'ir.Value | list[ir.Value]'  # 표에서의 원소의 번호: 거기부터 이어진 것이거나, 레인마다의 것
CONTEXT = (
    'values', 'grads', 'theta', 'gradient', 'block',  # 표의 주소, 표의 한 행의 표본 수
    'index', 'count', 'seed', 'constants',  # 블록의 첫 표본의 번호가 적힌 곳과 표본 수, ∂C/∂C_x, 이번 스텝의 상수들
    'flag',  # 정의역을 벗어나면 nan 이 되는 벡터가 적힌 곳
)  # fmt: skip


def number(n: int) -> ir.Constant:
    """64비트 정수 n."""
    return ir.Constant(I64, n)


class Function:
    """적고 있는 커널 하나. fields 는 레코드의 칸의 이름(첫 칸 `kernel` 다음부터)."""

    def __init__(self, module: ir.Module, name: str, form: Format, fields: Sequence[str]) -> None:
        self.form, self.function = form, ir.Function(module, KERNEL, name)
        self.entry, body = ir.IRBuilder(self.function.append_basic_block()), self.function.append_basic_block()
        self.entry.position_before(self.entry.branch(body))  # 칸은 첫 블록에서 읽는다: 어디서 쓰든 읽은 뒤다
        self.b = ir.IRBuilder(body)
        self.places = {name: (0, i) for i, name in enumerate(CONTEXT)} | {name: (1, i) for i, name in enumerate(fields, 1)}
        self.loaded: dict[tuple, ir.Value] = {}

    def field(self, name: str, kind: ir.Type = I64) -> ir.Value:
        """이름 붙은 칸의 값."""
        if (name, kind) not in self.loaded:
            self.loaded[name, kind] = self.entry.load(self.cell(name, self.entry), typ=kind)
        return self.loaded[name, kind]

    def cell(self, name: str, builder: ir.IRBuilder) -> ir.Value:
        """칸의 주소."""
        argument, i = self.places[name]
        return builder.gep(self.function.args[argument], [number(i)], source_etype=I64)

    def pointer(self, name: str, at: ir.Value | None = None) -> ir.Value:
        """칸에 적힌 주소. at 이 있으면 거기서 원소 at 개 뒤."""
        start = self.b.inttoptr(self.field(name), POINTER)
        return start if at is None else self.at(start, at)

    def at(self, pointer: ir.Value, i: ir.Value, kind: ir.Type | None = None) -> ir.Value:
        """pointer 에서 원소 i 개 뒤."""
        return self.b.gep(pointer, [i], source_etype=kind or self.form.element)

    def entry_of(self, table: str, i: ir.Value) -> ir.Value:
        """정수의 표 table 의 i 번째."""
        return self.b.load(self.at(self.pointer(table), i, I64), typ=I64)

    def vector(self, value: ir.Value) -> Vector:
        return Vector(self.form, self.b, value)

    def zero(self) -> Vector:
        return self.vector(self.form.same(self.form.element, 0.0))

    def load(self, pointer: ir.Value) -> Vector:
        return self.vector(self.b.load(pointer, typ=self.form.vector, align=self.form.size))

    def store(self, x: Vector, pointer: ir.Value) -> None:
        self.b.store(x.value, pointer, align=self.form.size)

    def load_one(self, pointer: ir.Value) -> ir.Value:
        """원소 하나."""
        return self.b.load(pointer, typ=self.form.element, align=self.form.size)

    def gather(self, table: ir.Value, place: Place) -> Vector:
        """표의 원소들을 읽는다."""
        if not isinstance(place, list):
            return self.load(self.at(table, place))
        return self.zero().collected([self.load_one(self.at(table, each)) for each in place])

    def scatter(self, x: Vector, table: ir.Value, place: Place) -> None:
        """표의 원소들에 더한다. 여러 레인이 같은 원소여도 차례로 더한다."""
        if not isinstance(place, list):
            self.store(self.load(self.at(table, place)) + x, self.at(table, place))
            return
        for each, lane in zip(place, x.split(), strict=True):
            there = self.at(table, each)
            self.b.store(self.b.fadd(self.load_one(there), lane), there)

    def spread(self, x: ir.Value) -> Vector:
        """모든 레인이 x."""
        if self.form.lanes == 1:
            return self.vector(x)
        empty = ir.Constant(self.form.wide(x.type), ir.Undefined)
        first = self.b.insert_element(empty, x, ir.Constant(I32, 0))
        return self.vector(self.b.shuffle_vector(first, empty, self.form.same(I32, 0)))

    def before(self, i: ir.Value, end: ir.Value) -> Mask:
        """레인의 번호 i, i + 1, … 가 end 보다 작은가."""
        lanes = self.form.wide(I64)
        offsets = ir.Constant(lanes, list(range(self.form.lanes)) if self.form.lanes > 1 else 0)
        left = self.spread(self.b.sub(end, i)).value
        return Mask(self.zero(), self.b.icmp_signed('<', offsets, left))

    def smaller(self, x: ir.Value, y: ir.Value) -> ir.Value:
        return self.b.select(self.b.icmp_signed('<', x, y), x, y)

    def sum(self, x: Vector) -> ir.Value:
        """레인을 더한 것: 반씩 접는다."""
        value, n = x.value, self.form.lanes
        while n > 1:
            n //= 2
            lower, upper = [ir.Constant(ir.VectorType(I32, n), list(range(i, i + n))) for i in (0, n)]
            value = self.b.fadd(self.b.shuffle_vector(value, value, lower), self.b.shuffle_vector(value, value, upper))
        return value if self.form.lanes == 1 else self.b.extract_element(value, ir.Constant(I32, 0))

    @contextmanager
    def loop(self, low: ir.Value, high: ir.Value, step: ir.Value | int = 1, carried: Sequence[ir.Value] = ()) -> Iterator[tuple]:
        """for i in range(low, high, step). (i, 이번 값들, 다음 값들을 적을 목록)을 준다. 끝나면 목록에 마지막 값들이 있다."""
        b = self.b
        before, head, body, end = b.block, *[self.function.append_basic_block() for _ in range(3)]
        b.branch(head)
        b.position_at_end(head)
        i, now = b.phi(I64), [b.phi(x.type) for x in carried]
        for phi, x in zip([i, *now], [low, *carried], strict=True):
            phi.add_incoming(x, before)
        b.cbranch(b.icmp_signed('<', i, high), body, end)
        b.position_at_end(body)
        after: list[ir.Value] = []
        yield i, now, after
        for phi, x in zip([i, *now], [b.add(i, number(step) if isinstance(step, int) else step), *after], strict=True):
            phi.add_incoming(x, b.block)
        after[:] = now
        b.branch(head)
        b.position_at_end(end)

    def end(self) -> None:
        self.b.ret_void()
