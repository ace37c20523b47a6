"""LLVM 벡터: 표의 모든 줄이 규칙을 다시 적지 않고 기계어가 되고, 우리의 다항식은 적힌 정확도를 지킨다."""

import ctypes
import math

import mpmath
import numpy as np
import pytest
from llvmlite import ir

from micrograd_ko import ops
from micrograd_ko.compiler.machine.target import compiled
from micrograd_ko.kinds.lanes import I64, Format, Mask, Vector
from micrograd_ko.kinds.vectors import OWN_ULPS, VECTORS

POINTER = ir.PointerType()
FORMS = [Format('f64', 1), Format('f64', 2), Format('f64', 8), Format('f32', 4), Format('f32', 16)]
MP = mpmath.MPContext()
MP.prec = 160


def real(form):
    return np.float64 if form.double else np.float32


def runs(form, body, columns):
    """body(벡터들) 이 주는 벡터들을 배열 columns 의 칸마다 기계어로 계산한 것."""
    count = []

    def write(module):
        function = ir.Function(module, ir.FunctionType(ir.VoidType(), [I64, POINTER, POINTER]), 'body')
        n, given, wanted = function.args
        entry, loop, done = [function.append_basic_block() for _ in range(3)]
        b = ir.IRBuilder(entry)
        b.branch(loop)
        b.position_at_end(loop)
        i = b.phi(I64)
        i.add_incoming(ir.Constant(I64, 0), entry)

        def place(table, column):
            return b.gep(table, [b.add(b.mul(n, ir.Constant(I64, column)), i)], source_etype=form.element)

        xs = [Vector(form, b, b.load(place(given, column), typ=form.vector, align=form.size)) for column in range(len(columns))]
        results = [z.where(1, 0) if isinstance(z, Mask) else xs[0].lifted(z) for z in body(*xs)]
        count.append(len(results))
        for column, z in enumerate(results):
            b.store(z.value, place(wanted, column), align=form.size)
        following = b.add(i, ir.Constant(I64, form.lanes))
        i.add_incoming(following, b.block)
        b.cbranch(b.icmp_signed('<', following, n), loop, done)
        b.position_at_end(done)
        b.ret_void()

    address = compiled(['body'], write, form, cached=False)['body']
    n = -(-len(columns[0]) // form.lanes) * form.lanes
    given = np.array([np.resize(column, n) for column in columns], real(form))
    wanted = np.empty((count[0], n), real(form))
    ctypes.CFUNCTYPE(None, I, P, P)(address)(n, given.ctypes.data, wanted.ctypes.data)
    return wanted[:, : len(columns[0])].astype(float)


I, P = ctypes.c_int64, ctypes.c_void_p


def rounded(form, xs):
    with np.errstate(over='ignore'):
        return np.asarray(xs, real(form)).astype(float)


def truth(name, x):
    """(MP 의 참값, 정의되지 않으면 None)."""
    z = getattr(MP, name)(MP.mpf(x))
    return z if isinstance(z, MP.mpf) else None


@pytest.mark.parametrize('form', FORMS, ids=str)
@pytest.mark.parametrize('name', OWN_ULPS)
def test_our_functions_keep_their_promise(name, form):
    rng = np.random.default_rng(1)
    largest, smallest = (700.0, 1e-300) if form.double else (87.0, 1e-37)
    x = np.concatenate([rng.uniform(-largest, largest, 1000), rng.uniform(-1, 1, 1000), rng.uniform(-30, 30, 500),
                        np.exp(rng.uniform(math.log(smallest), math.log(largest), 500))])  # fmt: skip
    x = rounded(form, x[{'log': x > 0, 'sqrt': x > 0, 'log1p': x > -1}.get(name, x > -math.inf)])
    (found,) = runs(form, lambda v: [VECTORS.function(ops.named(name))(v)], [x])
    tiny, epsilon = float(np.finfo(real(form)).tiny), float(np.finfo(real(form)).eps)
    for argument, z in zip(x.tolist(), found.tolist(), strict=True):
        expected = truth(name, argument)
        if abs(expected) >= tiny:
            assert abs(MP.mpf(z) - expected) <= OWN_ULPS[name] * epsilon * abs(expected), (argument, z)


EDGES = [
    0.0, -0.0, 1.0, -1.0, math.inf, -math.inf, math.nan, 5e-324, -5e-324, 1e-310, 2.3e-308, 1.7e308, -1.7e308, 709.78, 709.79,
    710.4, 711.0, -708.5, -740.0, -745.1, -745.2, 1e9, -1e9, 88.7, 88.73, 89.5, -87.5, -103.9, -104.1, 1e-45, 1e-40, 3e38, 20.0,
    -20.0, -2.0,
]  # fmt: skip


@pytest.mark.parametrize('form', FORMS, ids=str)
@pytest.mark.parametrize('name', OWN_ULPS)
def test_our_functions_at_the_edges(name, form):
    """0 의 부호, inf, nan, 준정규수, 넘침: 배열의 것과 같다. 준정규수인 값은 그 눈금 하나까지."""
    x = rounded(form, EDGES)
    (found,) = runs(form, lambda v: [VECTORS.function(ops.named(name))(v)], [x])
    with np.errstate(all='ignore'):
        expected = rounded(form, getattr(np, name)(x))
    grain = float(np.finfo(real(form)).smallest_subnormal)
    for argument, z, wanted in zip(x.tolist(), found.tolist(), expected.tolist(), strict=True):
        if math.isfinite(wanted) and wanted != 0:
            assert abs(z - wanted) <= 4 * float(np.finfo(real(form)).eps) * abs(wanted) + grain, (argument, z, wanted)
        else:
            assert repr(z) == repr(wanted), argument
