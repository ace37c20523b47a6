"""낮추기(lowering): `Value` 그래프를 배열(`Code`)로. 상수만의 식은 접고(constant folding), 같은 상수는 하나로 모은다."""

import math
from array import array
from collections.abc import Sequence

import numpy as np

from micrograd_ko.compiler.code import LEAF, Code
from micrograd_ko.engine import Value
from micrograd_ko.graph import topological
from micrograd_ko.operation import Op


def lower(
    loss: Value, inputs: Sequence[Value], parameters: Sequence[Value], outputs: Sequence[Value]
) -> tuple[Code, dict[int, str], int]:
    """(Code, 노드의 위상 번호 → 이름, 노드의 수). 선언하지 않은 잎은 지금의 값으로 굳은 상수가 된다. 이름 있는 것은 ValueError.

    상수만의 식도 지금의 잎에서 다시 계산한다. 정의역을 벗어나면 DomainError.
    """
    index = {leaf: i for i, leaf in enumerate((*inputs, *parameters))}
    one = len(index)
    constants = {(1.0).hex(): one, (-1.0).hex(): one + 1}  # 값 → 번호. hex 는 0.0 과 −0.0 을 가르고 nan 을 하나로 본다
    known = {one, one + 1}
    data = array('d', [math.nan] * one + [1.0, -1.0])
    kind, source = array('i', [LEAF]) * len(data), array('i', [-1]) * len(data)
    start, operand = array('q', [0]) * (len(data) + 1), array('i')
    numbers: dict[Op, int] = {}
    names: dict[int, str] = {}
    order = topological(loss, *outputs)
    for number, node in enumerate(order):
        if node.name:
            names[number] = node.name
        if node in index:
            source[index[node]] = number
            continue
        operands = [index[parent] for parent in node.parents]
        op = node.op
        if op is None or known.issuperset(operands):
            value = _frozen(node) if op is None else float(_for_floats(op).apply(*[data[i] for i in operands]))
            index[node] = constants.setdefault(value.hex(), len(kind))
            if index[node] in known:
                continue
            known.add(len(kind))
            kind.append(LEAF)
            data.append(value)
        else:
            index[node] = len(kind)
            kind.append(numbers.setdefault(op, len(numbers)))
            data.append(math.nan)
            operand.extend(operands)
        source.append(number)
        start.append(len(operand))
    code = Code(
        tuple(map(_for_floats, numbers)), np.array(kind), np.array(start), np.array(operand), np.array(data), np.array(source),
        np.array([index[root] for root in (loss, *outputs)]), len(inputs), len(parameters),
    )  # fmt: skip
    return code, names, len(order)


def _frozen(leaf: Value) -> float:
    if leaf.name:
        raise ValueError(
            f'잎(leaf) {leaf.name!r} 이(가) inputs 에도 parameters 에도 없습니다. 표본마다 바뀌면 inputs 에, '
            '배우는 것이면 parameters 에 넣으세요. 굳은 상수로 쓰려면 이름 없는 수로 기록하세요. '
            '(신경망에 수를 넣어 기록했다면 입력을 Value 로 만들어 넣고 inputs 에 적거나 net.compile() 을 쓰세요.)'
        )
    return float(leaf.data)


def _for_floats(op: Op) -> Op:
    """x**n 의 n 을 float 배열에 쓸 수 있는 수로: Fraction 과 아주 큰 정수는 float 로."""
    if op.family is None:
        return op
    make, arguments = op.family
    return make(*[n if isinstance(n, float) or (type(n) is int and abs(n) < 2**31) else float(n) for n in arguments])
