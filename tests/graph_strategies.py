"""시험이 뽑는 그래프: 표의 연산을 아무렇게나 이은 것, 노드를 나누어 쓰는 것도. 그 위에서 무엇을 요구할 수 있는지도."""

import math
from dataclasses import dataclass

from hypothesis import strategies as st

from micrograd_ko import DomainError, Value, ops
from micrograd_ko.kinds.bounds import Bounded
from micrograd_ko.operation import table
from micrograd_ko.staleness import replay

NUMBERS = st.one_of(st.floats(-3, 3, allow_subnormal=False), st.sampled_from([0.0, 1.0, -1.0, 0.5, 2.0, 40.0, -800.0]))
EXACT = [ops.named(name) for name in (  # Fraction 을 Fraction 으로 남기는 연산
    'add', 'sub', 'mul', 'div', 'neg', 'identity', 'reciprocal', 'square', 'select', 'step', 'sign', 'abs', 'relu', 'leaky_relu',
    'maximum', 'minimum', 'total', 'dot', 'affine',
)]  # fmt: skip
# 더하면 서로 지우는 수: 순서를 바꾸면 눈에 띈다
CANCELLING = st.sampled_from([0.0, 0.1, -0.25, 0.5, 1.0, -1.0, 3.0, 3e-9, 1.7e9, 1.7e9 + 0.25, -1.7e9, 1e16, -1e16])
LINEAR = [ops.add, ops.sub, ops.neg, ops.mul, ops.total, ops.dot, ops.affine]


def operand_count(op, terms):
    """납작하게 편 피연산자의 수: 목록마다 terms 개, 나머지는 하나씩."""
    return sum(terms if name[0] in '*+' else 1 for name in op.arguments)


@dataclass
class Graph:
    inputs: list[Value]
    parameters: list[Value]
    nodes: list[Value]

    @property
    def loss(self) -> Value:
        return self.nodes[-1]

    def __repr__(self) -> str:
        names = {leaf: f'x{i}' for i, leaf in enumerate(self.inputs)} | {leaf: f'w{i}' for i, leaf in enumerate(self.parameters)}
        lines = []
        for i, node in enumerate(self.nodes):
            names[node] = f'n{i}'
            lines.append(f'n{i} = {node.op.name}({", ".join(names.get(p, repr(p.data)) for p in node.parents)})')
        return '; '.join(lines)


@st.composite
def graphs(draw, operations=None, constants=(0, 1, -1, 2, 0.5)) -> Graph:
    """입력 3개, 파라미터 4개, 연산 14개까지."""
    operations = operations or [*table.values(), *LINEAR * 3, *map(ops.power, (2, -1, 0.5, 0, 3))]
    inputs = [Value(draw(NUMBERS)) for _ in range(draw(st.integers(1, 3)))]
    parameters = [Value(draw(NUMBERS)) for _ in range(draw(st.integers(1, 4)))]
    nodes: list[Value] = []
    for _ in range(draw(st.integers(1, 14))):
        op = draw(st.sampled_from(operations))
        made = _applied(draw, op, [*inputs, *parameters, *nodes], constants)
        if made is not None:
            nodes.append(made)
    if not nodes:
        nodes.append(inputs[0] * parameters[0])
    return Graph(inputs, parameters, nodes)


def _applied(draw, op, pool, constants):
    pick = st.one_of(st.sampled_from(pool[::-1]), st.sampled_from(pool[::-1]), st.sampled_from(constants))
    length = draw(st.integers(1, 3))
    operands = list(op.flat([[draw(pick) for _ in range(length)] if name[0] in '*+' else draw(pick) for name in op.arguments]))
    if not any(isinstance(x, Value) for x in operands):
        operands[0] = draw(st.sampled_from(pool))
    try:
        return op.apply(*operands)
    except DomainError:
        return None


@st.composite
def sums(draw) -> Graph:
    """한 번씩만 쓰이는 합과 곱의 나무: 컴파일러가 모두 펼 수 있는 것. 잎은 서로 지우는 수이고 거듭 쓰인다."""
    inputs = [Value(draw(CANCELLING)) for _ in range(draw(st.integers(1, 3)))]
    parameters = [Value(draw(CANCELLING)) for _ in range(draw(st.integers(1, 3)))]
    leaves, nodes = [*inputs, *parameters], []
    open_ends = [draw(st.sampled_from(leaves)) for _ in range(draw(st.integers(3, 7)))]
    while len(open_ends) > 1:
        x, y = (open_ends.pop(draw(st.integers(0, len(open_ends) - 1))) for _ in range(2))
        operation = draw(st.sampled_from([ops.add, ops.add, ops.sub, ops.sub, ops.mul, ops.dot, ops.affine, ops.total]))
        if operation.arity == 2:
            node = operation(x, y)
        elif operation is ops.total:
            node = ops.total([x, y, draw(st.sampled_from(leaves))])
        else:
            lists = [x, draw(st.sampled_from([1, -1, *leaves]))], [draw(st.sampled_from(leaves)) for _ in range(2)]
            node = ops.dot(*lists) + y if operation is ops.dot else ops.affine(*lists, y)
        nodes.append(node if draw(st.integers(0, 3)) else -node)
        open_ends.append(nodes[-1])
    return Graph(inputs, parameters, nodes)


def one_over_nothing():
    """1 / (c + w·x): w·x 의 반올림이 −c 면 따로 더하면 0 이고, 곱하면서 더하면(FMA) 아니다."""
    c, x, v, w = Value(1.0), Value(1.0), Value(1.0), Value(1 / 6)
    total = ops.dot([v, w], [c, x])
    return Graph([c, x], [v, w], [total, ops.reciprocal(total)])


def on_the_edge(order, numbers=()):
    """정의역의 끝에 오차 한계가 걸친 연산이 있는가: 거기서는 반올림이 안팎을 가른다. numbers 는 잎에 놓을 수다."""
    numbers = dict(numbers)
    values = replay(order, lambda leaf: Bounded(numbers.get(leaf, leaf.data)))
    errors = [(values[node].error, max([values[p].error for p in node.parents], default=0)) for node in order]
    return any(error == math.inf and 0 < before < math.inf for error, before in errors)


def unrounded(numbers):
    """이런 수 둘의 곱을 예순 번까지 더해도 53비트를 넘지 않는가. 서로 지워 답에는 보이지 않는 곱도 저마다 정확해야 한다."""
    return all(abs(x) < 2**17 and x * 2**6 % 1 == 0 for x in numbers)
