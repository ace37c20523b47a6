"""낮춘 그래프(lowered graph): `Value` 그래프를 정수 배열로. 패스(pass)들은 `Code` 를 읽는다.

노드의 번호는 언제나 위상 순서(topological order)다. 앞자리는 정해져 있다.
  0 … I−1          입력(input), 선언한 순서대로
  I … I+P−1        파라미터(parameter), 선언한 순서대로
  I+P, I+P+1       상수 1 과 −1: 합을 곱의 합으로 적을 때 쓴다
그 뒤로 상수와 연산이 온다. 선언한 잎은 그래프에 없어도 자리를 갖는다.
"""

import math
from array import array
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from micrograd_ko.operation import Op
from micrograd_ko.ops import affine, dot, total

LEAF = -1
LONG_SUMS = total, dot, affine  # 항이 몇이든 노드 하나인 합


@dataclass(frozen=True)
class Code:
    """노드 n개, 피연산자의 자리 e개인 그래프.

    ops        쓰인 연산의 목록. 노드는 그 번호를 적는다.
    kind       (n,) 연산의 번호, 잎이면 LEAF.
    start      (n+1,) 노드 i 의 피연산자는 operand[start[i]:start[i+1]] (CSR).
    operand    (e,) 노드의 번호. 쓰는 노드의 번호보다 언제나 작다.
    data       (n,) 상수의 값. 상수가 아니면 nan 이고 읽지 않는다.
    source     (n,) `topological(loss, *outputs)` 에서의 번호. 컴파일러가 만든 노드와 그래프에 없는 잎은 −1.
    roots      손실, 그다음 출력들.
    """

    ops: tuple[Op, ...]
    kind: np.ndarray
    start: np.ndarray
    operand: np.ndarray
    data: np.ndarray
    source: np.ndarray
    roots: np.ndarray
    inputs: int
    parameters: int

    @property
    def declared(self) -> int:
        """선언한 잎의 수 I + P."""
        return self.inputs + self.parameters

    @property
    def one(self) -> int:
        return self.declared

    @property
    def minus_one(self) -> int:
        return self.declared + 1

    def __len__(self) -> int:
        return len(self.kind)

    def nodes(self, chosen: np.ndarray) -> Iterator[tuple[int, Any, list[int]]]:
        """chosen 의 노드마다 (번호, 연산, 피연산자의 목록). 잎의 연산은 None."""
        operand, start, ops = self.operand.tolist(), self.start.tolist(), (*self.ops, None)
        for node, kind in zip(chosen.tolist(), self.kind[chosen].tolist(), strict=True):
            yield node, ops[kind], operand[start[node] : start[node + 1]]

    def of(self, ops: Collection[Op]) -> np.ndarray:
        """(n,) 그 연산들 가운데 하나인지."""
        return np.isin(self.kind, [number for number, op in enumerate(self.ops) if op in ops])

    def counts(self) -> np.ndarray:
        """(n,) 노드마다 피연산자의 수."""
        return np.diff(self.start)

    def owners(self) -> np.ndarray:
        """(e,) 피연산자 자리마다 그 자리를 가진 노드."""
        return np.repeat(np.arange(len(self), dtype=np.int32), self.counts())

    def uses(self) -> np.ndarray:
        """(n,) 노드가 쓰이는 횟수. root 인 것도 한 번으로 친다."""
        return np.bincount(self.operand, minlength=len(self)) + np.bincount(self.roots, minlength=len(self))

    def is_parameter(self) -> np.ndarray:
        nodes = np.arange(len(self))
        return (nodes >= self.inputs) & (nodes < self.declared)

    def is_constant(self) -> np.ndarray:
        return (self.kind == LEAF) & (np.arange(len(self)) >= self.declared)

    def places(self, nodes: np.ndarray) -> np.ndarray:
        """nodes 의 피연산자가 operand 의 어디에 있는지, 노드의 순서로 이어서."""
        counts = self.counts()[nodes]
        return np.repeat(self.start[nodes], counts) + within(counts)

    def renumbered(self, nodes: np.ndarray, stands: np.ndarray) -> 'Code':
        """nodes 만 그 순서로. 노드 i 를 가리키던 것은 stands[i] 를 가리킨다."""
        number = np.full(len(self), -1, np.int32)
        number[nodes] = np.arange(len(nodes))
        number, start = number[stands], np.append(0, np.cumsum(self.counts()[nodes]))
        return replace(
            self, kind=self.kind[nodes], start=start, operand=number[self.operand[self.places(nodes)]],
            data=self.data[nodes], source=self.source[nodes], roots=number[self.roots],
        )  # fmt: skip


def within(lengths: np.ndarray) -> np.ndarray:
    """0 … n−1 을 lengths 의 n 마다 이은 것."""
    return np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)


def only_leaves(inputs: int, parameters: int) -> Code:
    """선언한 잎뿐인 것."""
    n, none = inputs + parameters, np.empty(0, np.int32)
    kind, source, start, data = np.full(n, LEAF, np.int32), np.full(n, -1, np.int32), np.zeros(n + 1, int), np.full(n, math.nan)
    return Code((), kind, start, none, data, source, none, inputs, parameters)


class Writer:
    """`Code` 의 뒤에 노드를 이어 적는 것."""

    def __init__(self, code: Code) -> None:
        self.before, self.numbers = code, {op: number for number, op in enumerate(code.ops)}
        columns, self.data = (code.kind, code.start, code.operand, code.source), array('d', code.data.tobytes())
        self.kind, self.start, self.operand, self.source = [array(column.dtype.char, column.tobytes()) for column in columns]

    def write(self, op: Op | None, operands: Iterable[int], source: int = -1, data: float = math.nan) -> int:
        """노드 하나를 적고 그 번호를 준다. op 가 None 이면 잎이다."""
        self.kind.append(LEAF if op is None else self.numbers.setdefault(op, len(self.numbers)))
        self.operand.extend(operands)
        self.start.append(len(self.operand))
        self.data.append(data)
        self.source.append(source)
        return len(self.kind) - 1

    def code(self, roots: Sequence[int] | np.ndarray) -> Code:
        """적은 것까지."""
        kind, start, operand, data, source = [np.array(c) for c in (self.kind, self.start, self.operand, self.data, self.source)]
        return replace(self.before, ops=tuple(self.numbers), kind=kind, start=start, operand=operand, data=data, source=source,
                       roots=np.array(roots))  # fmt: skip


def used(code: Code, roots: np.ndarray) -> np.ndarray:
    """(n,) roots 에 닿는 노드인지."""
    flags = bytearray(len(code))
    for root in roots.tolist():
        flags[root] = True
    below = np.flatnonzero(code.kind[: roots.max(initial=-1) + 1] != LEAF)
    for node, _, operands in code.nodes(below[::-1]):
        if flags[node]:
            for x in operands:
                flags[x] = True
    return np.frombuffer(flags, np.bool_)
