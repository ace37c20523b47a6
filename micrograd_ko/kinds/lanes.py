"""LLVM 벡터(vector): 값 대신 그 값을 계산할 명령(IR)을 적는 수. 레인(lane)마다 수가 하나씩 있다.

연산자는 모두 표의 연산이고, 표를 벡터에 가르치는 것은 `vectors` 다.
"""

from collections.abc import Callable, Iterable
from typing import Any

from llvmlite import ir

from micrograd_ko.kinds.operators import Operators

DOUBLE, I32, I64 = ir.DoubleType(), ir.IntType(32), ir.IntType(64)


class Format:
    """벡터의 꼴: 원소의 형 'f64' 나 'f32' 와 레인의 수. 레인이 하나면 보통 수다. size 는 원소의 바이트 수."""

    def __init__(self, dtype: str, lanes: int) -> None:
        self.dtype, self.lanes, self.double = dtype, lanes, dtype == 'f64'
        self.size, self.mantissa, self.bias = (8, 52, 1023) if self.double else (4, 23, 127)
        self.element, self.integer = (DOUBLE, I64) if self.double else (ir.FloatType(), I32)
        self.vector = self.wide(self.element)

    def __repr__(self) -> str:
        return f'{self.dtype}×{self.lanes}'

    def wide(self, element: ir.Type) -> ir.Type:
        """레인마다 element 하나인 형."""
        return element if self.lanes == 1 else ir.VectorType(element, self.lanes)

    def same(self, element: ir.Type, x: Any) -> ir.Constant:
        """모든 레인이 x 인 상수."""
        return ir.Constant(self.wide(element), x if self.lanes == 1 else [x] * self.lanes)


def declared(module: ir.Module, name: str, result: ir.Type, arguments: list[ir.Type]) -> ir.Function:
    """module 밖에 있는 함수의 선언."""
    return module.globals.get(name) or ir.Function(module, ir.FunctionType(result, arguments), name)


class Mask:
    """레인마다의 참·거짓: 비교의 결과."""

    def __init__(self, like: 'Vector', bits: ir.Value) -> None:
        self.like, self.bits = like, bits

    def __and__(self, other: 'Mask') -> 'Mask':
        return Mask(self.like, self.like.builder.and_(self.bits, other.bits))

    def __or__(self, other: 'Mask') -> 'Mask':
        return Mask(self.like, self.like.builder.or_(self.bits, other.bits))

    def where(self, x: Any, y: Any) -> 'Vector':
        """참인 레인은 x, 아니면 y."""
        return self.like.made(self.like.builder.select(self.bits, self.like.lifted(x).value, self.like.lifted(y).value))

    def __bool__(self) -> bool:
        raise TypeError('벡터의 비교는 참·거짓 하나가 아닙니다. 규칙의 선택은 select 로, 이고·또는은 & 와 | 로 적으세요.')


def _compare(sign: str, ordered: bool = True) -> Callable[['Vector', Any], Mask]:
    def compared(self: 'Vector', other: Any) -> Mask:
        compare = self.builder.fcmp_ordered if ordered else self.builder.fcmp_unordered
        return Mask(self, compare(sign, self.value, self.lifted(other).value))

    return compared


class Vector(Operators):
    """벡터 하나. value 는 IR 의 값, builder 는 명령이 적히는 곳."""

    __slots__ = ('builder', 'form', 'value')

    def __init__(self, form: Format, builder: ir.IRBuilder, value: ir.Value) -> None:
        self.form, self.builder, self.value = form, builder, value

    __lt__, __le__, __gt__, __ge__ = map(_compare, ('<', '<=', '>', '>='))
    __eq__, __ne__ = _compare('=='), _compare('!=', ordered=False)

    def made(self, value: ir.Value) -> 'Vector':
        """같은 꼴로 같은 곳에 적은 value."""
        return Vector(self.form, self.builder, value)

    def lifted(self, x: Any) -> 'Vector':
        """수면 모든 레인이 그 수인 벡터."""
        return x if isinstance(x, Vector) else self.made(self.form.same(self.form.element, float(x)))

    def intrinsic(self, name: str, *others: Any) -> 'Vector':
        """LLVM 의 내장 함수 llvm.name(self, …)."""
        form, xs = self.form, [self, *[self.lifted(x) for x in others]]
        suffix = form.dtype if form.lanes == 1 else f'v{form.lanes}{form.dtype}'
        function = declared(self.builder.module, f'llvm.{name}.{suffix}', form.vector, [form.vector] * len(xs))
        return self.made(self.builder.call(function, [x.value for x in xs]))

    def mended(self, bad: Mask, remedy: Callable[[], 'Vector']) -> 'Vector':
        """bad 인 레인은 remedy() 의 것으로. 그런 레인이 하나도 없으면 remedy 의 명령을 건너뛴다."""
        b, before, bits = self.builder, self.builder.block, ir.IntType(self.form.lanes)
        with b.if_then(b.icmp_unsigned('!=', b.bitcast(bad.bits, bits), bits(0)), likely=False):
            other, after = bad.where(remedy(), self).value, b.block
        z = b.phi(self.form.vector)
        z.add_incoming(self.value, before)
        z.add_incoming(other, after)
        return self.made(z)

    def split(self) -> list[ir.Value]:
        """레인마다의 값."""
        if self.form.lanes == 1:
            return [self.value]
        return [self.builder.extract_element(self.value, ir.Constant(I32, i)) for i in range(self.form.lanes)]

    def collected(self, lanes: Iterable[ir.Value]) -> 'Vector':
        """레인마다의 값을 모은 벡터."""
        if self.form.lanes == 1:
            return self.made(*lanes)
        z: ir.Value = ir.Constant(self.form.vector, ir.Undefined)
        for i, x in enumerate(lanes):
            z = self.builder.insert_element(z, x, ir.Constant(I32, i))
        return self.made(z)

    def times_plus(self, factor: Any, addend: Any) -> 'Vector':
        """self·factor + addend. FMA 가 있는 CPU 에서는 반올림이 한 번이다."""
        return self.intrinsic('fmuladd', factor, addend)

    def bits(self) -> ir.Value:
        """같은 비트의 정수."""
        return self.builder.bitcast(self.value, self.form.wide(self.form.integer))

    def integer(self, n: int) -> ir.Constant:
        """모든 레인이 n 인 정수."""
        return self.form.same(self.form.integer, n)
