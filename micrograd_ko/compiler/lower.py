"""낮추기(lowering): `Value` 그래프를 배열(`Code`)로 옮기고, 상수를 접는다(constant folding)."""

import math
from array import array
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from micrograd_ko.compiler.code import LEAF, Code
from micrograd_ko.engine import Value
from micrograd_ko.graph import topological
from micrograd_ko.operation import Op


def lower(
    loss: Value, inputs: Sequence[Value], parameters: Sequence[Value], outputs: Sequence[Value]
) -> tuple[Code, dict[int, str]]:
    """(Code, 노드의 위상 번호 → 이름). 선언하지 않은 잎은 지금의 값으로 굳은 상수가 된다. 이름 있는 것은 ValueError."""
    order = topological(loss, *outputs)
    declared = [*inputs, *parameters]
    index = {leaf: i for i, leaf in enumerate(declared)}
    numbers: dict[Op, int] = {}
    kind = array('i', [LEAF]) * (len(index) + 2)
    data = array('d', [math.nan] * len(index) + [1.0, -1.0])
    source = array('i', [-1]) * len(kind)
    start, operand = array('q', [0]) * (len(kind) + 1), array('i')
    names: dict[int, str] = {}
    for number, node in enumerate(order):
        if node.name:
            names[number] = node.name
        if node in index:
            source[index[node]] = number
            continue
        index[node] = len(kind)
        source.append(number)
        if node.op is None:
            kind.append(LEAF)
            data.append(_constant(node))
        else:
            kind.append(numbers.setdefault(node.op, len(numbers)))
            data.append(math.nan)
            operand.extend([index[parent] for parent in node.parents])
        start.append(len(operand))
    code = Code(
        tuple(map(_for_floats, numbers)), np.array(kind), np.array(start), np.array(operand), np.array(data), np.array(source),
        np.array([index[root] for root in (loss, *outputs)]), len(inputs), len(parameters),
    )  # fmt: skip
    return code, names


def _constant(leaf: Value) -> float:
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


def fold(code: Code) -> Code:
    """피연산자가 모두 상수인 노드를 상수로 접고, 같은 값의 상수를 하나로 모은다.

    값은 지금의 잎에서 다시 계산한다. 정의역을 벗어나면 DomainError.
    """
    code = _evaluated(code)
    constants = np.flatnonzero(code.is_constant())
    _, first, which = np.unique(code.data[constants].view(np.int64), return_index=True, return_inverse=True)
    stands = np.arange(len(code), dtype=np.int32)
    stands[constants] = constants[first][which]
    kept = stands == np.arange(len(code))
    return code.renumbered(kept, code.counts()[kept], code.operand, stands)


def _evaluated(code: Code) -> Code:
    constant, owners = code.is_constant(), code.owners()
    varying = np.bincount(owners, weights=~constant[code.operand], minlength=len(code))
    candidates = np.flatnonzero((code.kind != LEAF) & (varying == 0))
    if not len(candidates):
        return code
    data = code.data.copy()
    for node in range(candidates[0], len(code)):
        operands = code.operands(node)
        if len(operands) and constant[operands].all():
            data[node] = code.ops[code.kind[node]].apply(*data[operands].tolist())
            constant[node] = True
    kind = np.where(constant, np.int32(LEAF), code.kind)
    remains = ~constant[owners]
    counts = np.where(constant, 0, code.counts())
    start = np.concatenate([[0], np.cumsum(counts)])
    return replace(code, kind=kind, start=start, operand=code.operand[remains], data=data)
