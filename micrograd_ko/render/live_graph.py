"""살아 있는 그래프(live graph): 페이지가 순전파와 역전파를 다시 하는 데 드는 것. 노드의 목록과, 자바스크립트로 적은 표."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from micrograd_ko.engine import Value
from micrograd_ko.graph import local_derivatives
from micrograd_ko.kinds import javascript
from micrograd_ko.kinds.symbols import Symbol
from micrograd_ko.operation import Op
from micrograd_ko.render import color
from micrograd_ko.writing import formulas, labels, notation


class LiveGraph(NamedTuple):
    """table 은 자바스크립트의 글, data 는 페이지의 자료: 노드마다 [줄의 이름, 피연산자의 번호들, 값], 이름, 줄의 정의역."""

    table: str
    data: dict[str, Any]


def live_graph(order: Sequence[Value]) -> LiveGraph:
    """order(위상 순서, 마지막이 root)의 그래프. 노드의 이름은 이미 서로 다르다(`Subject.rehearsed`)."""
    number = {node: i for i, node in enumerate(order)}
    rows: dict[str, str] = {}
    domains: dict[str, str] = {}
    nodes = []
    for i, node in enumerate(order):
        key, parents = None, [number[parent] for parent in node.parents]
        if node.op is not None:
            key = javascript.key(node.op, len(parents))
            written = rows.get(key) or _row(node.op, len(parents))
            if written is None:
                key, operands = f'{key}#{i}', [parent.data for parent in node.parents]
                written = javascript.frozen(node.data, operands, local_derivatives(node))
            elif node.op.defined is not None:
                domains[key] = formulas.text(node.op.defined(*map(Symbol, node.op.arguments)))
            rows[key] = written
        nodes.append((key, parents, _double(node.data)))
    names = [labels.shown(node.name) or f'v{notation.subscript(i)}' for i, node in enumerate(order, 1)]
    data = {'nodes': nodes, 'names': names, 'domains': domains}
    return LiveGraph(javascript.module(rows), data)


def _row(op: Op, count: int) -> str | None:
    """표의 줄. 등록한 연산의 규칙이 math 의 함수나 if 로 적혀 있으면 None: 사용자의 규칙은 무엇이든 내던질 수 있다."""
    try:
        return javascript.row(op, count)
    except Exception:
        return None


def _double(x: Any) -> float | str:
    """JSON 에 넣을 수. 유한하지 않은 수는 자바스크립트가 읽을 글로."""
    if isinstance(x, float) and not math.isfinite(x):
        return javascript.script(x).text.strip('()')
    return float(x) if math.isfinite(color.largest([x])) else 0
