"""LLVM 벡터에 연산 표를 가르친다: 표의 줄에 넣으면 그 줄을 계산할 명령이 적힌다. 규칙은 하나도 다시 적지 않는다.

기초 연산은 여기의 다항식이거나 C 의 수학 함수(libm)다. 다항식은 어느 CPU 에서나 같은 식이고 벡터 수학 라이브러리가 필요 없다.
그 약속은 값이 정규수(normal)인 곳에서 |참값 − 값| ≤ `OWN_ULPS` · ε · |z| 다 (f64 의 ε = 2⁻⁵², f32 의 ε = 2⁻²³).
libm 으로 가는 줄은 레인마다 배정도(double)로 부르므로 그 라이브러리의 정확도다. 파생 연산과 편미분은 표의 식이 정한다.

식의 출처: log, sin, cos 의 다항식은 fdlibm(Sun, 1993)의 것이고, e^r 의 것은 |r| ≤ ½ ln 2 의 체비쇼프 점(Chebyshev points)에서
보간했다. sin 과 cos 은 f32 도 배정도로 계산해 한 번 반올림하고, |x| > 10⁵ 인 레인은 libm 이 한다.
"""

import math
from collections.abc import Callable, Iterable
from functools import reduce
from operator import add, mul
from typing import Any

from llvmlite import ir

from micrograd_ko import ops
from micrograd_ko.kinds.lanes import DOUBLE, Format, Mask, Vector, declared
from micrograd_ko.operation import SCALARS, Namespace, interpret

OWN_ULPS = {'exp': 1.0, 'expm1': 1.5, 'log': 1.0, 'log1p': 1.0, 'tanh': 1.5, 'sinh': 1.5, 'cosh': 1.0, 'sqrt': 0.5,
            'sin': 0.85, 'cos': 0.85}  # fmt: skip
LIBM = ('tan', 'asin', 'acos', 'atan', 'erf', 'erfc')
MULTIPLIED = range(-2, 9)  # 이 정수 지수까지는 곱해서 계산한다: 오차가 표의 약속(4 ε)을 넘지 않는다

# 지수와 로그 -----------------------------------------------------------------------------------------------------------------

LN2 = {True: (6.93147180369123816490e-01, 1.90821492927058770002e-10),
       False: (6.9313812256e-01, 9.0580006145e-06)}  # fmt: skip  # f64, f32 의 ln 2 를 둘로 나눈 것: 큰 쪽은 n 을 곱해도 정확하다
EXPONENTIAL = [float.fromhex(text) for text in (
    '0x1.0000000000001p-1', '0x1.5555555555556p-3', '0x1.5555555553d4fp-5', '0x1.11111111109adp-7', '0x1.6c16c17893833p-10',
    '0x1.a01a01a7c8d47p-13', '0x1.a019b8ef67c6cp-16', '0x1.71de0d9c145d0p-19', '0x1.2891a8c1d838dp-22', '0x1.af38d53857513p-26',
)]  # fmt: skip  # (e^r − 1 − r)/r² 의 계수. 상대 오차는 e^r 의 1.6e-17
LOGARITHM = (1.479819860511658591e-01, 1.531383769920937332e-01, 1.818357216161805012e-01, 2.222219843214978396e-01,
             2.857142874366239149e-01, 3.999999999940941908e-01, 6.666666666666735130e-01)  # fmt: skip


def _polynomial(z: Vector, terms: Iterable[float]) -> Vector:
    """terms 가 계수인 z 의 다항식: 높은 차수부터(Horner)."""
    return reduce(lambda p, c: p.times_plus(z, c), map(z.lifted, terms))


def _nearest(x: Vector, unit: float) -> tuple[ir.Value, Vector]:
    """x/unit 에 가장 가까운 정수 n: (정수의 레인, 수의 레인). 큰 수를 더하면 소수 부분이 반올림되고 아래 비트가 n 이 된다."""
    magic = x.lifted(1.5 * 2.0**x.form.mantissa)
    shifted = x.times_plus(1 / unit, magic)
    return x.builder.sub(shifted.bits(), magic.bits()), shifted - magic


def _clamped(x: Vector, low: float, high: float) -> Vector:
    """[low, high] 밖이면 그 끝. nan 은 지나간다."""
    x = (x > high).where(high, x)
    return (x < low).where(low, x)


def _power_of_two(like: Vector, n: ir.Value) -> Vector:
    """2ⁿ, 정규수의 범위에서."""
    b, form = like.builder, like.form
    return like.made(b.bitcast(b.shl(b.add(n, like.integer(form.bias)), like.integer(form.mantissa)), form.vector))


def _reduced(x: Vector) -> tuple[ir.Value, Vector]:
    """(n, e^r − 1): x = n·ln 2 + r, |r| ≤ ½ ln 2. 다항식은 짧은 사슬로(Estrin) 계산한다."""
    (n, whole), (high, low) = _nearest(x, math.log(2)), LN2[x.form.double]
    r = whole.times_plus(-low, whole.times_plus(-high, x))
    r2 = r * r
    terms = [r.times_plus(odd, even) for even, odd in zip(EXPONENTIAL[::2], EXPONENTIAL[1::2], strict=True)]
    if x.form.double:
        upper, lower = terms[4].times_plus(r2 * r2, terms[3].times_plus(r2, terms[2])), terms[1].times_plus(r2, terms[0])
        q = upper.times_plus(r2 * r2, lower)
    else:
        q = terms[2].times_plus(r2, terms[1]).times_plus(r2, terms[0])
    return n, q.times_plus(r2, r)


def _exp(x: Vector, shift: int = 0) -> Vector:
    """e^x · 2^shift. 2ⁿ 을 둘로 나누어 곱하므로 준정규수와 inf 로 바르게 간다."""
    b, ends = x.builder, (-746.0, 711.0) if x.form.double else (-105.0, 90.0)
    n, q = _reduced(_clamped(x, *ends))
    n = b.add(n, x.integer(shift))
    half = b.ashr(n, x.integer(1))
    return (1 + q) * _power_of_two(x, half) * _power_of_two(x, b.sub(n, half))


def _expm1(x: Vector) -> Vector:
    b, form = x.builder, x.form
    ends = (-60.0, 709.9) if form.double else (-30.0, 89.0)
    n, q = _reduced(_clamped(x, *ends))
    large = Mask(x, b.icmp_signed('>', n, x.integer(form.bias)))  # 2^1024 은 float 가 아니다: 2 를 하나 뗀다
    two_n = _power_of_two(x, b.select(large.bits, b.sub(n, x.integer(1)), n))
    y = q.times_plus(two_n, two_n - large.where(0, 1))
    return _signed(large.where(y * 2, y), x)


def _log_of(u: Vector, correction: Any = 0, raised: Any = 0) -> Vector:
    """ln u − raised·ln 2 + correction, u 는 정규수. u = 2ⁿ·(1 + f), √½ ≤ 1 + f < √2."""
    b, form = u.builder, u.form
    offset = b.sub(u.bits(), u.lifted(math.sqrt(0.5)).bits())
    exponent = b.ashr(offset, u.integer(form.mantissa))
    f = u.made(b.bitcast(b.sub(u.bits(), b.shl(exponent, u.integer(form.mantissa))), form.vector)) - 1
    n, s, (high, low) = u.made(b.sitofp(exponent, form.vector)) - raised, f / (2 + f), LN2[form.double]
    z = s * s
    p = _polynomial(z, LOGARITHM if form.double else LOGARITHM[3:])
    half = f * f * 0.5
    return n.times_plus(high, f - (half - (s * p.times_plus(z, half) + n.times_plus(low, correction))))


def _log(x: Vector) -> Vector:
    form = x.form
    tiny, more = x < 2.0 ** (1 - form.bias), form.mantissa + 2  # 준정규수는 2^more 을 곱해 정규수로
    return _log_ends(x, x, _log_of(tiny.where(x * 2.0**more, x), raised=tiny.where(more, 0)))


def _log1p(x: Vector) -> Vector:
    u = 1 + x
    lost = (x > 1).where(1 - (u - x), x - (u - 1))  # 1 + x 를 반올림하며 잃은 것
    return (x == 0).where(x, _log_ends(x, u, _log_of(u, lost / u)))


def _log_ends(x: Vector, u: Vector, y: Vector) -> Vector:
    """로그의 끝: u = 0 이면 −inf, 음수면 nan, inf 와 nan 은 그대로."""
    y = (u == 0).where(-math.inf, (u < 0).where(math.nan, y))
    return (u < math.inf).where(y, x)


def _signed(magnitude: Vector, x: Vector) -> Vector:
    return magnitude.intrinsic('copysign', x)


def _tanh(x: Vector) -> Vector:
    t = _expm1(-2 * abs(x))
    return _signed(t / (2 + t), x)


def _sinh(x: Vector) -> Vector:
    a, t = abs(x), _expm1(abs(x))
    return _signed((a < 1).where((t + t / (t + 1)) * 0.5, _exp(a, -1) - _exp(-a, -1)), x)


def _cosh(x: Vector) -> Vector:
    return _exp(abs(x), -1) + _exp(-abs(x), -1)


# 삼각 --------------------------------------------------------------------------------------------------------------------------

HALF_PI = [float.fromhex(text) for text in ('0x1.921fb54440000p+0', '0x1.68c234c4c0000p-39', '0x1.98a2e03707345p-77')]
FAR = 1e5  # 여기까지는 n < 2¹⁶ 이라 n 과 큰 두 조각의 곱이 정확하고, r 은 어느 x 에서나 2⁻⁶¹ 보다 크다
# (r − sin r)/r³ 과 (cos r − 1 + r²/2)/r⁴ 의 계수
SINE = (-1.58969099521155010221e-10, 2.50507602534068634195e-08, -2.75573137070700676789e-06,
        1.98412698298579493134e-04, -8.33333333332248946124e-03, 1.66666666666666324348e-01)  # fmt: skip
COSINE = (-1.13596475577881948265e-11, 2.08757232129817482790e-09, -2.75573143513906633035e-07,
          2.48015872894767294178e-05, -1.38888888888741095749e-03, 4.16666666666666019037e-02)  # fmt: skip


def _circular(name: str, quarters: int) -> Callable[..., Vector]:
    """sin(x + quarters·π/2): x = n·π/2 + r, |r| ≤ π/4 로 나누고(Cody–Waite) n 이 짝수면 ±sin r, 홀수면 ±cos r."""

    def operation(x: Vector) -> Vector:
        b = x.builder
        n, r, over = _within_quarter(x)
        n = b.add(n, x.integer(quarters))
        z = r * r
        sine = r - (z * r).times_plus(_polynomial(z, SINE), over)
        half = z * 0.5
        top = 1 - half
        cosine = top + (((1 - top) - half) + (z * (z * _polynomial(z, COSINE)) + r * over))
        odd = Mask(x, b.trunc(n, x.form.wide(ir.IntType(1))))
        sign = b.shl(b.lshr(n, x.integer(1)), x.integer(63))
        y = x.made(b.bitcast(b.xor(odd.where(cosine, sine).bits(), sign), x.form.vector))
        return y.mended(abs(x) > FAR, lambda: _libm(name)(x))

    return _in_double(operation)


def _within_quarter(x: Vector) -> tuple[ir.Value, Vector, Vector]:
    """(n, r, 반올림한 r 에서 더 뺄 것). 셋째 조각과, 둘째 조각을 빼며 잃은 것(TwoSum)은 나중에 뺀다."""
    (n, whole), (high, middle, low) = _nearest(x, math.pi / 2), HALF_PI
    large, small = x - whole * high, whole * middle
    rest = large - small
    back = rest - large
    left = whole * low - ((large - (rest - back)) - (small + back))
    r = rest - left
    return n, r, left - (rest - r)


# 나머지 ---------------------------------------------------------------------------------------------------------------------

def _lifted(operands: Iterable[Any]) -> list[Vector]:
    """피연산자를 모두 벡터로. 하나는 벡터다."""
    like = next(x for x in operands if isinstance(x, Vector))
    return [like.lifted(x) for x in operands]


def _instruction(name: str) -> Callable[..., Vector]:
    """IR 의 명령 하나."""

    def operation(*operands: Any) -> Vector:
        xs = _lifted(operands)
        return xs[0].made(getattr(xs[0].builder, name)(*[x.value for x in xs]))

    return operation


def _in_double(function: Callable[..., Vector]) -> Callable[..., Vector]:
    """function 을 배정도로: f32 의 벡터는 넓혀서 주고 결과를 한 번 반올림한다."""

    def operation(*operands: Any) -> Vector:
        xs = _lifted(operands)
        b, form, wide = xs[0].builder, xs[0].form, Format('f64', xs[0].form.lanes)
        if form.double:
            return function(*xs)
        z = function(*[Vector(wide, b, b.fpext(x.value, wide.vector)) for x in xs])
        return xs[0].made(b.fptrunc(z.value, form.vector))

    return operation


def _libm(name: str) -> Callable[..., Vector]:
    """C 의 수학 함수를 레인마다 한 번씩."""

    def operation(*operands: Vector) -> Vector:
        b = operands[0].builder
        function = declared(b.module, name, DOUBLE, [DOUBLE] * len(operands))
        lanes = zip(*[x.split() for x in operands], strict=True)
        return operands[0].collected([b.call(function, xs) for xs in lanes])

    return _in_double(operation)


def _compare(x: Any, y: Any) -> Vector:
    return (x > y).where(1, (x < y).where(-1, (x == y).where(0, math.nan)))


def _select(c: Any, x: Any, y: Any) -> Any:
    return (c > 0).where(x, (c <= 0).where(y, c)) if isinstance(c, Vector) else SCALARS.select(c, x, y)


def _quotient(x: Any, y: Any) -> Vector:
    exact = not isinstance(y, Vector) and math.frexp(y)[0] in (0.5, -0.5)  # 2 의 거듭제곱으로 나누는 것은 역수를 곱하는 것과 같다
    return x * (1 / y) if exact else _instruction('fdiv')(x, y)


def _power(x: Any, n: Any) -> Vector:
    """x**n. 벡터가 아닌 지수 가운데 흔한 것은 곱셈과 제곱근으로."""
    if isinstance(n, Vector) or (n not in MULTIPLIED and n not in (0.5, -0.5)):
        return _libm('pow')(x, n)
    if n == 0:
        return x.lifted(1)
    z = reduce(mul, [x] * abs(int(n))) if n in MULTIPLIED else (x + 0.0).intrinsic('sqrt')  # √−0.0 = −0.0
    return z if n > 0 else 1 / z


def _primitive(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """기초 연산 하나. 수만 받으면(규칙에 적힌 √2 처럼) 파이썬 수로 계산한다."""
    scalars = SCALARS.function(ops.named(name))
    return lambda *xs: function(*xs) if any(isinstance(x, Vector) for x in xs) else scalars(*xs)


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    **{name: _libm(name) for name in LIBM},
    **{name: _instruction(f'f{name}') for name in ('add', 'sub', 'mul', 'neg')}, 'div': _quotient,
    'abs': lambda x: x.intrinsic('fabs'), 'sqrt': lambda x: x.intrinsic('sqrt'), 'total': lambda *xs: reduce(add, xs),
    'exp': _exp, 'expm1': _expm1, 'log': _log, 'log1p': _log1p, 'tanh': _tanh, 'sinh': _sinh, 'cosh': _cosh,
    'sin': _circular('sin', 0), 'cos': _circular('cos', 1),
    'compare': _compare, 'select': _select, 'pow': _power,
}  # fmt: skip


def _otherwise(name: str) -> Callable[..., Any]:
    raise AttributeError(name)


VECTORS = Namespace(_otherwise, **{name: _primitive(name, function) for name, function in _FUNCTIONS.items()})
interpret(Vector, lambda op, xs: _power(*xs, *op.family[1]) if op.family else VECTORS.function(op)(*xs))
