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
from micrograd_ko.kinds.precise import exact
from micrograd_ko.kinds.vectors import FAR, OWN_ULPS, VECTORS
from micrograd_ko.operation import Op

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


def near_quarter_turns(form):
    """π/2 의 배수와 아주 가까운 수(배수는 double 이 특히 가까운 것들), π/4 의 둘레, 다항식을 쓰는 끝과 그 너머."""
    far = [math.exp(k) for k in range(12, 700 if form.double else 88)]
    whole = [float(n * MP.pi / 2) for n in [*range(1, 60), *[29 << k for k in range(12)], 29327, 63661, 63662]]
    x = rounded(form, [*whole, *[n * math.pi / 4 for n in range(1, 100)], FAR, *far])
    up, down = [np.nextafter(x.astype(real(form)), real(form)(end)).astype(float) for end in (np.inf, 0)]
    return np.concatenate([x, -x, up, down])


@pytest.mark.parametrize('form', FORMS, ids=str)
@pytest.mark.parametrize('name', OWN_ULPS)
def test_our_functions_keep_their_promise(name, form):
    rng = np.random.default_rng(1)
    largest, smallest = (700.0, 1e-300) if form.double else (87.0, 1e-37)
    x = np.concatenate([rng.uniform(-largest, largest, 1000), rng.uniform(-1, 1, 1000), rng.uniform(-30, 30, 500),
                        np.exp(rng.uniform(math.log(smallest), math.log(largest), 500))])  # fmt: skip
    x = rounded(form, x[{'log': x > 0, 'sqrt': x > 0, 'log1p': x > -1}.get(name, x > -math.inf)])
    if name in ('sin', 'cos'):
        x = np.concatenate([x, near_quarter_turns(form)])
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


@pytest.mark.parametrize('name', ['sin', 'cos'])
def test_a_lane_does_not_depend_on_its_neighbours(name):
    """다항식의 레인은 옆 레인이 libm 으로 가도 같은 비트다."""
    form = Format('f64', 8)
    x = np.random.default_rng(3).uniform(-50, 50, 64)
    mixed = np.where(np.arange(64) % 5 == 0, 1e9, x)
    (alone,), (beside,) = [runs(form, lambda v: [VECTORS.function(ops.named(name))(v)], [each]) for each in (x, mixed)]
    assert (alone[mixed == x] == beside[mixed == x]).all()
    assert beside[mixed != x] == pytest.approx(float(truth(name, 1e9)), rel=1e-15)


ROWS = {**ops.table, **{op.name: op for op in map(ops.power, (0, 1, 2, 3, 8, 9, -1, -2, -3, 0.5, -0.5, 1.5))}}
FOR_MANY = {'dot': 4, 'affine': 5}  # n항 연산의 피연산자의 수. 나머지는 3


def sampled(op, rng, size=64):
    """op 의 피연산자의 배열들: 구간에서 고르게, 절반은 0 가까이에서."""
    arity = op.arity or FOR_MANY.get(op.name, 3)
    columns = []
    for low, high in (op.sample * arity)[:arity]:
        near = rng.uniform(max(low, -2.0), min(high, 2.0), size) if low < 2 and high > -2 else rng.uniform(low, high, size)
        columns.append(np.concatenate([rng.uniform(low, high, size), near]))
    return columns


@pytest.mark.parametrize('form', [Format('f64', 8), Format('f32', 16)], ids=str)
@pytest.mark.parametrize('name', ROWS)
def test_every_row_of_the_table_runs_on_vectors(name, form):
    """순방향은 표가 약속한 정확도(f32 는 그 ε)로, 편미분은 배열의 것과, 정의역은 그대로. 규칙은 한 번도 다시 적지 않았다."""
    op, epsilon = ROWS[name], float(np.finfo(real(form)).eps)
    xs = [rounded(form, x) for x in sampled(op, np.random.default_rng(2))]

    def everything(*v):
        z = v[0].lifted(VECTORS.function(op)(*v))
        return [z, *op.derivatives(z, *v), *([op.defined(*v)] if op.defined else [])]

    found = runs(form, everything, xs)
    largest = float(np.finfo(real(form)).max)
    for column, operands in enumerate(zip(*[x.tolist() for x in xs], strict=True)):
        z, inside = float(found[0, column]), not op.defined or op.defined(*operands)
        if op.defined:
            assert bool(found[-1, column]) == inside
        if not inside:
            continue
        truth = op.apply(*map(exact, operands))
        if not largest > abs(truth) > 1 / largest:
            continue
        size = abs(truth)
        if op.conditioned:
            rules = op.derivatives(truth, *map(exact, operands))
            terms = sum(abs(x * d) for x, d in zip(operands, rules, strict=True)) + (op.name == 'logsumexp')
            size = (size + terms) * (len(operands) if op.arity is None else 1)
        assert abs(truth - z) <= op.ulps * epsilon * size, operands
        with np.errstate(all='ignore'):
            partials = op.derivatives(np.float64(z), *map(np.float64, operands))
        for d, given in zip(partials, found[1:, column].tolist(), strict=False):
            if abs(d) < largest:
                assert abs(given - d) <= 64 * epsilon * max(abs(d), 1), operands


def test_a_derived_row_that_was_registered_later_runs_too():
    """표에 더한 줄이 여기의 아무것도 바꾸지 않고 벡터에서 돈다."""
    ops.register(Op('bump', lambda m, x: m.exp(-x * x) * m.sqrt(2) + m.select(x, x, 0), (lambda z, x: -2 * x * z,)))
    try:
        x = np.linspace(-2.0, 2.0, 33)
        (z,) = runs(Format('f64', 8), lambda v: [VECTORS.function(ops.named('bump'))(v)], [x])
        assert z == pytest.approx(np.exp(-x * x) * math.sqrt(2) + np.maximum(x, 0), rel=1e-14)
    finally:
        ops.unregister('bump')


def test_a_rule_that_branches_on_a_comparison_says_what_to_write():
    with pytest.raises(TypeError, match='select'):
        runs(Format('f64', 4), lambda v: [v if v > 0 else -v], [np.ones(4)])


def test_wrong_code_is_refused_before_it_is_compiled():
    """틀린 IR 은 프로세스를 죽이기 전에 오류가 된다."""

    def write(module):
        function = ir.Function(module, ir.FunctionType(ir.VoidType(), []), 'broken')
        ir.IRBuilder(function.append_basic_block())  # 끝(terminator)이 없는 블록

    with pytest.raises(RuntimeError):
        compiled(['broken'], write, Format('f64', 8), cached=False)
