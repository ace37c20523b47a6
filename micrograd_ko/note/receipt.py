"""영수증(receipt): 스칼라 그래프와 행렬 방정식으로 얻은 모든 z, a, δ, ∂C/∂b, ∂C/∂w 를 원소마다 나란히 놓는다.

두 길은 더하는 순서가 다르므로 끝자리가 다를 수 있다. 그 차이가 반올림으로 설명되는지는 오차 한계(`bounds`)가 말한다.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from micrograd_ko.engine import Value
from micrograd_ko.kinds.bounds import Bounded
from micrograd_ko.kinds.symbols import Symbol
from micrograd_ko.learning import losses
from micrograd_ko.nn import MLP, require_mlp
from micrograd_ko.note import equations, recognise
from micrograd_ko.note.recognise import Network, Unit
from micrograd_ko.note.statements import NOTE
from micrograd_ko.number import Number
from micrograd_ko.reverse import bounded_sweep
from micrograd_ko.state import commit, grad_set
from micrograd_ko.writing import formulas, notation
from micrograd_ko.writing.document import Document, Line, words
from micrograd_ko.writing.numbers import number
from micrograd_ko.writing.tables import Table

_COLUMNS = '원소', '스칼라 그래프', '행렬 방정식', '차이', '반올림', ''
_SECTIONS: tuple[tuple[str, str, Callable[[Unit], Sequence[Value]]], ...] = (  # 원소의 글자, 노트의 식, 뉴런의 어느 노드인가
    ('z', '표기 z', lambda unit: [unit.z]), ('a', '표기 a', lambda unit: [unit.a]),
    ('δ', '방정식 1, 방정식 2', lambda unit: [unit.z]),
    ('b', '방정식 3', lambda unit: [unit.b]), ('w', '방정식 4', lambda unit: unit.w),
)  # fmt: skip


class Entry:
    """영수증의 한 줄: 한 원소를 두 길로.

    name        노트의 이름 (z²₁, ∂C/∂w²₁₂ …).
    scalar      그래프에서 읽은 수.
    matrix      행렬 방정식의 원소.
    difference  scalar − matrix.
    allowance   반올림이 설명하는 차이의 크기. Fraction 이면 0 이고, inf 면 한계를 모른다: 그런 차이는 설명된 것이 아니다.
    """

    def __init__(self, symbol: Symbol, scalar: Number, matrix: Number, bound: Bounded) -> None:
        self.symbol, self.name, self.scalar, self.matrix = symbol, symbol.text, scalar, matrix
        same = scalar == matrix or (_is_nan(scalar) and _is_nan(matrix))  # inf − inf 와 nan − nan 은 차이가 아니다
        self.difference = 0.0 if same else scalar - matrix
        self.allowance = bound.error
        self.explained = self.difference == 0 or (bound.known is not None and bound.explains(self.difference))

    @property
    def cells(self) -> tuple[Symbol | str, ...]:
        both = f'{float(self.scalar):.12f}', f'{float(self.matrix):.12f}'
        judged = '설명됨' if self.explained else '설명되지 않음' if math.isfinite(self.allowance) else '한계를 모름'
        gap, allowed = [formulas.quantity(float(x), 2) for x in (self.difference, self.allowance)]
        return self.symbol, *both, gap, allowed, judged

    def __repr__(self) -> str:
        return f'{self.name}: {self.scalar!r} | {self.matrix!r} | 차이 {number(self.difference, 2)} ≤ {number(self.allowance, 2)}'


def _is_nan(x: Number) -> bool:
    return isinstance(x, float) and math.isnan(x)


class Section(NamedTuple):
    """영수증의 한 부분: 노트의 식(글과 LaTeX)과 그 원소들."""

    title: str
    latex: str
    entries: list[Entry]


class Receipt(Document):
    """영수증. `sections` 는 `Section` 의 목록. `str()` 은 글, `.latex()` 는 LaTeX(gather*), `.html()` 은 한 장의 문서다."""

    def __init__(self, sections: list[Section]) -> None:
        self.sections = sections

    @property
    def entries(self) -> list[Entry]:
        return [entry for section in self.sections for entry in section.entries]

    @property
    def largest_difference(self) -> float:
        """가장 큰 |scalar − matrix|."""
        return max(abs(float(entry.difference)) for entry in self.entries)

    @property
    def explained(self) -> bool:
        """모든 차이가 반올림으로 설명되는가."""
        return all(entry.explained for entry in self.entries)

    def blocks(self) -> Iterator[Line | Table]:
        yield words('title', '영수증 (receipt): 스칼라 그래프와 행렬 방정식')
        for title, latex, entries in self.sections:
            yield Line('heading', title, latex)
            unexplained = [i for i, entry in enumerate(entries) if not entry.explained]
            yield Table(_COLUMNS, [entry.cells for entry in entries], 'lrrrrl', unexplained)
        verdict = '모든 차이가 반올림으로 설명된다' if self.explained else '반올림으로 설명되지 않는 차이가 있다'
        yield words('heading', f'원소 {len(self.entries)}개, 가장 큰 차이 {number(self.largest_difference, 2)}: {verdict}.')


def compare(net: MLP, x: Any, y: Any, loss: Callable = losses.quadratic, gradient: Callable | None = None) -> Receipt:
    """net 의 한 표본 (x, y) 를 두 길로 계산해 원소마다 비교한다. 파라미터의 `.grad` 는 그대로 남는다.

    x 의 길이는 입력 수, y 의 길이는 출력 수(softmax_cross_entropy 면 클래스 번호도).
    loss 는 `losses` 의 것이거나 (출력의 목록, y) 를 받아 Value 를 주는 함수다. 모양이 `losses` 의 것과 다른 함수면 gradient 로 그
    ∇_a C(a, y) 를 준다(배열 둘을 받아 출력과 같은 모양의 배열). 손실이 가운데 층의 값을 바로 쓰면(가정 2) ValueError.
    """
    parameters = require_mlp(net).parameters()
    kept = [p.grad for p in parameters]
    try:
        net.zero_grad()
        trace = net.trace([v.data if isinstance(v, Value) else v for v in losses.sequence(x, '입력 x 는')])
        cost = losses.checked(loss)(trace.output, y)
        network = recognise.in_trace(trace, cost)
        record = loss if isinstance(loss, losses.Loss) else network.loss
        _check(network, record, gradient)
        cost.backward()
        if gradient is None and record is network.loss:
            target: Sequence = network.goal  # 손실이 y 를 고쳐 썼더라도 그래프에 있는 목표다
        else:
            target = (record or losses.quadratic).vector(y, len(trace.output))
        return Receipt(list(_sections(network, _by_matrices(net, network, target, gradient or record))))
    finally:
        commit(grad_set(parameters, kept))


def _check(network: Network, record: losses.Loss | None, gradient: Callable | None) -> None:
    if network.strays:
        user, used = network.strays[0]
        raise ValueError(
            f'손실이 {used.name or used!r} 을(를) 바로 씁니다({user!r}). 노트의 방정식은 가정 2, 곧 손실이 마지막 출력 aᴸ 만의 '
            '함수일 때의 것입니다. 그 항을 뺀 손실로 견주세요.'
        )
    if record is None and gradient is None:
        raise ValueError(
            '이 손실의 ∇_a C 를 모릅니다. 출력 a 와 목표 y 의 배열을 받아 ∂C/∂aⱼ 의 배열을 주는 함수를 함께 주세요: '
            'compare(net, x, y, loss, gradient=lambda a, y: a - y)'
        )


def _sections(network: Network, matrices: dict[str, list]) -> Iterator[Section]:
    values, gradients = bounded_sweep(network.order)
    for letter, keys, nodes_of in _SECTIONS:
        statements = [NOTE[key] for key in keys.split(', ')]
        title = f'{keys}  ' + ',  '.join([statement.text for statement in statements])
        latex = notation.latex_text(keys) + r'\quad ' + r',\quad '.join([statement.latex for statement in statements])
        nodes = [node for unit in network.units for node in nodes_of(unit)]
        elements = [element for array in matrices[letter] for element in np.ravel(array).tolist()]
        entries = []
        for node, element in zip(nodes, elements, strict=True):
            scalar, bound = (node.data, values[node]) if letter in 'za' else (node.grad, gradients.get(node, Bounded(0)))
            entries.append(Entry(_label(letter, node), scalar, element, bound))
        yield Section(title, latex, entries)


def _label(letter: str, node: Value) -> Symbol:
    name = letter + node.name[1:] if letter == 'δ' else node.name
    symbol = Symbol(name, latex=notation.latex(name))
    return formulas.ratio(Symbol('C'), symbol) if letter in 'bw' else symbol


def _by_matrices(net: MLP, network: Network, target: Sequence, loss: Any) -> dict[str, list]:
    weights, biases = net.matrices()
    x, activation = [a.data for a in network.inputs], [units[0].activation for units in network.layers]
    with np.errstate(all='ignore'):  # 넘치는 값은 양쪽에 똑같이 inf 로 남아 영수증에 적힌다
        zs, activations = equations.feedforward(weights, biases, x, activation)
        deltas = equations.errors(weights, zs, activations[-1], target, activation, loss)
        nabla_w, nabla_b = equations.gradients(deltas, activations)
    return {'z': zs, 'a': activations[1:], 'δ': deltas, 'b': nabla_b, 'w': nabla_w}
