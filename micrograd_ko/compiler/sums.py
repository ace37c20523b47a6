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
더한 맨 앞의 두 항만 그렇지 않다. 빼는 상수 c 는 더하는 −c 이고, 편향은 파라미터를 먼저, 없으면 상수를 고른다.
"""

from array import array
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

import numpy as np

from micrograd_ko import ops
from micrograd_ko.compiler.code import LONG_SUMS, Code, Writer
from micrograd_ko.operation import Op

SIGNS = {ops.add: (1, 1), ops.sub: (1, -1), ops.neg: (-1,)}  # 피연산자마다의 부호
SUMS = (*SIGNS, ops.mul, *LONG_SUMS)
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
    sums, products = _involved(code)
    flat, absorbed = _collected(code, sums, products)
    rewriter = _Rewriter(code)
    for node in sorted([*flat, *np.flatnonzero(code.is_constant()).tolist()]):
        if node in flat:
            rewriter.rewrite(node, flat[node])
        else:
            rewriter.constants[rewriter.data[node].hex()] = node
    return rewriter.rewritten(np.append(sums, absorbed))


def _involved(code: Code) -> tuple[np.ndarray, np.ndarray]:
    """(다시 적을 합, 그런 합에 들어갈 수 있는 곱). 다른 합이 드나들지 않고 더 간단해질 것도 없는 합은 적힌 그대로 둔다."""
    sums, owners, units = code.of(SUMS), code.owners(), code.data == 0
    units[[code.one, code.minus_one]] = True
    simpler = code.of(LONG_SUMS)
    simpler[owners[units[code.operand]]] = True  # ±1 을 곱하거나 0 을 더한다
    products = code.of([ops.mul]) & ~simpler
    entering = (sums & (code.uses() == 1))[code.operand] & (sums & ~products)[owners]
    moving = np.zeros(len(code), np.bool_)
    moving[owners[entering]] = moving[code.operand[entering]] = True
    return np.flatnonzero(sums & (simpler | moving) & ~products), np.flatnonzero(products & moving)


def _collected(code: Code, sums: np.ndarray, products: np.ndarray) -> tuple[dict[int, _Terms], array]:
    """(다른 합에 들어가지 않은 합 → 그 항들, 합에 들어간 곱)."""
    uses, data, units = code.uses().tolist(), code.data.tolist(), {code.one: 1, code.minus_one: -1}
    ws, xs = [code.operand[code.start[products] + i].tolist() for i in range(2)]
    pairs = dict(zip(products.tolist(), zip(ws, xs, strict=True), strict=True))
    flat: dict[int, _Terms] = {}
    absorbed = array('q')
    for node, op, operands in code.nodes(sums):
        multiplied, plains = _written(op, operands, units)
        terms = flat[node] = _Terms(multiplied)
        for x, sign in plains:
            if sign > 0 and x in pairs:
                terms.products.append(pairs[x])
                absorbed.append(x)
            elif uses[x] == 1 and x in flat and terms.absorb(flat[x], sign):
                del flat[x]
            elif data[x] != 0:  # 상수 0 은 더하지 않는다: `sum` 은 0 에서 시작한다
                terms.add(x, sign)
    return flat, absorbed


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
    """합을 다시 적는 것. 새 노드는 끝에 적었다가, 그것이 대신하는 노드의 자리에 놓는다."""

    def __init__(self, code: Code) -> None:
        super().__init__(replace(code, ops=tuple(dict.fromkeys([*code.ops, *SUMS]))))
        ranks = np.where(code.is_parameter(), CONSTANT + 1 / np.maximum(code.uses(), 1), CONSTANT * code.is_constant())
        self.rank = array('d', ranks.tobytes())
        self.constants: dict[str, int] = {}  # 상수의 hex → 번호
        nodes = np.arange(len(code), dtype=np.int64).tobytes()
        self.stands, self.places = array('q', nodes), array('q', nodes)  # 노드마다 대신 설 노드, 놓일 자리
        self.one, self.minus_one, self.place = code.one, code.minus_one, 0

    def write(self, *what: Any) -> int:
        number = super().write(*what)
        self.rank.append(0)
        self.stands.append(number)
        self.places.append(self.place)
        return number

    def rewrite(self, node: int, terms: _Terms) -> None:
        """node 를 그 항들로 다시 적는다."""
        self.place = node
        number = self.sum(terms, self.source[node])
        self.stands[node], self.rank[node] = self.stands[number], self.rank[number]

    def rewritten(self, gone: np.ndarray) -> Code:
        """노드 gone 을 뺀 그래프. 파라미터가 낀 곱은 가중치가 앞에 온다."""
        code, rank, places = self.code(self.before.roots), np.array(self.rank), np.array(self.places)
        first = code.start[np.flatnonzero(code.of([ops.mul]))]
        w, x = code.operand[first], code.operand[first + 1]
        turned = (rank[w] < rank[x]) & (rank[x] > CONSTANT)
        code.operand[first], code.operand[first + 1] = np.where(turned, x, w), np.where(turned, w, x)
        nodes = np.delete(np.arange(len(code)), gone)
        return code.renumbered(nodes[np.argsort(places[nodes], kind='stable')], np.array(self.stands))

    def sum(self, terms: _Terms, source: int) -> int:
        """합 하나. 파라미터인 가중치가 있으면 (가중치, 입력)의 곱과 편향만 남기고 나머지 항은 잔차로 떼어 낸다."""
        rank, plains = self.rank, terms.plains
        weighted: Products = []
        rest: Products = []
        for w, x in terms.products:
            pair = (w, x) if rank[w] >= rank[x] else (x, w)
            (weighted if rank[pair[0]] else rest).append(pair)
        if max([rank[w] for w, _ in weighted], default=0) <= CONSTANT:
            return self.simplest(terms.products, plains, source)
        plains = [(self.constant(-self.data[x]), 1) if sign < 0 and rank[x] == CONSTANT else (x, sign) for x, sign in plains]
        free = [i for i, (x, sign) in enumerate(plains) if sign > 0 and rank[x] and not (terms.bare and i < 2)]
        free.sort(key=lambda i: rank[plains[i][0]] == CONSTANT)  # 상수보다 파라미터가 먼저다
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
            return self._folded(op, [*chain.from_iterable(products), *plus, *minus], source)
        bias = plus if len(plains) == 1 else []
        ones = [] if bias else [(self.one if sign > 0 else self.minus_one, x) for x, sign in plains]
        ws, xs = zip(*ones, *products, strict=True)
        return self._folded(ops.affine if bias else ops.dot, (*ws, *xs, *bias), source)

    def constant(self, value: float) -> int:
        """상수의 번호. 같은 상수는 하나다."""
        number = self.constants.get(value.hex())
        if number is None:
            number = self.constants[value.hex()] = self.write(None, (), -1, value)
            self.rank[number] = CONSTANT
        return number

    def _folded(self, op: Op, operands: Sequence[int], source: int) -> int:
        """연산 하나를 적는다. 합을 펴서 상수만 남은 것은 접는다."""
        if {self.rank[x] for x in operands} == {CONSTANT}:
            return self.constant(op.eager(*[self.data[x] for x in operands]))
        return self.write(op, operands, source)
