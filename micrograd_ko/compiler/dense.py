"""행렬 되찾기(re-rolling): 같은 입력을 받는 합들을 행렬 하나로, Z = W·X + b (+ 잔차).

`sums` 가 적어 둔 Σ wᵢ·xᵢ + 1·r + b (w 는 파라미터나 상수) 꼴의 노드만 본다.
서로를 쓰지 않는 것, 곧 깊이(level)가 같은 것끼리 모은다. W 가 같으면 입력이 여러 벌(copy)인 행렬 하나가 된다.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from micrograd_ko import ops
from micrograd_ko.compiler.code import LEAF, Code


@dataclass(frozen=True)
class Recovered:
    """되찾은 행렬 하나. 번호는 모두 `Code` 의 노드다.

    weights (m, n) 과 bias (m,) 는 파라미터나 상수. 입력의 벌마다 한 줄인 inputs (c, n), residual (c, m), outputs (c, m).
    편향이나 잔차가 없으면 그 m 이 0 이다.
    """

    weights: np.ndarray
    bias: np.ndarray
    inputs: np.ndarray
    residual: np.ndarray
    outputs: np.ndarray


def levels(code: Code) -> tuple[np.ndarray, np.ndarray]:
    """(깊이, 파라미터에 달려 있는지). 깊이는 잎이 0, 연산은 가장 깊은 피연산자보다 1 크다."""
    level, active = [0] * len(code), code.is_parameter().tolist()
    for node, _, operands in code.nodes(np.flatnonzero(code.kind != LEAF)):
        deepest, alive = 0, False
        for x in operands:
            deepest, alive = max(deepest, level[x]), alive or active[x]
        level[node], active[node] = deepest + 1, alive
    return np.array(level, np.int32), np.array(active)


def recovered(code: Code, level: np.ndarray) -> list[Recovered]:
    """되찾은 행렬의 목록, 깊이의 순서. 손실에 쓰이는 합과 아닌 합은 나눈다: 기울기는 손실의 것에만 흐른다."""
    parameter, depth, one, last = code.is_parameter().tolist(), level.tolist(), code.one, int(code.roots[0])
    alike: dict[tuple, list[tuple]] = {}
    for node, _, operands in code.nodes(np.flatnonzero(code.of([ops.dot, ops.affine]))):
        terms = len(operands) // 2
        ws, xs, bias = operands[:terms], operands[terms : 2 * terms], operands[2 * terms :]
        if True not in [parameter[w] for w in ws]:
            continue
        residual = [xs.pop()] if ws[-1] == one else []
        inputs, weights = zip(*sorted(zip(xs, ws, strict=False)), strict=True)
        shape = depth[node], len(inputs), len(bias), len(residual), node <= last
        alike.setdefault((shape, inputs), []).append((weights, bias, residual, node))
    single, uses, found = Counter(shape for (shape, _), rows in alike.items() if len(rows) == 1), code.uses().tolist(), []
    for (shape, inputs), rows in sorted(alike.items(), key=lambda item: item[0][0][0]):
        if len(rows) == 1 and (len(inputs) < single[shape] or any(parameter[w] and uses[w] > 1 for w in rows[0][0])):
            continue  # 한 줄뿐인 것이 열보다 많거나(γⱼ·xⱼ + βⱼ) 거듭 쓰이면(y ← w·y + x) 행렬이 아니라 칸마다의 합이다
        rows.sort(key=lambda row: min(row[0]))
        w, b, r, z = [np.array(part, np.int32) for part in zip(*rows, strict=True)]
        columns = np.argsort(w[0], kind='stable')  # 입력의 번호가 어떤 차례이든 같은 W 다
        found.append(Recovered(w[:, columns], b.ravel(), np.array([inputs])[:, columns], r.reshape(1, -1), z.reshape(1, -1)))
    return found


def joined(matrices: list[Recovered], flags: Iterable[np.ndarray]) -> list[Recovered]:
    """W 가 같은 행렬들을 하나로. b 가 다르면 그것이 잔차가 된다(자리마다의 b). flags 는 노드마다의 깊이와 쓰임: 다르면 나눈다."""
    alike: dict[tuple, list[Recovered]] = {}
    for each in matrices:
        bias = each.bias.tobytes() if each.residual.size else len(each.bias)  # 잔차가 이미 있으면 b 도 같아야 한다
        same = each.weights.shape, each.weights.tobytes(), bias
        alike.setdefault((*same, *[flag[each.outputs[0, 0]] for flag in flags]), []).append(each)
    return [_stacked(some) for some in alike.values()]


def _stacked(some: list[Recovered]) -> Recovered:
    if any((each.bias != some[0].bias).any() for each in some):
        some = [replace(each, bias=each.bias[:0], residual=each.bias.reshape(1, -1)) for each in some]
    parts = {name: [getattr(each, name) for each in some] for name in ('inputs', 'residual', 'outputs')}
    return replace(some[0], **{name: np.concatenate(part) for name, part in parts.items()})
