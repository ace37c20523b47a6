"""글의 틀: 파이썬이 채운 글과 브라우저가 채운 글이 글자까지 같은가."""

from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_ko import ops
from micrograd_ko.kinds.live import Live
from micrograd_ko.writing.formulas import chain, formula, grouped, product, rule_text
from micrograd_ko.writing.numbers import number
from micrograd_ko.writing.templates import filled, hole, kept, scripted, when

SCRIPTS = resources.files('micrograd_ko.render').joinpath('scripts')
needs_chromium = pytest.mark.needs('chromium')
NUMBERS = st.one_of(st.floats(-1e6, 1e6), st.floats(), st.sampled_from([0.0, -0.0, 2.0625, 1e-5, 9999.5]))


@pytest.fixture(scope='module')
def fill(browser):
    """자바스크립트 식들과 그 안의 수 x 를 주면 브라우저가 지은 글들."""
    page = browser.new_page()
    source = '\n'.join([SCRIPTS.joinpath(name).read_text(encoding='utf-8') for name in ('numbers.js', 'texts.js')])
    page.set_content(f'<script>{source}</script>')
    yield lambda scripts, x: page.evaluate(
        '([scripts, x]) => new Function("x", `return [${scripts}]`)(x.map(Number))',
        [','.join(scripts), [repr(float(v)).replace('inf', 'Infinity') for v in x]],
    )  # fmt: skip
    page.close()


def live(xs):
    return [Live(x, f'x[{i}]') for i, x in enumerate(xs)]


@needs_chromium
@given(st.lists(NUMBERS, min_size=1, max_size=30))
def test_numbers_are_written_alike(fill, xs):
    for digits in (3, 4, 10):
        assert fill([scripted(number(x, digits)) for x in live(xs)], xs) == [number(x, digits) for x in xs]


@needs_chromium
@given(st.floats(0.001, 10), st.floats(-10, -0.001), st.integers(0, 2**20), st.integers(0, 11))
def test_halves_are_rounded_to_even_like_python(fill, x, y, whole, shift):
    xs = [whole / 2**shift, -whole / 2**shift, x, y]
    assert fill([scripted(number(v)) for v in live(xs)], xs) == [number(v) for v in xs]


def texts(xs):
    """스텝이 적는 꼴들: 등식, 식, 곱, 규칙, 조건."""
    a, b, c = xs
    written = [number(x) for x in xs]
    return [
        chain('z', formula(ops.affine, written, ' × '), number(a * b + c)), formula(ops.sub, written[:2]), product(a, b, c),
        chain(grouped(written[0]), grouped(written[1]), written[2]), rule_text(ops.tanh, written[0], [written[1]], 0),
        formula(ops.sigmoid, written[:1]), formula(ops.power(3), written[:1]),
        when(abs(a) < 1, f'{number(a)} 은(는) 작다.', '크다.'),
    ]  # fmt: skip


@needs_chromium
@given(st.tuples(*[st.floats(-100, 100)] * 3), st.tuples(*[st.floats(-100, 100)] * 3))
def test_a_text_written_once_is_filled_alike_after_the_numbers_change(fill, before, after):
    templates = texts(live(before))
    assert list(map(filled, templates)) == texts(before)
    assert fill(map(scripted, templates), after) == texts(after)


@needs_chromium
def test_what_is_written_outside_the_holes_is_inert(fill):
    hostile = '</script><img src=x onerror=alert(1)>`${1}\\"'
    (text,) = fill([scripted(f'{hostile} = {number(Live(1.0, "x[0]"))}')], [2.0])
    assert text == f'{hostile} = 2' and '<' not in scripted(hostile)


def test_a_name_cannot_hold_a_hole():
    assert filled(kept(hole('1', 'alert()'))) == '�1�alert()�' and scripted(kept(hole('1', 'alert()'))).startswith('"')


def test_a_name_is_neither_rewritten_nor_sent_to_the_page_as_a_live_text():
    """이름은 식의 글자로 다듬지 않고, 괄호만 두른다. 페이지에는 글로 간다."""
    name = kept('a*b - c**2')
    assert filled(formula(ops.mul, [name, 'x'])) == '(a*b - c**2)·x'
    assert scripted(formula(ops.mul, [name, 'x'])) == '"(a*b - c**2)\\u00b7x"'


def test_a_live_number_is_no_condition():
    with pytest.raises(TypeError, match='when'):
        bool(Live(1.0, 'x[0]') > 0)
