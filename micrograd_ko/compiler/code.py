"""낮춘 그래프(lowered graph): `Value` 그래프를 정수 배열로. 패스(pass)들은 `Code` 를 읽는다.

노드의 번호는 언제나 위상 순서(topological order)다. 앞자리는 정해져 있다.
  0 … I−1          입력(input), 선언한 순서대로
  I … I+P−1        파라미터(parameter), 선언한 순서대로
  I+P, I+P+1       상수 1 과 −1: 합을 곱의 합으로 적을 때 쓴다
그 뒤로 상수와 연산이 온다. 선언한 잎은 그래프에 없어도 자리를 갖는다.
"""

import math
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from micrograd_ko.operation import Op

LEAF = -1


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

    def nodes(self) -> Iterator[tuple[Any, list[int]]]:
        """노드마다 (연산, 피연산자의 목록). 잎의 연산은 None."""
        operand, bounds = self.operand.tolist(), pairwise(self.start.tolist())
        for kind, (first, last) in zip(self.kind.tolist(), bounds, strict=True):
            yield None if kind == LEAF else self.ops[kind], operand[first:last]

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


class Writer:
    """`Code` 를 노드의 순서대로 적는 것. ops 는 먼저 번호를 받는 연산, leaves 는 이미 적힌 잎의 수."""

    def __init__(self, ops: Iterable[Op] = (), leaves: int = 0) -> None:
        self.numbers = {op: number for number, op in enumerate(dict.fromkeys(ops))}
        self.kind, self.start, self.operand = array('i', [LEAF]) * leaves, array('q', [0]) * (leaves + 1), array('i')
        self.data, self.source = array('d', [math.nan]) * leaves, array('i', [-1]) * leaves

    def write(self, op: Op | None, operands: Iterable[int], source: int, data: float = math.nan) -> int:
        """노드 하나를 적고 그 번호를 준다. op 가 None 이면 잎이다."""
        self.kind.append(LEAF if op is None else self.numbers.setdefault(op, len(self.numbers)))
        self.operand.extend(operands)
        self.start.append(len(self.operand))
        self.data.append(data)
        self.source.append(source)
        return len(self.kind) - 1

    def code(self, roots: Sequence[int], inputs: int, parameters: int) -> Code:
        """적은 것. 처음 적은 inputs + parameters 개는 선언한 잎이다."""
        kind, start, operand, data = [np.array(part) for part in (self.kind, self.start, self.operand, self.data)]
        return Code(tuple(self.numbers), kind, start, operand, data, np.array(self.source), np.array(roots), inputs, parameters)


def used(code: Code, roots: np.ndarray) -> np.ndarray:
    """(n,) roots 에 닿는 노드인지."""
    flags = bytearray(len(code))
    reached = np.frombuffer(flags, np.bool_)
    reached[roots] = True
    for node in np.flatnonzero(code.kind != LEAF)[::-1].tolist():
        if flags[node]:
            reached[code.operand[code.start[node] : code.start[node + 1]]] = True
    return reached
