"""그림과 페이지의 말: 영어로도 보이고, 한국어가 남지 않는다."""

import random
import re

import pytest

from micrograd_ko import MLP, Value, draw, losses, ops
from micrograd_ko.render import mermaid
from micrograd_ko.render.words import ENGLISH, english
from micrograd_ko.writing.html import escape as escaped
from micrograd_ko.writing.limits import LONGEST_NAME

HANGUL = re.compile('[가-힣]')
TARGETS = {'softmax_cross_entropy': 1, 'hinge': [1.0, -1.0]}  # 다른 손실은 0 부터 1 까지의 목표를 받는다


def subjects():
    net = MLP(2, [3, 2], rng=random.Random(0))
    for name, loss in losses.LOSSES.items():
        for level in ('ops', 'neuron', 'layer'):
            yield f'{name}-{level}', loss(net([0.02, 0.3]), TARGETS.get(name, [0.3, 0.9])), level
    yield 'trace', net.trace([0.5, 0.3]), 'neuron'
    trace = net.trace([0.5, 0.3])
    yield 'stray', losses.quadratic(trace.output, [0.1, 0.2]) + trace.zs[0][0] ** 2, 'neuron'
    yield 'wide', losses.quadratic(MLP(40, [12, 10], rng=random.Random(0))([0.1] * 40), [0.0] * 10), 'layer'
    x = Value(2.0, 'x')
    yield 'repeated', x * x + ops.total([x] * 7) * 2, 'ops'


each_subject = pytest.mark.parametrize(('subject', 'level'), [pytest.param(*rest, id=name) for name, *rest in subjects()])


@each_subject
def test_steps_and_pictures_are_english(subject, level):
    drawing = draw(subject, level, lang='en')
    assert not HANGUL.search(repr([(step.title, step.lines) for step in drawing.steps]))
    assert not HANGUL.search(drawing.dot) and not HANGUL.search(drawing.mermaid)


@pytest.mark.needs('chromium')
@each_subject
def test_the_page_is_english(subject, level, browser):
    """보이는 글과 이름이 모두 영어이고, 스텝의 글은 파이썬의 것과 같다."""
    drawing, page = draw(subject, level, lang='en'), browser.new_page()
    page.set_content(drawing.html())
    seen = page.evaluate("""() => steps.map((step, i) => {
        player.go(i);
        const labels = [...document.querySelectorAll('[aria-label]')].map((x) => x.getAttribute('aria-label'));
        const told = [document.body.innerText, find('formulas').textContent];
        return [find('what').textContent, [...find('lines').children].map((x) => x.textContent), told, labels];
    })""")
    language = page.get_attribute('html', 'lang')
    page.close()
    assert language == 'en' and not HANGUL.search(repr(seen))
    assert [(title, tuple(lines)) for title, lines, *_ in seen] == [(step.title, step.lines) for step in drawing.steps]


@pytest.mark.parametrize('level', ['neuron', 'layer'])
def test_the_picture_of_a_loss_over_samples_is_english(level):
    net = MLP(2, [3, 2], rng=random.Random(0))
    drawing = draw(losses.mean([losses.quadratic(net(x), [0.3, 0.9]) for x in ([0.5, 0.3], [0.1, 0.2])]), level, lang='en')
    assert not HANGUL.search(drawing.dot) and not HANGUL.search(drawing.mermaid)


def named(name, level):
    """입력과 첫 z 와 손실의 이름이 name 인 신경망의 손실."""
    trace = MLP(2, [2, 1], rng=random.Random(0)).trace([Value(0.01, name), 0.3])
    trace.zs[0][0].name = name
    loss = losses.quadratic(trace.output, 1.0)
    loss.name = name
    return draw(loss, level, lang='en')


@pytest.mark.parametrize('level', ['ops', 'neuron', 'layer'])
@pytest.mark.parametrize('name', [name for name in [*ENGLISH, 'a*b - c**2'] if len(name) < LONGEST_NAME - 2])
def test_a_name_is_never_translated(name, level):
    """표의 말과 같은 이름이어도, 표에 없는 이름을 단 그래프와 이름만 다르다. 이름 안의 식도 다듬지 않는다."""
    name = name.replace('{}', 'x')
    other = re.sub('[^ +/×−-]', 'ㄱ', name)  # 괄호를 두르는 글자는 같게
    seen, wanted = named(name, level), named(other, level)
    assert repr(seen.steps) == repr(wanted.steps).replace(other, name)
    assert seen.dot == wanted.dot.replace(other, escaped(name)) and seen.mermaid == wanted.mermaid.replace(
        mermaid.escape(other), mermaid.escape(name))


@pytest.mark.needs('chromium')
@pytest.mark.parametrize('level', ['ops', 'neuron', 'layer'])
def test_the_page_leaves_names_alone(level, browser):
    drawing, page = named('입력', level), browser.new_page()
    page.set_content(drawing.html())
    seen = page.evaluate("""() => steps.map((step, i) => {
        player.go(i);
        return [find('what').textContent, [...find('lines').children].map((x) => x.textContent)];
    })""")
    page.close()
    assert [(title, tuple(lines)) for title, lines in seen] == [(step.title, step.lines) for step in drawing.steps]


@pytest.mark.needs('dot')
def test_a_domain_is_told_in_english():
    assert r'x \u003e 0 or x = 0 and y \u003e 0' in draw(ops.pow(Value(2.0, 'x'), Value(3.0, 'y')), lang='en').html()


def test_every_line_of_the_table_keeps_its_places():
    for korean, translation in ENGLISH.items():
        places = {int(i) for i in re.findall(r'\{(\d)\}', translation)}
        assert len(places) == (korean.count('{}') or len(re.findall(r'\{\d\}', korean))), korean
        assert not HANGUL.search(translation)


def test_a_text_outside_the_table_is_left_as_it_is():
    assert english('아무 말') == '아무 말' and english('순전파: z') == 'Forward: z'


def test_an_unknown_language_is_refused():
    with pytest.raises(ValueError, match="ko, en"):
        draw(Value(1.0) + 2, lang='fr')
