"""스텝 페이지를 진짜 브라우저(headless Chromium)에서 움직여 본다."""

import html
import random

import pytest
from playwright.sync_api import expect

from micrograd_ko import MLP, Value, draw, losses, ops
from micrograd_ko.graph import topological
from micrograd_ko.render import page as step_page
from micrograd_ko.writing import numbers
from micrograd_ko.writing.labels import shown

pytestmark = pytest.mark.needs('chromium')
PACE = 1500  # 재생의 한 스텝(ms)
PHONES = [(390, 844), (320, 568)]
expect.set_options(timeout=120_000)  # 바쁜 기계에서도


def network_loss():
    loss = losses.quadratic(MLP(2, [3, 2], rng=random.Random(0))([0.5, 0.3]), [1.0, 0.0])
    loss.name = 'C'
    return loss


def shared():
    a = Value(3.0, 'a')
    b = a + a
    c = b + b
    b.name, c.name = 'b', 'c'
    return c


@pytest.fixture
def visit(browser, tmp_path):
    """페이지를 파일로 열어 주는 함수. 콘솔의 글, 오류, 파일 밖으로의 요청이 하나라도 있으면 시험이 실패한다."""
    contexts, troubles = [], []

    def visit(page_text, fragment='', width=1280, height=800, **options):
        context = browser.new_context(viewport={'width': width, 'height': height}, **options)
        contexts.append(context)
        page = context.new_page()
        path = tmp_path / f'page{len(contexts)}.html'
        path.write_text(page_text, encoding='utf-8')
        page.on('console', lambda message: troubles.append(message.text))
        page.on('pageerror', lambda error: troubles.append(str(error)))
        page.on('request', lambda request: request.url.startswith((path.as_uri(), 'data:')) or troubles.append(request.url))
        page.on('dialog', lambda dialog: troubles.append(dialog.message))
        page.goto(path.as_uri() + fragment)
        return page

    yield visit
    for context in contexts:
        context.close()
    assert troubles == []


@pytest.fixture(scope='module')
def network_page():
    return draw(network_loss()).html()


@pytest.fixture(scope='module')
def shared_page():
    return draw(shared()).html()


STATE = """() => {
    const [count, slider, phase] = ['count', 'slider', 'phase'].map((id) => document.getElementById(id));
    const disabled = ['first', 'previous', 'next', 'last'].map((id) => document.getElementById(id).disabled);
    return [count.textContent, Number(slider.value), slider.getAttribute('aria-valuetext'), phase.textContent, disabled];
}"""


def at(page):
    """지금 스텝: 글, 슬라이더, 단추가 모두 같은 스텝을 말해야 한다."""
    count, slider, value_text, phase, disabled = page.evaluate(STATE)
    now, last = (int(part) for part in count.split(' / '))
    assert slider == now
    assert disabled == [now == 0, now == 0, now == last, now == last]
    assert value_text.startswith(f'{now} / {last}, {phase}')
    return now


def stop_clock(page):
    """페이지의 시계를 멈춘다: `run_for` 만큼만 가고, 기계가 느려도 저 혼자 가지 않는다."""
    page.clock.install(time=0)
    page.clock.pause_at(1)


def walk(page, look):
    """첫 스텝부터 끝까지 '다음'을 누르며, 스텝마다 JavaScript 식 look 의 값을 모은다."""
    return page.evaluate(f"""() => {{
        const seen = [], next = document.getElementById('next');
        for (;;) {{
            seen.push({look});
            if (next.disabled) return seen;
            next.click();
        }}
    }}""")


# 보이는 것: 상자마다 행의 이름 → [값, 기울기]의 글(뉴런 수준의 상자), 그리고 설명의 글
SHOWN = """(() => {
    const rows = {};
    for (const node of document.querySelectorAll('.node')) {
        const cells = [...node.querySelectorAll('.cell text')].map((x) => x.textContent);
        const names = [...node.querySelectorAll(':scope > text')].map((x) => x.textContent)
            .filter((x) => !x.startsWith('C = ')).slice(3);
        names.forEach((name, i) => { rows[name] = [cells[2 * i], cells[2 * i + 1]]; });
    }
    const lines = [...document.querySelectorAll('#lines p')].map((x) => x.textContent);
    return [rows, document.getElementById('what').textContent, lines];
})()"""


# 보이는 것

def test_only_what_is_known_is_shown_at_every_step(visit, network_page):
    """첫 스텝부터 마지막 스텝까지, 아는 수는 네 자리로 보이고 모르는 칸은 비어 있다."""
    loss = network_loss()
    order, steps = topological(loss), draw(loss).steps
    seen = walk(visit(network_page), SHOWN)
    assert len(seen) == len(steps)
    expected = {name: ['', ''] for name in seen[0][0]}
    assert len(expected) == 2 + 3 * 5 + 2 * 6 + 3  # 입력, 은닉 뉴런, 출력 뉴런, 손실의 행
    name_of = {i: node.name for i, node in enumerate(order)} | target_names(order)
    for step, (rows, title, lines) in zip(steps, seen, strict=True):
        for change in step.changes:
            if name_of[change.node] in expected:  # 손실 안쪽의 노드는 상자가 없다
                expected[name_of[change.node]][change.part == 'grad'] = numbers.number(change.number)
        assert rows == expected
        assert (title, lines) == (step.title, list(step.lines))
    loss.backward()
    assert {name: grad for name, (_, grad) in seen[-1][0].items() if name[0] != 'y'} == {
        node.name: numbers.number(node.grad) for node in order if node.name
    }


def target_names(order):
    gaps = [node for node in order if node.op is ops.sub]
    return {order.index(gap.parents[1]): 'y' + gap.parents[0].name[-1] for gap in gaps}


def test_local_derivatives_appear_when_walked(visit, shared_page):
    """선의 국소 미분은 그 선을 거꾸로 지난 뒤에만 보인다."""
    labels = "[...document.querySelectorAll('.edge > text')].filter((x) => getComputedStyle(x).visibility === 'visible').length"
    assert walk(visit(shared_page), labels) == [0, 0, 0, 0, 1, 2, 3, 4, 4]


def test_partial_sums_are_marked(visit, shared_page):
    page = visit(shared_page, '#step=4')
    marked = 'all => all.map(x => x.textContent)'
    assert page.eval_on_selector_all('.cell.partial text', marked) == ['1']
    page.click('#next')
    assert page.eval_on_selector_all('.cell.partial text', marked) == []
    assert page.text_content('#n1 .cell.now text') == '2'
    assert page.text_content('#lines p:nth-child(2)') == '1 + 1 × 1 = 2'


def test_the_walked_edge_is_marked(visit, shared_page):
    """a + a 의 두 선은 따로 지난다."""
    page = visit(shared_page, '#step=4')
    first = page.eval_on_selector_all('.edge.now', 'all => all.map(x => x.id)')
    page.click('#next')
    second = page.eval_on_selector_all('.edge.now', 'all => all.map(x => x.id)')
    assert len(first) == len(second) == 1
    assert first != second


def test_formulas_of_the_step_are_named(visit, network_page):
    page = visit(network_page, '#step=38')
    assert page.text_content('#lines p') == 'δ²₂ = ∂C/∂a²₂ · σ′(z²₂) = 0.1471 × 0.2484 = 0.03654'
    assert page.eval_on_selector_all('#tags li', 'all => all.map(x => x.textContent)')[1].startswith('방정식 2')
    current = page.eval_on_selector_all('#formulas [aria-current]', 'all => all.map(x => x.dataset.formula)')
    assert current == ['4단계', '방정식 2']
    assert page.locator('#formulas li').count() == 14


@pytest.mark.parametrize('level', ['ops', 'neuron', 'layer'])
def test_first_and_last_step_of_every_level(visit, level):
    page = visit(draw(network_loss(), level).html())
    gradients = page.eval_on_selector_all('.cell', 'all => all.filter(x => x.dataset.known === "yes").length')
    assert at(page) == 0
    page.click('#last')
    assert page.eval_on_selector_all('.cell', 'all => all.every(x => x.dataset.known === "yes")')
    assert 0 < gradients < page.locator('.cell').count()
    assert page.text_content('#phase') == '갱신'


def test_heat_maps_appear_layer_by_layer(visit):
    net = MLP(40, [12, 10], rng=random.Random(0))
    page = visit(draw(losses.quadratic(net([0.1] * 40), [0.0] * 10)).html())
    counts = walk(page, "document.querySelectorAll('.cell[data-known=yes]').length")
    assert counts == sorted(counts)
    assert 0 < counts[0] < counts[-1] == page.locator('.cell').count()
    painted = page.eval_on_selector_all('.cell.heat polygon', 'all => new Set(all.map(x => x.style.fillOpacity)).size')
    assert painted > 3


# 움직이기

def test_every_button(visit, shared_page):
    page = visit(shared_page)
    for button, expected in (('next', 1), ('next', 2), ('previous', 1), ('last', 8), ('previous', 7), ('first', 0)):
        page.click(f'#{button}')
        assert at(page) == expected


def test_every_key(visit, shared_page):
    page = visit(shared_page)
    for key, expected in (('ArrowRight', 1), ('ArrowRight', 2), ('ArrowLeft', 1), ('End', 8), ('ArrowRight', 8), ('ArrowLeft', 7),
                          ('Home', 0), ('ArrowLeft', 0), ('PageDown', 1), ('PageDown', 2), ('PageUp', 1)):  # fmt: skip
        page.keyboard.press(key)
        assert at(page) == expected


def test_keys_with_modifiers_belong_to_the_browser(visit, shared_page):
    page = visit(shared_page, '#step=3')
    for key in ('Control+End', 'Shift+ArrowRight', 'Meta+ArrowLeft'):
        page.keyboard.press(key)
        assert at(page) == 3


def test_the_slider(visit, shared_page):
    """슬라이더는 끌어도, 초점을 두고 글쇠를 눌러도 한 스텝씩이다."""
    page = visit(shared_page)
    page.fill('#slider', '6')
    assert at(page) == 6
    page.focus('#slider')
    for key, expected in (('ArrowRight', 7), ('ArrowLeft', 6), ('PageDown', 7), ('PageUp', 6), ('Home', 0), ('End', 8)):
        page.keyboard.press(key)
        assert at(page) == expected


def test_play_runs_to_the_end_and_stops(visit, shared_page):
    page = visit(shared_page)
    stop_clock(page)
    page.click('#play')
    assert '멈춤' in page.text_content('#play')
    assert page.get_attribute('#caption', 'aria-live') == 'off'  # 재생 중에는 읽기를 쏟아 내지 않는다
    page.clock.run_for(2 * PACE)
    assert at(page) == 2
    page.clock.run_for(20 * PACE)
    assert at(page) == 8
    assert '재생' in page.text_content('#play')
    assert page.get_attribute('#caption', 'aria-live') == 'polite'
    page.click('#play')  # 끝에서 누르면 처음부터
    assert at(page) == 0


@pytest.mark.parametrize('interrupt', [
    lambda page: page.keyboard.press(' '), lambda page: page.click('#play'), lambda page: page.click('#previous'),
    lambda page: page.fill('#slider', '1'), lambda page: page.keyboard.press('ArrowLeft'),
])  # fmt: skip
def test_play_stops_when_asked(visit, shared_page, interrupt):
    page = visit(shared_page)
    stop_clock(page)
    page.keyboard.press(' ')
    page.clock.run_for(2 * PACE)
    interrupt(page)
    before = at(page)
    page.clock.run_for(10 * PACE)
    assert at(page) == before
    assert '재생' in page.text_content('#play')


def test_space_on_a_button_presses_that_button_only(visit, shared_page):
    page = visit(shared_page)
    page.focus('#next')
    page.keyboard.press(' ')
    assert at(page) == 1
    assert '재생' in page.text_content('#play')


FOCUSED = """getComputedStyle(document.activeElement).outlineStyle !== 'none'
    || getComputedStyle(document.activeElement.querySelector('polygon')).strokeWidth === '2.5px'"""


def test_the_whole_page_by_keyboard(visit, shared_page):
    """Tab 의 차례가 화면의 차례이고, 초점이 보인다. 그림의 칸은 Tab 한 번이고 ← → 로 옮긴다."""
    page = visit(shared_page, '#step=3')
    visited = []
    for _ in range(18):
        page.keyboard.press('Tab')
        visited.append(page.evaluate('document.activeElement.id || document.activeElement.tagName'))
        assert page.evaluate(FOCUSED)
    assert visited == ['caption', 'view', 'c0', 'slider', 'first', 'previous', 'play', 'next', 'last', 'speed', 'smaller',
                       'larger', 'fit', 'full', 'rate', 'learn', 'train', 'link']  # fmt: skip


# 스텝의 링크

@pytest.mark.parametrize(('fragment', 'step'), [
    ('#step=5', 5), ('#step=0', 0), ('#step=8', 8), ('#step=999', 8), ('#step=-3', 0), ('#step=abc', 0), ('#other', 0), ('', 0),
])  # fmt: skip
def test_a_link_opens_its_step(visit, shared_page, fragment, step):
    assert at(visit(shared_page, fragment)) == step


def test_the_address_follows_the_step(visit, shared_page):
    page = visit(shared_page)
    page.click('#next')
    page.click('#next')
    page.wait_for_url('**#step=2')
    assert page.get_attribute('#link', 'href') == '#step=2'
    page.click('#link')
    expect(page.locator('#copied')).not_to_be_empty()
    assert at(page) == 2
    page.evaluate('location.hash = "#step=7"')
    expect(page.locator('#count')).to_have_text('7 / 8')


def test_dragging_fast_is_quiet(visit, shared_page):
    """스텝을 잇달아 수백 번 바꾸어도 브라우저가 주소 바꾸기를 나무라지 않는다(Chromium 은 10초에 200번까지 받아 준다)."""
    page = visit(shared_page)
    page.evaluate("""async () => {
        const slider = document.getElementById('slider');
        for (let i = 0; i < 260; i++) {
            slider.value = i % 8;
            slider.dispatchEvent(new Event('input'));
            await new Promise((resume) => setTimeout(resume));
        }
    }""")
    page.wait_for_url('**#step=3')
    assert at(page) == 3


# 화면과 설정

BOXES = """(() => {
    const box = (x) => { const b = x.getBoundingClientRect(); return [b.left, b.right, b.top, b.bottom]; };
    const page = document.documentElement, now = document.querySelector('.cell.now') ?? document.body;
    const shown = [...document.querySelectorAll('button')].filter((x) => x.checkVisibility());
    const buttons = shown.map((x) => [...box(x), x.scrollWidth - x.clientWidth, x.closest('#stage') !== null]);
    return [page.scrollWidth, page.scrollTop, box(document.getElementById('view')), box(now), buttons];
})()"""


@pytest.mark.parametrize(('width', 'height'), PHONES)
@pytest.mark.parametrize('make', [network_loss, shared])
def test_phone(visit, width, height, make):
    """페이지는 옆으로 밀리지 않고, 단추는 손가락에 맞고 화면 안에 있으며, 지금 칸이 보인다."""
    page = visit(draw(make()).html(), width=width, height=height, has_touch=True, reduced_motion='reduce')
    for step, (page_width, scrolled, view, cell, buttons) in enumerate(walk(page, BOXES)):
        assert (page_width, scrolled) == (width, 0)
        if step > 0:
            assert view[0] - 1 <= cell[0] and cell[1] <= view[1] + 1
            assert view[2] - 1 <= cell[2] and cell[3] <= view[3] + 1
        for left, right, top, bottom, overflow, is_player in buttons:
            assert right - left >= 44 and bottom - top >= 44 and overflow == 0
            assert left >= 0 and right <= width and (bottom <= height or not is_player)  # 배우는 단추는 아래로 밀면 나온다
    page.tap('#previous')
    assert at(page) == step - 1


def brightness(color):
    red, green, blue = (int(part) for part in color.removeprefix('rgb(').removesuffix(')').split(',')[:3])
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize(('scheme', 'is_dark'), [('light', False), ('dark', True)])
def test_dark_mode(visit, network_page, scheme, is_dark):
    """바탕, 상자, 글이 함께 바뀐다."""
    page = visit(network_page, '#step=50', color_scheme=scheme)
    paper = brightness(page.eval_on_selector('html', 'x => getComputedStyle(x).backgroundColor'))
    card = brightness(page.eval_on_selector('.node > polygon[fill="white"]', 'x => getComputedStyle(x).fill'))
    ink = brightness(page.eval_on_selector('.cell text', 'x => getComputedStyle(x).fill'))
    assert (paper < 128) == (card < 128) == (ink > 128) == is_dark


@pytest.mark.parametrize(('motion', 'animated'), [('reduce', False), ('no-preference', True)])
def test_reduced_motion(visit, shared_page, motion, animated):
    page = visit(shared_page, '#step=2', reduced_motion=motion)
    names = page.eval_on_selector_all('*', 'all => all.map(x => getComputedStyle(x).animationName)')
    assert any(name != 'none' for name in names) == animated


def test_screen_reader(visit, network_page):
    """설명은 바뀔 때마다 통째로 읽히고, 그림과 슬라이더와 단추에 이름이 있다."""
    page = visit(network_page)
    assert page.get_attribute('#caption', 'aria-live') == 'polite'
    assert page.get_attribute('#caption', 'aria-atomic') == 'true'
    assert page.get_attribute('html', 'lang') == 'ko'
    names = (('group', '계산 그래프'), ('slider', '스텝'), ('spinbutton', 'w²₁₁'), ('button', '다음'), ('button', '재생'),
             ('heading', '한 스텝씩'))  # fmt: skip
    for role, name in names:
        assert page.get_by_role(role, name=name).count() >= 1, (role, name)


def test_without_scripts_the_finished_picture_is_there(visit, network_page):
    page = visit(network_page, java_script_enabled=False)
    assert page.locator('#l2j1 .cell text').all_text_contents()[0] == '0.6659'
    assert '스크립트' in page.locator('noscript').inner_text()


# 틀, 이름

def test_framed_in_a_sandbox(visit, network_page):
    """노트북처럼 sandbox="allow-scripts" 인 틀 안에서도 모두 움직이고, 조용하다."""
    drawing = draw(network_loss())
    outside = visit(f'<!doctype html><link rel="icon" href="data:,">{step_page.frame(network_page, drawing.svg)}')
    frame = outside.frame_locator('iframe')
    frame.locator('#next').click()
    frame.locator('#next').press('ArrowRight')
    assert frame.locator('#count').text_content() == '2 / 50'
    frame.locator('#last').click()
    assert frame.locator('#count').text_content() == '50 / 50'
    frame.locator('#play').click()
    assert '멈춤' in frame.locator('#play').text_content()
    assert not frame.locator('#link').is_visible() and frame.locator('#full').is_enabled()
    outside.wait_for_timeout(400)  # 미루어 둔 주소 바꾸기가 틀 안에서 조용한지


@pytest.mark.parametrize('notebook', [
    '<body data-jp-theme-light="{light}">', '<body class="vscode-{scheme}">', '<html theme="{scheme}"><body>',
])  # fmt: skip
@pytest.mark.parametrize(('scheme', 'light'), [('dark', 'false'), ('light', 'true')])
def test_a_frame_follows_the_theme_of_the_notebook(visit, network_page, notebook, scheme, light):
    """운영 체제의 주제가 무엇이든. 어두운 노트북에 흰 덩어리가 뜨지 않는다."""
    opening = notebook.format(scheme=scheme, light=light)
    written = f'<!doctype html>{opening}<link rel="icon" href="data:,">{step_page.frame(network_page, "")}'
    outside = visit(written, color_scheme='null')
    inside = outside.frames[1]
    inside.wait_for_selector('#next')
    assert inside.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") == (scheme == 'dark')


def test_a_small_frame(visit, network_page):
    """좁은 틀 안에서도 옆으로 밀리지 않는다."""
    frame = f'<iframe sandbox="allow-scripts" srcdoc="{html.escape(network_page)}" width="380" height="640"></iframe>'
    outside = visit(f'<!doctype html><link rel="icon" href="data:,">{frame}')
    inside = outside.frames[1]
    inside.wait_for_selector('#next')
    assert inside.evaluate('[document.documentElement.scrollWidth, innerWidth]') == [380, 380]


NASTY = [
    '</script><img src=x onerror=alert(1)>', '<b>bold</b>&amp;', '\u2028\u2029', "'\"`${7*7}`", '<!--', ']]>', '$data', 'שלום',
]  # fmt: skip


def test_names_are_only_shown(visit):
    """이름에 무엇이 들어 있어도 페이지의 글로만 나타난다."""
    values = [Value(float(i), name) for i, name in enumerate(NASTY, 1)]
    root = ops.total(values)
    root.name = NASTY[0]
    page = visit(draw(root).html())
    assert page.locator('img, b:not(#formulas b)').count() == 0
    page.keyboard.press('ArrowRight')
    assert page.text_content('#what') == f'순전파: {shown(NASTY[0])}[2]'  # 같은 이름이 여럿이면 몇째인지도
    page.click('#last')
    assert shown(NASTY[1]) in page.text_content('#lines')
    assert shown(NASTY[0]) in page.title()


def test_not_a_number_is_marked(visit):
    page = visit(draw(Value(float('inf'), 'x') * 0 + Value(1.0, 'y')).html(), '#step=1')
    assert page.text_content('.cell.now text') == '⚠ nan'
    assert page.locator('.cell.now.warn').count() == 1
