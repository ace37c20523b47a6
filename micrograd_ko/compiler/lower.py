"""낮추기(lowering): `Value` 그래프를 배열(`Code`)로. 상수만의 식은 접고(constant folding), 같은 상수는 하나로 모은다."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from micrograd_ko.compiler.code import Code, Writer, only_leaves
from micrograd_ko.engine import Value
from micrograd_ko.graph import topological
from micrograd_ko.operation import DomainError, Op


def lower(
    loss: Value, inputs: Sequence[Value], parameters: Sequence[Value], outputs: Sequence[Value], frozen: Collection[str] = ()
) -> tuple[Code, dict[int, str], int]:
    """(Code, 노드의 위상 번호 → 이름, 노드의 수). 선언하지 않은 잎은 지금의 값으로 굳은 상수가 된다.

    이름이 있는데 frozen 에 그 이름이 없는 것은 ValueError.

    상수만의 식도 지금의 잎에서 다시 계산한다. 정의역을 벗어나면 DomainError.
    """
    order, index = topological(loss, *outputs), {leaf: i for i, leaf in enumerate((*inputs, *parameters))}
    writer = Writer(only_leaves(len(inputs), len(parameters)))
    # 상수의 값 → 번호. hex 는 0.0 과 −0.0 을 가르고 nan 을 하나로 본다
    constants = {value.hex(): writer.write(None, (), -1, value) for value in (1.0, -1.0)}
    known = set(constants.values())
    names: dict[int, str] = {}
    for number, node in enumerate(order):
        if node.name:
            names[number] = node.name
        if node in index:
            writer.source[index[node]] = number
            continue
        operands = [index[parent] for parent in node.parents]
        op = node.op
        if op is not None and not known.issuperset(operands):
            index[node] = writer.write(op, operands, number)
            continue
        value = _constant(node, frozen) if op is None else _folded(node, op, [writer.data[i] for i in operands])
        if value.hex() not in constants:
            constants[value.hex()] = writer.write(None, (), number, value)
            known.add(constants[value.hex()])
        index[node] = constants[value.hex()]
    code = writer.code([index[root] for root in (loss, *outputs)])
    return replace(code, ops=tuple(map(_for_floats, code.ops))), names, len(order)


def _constant(leaf: Value, frozen: Collection[str]) -> float:
    if leaf.name and leaf.name not in frozen:
        raise ValueError(
            f'잎(leaf) {leaf.name!r} 이(가) inputs 에도 parameters 에도 없습니다. 표본마다 바뀌면 inputs 에, '
            '배우는 것이면 parameters 에 넣으세요. 굳은 상수로 쓰려면 frozen=[\'이름\'] 에 적으세요. '
            '(신경망에 수를 넣어 기록했다면 입력을 Value 로 만들어 넣고 inputs 에 적거나 net.compile() 을 쓰세요.)'
        )
    return float(leaf.data)


def _folded(node: Value, op: Op, operands: Sequence[float]) -> float:
    try:
        return float(_for_floats(op).apply(*operands))
    except DomainError:
        error = DomainError(op, tuple(operands), tuple([parent.name for parent in node.parents]))
        error.args = (f'상수만의 식이라 어느 표본에서도 계산되지 않습니다. {error}',)
        raise error from None


def _for_floats(op: Op) -> Op:
    """x**n 의 n 을 float 배열에 쓸 수 있는 수로: Fraction 과 아주 큰 정수는 float 로."""
    if op.family is None:
        return op
    make, arguments = op.family
    return make(*[n if isinstance(n, float) or (type(n) is int and abs(n) < 2**31) else float(n) for n in arguments])
