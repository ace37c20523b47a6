"""프로그램을 노트의 표기법으로 적는다: 스칼라 그래프에서 되찾은 행렬이 z² = W²·a¹ + b² 로 보인다.

이름은 기록할 때의 것(w²₁₂, z²₁ …)에서 번호를 뗀 것이다. 이름 없이 기록한 행렬은 나온 순서대로 층 2, 3, … 으로 센다.
"""

import re
import sys
from typing import TYPE_CHECKING

import numpy as np

from micrograd_ko import ops
from micrograd_ko.compiler.tape import Dense
from micrograd_ko.operation import Op
from micrograd_ko.writing.notation import subscript, superscript

if TYPE_CHECKING:
    from micrograd_ko.compiler.program import Program

SHOWN = 100  # 이보다 많은 명령은 적지 않는다
PIECES = 3  # 피연산자의 조각을 이만큼까지 적는다
_INDEX = re.compile('[₀₁₂₃₄₅₆₇₈₉,]+$')
_SCRIPTS = str.maketrans('⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉', '01234567890123456789')
INFIX: dict[Op, str] = {ops.add: ' + ', ops.sub: ' - ', ops.mul: ' ⊙ ', ops.div: ' / '}


def shown(program: 'Program') -> str:
    """명령마다 한 줄: 식과 모양. 콘솔이 못 쓰는 글자는 z^2, a_1 처럼 적는다."""
    tape = program.tape
    sizes = '' if program.inputs.sizes is None else f' ({" + ".join(map(str, program.inputs.sizes))})'
    counts = f'입력 {program.inputs.count}{sizes}, 파라미터 {len(program.parameters)}, 명령 {len(tape)}개'
    lines = [f'{counts} (기록된 노드 {program.nodes}개)']
    lines += Listing(program).lines(getattr(sys.stdout, 'encoding', None) or 'utf-8')
    if len(tape) > SHOWN:
        lines.append(f'  … 명령 {len(tape) - SHOWN}개 더')
    return '\n'.join(lines)


class Listing:
    """행마다의 이름을 정해 가며 명령을 적는다."""

    def __init__(self, program: 'Program') -> None:
        self.program, self.tape = program, program.tape
        self.taken: set[str] = set()
        self.matrices: dict[int, str] = {}  # W 의 첫 칸 → 이름
        self.vectors: list[tuple[int, int, str]] = []  # (첫 행, 끝 행, 이름)
        column = 0
        for i, width in enumerate(program.inputs.widths):
            default = ('x', 'y')[i] if i < 2 else f'x{superscript(i + 1)}'
            self._name(column, column + width, _base(program.labels[column : column + width]) or default)
            column += width

    def lines(self, encoding: str) -> list[str]:
        rows = []
        for k in range(min(len(self.tape), SHOWN)):
            first, last = int(self.tape.first[k]), int(self.tape.first[k + 1])
            dense = self.tape.dense.get(k)
            right = self._map(k) if dense is None else self._dense(k, dense)
            shape = f'{last - first}' if dense is None else f'{last - first}×{dense.inputs}'
            equation = f'{self._result(k, first, last, dense)} = {right}'
            rows.append((_encodable(equation, encoding), _encodable(shape, encoding)))
        wide = max((len(equation) for equation, _ in rows), default=0)
        return [f'  {equation:{wide}}    {shape}' for equation, shape in rows]

    def _result(self, k: int, first: int, last: int, dense: Dense | None) -> str:
        recorded = [self.program.names.get(source, '') for source in self.tape.source[first:last].tolist()]
        wanted = _base(recorded)
        if not wanted and first <= self.tape.loss < last:
            wanted = 'C'
        if not wanted and dense is not None:
            wanted = f'z{self.matrices[dense.weights][1:]}'
        if not wanted:
            wanted = self._activation(k)
        return self._name(first, last, wanted)

    def _activation(self, k: int) -> str:
        """행렬 z 전체에 한 단항 연산의 결과는 a 다."""
        source = self._whole(self.tape.operand_rows(k)[0]) if self.tape.ops[self.tape.kind[k]].arity == 1 else ''
        return 'a' + source[1:] if source.startswith('z') else ''

    def _name(self, first: int, last: int, wanted: str) -> str:
        name, number = wanted, 0
        while not name or name in self.taken:
            number += 1
            name = f'{wanted}.{number}' if wanted else f'v{superscript(number)}'
        self.taken.add(name)
        self.vectors.append((first, last, name))
        return name

    def _dense(self, k: int, dense: Dense) -> str:
        inputs, residual = self.tape.dense_rows(k)
        if dense.weights not in self.matrices:
            self.matrices[dense.weights] = self._matrix(dense)
        name = self.matrices[dense.weights]
        bias = f' + b{name[1:]}' if dense.bias >= 0 else ''
        return f'{name}·{self._rows(inputs)}{bias}' + (f' + {self._rows(residual)}' if dense.residual else '')

    def _matrix(self, dense: Dense) -> str:
        at = np.flatnonzero(self.tape.slot == dense.weights)
        base = _base([self.program.parameters[at[0]].name]) if len(at) else ''
        name = 'W' + base[1:] if base else ''
        number = 2
        while not name or name in self.matrices.values():
            name, number = 'W' + superscript(number), number + 1
        return name

    def _map(self, k: int) -> str:
        op, rows = self.tape.ops[self.tape.kind[k]], self.tape.operand_rows(k)
        if op in (ops.dot, ops.affine):
            half = len(rows) // 2
            bias = f' + {self._rows(rows[-1])}' if op is ops.affine else ''
            return f'dot({self._rows(rows[:half].ravel())}, {self._rows(rows[half : 2 * half].ravel())}){bias}'
        if op.arity is None:
            return f'{op.name}({self._rows(rows.ravel())})'
        operands = [self._rows(row) for row in rows]
        if op in INFIX:
            return INFIX[op].join(operands)
        if op is ops.neg:
            return f'-{operands[0]}'
        return f'{operands[0]}**{op.family[1][0]}' if op.family and op.arity == 1 else f'{op.name}({", ".join(operands)})'

    def _whole(self, rows: np.ndarray) -> str:
        """rows 가 벡터 하나의 전부이면 그 이름, 아니면 빈 글."""
        return next((name for first, last, name in self.vectors if np.array_equal(rows, np.arange(first, last))), '')

    def _rows(self, rows: np.ndarray) -> str:
        """행들을 벡터의 이름으로. 일부는 번호를 붙이고, 여러 조각이면 괄호로 묶는다."""
        if (rows == rows[0]).all():
            return self._piece(int(rows[0]), int(rows[0]) + 1)
        if whole := self._whole(rows):
            return whole
        pieces, begin = [], 0
        owner = [self._owner(row) for row in rows.tolist()]
        for i in range(1, len(rows) + 1):
            if i == len(rows) or rows[i] != rows[i - 1] + 1 or owner[i] != owner[i - 1]:
                pieces.append(self._piece(int(rows[begin]), int(rows[i - 1]) + 1))
                begin = i
        more = [*pieces[:PIECES], '…'] if len(pieces) > PIECES else pieces
        return more[0] if len(more) == 1 else f'[{", ".join(more)}]'

    def _owner(self, row: int) -> int:
        return next((first for first, last, _ in self.vectors if first <= row < last), -1 - row)

    def _piece(self, begin: int, end: int) -> str:
        for first, last, name in self.vectors:
            if first <= begin < last:
                if (begin, end) == (first, last):
                    return name
                at = subscript(begin - first + 1)
                return name + (at if end == begin + 1 else f'{at}…{subscript(end - first)}')
        constant = begin - self.tape.inputs
        if constant < len(self.tape.constants):
            return f'{self.tape.constants[constant]:.6g}'
        slot = self.tape.parameter_rows[constant - len(self.tape.constants)]
        index = int(np.flatnonzero(self.tape.slot == slot)[0])
        return self.program.parameters[index].name or f'θ{subscript(index + 1)}'


def _base(names: list[str]) -> str:
    """이름들에서 번호를 뗀 공통의 이름. 없으면 빈 글."""
    bases = {_INDEX.sub('', name) for name in names}
    return bases.pop() if len(bases) == 1 else ''


def _encodable(text: str, encoding: str) -> str:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        text = re.sub('[⁰¹²³⁴⁵⁶⁷⁸⁹]+', lambda found: '^' + found[0].translate(_SCRIPTS), text)
        text = re.sub('[₀₁₂₃₄₅₆₇₈₉][₀₁₂₃₄₅₆₇₈₉,]*', lambda found: '_' + found[0].translate(_SCRIPTS), text)
        text = text.replace('⊙', '*').encode(encoding, 'replace').decode(encoding)
    return text
