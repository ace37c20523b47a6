"""적기: 표와 문서는 같은 내용을 네 가지로 적고, 보이는 것의 한도는 바로 그 자리에서 줄인다."""

import html.parser
import math
import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_ko import ops
from micrograd_ko.kinds.symbols import Symbol
from micrograd_ko.writing import formulas, labels
from micrograd_ko.writing.console import width
from micrograd_ko.writing.document import Document, Line, words
from micrograd_ko.writing.html import escape
from micrograd_ko.writing.notation import latex_text
from micrograd_ko.writing.numbers import number
from micrograd_ko.writing.tables import Table, refreshed

DELTA = Symbol('δ²₁', latex=r'\delta^{2}_{1}')


class Cells(html.parser.HTMLParser):
    """HTML 표의 칸과, 표시된 행의 번호."""

    def __init__(self, text):
        super().__init__()
        self.rows, self.marked, self.inside = [], [], False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        if tag == 'tr':
            self.rows.append([])
            if ('class', 'marked') in attrs:
                self.marked.append(len(self.rows) - 2)
        elif tag in ('td', 'th'):
            self.rows[-1].append('')
            self.inside = True

    def handle_endtag(self, tag):
        self.inside = self.inside and tag not in ('td', 'th')

    def handle_data(self, data):
        if self.inside:
            self.rows[-1][-1] += data


# 표 -------------------------------------------------------------------------------------------------------------------

def test_a_table_is_written_four_ways():
    table = Table(['이름', Symbol('∂', latex=r'\partial'), '끝|'], [[DELTA, '-1.5', ''], ['a<b', '20', '100%']], marked=[1])
    assert list(table.lines()) == ['이름     ∂   끝|', 'δ²₁   -1.5', 'a<b     20  100%']
    assert table.markdown() == '| 이름 | ∂ | 끝\\| |\n|---|---|---|\n| δ²₁ | -1.5 |  |\n| a<b | 20 | 100% |'
    assert table.latex() == (
        r'\begin{array}{lrr} \text{이름} & \partial & \text{끝|} \\ \hline '
        r'\delta^{2}_{1} & -1.5 &  \\ \text{a<b} & 20 & \text{100\%} \end{array}'
    )
    cells = Cells(table.html())
    assert cells.rows == [['이름', '∂', '끝|'], ['δ²₁', '-1.5', ''], ['a<b', '20', '100%']] and cells.marked == [1]


@pytest.mark.parametrize(('cell', 'expected'), [
    ('6.6e-07', r'6.6\times 10^{-7}'), ('-1e+20', r'-1\times 10^{20}'), ('-0.50', '-0.50'),
    ('nan', r'\text{nan}'), ('e', r'\text{e}'), ('0e0', r'\text{0e0}'), ('1_0', r'\text{1\_0}'), ('٣', r'\text{٣}'),
])  # fmt: skip
def test_a_number_of_a_table_is_typeset_as_a_number(cell, expected):
    """수식 안의 e-07 은 e 빼기 7 로, nan 은 세 글자의 곱으로 보인다."""
    assert f' {expected} ' in Table(['x'], [[cell]]).latex()


texts = st.text(st.characters(categories=['L', 'N', 'P', 'S']), min_size=1, max_size=8)


@given(st.integers(1, 4).flatmap(lambda n: st.lists(st.lists(texts, min_size=n, max_size=n), min_size=1, max_size=5)))
def test_every_cell_is_in_every_form_and_columns_line_up(rows):
    table = Table(rows[0], rows[1:], 'r' * len(rows[0]))
    assert len({width(line) for line in table.lines()}) == 1  # 모두 오른쪽으로 맞추면 줄의 끝이 같다
    shown = [[cell.strip() for cell in row] for row in Cells(table.html()).rows]
    assert shown == [[html.unescape(escape(cell)) for cell in row] for row in rows]
    lines, markdown, latex = list(table.lines()), table.markdown().splitlines(), table.latex()
    assert len(lines) == len(rows) == len(markdown) - 1
    for i, row in enumerate(rows):
        assert ' '.join(row).split() == lines[i].split()
        assert all(cell.replace('|', r'\|') in markdown[i + (i > 0)] for cell in row)
        assert all(latex_text(cell) in latex or re.fullmatch('[-+.e0-9]+', cell) for cell in row)  # 수는 다음 시험이 본다


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_typeset_number_reads_back_as_itself(x):
    cell = Table(['x'], [[repr(x)]]).latex().removeprefix(r'\begin{array}{l} \text{x} \\ \hline ').removesuffix(r' \end{array}')
    assert not re.search('e[+-]', cell) and float(re.sub(r'\\times 10\^\{(-?\d+)\}', r'e\1', cell)) == x


def test_refreshed_replaces_only_what_is_between_its_marks():
    document = '앞 <!-- table: a -->\n낡은 것\n<!-- end --> <!-- table: b -->\n그대로\n<!-- end -->'
    assert refreshed(document, 'a', r'\1 새것') == document.replace('낡은 것', r'\1 새것')
    with pytest.raises(ValueError, match='table: c'):
        refreshed(document, 'c', '')


# 문서 -----------------------------------------------------------------------------------------------------------------

class Sample(Document):
    def blocks(self):
        return [
            words('title', '제목 <1>'), words('heading', '마디'), Line('formula', 'z = w·x', r'z = w \cdot x'),
            Line('route', '1. x → z', r'1.\quad x \to z'), Line('step', '∂z/∂x = w', r'\frac{\partial z}{\partial x} = w'),
            Table(['층', 'δ'], [['2', '0.5']]), words('note', '50% 만'),
        ]  # fmt: skip


def test_a_document_is_written_three_ways():
    document = Sample()
    assert str(document).splitlines() == [
        '제목 <1>', '', '마디', '  z = w·x', '  1. x → z', '     ∂z/∂x = w', '  층    δ', '  2   0.5', '  50% 만',
    ]  # fmt: skip
    latex = document.latex().splitlines()
    assert (latex[0], latex[-1]) == (r'\begin{gather*}', r'\end{gather*}')
    assert [line.removesuffix(r' \\') for line in latex[1:-1]] == [
        r'\text{제목 <1>}', r'\text{마디}', r'z = w \cdot x', r'1.\quad x \to z', r'\frac{\partial z}{\partial x} = w',
        r'\begin{array}{lr} \text{층} & \text{δ} \\ \hline 2 & 0.5 \end{array}', r'\text{50\% 만}',
    ]  # fmt: skip
    assert all(line.endswith(r' \\') for line in latex[1:-2]) and not latex[-2].endswith(r'\\')
    page = document.html()
    assert page.startswith('<!doctype html><html lang="ko">') and '<title>제목 &lt;1&gt;</title>' in page
    assert document._repr_html_() in page and 'http' not in page and '<script' not in page
    for part in (
        '<h3>제목 &lt;1&gt;</h3><h4>마디</h4><div class="formula"><code>z = w·x</code></div>',
        '<div class="formula indented"><code>∂z/∂x = w</code></div><div class="scroll"><table>', '<p>50% 만</p>',
    ):  # fmt: skip
        assert part in page


# 수 -------------------------------------------------------------------------------------------------------------------

def test_numbers_are_short_and_say_what_they_are_not():
    """유효 숫자 넷(DIGITS)."""
    for x, text in (
        (1.23456, '1.235'), (1234567.0, '1.235×10⁶'), (-0.00001234567, '-1.235×10⁻⁵'),
        (1e-9, '1×10⁻⁹'), (0.0001, '0.0001'), (9999.4, '9999'), (9999.5, '1×10⁴'), (0.5, '0.5'), (-0.0, '-0'), (7, '7'),
        (math.nan, '⚠ nan'), (-math.inf, '⚠ -inf'), (None, '–'), (Fraction(-1, 3), '-1/3'),
    ):  # fmt: skip
        assert number(x) == text
    assert number(1.23456, 2) == '1.2' and number(math.inf, warning='') == 'inf'


@pytest.mark.parametrize(('exact', 'beyond', 'rounded'), [
    (999999, 1000000, '1×10⁶'), (-999999, -1000000, '-1×10⁶'), (Fraction(1, 9999), Fraction(1, 10000), '0.0001'),
    (Fraction(999999, 2), Fraction(1000001, 2), '5×10⁵'),
])  # fmt: skip
def test_a_whole_number_or_fraction_is_exact_up_to_the_limit(exact, beyond, rounded):
    """분자는 100만, 분모는 만 미만까지 그대로(LARGEST_EXACT)."""
    assert number(exact) == formulas.text(formulas.quantity(exact)).replace('−', '-') == str(exact)
    assert number(beyond) == formulas.quantity(beyond).text == rounded


def test_numbers_beyond_a_float_are_written():
    assert number(10**400) == '1×10⁴⁰⁰' and number(Fraction(1, 10**400)) == '1×10⁻⁴⁰⁰'
    assert number(12 * 10**400, 2) == '1.2×10⁴⁰¹'


@pytest.mark.parametrize(('x', 'text', 'latex'), [
    (0.5, '0.5', '0.5'), (-0.0, '-0', '-0'), (-2, '-2', '-2'),
    (1.5e10, '1.5×10¹⁰', r'1.5\times 10^{10}'), (math.inf, 'inf', r'\infty'),
    (-math.inf, '-inf', r'-\infty'), (math.nan, 'nan', r'\mathrm{nan}'), (Fraction(1, 3), '1/3', r'\frac{1}{3}'),
])  # fmt: skip
def test_a_quantity_in_a_formula(x, text, latex):
    """음수와 a×10ⁿ 은 곱에서 괄호를 두른다. 무한대와 nan 에도 경고 기호는 없다."""
    found = formulas.quantity(x)
    assert (found.text, found.latex) == (text, latex)
    product = Symbol('a') * found
    assert product.text == (f'a*({text})' if '-' in text or '/' in text or '×' in text else f'a*{text}')


# 한도 -----------------------------------------------------------------------------------------------------------------

def test_a_long_name_is_cut():
    """이름은 32자까지(LONGEST_NAME)."""
    assert labels.shown('가' * 32) == '가' * 32
    assert labels.shown('첫 줄\n둘째\r\n\t셋째\u2028넷째') == '첫 줄 둘째 셋째 넷째' and labels.shown('a\x00b') == 'a\ufffdb'
    assert labels.shown('가' * 33) == '가' * 31 + '…'


def test_a_long_sum_is_shortened_in_the_middle():
    """항은 다섯까지(MOST_TERMS). 합도, 목록도, 글로 적힌 항도 같은 자리에서 준다."""
    five, six = [f'x{i}' for i in range(5)], [f'x{i}' for i in range(6)]
    assert formulas.formula(ops.total, five) == formulas.sum_of(five) == 'x0 + x1 + x2 + x3 + x4'
    assert formulas.formula(ops.total, six) == formulas.sum_of(six) == 'x0 + x1 + x2 + … + x5'
    assert formulas.formula(ops.logsumexp, five) == 'logsumexp(x0, x1, x2, x3, x4)'
    assert formulas.formula(ops.logsumexp, six) == 'logsumexp(x0, x1, x2, …, x5)'
    assert formulas.applied(ops.total, [Symbol(x) for x in six]).latex == r'x0 + x1 + x2 + \cdots + x5'
    assert formulas.sum_of([]) == '0' and formulas.sum_of(six, ',  ') == 'x0,  x1,  x2,  …,  x5'


def test_a_long_vector_is_cut():
    """원소는 넷까지(MOST_ELEMENTS)."""
    assert formulas.vector([1.0, -2.0, 0.12345, 4]) == '[1, -2, 0.123, 4]'
    assert formulas.vector([1.0, -2.0, 0.12345, 4, 5]) == '[1, -2, 0.123, 4, …]'


def test_a_long_rule_is_not_written():
    """규칙은 44자까지(LONGEST_RULE): 더 길면 스텝이 식을 적지 않고 수만 적는다."""
    name = 'a' * 36
    assert formulas.rule_text(ops.tanh, name[:18], ['x'], 0) == f'1 − {"a" * 18}·{"a" * 18}'
    assert len(formulas.rule_text(ops.square, '', [name + 'aaaaaa'], 0)) == 44
    assert formulas.rule_text(ops.square, '', [name + 'aaaaaaa'], 0) == ''
    by_if = ops.Op('by_if', lambda m, x: x, (lambda z, x: 1 if x > 0 else 2,))
    assert formulas.rule_text(by_if, 'z', ['x'], 0) == ''


# 식 -------------------------------------------------------------------------------------------------------------------

def test_formulas_are_written_with_the_letters_of_mathematics():
    assert formulas.formula(ops.sub, ['a', 'b']) == 'a − b' and formulas.formula(ops.power(3), ['-2']) == '(-2)³'
    assert formulas.formula(ops.power(0.5), ['x']) == 'x^0.5' and formulas.formula(ops.square, ['v₇']) == 'v₇²'
    assert formulas.formula(ops.identity, ['x']) == 'x' and formulas.formula(ops.mul, ['a + b', 'c']) == '(a + b)·c'
    assert formulas.chain('y', '', '2', 'y', '2') == 'y = 2' and formulas.product(-0.5, -2) == '-0.5 × (-2)'
    assert [formulas.sign(op) for op in (ops.add, ops.power(3), ops.power(-1), ops.sigmoid)] == ['+', 'x³', 'x^-1', 'σ']
    assert (formulas.prime(ops.sigmoid, Symbol('z')).text, formulas.prime(ops.tanh, Symbol('z')).text) == ('σ′(z)', 'tanh′(z)')
