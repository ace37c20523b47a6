"""프로그램을 노트의 표기법으로 적는다: 스칼라 그래프에서 되찾은 행렬이 z² = W²·a¹ + b² 로 보인다.

이름은 기록할 때의 것(w²₁₂, z²₁ …)에서 번호를 뗀 것이다. 이름 없이 기록한 행렬은 나온 순서대로 층 2, 3, … 으로 센다.
"""

from collections.abc import Collection, Iterable, Sequence
from itertools import chain, count

import numpy as np

from micrograd_ko import ops
from micrograd_ko.compiler.samples import Columns
from micrograd_ko.compiler.tape import Dense, Tape
from micrograd_ko.writing.notation import subscript, superscript

SHOWN = 100  # 이보다 많은 명령은 적지 않는다
PIECES = 3  # 피연산자의 조각을 이만큼까지 적는다
INFIX = {ops.add: ' + ', ops.sub: ' - ', ops.mul: ' ⊙ ', ops.div: ' / '}


class Listing:
    """행마다의 이름을 정해 가며 명령을 적는다.

    labels 와 parameters 는 입력과 파라미터의 이름, names 는 기록된 노드의 위상 번호 → 이름.
    """

    def __init__(self, tape: Tape, inputs: Columns, labels: Sequence[str], parameters: Sequence[str],
                 names: dict[int, str]) -> None:  # fmt: skip
        self.tape, self.inputs, self.parameters, self.names = tape, inputs, parameters, names
        self.taken: set[str] = set()
        self.matrices: dict[int, str] = {}  # W 의 첫 칸 → 이름
        self.vectors: list[tuple[int, int, str]] = []  # (첫 행, 끝 행, 이름), 행의 순서로
        column = 0
        for i, width in enumerate(inputs.widths):
            default = ('x', 'y')[i] if i < 2 else f'x{superscript(i + 1)}'
            self._name(column, column + width, _base(labels[column : column + width]) or default)
            column += width
        scalars = [f'{constant:.6g}' for constant in tape.constants]
        scalars += [parameters[i] or f'θ{subscript(i + 1)}' for i in tape.order[tape.parameter_rows].tolist()]
        self.vectors += [(row, row + 1, name) for row, name in enumerate(scalars, tape.inputs)]

    def text(self, nodes: int) -> str:
        """명령마다 한 줄: 식과 모양. nodes 는 기록된 노드의 수."""
        sizes = '' if self.inputs.sizes is None else f' ({" + ".join(map(str, self.inputs.sizes))})'
        counts = f'입력 {self.inputs.count}{sizes}, 파라미터 {len(self.parameters)}, 명령 {len(self.tape)}개'
        rows = [self._row(k) for k in range(min(len(self.tape), SHOWN))]
        wide = max((len(equation) for equation, _ in rows), default=0)
        lines = [f'{counts} (기록된 노드 {nodes}개)', *[f'  {equation:{wide}}    {shape}' for equation, shape in rows]]
        if len(self.tape) > SHOWN:
            lines.append(f'  … 명령 {len(self.tape) - SHOWN}개 더')
        return '\n'.join(lines)

    def _row(self, k: int) -> tuple[str, str]:
        """명령 k 의 (식, 모양)."""
        out, dense = self.tape.out(k), self.tape.dense.get(k)
        if dense is None:
            right, default, shape = self._map(k), self._activation(k), f'{self.tape.lanes(k)}'
        else:
            right, shape, copies = self._dense(k, dense), f'{dense.outputs}×{dense.inputs}', self.tape.copies(k)
            shape += f', {copies}벌' if copies > 1 else ''
            default = f'z{self.matrices[dense.weights][1:]}'
        recorded = _base([self.names.get(source, '') for source in self.tape.source[out].tolist()])
        loss = 'C' if out.start <= self.tape.loss < out.stop else ''
        return f'{self._name(out.start, out.stop, recorded or loss or default)} = {right}', shape

    def _activation(self, k: int) -> str:
        """행렬 z 전체에 한 단항 연산의 결과는 a 다."""
        rows = self.tape.operand_rows(k)[0]
        source = self._rows(rows) if self.tape.ops[self.tape.kind[k]].arity == 1 and (np.diff(rows) == 1).all() else ''
        return 'a' + source[1:] if source.startswith('z') and source in self.taken else ''

    def _name(self, first: int, last: int, wanted: str) -> str:
        numbered = (f'{wanted}.{i}' if wanted else f'v{superscript(i)}' for i in count(1))
        name = _free(wanted, numbered, self.taken)
        self.taken.add(name)
        self.vectors.append((first, last, name))
        return name

    def _dense(self, k: int, dense: Dense) -> str:
        inputs, residual = self.tape.dense_rows(k)
        if dense.weights not in self.matrices:
            base = _base([self.parameters[i] for i in self.tape.order[dense.weights : dense.weights + 1]])
            numbered = ('W' + superscript(i) for i in count(2))
            self.matrices[dense.weights] = _free(base and 'W' + base[1:], numbered, self.matrices.values())
        name = self.matrices[dense.weights]
        bias = f' + b{name[1:]}' if dense.bias >= 0 else ''
        return f'{name}·{self._rows(inputs.ravel())}{bias}' + (f' + {self._rows(residual.ravel())}' if dense.residual else '')

    def _map(self, k: int) -> str:
        op, rows = self.tape.ops[self.tape.kind[k]], self.tape.operand_rows(k)
        if op in (ops.dot, ops.affine):
            ws, xs, *bias = [self._rows(np.ravel(part)) for part in op.split(list(rows))]
            return ' + '.join([f'dot({ws}, {xs})', *bias])
        if op.arity is None:
            return f'{op.name}({self._rows(rows.ravel())})'
        operands = [self._rows(row) for row in rows]
        if op in INFIX:
            return INFIX[op].join(operands)
        if op is ops.neg:
            return f'-{operands[0]}'
        return f'{operands[0]}**{op.family[1][0]}' if op.family and op.arity == 1 else f'{op.name}({", ".join(operands)})'

    def _rows(self, rows: np.ndarray) -> str:
        """행들을 벡터의 이름으로. 일부는 번호를 붙이고, 여러 조각이면 괄호로 묶는다."""
        if (rows == rows[0]).all():
            rows = rows[:1]
        owner = np.searchsorted([first for first, _, _ in self.vectors], rows, 'right') - 1
        breaks = np.flatnonzero((np.diff(rows) != 1) | (np.diff(owner) != 0)) + 1
        pieces = [self._piece(part) for part in np.split(rows, breaks)[:PIECES]]
        more = ['…'] if len(breaks) >= PIECES else []
        return pieces[0] if len(breaks) == 0 else f'[{", ".join(pieces + more)}]'

    def _piece(self, rows: np.ndarray) -> str:
        """한 벡터 안의 이어진 행들."""
        first, last, name = next(vector for vector in self.vectors if vector[0] <= rows[0] < vector[1])
        if len(rows) == last - first:
            return name
        at = subscript(rows[0] - first + 1)
        return name + at if len(rows) == 1 else f'{name}{at}…{subscript(rows[-1] - first + 1)}'


def _free(wanted: str, others: Iterable[str], taken: Collection[str]) -> str:
    """wanted 와 others 가운데 비지 않고 아직 쓰이지 않은 첫 이름."""
    return next(name for name in chain([wanted], others) if name and name not in taken)


def _base(names: Sequence[str]) -> str:
    """이름들에서 번호를 뗀 공통의 이름. 없으면 빈 글."""
    bases = {name.rstrip('₀₁₂₃₄₅₆₇₈₉,') for name in names}
    return bases.pop() if len(bases) == 1 else ''
