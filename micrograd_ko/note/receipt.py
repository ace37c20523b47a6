"""영수증(receipt): 스칼라 그래프와 행렬 방정식으로 얻은 모든 z, a, δ, ∂C/∂b, ∂C/∂w 를 원소마다 나란히 놓는다.

두 길은 더하는 순서가 다르므로 끝자리가 다를 수 있다. 그 차이가 반올림으로 설명되는지는 오차 한계(`bounds`)가 말한다.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from micrograd_ko.engine import Value
from micrograd_ko.graph import topological
from micrograd_ko.kinds.bounds import Bounded
from micrograd_ko.learning import losses
from micrograd_ko.nn import MLP, Trace
from micrograd_ko.note import equations
from micrograd_ko.number import Number
from micrograd_ko.reverse import bounded_sweep
from micrograd_ko.writing import html, notation

_COLUMNS = '원소', '스칼라 그래프', '행렬 방정식', '차이', '반올림', ''
_HEADING = '  ' + ' ' * 10 + '    스칼라 그래프      행렬 방정식      차이    반올림'  # 한글은 두 칸을 차지한다


class Entry:
    """영수증의 한 줄: 한 원소를 두 길로.

    name        노트의 이름 (z²₁, ∂C/∂w²₁₂ …).
    scalar      그래프에서 읽은 수.
    matrix      행렬 방정식의 원소.
    difference  scalar − matrix.
    allowance   반올림이 설명하는 차이의 크기. Fraction 이면 0 이다.
    """

    __slots__ = ('allowance', 'difference', 'explained', 'matrix', 'name', 'scalar')

    def __init__(self, name: str, scalar: Number, matrix: Number, bound: Bounded) -> None:
        self.name, self.scalar, self.matrix = name, scalar, matrix
        self.difference = scalar - matrix if scalar != matrix else 0.0  # inf − inf 는 차이가 아니다
        self.allowance = bound.error
        self.explained = bound.explains(self.difference)

    def __repr__(self) -> str:
        return f'{self.name}: {self.scalar!r} | {self.matrix!r} | 차이 {float(self.difference):.1e} ≤ {self.allowance:.1e}'


class Section(NamedTuple):
    """영수증의 한 부분: 노트의 식 하나와 그 원소들. latex 는 식의 행렬 꼴."""

    title: str
    latex: str
    entries: list[Entry]


class Receipt:
    """영수증. `sections` 는 `Section` 의 목록. `str()` 은 표, `.latex()` 는 LaTeX(gather*), `.html()` 은 한 장의 문서다."""

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

    def __str__(self) -> str:
        lines = []
        for title, _, entries in self.sections:
            lines += ['', title, _HEADING]
            lines += [_line(entry) for entry in entries]
        return '\n'.join([*lines[1:], '', self._verdict()])

    def latex(self) -> str:
        lines = []
        for title, latex, entries in self.sections:
            lines += [notation.latex_text(title.split('  ')[0]) + r'\quad ' + latex, _latex_table(entries)]
        return '\\begin{gather*}\n' + ' \\\\\n'.join([*lines, notation.latex_text(self._verdict())]) + '\n\\end{gather*}'

    def html(self) -> str:
        return html.page('영수증: 스칼라 그래프와 행렬 방정식', self._repr_html_())

    def _repr_html_(self) -> str:
        parts = ['<h3>영수증 (receipt): 스칼라 그래프와 행렬 방정식</h3>']
        for title, _, entries in self.sections:
            name, formula = title.split('  ', 1)
            rows = [(_cells(entry), not entry.explained) for entry in entries]
            parts += [f'<h4>{html.escape(name)}</h4>', html.formula(formula), html.table(_COLUMNS, rows)]
        return html.fragment(''.join([*parts, f'<p>{html.escape(self._verdict())}</p>']))

    def _verdict(self) -> str:
        verdict = '모든 차이가 반올림으로 설명된다' if self.explained else '반올림으로 설명되지 않는 차이가 있다'
        return f'원소 {len(self.entries)}개, 가장 큰 차이 {self.largest_difference:.1e}: {verdict}.'


def compare(net: MLP, x: Any, y: Any, loss: Callable = losses.quadratic) -> Receipt:
    """net 의 한 표본 (x, y) 를 두 길로 계산해 원소마다 비교한다. 파라미터의 `.grad` 는 그대로 남는다.

    loss 는 `losses` 의 함수. x 의 길이는 입력 수, y 의 길이는 출력 수(softmax_cross_entropy 면 클래스 번호도).
    """
    parameters = net.parameters()
    kept = [p.grad for p in parameters]
    try:
        net.zero_grad()
        trace = net.trace([v.data if isinstance(v, Value) else v for v in x])
        cost = loss(trace.output, y)
        cost.backward()
        with np.errstate(all='ignore'):  # 넘치는 값은 양쪽에 똑같이 inf 로 남아 영수증에 적힌다
            matrix = _by_matrices(net, trace, y, loss)
        sections = list(_sections(net, trace, cost, matrix))
    finally:
        for p, grad in zip(parameters, kept, strict=True):
            p.grad = grad
    return Receipt(sections)


# 노트의 식마다: 영수증의 제목, LaTeX, 노드의 값(data)과 기울기(grad) 가운데 읽을 것
_QUANTITIES = {
    'z': ('순전파  z^l = W^l a^{l−1} + b^l', r'z^{l} = W^{l} a^{l-1} + b^{l}', 'data'),
    'a': ('순전파  a^l = σ(z^l)', r'a^{l} = \sigma(z^{l})', 'data'),
    'δ': (
        '방정식 1, 2  δ^L = ∇_a C ⊙ σ′(z^L),  δ^l = (W^{l+1})ᵀ δ^{l+1} ⊙ σ′(z^l)',
        r"\delta^{L} = \nabla_a C \odot \sigma'(z^{L}),\quad \delta^{l} = (W^{l+1})^{T} \delta^{l+1} \odot \sigma'(z^{l})",
        'grad',
    ),
    'b': ('방정식 3  ∂C/∂b^l = δ^l', r'\frac{\partial C}{\partial b^{l}} = \delta^{l}', 'grad'),
    'w': ('방정식 4  ∂C/∂W^l = δ^l (a^{l−1})ᵀ', r'\frac{\partial C}{\partial W^{l}} = \delta^{l} (a^{l-1})^{T}', 'grad'),
}


def _sections(net: MLP, trace: Trace, cost: Value, matrix: dict[str, list]) -> Iterator[Section]:
    values, gradients = bounded_sweep(topological(cost))
    nodes = {
        'z': trace.zs,
        'a': trace.activations[1:],
        'δ': trace.zs,
        'b': [[neuron.b for neuron in layer.neurons] for layer in net.layers],
        'w': [[w for neuron in layer.neurons for w in neuron.w] for layer in net.layers],
    }
    for key, (title, latex, attribute) in _QUANTITIES.items():
        bounds = values if attribute == 'data' else gradients
        yield Section(title, latex, [
            Entry(_label(key, node), getattr(node, attribute), element, bounds.get(node, Bounded(0)))
            for layer, array in zip(nodes[key], matrix[key], strict=True)
            for node, element in zip(layer, np.ravel(array).tolist(), strict=True)
        ])  # fmt: skip


def _label(key: str, node: Value) -> str:
    return f'∂C/∂{node.name}' if key in 'bw' else key + node.name[1:]


def _by_matrices(net: MLP, trace: Trace, y: Any, loss: Callable) -> dict[str, list]:
    weights, biases = net.matrices()
    activation = [layer.neurons[0].activation for layer in net.layers]
    zs, activations = equations.feedforward(weights, biases, [a.data for a in trace.activations[0]], activation)
    deltas = equations.errors(weights, zs, activations[-1], _target(y, len(trace.output)), activation, loss.__name__)
    return {
        'z': zs,
        'a': activations[1:],
        'δ': deltas,
        'b': [equations.bias_gradient(delta) for delta in deltas],
        'w': [equations.weight_gradient(delta, a) for delta, a in zip(deltas, activations[:-1], strict=True)],
    }


def _target(y: Any, outputs: int) -> Any:
    """목표를 벡터로: 출력이 하나면 수도, 여럿이면 클래스 번호도 받는다."""
    if hasattr(y, '__len__'):
        return y
    return [y] if outputs == 1 else [int(i == y) for i in range(outputs)]


def _cells(entry: Entry) -> tuple[str, ...]:
    both = f'{float(entry.scalar):.12f}', f'{float(entry.matrix):.12f}'
    judged = '설명됨' if entry.explained else '설명되지 않음'
    return entry.name, *both, f'{float(entry.difference):.1e}', f'{entry.allowance:.1e}', judged


def _latex_table(entries: list[Entry]) -> str:
    head = ' & '.join([r'\text{' + column + '}' for column in _COLUMNS])
    rows = []
    for entry in entries:
        _, *numbers, judged = _cells(entry)
        rows.append(' & '.join([_latex_name(entry.name), *numbers, rf'\text{{{judged}}}']))
    return rf'\begin{{array}}{{lrrrrl}} {head} \\ \hline ' + r' \\ '.join(rows) + r' \end{array}'


def _latex_name(name: str) -> str:
    """z²₁ 이나 ∂C/∂w²₁₂ 의 LaTeX."""
    if name.startswith('∂C/∂'):
        return rf'\partial C/\partial {notation.latex(name[4:])}'
    return notation.latex(name)


def _line(entry: Entry) -> str:
    numbers = f'{float(entry.scalar):16.12f} {float(entry.matrix):16.12f} {float(entry.difference):9.1e} {entry.allowance:9.1e}'
    return f'  {entry.name:<10} {numbers}' + ('' if entry.explained else '  ← 설명되지 않음')
