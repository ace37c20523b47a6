"""합 펴기(flattening): +, −, · 로 적은 식을 `total`, `dot`, `affine` 한 노드로.

한 곳에서만 쓰이는 덧셈은 그것을 쓰는 덧셈의 항으로 들어간다(absorb). 그렇게 모인 항은
  ± x          보통 항(plain term)
  a·b          곱의 항(product term), 부호는 +
이고, 합 하나를 다시 표의 연산 하나로 적는다(`canonical`). 더하는 순서가 바뀔 수 있으므로 반올림은 달라진다.

파라미터가 곱해진 항 w·x 를 가진 합은 둘로 나뉜다. w·x 들과 편향(bias)은 합에 남고, 나머지는 잔차(residual) r 하나가 되어
(1, r) 의 곱으로 들어간다: Σ wᵢ·xᵢ + 1·r + b. 같은 입력의 합이 모이면 행렬이 된다(`dense`).
"""

from dataclasses import dataclass, replace

import numpy as np

from micrograd_ko import ops
from micrograd_ko.compiler.code import LEAF, Code

LINEAR = (ops.add, ops.sub, ops.neg, ops.total, ops.dot, ops.affine)


@dataclass(frozen=True)
class Terms:
    """합들의 항. 항 t 는 합 owner[t] 에 sign[t]·left[t]·right[t] 를 더한다. 보통 항의 right 는 −1 이다.

    owner 는 2h + 1 이 합 h 자신, 2h 가 그 잔차다. 항은 적힌 순서대로다.
    """

    owner: np.ndarray
    left: np.ndarray
    right: np.ndarray
    sign: np.ndarray


def flatten(code: Code) -> Code:
    """모든 합을 펴서 가장 간단한 표의 연산으로 다시 적는다.

    항이 하나뿐인 합(0 + x)이 있으면 먼저 그 자리에 항을 세운다: 그래야 그것이 가중치나 입력인 것이 보인다.
    """
    code, aliased = code.with_ops(*LINEAR, ops.mul), True
    while aliased:
        code, aliased = rewritten(code, *collect(code))
    head, terms = collect(code)
    return rewritten(code, head, split(code, terms))[0]


def collect(code: Code) -> tuple[np.ndarray, Terms]:
    """(노드마다 그것이 들어간 합 — 들어가지 않으면 자기 자신, 모든 합의 항)."""
    owners, uses, counts = code.owners(), code.uses(), code.counts()
    position = np.arange(len(owners)) - code.start[owners]
    op_of = {op: code.kind == code.number(op) for op in (*LINEAR, ops.mul)}
    linear = np.logical_or.reduce([op_of[op] for op in LINEAR])
    paired = op_of[ops.dot] | op_of[ops.affine]
    half = np.where(paired, counts // 2, 0)
    plain = linear[owners] & (position >= 2 * half[owners])
    sign = np.where(op_of[ops.neg][owners] | (op_of[ops.sub][owners] & (position == 1)), np.int8(-1), np.int8(1))

    edges = np.flatnonzero(plain)
    edges = edges[uses[code.operand[edges]] == 1]  # 이 덧셈에서만 쓰이는 항
    inner = code.operand[edges]
    chained = (linear & ~paired)[inner]
    head, into = _followed(len(code), inner[chained], owners[edges[chained]], sign[edges[chained]])
    sign = sign * into[owners]
    positive = sign[edges] > 0  # 곱의 항은 부호가 + 일 때만 들어간다
    producing = (paired | op_of[ops.mul])[inner] & positive
    above, _ = _followed(len(code), inner[producing], head[owners[edges[producing]]], np.ones(producing.sum(), np.int8))
    head = above[head]

    absorbed = head != np.arange(len(code))
    at_plain = np.flatnonzero(plain & ~absorbed[code.operand])
    product = edges[producing & op_of[ops.mul][inner]]
    pair = np.flatnonzero(paired[owners] & (position < half[owners]))
    factors = code.start[code.operand[product]]
    at = np.concatenate([at_plain, product, pair])
    left = np.concatenate([code.operand[at_plain], code.operand[factors], code.operand[pair]])
    right = np.concatenate([
        np.full(len(at_plain), -1, np.int32), code.operand[factors + 1], code.operand[pair + half[owners[pair]]],
    ])  # fmt: skip
    order = np.argsort(at, kind='stable')
    at = at[order]
    terms = Terms(2 * head[owners[at]] + 1, left[order], right[order], sign[at])
    return head, _without_zeros(code, _without_ones(code, terms))


def _followed(count: int, node: np.ndarray, into: np.ndarray, sign: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """node 가 into 로 들어가는 숲에서 노드마다 (뿌리, 뿌리까지 부호의 곱). 가리키는 곳을 두 배씩 건너뛴다(pointer jumping)."""
    pointer, product = np.arange(count, dtype=np.int32), np.ones(count, np.int8)
    pointer[node], product[node] = into, sign
    while len(node):
        ahead = pointer[node]
        node = node[pointer[ahead] != ahead]
        ahead = pointer[node]
        product[node], pointer[node] = product[node] * product[ahead], pointer[ahead]
    return pointer, product


def _without_ones(code: Code, terms: Terms) -> Terms:
    """(±1)·x 를 보통 항 ±x 로."""
    unit = (terms.right >= 0) & ((terms.left == code.one) | (terms.left == code.minus_one))
    sign = np.where(unit & (terms.left == code.minus_one), -terms.sign, terms.sign)
    return Terms(terms.owner, np.where(unit, terms.right, terms.left), np.where(unit, -1, terms.right), sign)


def _without_zeros(code: Code, terms: Terms) -> Terms:
    """상수 0 을 더하는 항을 뺀다(`sum` 은 0 에서 시작한다). 합에 항이 하나는 남는다."""
    zero = (terms.right < 0) & (code.data[terms.left] == 0)
    others = np.bincount(terms.owner[~zero], minlength=2 * len(code))
    kept = ~zero | (others[terms.owner] == 0)
    return Terms(terms.owner[kept], terms.left[kept], terms.right[kept], terms.sign[kept])


def split(code: Code, terms: Terms) -> Terms:
    """곱을 (가중치, 입력)의 순서로 놓고, 가중치가 있는 합에서 나머지 항을 잔차로 떼어 낸다."""
    parameter, constant, uses = code.is_parameter(), code.is_constant(), code.uses()
    left, right = terms.left, terms.right
    product = right >= 0
    rank = np.where(parameter, 2, constant)  # 곱의 어느 쪽이 가중치인가: 파라미터, 상수, 나머지의 순서
    swap = product & ((rank[right] > rank[left]) | ((rank[left] == 2) & (rank[right] == 2) & (uses[right] < uses[left])))
    left, right = np.where(swap, right, left), np.where(swap, left, right)

    weighted = product & parameter[left]
    dense = np.zeros(2 * len(code), np.bool_)
    dense[terms.owner[weighted]] = True
    weighted |= product & constant[left] & dense[terms.owner]
    bias = _first_of_each(terms.owner, ~product & (terms.sign > 0) & (parameter | constant)[left])
    rest = dense[terms.owner] & ~weighted & ~bias
    owner = terms.owner - rest
    heads = np.unique(terms.owner[rest])
    return Terms(
        np.concatenate([owner, heads]),
        np.concatenate([left, np.full(len(heads), code.one, np.int32)]),
        np.concatenate([right, -2 - heads // 2]).astype(np.int32),  # −2 − h: 합 h 의 잔차
        np.concatenate([terms.sign, np.ones(len(heads), np.int8)]),
    )


def _first_of_each(owner: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """합마다 chosen 인 첫 항만 참."""
    at = np.flatnonzero(chosen)
    first = np.zeros(len(owner), np.bool_)
    first[at[np.unique(owner[at], return_index=True)[1]]] = True
    return first


def rewritten(code: Code, head: np.ndarray, terms: Terms) -> tuple[Code, bool]:
    """(합마다 항을 표의 연산 하나로 적은 새 Code, 항이 하나뿐인 합이 있었는지).

    노드 i 는 열쇠 2i + 1, 합 h 의 잔차는 열쇠 2h 를 거쳐 번호를 받는다.
    """
    terms = _by_key(terms)
    terms, kinds = canonical(code, terms)
    size = 2 * len(code)
    summed = np.zeros(size, np.bool_)
    summed[terms.owner] = True
    kept = summed.copy()
    kept[1::2] |= head == np.arange(len(code))
    stands = np.arange(size, dtype=np.int32)
    alias = kinds == ALIAS
    stands[terms.owner[alias[terms.owner]]] = terms.left[alias[terms.owner]]
    while not np.array_equal(stands, further := stands[stands]):
        stands = further
    kept &= ~alias

    slots, operand = _laid_out(terms)
    copied = kept[1::2] & ~summed[1::2]
    edges = np.flatnonzero(copied[code.owners()])
    owner = 2 * code.owners()[edges] + 1
    owner, operand = np.concatenate([owner, slots]), np.concatenate([2 * code.operand[edges] + 1, operand])
    alive = kept[owner]
    order = np.argsort(owner[alive], kind='stable')
    counts = np.bincount(owner[alive], minlength=size)[kept]
    wide = replace(
        code, kind=np.where(summed, kinds, np.repeat(code.kind, 2)), data=np.repeat(code.data, 2),
        source=np.where(np.arange(size) % 2, np.repeat(code.source, 2), np.int32(-1)), roots=2 * code.roots + 1,
    )  # fmt: skip
    return wide.renumbered(kept, counts, operand[alive][order], stands), bool(alias[1::2].any())


def _by_key(terms: Terms) -> Terms:
    """노드의 번호를 열쇠로 바꾼다."""
    right = np.where(terms.right >= 0, 2 * terms.right + 1, np.where(terms.right == -1, -1, 2 * (-2 - terms.right)))
    return Terms(terms.owner, 2 * terms.left + 1, right, terms.sign)


ALIAS = -2  # 항이 하나뿐인 합: 그 항이 대신 선다


def canonical(code: Code, terms: Terms) -> tuple[Terms, np.ndarray]:
    """(항, 열쇠마다 연산의 번호). 곱의 합에 섞인 보통 항은 첫 + 항이 편향이 되고, 나머지는 (±1, x) 의 곱이 된다."""
    size = 2 * len(code)
    product = terms.right >= 0
    products = np.bincount(terms.owner[product], minlength=size)
    plus = np.bincount(terms.owner[~product & (terms.sign > 0)], minlength=size)
    minus = np.bincount(terms.owner[~product & (terms.sign < 0)], minlength=size)
    forms = [
        (products + plus + minus == 0, LEAF),
        ((products == 1) & (plus + minus == 0), code.number(ops.mul)),
        ((products == 0) & (minus == 0) & (plus == 1), ALIAS),
        ((products == 0) & (minus == 0) & (plus == 2), code.number(ops.add)),
        ((products == 0) & (minus == 0), code.number(ops.total)),
        ((products == 0) & (minus == 1) & (plus == 0), code.number(ops.neg)),
        ((products == 0) & (minus == 1) & (plus == 1), code.number(ops.sub)),
        (plus > 0, code.number(ops.affine)),
    ]
    kinds = np.select([where for where, _ in forms], [kind for _, kind in forms], code.number(ops.dot)).astype(np.int32)
    mixed = ~product & np.isin(kinds, [code.number(ops.dot), code.number(ops.affine)])[terms.owner]
    mixed &= ~_first_of_each(terms.owner, ~product & (terms.sign > 0))
    unit = np.where(terms.sign > 0, 2 * code.one + 1, 2 * code.minus_one + 1)
    return Terms(
        terms.owner, np.where(mixed, unit, terms.left), np.where(mixed, terms.left, terms.right), terms.sign
    ), kinds


def _laid_out(terms: Terms) -> tuple[np.ndarray, np.ndarray]:
    """항들을 피연산자의 순서(*ws, *xs, b)로: (자리마다 그것을 가진 열쇠, 피연산자)."""
    product = terms.right >= 0
    part = np.concatenate([np.where(product, 0, np.where(terms.sign > 0, 2, 3)), np.ones(product.sum(), np.int64)])
    owner = np.concatenate([terms.owner, terms.owner[product]])
    operand = np.concatenate([terms.left, terms.right[product]])
    order = np.lexsort([part, owner])
    return owner[order], operand[order]
