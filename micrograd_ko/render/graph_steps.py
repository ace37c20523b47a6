"""그래프의 걸음: 어떤 그래프든 노드와 선마다 한 걸음."""

from collections.abc import Sequence
from typing import Any

from micrograd_ko import ops
from micrograd_ko.engine import Value
from micrograd_ko.note.statements import GRAPH
from micrograd_ko.render.step import Numbered, Step, adding, label, operand_numbers, seed, update
from micrograd_ko.render.subject import Subject
from micrograd_ko.reverse import Arrival, arrivals
from micrograd_ko.writing.formulas import chain, formula, rule_text
from micrograd_ko.writing.numbers import number


def graph_steps(subject: Subject, lr: Any) -> list[Step]:
    """그려진 노드와 선마다 한 걸음. 이름 있는 파라미터를 갱신한다."""
    order, chosen = subject.order, subject.chosen
    at = Numbered(order)
    leaves = [node for node in order if node.op is None and node in chosen]
    steps = [Step('start', '주어진 값', ('입력과 파라미터와 상수: 잎(leaf)의 값은 주어진다.',), (), at.known(leaves, 'data'))]
    steps += [_forward(at, node) for node in order if node.op is not None and node in chosen]
    if not subject.seeded:
        return steps
    steps.append(seed(at, order[-1], '씨앗'))
    steps += [_backward(at, arrival) for arrival in arrivals(order) if arrival.operand in chosen]
    parameters = subject.network.parameters if subject.network else trainable(order)
    drawn = [p for p in parameters if p in chosen]
    return [*steps, update(at, drawn, lr, GRAPH['갱신'].text)] if drawn else steps


def _forward(at: Numbered, node: Value) -> Step:
    assert node.op is not None
    written = formula(node.op, [label(p) for p in node.parents])
    filled = formula(node.op, operand_numbers(node), ' × ')
    edges = tuple([(at.of[p], at.of[node], i) for i, p in enumerate(node.parents)])
    lines = (f'{label(node)} = {written}', chain(filled, number(node.data)))
    return Step('forward', f'순전파: {label(node)}', lines, ('순전파',), at.known([node], 'data'), edges)


def _backward(at: Numbered, arrival: Arrival) -> Step:
    z, x = arrival.result, arrival.operand
    assert z.op is not None
    names = [label(p) for p in z.parents]
    constant = x.op is None and not x.name
    by = f'({label(x)})' if constant else label(x)
    local = chain(
        f'∂{label(z)}/∂{by}',
        rule_text(z.op, label(z), names, arrival.position),
        rule_text(z.op, number(z.data), operand_numbers(z), arrival.position),
        number(arrival.local),
    )
    progress = '이 노드로 오는 항이 모두 더해졌다.' if arrival.last else '아직 더해질 항이 남았다.'
    lines = (f'{by}.grad += {label(z)}.grad · ∂{label(z)}/∂{by}', adding(arrival, running=True), local, progress)
    edges = ((at.of[x], at.of[z], arrival.position),)
    title = f'역전파: {label(z)} → {"상수 " * constant}{label(x)}'
    return Step('backward', title, lines, ('연쇄법칙',), at.arrived([arrival]), edges)


def trainable(order: Sequence[Value]) -> list[Value]:
    """갱신할 잎: 이름 있는 잎 가운데 `affine` 의 입력이 아닌 것. 이름 있는 잎이 없으면 모든 잎."""
    leaves = [node for node in order if node.op is None]
    inputs = {x for node in order if node.op is ops.affine for x in ops.affine.split(node.parents)[1]}
    return [leaf for leaf in leaves if leaf.name and leaf not in inputs] or leaves
