"""스텝 페이지의 글: 네트워크를 쓰지 않고, 데이터는 데이터로만 읽히고, 노트북에서는 틀 안에 들어간다."""

import base64
import html.parser
import json
import random
import re
import shutil
import sys
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from layouts import each_engine

from micrograd_ko import MLP, Value, draw, losses, ops
from micrograd_ko.render import engines, page

SVG = '{http://www.w3.org/2000/svg}'


def loss_232():
    return losses.quadratic(MLP(2, [3, 2], rng=random.Random(0))([0.5, 0.3]), [1.0, 0.0])


class Tags(html.parser.HTMLParser):
    """페이지의 태그와 속성. script 와 style 안은 글로 읽는다."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.data, self.stack = [], {}, []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.stack.append((tag, dict(attrs)))

    def handle_data(self, data):
        tag, attributes = self.stack[-1] if self.stack else ('', {})
        self.data[attributes.get('id', tag)] = self.data.get(attributes.get('id', tag), '') + data


def data_of(text):
    return json.loads(Tags(text).data['data'])


def steps_of(text):
    """스텝마다 (마디, 바뀌는 칸, 지나는 선). 글과 수는 페이지의 스크립트가 짓는다: 브라우저의 시험이 본다."""
    found = re.findall(r'^\{phase:"(\w+)",.*,cells:(\[.*\]),edges:(\[.*\])\}', Tags(text).data['script'], re.MULTILINE)
    return [(phase, json.loads(cells), json.loads(edges)) for phase, cells, edges in found]


# 데이터

@given(st.recursive(st.text(st.characters(exclude_categories=())) | st.integers() | st.none(), st.lists))
def test_embedded_data_is_inert(data):
    """어떤 글도 태그를 열거나 닫지 못하고, 읽으면 그대로 돌아온다."""
    written = page.embedded(data)
    assert not set(written) & set('<>&\u2028\u2029')
    assert written.isascii()
    assert json.loads(written) == data


@settings(max_examples=25)
@given(st.text(st.characters(exclude_categories=()), max_size=40))
def test_any_name_makes_a_page_of_the_same_shape(name):
    """이름이 무엇이든 페이지의 태그는 늘지 않고, UTF-8 로 쓸 수 있다."""
    def shape(name):
        x = Value(1.0, name or 'x')
        y = x * x
        y.name = name or 'y'
        text = draw(y).html()
        text.encode('utf-8')
        return [tag for tag, _ in Tags(text).tags if tag != 'text']  # 글의 수는 이름의 길이에 따라 다를 수 있다

    assert shape(name) == shape('a')


def test_nothing_is_fetched():
    """바깥을 가리키는 주소가 없고, 정책(CSP)도 막는다."""
    tags = Tags(draw(loss_232()).html())
    pointing = ('src', 'href', 'xlink:href', 'action')
    addresses = [value for _, attributes in tags.tags for key, value in attributes.items() if key in pointing]
    assert all(address.startswith(('#', 'data:')) for address in addresses)
    assert not re.search(r'url\(|@import|fetch\(|XMLHttpRequest|import\(', tags.data['style'] + tags.data['script'])
    (policy,) = [attributes['content'] for tag, attributes in tags.tags if 'http-equiv' in attributes]
    assert policy.startswith("default-src 'none'")


def test_learning_rate():
    drawing = draw(loss_232())
    assert data_of(drawing.html(lr=0.25))['lr'] == 0.25
    with pytest.raises(ValueError, match='학습률'):
        drawing.html(lr=0)


@each_engine
@pytest.mark.parametrize('level', ['ops', 'neuron', 'layer'])
def test_every_cell_can_be_found(engine, level, monkeypatch):
    """두 배치 엔진 모두: 스텝이 가리키는 칸이 SVG 에 하나씩 있고, 수의 칸에는 칠할 바탕과 글이 있다."""
    monkeypatch.setattr(engines, 'render', engine)
    text = draw(loss_232(), level).html()
    root = ET.fromstring(re.search(r'<svg.*?</svg>', text, re.DOTALL)[0])
    cells = {g.get('id'): g for g in root.iter(SVG + 'g') if g.get('class') == 'cell'}
    steps = steps_of(text)
    changed = {f'c{cell[0]}' for _, walked, _ in steps for cell in walked}
    assert cells.keys() == changed
    for cell in cells.values():
        assert len(cell.findall(SVG + 'polygon')) == len(cell.findall(SVG + 'text')) == 1
    edges = {g.get('id') for g in root.iter(SVG + 'g') if g.get('class') == 'edge'}
    walked = {f'edge{edge}' for *_, walked in steps for edge in walked}
    assert walked == (edges if level != 'layer' else set())


def test_numbers_end_at_the_right_edge_of_their_cells():
    cell = (
        '<svg width="10pt" height="20pt" xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">'
        '<g><a xlink:href="#c0"><polygon points="1,2 1,9 31,9 31,2"/><text text-anchor="start" x="3">7</text></a></g></svg>'
    )
    root = ET.fromstring(page.inline(cell, '설명'))
    assert root.find(f'.//{SVG}text').attrib == {'text-anchor': 'end', 'x': '27'}
    assert root.get('aria-label') == '설명'
    assert root.find(f'.//{SVG}a') is None


# 노트북과 파일

def test_notebook_frame():
    """틀은 스크립트만 허락하고, 안에 그림이 있다."""
    drawing = draw(loss_232())
    written = drawing._repr_mimebundle_()['text/html']
    (style, _), (tag, attributes), (inner, picture) = Tags(written).tags
    assert style == 'style'
    assert (tag, attributes['sandbox'], inner) == ('iframe', 'allow-scripts', 'img')
    assert attributes['srcdoc'] == drawing.html()
    assert base64.b64decode(picture['src'].removeprefix('data:image/svg+xml;base64,')).decode() == drawing.svg
    assert attributes['title'] and picture['alt']


def test_a_network_without_a_sample_is_a_picture_only():
    drawing = draw(MLP(2, [3, 2], rng=random.Random(0)))
    assert set(drawing._repr_mimebundle_()) == {'text/plain', 'image/svg+xml', 'image/png'}
    with pytest.raises(ValueError, match=r'net\.trace'):
        drawing.html()


def test_leaves_that_left_the_domain_leave_the_picture():
    x = Value(1.0, 'x')
    drawing = draw(ops.log(x))
    x.data = -1.0
    assert set(drawing._repr_mimebundle_()) == {'text/plain', 'image/svg+xml', 'image/png'}
    with pytest.raises(ArithmeticError, match='log'):
        drawing.html()


def test_without_an_engine(monkeypatch, tmp_path):
    monkeypatch.setattr(shutil, 'which', lambda name: None)
    monkeypatch.setitem(sys.modules, 'pygraphviz', None)
    drawing = draw(loss_232())
    assert len(drawing.steps) > 40  # 스텝은 배치 없이도 된다
    with pytest.raises(engines.LayoutError, match='pip install'):
        drawing.save(tmp_path / 'a.html')


def test_save(tmp_path):
    drawing = draw(loss_232())
    assert drawing.save(tmp_path / 'a.html').read_text(encoding='utf-8') == drawing.html()


@each_engine
def test_the_same_graph_gives_the_same_page(engine, monkeypatch):
    """같은 프로세스에서 다시 그려도: 어느 엔진이든."""
    monkeypatch.setattr(engines, 'render', engine)
    net = MLP(2, [3, 2], rng=random.Random(0))
    pages = {draw(losses.quadratic(net([0.5, 0.3]), [1.0, 0.0])).html() for _ in range(2)}
    assert len(pages) == 1


def test_a_trace_makes_a_page_of_the_forward_pass():
    steps = steps_of(draw(MLP(2, [3, 2], rng=random.Random(0)).trace([0.5, 0.3])).html())
    assert {phase for phase, *_ in steps} == {'start', 'forward'}
