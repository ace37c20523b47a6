r"""설명(explain): 한 노드의 값과 기울기가 어떻게 나왔는지를 수를 넣은 식으로 적는다.

  값       순전파의 식에 이름을, 그리고 수를 넣는다.
  기울기   연쇄법칙 한 걸음: 이 노드를 쓰는 노드마다 (그 노드의 기울기) × (국소 미분). 네트워크라면 노트의 기호와 방정식으로.
  경로     이 노드에서 root 까지의 길을 모두 세고, |곱| 이 큰 것들을 보이고, 합이 기울기임을 적는다.

>>> from micrograd_ko import Value, explain
>>> a, b = Value(2.0, 'a'), Value(-3.0, 'b')
>>> print(explain(a, a * b + a))
a = 2.0 에서 C = -4.0 까지
<BLANKLINE>
값 (순전파)
  a = 2   (잎: 주어진 수)
<BLANKLINE>
기울기 (연쇄법칙)
  ∂C/∂a = 1 + ∂C/∂v₃ · b = 1 + 1 × (-3) = -2
<BLANKLINE>
경로 (path): 모두 2개
  1. a → v₃ → C
     ∂v₃/∂a = b = -3
     ∂C/∂v₃ = 1
     곱 = (-3) × 1 = -3
  2. a → C
     ∂C/∂a = 1
     곱 = 1
  합: ∂C/∂a = (-3) + 1 = -2
<BLANKLINE>
여기서
  v₃ = a · b = 2 × (-3) = -6
"""

import functools
import math
import operator
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from micrograd_ko import ops
from micrograd_ko.engine import Value
from micrograd_ko.explanation.paths import Edge, Path, Paths
from micrograd_ko.kinds.symbols import Symbol, symbol, terms, write
from micrograd_ko.operation import Op
from micrograd_ko.staleness import first_stale
from micrograd_ko.writing import html
from micrograd_ko.writing.labels import Labels, quantity
from micrograd_ko.writing.notation import latex_text, letter_of

LONGEST_SUM = 6  # 항이 이보다 많으면 가운데를 줄인다
LONGEST_PATH = 12  # 칸이 이보다 많은 경로는 가운데를 줄인다
EQUATIONS = {
    1: '방정식 1, 출력층 에러', 2: '방정식 2, 이전 층의 에러', 3: '방정식 3, 편향의 기울기', 4: '방정식 4, 가중치의 기울기',
}  # fmt: skip
ELLIPSIS = Symbol('…', latex=r'\cdots')


class Line(NamedTuple):
    """설명의 한 줄. kind 는 title, heading, formula, route(경로의 첫 줄), step(경로의 칸), note 가운데 하나."""

    kind: str
    text: str
    latex: str


def explain(value: Value, root: Value, limit: int = 5) -> 'Explanation':
    """value 의 값과 기울기 ∂root/∂value 가 어떻게 나왔는지. 경로는 |곱| 이 큰 limit 개까지 보인다.

    `backward()` 를 부르지 않아도 되고, 어떤 `.grad` 도 바꾸지 않는다. root 의 그래프에 없는 value 면 ValueError.
    """
    for v in (value, root):
        if not isinstance(v, Value):
            raise TypeError(f'explain 은 Value 둘을 받습니다. {type(v).__name__} {v!r} 을(를) 받았습니다.')
    if type(limit) is not int or limit < 1:
        raise ValueError(f'limit 은 보일 경로의 수, 1 이상의 정수입니다. {limit!r} 을(를) 받았습니다.')
    return Explanation(value, root, limit)


class Explanation:
    """설명. `str()` 은 글, `.latex()` 는 LaTeX(gather*), `.html()` 은 한 장의 문서다.

    gradient    ∂root/∂value. `backward()` 가 주는 수와 같다.
    path_count  경로의 수. 정확한 정수.
    paths       |곱| 이 큰 경로들(`paths.Path`), 큰 것부터.
    lines       적힌 줄들(`Line`).
    """

    def __init__(self, value: Value, root: Value, limit: int) -> None:
        found = Paths(value, root)
        self.value, self.root = value, root
        self.gradient, self.path_count, self.paths = found.gradient, found.count, found.largest(limit)
        self.lines = list(_Writer(found, self.paths).lines())

    def __str__(self) -> str:
        indent = {'title': '', 'heading': '\n', 'formula': '  ', 'route': '  ', 'step': '     ', 'note': '  '}
        return '\n'.join([indent[line.kind] + line.text for line in self.lines])

    def latex(self) -> str:
        return '\\begin{gather*}\n' + ' \\\\\n'.join([line.latex for line in self.lines]) + '\n\\end{gather*}'

    def html(self) -> str:
        return html.page(self.lines[0].text, self._repr_html_())

    def _repr_html_(self) -> str:
        tags = {'title': 'h3', 'heading': 'h4', 'note': 'p'}
        parts = []
        for kind, text, _ in self.lines:
            if kind in tags:
                parts.append(f'<{tags[kind]}>{html.escape(text)}</{tags[kind]}>')
            else:
                parts.append(html.formula(text, indented=kind == 'step'))
        return html.fragment(''.join(parts))


class _Writer:
    """경로에서 설명의 줄을 적는다."""

    def __init__(self, found: Paths, shown: list[Path]) -> None:
        self.found, self.shown = found, shown
        self.labels = Labels(found.order, (found.value,))
        self.gradients = found.gradients

    def lines(self) -> Iterator[Line]:
        value, root = self.found.value, self.found.root
        me, end = self.labels[value], self.labels[root]
        destination = f' 에서 {end.text} = {root.data!r} 까지' if value is not root else ''
        yield _words('title', f'{me.text} = {value.data!r}' + destination)
        stale = first_stale(root)
        if stale is not None:
            name = self.labels.text(stale)
            yield _words('note', f'주의: 낡은(stale) 값이 있다. {name} 이(가) 지금의 피연산자와 다르다. refresh(root) 를 부른다.')
        yield _words('heading', '값 (순전파)')
        yield self.forward(value)
        yield _words('heading', '기울기 (연쇄법칙)')
        yield from self.chain_rule(value)
        yield from self.path_lines()

    # 값 ---------------------------------------------------------------------------------------------------------------

    def forward(self, node: Value) -> Line:
        """z = w·a + b = 0.4 × 0.5 + 0.2 = 0.4"""
        if node.op is None:
            return _equation([_names(self.labels[node]), _numbers(quantity(node.data))], '잎: 주어진 수')
        names = _written(node.op, [self.labels[p] for p in node.parents])
        numbers = _written(node.op, [quantity(p.data) for p in node.parents])
        return _equation([_names(self.labels[node]), _names(names), _numbers(numbers), _numbers(quantity(node.data))])

    # 연쇄법칙 ---------------------------------------------------------------------------------------------------------

    def chain_rule(self, node: Value) -> Iterator[Line]:
        """∂C/∂node = Σ (쓰는 노드의 기울기) × (국소 미분). 은닉층의 z 라면 그 앞의 ∂C/∂a = Σ w·δ 도 적는다."""
        edges = sorted(self.found.edges_from(node), key=self._reading_order)
        equation = self.equation(node, edges)
        if equation == 2 and _is_z(node):
            yield from self.chain_rule(edges[0].node)
        pairs = [(ELLIPSIS, ELLIPSIS) if edge is None else self._term(edge) for edge in _middle(edges, None)]
        names, numbers = [name for name, _ in pairs], [number for _, number in pairs]
        gradient = quantity(self.gradients[node])
        sides = [_names(self.slope(node)), _names(_added(names)), _numbers(_added(numbers)), _numbers(gradient)]
        yield _equation(sides if edges else [sides[0], sides[-1]], EQUATIONS.get(equation, '') if edges else '역전파의 시작')

    def _reading_order(self, edge: Edge) -> tuple[int, str]:
        text = self.labels.text(edge.node)
        return len(text), text

    def slope(self, node: Value) -> Symbol:
        """∂C/∂node 의 기호. 노트의 z 면 δ."""
        label, end = self.labels[node], self.labels[self.found.root]
        if _is_z(node):
            return Symbol('δ' + label.text[1:], latex=r'\delta' + label.latex[1:])
        return _ratio(end, label)

    def equation(self, node: Value, edges: list[Edge]) -> int:
        """이 기울기를 적은 노트의 방정식의 번호. 네트워크의 노드가 아니면 0."""
        users_are_z = bool(edges) and all(_is_z(edge.node) for edge in edges)
        if _is_z(node) and len(edges) == 1 and _activation(edges[0].node):
            output = self.found.edges_from(edges[0].node)
            return 2 if output and all(_is_z(edge.node) for edge in output) else 1
        if not users_are_z:
            return 0
        if _activation(node):
            return 2
        last = all(edge.operand == len(edge.node.parents) - 1 for edge in edges)
        weight = all(edge.operand < len(edge.node.parents) // 2 for edge in edges)
        letter = letter_of(node.name)
        return 3 if letter == 'b' and last else 4 if letter == 'w' and weight else 0

    def _term(self, edge: Edge) -> tuple[Symbol, Symbol]:
        """한 항을 (기호, 수)로. 노트처럼 z 로 가는 항은 국소 미분(w 나 a)을 앞에 적는다. 1 은 곱하지 않는다."""
        derivative = self._derivative(edge), quantity(edge.derivative)
        if edge.node is self.found.root:
            return derivative
        gradient = self.slope(edge.node), quantity(self.gradients[edge.node])
        if derivative[0].text == '1':
            return gradient
        first, second = (derivative, gradient) if _is_z(edge.node) else (gradient, derivative)
        return first[0] * second[0], first[1] * second[1]

    def _derivative(self, edge: Edge) -> Symbol:
        """국소 미분의 기호. 노트의 a 로 가면 σ′(z), 아니면 규칙의 식."""
        node = edge.node
        activation = _activation(node)
        if activation is not None:
            named = Symbol(activation.name, latex=rf'\operatorname{{{activation.name}}}')
            sigma = Symbol('σ', latex=r'\sigma') if activation is ops.sigmoid else named
            z = self.labels[node.parents[0]]
            return Symbol(f'{sigma.text}′({z.text})', latex=f"{sigma.latex}'({z.latex})")
        rule = self.rule(edge)
        return _ratio(self.labels[node], self.labels[node.parents[edge.operand]]) if rule is None else rule

    def rule(self, edge: Edge) -> Symbol | None:
        """표의 규칙에 이름표를 넣은 국소 미분의 식. 표의 연산으로 적히지 않은 규칙이면 None."""
        node = edge.node
        assert node.op is not None
        try:
            return symbol(node.op.derivatives(self.labels[node], *[self.labels[p] for p in node.parents])[edge.operand])
        except TypeError:  # 규칙이 math 의 함수나 if 로 적혀 있다
            return None

    # 경로 -------------------------------------------------------------------------------------------------------------

    def path_lines(self) -> Iterator[Line]:
        count, shown = self.found.count, self.shown
        some = f', |곱| 이 큰 {len(shown)}개' if count > len(shown) else ''
        yield _words('heading', f'경로 (path): 모두 {_counted(count)}개{some}')
        unnamed: dict[Value, None] = {}
        for number, path in enumerate(shown, 1):
            edges = _shortened(path.edges)
            yield self._route(number, path)
            for edge in edges:
                yield _words('step', f'… {len(path.edges) - len(edges) + 1:,}칸을 줄였다 …') if edge is None else self._step(edge)
            factors = [ELLIPSIS if edge is None else quantity(edge.derivative) for edge in edges]
            product = functools.reduce(operator.mul, factors) if factors else symbol(1)
            yield _equation([('곱', r'\text{곱}'), _numbers(product), _numbers(quantity(path.product))], kind='step')
            unnamed.update(dict.fromkeys([edge.node for edge in edges if edge is not None and not edge.node.name]))
        yield self._total()
        unnamed.pop(self.found.root, None)
        if unnamed:
            yield _words('heading', '여기서')
            yield from [self.forward(node) for node in sorted(unnamed, key=self.found.order.index)]

    def _route(self, number: int, path: Path) -> Line:
        stops: list[Symbol] = [ELLIPSIS if edge is None else self.labels[edge.node] for edge in _shortened(path.edges)]
        stops.insert(0, self.labels[self.found.value])
        latex = r' \to '.join([stop.latex for stop in stops])
        return Line('route', f'{number}. ' + ' → '.join([stop.text for stop in stops]), rf'{number}.\quad {latex}')

    def _step(self, edge: Edge) -> Line:
        node = edge.node
        sides = [_names(_ratio(self.labels[node], self.labels[node.parents[edge.operand]]))]
        rule = self.rule(edge)
        if rule is not None:
            sides.append(_names(rule))
        twice = node.parents.count(node.parents[edge.operand]) > 1
        remark = f'{edge.operand + 1}번째 피연산자로' if twice else ''
        return _equation([*sides, _numbers(quantity(edge.derivative))], remark, 'step')

    def _total(self) -> Line:
        products = [quantity(path.product) for path in self.shown]
        hidden = self.found.count - len(self.shown)
        if hidden:
            rest = quantity(self.found.gradient - sum([path.product for path in self.shown]))
            products.append(rest)
        remark = f'마지막 항은 나머지 {_counted(hidden)}개의 합' if hidden else ''
        slope, gradient = _names(self.slope(self.found.value)), _numbers(quantity(self.found.gradient))
        line = _equation([slope, _numbers(_added(products)), gradient], remark)
        return Line('formula', '합: ' + line.text, r'\text{합: } ' + line.latex)


def _is_z(node: Value) -> bool:
    return node.op is ops.affine and letter_of(node.name) == 'z'


def _activation(node: Value) -> Op | None:
    """노트의 a = σ(z) 라면 그 σ."""
    op = node.op
    return op if op is not None and op.arity == 1 and letter_of(node.name) == 'a' and _is_z(node.parents[0]) else None


# 글로 적기 ------------------------------------------------------------------------------------------------------------

def _words(kind: str, text: str) -> Line:
    return Line(kind, text, latex_text(text))


def _equation(sides: list[tuple[str, str]], remark: str = '', kind: str = 'formula') -> Line:
    """a = b = c. 잇달아 같은 것은 한 번만 적는다."""
    kept = [side for i, side in enumerate(sides) if i == 0 or side[0] != sides[i - 1][0]]
    text, latex = (' = '.join([side[k] for side in kept]) for k in (0, 1))
    if remark:
        text, latex = f'{text}   ({remark})', latex + r'\quad ' + latex_text(f'({remark})')
    return Line(kind, text, latex)


def _names(x: Symbol) -> tuple[str, str]:
    return re.sub(r'(?<!\*)\*(?!\*)', ' · ', x.text), x.latex


def _numbers(x: Symbol) -> tuple[str, str]:
    return re.sub(r'(?<!\*)\*(?!\*)', ' × ', x.text), x.latex.replace(r'\cdot', r'\times')


def _ratio(above: Symbol, below: Symbol) -> Symbol:
    return Symbol(f'∂{above.text}/∂{below.text}', latex=rf'\frac{{\partial {above.latex}}}{{\partial {below.latex}}}')


def _written(op: Any, operands: list[Symbol]) -> Symbol:
    """op 를 적용한 식. 긴 합과 긴 목록은 가운데를 줄인다."""
    summands = terms(op, tuple(operands))
    if summands is not None:
        return _added(_middle(summands, ELLIPSIS))
    return write(op, tuple(_middle(operands, ELLIPSIS) if op.arity is None else operands))


def _added(summands: list[Symbol]) -> Symbol:
    return functools.reduce(operator.add, summands) if summands else symbol(0)


def _middle(xs: list, gap: Any) -> list:
    """긴 목록의 가운데를 gap 하나로 줄인 것."""
    return [*xs[:3], gap, *xs[-2:]] if len(xs) > LONGEST_SUM else xs


def _shortened(edges: list[Edge]) -> list[Edge | None]:
    half = LONGEST_PATH // 2
    return [*edges[:half], None, *edges[-half:]] if len(edges) > LONGEST_PATH else list(edges)


def _counted(n: int) -> str:
    """경로의 수. 아주 크면 어림한다."""
    if n < 10**15:
        return f'{n:,}'
    exponent = math.log10(n)
    return f'약 {10 ** (exponent % 1):.2f}×10^{int(exponent)}'
