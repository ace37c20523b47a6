"""합 펴기(flattening): +, −, · 로 적은 식을 `total`, `dot`, `affine` 한 노드로. 결과는 기록한 그래프의 오차 한계 안에 있다.

합은 항을 더한 것이고, 항은 곱의 항(product term) w·x 이거나 보통 항(plain term) ±x 다. 한 곳에서만 쓰이는 합이나 곱은 그것을
쓰는 합의 항으로 들어간다(absorb). 모인 항은 다시 가장 간단한 표의 연산으로 적는다.

  곱의 항   기록할 때 이미 저만큼 큰 수로 반올림했으므로 어떤 순서로 더해도 된다(n 개면 n·ε·Σ|w·x| 안, 여섯까지는 + 의 사슬의
            한계 안). 부호가 없어서, 그것을 가진 합은 빼는 자리에 들어가지 않는다.
  보통 항   잎이나 다른 결과라서 반올림이 없다. 순서를 바꾸면 없던 오차가 생기므로 적힌 대로 왼쪽부터 더한다: (b − a) − c 는
            b − (a + c) 가 아니다. 나중 피연산자로 온 합은 보통 항이 많아야 하나일 때만 들어가고, 아니면 제 노드로 남는다.

파라미터가 곱해진 항 w·x 를 가진 합은 둘로 나뉜다. w·x 들과 편향(bias)은 합에 남고, 나머지는 잔차(residual) r 하나가 되어
(1, r) 의 곱으로 들어간다: Σ wᵢ·xᵢ + 1·r + b. 같은 입력의 합이 모이면 행렬이 된다(`dense`). 편향은 보통 항 하나를 순서에서 떼어
낸 것이고, 기록이 b 를 더하기 전과 뒤의 합을 모두 반올림했다면 |b| 는 그 둘의 합보다 크지 않으므로 그래도 된다. 곱 없이 곧바로
더한 맨 앞의 두 항만 그렇지 않다.
"""

from itertools import chain

import numpy as np

from micrograd_ko import ops
from micrograd_ko.compiler.code import Code, Writer
from micrograd_ko.operation import Op

SIGNS = {ops.add: (1, 1), ops.sub: (1, -1), ops.neg: (-1,)}  # 피연산자마다의 부호
SUMS = (*SIGNS, ops.mul, ops.total, ops.dot, ops.affine)
SIMPLEST = {(0, 2, 0): ops.add, (0, 1, 1): ops.sub, (0, 0, 1): ops.neg, (1, 0, 0): ops.mul}  # w·x, +x, −x 의 수마다
CONSTANT = 1  # 곱에서 가중치가 될 순위: 상수 1, 파라미터는 그보다 높고(덜 쓰이는 것부터) 나머지는 0

Products = list[tuple[int, int]]  # 곱의 항마다 (w, x)
Plains = list[tuple[int, int]]  # 보통 항마다 (x, 부호), 더하는 순서로


class _Terms:
    """합 하나의 항들. bare 는 맨 앞의 두 보통 항이 곱 없이 곧바로 더해졌는지."""

    __slots__ = ('bare', 'plains', 'products')

    def __init__(self, products: Products) -> None:
        self.products, self.bare = products, False
        self.plains: Plains = []

    def add(self, x: int, sign: int) -> None:
        """보통 항 하나를 더한다."""
        self.bare |= len(self.plains) == 1 and not self.products
        self.plains.append((x, sign))

    def absorb(self, other: '_Terms', sign: int) -> bool:
        """다른 합 other 를 sign 을 붙여, 항으로 풀어 더한다. 그럴 수 없으면 거짓."""
        if (sign < 0 and other.products) or (len(other.plains) > 1 and (sign < 0 or self.plains)):
            return False
        longer, shorter = self.products, other.products  # 짧은 것을 긴 것에 붙여야 깊은 사슬도 선형이다
        if len(longer) < len(shorter):
            longer, shorter = shorter, longer
        longer += shorter
        self.products = longer
        if self.plains or sign < 0:
            for x, inner in other.plains:
                self.add(x, sign * inner)
        else:
            self.plains, self.bare = other.plains, other.bare
        return True


def flatten(code: Code) -> Code:
    """모든 합을 펴서 가장 간단한 표의 연산으로 다시 적는다."""
    sums = _collected(code)
    ranks = np.where(code.is_parameter(), CONSTANT + 1 / np.maximum(code.uses(), 1), CONSTANT * code.is_constant())
    facts = zip(code.nodes(), code.source.tolist(), code.data.tolist(), ranks.tolist(), strict=True)
    rewriter = _Rewriter(code)
    stands: list[int] = []  # 노드마다 대신 설 새 노드, 다른 합에 들어갔으면 −1
    for node, ((op, operands), source, data, rank) in enumerate(facts):
        if op not in SUMS:
            stands.append(rewriter.write(op, [stands[x] for x in operands], source, data))
            if rank:
                rewriter.rank[stands[node]] = rank
        elif node in sums:
            terms = sums[node]
            pairs = [(stands[w], stands[x]) for w, x in terms.products]
            stands.append(rewriter.sum(pairs, [(stands[x], sign) for x, sign in terms.plains], terms.bare, source))
        else:
            stands.append(-1)
    return rewriter.code([stands[root] for root in code.roots.tolist()], code.inputs, code.parameters)


def _collected(code: Code) -> dict[int, _Terms]:
    """다른 합에 들어가지 않는 합과 곱 → 그 항들."""
    uses, data, units = code.uses().tolist(), code.data.tolist(), {code.one: 1, code.minus_one: -1}
    sums: dict[int, _Terms] = {}
    for node, (op, operands) in enumerate(code.nodes()):
        if op not in SUMS:
            continue
        products, plains = _written(op, operands, units)
        terms = sums[node] = _Terms(products)
        for x, sign in plains:
            if uses[x] == 1 and x in sums and terms.absorb(sums[x], sign):
                del sums[x]
            elif data[x] != 0:  # 상수 0 은 더하지 않는다: `sum` 은 0 에서 시작한다
                terms.add(x, sign)
    return sums


def _written(op: Op, operands: list[int], units: dict[int, int]) -> tuple[Products, Plains]:
    """연산 하나에 적힌 (곱의 항, 보통 항). (±1)·x 는 보통 항 ±x 다."""
    if op in SIGNS:
        return [], list(zip(operands, SIGNS[op], strict=True))
    if op is ops.total:
        return [], [(x, 1) for x in operands]
    ws, xs, *bias = (operands[:1], operands[1:]) if op is ops.mul else op.split(operands)
    pairs = [(x, w) if x in units else (w, x) for w, x in zip(ws, xs, strict=True)]
    plains = [(x, units[w]) for w, x in pairs if w in units] + [(b, 1) for b in bias]
    return [pair for pair in pairs if pair[0] not in units], plains


class _Rewriter(Writer):
    """합을 다시 적는 것. 선언한 잎과 상수 ±1 의 번호는 그대로다."""

    def __init__(self, code: Code) -> None:
        super().__init__((*code.ops, *SUMS))
        self.one, self.minus_one = code.one, code.minus_one
        self.rank: dict[int, float] = {}  # 없으면 0

    def sum(self, products: Products, plains: Plains, bare: bool, source: int) -> int:
        """합 하나. 파라미터인 가중치가 있으면 (가중치, 입력)의 곱과 편향만 남기고 나머지 항은 잔차로 떼어 낸다."""
        rank = self.rank.get
        weighted: Products = []
        rest: Products = []
        for pair in products:
            ordered = pair if rank(pair[0], 0) >= rank(pair[1], 0) else pair[::-1]
            (weighted if ordered[0] in self.rank else rest).append(ordered)
        if max([self.rank[w] for w, _ in weighted], default=0) <= CONSTANT:
            return self.simplest(products, plains, source)
        free = [i for i, (x, sign) in enumerate(plains) if sign > 0 and x in self.rank and not (bare and i < 2)]
        bias = [plains.pop(i) for i in free[:1]]
        if rest or plains:
            weighted.append((self.one, self.simplest(rest, plains, -1)))
        return self.simplest(weighted, bias, source)

    def simplest(self, products: Products, plains: Plains, source: int) -> int:
        """항들을 가장 간단한 연산 하나로 적고 그 번호를 준다. 항이 x 하나면 적지 않고 x 가 대신 선다.

        곱과 섞인 보통 항은 하나뿐이고 + 면 편향이다. 아니면 (±1)·x 의 곱이 되어 적힌 순서대로 맨 앞에 온다.
        """
        plus, minus = [x for x, sign in plains if sign > 0], [x for x, sign in plains if sign < 0]
        counts = len(products), len(plus), len(minus)
        if counts == (0, 1, 0):
            return plus[0]
        op = SIMPLEST.get(counts) or (None if products or minus else ops.total)
        if op is not None:
            return self.write(op, [*chain.from_iterable(products), *plus, *minus], source)
        bias = plus if len(plains) == 1 else []
        ones = [] if bias else [(self.one if sign > 0 else self.minus_one, x) for x, sign in plains]
        ws, xs = zip(*ones, *products, strict=True)
        return self.write(ops.affine if bias else ops.dot, (*ws, *xs, *bias), source)
