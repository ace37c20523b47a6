"""살아 있는 그래프(live graph): 페이지가 순전파와 역전파를 다시 하는 데 드는 것. 노드의 목록과, 자바스크립트로 적은 표."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from micrograd_ko.engine import Value
from micrograd_ko.graph import local_derivatives
from micrograd_ko.kinds import javascript, rules
from micrograd_ko.writing import formulas, notation


class LiveGraph(NamedTuple):
    """table 은 자바스크립트의 글, data 는 페이지의 자료: 노드마다 [줄의 이름, 피연산자의 번호들, 값], 노드의 이름, 줄의 정의역."""

    table: str
    data: dict[str, Any]


def live_graph(order: Sequence[Value]) -> LiveGraph:
    """order(위상 순서, 마지막이 root)의 그래프. 노드의 이름은 이미 서로 다르다(`Subject.rehearsed`)."""
    number = {node: i for i, node in enumerate(order)}
    rows: dict[str, str] = {}
    nodes: list[tuple[str | None, list[int], float]] = []
    domains: dict[str, str] = {}
    for i, node in enumerate(order):
        key = None
        if node.op is not None:
            key = javascript.key(node.op, len(node.parents))
            if key not in rows:
                rows[key] = javascript.row(node.op, len(node.parents))
                domain = rules.rule_of(node.op).domain
                domains |= {} if domain is None else {key: formulas.text(domain)}
        nodes.append((key, [number[parent] for parent in node.parents], float(node.data)))
    names = [node.name or f'v{notation.subscript(i)}' for i, node in enumerate(order, 1)]
    return LiveGraph(javascript.module(rows), {'nodes': nodes, 'names': names, 'domains': domains})
