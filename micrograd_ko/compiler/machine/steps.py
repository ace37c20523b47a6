"""스텝(step)의 커널: 표본을 읽고, 기울기를 심고, 파라미터의 행을 채우고 모으고, 명령의 목록을 블록마다 스텝마다 부른다."""

import math
import sys

from llvmlite import ir

from micrograd_ko.compiler.machine.functions import KERNEL, POINTER, Function, number
from micrograd_ko.kinds.lanes import I32, I64, Format, declared

RESTING = 2**10  # 만나는 곳에서 이만큼 살필 때마다 코어를 내준다


def _locate(f: Function) -> None:
    """블록의 끝을 넘는 자리에는 마지막 표본을 되풀이한다: 가릴 것이 없고, 정의역을 벗어나지 않는다."""
    b, last = f.b, f.b.sub(f.field('count'), number(1))
    indexed = b.icmp_signed('!=', f.field('indexed'), number(0))
    with f.loop(number(0), f.field('block')) as (s, _, _after):
        at = f.smaller(s, last)
        sample = b.select(indexed, f.entry_of('index', at), at)
        b.store(b.mul(sample, f.field('distance')), f.at(f.pointer('target'), s, I64))


def _clear(f: Function) -> None:
    with f.loop(f.field('begin'), f.field('end'), f.form.lanes) as (e, _, _after):
        f.store(f.zero(), f.pointer('base', e))


def _seed(f: Function) -> None:
    """손실의 행에 ∂C/∂C_x 를 놓는다."""
    with f.loop(number(0), f.field('block'), f.form.lanes) as (s, _, _after):
        f.store(f.spread(f.field('seed', f.form.element)), f.pointer('grads', f.b.add(f.field('row'), s)))


def _move(f: Function) -> None:
    adding, nothing = f.b.icmp_signed('!=', f.field('adding'), number(0)), ir.Constant(f.form.element, 0.0)
    with f.loop(number(0), f.field('length')) as (i, _, _after):
        place = f.pointer('target', f.entry_of('places', i))
        there = f.b.select(adding, f.load_one(place), nothing)
        f.b.store(f.b.fadd(f.load_one(f.pointer('source', f.entry_of('origins', i))), there), place)


def _collect(f: Function) -> None:
    """행들의 값을 표본마다 제 번호의 자리에 옮긴다."""
    b, length = f.b, f.field('length')
    with f.loop(number(0), f.field('count')) as (s, _, _samples):
        start = b.mul(f.entry_of('index', s), length)
        with f.loop(number(0), length) as (i, _, _rows):
            x = f.load_one(f.pointer('values', b.add(f.entry_of('elements', i), s)))
            b.store(x, f.pointer('target', b.add(start, i)))


def _parameters_forward(f: Function) -> None:
    with f.loop(number(0), f.field('length')) as (i, _, _rows):
        x, row = f.spread(f.load_one(f.pointer('theta', f.entry_of('slots', i)))), f.b.mul(i, f.field('block'))
        with f.loop(number(0), f.field('block'), f.form.lanes) as (s, _, _samples):
            f.store(x, f.pointer('values', f.b.add(f.field('out'), f.b.add(row, s))))


def _parameters_backward(f: Function) -> None:
    with f.loop(number(0), f.field('length')) as (i, _, _rows):
        row = f.b.mul(i, f.field('block'))
        with f.loop(number(0), f.field('block'), f.form.lanes, [f.zero().value]) as (s, now, after):
            g = f.load(f.pointer('grads', f.b.add(f.field('out'), f.b.add(row, s))))
            after.append((f.vector(now[0]) + f.before(s, f.field('count')).where(g, 0)).value)
        place = f.pointer('gradient', f.entry_of('slots', i))
        f.b.store(f.b.fadd(f.load_one(place), f.sum(f.vector(after[0]))), place)


def _run(f: Function) -> None:
    """스텝마다 before, 블록마다 each, 끝으로 after. 스텝의 표본은 batch 개씩이고 마지막은 남은 만큼이다.

    스텝의 표본 가운데 begin … end 가 이 스레드의 것이다.
    """
    b, samples, batch, block = f.b, f.field('samples'), f.field('batch'), f.field('block')
    one, mean = ir.Constant(f.form.element, 1.0), b.icmp_signed('!=', f.field('mean'), number(0))
    with f.loop(number(0), samples, batch) as (start, _, _steps):
        size = f.smaller(batch, b.sub(samples, start))
        b.store(b.select(mean, b.fdiv(one, b.sitofp(size, f.form.element)), one), f.cell('seed', b))
        _call(f, 'before')
        begin, end = [f.smaller(size, f.field(name)) for name in ('begin', 'end')]
        with f.loop(begin, end, block) as (at, _, _blocks):
            b.store(f.smaller(block, b.sub(end, at)), f.cell('count', b))
            index = f.at(f.pointer('order'), b.add(start, at), I64)
            b.store(b.ptrtoint(index, I64), f.cell('index', b))
            _call(f, 'each')
        _call(f, 'after')
        constants = f.cell('constants', b)
        b.store(b.add(b.load(constants, typ=I64), f.field('advance')), constants)


def _meet(f: Function) -> None:
    """모든 스레드가 여기 올 때까지 기다린다. 오래도록 오지 않으면 flag 를 nan 으로 하고 간다: 그 스텝들은 버려진다."""
    b, arrived, threads = f.b, f.pointer('arrived'), f.field('threads')
    before = b.atomic_rmw('add', arrived, number(1), 'acq_rel')
    all_here = b.mul(b.add(b.sdiv(before, threads), number(1)), threads)
    start, head, waiting, after = b.block, *[f.function.append_basic_block() for _ in range(3)]
    b.branch(head)
    b.position_at_end(head)
    tries = b.phi(I64)
    tries.add_incoming(number(0), start)
    absent = b.icmp_signed('<', b.load_atomic(arrived, 'acquire', 8, typ=I64), all_here)
    b.cbranch(b.and_(absent, b.icmp_signed('<', tries, f.field('patience'))), waiting, after)
    b.position_at_end(waiting)
    if sys.platform != 'win32':
        with b.if_then(b.icmp_signed('==', b.and_(tries, number(RESTING - 1)), number(RESTING - 1))):
            b.call(declared(b.module, 'sched_yield', I32, []), [])  # 코어가 모자라면 오지 않은 스레드에게 넘긴다
    tries.add_incoming(b.add(tries, number(1)), b.block)
    b.branch(head)
    b.position_at_end(after)
    lost = f.spread(b.select(absent, ir.Constant(f.form.element, math.nan), ir.Constant(f.form.element, 0.0)))
    f.store(f.load(f.pointer('flag')) + lost, f.pointer('flag'))


def _call(f: Function, records: str) -> None:
    """레코드의 목록을 차례로 부른다."""
    with f.loop(number(0), f.field(f'{records}_length')) as (i, _, _after):
        record = f.b.inttoptr(f.entry_of(records, i), POINTER)
        kernel = f.b.inttoptr(f.b.load(record, typ=I64), POINTER)
        f.b.call(_Callee(kernel), [f.function.args[0], record])


class _Callee:
    """주소로 부르는 커널: llvmlite 는 부를 것에게 함수의 형을 묻는다."""

    function_type = KERNEL

    def __init__(self, address: ir.Value) -> None:
        self.get_reference = address.get_reference


LISTED = [f'{name}{part}' for name in ('before', 'each', 'after') for part in ('', '_length')]  # 부를 레코드의 목록과 그 길이
_KERNELS = {  # 이름 → (적는 함수, 레코드의 칸)
    'locate': (_locate, ('target', 'distance', 'indexed')),  # 표본마다 그 자료가 시작하는 자리
    'clear': (_clear, ('base', 'begin', 'end')),
    'seed': (_seed, ('row',)),
    # target[places[i]] 에 source[origins[i]] 를 놓거나 더한다
    'move': (_move, ('source', 'origins', 'target', 'places', 'length', 'adding')),
    'collect': (_collect, ('elements', 'length', 'target')),  # 행마다 표에서 시작하는 원소, 행의 수, 표본 × 행의 배열
    'meet': (_meet, ('arrived', 'threads', 'patience')),  # 온 스레드를 세는 곳, 스레드의 수, 기다리며 살피는 횟수의 위 끝
    'parameters_forward': (_parameters_forward, ('out', 'slots', 'length')),
    'parameters_backward': (_parameters_backward, ('out', 'slots', 'length')),
    'run': (_run, (*LISTED, 'order', 'samples', 'batch', 'begin', 'end', 'mean', 'advance')),
}
RECORDS = {name: fields for name, (_, fields) in _KERNELS.items()}


def write_steps(module: ir.Module, form: Format) -> None:
    """이 모듈의 모든 커널."""
    for name, (write, fields) in _KERNELS.items():
        f = Function(module, name, form, fields)
        write(f)
        f.end()
