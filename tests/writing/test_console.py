"""콘솔: 적지 못하는 글자가 있어도 죽지 않고, 한글이 섞인 줄이 맞는다."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_ko.writing.console import has_colour, left, paint, plain, right, survive, width, writes_korean


def written(text, encoding):
    buffer = io.BytesIO()
    stream = io.TextIOWrapper(buffer, encoding=encoding)
    survive(stream)
    stream.write(text)
    stream.flush()
    return buffer.getvalue().decode(encoding)


def test_korean_console_gets_lookalikes():
    assert written('δ² = (W³)ᵀ δ³ ⊙ σ′(z²) − 1', 'cp949') == 'δ² = (W³)^T δ³ ⊙ σ′(z²) - 1'


@pytest.mark.parametrize(('text', 'expected'), [
    ('2.5×10⁻⁵', '2.5×10^-5'), ('2.5×10⁻¹⁶', '2.5×10^-16'), ('10⁵', '10^5'), ('10⁴', '10⁴'), ('aˡ⁻¹ₖ', 'a^l-1_k'), ('w⁵', 'w^5'),
    ('⁵', '^5'),
])  # fmt: skip
def test_an_exponent_never_joins_its_base(text, expected):
    """cp949 에는 ⁵ 와 ⁻ 가 없다: 그대로 내려 적으면 10⁵ 은 105 이고 10⁻⁵ 은 10 빼기 5 다."""
    assert written(text, 'cp949') == expected


@given(st.text(st.characters()), st.sampled_from(['cp949', 'ascii', 'utf-8', 'latin-1', 'cp437', 'cp1250', 'cp1251', 'koi8-r']))
def test_any_text_survives_and_writable_characters_stay(text, encoding):
    """어떤 글자든(짝 없는 서로게이트도) 오류가 나지 않고, 적을 수 있는 글은 그대로다."""
    result = written(text, encoding)
    try:
        assert result.replace('\r\n', '\n') == text.encode(encoding).decode(encoding).replace('\r\n', '\n')
    except UnicodeEncodeError:
        assert result or not text


def test_survive_accepts_a_stream_without_reconfigure():
    survive(io.StringIO())


@pytest.mark.parametrize(('text', 'columns'), [('', 0), ('abc', 3), ('역전파', 6), ('δ²₁', 3), ('층 a', 4), ('e\u0301', 1)])
def test_width(text, columns):
    assert width(text) == columns
    assert left(text, 8) == text + ' ' * (8 - columns)
    assert right(text, 8) == ' ' * (8 - columns) + text


@pytest.mark.parametrize(('encoding', 'writes'), [
    ('utf-8', True), ('cp949', True), ('euc-kr', True), ('utf-16', True), ('ascii', False), ('latin-1', False), ('cp437', False),
    ('cp1251', False), ('koi8-r', False), ('cp932', False),
])  # fmt: skip
def test_which_consoles_write_korean(encoding, writes):
    assert writes_korean(io.TextIOWrapper(io.BytesIO(), encoding=encoding)) == writes
    assert writes_korean(io.StringIO())


def test_paint_takes_no_room_and_comes_off():
    painted = paint('역전파', 'bold', 'green')
    assert plain(painted) == '역전파' != painted
    assert width(painted) == 6 and right(painted, 8) == f'  {painted}'


def test_a_stream_that_is_no_terminal_has_no_colour():
    assert not has_colour(io.StringIO())
