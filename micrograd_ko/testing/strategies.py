"""hypothesis 전략(strategy): 연산이 정의된 수, 임의의 프로그램, 임의의 신경망.

프로그램은 한 줄씩 자란다. 줄마다 연산을 고르고, 그 연산이 정의되고 결과가 크지 않은 피연산자만 고르므로 버리는 표본이 없다.
단순한 것(앞선 연산, 앞선 줄, 적은 줄, 0 에 가까운 정수)이 앞에 있어 실패가 짧은 코드로 줄어든다(shrink).
"""

import math
import random
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from micrograd_ko import ops
from micrograd_ko.nn import MLP
from micrograd_ko.number import Number
from micrograd_ko.operation import EDGE_ERRORS, Op
from micrograd_ko.testing.straight_line import Constant, Program, Step

LARGEST = 1e12  # 줄의 값과 그 편미분이 넘지 않는 크기
LISTS: dict[str, tuple[bool, ...]] = {  # n항 연산의 인수: True 면 목록
    'total': (True,), 'dot': (True, True), 'affine': (True, True, False), 'logsumexp': (True,),
}  # fmt: skip
FAMILY = tuple(map(ops.power, (2, 3, -1, 0.5, 0, 1, -2, 1.5)))
EXACT = ('add', 'sub', 'mul', 'div', 'neg', 'identity', 'reciprocal', 'square', 'select', 'step', 'sign', 'abs', 'relu',
         'leaky_relu', 'maximum', 'minimum', 'total', 'dot', 'affine')  # fmt: skip


def reals_in(op: Op, operand: int = 0) -> st.SearchStrategy[float]:
    """op 의 operand 번째 피연산자를 `sample` 구간에서 뽑는다. 작은 수와 큰 수, 구간의 끝을 고루 섞는다."""
    if op.arity is not None and not 0 <= operand < op.arity:
        raise ValueError(f'{op.name} 의 피연산자(operand)는 0 … {op.arity - 1} 번입니다. {operand} 을(를) 받았습니다.')
    low, high = op.sample[operand if op.arity is not None else 0]
    return reals(low, high)


def reals(low: float, high: float) -> st.SearchStrategy[float]:
    """[low, high] 의 float. 크기가 10⁻⁸ 부터 고르게, 끝과 정수도. 간단한 정수로 줄어든다."""
    whole = st.integers(max(math.ceil(low), -3), min(math.floor(high), 3)).map(float) if low <= 3 and high >= -3 else st.nothing()
    return st.one_of(
        whole,
        st.floats(low, high),
        st.builds(_scaled, st.floats(1, 10), st.integers(-8, 8), st.sampled_from([1, -1])).filter(lambda x: low <= x <= high),
    )


def _scaled(mantissa: float, exponent: int, sign: int) -> float:
    return sign * mantissa * 10.0**exponent


@st.composite
def programs(
    draw: st.DrawFn,
    operations: Sequence[Op] | None = None,
    max_inputs: int = 3,
    max_steps: int = 8,
    numbers: st.SearchStrategy[Any] | None = None,
) -> Program:
    """임의의 프로그램: 입력 1 … max_inputs 개, 줄 1 … max_steps 개. 피연산자를 여러 줄이 나누어 쓰고 상수도 섞인다.

    operations: 쓸 연산(기본은 표의 모든 줄과 x**n 몇 개). numbers: 입력과 상수를 뽑는 전략(기본은 ±10 의 float).
    """
    pool = list(operations) if operations is not None else [*ops.table.values(), *FAMILY]
    number = numbers if numbers is not None else reals(-10.0, 10.0)
    inputs = draw(st.lists(number, min_size=1, max_size=max_inputs))
    values: list[Number] = list(inputs)
    steps: list[Step] = []
    for _ in range(draw(st.integers(1, max_steps))):
        step = _draw_step(draw, draw(st.sampled_from(pool)), values, number)
        if step is not None:
            steps.append(step)
            values.append(step.op(*[_value(argument, values) for argument in step.arguments]))
    if not steps:
        steps.append(Step(ops.identity, (0,)))
    return Program(tuple(inputs), tuple(steps))


def _draw_step(draw: st.DrawFn, op: Op, values: list[Number], number: st.SearchStrategy[Any]) -> Step | None:
    """op 를 쓰는 줄 하나. 앞줄의 어떤 값에서도 정의되지 않으면 None."""
    rows = st.integers(0, len(values) - 1)
    if op.arity is None:
        length = draw(st.integers(1, 3))
        part = st.one_of(rows, number.map(Constant))
        parts = st.tuples(rows, *[part] * (length - 1))  # 앞줄이 적어도 하나 있어야 그래프가 이어진다
        arguments = tuple([draw(parts if many else part) for many in LISTS.get(op.name, (True,))])
        return Step(op, arguments) if _fits(op, arguments, values) else None
    others: list[Any] = []
    constant = op.arity > 1 and draw(st.integers(0, 3)) == 3
    place = draw(st.integers(0, op.arity - 1)) if constant else -1
    for i in range(op.arity - 1):
        others.append(draw(number.map(Constant)) if i == place else draw(rows))
    choices = [i for i in range(len(values)) if _fits(op, (*others, i), values)]
    if not choices:
        return None
    return Step(op, (*others, draw(st.sampled_from(choices))))


def _fits(op: Op, arguments: tuple, values: list[Number]) -> bool:
    """정의되고, 결과와 편미분이 LARGEST 를 넘지 않는가."""
    xs = [_value(part, values) for part in Step(op, arguments).flat()]
    try:
        z = op.apply(*xs)
        return all(abs(d) <= LARGEST for d in (z, *op.derivatives(z, *xs)))
    except EDGE_ERRORS:
        return False


def _value(argument: Any, values: list[Number]) -> Any:
    if type(argument) is tuple:
        return [_value(part, values) for part in argument]
    return argument.number if isinstance(argument, Constant) else values[argument]


@st.composite
def networks(
    draw: st.DrawFn,
    activations: Sequence[Op | str] = ('sigmoid', 'tanh', 'relu', 'identity'),
    max_layers: int = 3,
    max_width: int = 4,
    numbers: st.SearchStrategy[Any] | None = None,
) -> tuple[MLP, list, list]:
    """(신경망, 표본 x, 목표 y). 층 1 … max_layers 개, 폭 1 … max_width, 가중치와 표본은 numbers(기본은 ±3 의 float)."""
    sizes = draw(st.lists(st.integers(1, max_width), min_size=2, max_size=max_layers + 1))
    number = numbers if numbers is not None else reals(-3.0, 3.0)
    activation, output = draw(st.sampled_from(list(activations))), draw(st.sampled_from(list(activations)))

    def init(_: random.Random, nin: int) -> tuple[list, Any]:
        return [draw(number) for _ in range(nin)], draw(number)

    net = MLP(sizes[0], sizes[1:], activation, output, init=init)
    x, y = ([draw(number) for _ in range(n)] for n in (sizes[0], sizes[-1]))
    return net, x, y
