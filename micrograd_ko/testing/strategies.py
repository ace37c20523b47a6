"""hypothesis 전략(strategy): 연산이 정의된 수, 임의의 프로그램, 임의의 신경망.

프로그램은 한 줄씩 자란다. 줄마다 연산을 고르고, 그 연산이 정의되고 결과가 크지 않은 피연산자만 고르므로 버리는 표본이 없다.
단순한 것(앞선 연산, 앞선 줄, 적은 줄, 작은 정수)이 앞에 있어 실패가 짧은 코드로 줄어든다(shrink).
"""

import operator
import random
from collections.abc import Sequence
from typing import Any

from hypothesis import reject
from hypothesis import strategies as st

from micrograd_ko import ops
from micrograd_ko.misuse import brief, listed
from micrograd_ko.nn import MLP
from micrograd_ko.number import Number
from micrograd_ko.operation import EDGE_ERRORS, Op
from micrograd_ko.testing.straight_line import Assignment, Constant, StraightLine

LARGEST = 1e12  # 줄의 값과 그 편미분이 넘지 않는 크기
SMALLEST = 1e-8  # 크기를 고르게 뽑는 구간의 아래 끝
FAMILY = tuple(map(ops.power, (2, 3, -1, 0.5, 0, 1, -2, 1.5)))


def reals_in(op: Op, operand: int = 0) -> st.SearchStrategy[float]:
    """op 의 operand 번째 피연산자를 `sample` 구간에서 뽑는다. 작은 수와 큰 수, 구간의 끝을 고루 섞는다."""
    (op,) = _operations([op])
    if op.arity is not None and operand not in range(op.arity):
        raise ValueError(f'{op.name} 의 피연산자(operand)는 0 … {op.arity - 1} 번입니다. {operand} 을(를) 받았습니다.')
    low, high = op.sample[operand if op.arity is not None else 0]
    return reals(low, high)


def reals(low: float, high: float) -> st.SearchStrategy[float]:
    """[low, high] 의 float: 작은 정수, 아무 수, 크기가 SMALLEST 부터 로그로 고른 양수와 음수.

    1 로 줄어든다: 0 에서는 꺾인 점과 0 인 미분이 틀린 규칙을 가려, 실패가 덜 줄어든다.
    """
    whole = [float(n) for n in (1, 2, 3, 0, -1, -2, -3) if low <= n <= high]
    return st.one_of(
        st.sampled_from(whole) if whole else st.nothing(),
        st.floats(low, high),
        _sizes(max(low, SMALLEST), high),
        _sizes(max(-high, SMALLEST), -low).map(operator.neg),
    )


def _sizes(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(0, 1).map(lambda t: min(low * (high / low) ** t, high)) if low <= high else st.nothing()


@st.composite
def programs(
    draw: st.DrawFn, operations: Sequence[Op] | None = None, max_inputs: int = 3, max_steps: int = 8,
    numbers: st.SearchStrategy[Any] | None = None,
) -> StraightLine:  # fmt: skip
    """임의의 프로그램: 입력 1 … max_inputs 개, 줄 1 … max_steps 개. 피연산자를 여러 줄이 나누어 쓰고 상수도 섞인다.

    operations: 쓸 연산(기본은 표의 모든 줄과 x**n 몇 개). numbers: 입력과 상수를 뽑는 전략(기본은 ±10 의 float).
    어느 연산도 쓸 수 없는 입력이면 연산의 `sample` 에서 다시 뽑는다. 그래도 없으면 그 표본을 세지 않는다: 아무것도 확인하지 않은
    시험이 통과하지 않고, hypothesis 가 표본을 찾지 못했다(Unsatisfiable)고 말한다.
    """
    pool = _operations(operations) if operations is not None else [*ops.table.values(), *FAMILY]
    number = numbers if numbers is not None else reals(-10.0, 10.0)
    inputs = draw(st.lists(number, min_size=1, max_size=max_inputs))
    values: list[Number] = list(inputs)
    steps: list[Assignment] = []
    for _ in range(max_steps):
        if steps and not draw(st.integers(0, 7)):  # 줄마다 묻는다: 줄을 하나씩 지우며 줄어든다
            break
        step = _draw_step(draw, draw(st.sampled_from(pool)), values, number)
        if step is not None:
            steps.append(step)
            values.append(step.op.apply(*step.operands(values)))
    if not steps:
        inputs, step = _draw_in_sample(draw, draw(st.sampled_from(pool)), numbers)
        steps = [step] if _fits(step, inputs) else reject()
    return StraightLine(tuple(inputs), tuple(steps))


def _operations(operations: Any) -> list[Op]:
    """연산의 목록. 연산이 아닌 것이 있으면 TypeError."""
    wanted = '연산은 표의 줄입니다: ops.exp, 목록이면 [ops.exp, ops.add].'
    found = listed(operations, wanted)
    for op in found:
        if not isinstance(op, Op):
            raise TypeError(f'{wanted} {brief(op)} 을(를) 받았습니다.')
    return found


def _draw_in_sample(draw: st.DrawFn, op: Op, numbers: st.SearchStrategy[Any] | None) -> tuple[list[Number], Assignment]:
    """op 하나와 그 피연산자만큼의 입력. 목록의 길이는 1 이다."""
    arguments = tuple([(i,) if name[0] in '*+' else i for i, name in enumerate(op.arguments)])
    inputs = [draw(numbers if numbers is not None else reals_in(op, i if op.arity else 0)) for i in range(len(arguments))]
    return inputs, Assignment(op, arguments)


def _draw_step(draw: st.DrawFn, op: Op, values: list[Number], number: st.SearchStrategy[Any]) -> Assignment | None:
    """op 를 쓰는 줄 하나. 앞줄의 어떤 값에서도 정의되지 않으면 None. 앞줄이 적어도 하나 있어 그래프가 이어진다."""
    rows = st.integers(0, len(values) - 1)
    part = st.one_of(rows, rows, number.map(Constant))
    if op.arity is None:
        parts = st.tuples(rows, *[part] * draw(st.integers(0, 2)))
        drawn = [tuple([draw(parts if name[0] in '*+' else part) for name in op.arguments])]
    else:
        place, others = draw(st.integers(0, op.arity - 1)), [draw(part) for _ in range(op.arity - 1)]
        drawn = [(*others[:place], row, *others[place:]) for row in range(len(values))]
    fitting = [step for step in [Assignment(op, arguments) for arguments in drawn] if _fits(step, values)]
    return draw(st.sampled_from(fitting)) if fitting else None


def _fits(step: Assignment, values: list[Number]) -> bool:
    """정의되고, 결과와 편미분이 LARGEST 를 넘지 않는가. nan 인 편미분은 가리지 않는다: 틀린 규칙이다."""
    xs = step.operands(values)
    try:
        z = step.op.apply(*xs)
        return abs(z) <= LARGEST and not any(abs(d) > LARGEST for d in step.op.derivatives(z, *xs))
    except EDGE_ERRORS:
        return False


@st.composite
def networks(
    draw: st.DrawFn, activations: Sequence[Op | str] = ('sigmoid', 'tanh', 'relu', 'identity'), max_layers: int = 3,
    max_width: int = 4, numbers: st.SearchStrategy[Any] | None = None,
) -> tuple[MLP, list, list]:  # fmt: skip
    """(신경망, 표본 x, 목표 y). 층 1 … max_layers 개, 폭 1 … max_width, 가중치와 표본은 numbers(기본은 ±3 의 float)."""
    sizes = draw(st.lists(st.integers(1, max_width), min_size=2, max_size=max_layers + 1))
    number = numbers if numbers is not None else reals(-3.0, 3.0)
    activation, output = draw(st.sampled_from(list(activations))), draw(st.sampled_from(list(activations)))

    def init(_: random.Random, nin: int) -> tuple[list, Any]:
        return [draw(number) for _ in range(nin)], draw(number)

    net = MLP(sizes[0], sizes[1:], activation, output, init=init)
    x, y = ([draw(number) for _ in range(n)] for n in (sizes[0], sizes[-1]))
    return net, x, y
