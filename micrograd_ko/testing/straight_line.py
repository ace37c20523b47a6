"""프로그램(straight-line program): 입력과, 표의 연산을 차례로 적용하는 줄들. 어떤 종류의 수로든 실행되고 코드 조각으로 적힌다.

>>> from micrograd_ko import ops
>>> program = StraightLine((2.0, 3.0), (Assignment(ops.mul, (0, 1)), Assignment(ops.dot, ((0, 2), (1, Constant(2))))))
>>> program(2.0, 3.0)
18.0
>>> print(program)
from micrograd_ko import Value, ops
a, b = Value(2.0), Value(3.0)
c = ops.mul(a, b)
d = ops.dot([a, c], [b, 2])
d.backward()
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from micrograd_ko import ops
from micrograd_ko.engine import Value
from micrograd_ko.graph import topological
from micrograd_ko.number import Number
from micrograd_ko.operation import Op


class Constant(NamedTuple):
    """피연산자 자리에 적힌 상수."""

    number: Number


class Assignment(NamedTuple):
    """한 줄: op 와 그 인수. 인수는 앞줄의 번호(입력이 0 부터), `Constant`, 또는 그런 것의 튜플(목록 인수)이다."""

    op: Op
    arguments: tuple

    def operands(self, rows: Sequence) -> list:
        """앞줄의 값이 rows 일 때, 납작하게 편 피연산자의 값."""
        return [part.number if isinstance(part, Constant) else rows[part] for part in self.op.flat(self.arguments)]


class StraightLine:
    """inputs: 입력의 값. steps: 줄들, 마지막 줄이 결과다. 줄이 없으면 마지막 입력이 결과다."""

    def __init__(self, inputs: tuple[Number, ...], steps: tuple[Assignment, ...]) -> None:
        self.inputs, self.steps = tuple(inputs), tuple(steps)

    def __call__(self, *xs: Any) -> Any:
        """어떤 종류의 수로든 실행한다. `gradcheck(program, program.inputs)` 처럼 함수로 쓸 수 있다."""
        return self.rows(*xs)[-1]

    def rows(self, *xs: Any) -> list:
        """입력과 모든 줄의 값."""
        if len(xs) != len(self.inputs):
            raise TypeError(f'프로그램의 입력(input)은 {len(self.inputs)}개입니다. {len(xs)}개를 받았습니다.')
        rows = list(xs)
        for step in self.steps:
            rows.append(step.op.apply(*step.operands(rows)))
        return rows

    def record(self) -> tuple[list[Value], Value, list[Value]]:
        """(입력 Value 들, 결과, 위상 순서)."""
        leaves = [Value(x, name) for x, name in zip(self.inputs, self.names(), strict=False)]
        root = self(*leaves)
        return leaves, root, topological(root)

    def names(self) -> list[str]:
        """줄마다의 변수 이름: a … z, 그다음은 v26, v27, …"""
        count = len(self.inputs) + len(self.steps)
        return [chr(ord('a') + i) if i < 26 else f'v{i}' for i in range(count)]

    def lines(self) -> list[str]:
        """코드의 줄들. import 와 backward 는 빠진다."""
        names, n = self.names(), len(self.inputs)
        first = f'{", ".join(names[:n])} = {", ".join([f"Value({x!r})" for x in self.inputs])}'
        return [first] + [
            f'{name} = {_call(op)}({", ".join([_written(argument, names) for argument in arguments])})'
            for name, (op, arguments) in zip(names[n:], self.steps, strict=True)
        ]

    def __str__(self) -> str:
        uses_fractions = any('Fraction(' in line for line in self.lines())
        imports = ['from fractions import Fraction'] * uses_fractions + ['from micrograd_ko import Value, ops']
        return '\n'.join([*imports, *self.lines(), f'{self.names()[-1]}.backward()'])

    def __repr__(self) -> str:
        return f'StraightLine:\n{self}\n'


def _written(argument: Any, names: list[str]) -> str:
    if type(argument) is tuple:
        return f'[{", ".join([_written(part, names) for part in argument])}]'
    return repr(argument.number) if isinstance(argument, Constant) else names[argument]


def _call(op: Op) -> str:
    if op.family is not None or hasattr(ops, op.name):  # 나중에 등록한 연산은 모듈의 이름이 아니라 표에 있다
        return f'ops.{op.name}'
    return f'ops.table[{op.name!r}]'
