"""설명(explain): 한 노드의 값과 기울기가 어떻게 나왔는지를 수를 넣은 식으로 적는다. 네트워크라면 노트의 기호와 방정식으로.

값은 순전파의 식, 기울기는 연쇄법칙 한 번과 경로(`paths`)의 합이다.
"""

import functools
import operator
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from micrograd_ko import ops
from micrograd_ko.engine import Value
from micrograd_ko.explanation.paths import Path, Paths, Use
from micrograd_ko.kinds.rules import operand_names
from micrograd_ko.kinds.symbols import Symbol, added, symbol
from micrograd_ko.note import recognise
from micrograd_ko.note.statements import NOTE
from micrograd_ko.reverse import squares
from micrograd_ko.staleness import first_stale
from micrograd_ko.writing import formulas, notation
from micrograd_ko.writing.document import Document, Line, words
from micrograd_ko.writing.formulas import ELLIPSIS, quantity, ratio
from micrograd_ko.writing.labels import Labels
from micrograd_ko.writing.limits import LONGEST_PATH
from micrograd_ko.writing.templates import filled, kept


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


class Explanation(Document):
    """설명. `str()` 은 글, `.latex()` 는 LaTeX(gather*), `.html()` 은 한 장의 문서다.

    gradient    ∂root/∂value. `backward()` 가 주는 수와 같다.
    path_count  경로의 수. 정확한 정수.
    paths       |곱| 이 큰 경로들(`paths.Path`), 큰 것부터.
    lines       적힌 줄들(`document.Line`).
    """

    def __init__(self, value: Value, root: Value, limit: int) -> None:
        found = Paths(value, root)
        self.value, self.root = value, root
        self.gradient, self.path_count = found.gradient, found.count
        self.paths, rest = found.largest(limit)
        self.lines = list(_Writer(found, self.paths, rest).lines())

    def blocks(self) -> list[Line]:
        return self.lines


class _Writer:
    """경로에서 설명의 줄을 적는다."""

    def __init__(self, found: Paths, shown: list[Path], rest: list[Any]) -> None:
        self.found, self.shown, self.rest = found, shown, rest
        network = recognise.in_graph(found.order)
        self.labels = Labels(found.order, (found.value,), network.names if network else None)

    def lines(self) -> Iterator[Line]:
        value, root = self.found.value, self.found.root
        me, end = self.labels.text(value), self.labels.text(root)
        destination = f' 에서 {end} = {quantity(root.data).text} 까지' if value is not root else ''
        yield words('title', f'{me} = {quantity(value.data).text}' + destination)
        stale = first_stale(root)
        if stale is not None:
            name = self.labels.text(stale)
            yield words('note', f'주의: 낡은(stale) 값이 있다. {name} 이(가) 지금의 피연산자와 다르다. refresh(root) 를 부른다.')
        yield words('heading', '값 (순전파)')
        yield self.forward(value)
        yield words('heading', '기울기 (연쇄법칙)')
        yield from self.chain_rule(value)
        yield from self.path_lines()

    def forward(self, node: Value) -> Line:
        """z = w·a + b = 0.4 × 0.5 + 0.2 = 0.4"""
        if node.op is None:
            return _equation([self.labels[node]], [quantity(node.data)], '잎: 주어진 수')
        names = formulas.applied(node.op, [self.labels[p] for p in node.parents])
        numbers = formulas.applied(node.op, [quantity(p.data) for p in node.parents])
        return _equation([self.labels[node], names], [numbers, quantity(node.data)])

    def chain_rule(self, node: Value) -> Iterator[Line]:
        """∂C/∂node = Σ (쓰는 노드의 기울기) × (국소 미분). 은닉층의 z 라면 그 앞의 ∂C/∂a = Σ w·δ 도 적는다."""
        uses = self.found.uses_of[node]
        equation = self.equation(node)
        if equation == '방정식 2' and self.is_z(node):
            yield from self.chain_rule(uses[0].node)
        slope, gradient = self.slope(node), quantity(self.found.gradients[node])
        if not uses:
            yield _equation([slope], [gradient], '역전파의 시작')
            return
        terms = [(ELLIPSIS, ELLIPSIS) if use is None else self._term(use) for use in formulas.shortened(uses, None)]
        names, numbers = map(added, zip(*terms, strict=True))
        yield _equation([slope, names], [numbers, gradient], f'{equation}, {NOTE[equation].title}' if equation else '')

    def slope(self, node: Value) -> Symbol:
        """∂C/∂node 의 기호. 노트의 z 면 δ."""
        label = self.labels[node]
        if self.is_z(node):
            return Symbol(kept('δ' + self.labels.text(node)[1:]), latex=r'\delta' + label.latex[1:])
        return ratio(self.labels[self.found.root], label)

    def letter(self, node: Value) -> str:
        return notation.letter_of(self.labels.name(node))

    def is_z(self, node: Value) -> bool:
        return node.op is ops.affine and self.letter(node) == 'z'

    def is_a(self, node: Value) -> bool:
        return len(node.parents) == 1 and self.letter(node) == 'a' and self.is_z(node.parents[0])

    def only_z_uses(self, node: Value) -> bool:
        uses = self.found.uses_of[node]
        return bool(uses) and all(self.is_z(use.node) for use in uses)

    def equation(self, node: Value) -> str:
        """이 기울기를 적은 노트의 방정식. 네트워크의 노드가 아니면 빈 글."""
        uses = self.found.uses_of[node]
        if self.is_z(node) and len(uses) == 1 and self.is_a(uses[0].node):
            into_z = [self.is_z(use.node) for use in self.found.uses_of[uses[0].node]]
            return '방정식 1' if not any(into_z) else '방정식 2' if all(into_z) else ''
        if not self.only_z_uses(node):
            return ''
        if self.is_a(node):
            return '방정식 2'
        places = {operand_names(ops.affine, len(use.node.parents))[use.operand][0] for use in uses}
        neurons = {self.labels.name(use.node) for use in uses}  # 여러 표본의 z²₁ 은 한 뉴런이다
        is_own = places == {self.letter(node)} and len(neurons) == 1
        return {'b': '방정식 3', 'w': '방정식 4'}.get(self.letter(node), '') if is_own else ''

    def _term(self, use: Use) -> tuple[Symbol, Symbol]:
        """한 항을 (기호, 수)로. 노트처럼 z 로 가는 항은 국소 미분(w 나 a)을 앞에 적는다. 1 은 곱하지 않는다."""
        derivative = self._derivative(use), quantity(use.derivative)
        if use.node is self.found.root:
            return derivative
        gradient = self.slope(use.node), quantity(self.found.gradients[use.node])
        if derivative[0].text == '1':
            return gradient
        first, second = (derivative, gradient) if self.is_z(use.node) else (gradient, derivative)
        return first[0] * second[0], first[1] * second[1]

    def _derivative(self, use: Use) -> Symbol:
        """국소 미분의 기호. 노트의 a 로 가면 σ′(z), 아니면 규칙의 식."""
        op = use.node.op
        return formulas.prime(op, self.labels[use.node.parents[0]]) if op and self.is_a(use.node) else self.rule(use)

    def rule(self, use: Use) -> Symbol:
        """표의 규칙에 이름표를 넣은 국소 미분의 식. 표의 연산으로 적히지 않은 규칙이면 ∂z/∂x."""
        op, z, operand = use.node.op, self.labels[use.node], self.labels[use.node.parents[use.operand]]
        assert op is not None
        if squares(use.node):
            found = formulas.rule(ops.square, z, [operand], 0)
        else:
            found = formulas.rule(op, z, [self.labels[p] for p in use.node.parents], use.operand)
        return ratio(z, operand) if found is None else found

    def path_lines(self) -> Iterator[Line]:
        count, shown = self.found.count, self.shown
        some = f', |곱| 이 큰 {len(shown)}개' if count > len(shown) else ''
        yield words('heading', f'경로 (path): 모두 {_counted(count)}개{some}')
        unnamed: set[Value] = set()
        for number, path in enumerate(shown, 1):
            half = LONGEST_PATH // 2
            uses: list[Use | None] = list(path.edges)
            if len(uses) > LONGEST_PATH:
                uses[half:-half] = [None]
            yield self._route(number, uses)
            for use in uses:
                yield words('step', f'… {len(path.edges) - len(uses) + 1:,}칸을 줄였다 …') if use is None else self._step(use)
            factors = [ELLIPSIS if use is None else quantity(use.derivative) for use in uses]
            product = functools.reduce(operator.mul, factors) if factors else symbol(1)
            yield _equation([Symbol('곱', latex=r'\text{곱}')], [product, quantity(path.product)], kind='step')
            unnamed |= {use.node for use in uses if use is not None and not use.node.name} - {self.found.root}
        yield self._total()
        if unnamed:
            yield words('heading', '여기서')
            yield from [self.forward(node) for node in self.found.order if node in unnamed]

    def _route(self, number: int, uses: list[Use | None]) -> Line:
        stops = [self.labels[self.found.value], *[ELLIPSIS if use is None else self.labels[use.node] for use in uses]]
        latex = r' \to '.join([stop.latex for stop in stops])
        return Line('route', filled(f'{number}. ' + ' → '.join([stop.text for stop in stops])), rf'{number}.\quad {latex}')

    def _step(self, use: Use) -> Line:
        parents, operand = use.node.parents, use.node.parents[use.operand]
        slope = ratio(self.labels[use.node], self.labels[operand])
        is_repeated = sum(parent is operand for parent in parents) > 1 and not squares(use.node)
        remark = f'{use.operand + 1}번째 피연산자로' if is_repeated else ''
        return _equation([slope, self.rule(use)], [quantity(use.derivative)], remark, 'step')

    def _total(self) -> Line:
        products = [quantity(x) for x in (*[path.product for path in self.shown], *self.rest)]
        remark = f'마지막 항은 나머지 {_counted(self.found.count - len(self.shown))}개의 합' if self.rest else ''
        line = _equation([self.slope(self.found.value)], [added(products), quantity(self.found.gradient)], remark)
        return Line('formula', '합: ' + line.text, r'\text{합: } ' + line.latex)


def _equation(names: list[Symbol], numbers: list[Symbol], remark: str = '', kind: str = 'formula') -> Line:
    """이름으로 적은 것과 수로 적은 것을 등호로 잇는다. 잇달아 같은 것은 한 번만, 수의 곱하기는 × 로 적는다."""
    sides = [*[(x, '·') for x in names], *[(x, '×') for x in numbers]]
    unlike = [side for i, side in enumerate(sides) if i == 0 or side[0].text != sides[i - 1][0].text]
    text = filled(' = '.join([formulas.text(x, f' {times} ') for x, times in unlike]))
    latex = ' = '.join([re.sub(r'\\cdot\b', r'\\times', x.latex) if times == '×' else x.latex for x, times in unlike])
    if remark:
        text, latex = f'{text}   ({remark})', latex + r'\quad ' + notation.latex_text(f'({remark})')
    return Line(kind, text, latex)


def _counted(n: int) -> str:
    """경로의 수. 아주 크면 어림한다."""
    if n < 10**15:
        return f'{n:,}'
    figures, exponent = f'{Decimal(n):.2e}'.split('e+')
    return f'약 {figures}×10^{exponent}'
