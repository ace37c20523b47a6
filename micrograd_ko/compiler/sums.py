"""합 펴기(flattening): +, −, · 로 적은 식을 `total`, `dot`, `affine` 한 노드로.

합은 항을 더한 것이고, 항은 곱의 항(product term) w·x 이거나 보통 항(plain term) ±x 다. 한 곳에서만 쓰이는 합이나 곱은 그것을
쓰는 합의 항으로 들어간다(absorb). 곱의 항에는 부호가 없으므로 그것을 가진 것은 빼는 자리에는 들어가지 않는다. 모인 항은 다시
가장 간단한 표의 연산 하나로 적는다. 더하는 순서가 바뀔 수 있으므로 반올림은 달라진다.

파라미터가 곱해진 항 w·x 를 가진 합은 둘로 나뉜다. w·x 들과 편향(bias)은 합에 남고, 나머지는 잔차(residual) r 하나가 되어
(1, r) 의 곱으로 들어간다: Σ wᵢ·xᵢ + 1·r + b. 같은 입력의 합이 모이면 행렬이 된다(`dense`).
"""

import math
from array import array
from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from micrograd_ko import ops
from micrograd_ko.compiler.code import LEAF, Code
from micrograd_ko.operation import Op

SIGNS = {ops.add: (1, 1), ops.sub: (1, -1), ops.neg: (-1,)}  # 피연산자마다의 부호
SUMS = (*SIGNS, ops.total, ops.dot, ops.affine)
SIMPLEST = {(0, 2, 0): ops.add, (0, 1, 1): ops.sub, (0, 0, 1): ops.neg, (1, 0, 0): ops.mul}  # w·x, +x, −x 의 수마다
CONSTANT = 1  # 곱에서 가중치가 될 순위: 상수 1, 파라미터는 그보다 높고(덜 쓰이는 것부터) 나머지는 0

Terms = tuple[list[int], list[int], list[int], list[int]]  # 곱의 항의 w 들과 x 들, 더하는 항, 빼는 항


def flatten(code: Code) -> Code:
    """모든 합을 펴서 가장 간단한 표의 연산으로 다시 적는다."""
    code = replace(code, ops=tuple(dict.fromkeys((*code.ops, *SUMS, ops.mul))))
    sums, absorbed = _collected(code)
    ranks = np.where(code.is_parameter(), CONSTANT + 1 / np.maximum(code.uses(), 1), CONSTANT * code.is_constant())
    facts = zip(code.nodes(), code.source.tolist(), code.data.tolist(), ranks.tolist(), strict=True)
    rewriter = _Rewriter(code)
    stands: list[int] = []  # 노드마다 대신 설 새 노드, 다른 합에 들어갔으면 −1
    for node, ((op, operands), source, data, rank) in enumerate(facts):
        if node in sums:
            ws, xs, plus, minus = [[stands[x] for x in part] for part in sums[node]]
            stands.append(rewriter.sum(ws, xs, plus, minus, source))
        elif node in absorbed:
            stands.append(-1)
        else:
            stands.append(rewriter.write(op, [stands[x] for x in operands], source, data, rank))
    return rewriter.code([stands[root] for root in code.roots.tolist()])


def _collected(code: Code) -> tuple[dict[int, Terms], set[int]]:
    """(다른 합에 들어가지 않는 합 → 그 항들, 합에 들어간 노드). 들어갈 곳이 먼저 정해지도록 뒤에서부터."""
    op_of, start, operand = [op for op, _ in code.nodes()], code.start.tolist(), code.operand.tolist()
    uses, data, units = code.uses().tolist(), code.data.tolist(), {code.one: 1, code.minus_one: -1}
    sums: dict[int, Terms] = {}
    absorbed: set[int] = set()
    for head in range(len(code) - 1, -1, -1):
        if op_of[head] not in SUMS or head in absorbed:
            continue
        ws, xs, plus, minus = sums[head] = [], [], [], []
        waiting = [(head, 1)]
        while waiting:
            node, sign = waiting.pop()
            op = op_of[node]
            if node == head or (uses[node] == 1 and (op is ops.mul or op in SUMS)):
                left, right, plains = _terms(op, operand[start[node] : start[node + 1]], units)
                if sign > 0 or not left:
                    absorbed.add(node)
                    ws += left
                    xs += right
                    waiting += [(x, sign * s) for x, s in reversed(plains)]
                    continue
            if data[node] != 0:  # 상수 0 은 더하지 않는다: `sum` 은 0 에서 시작한다
                (plus if sign > 0 else minus).append(node)
    return sums, absorbed


def _terms(op: Op, operands: list[int], units: dict[int, int]) -> tuple[list[int], list[int], list[tuple[int, int]]]:
    """연산 하나의 (w 들, x 들, 보통 항 (x, 부호) 들). (±1)·x 는 보통 항 ±x 다."""
    if op in SIGNS:
        return [], [], list(zip(operands, SIGNS[op], strict=True))
    if op is ops.total:
        return [], [], [(x, 1) for x in operands]
    ws, xs, *bias = (operands[:1], operands[1:]) if op is ops.mul else op.split(operands)
    plains = [(x, units[w]) for w, x in zip(ws, xs, strict=True) if w in units] + [(b, 1) for b in bias]
    return [w for w in ws if w not in units], [x for w, x in zip(ws, xs, strict=True) if w not in units], plains


class _Rewriter:
    """새 `Code` 를 노드의 순서대로 적는다. 선언한 잎과 상수 ±1 의 번호는 그대로다."""

    def __init__(self, code: Code) -> None:
        self.old, self.number = code, {op: kind for kind, op in enumerate(code.ops)}
        self.kind, self.start, self.operand, self.source = array('i'), array('q', [0]), array('i'), array('i')
        self.data, self.rank = array('d'), array('d')

    def sum(self, ws: list[int], xs: list[int], plus: list[int], minus: list[int], source: int) -> int:
        """합 하나. 파라미터인 가중치가 있으면 (가중치, 입력)의 곱과 편향만 남기고 나머지 항은 잔차로 떼어 낸다."""
        terms: Terms = [], [], [], []
        rank, (weights, inputs, rest_w, rest_x) = self.rank, terms
        for a, b in zip(ws, xs, strict=True):
            w, x = (b, a) if rank[b] > rank[a] else (a, b)
            (weights if rank[w] else rest_w).append(w)
            (inputs if rank[w] else rest_x).append(x)
        if max([rank[w] for w in weights], default=0) <= CONSTANT:
            return self.simplest(ws, xs, plus, minus, source)
        bias = [x for x in plus if rank[x]][:1]
        for x in bias:
            plus.remove(x)
        if rest_w or plus or minus:
            weights.append(self.old.one)
            inputs.append(self.simplest(rest_w, rest_x, plus, minus, -1))
        return self.simplest(weights, inputs, bias, [], source)

    def simplest(self, ws: list[int], xs: list[int], plus: list[int], minus: list[int], source: int) -> int:
        """항들을 가장 간단한 연산 하나로 적고 그 번호를 준다. 항이 x 하나면 적지 않고 x 가 대신 선다.

        곱과 섞인 보통 항은 첫 + 항이 편향이 되고 나머지는 (±1, x) 의 곱이 된다.
        """
        counts = len(ws), len(plus), len(minus)
        if counts == (0, 1, 0):
            return plus[0]
        op = SIMPLEST.get(counts) or (None if ws or minus else ops.total)
        if op is not None:
            return self.write(op, [*ws, *xs, *plus, *minus], source)
        bias, plus = plus[:1], plus[1:]
        ws, xs = [*ws, *[self.old.one] * len(plus), *[self.old.minus_one] * len(minus)], [*xs, *plus, *minus]
        op = ops.affine if bias else ops.dot
        return self.write(op, op.flat([ws, xs, *bias]), source)

    def write(self, op: Op | None, operands: Iterable[int], source: int, data: float = math.nan, rank: float = 0) -> int:
        self.kind.append(LEAF if op is None else self.number[op])
        self.operand.extend(operands)
        self.start.append(len(self.operand))
        self.data.append(data)
        self.source.append(source)
        self.rank.append(rank)
        return len(self.kind) - 1

    def code(self, roots: list[int]) -> Code:
        return replace(
            self.old, kind=np.array(self.kind), start=np.array(self.start), operand=np.array(self.operand),
            data=np.array(self.data), source=np.array(self.source), roots=np.array(roots),
        )  # fmt: skip
