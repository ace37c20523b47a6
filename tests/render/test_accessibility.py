"""접근성(accessibility): axe 가 페이지의 어느 상태에서도 어긋난 것(violation)을 찾지 못한다."""

import random

import pytest
from axe_playwright_python.sync_playwright import Axe

from micrograd_ko import MLP, Value, draw, losses, ops
from micrograd_ko.learning.data.moons import moons

pytestmark = pytest.mark.needs('chromium')
DESKTOP, PHONE = (1280, 720), (390, 844)


def network(level='neuron', lang='ko'):
    net = MLP(2, [3, 2], rng=random.Random(0))
    return draw(losses.quadratic(net([0.5, 0.3]), [1.0, 0.0]), level, lang=lang).html()


def graph(lang='ko'):
    a, b, k = Value(2.0, 'a'), Value(0.5, 'b'), Value(3.0, 'k')
    y = ops.log(a * b) + k
    y.name = 'y'
    return draw(y, lang=lang).html()


def playground():
    return MLP(2, [3, 1], 'tanh', output='sigmoid', rng=random.Random(0)).page(*moons(20, rng=random.Random(0))).html()


PAGES = {
    'graph': graph, 'network': network, 'layer': lambda: network('layer'), 'english': lambda: network(lang='en'),
    'playground': playground,
}  # fmt: skip


def found(page):
    """어긋난 것마다 (규칙, 어긋난 요소들)."""
    return [(x['id'], [node['target'] for node in x['nodes']]) for x in Axe().run(page).response['violations']]


@pytest.fixture
def visit(browser):
    """페이지의 글을 여는 함수."""
    opened = []

    def visit(text, size=DESKTOP, scheme='light'):
        viewport = dict(zip(('width', 'height'), size, strict=True))
        page = browser.new_page(viewport=viewport, color_scheme=scheme, reduced_motion='reduce')
        opened.append(page)
        page.set_content(text)
        return page

    yield visit
    for page in opened:
        page.close()


@pytest.mark.parametrize('size', [DESKTOP, PHONE])
@pytest.mark.parametrize('scheme', ['light', 'dark'])
@pytest.mark.parametrize('name', PAGES)
def test_every_page_in_every_dress(visit, name, scheme, size):
    """첫 스텝과 마지막 스텝에서, 색과 크기마다."""
    page = visit(PAGES[name](), size, scheme)
    assert found(page) == []
    page.evaluate('player.jump(player.last)')
    assert found(page) == []


@pytest.mark.parametrize('size', [DESKTOP, PHONE])
@pytest.mark.parametrize('scheme', ['light', 'dark'])
@pytest.mark.parametrize('lang', ['ko', 'en'])
def test_while_a_number_is_changed(visit, scheme, lang, size):
    """적는 칸이 열려 있을 때, 수가 아닌 것을 적었을 때, 정의역을 벗어났을 때, 경로가 보일 때, 배운 뒤."""
    page = visit(graph(lang), size, scheme)
    page.locator('.field').first.click()
    assert found(page) == []
    page.fill('#editor', 'abc')
    page.keyboard.press('Enter')
    assert found(page) == []
    page.fill('#editor', '-2')
    page.keyboard.press('Enter')
    assert page.text_content('#trouble') and page.text_content('#paths')
    assert found(page) == []
    page.keyboard.press('ArrowUp')
    page.fill('#rate', '-1')
    page.click('#learn')
    assert page.text_content('#ticks') and found(page) == []


def test_the_printed_storyboard(visit):
    page = visit(network())
    page.emulate_media(media='print')
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert found(page) == []
