"""국소 미분(local derivative): 그래프의 노드마다 표의 규칙과 차분을 견준다. 어느 연산이 틀렸는지 여기서 안다.

노드마다 따로 보므로, 한 노드의 꺾인 점이나 정의역의 끝이 다른 노드의 틀린 규칙을 가리지 않는다.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from micrograd_ko.engine import Value
from micrograd_ko.graph import local_derivatives
from micrograd_ko.kinds.fitting import RuleError
from micrograd_ko.kinds.precise import MP, exact
from micrograd_ko.kinds.rules import operand_names
from micrograd_ko.operation import BUILT_IN, EDGE_ERRORS, Op, table
from micrograd_ko.reverse import gathered
from micrograd_ko.testing.differences import Slopes, precise_slopes

LOCAL_AGREEMENT = 1e-9  # 국소 미분의 규칙과 차분이 다를 수 있는 상대 크기: 규칙에 적힌 float 상수의 반올림보다 크다


def local_rules(order: Sequence[Value], numbers: Mapping[Value, Any]) -> dict[Value, list]:
    """노드 → 피연산자마다 규칙이 주는 국소 미분, 200자리로."""
    return {node: _rules(node, numbers) for node in order if node.op is not None}


def _rules(node: Value, numbers: Mapping[Value, Any]) -> list:
    """정의역의 끝에서는, 그리고 규칙이 mpmath 수를 다루지 못하면, 엔진이 쓰는 IEEE 값."""
    op: Any = node.op
    z, operands = numbers[node], [numbers[parent] for parent in node.parents]
    try:
        return [exact(d) for d in op.derivatives(z, *operands)]
    except (TypeError, *EDGE_ERRORS):
        ieee = local_derivatives(node)
    if callable(op.partials):
        return [exact(d) for d in ieee]
    return [_rule(partial, z, operands, d) for partial, d in zip(op.partials, ieee, strict=True)]


def _rule(partial: Any, z: Any, operands: Sequence, ieee: Any) -> Any:
    try:
        return exact(partial(z, *operands))
    except (TypeError, *EDGE_ERRORS):
        return exact(ieee)


def rule_gradient(order: Sequence[Value], rules: Mapping[Value, list]) -> dict[Value, Any]:
    """규칙을 200자리로 따른 기울기: 노드 → ∂root/∂노드. 정의역의 끝을 지나온 것만 inf 나 nan 이다."""
    return dict(gathered(order, MP.mpf(1), lambda g, node, i: g * rules[node][i], sum))


class Local(NamedTuple):
    """그래프의 한 피연산자 자리에서 규칙과 차분을 견준 것."""

    node: Value
    operand: int
    rule: Any
    slopes: Slopes

    @property
    def wrong(self) -> bool:
        if self.slopes.kink:
            return not self.slopes.between(self.rule)
        truth = self.slopes.central
        if truth is None:
            return False
        allowed = LOCAL_AGREEMENT * max(abs(self.rule), abs(truth)) + self.slopes.uncertainty
        return not abs(self.rule - truth) <= allowed < MP.inf  # 규칙이 nan 이나 inf 여도 틀린 것이다

    def __str__(self) -> str:
        op: Any = self.node.op
        truth = self.slopes.central
        shown = f'참값 {float(truth)!r}' if truth is not None else '좌우 기울기의 밖'
        label = operand_names(op, len(self.node.parents))[self.operand]
        return f'{op.name} 의 ∂z/∂{label}: 규칙 {float(self.rule)!r}, {shown} ({self.node!r})'


def local_differences(order: Sequence[Value], numbers: Mapping[Value, Any], rules: Mapping[Value, list]) -> list[Local]:
    """그래프의 모든 피연산자 자리. 위상 순서. 200자리로 계산할 수 없는 연산은 빠진다."""
    found = []
    for node, derivatives in rules.items():
        op: Any = node.op
        operands = [numbers[parent] for parent in node.parents]
        for k, rule in enumerate(derivatives):
            noise = MP.eps * _rounded_size(node, numbers, derivatives)
            try:
                found.append(Local(node, k, rule, _local_slopes(op, operands, k, noise)))
            except (RuleError, *EDGE_ERRORS):
                continue
    return found


def _local_slopes(op: Op, operands: list, k: int, noise: Any) -> Slopes:
    return precise_slopes(lambda x: op.apply(*operands[:k], x, *operands[k + 1 :]), operands[k], noise)


def _rounded_size(node: Value, numbers: Mapping[Value, Any], rule: Sequence) -> Any:
    """node 의 반올림 오차가 비례하는 크기. 합은 값이 상쇄되어도 항의 크기만큼 틀리고, 식의 중간에 1 쯤인 수가 있을 수도 있다."""
    op, size = node.op, abs(numbers[node])
    if op is not None and op.conditioned:
        terms = [abs(numbers[parent] * d) for parent, d in zip(node.parents, rule, strict=True)]
        size += sum([term for term in terms if MP.isfinite(term)])
    return size if is_exact(op) and (op is None or not op.conditioned or op.overflows) else size + 1


def replay_noise(numbers: Mapping[Value, Any], rules: Mapping[Value, list], adjoints: Mapping[Value, Any]) -> Any:
    """200자리로 다시 계산한 결과의 반올림 오차: 노드마다의 오차가 기울기만큼(모르면 그대로) 결과로 간다(1차 오차 해석)."""
    slopes = {node: abs(d) if MP.isfinite(d) else 1 for node, d in adjoints.items() if MP.isfinite(numbers[node])}
    return MP.eps * sum([d * _rounded_size(node, numbers, rules.get(node, ())) for node, d in slopes.items()])


def is_exact(op: Op | None) -> bool:
    """200자리에서 식에 오차가 없는가: 표에 처음부터 있던 연산은 상수가 정수다. x**n 은 n − 1 이 정확한 반정수 n 만."""
    if op is None:
        return True
    if op.family is not None:
        return all(float(2 * n).is_integer() for n in op.family[1])
    return op.name in BUILT_IN and table.get(op.name) is op
