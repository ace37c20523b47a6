"""그림을 내보내기: 이름은 보이기만 하고, 파일은 온전하며, 두 배치 엔진이 같은 내용을 준다."""

import base64
import os
import random
import re
import shutil
import stat
import sys
import types
import unicodedata
import xml.etree.ElementTree as ET

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from layouts import each_engine, with_dot

from micrograd_ko import MLP, Value, losses
from micrograd_ko.render import Drawing, LayoutError, draw, engines
from micrograd_ko.render.mermaid import escape
from micrograd_ko.writing.files import write_atomically
from micrograd_ko.writing.labels import shown
from micrograd_ko.writing.limits import LONGEST_NAME

SVG = '{http://www.w3.org/2000/svg}'
TAGS = {SVG + tag for tag in ('svg', 'g', 'title', 'polygon', 'text', 'path', 'a', 'polyline', 'ellipse')}


def network():
    return MLP(2, [3, 2], rng=random.Random(0))


def loss():
    c = losses.quadratic(network()([0.5, 0.3]), [1.0, 0.0])
    c.backward()
    return c


# 이름

NASTY = [
    '"quoted"', "it's", '{a|b}', '<b>bold</b>', '&lt;', '&amp;amp;', '&#60;', r'\N\G\E\T\H\L', '\\', 'a\\', 'a\nb', 'tab\there',
    '\x00\x1b[31m', '\ud800', '\ud83d', '</script><script>alert(1)</script>', '</TD></TR></TABLE>>', '<!--', ']]>', '%s {0}',
    'שלום', 'مرحبا', '\u202eabc', '😀👩‍👩‍👧', '가중치 ∂C/∂w²₁₁', '', '   ', '\ufffe', '<', '>', 'a -> b; c', '#comment', '`code`',
    ']', '\ue000a\ue001b\ue002',
]  # fmt: skip
names = st.text(st.characters(exclude_categories=()), max_size=2 * LONGEST_NAME) | st.sampled_from(NASTY)


def texts(svg: bytes) -> list[str]:
    """SVG 의 글들. 상자의 글에서 공백의 종류는 엔진마다 다르므로 하나로 본다."""
    root = ET.fromstring(svg)
    assert {element.tag for element in root.iter()} <= TAGS
    return [' '.join((element.text or '').split()) for element in root.iter(SVG + 'text')]


@each_engine
@settings(max_examples=60)
@given(st.lists(names, min_size=4, max_size=4))
@example(NASTY[:4])
@example(NASTY[4:8])
@example(NASTY[8:12])
@example(NASTY[12:16])
@example(NASTY[16:20])
@example(NASTY[20:24])
@example(NASTY[24:28])
@example(NASTY[28:32])
@example(NASTY[-4:])
def test_names_are_shown_never_obeyed(engine, four):
    """어떤 이름이든 SVG 는 올바른 XML 이고, 이름은 글 하나로만 나타나며, 상자와 선의 수는 그대로다."""
    a, b, c = (Value(x, name) for x, name in zip((1.0, 2.0, 3.0), four, strict=False))
    root = a * b + c
    root.name = four[3]
    svg = engine(draw(root).dot, 'svg')
    found = texts(svg)
    for name in four:
        assert (' '.join(shown(name).split()) in found) or not name.strip()
    ids = [element.get('class') for element in ET.fromstring(svg).iter(SVG + 'g')]
    assert (ids.count('node'), ids.count('edge')) == (5, 4)


@given(st.lists(names, min_size=2, max_size=2))
def test_names_in_a_network(two):
    """뉴런의 상자에서도: 제목과 행에 들어간 이름."""
    trace = MLP(1, [2], rng=random.Random(0)).trace([0.5])
    trace.activations[1][0].name, trace.zs[0][0].name = two
    assert texts(engines.with_pygraphviz(draw(trace, 'neuron').dot, 'svg'))


@given(names)
def test_shown_names_are_harmless(name):
    for character in shown(name):
        assert unicodedata.category(character) not in ('Cc', 'Cs', 'Zl', 'Zp')
        assert character not in '\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069'
    assert len(shown(name)) <= LONGEST_NAME


@given(names)
def test_mermaid_names_have_no_syntax_left(name):
    """따옴표 안에서 뜻을 가지는 ASCII 는 번호로만 남고, 번호를 되돌리면 이름이 나온다."""
    written = escape(shown(name))
    assert not set(re.sub(r'#\d+;', '', written)) & set('"<>&#;{}[]()|\\`\n')
    assert re.sub(r'#(\d+);', lambda match: chr(int(match[1])), written) == shown(name)


# 엔진과 형식

MAGIC = {'svg': b'<?xml', 'png': b'\x89PNG\r\n\x1a\n', 'pdf': b'%PDF-'}


@pytest.mark.parametrize('kind', engines.FORMATS)
@each_engine
@pytest.mark.parametrize('detail', ['ops', 'neuron', 'layer'])
def test_both_engines_make_every_format(engine, kind, detail):
    made = engine(draw(loss(), detail).dot, kind)
    assert made.startswith(MAGIC[kind])
    if kind == 'svg':
        found = texts(made)
        assert any('기울기' in text or '은닉층' in text for text in found)  # 한글은 글로 남는다


@each_engine
@pytest.mark.parametrize('sizes', [(2, 3, 2), (4, 8, 3), (2, 6, 6, 5), (3, 5, 4, 6)])
def test_neurons_stand_in_order(engine, sizes):
    """그려진 뉴런은 위에서 아래로 번호 순서다."""
    net = MLP(sizes[0], sizes[1:], rng=random.Random(0))
    root = ET.fromstring(engine(draw(net, 'neuron').dot, 'svg'))
    height = {g.get('id'): float(g.find(f'.//{SVG}text').get('y')) for g in root.iter(SVG + 'g') if g.get('class') == 'node'}
    for layer, count in enumerate(sizes[1:], 2):
        column = [height[f'l{layer}j{j}'] for j in range(1, count + 1)]
        assert column == sorted(column)


@pytest.mark.parametrize('kind', engines.FORMATS)
@each_engine
def test_the_same_graph_gives_the_same_bytes(engine, kind, monkeypatch):
    """프로세스가 그 사이에 무엇을 그렸든, 시각이 바뀌든(PDF)."""
    dot = draw(loss(), 'ops').dot
    first = engine(dot, kind)
    engine(draw(network()).dot, 'svg')
    if kind == 'pdf':
        monkeypatch.setenv('SOURCE_DATE_EPOCH', '86400')
    assert engine(dot, kind) == first


@pytest.mark.parametrize(('script', 'words'), [
    ('exit 0', '빈 그림'), ('echo hello', 'svg 가 아닌 6바이트'), ('cat; echo "dot - not found" >&2', 'svg 가 아닌'),
    ('exit 3', '종료 코드 3'), ('echo "broken pipe" >&2; exit 1', 'broken pipe'), ('printf "<?xml <svg"', 'svg 가 아닌'),
    (None, '실행하지 못했습니다'),
])  # fmt: skip
def test_a_dot_that_is_not_graphviz_is_told(script, words, tmp_path, monkeypatch):
    """비었거나, 다른 프로그램이거나, 말이 없거나, 실행할 수 없는 dot: 반쪽 파일이 남지 않는다."""
    program = tmp_path / 'dot'
    program.write_bytes(b'\x7fELF broken' if script is None else f'#!/bin/sh\n{script}\n'.encode())
    program.chmod(0o755)
    monkeypatch.setattr(shutil, 'which', lambda name: str(program))
    drawing = draw(loss())
    with pytest.raises(LayoutError, match=words):
        drawing.save(tmp_path / 'a.svg')
    assert os.listdir(tmp_path) == ['dot']
    assert words in drawing._repr_mimebundle_()['text/plain']


def test_pygraphviz_is_used_without_dot(monkeypatch):
    monkeypatch.setattr(shutil, 'which', lambda name: None)
    assert draw(loss()).svg.startswith('<?xml')


@pytest.fixture
def no_engine(monkeypatch):
    monkeypatch.setattr(shutil, 'which', lambda name: None)
    monkeypatch.setitem(sys.modules, 'pygraphviz', None)


@pytest.mark.usefixtures('no_engine')
def test_without_an_engine(tmp_path):
    """DOT 와 Mermaid 는 되고, 그림은 무엇을 설치할지 알린다. 노트북은 글로 물러난다."""
    drawing = draw(loss())
    assert drawing.save(tmp_path / 'a.dot').read_text(encoding='utf-8') == drawing.dot
    assert drawing.save(tmp_path / 'a.mmd').read_text(encoding='utf-8').startswith('flowchart')
    with pytest.raises(LayoutError, match=r'(?s)pip install .*apt-get install.*brew.*winget.*conda'):
        drawing.save(tmp_path / 'a.svg')
    assert not (tmp_path / 'a.svg').exists()
    assert set(loss()._repr_mimebundle_()) == {'text/plain'}
    assert 'pip install' in drawing._repr_mimebundle_()['text/plain']


def test_an_old_pygraphviz_is_not_used(monkeypatch):
    monkeypatch.setattr(shutil, 'which', lambda name: None)
    monkeypatch.setitem(sys.modules, 'pygraphviz', types.SimpleNamespace(__version__='1.14'))
    with pytest.raises(LayoutError, match='pygraphviz>=2'):
        _ = draw(loss()).svg


@pytest.mark.needs('dot')
def test_an_engine_that_fails_is_reported():
    with pytest.raises(LayoutError, match='syntax error'):
        with_dot('digraph {', 'svg')


# 노트북

@pytest.mark.parametrize('make', [loss, network, lambda: network().trace([0.1, 0.2]), lambda: draw(loss())])
def test_notebook_bundle(make):
    x = make()
    bundle = x._repr_mimebundle_(include=None, exclude=None)
    assert bundle['text/plain'] == repr(x)
    assert bundle['image/svg+xml'].startswith('<?xml')
    assert base64.b64decode(bundle['image/png']).startswith(MAGIC['png'])  # 믿지 않는 노트북은 SVG 도 스크립트도 버린다


@pytest.mark.parametrize(('make', 'suffix'), [(loss, '.html'), (network, '.svg')])
def test_a_drawing_is_shown_in_the_browser(make, suffix, monkeypatch):
    opened = []
    monkeypatch.setattr('webbrowser.open', opened.append)
    path = draw(make()).show()
    assert opened == [path.as_uri()] and path.suffix == suffix and path.stat().st_size > 100
    shutil.rmtree(path.parent)


def test_nothing_is_left_when_a_drawing_cannot_be_shown(tmp_path, monkeypatch):
    monkeypatch.setattr(engines, 'render', lambda *_: pytest.fail('배치를 시작했다'))
    monkeypatch.setattr('tempfile.tempdir', str(tmp_path))
    x = Value(1.0, 'x')
    drawing = draw(x.log())
    x.data = -1.0
    with pytest.raises(ArithmeticError, match='log'):
        drawing.show()
    assert not os.listdir(tmp_path)


def test_a_large_graph_shows_as_text():
    x = Value(1.0)
    for _ in range(400):
        x = x + 1
    assert x._repr_mimebundle_() == {'text/plain': repr(x)}


# 파일

@pytest.mark.parametrize('name', ['a.dot', 'a.mmd', 'a.svg', 'a.png', 'a.pdf', 'a.SVG', 'a.b.svg'])
def test_save(tmp_path, name):
    saved = draw(loss()).save(str(tmp_path / name))
    assert saved == tmp_path / name
    assert saved.stat().st_size > 100
    assert os.listdir(tmp_path) == [name]


@pytest.mark.parametrize('name', ['a.gif', 'a', 'a.html.', '.svg'])
def test_unknown_suffix(tmp_path, name):
    with pytest.raises(ValueError, match='dot, mmd, svg, png, pdf'):
        draw(loss()).save(tmp_path / name)
    assert not os.listdir(tmp_path)


def test_missing_directory(tmp_path):
    with pytest.raises(FileNotFoundError, match='먼저 만드세요'):
        draw(loss()).save(tmp_path / 'none' / 'a.svg')


def test_a_directory_is_not_a_file(tmp_path):
    (tmp_path / 'a.svg').mkdir()
    with pytest.raises(IsADirectoryError, match='파일 이름'):
        draw(loss()).save(tmp_path / 'a.svg')


def test_a_read_only_file_stays_as_it_was(tmp_path):
    path = tmp_path / 'a.svg'
    path.write_text('before', encoding='utf-8')
    path.chmod(stat.S_IREAD)
    with pytest.raises(PermissionError, match='read-only'):
        draw(loss()).save(path)
    assert path.read_text(encoding='utf-8') == 'before'


def test_a_write_that_fails_leaves_no_half_file(tmp_path, monkeypatch):
    """디스크가 찬 것처럼 마지막 순간에 실패해도 전의 파일이 온전하다."""
    path = write_atomically(tmp_path / 'a.dot', b'before')

    def full(*_):
        raise OSError(28, 'No space left on device')

    monkeypatch.setattr(os, 'replace', full)
    with pytest.raises(OSError, match='space'):
        write_atomically(path, b'after')
    assert path.read_bytes() == b'before'
    assert os.listdir(tmp_path) == ['a.dot']


def test_a_new_file_has_the_usual_permissions(tmp_path):
    (tmp_path / 'usual').touch()
    assert write_atomically(tmp_path / 'a', b'').stat().st_mode == (tmp_path / 'usual').stat().st_mode


def test_a_file_written_again_keeps_its_permissions(tmp_path):
    path = write_atomically(tmp_path / 'a', b'before')
    path.chmod(stat.S_IREAD | stat.S_IWRITE)
    before = path.stat().st_mode
    assert write_atomically(path, b'after').stat().st_mode == before and path.read_bytes() == b'after'


def test_drawing_repr_tells_its_level():
    assert repr(draw(loss())) == "<Drawing detail='neuron', 상자 7개>"
    assert isinstance(draw(loss()), Drawing)
