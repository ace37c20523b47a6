"""살아 있는 그래프(live graph): 페이지가 순전파와 역전파를 다시 하는 데 드는 것. 노드의 목록과, 자바스크립트로 적은 표."""

import math
from collections.abc import Sequence
from typing import Any

from micrograd_ko.engine import Value
from micrograd_ko.graph import local_derivatives
from micrograd_ko.kinds import javascript
from micrograd_ko.kinds.huge import ieee
from micrograd_ko.kinds.symbols import Symbol
from micrograd_ko.writing import formulas, labels, notation


def live_graph(order: Sequence[Value]) -> tuple[str, dict[str, Any]]:
    """order(위상 순서, 마지막이 root)의 (표, 자료): 자바스크립트의 글, 그리고 노드마다 [줄의 이름, 피연산자의 번호들, 값] 등.

    노드의 이름은 이미 서로 다르다(`Subject.rehearsed`).
    """
    number = {node: i for i, node in enumerate(order)}
    rows: dict[str, str] = {}
    domains: dict[str, str] = {}
    nodes = []
    for i, node in enumerate(order):
        key = None
        if node.op is not None:
            key = javascript.key(node.op, len(node.parents))
            try:
                rows[key] = rows.get(key) or javascript.row(node.op, len(node.parents))
                if node.op.defined is not None:
                    domains[key] = formulas.text(node.op.defined(*map(Symbol, node.op.arguments)))
            except Exception:  # 등록한 연산의 규칙이 math 의 함수나 if 로 적혀 있다: 사용자의 규칙은 무엇이든 내던질 수 있다
                key = f'{key}#{i}'
                rows[key] = javascript.frozen(node.data, [parent.data for parent in node.parents], local_derivatives(node))
        nodes.append((key, [number[parent] for parent in node.parents], _double(node.data)))
    names = [labels.shown(node.name) or f'v{notation.subscript(i)}' for i, node in enumerate(order, 1)]
    data = {'nodes': nodes, 'names': names, 'domains': domains}
    return javascript.module(rows), data


def _double(x: Any) -> float | str:
    """JSON 에 넣을 수. 유한한 double 이 아니면 자바스크립트가 읽을 글로."""
    double = ieee(x)
    return double if math.isfinite(double) else javascript.script(double).text.strip('()')
