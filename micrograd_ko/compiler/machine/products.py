"""행렬의 커널: 곱 하나와 뒤집기(transpose) 하나.

곱은 자리를 모두 표에서 읽는다.

  C[ci[i] + v] = α · Σₚ A[ai[i] + ap[p]] · B[bp[p] + v]   (+ S[si[i] + v])

그래서 순방향 Z = W·X, ∇X = Wᵀ·Δ, ∇W = Δ·Xᵀ, 자료를 있는 자리에서 읽는 첫 층, 흩어진 행, 미니배치의 표본, 갱신까지 한
W ← W − η·∇W 가 모두 이 커널 하나다. 무엇을 하는지는 레코드가 정한다.
"""

from collections.abc import Callable, Sequence

from llvmlite import ir

from micrograd_ko.compiler.machine.functions import Function, number
from micrograd_ko.kinds.lanes import I32, Format

# 주소와 자리의 표(64비트 정수). rows, terms 가 음수면 블록의 표본 수다. columns 는 v 의 수로 레인의 배수.
# adding 이면 S 를 더한다. stepping 이면 α 는 이번 스텝의 첫 상수(−η), 아니면 1 이다
PRODUCT = ('a', 'ai', 'ap', 'b', 'bp', 'c', 'ci', 's', 'si', 'rows', 'columns', 'terms', 'adding', 'stepping')
TRANSPOSED = ('source', 'offsets', 'target', 'distance', 'rows', 'columns')  # target[v·distance + r] = source[offsets[r] + v]
HEIGHTS = (6, 4, 2, 1)


def write_product(module: ir.Module, form: Format, registers: int) -> None:
    """곱. 결과의 조각(tile)을 레지스터에 둔다: 조각과 B 의 벡터와 A 의 수 하나가 모두 들어야 한다."""
    f = Function(module, 'product', form, PRODUCT)
    widths = (4, 2, 1) if registers == 32 else (3, 2, 1)
    b, count = f.b, f.field('count')
    rows, terms = [b.select(b.icmp_signed('<', f.field(name), number(0)), count, f.field(name)) for name in ('rows', 'terms')]
    one, stepping = ir.Constant(form.element, 1.0), b.icmp_signed('!=', f.field('stepping'), number(0))
    alpha = f.spread(b.select(stepping, b.fneg(f.load_one(f.pointer('constants'))), one))
    adding = b.icmp_signed('!=', f.field('adding'), number(0))

    def columns(left: ir.Value, width: int) -> None:
        heights = [height for height in HEIGHTS if (height + 1) * width < registers]
        _cut(f, rows, heights, 1, lambda top, height: tile(top, left, height, width))

    def tile(top: ir.Value, left: ir.Value, height: int, width: int) -> None:
        lefts = [b.add(left, number(v * form.lanes)) for v in range(width)]
        lines = [b.add(top, number(i)) for i in range(height)]
        starts = [f.pointer('a', f.entry_of('ai', i)) for i in lines]
        with f.loop(number(0), terms, 1, [f.zero().value] * (height * width)) as (p, now, after):
            row, column = f.entry_of('bp', p), f.entry_of('ap', p)
            bs = [f.load(f.pointer('b', b.add(row, v))) for v in lefts]
            for i, start in enumerate(starts):
                a = f.spread(f.load_one(f.at(start, column)))
                after += [a.times_plus(x, f.vector(now[i * width + v])).value for v, x in enumerate(bs)]
        with b.if_else(adding) as (added, alone):
            with added:
                put(after, lines, lefts, adding=True)
            with alone:
                put(after, lines, lefts, adding=False)

    def put(sums: Sequence[ir.Value], lines: Sequence[ir.Value], lefts: Sequence[ir.Value], adding: bool) -> None:
        for n, x in enumerate(sums):
            i, v = lines[n // len(lefts)], lefts[n % len(lefts)]
            y = f.vector(x) * alpha
            if adding:
                y = y + f.load(f.pointer('s', b.add(f.entry_of('si', i), v)))
            f.store(y, f.pointer('c', b.add(f.entry_of('ci', i), v)))

    _cut(f, f.field('columns'), widths, form.lanes, columns)
    f.end()


def _cut(f: Function, total: ir.Value, sizes: Sequence[int], unit: int, body: Callable[[ir.Value, int], None]) -> None:
    """0 … total 을 큰 크기(× unit)부터 들어가는 만큼 자른다: body(시작, 크기)."""
    at: ir.Value = number(0)
    for size in sizes:
        whole = number(size * unit)
        end = f.b.add(at, f.b.mul(f.b.sdiv(f.b.sub(total, at), whole), whole))
        with f.loop(at, end, size * unit) as (start, _, _after):
            body(start, size)
        at = end


def write_transposed(module: ir.Module, form: Format) -> None:
    """뒤집기: 레인의 수만큼의 정사각형을 레지스터에서 뒤집는다. rows 는 레인의 배수, columns 는 레인의 배수로 올려 쓴다."""
    f = Function(module, 'transposed', form, TRANSPOSED)
    lanes, columns, rows = range(form.lanes), f.field('columns'), f.field('rows')

    def shuffled(x: ir.Value, y: ir.Value, places: list[int]) -> ir.Value:
        return f.b.shuffle_vector(x, y, ir.Constant(ir.VectorType(I32, form.lanes), places))

    with f.loop(number(0), columns, form.lanes) as (v, _, _columns), f.loop(number(0), rows, form.lanes) as (r, _, _rows):
        places = [f.b.add(f.entry_of('offsets', f.b.add(r, number(i))), v) for i in lanes]
        xs = [f.load(f.pointer('source', place)).value for place in places]
        step = 1
        while step < form.lanes:  # 행 i 와 i + step 이 서로의 step 크기 조각을 바꾼다
            for i in [i for i in lanes if not i & step]:
                x, y = xs[i], xs[i + step]
                xs[i] = shuffled(x, y, [k if not k & step else form.lanes + k - step for k in lanes])
                xs[i + step] = shuffled(x, y, [k + step if not k & step else form.lanes + k for k in lanes])
            step *= 2
        for i, x in enumerate(xs):
            line = f.b.mul(f.b.add(v, number(i)), f.field('distance'))
            f.store(f.vector(x), f.pointer('target', f.b.add(line, r)))
    f.end()
