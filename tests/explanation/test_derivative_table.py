"""미분 표: 적힌 식이 곧 규칙이고, LaTeX 도 같은 값을 뜻하고, README 의 표가 낡지 않았다."""

import itertools
import math
import random
import re
from fractions import Fraction
from pathlib import Path

import pytest

from micrograd_ko import derivative_table, ops
from micrograd_ko.explanation.derivative_table import POWERS, rows
from micrograd_ko.kinds.rules import operand_names, rule_of
from micrograd_ko.kinds.symbols import ATOM, Symbol, symbol, typeset
from micrograd_ko.operation import Op
from micrograd_ko.writing.tables import refreshed

README = Path(__file__).parents[2] / 'micrograd_ko' / 'explanation' / 'README.md'
ROWS = rows()
FIXED = [row for row in ROWS if row.op.arity is not None]
NAMES = {**ops.table, 'inf': math.inf, 'Fraction': Fraction}


def samples(op, count=30):
    rng = random.Random(op.name)
    for _ in range(count):
        xs = [rng.uniform(max(low, -20), min(high, 20)) for low, high in op.sample]
        yield op.eager(*xs), xs


def close(x, y):
    return x == pytest.approx(y, rel=1e-12, abs=1e-300)


def as_python(text):
    """메시지의 정의역 글을 파이썬으로."""
    for sign, code in ((' 이고 ', ' and '), (' 또는 ', ' or '), ('≥', '>='), ('≤', '<='), ('≠', '!='), (' = ', ' == ')):
        text = text.replace(sign, code)
    return re.sub(r'\|([^|]*)\|', r'abs(\1)', text)


# 글 -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize('row', FIXED, ids=lambda row: row.op.name)
def test_the_printed_formulas_are_the_rules(row):
    """적힌 글을 파이썬이 읽어 계산한 값이 규칙의 값이다."""
    names = operand_names(row.op, row.op.arity)
    assert [name for name, _ in row.partials] == list(names)
    for z, xs in samples(row.op):
        scope = {**NAMES, **dict(zip(names, xs, strict=True)), 'z': z}
        assert close(eval(as_python(row.formula.text), scope), z)
        for (_, text), d in zip(row.partials, row.op.derivatives(z, *xs), strict=True):
            assert close(eval(text.text, scope), d)


@pytest.mark.parametrize('row', [row for row in FIXED if row.domain is not None], ids=lambda row: row.op.name)
def test_the_printed_domain_is_the_domain(row):
    names = operand_names(row.op, row.op.arity)
    for xs in itertools.product((-math.inf, -2.5, -1.0, -0.5, 0.0, 0.5, 1.0, 2.5, math.inf), repeat=row.op.arity):
        scope = {**NAMES, **dict(zip(names, xs, strict=True))}
        assert eval(as_python(row.domain.text), scope) == bool(row.op.defined(*xs))


@pytest.mark.parametrize('op', [op for op in ops.table.values() if op.arity is None], ids=lambda op: op.name)
def test_the_general_term_of_an_nary_rule_is_the_rule(op):
    """일반항에 항마다의 수를 넣은 것이 규칙이 준 편미분들이다. 항의 수는 표가 쓴 것과 다르다."""
    rng = random.Random(op.name)
    terms = 5
    lists = {name[1:] for name in op.arguments if name[0] in '*+'}
    groups = {
        name.lstrip('*+'): [rng.uniform(-2, 2) for _ in range(terms)] if name[0] in '*+' else rng.uniform(-2, 2)
        for name in op.arguments
    }
    flat = op.flat(list(groups.values()))
    assert op.split(flat) == [tuple(part) if name in lists else part for name, part in groups.items()]
    z = op.eager(*flat)
    expected = list(op.derivatives(z, *flat))
    for name, (label, d) in zip(groups, rule_of(op).partials, strict=True):
        assert label == (name + 'ᵢ' if name in lists else name)
        for i in range(terms if name in lists else 1):
            term = {key + 'i': groups[key][i] for key in lists}
            whole = {key + 's': groups[key] for key in lists}
            assert close(eval(d.text, {**NAMES, **groups, **term, **whole, 'z': z}), expected.pop(0))
    assert not expected


def test_a_rule_without_a_general_term_is_listed_term_by_term():
    """편미분이 자리마다 다르면 일반항이라고 속이지 않는다."""
    weird = Op('weird', lambda m, *xs: xs[0], lambda z, *xs: (1, *[2 * x for x in xs[1:]]))
    assert [(x, d.text) for x, d in rule_of(weird).partials] == [('x₁', '1'), ('x₂', '2*x₂'), ('x₃', '2*x₃')]


def test_the_partial_of_a_plain_argument_keeps_the_numbers_of_the_terms():
    """목록이 아닌 인수의 편미분에는 일반항이 없다: 식에 든 x₁ 은 xᵢ 가 아니라 x₁ 이다."""
    first = Op('first', lambda m, *xs: xs[0] * xs[-1], lambda z, *xs: (xs[-1], *[0] * (len(xs) - 2), xs[0]), arguments='*x b')
    assert [(x, d.text) for x, d in rule_of(first).partials] == [('x₁', 'b'), ('x₂', '0'), ('x₃', '0'), ('b', 'x₁')]


def test_kinks_show_what_the_rule_gives_there():
    shown = {row.op.name: (row.kinks[0].text, *row.kinks[1]) for row in ROWS if row.kinks}
    assert shown['relu'] == shown['abs'] == ('x = 0', 0)
    assert shown['leaky_relu'] == ('x = 0', Fraction(1, 100))
    assert shown['maximum'] == shown['minimum'] == ('x - y = 0', Fraction(1, 2), Fraction(1, 2))
    assert {name for name in ops.table if ops.table[name].kinks} == set(shown)
    elsewhere = Op('shifted', lambda m, x: m.relu(x - 3), (lambda z, x: ops.step(x - 3),), kinks=lambda x: x - 3)
    assert rule_of(elsewhere).kinks[1] == () and 'x - 3 = 0' in rule_of(elsewhere).kinks[0].text


def test_every_operation_of_the_table_has_a_row():
    assert [row.op for row in ROWS if row.op.family is None] == list(ops.table.values())
    assert [row.op for row in ROWS if row.op.family] == [ops.power(n) for n in POWERS]


# LaTeX ----------------------------------------------------------------------------------------------------------------

FUNCTIONS = {
    'ln': 'log', 'arcsin': 'asin', 'arccos': 'acos', 'arctan': 'atan', 'sigma': 'sigmoid', 'sqrt': 'sqrt', 'Phi': 'Phi',
    **{name: name for name in ('sin', 'cos', 'tan', 'sinh', 'cosh', 'tanh', 'erf', 'erfc', 'sign', 'max', 'min')},
}  # fmt: skip


class Reader:
    """LaTeX 를 읽어 계산하는 작은 해석기: 적힌 식이 뜻하는 수를 표와 상관없이 얻는다."""

    def __init__(self, latex, scope):
        latex = re.sub(r'\\operatorname\{(\w+)\}', r'\\\1', latex).replace(r'\,', r'\cdot ').replace(r'\;', ' ')
        self.tokens = [*re.findall(r'\\[a-zA-Z]+|\d+\.?\d*|[a-zA-Z]|\S', latex), 'end']
        self.scope = scope

    def next(self, expected=None):
        token = self.tokens.pop(0)
        assert expected is None or token == expected, (token, expected)
        return token

    def sum(self):
        value = self.product()
        while self.tokens[0] in '+-':
            value = value + self.product() if self.next() == '+' else value - self.product()
        return value

    def product(self):
        if self.tokens[0] == '-':
            self.next()
            return -self.product()
        value = self.power()
        while self.tokens[0] in (r'\cdot', '/'):
            value = value * self.power() if self.next() != '/' else value / self.power()
        return value

    def power(self):
        base = self.atom()
        if self.tokens[0] == '^':
            self.next()
            return base ** (self.group('{', '}') if self.tokens[0] == '{' else self.atom())
        return base

    def group(self, left, right):
        self.next(left)
        value = self.sum()
        self.next(right)
        return value

    def atom(self):
        token = self.tokens[0]
        if token == '(':
            self.next()
            value = self.sum()
            if self.tokens[0] == '>':
                self.next('>')
                self.next('0')
                self.next('?')
                first = self.sum()
                self.next(':')
                second = self.sum()
                value = first if value > 0 else second
            self.next(')')
            return value
        if token == '[':
            self.next()
            value = self.sum()
            assert [self.next() for _ in range(3)] == ['>', '0', ']']
            return float(value > 0)
        if token == '|':
            return abs(self.group('|', '|'))
        self.next()
        if token == r'\frac':
            return self.group('{', '}') / self.group('{', '}')
        if token[0] == '\\':
            return self.call(FUNCTIONS[token[1:]])
        return float(token) if token[0].isdigit() else self.scope[token]

    def call(self, name):
        if name in ('max', 'min'):
            self.next('(')
            first = self.sum()
            self.next(',')
            second = self.sum()
            self.next(')')
            return {'max': max, 'min': min}[name](first, second)
        x = self.group('{', '}') if self.tokens[0] == '{' else self.power()
        return math.erfc(-x / math.sqrt(2)) / 2 if name == 'Phi' else ops.table[name](x)


def read(latex, scope):
    reader = Reader(latex, {**scope, 'e': math.e})
    value = reader.sum()
    assert reader.tokens == ['end'], latex
    return value


@pytest.mark.parametrize('row', FIXED, ids=lambda row: row.op.name)
def test_latex_means_the_same_number(row):
    """표의 latex 칸과 편미분의 LaTeX 를 따로 읽어 계산해도 순방향과 규칙의 값이다."""
    names = operand_names(row.op, row.op.arity)
    for z, xs in samples(row.op):
        scope = {**dict(zip(names, xs, strict=True)), 'z': z}
        size = max(1.0, abs(z), *map(abs, xs))  # e^x − 1, ln(1 + e^x) 는 적힌 대로 계산하면 자리를 잃는다
        assert read(row.formula.latex, scope) == pytest.approx(z, rel=1e-9, abs=1e-12 * size)
        for (_, text), d in zip(row.partials, row.op.derivatives(z, *xs), strict=True):
            assert read(text.latex, scope) == pytest.approx(d, rel=1e-9, abs=1e-300)


def test_parentheses_go_where_the_binding_needs_them():
    x, y, z = map(Symbol, 'xyz')
    for expression, text, latex in (
        ((x + y) * z, '(x + y)*z', r'(x + y) \cdot z'),
        (x - (y - z), 'x - (y - z)', 'x - (y - z)'),
        (x * (y / z), 'x*(y/z)', r'x \cdot \frac{y}{z}'),
        ((x / y) ** 2, '(x/y)**2', r'(\frac{x}{y})^{2}'),
        (x ** (y + 1), 'x**(y + 1)', 'x^{y + 1}'),
        (-(x + y), '-(x + y)', '-(x + y)'),
        (ops.sin(x + y), 'sin(x + y)', r'\sin (x + y)'),
        (ops.sin(x) ** 2, 'sin(x)**2', r'(\sin x)^{2}'),
        (ops.leaky_relu(x + y), 'leaky_relu(x + y)', r'\max((x + y)/100, x + y)'),
        (ops.exp(x) ** 2, 'exp(x)**2', r'(e^{x})^{2}'),
        (x * symbol(-2), 'x*(-2)', r'x \cdot (-2)'),
        (x + -y / z, 'x + (-y/z)', r'x + \frac{-y}{z}'),
        (x - symbol(-2), 'x - (-2)', 'x - (-2)'),
        (x + -y, 'x + (-y)', 'x + (-y)'),
        (x / -y, 'x/(-y)', r'\frac{x}{-y}'),
        (-x + y, '-x + y', '-x + y'),
        (x > symbol(-1), 'x > -1', 'x > -1'),
        (x * Fraction(-1, 3), 'x*(-1/3)', r'x \cdot \frac{-1}{3}'),
    ):
        assert (expression.text, expression.latex) == (text, latex)
    assert typeset('#1^2', (Symbol('a', ATOM),))[0] == 'a^2'


def test_the_latex_table_is_balanced_and_complete():
    table = derivative_table.latex()
    body = table.partition(r'\hline')[2].removesuffix(r' \end{array}').split(r' \\ ')
    assert len(body) == len(ROWS) and '#' not in table
    for line in body:
        depth = list(itertools.accumulate({'{': 1, '}': -1}.get(c, 0) for c in line))
        assert min(depth) >= 0 and depth[-1] == 0
        assert line.count(' & ') == 4


# README ---------------------------------------------------------------------------------------------------------------


def test_the_readme_shows_the_table_of_today():
    text = README.read_text(encoding='utf-8')
    again = '새로 만들기: python -m micrograd_ko.explanation.derivative_table micrograd_ko/explanation/README.md'
    assert refreshed(text, 'derivatives', derivative_table.markdown()) == text, again


def test_every_line_of_the_markdown_table_has_five_cells():
    for line in derivative_table.markdown().splitlines():
        assert len(re.findall(r'(?<!\\)\|', line)) == 6


def test_the_command_refreshes_files_and_prints(tmp_path, capsys):
    page = tmp_path / 'page.md'
    begin, end = '<!-- table: derivatives -->', '<!-- end -->'
    page.write_text(f'앞\n{begin}\n낡은 표\n{end}\n뒤\n', encoding='utf-8')
    derivative_table.main([str(page)])
    assert page.read_text(encoding='utf-8') == f'앞\n{begin}\n{derivative_table.markdown()}\n{end}\n뒤\n'
    page.write_text('표시가 없다', encoding='utf-8')
    with pytest.raises(ValueError, match='table: derivatives'):
        derivative_table.main([str(page)])
    derivative_table.main(['--latex'])
    assert capsys.readouterr().out.startswith(r'\begin{array}')
    derivative_table.main([])
    assert '`1 - z*z`' in capsys.readouterr().out
