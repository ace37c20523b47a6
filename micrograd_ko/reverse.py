"""거꾸로 순회: 모으기의 꼴(`gathered`), 어떤 종류의 수로든(`adjoints`), 오차 한계와 함께(`bounded_sweep`), 항마다(`arrivals`).

`graph.sweep` 은 이 순회를 파이썬의 수에 맞게 펼쳐 적은 것이다.
"""

import operator
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from micrograd_ko import ops
from micrograd_ko.engine import Value
from micrograd_ko.graph import edges
from micrograd_ko.kinds import bounds, fitting
from micrograd_ko.kinds.bounds import Bounded
from micrograd_ko.kinds.huge import accumulated
from micrograd_ko.operation import Op
from micrograd_ko.staleness import replay


def gathered(
    order: Sequence[Value], start: Any, extend: Callable[[Any, Value, int], Any], merge: Callable[[list], Any],
    live: set[Value] | None = None,
) -> Iterator[tuple[Value, Any]]:  # fmt: skip
    """거꾸로 순회의 꼴: root(order 의 마지막)에서부터 (노드, 그 노드에 모인 것)을 낸다.

    root 에는 start 하나가 온다. extend(노드에 모인 것, 노드, 몇째 피연산자)가 그 피연산자에 보낼 것(None 이면 보내지 않는다),
    merge(온 것들)가 모인 것이다. live 를 주면 그 안의 노드로만 간다. 더하고 국소 미분을 곱하면 역전파이고, 더하기만 하면 경로의
    수이며, 긴 것을 골라 이으면 가장 큰 경로다(반환 semiring).
    """
    arrived: dict[Value, list] = {order[-1]: [start]}
    for node in reversed(order):
        if node not in arrived:
            continue
        here = merge(arrived.pop(node))
        yield node, here
        for i, parent in enumerate(node.parents):
            if live is None or parent in live:
                sent = extend(here, node, i)
                if sent is not None:
                    arrived.setdefault(parent, []).append(sent)


def adjoints(
    order: Sequence[Value], numbers: Mapping[Value, Any], live: set[Value] | None = None,
    follow: Callable[[Op, str, Callable, list], Any] = fitting.followed,
) -> dict[Value, Any]:  # fmt: skip
    """역전파를 어떤 종류의 수로든: 노드 → ∂root/∂노드 의 사전. root 는 order 의 마지막이고, 닿지 않는 노드는 빠진다.

    `numbers` 는 노드의 값(`replay` 의 결과). `live` 를 주면 그 안의 노드로만, 0 인 항 없이 흐른다. `follow` 는 규칙을 따르는 법.
    한 노드로 모이는 항은 한꺼번에 더한다(`total`): 오차 한계가 더하는 순서에 매이지 않는다.
    """
    slopes: dict[Value, Sequence] = {}

    def local(node: Value, rule: Callable) -> Any:
        op: Any = node.op
        return follow(op, '편미분', rule, [numbers[node], *[numbers[parent] for parent in node.parents]])

    def extend(g: Any, node: Value, i: int) -> Any:
        op: Any = node.op  # 피연산자가 있으니 연산도 있다
        partials = op.partials
        if not callable(partials):
            d = local(node, partials[i])
        else:
            if node not in slopes:
                slopes[node] = local(node, partials)
            d = slopes[node][i]
        return _scaled(g, d) if live is None or type(d) is not int or d != 0 else None

    return dict(gathered(order, 1, extend, lambda terms: terms[0] if len(terms) == 1 else ops.total(terms), live))


def _scaled(g: Any, d: Any) -> Any:
    """g × d. 정수 1 과 -1 을 곱하는 노드는 만들지 않는다."""
    if type(d) is int and d in (1, -1):
        return g if d == 1 else -g
    return d if type(g) is int and g == 1 else g * d


def bounded_sweep(order: Sequence[Value]) -> tuple[dict[Value, Bounded], dict[Value, Bounded]]:
    """그래프의 모든 값과 기울기를 오차 한계와 함께: (값의 사전, 기울기의 사전). order 는 위상 순서, 마지막이 root 다."""
    values = replay(order, lambda leaf: Bounded(leaf.data))
    found = adjoints(order, values, follow=bounds.followed)
    return values, {node: d if isinstance(d, Bounded) else Bounded(d) for node, d in found.items()}


def squares(node: Any) -> int:
    """node 가 서로 다른 노드의 제곱의 합 d·d + e·e + … (같은 목록 둘의 `dot`)이면 항의 수, 아니면 0.

    제곱은 항마다 선 하나, 경로의 한 칸, 역전파의 한 스텝이다: 국소 미분은 d 둘이 아니라 2·d 하나다.
    """
    if node.op is not ops.dot:
        return 0
    ws, xs = ops.dot.split(node.parents)
    same = all(map(operator.is_, ws, xs)) and len({id(v) for v in ws}) == len(ws)
    return len(ws) if same else 0


class Arrival(NamedTuple):
    """역전파에서 더해지는 항 하나: `operand.grad += ∂C/∂result · ∂result/∂operand`.

    position 은 operand 가 result 의 몇째 피연산자인지, before 와 after 는 더하기 전과 후의 합, last 는 마지막 항인지.
    """

    result: Value
    position: int
    operand: Value
    flowing: Any
    local: Any
    before: Any
    after: Any
    last: bool


def arrivals(order: Sequence[Value]) -> list[Arrival]:
    """역전파에서 더해지는 모든 항을 `backward` 의 차례로. 합은 `backward` 의 기울기와 끝자리까지 같다."""
    root = order[-1]
    sums: dict[Value, Any] = dict.fromkeys(order, 0)
    sums[root] = type(root.data)(1)
    waiting = Counter(parent for node in order for parent in node.parents)
    walked = []
    for node in reversed(order):
        for position, (parent, d) in enumerate(edges(node)):
            before, after = sums[parent], accumulated(sums[parent], sums[node], d)
            sums[parent] = after
            waiting[parent] -= 1
            walked.append(Arrival(node, position, parent, sums[node], d, before, after, not waiting[parent]))
    return walked
