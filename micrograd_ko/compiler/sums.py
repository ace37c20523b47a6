"""합 펴기(flattening): +, −, · 로 적은 식을 `total`, `dot`, `affine` 한 노드로.

합은 항을 더한 것이고, 항은 곱의 항(product term) w·x 이거나 보통 항(plain term) ±x 다. 한 곳에서만 쓰이는 합이나 곱은 그것을
쓰는 합의 항으로 들어간다(absorb). 곱의 항에는 부호가 없으므로 그것을 가진 것은 빼는 자리에는 들어가지 않는다. 모인 항은 다시
가장 간단한 표의 연산 하나로 적는다. 더하는 순서가 바뀔 수 있으므로 반올림은 달라진다.

파라미터가 곱해진 항 w·x 를 가진 합은 둘로 나뉜다. w·x 들과 편향(bias)은 합에 남고, 나머지는 잔차(residual) r 하나가 되어
(1, r) 의 곱으로 들어간다: Σ wᵢ·xᵢ + 1·r + b. 같은 입력의 합이 모이면 행렬이 된다(`dense`).
"""

from itertools import chain

import numpy as np

from micrograd_ko import ops
from micrograd_ko.compiler.code import Code, Writer
from micrograd_ko.operation import Op

SIGNS = {ops.add: (1, 1), ops.sub: (1, -1), ops.neg: (-1,)}  # 피연산자마다의 부호
SUMS = (*SIGNS, ops.total, ops.dot, ops.affine)
SIMPLEST = {(0, 2, 0): ops.add, (0, 1, 1): ops.sub, (0, 0, 1): ops.neg, (1, 0, 0): ops.mul}  # w·x, +x, −x 의 수마다
CONSTANT = 1  # 곱에서 가중치가 될 순위: 상수 1, 파라미터는 그보다 높고(덜 쓰이는 것부터) 나머지는 0

Products = list[tuple[int, int]]  # 곱의 항마다 (w, x)
Terms = tuple[Products, list[int], list[int]]  # 곱의 항, 더하는 항, 빼는 항


def flatten(code: Code) -> Code:
    """모든 합을 펴서 가장 간단한 표의 연산으로 다시 적는다."""
    sums, absorbed = _collected(code)
    ranks = np.where(code.is_parameter(), CONSTANT + 1 / np.maximum(code.uses(), 1), CONSTANT * code.is_constant())
    facts = zip(code.nodes(), code.source.tolist(), code.data.tolist(), ranks.tolist(), strict=True)
    rewriter = _Rewriter(code)
    stands: list[int] = []  # 노드마다 대신 설 새 노드, 다른 합에 들어갔으면 −1
    for node, ((op, operands), source, data, rank) in enumerate(facts):
        if node in sums:
            products, plus, minus = sums[node]
            pairs = [(stands[w], stands[x]) for w, x in products]
            stands.append(rewriter.sum(pairs, [stands[x] for x in plus], [stands[x] for x in minus], source))
        elif node in absorbed:
            stands.append(-1)
        else:
            stands.append(rewriter.write(op, [stands[x] for x in operands], source, data))
            if rank:
                rewriter.rank[stands[node]] = rank
    return rewriter.code([stands[root] for root in code.roots.tolist()], code.inputs, code.parameters)


def _collected(code: Code) -> tuple[dict[int, Terms], set[int]]:
    """(다른 합에 들어가지 않는 합 → 그 항들, 합에 들어간 노드). 들어갈 곳이 먼저 정해지도록 뒤에서부터."""
    op_of, start, operand = [op for op, _ in code.nodes()], code.start.tolist(), code.operand.tolist()
    uses, data, units = code.uses().tolist(), code.data.tolist(), {code.one: 1, code.minus_one: -1}
    sums: dict[int, Terms] = {}
    absorbed: set[int] = set()
    for head in range(len(code) - 1, -1, -1):
        if op_of[head] not in SUMS or head in absorbed:
            continue
        products, plus, minus = sums[head] = [], [], []
        waiting = [(head, 1)]
        while waiting:
            node, sign = waiting.pop()
            op = op_of[node]
            if node == head or (uses[node] == 1 and (op is ops.mul or op in SUMS)):
                inside, plains = _terms(op, operand[start[node] : start[node + 1]], units)
                if sign > 0 or not inside:
                    absorbed.add(node)
                    products += inside
                    waiting += [(x, sign * s) for x, s in reversed(plains)]
                    continue
            if data[node] != 0:  # 상수 0 은 더하지 않는다: `sum` 은 0 에서 시작한다
                (plus if sign > 0 else minus).append(node)
    return sums, absorbed


def _terms(op: Op, operands: list[int], units: dict[int, int]) -> tuple[Products, Products]:
    """연산 하나의 (곱의 항 (w, x) 들, 보통 항 (x, 부호) 들). (±1)·x 는 보통 항 ±x 다."""
    if op in SIGNS:
        return [], list(zip(operands, SIGNS[op], strict=True))
    if op is ops.total:
        return [], [(x, 1) for x in operands]
    ws, xs, *bias = (operands[:1], operands[1:]) if op is ops.mul else op.split(operands)
    pairs = list(zip(ws, xs, strict=True))
    plains = [(x, units[w]) for w, x in pairs if w in units] + [(b, 1) for b in bias]
    return [pair for pair in pairs if pair[0] not in units], plains


class _Rewriter(Writer):
    """합을 다시 적는 것. 선언한 잎과 상수 ±1 의 번호는 그대로다."""

    def __init__(self, code: Code) -> None:
        super().__init__((*code.ops, *SUMS, ops.mul))
        self.one, self.minus_one = code.one, code.minus_one
        self.rank = [0.0] * (2 * len(code))  # 합 하나는 많아야 노드 둘이 된다

    def sum(self, products: Products, plus: list[int], minus: list[int], source: int) -> int:
        """합 하나. 파라미터인 가중치가 있으면 (가중치, 입력)의 곱과 편향만 남기고 나머지 항은 잔차로 떼어 낸다."""
        rank = self.rank
        weighted: Products = []
        rest: Products = []
        for pair in products:
            ordered = pair if rank[pair[0]] >= rank[pair[1]] else pair[::-1]
            (weighted if rank[ordered[0]] else rest).append(ordered)
        if max([rank[w] for w, _ in weighted], default=0) <= CONSTANT:
            return self.simplest(products, plus, minus, source)
        bias = [x for x in plus if rank[x]][:1]
        for x in bias:
            plus.remove(x)
        if rest or plus or minus:
            weighted.append((self.one, self.simplest(rest, plus, minus, -1)))
        return self.simplest(weighted, bias, [], source)

    def simplest(self, products: Products, plus: list[int], minus: list[int], source: int) -> int:
        """항들을 가장 간단한 연산 하나로 적고 그 번호를 준다. 항이 x 하나면 적지 않고 x 가 대신 선다.

        곱과 섞인 보통 항은 첫 + 항이 편향이 되고 나머지는 (±1, x) 의 곱이 된다.
        """
        counts = len(products), len(plus), len(minus)
        if counts == (0, 1, 0):
            return plus[0]
        op = SIMPLEST.get(counts) or (None if products or minus else ops.total)
        if op is not None:
            return self.write(op, [*chain.from_iterable(products), *plus, *minus], source)
        bias, *others = plus[:1], *[(self.one, x) for x in plus[1:]], *[(self.minus_one, x) for x in minus]
        ws, xs = zip(*products, *others, strict=True)
        return self.write(ops.affine if bias else ops.dot, (*ws, *xs, *bias), source)
