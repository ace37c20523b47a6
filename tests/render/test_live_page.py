"""살아 있는 페이지: 잎의 수를 바꾸면 페이지의 모든 수와 글이 파이썬이 같은 수로 다시 계산한 것과 같은가(진짜 Chromium)."""

import math
import random
from fractions import Fraction

import pytest
from graph_strategies import graphs, on_the_edge
from hypothesis import given, settings
from hypothesis import strategies as st

from micrograd_ko import MLP, DomainError, Value, draw, losses, ops, optim, refresh, train
from micrograd_ko.graph import topological
from micrograd_ko.learning.data.moons import moons
from micrograd_ko.reverse import bounded_sweep
from micrograd_ko.writing.numbers import number

pytestmark = pytest.mark.needs('chromium')
NEW = st.one_of(st.floats(-3, 3, allow_subnormal=False), st.sampled_from([0.0, 1.0, -1.0, 0.25]))
ALL = """() => ({
    x: Array.from(model.graph.x, String), g: Array.from(model.graph.g, String), trouble: model.trouble,
    texts: steps.map((step) => [step.title(), ...step.lines().filter((line) => line)]),
    numbers: steps.map((step) => step.numbers().map((x) => String(x))),
})"""


@pytest.fixture(scope='module')
def tab(browser):
    """페이지의 글을 여는 탭. 콘솔의 글이나 오류나 요청이 하나라도 있으면 시험이 실패한다."""
    page, troubles = browser.new_page(), []
    page.on('console', lambda message: troubles.append(message.text))
    page.on('pageerror', lambda error: troubles.append(str(error)))
    page.on('request', lambda request: request.url.startswith('data:') or troubles.append(request.url))
    yield page
    page.close()
    assert troubles == []


def opened(tab, text):
    tab.goto('about:blank')
    tab.set_content(text)
    return tab


def until(page, condition):
    """자바스크립트 식 condition 이 참이 될 때까지(페이지의 정책이 글을 실행하지 못하게 하므로 밖에서 묻는다). 바쁜 기계에서도."""
    for _ in range(6000):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(20)
    raise AssertionError(condition)


def js(x):
    return float({'Infinity': 'inf', '-Infinity': '-inf', 'NaN': 'nan'}.get(x, x))


def same(x, bound):
    """페이지의 수 x 가 파이썬의 수와 오차 한계 안에서 같은가."""
    return bound.explains(x - bound.value) if math.isfinite(x) and math.isfinite(bound.value) else (
        bound.error == math.inf or x == bound.value or (math.isnan(x) and math.isnan(bound.value)))


def is_certain(bound):
    """구간의 두 끝이 같은 글로 적히는가."""
    ends = float(bound.value) - bound.error, float(bound.value) + bound.error
    return bound.error < math.inf and all(len({number(end, digits) for end in ends}) == 1 for digits in (3, 4))


def agree(page, root, level='ops'):
    """페이지의 값과 기울기가 root 의 그래프를 파이썬이 걸은 것과 한계 안에서 같고, 한계가 글을 바꾸지 않으면 글도 같다."""
    order, seen = topological(root), page.evaluate(ALL)
    values, gradients = bounded_sweep(order)
    assert seen['trouble'] == ''
    for i, node in enumerate(order):
        assert same(js(seen['x'][i]), values[node]), (i, seen['x'][i], values[node])
        assert same(js(seen['g'][i]), gradients[node]), (i, seen['g'][i], gradients[node])
    if all(map(is_certain, [*values.values(), *gradients.values()])):
        walked = [step for step in draw(root, level).steps if step.phase != 'update']  # 갱신한 값의 한계는 여기서 모른다
        assert seen['texts'][: len(walked)] == [[step.title, *step.lines] for step in walked]


def changed(root, leaves, numbers):
    """잎의 값을 바꾸고 다시 계산한다. 정의역을 벗어나면 되돌리고 False."""
    before = [leaf.data for leaf in leaves]
    try:
        put(root, leaves, numbers)
    except DomainError:
        put(root, leaves, before)
        return False
    return True


def put(root, leaves, numbers):
    for leaf, x in zip(leaves, numbers, strict=True):
        leaf.data = x
    refresh(root)


def set_on_page(page, places, numbers):
    page.evaluate("""([places, numbers]) => {
        const x = model.graph.x.slice();
        places.forEach((place, i) => { x[place] = Number(numbers[i]); });
        model.change(x);
    }""", [places, [repr(x) for x in numbers]])


def follow(tab, root, leaves, numbers):
    """페이지에서 잎을 numbers 로 바꾸면 파이썬이 바꾼 것과 같은가. 안팎을 반올림이 가르면 어느 쪽도 옳다."""
    page, order = opened(tab, draw(root, 'ops').html()), topological(root)
    if page.evaluate('model.trouble') != '':
        assert on_the_edge(order)
        return
    agree(page, root)
    set_on_page(page, [order.index(leaf) for leaf in leaves], numbers)
    is_defined = changed(root, leaves, numbers)
    if is_defined != (page.evaluate('model.trouble') == ''):
        assert on_the_edge(order, zip(leaves, numbers, strict=True))
        return
    page.evaluate('model.trouble = ""')
    agree(page, root)  # 바뀌었거나, 벗어나서 잃은 것이 없거나


@given(graphs(), st.data())
@settings(max_examples=30, deadline=None)
def test_every_number_of_any_graph_follows_a_change(tab, graph, data):
    leaves = [node for node in topological(graph.loss) if node.op is None]
    follow(tab, graph.loss, leaves, [data.draw(NEW) for _ in leaves])


@pytest.mark.parametrize(('start', 'end'), [(0.5, 1.0), (1.0, 0.5)])
def test_rounding_may_decide_what_is_defined(tab, start, end):
    """acos(cos 1) 은 브라우저에서 1 이고 파이썬에서는 1 의 곁이다: 그 역수는 한쪽에만 있다."""
    x = Value(start)
    follow(tab, 1 / (ops.acos(ops.cos(x)) - Value(1.0, 'w')), [x], [end])


LOSSES = {'quadratic': [0.3, 0.9], 'cross_entropy': [0.3, 0.9], 'softmax_cross_entropy': 1, 'hinge': [1.0, -1.0]}


@given(st.sampled_from(sorted(LOSSES)), st.sampled_from(['ops', 'neuron', 'layer']), st.integers(0, 10**6), st.data())
@settings(max_examples=15, deadline=None)
def test_every_number_of_a_network_follows_a_change(tab, name, level, seed, data):
    net = MLP(2, [3, 2], rng=random.Random(seed))
    root = getattr(losses, name)(net([0.5, 0.3]), LOSSES[name])
    page, leaves = opened(tab, draw(root, level).html()), net.parameters()
    order = topological(root)
    numbers = [data.draw(st.floats(-3, 3, allow_subnormal=False)) for _ in leaves]
    set_on_page(page, [order.index(leaf) for leaf in leaves], numbers)
    assert changed(root, leaves, numbers)
    agree(page, root, level)


def test_an_exact_graph_is_computed_in_doubles(tab):
    x, y = Value(Fraction(1, 3), 'x'), Value(2, 'y')
    page = opened(tab, draw(x * y / 7).html())
    assert page.evaluate('model.graph.cost') == pytest.approx(2 / 21, rel=2**-50)
    assert 'double' in page.inner_text('#more')


# 만지기

def expression():
    a, b, k = Value(2.0, 'a'), Value(0.5, 'b'), Value(3.0, 'k')
    y = ops.log(a * b) + k
    y.name = 'y'
    return y


def cell(page, name, is_gradient=False):
    """이름이 name 인 노드의 칸."""
    return page.locator(f'[aria-label^="{name}"].field' if not is_gradient else f'[aria-label^="{name} 의 기울기"]')


@pytest.fixture
def page(tab):
    return opened(tab, draw(expression()).html())


def test_a_number_is_typed(page):
    cell(page, 'a').click()
    page.keyboard.type('4')
    page.keyboard.press('Enter')
    assert page.evaluate('model.graph.cost') == math.log(4.0 * 0.5) + 3
    assert 'changed' in cell(page, 'a').get_attribute('class')
    assert cell(page, 'a').get_attribute('aria-valuenow') == '4'
    page.click('#undo')
    assert page.evaluate('model.graph.cost') == 3 and page.is_disabled('#undo')


def test_by_keyboard_alone(page):
    """Tab 으로 그림에 들어가 ← → 로 옮기고, ↑ ↓ 와 Enter 로 바꾸고, Ctrl+Z 로 되돌린다."""
    cell(page, 'a').focus()
    page.keyboard.press('ArrowUp')
    page.keyboard.press('Shift+ArrowDown')
    assert page.evaluate('model.graph.x[0]') == 1.1
    page.keyboard.press('Control+Shift+z')  # 다시 하기(redo)는 없다: 거꾸로 되돌리지 않는다
    assert page.evaluate('model.graph.x[0]') == 1.1
    page.keyboard.press('Control+z')
    page.keyboard.press('Control+z')
    assert page.evaluate('model.graph.x[0]') == 2
    page.keyboard.press('Enter')
    page.keyboard.type('0.25')
    page.keyboard.press('Escape')
    assert page.evaluate('model.graph.x[0]') == 2
    page.keyboard.press('ArrowRight')
    assert page.evaluate('document.activeElement.getAttribute("aria-label")').startswith('a 의 기울기')
    assert page.text_content('#count').startswith('0 /')  # 칸을 옮기는 글쇠는 스텝을 옮기지 않는다
    page.keyboard.press('PageDown')
    assert page.text_content('#count').startswith('1 /')


def test_fullscreen(page):
    page.keyboard.press('f')
    until(page, 'document.fullscreenElement !== null')
    page.click('#full')
    until(page, 'document.fullscreenElement === null')


def test_the_hangul_keyboard_presses_the_same_buttons(page):
    """한글 자판이면 Ctrl+Z 의 글쇠는 ㅋ 이다."""
    cell(page, 'a').focus()
    page.keyboard.press('ArrowUp')
    page.evaluate("dispatchEvent(new KeyboardEvent('keydown', { key: 'ㅋ', code: 'KeyZ', ctrlKey: true }))")
    assert page.evaluate('model.graph.x[0]') == 2


def test_a_number_is_dragged_sideways(page):
    box = cell(page, 'b').bounding_box()
    page.mouse.move(box['x'] + 5, box['y'] + 5)
    page.mouse.down()
    page.mouse.move(box['x'] + 25, box['y'] + 5, steps=5)
    page.mouse.up()
    assert page.evaluate('model.graph.x[1]') == 1.0
    page.click('#undo')
    assert page.evaluate('model.graph.x[1]') == 0.5  # 끌기 전으로


def test_what_is_typed_is_kept_when_the_reader_clicks_elsewhere(page):
    cell(page, 'a').click()
    page.fill('#editor', '3,5')
    page.click('h1')
    assert page.evaluate('model.graph.x[0]') == 3.5 and page.is_hidden('#editor')


def test_tab_leaves_the_editor_from_the_place_of_the_number(page):
    """적는 칸은 글의 끝에 있지만, Tab 은 그 수의 다음으로 간다."""
    cell(page, 'a').focus()
    page.keyboard.press('Enter')
    page.keyboard.type('3')
    page.keyboard.press('Tab')
    assert page.evaluate('[model.graph.x[0], document.activeElement.id]') == [3, 'slider'] and page.is_hidden('#editor')


def test_one_undo_takes_back_one_slide_of_the_rate(page):
    page.evaluate("""() => {
        for (const value of [-1, -0.5, 0]) { find('rate').value = value; find('rate').dispatchEvent(new Event('input')); }
        find('rate').dispatchEvent(new Event('change'));
    }""")
    assert page.evaluate('model.lr') == 1
    page.click('#undo')
    assert page.evaluate('model.lr') == 0.5 and page.is_disabled('#undo')


def test_one_undo_takes_back_one_slide_over_the_samples(playground):
    *_, page = playground
    page.evaluate("""() => {
        for (const value of [3, 4, 5]) { find('sample').value = value; find('sample').dispatchEvent(new Event('input')); }
        find('sample').dispatchEvent(new Event('change'));
    }""")
    assert page.text_content('#which') == '5 / 20'
    page.fill('#sample', '6')
    page.click('#undo')
    assert page.text_content('#which') == '5 / 20'
    page.click('#undo')
    assert page.text_content('#which') == '1 / 20' and page.is_disabled('#undo')


def test_what_a_screen_reader_hears_follows_the_step(page):
    name = 'y 의 기울기'
    assert cell(page, 'y', True).get_attribute('aria-label') == f'{name}: 아직 모른다'
    page.click('#last')
    assert cell(page, 'y', True).get_attribute('aria-label') == f'{name}: 1'


@pytest.mark.parametrize(('written', 'number'), [
    ('-0.5', -0.5), ('−0.5', -0.5), ('3,5', 3.5), (' 1e-3 ', 1e-3), ('5.9×10⁻⁵', 5.9e-5), ('-1×10⁶', -1e6),
    ('\uff11\uff0e\uff15', 1.5), ('5.9 × 10⁻⁵', 5.9e-5), ('2×10^-3', 2e-3),
])  # fmt: skip
def test_what_people_write_for_a_number_is_read(page, written, number):
    """페이지가 적는 꼴, 수학의 빼기, 쉼표, 온각 숫자."""
    page.locator('.field').nth(2).click()  # k
    page.fill('#editor', written)
    page.keyboard.press('Enter')
    assert page.evaluate('model.graph.x[model.leaves[2]]') == number


@pytest.mark.parametrize('written', ['', 'abc', '1e999', '--1', '1,000', '10⁵', '2²', '3×100'])
def test_what_is_no_number_is_refused(page, written):
    """다른 수로 읽힐 것도: 1,000 은 1 이 아니고 10⁵ 은 105 가 아니다."""
    cell(page, 'a').click()
    page.fill('#editor', written)
    page.keyboard.press('Enter')
    assert page.get_attribute('#editor', 'aria-invalid') == 'true' and page.evaluate('model.graph.x[0]') == 2


def test_leaving_the_domain_says_where_and_why_and_loses_nothing(page):
    cell(page, 'a').click()
    page.fill('#editor', '-2')
    page.keyboard.press('Enter')
    told = page.text_content('#trouble')
    assert 'a = -2' in told and 'v₃ > 0' in told
    assert page.evaluate('[model.graph.x[0], model.graph.cost]') == [2, 3]
    cell(page, 'a').focus()
    page.keyboard.press('ArrowUp')
    assert page.text_content('#trouble') == ''


def test_the_address_keeps_the_numbers(page):
    cell(page, 'a').focus()
    page.keyboard.press('ArrowUp')
    page.fill('#rate', '-1')
    page.click('#next')
    page.click('#link')
    fragment = page.get_attribute('#link', 'href')
    page.evaluate('model.reset()')
    until(page, "location.hash === '#step=1'")
    page.evaluate(f'location.hash = {fragment!r}')
    until(page, 'model.graph.x[0] === 2.1')
    assert page.evaluate('[player.at, model.lr]') == [1, 0.1]


def test_an_address_is_followed_even_when_the_late_one_is_written_first(page):
    """주소는 수를 바꾸고 조금 뒤에 적힌다: 그 사이에 연 주소가 그것에 지지 않는다."""
    set_on_page(page, [0], [5.0])
    page.evaluate("location.hash = '#step=1&a=3'; history.replaceState(null, '', address.text)")
    until(page, 'model.graph.x[0] === 3')
    until(page, "location.hash === '#step=1&a=3'")
    assert page.evaluate('player.at') == 1


def test_every_name_has_its_own_place_in_the_address(tab):
    """스텝과 학습률, 그리고 서로와 같은 이름(긴 이름은 줄어서 같아진다)의 잎도 저마다 지닌다."""
    names = ['step', 'η', 'step′', '가' * 40, '가' * 50]
    page = opened(tab, draw(ops.total([Value(float(i), name) for i, name in enumerate(names)])).html())
    leaves = page.evaluate('model.leaves')
    set_on_page(page, [page.evaluate('model.rate'), *leaves], [0.25, 10.0, 11.0, 12.0, 13.0, 14.0])
    page.evaluate('player.go(2)')
    text = page.evaluate('address.text')
    assert text.startswith('#step=2&')
    page.evaluate('model.reset()')
    page.evaluate(f'location.hash = {text!r}')
    until(page, 'model.lr === 0.25')
    assert page.evaluate('model.leaves.map((leaf) => model.graph.x[leaf])') == [10, 11, 12, 13, 14]
    assert page.evaluate('player.at') == 2


def test_an_address_that_cannot_be_computed_says_so(page):
    page.evaluate("location.hash = '#step=2&a=-1&nobody=3&b=x'")
    until(page, "model.trouble !== ''")
    assert 'a = -1' in page.text_content('#trouble') and page.evaluate('[player.at, model.graph.x[0]]') == [2, 2]


def test_a_refusal_names_the_operands_and_the_true_reason(tab):
    """정의역은 연산의 x, y 가 아니라 그 노드의 피연산자로 적고, 넘친 수에는 정의역을 말하지 않는다."""
    y, b = Value(2.0, 'y'), Value(3.0, 'b-1')
    page = opened(tab, draw(y / b + y**-2).html())
    page.evaluate('model.set(1, 0)')
    assert '정의역은 (b-1) ≠ 0 이다.' in page.text_content('#trouble')
    page.evaluate('model.set(0, 1e-200)')
    assert '정의역' not in page.text_content('#trouble') and 'double 의 범위를 넘는다' in page.text_content('#trouble')


@pytest.fixture
def odd():
    yield ops.register(ops.Op('odd', lambda m, x: math.sin(x) if x > 0 else x, (lambda z, x: math.cos(x),)))
    ops.unregister('odd')


def test_a_rule_that_javascript_cannot_say_locks_what_is_below(tab, odd):
    x, k = Value(1.0, 'x'), Value(3.0, 'k')
    page = opened(tab, draw(odd(x * 2) + k).html())
    assert page.evaluate('Array.from(model.graph.g)')[:1] == [2 * math.cos(2.0)]
    cell(page, 'x').focus()
    page.keyboard.press('ArrowUp')
    assert '자바스크립트로 적을 수 없어서' in page.text_content('#trouble') and page.evaluate('model.graph.x[0]') == 1
    cell(page, 'k').focus()
    page.keyboard.press('ArrowUp')
    assert page.evaluate('model.graph.cost') == math.sin(2.0) + 3.1


def test_pointing_at_a_number_lights_its_paths(page):
    cell(page, 'a').hover()
    assert page.text_content('#paths').splitlines()[0] == 'a 에서 손실까지 경로 1개, 기울기 0.5'
    assert page.locator('.edge.path').count() == 3


def test_paths_are_written_like_the_rest(tab):
    """맨 앞의 음수에는 괄호가 없고, 정확하지 않은 경로의 수는 어림수로 적는다."""
    x = Value(2.0, 'x')
    y = x * -3
    for _ in range(60):
        y = y + y
    page = opened(tab, draw(y * 0.0 + Value(1.0, 'k') * -5 * -2).html())
    cell(page, 'x').hover()
    assert page.text_content('#paths').startswith('x 에서 손실까지 경로 1.153×10¹⁸개, 기울기 ')
    cell(page, 'k').hover()
    assert page.text_content('#paths').splitlines()[1].endswith(': -5 × (-2) × 1 = 10')


@pytest.mark.parametrize('level', ['ops', 'neuron', 'layer'])
def test_a_forward_pass_has_no_loss_to_learn_from(tab, level):
    """순전파만 그린 페이지는 마지막 출력을 손실로 삼아 가르치지도, 거기까지의 경로를 말하지도 않는다. 풍선말은 있다."""
    page = opened(tab, draw(MLP(2, [3, 2], rng=random.Random(0)).trace([0.5, 0.25]), level).html())
    page.click('#last')
    cell(page, 'a¹₁').hover()
    assert page.is_hidden('#learning') and page.text_content('#paths') == ''
    assert cell(page, 'a¹₁').locator('title').text_content() == '0.5'


MARKER = 'all => all.map((path) => getComputedStyle(path).markerStart)'


def test_the_backward_wave_is_drawn_backwards(page):
    phases = page.evaluate('steps.map(({ phase }) => phase)')
    page.evaluate(f'player.go({phases.index("backward")})')
    edge = page.locator('.edge.back')
    assert [edge.count(), *edge.locator('path').evaluate_all(MARKER)] == [1, 'url("#returning")']
    page.evaluate(f'player.go({phases.index("forward")})')
    assert page.locator('.edge.now').count() > 0 and set(page.locator('.edge path').evaluate_all(MARKER)) == {'none'}


def test_a_square_is_drawn_as_one_square(tab):
    """dot(d, d) 는 Σ( )² 상자와 항마다 선 하나이고, 역전파도 항마다 한 스텝이다. 국소 미분 2d 는 바꾼 수를 따른다."""
    trace = MLP(2, [2], rng=random.Random(0)).trace([0.5, 0.3])
    gaps = [a - 1.0 for a in trace.output]
    root = ops.dot(gaps, gaps)
    drawing = draw(root, 'ops')
    assert 'Σ( )²' in drawing.dot
    assert [step.lines[0] for step in drawing.steps if step.title == '순전파: C'] == ['C = u₁² + u₂²']
    assert sum(step.title.startswith('역전파: C → ') for step in drawing.steps) == 2
    page = opened(tab, drawing.html())
    page.evaluate('player.go(99)')
    set_on_page(page, [topological(root).index(trace.zs[0][0].parents[0])], [2.0])
    index = topological(root).index(gaps[0])
    label = page.evaluate(f"""() => {{
        const edge = picture.edges.find((one) => one.operand === {index} && one.result === model.graph.nodes.length - 1);
        return [edge.text.textContent, number(2 * model.graph.x[{index}])];
    }}""")
    assert label[0] == label[1]


SIZES = """() => {
    const scale = picture.svg.getScreenCTM().a;
    return Math.min(...[...picture.svg.querySelectorAll('text')].map((x) => parseFloat(x.getAttribute('font-size')) * scale));
}"""


@pytest.mark.parametrize(('sizes', 'level'), [([3, 2], 'neuron'), ([3, 2], 'ops'), ([3, 2], 'layer'), ([6, 6, 2], 'neuron')])
def test_the_text_of_the_picture_can_be_read_on_a_laptop(browser, sizes, level):
    """1280 × 720 에서 11 px 이상이고, 넘치는 그림은 페이지가 아니라 그림의 창 안에서 민다. 설명의 높이는 스텝마다 같다."""
    page = browser.new_page(viewport={'width': 1280, 'height': 720})
    loss = losses.quadratic(MLP(2, sizes, rng=random.Random(0))([0.5, 0.3]), [0.0] * sizes[-1])
    page.set_content(draw(loss, level).html())
    assert page.evaluate(SIZES) >= 10.99
    edges = page.evaluate('[document.documentElement.scrollWidth, find("controls").getBoundingClientRect().bottom]')
    assert edges[0] == 1280 and edges[1] <= 720
    heights = page.evaluate('steps.map((_, i) => { player.go(i); return find("caption").offsetHeight; })')
    assert len(set(heights)) == 1
    page.keyboard.press('+')
    assert page.evaluate(SIZES) > 11.5
    page.close()


def test_printing_gives_a_storyboard(page):
    """스텝마다 한 장면: 설명의 글과 그때의 수."""
    page.emulate_media(media='print')
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    frames = page.locator('#storyboard figure')
    assert frames.count() == page.evaluate('steps.length')
    assert 'log' in frames.nth(3).inner_text() or 'ln' in frames.nth(3).inner_text()
    assert frames.nth(1).locator('.picture .cell[data-known=yes]').count() == 4
    assert page.locator('#controls').is_hidden() and page.locator('#storyboard [id]').count() == 0
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    page.emulate_media(media='screen')
    assert frames.count() == 0 and page.text_content('#count').startswith('0 /')


# 배우기

def test_one_step_of_learning_is_the_rule_of_the_note(page):
    """파라미터마다 w − η·∂C/∂w. 되돌리기 한 번이면 모두 돌아온다."""
    y = expression()
    y.backward()
    page.fill('#rate', '-1')
    page.click('#learn')
    for i, node in enumerate(topological(y)):
        if node.op is None:
            assert page.evaluate(f'model.graph.x[{i}]') == node.data - 0.1 * node.grad
    assert '갱신 1번' in page.text_content('#ticks')
    page.click('#undo')
    assert page.evaluate('model.graph.x[0]') == 2


def test_learning_too_fast_says_so_and_loses_nothing(page):
    """η = 0.5 이면 b 가 음수가 되어 log 의 정의역을 벗어난다. 갱신의 스텝도 그렇게 말한다."""
    before = page.evaluate('Array.from(model.graph.x)')
    page.click('#learn')
    assert page.text_content('#trouble').startswith('η 가 너무 크다')
    assert page.evaluate('Array.from(model.graph.x)') == before
    assert '정의역을 벗어나' in page.evaluate('steps.at(-1).lines()[1]') and page.text_content('#ticks') == ''


@pytest.fixture
def playground(tab):
    net = MLP(2, [3, 1], 'tanh', output='sigmoid', rng=random.Random(0))
    X, Y = moons(20, rng=random.Random(0))
    return net, X, Y, opened(tab, net.page(X, Y).html())


def test_learning_takes_the_mean_of_the_sample_losses(playground):
    """페이지의 갱신 열 번이 파이썬의 경사 하강 열 번과 같다(노트의 가정 1)."""
    net, X, Y, page = playground
    for _ in range(10):
        net.zero_grad()
        losses.mean([losses.quadratic(net(x), y) for x, y in zip(X, Y, strict=True)]).backward()
        optim.SGD(net.parameters(), 0.5).step()
        page.evaluate('model.step()')
    found = page.evaluate('model.parameters.map((p) => model.graph.x[p])')
    assert found == pytest.approx([p.data for p in net.parameters()], rel=1e-9, abs=1e-9)


def test_samples_are_chosen_and_judged(playground):
    net, X, Y, page = playground
    page.fill('#sample', '8')
    values = page.evaluate('model.places.map((place) => model.graph.x[place])')
    assert values == [*X[7], Y[7]] and page.text_content('#which') == '8 / 20'
    right = sum((net(x).data > 0.5) == y for x, y in zip(X, Y, strict=True))
    until(page, f"find('accuracy').textContent === '정확도 {number(100 * right / 20, 3)}%'")
    painted = page.evaluate("find('boundary').getContext('2d').getImageData(0, 0, 240, 240).data.some((x) => x > 0)")
    assert painted and page.is_visible('#boundary')


@pytest.mark.parametrize('name', ['quadratic', 'sigmoid_cross_entropy', 'hinge'])
def test_the_page_judges_as_python_does(tab, name):
    """출력이 하나면 문턱은 손실의 것이다: 로짓이면 0."""
    net, loss = MLP(2, [3, 1], 'tanh', output='linear', rng=random.Random(3)), getattr(losses, name)
    X, Y = moons(20, rng=random.Random(0))
    Y = [loss.classes[y] for y in Y]
    page = opened(tab, net.page(X, Y, loss).html())
    judged = number(100 * train.accuracy(net, (X, Y), loss), 3)
    until(page, f"find('accuracy').textContent === '정확도 {judged}%'")


def test_mini_batches_visit_every_sample_once(playground):
    *_, page = playground
    page.fill('#batch', '6')
    sizes = page.evaluate("""() => {
        const training = new Training(model), batches = [1, 2, 3, 4].map(() => training.nextBatch());
        return [batches.map((batch) => batch.length), new Set(batches.flat()).size];
    }""")
    assert sizes == [[6, 6, 6, 2], 20]


def test_training_draws_the_curve_and_stops(playground):
    *_, page = playground
    page.click('#train')
    until(page, "find('ticks').textContent !== ''")
    page.click('#train')
    before = page.text_content('#ticks')
    page.wait_for_timeout(100)
    assert page.text_content('#ticks') == before and page.get_attribute('#curve', 'points').startswith('0,')


def test_numbers_that_grow_long_stay_in_their_cells(playground):
    """배우면 기울기가 작아져 글이 길어진다(-0.0002641, -2.641×10⁻⁵): 이웃 칸과 겹치지 않는다."""
    *_, page = playground
    page.evaluate('player.jump(player.last)')
    assert page.query_selector('.long') is None  # 배치가 자리를 마련한 처음의 수는 작아지지 않는다
    beyond = """(scale) => {
        model.graph.g.forEach((_, i) => { model.graph.g[i] = -1.2345678 * 10 ** (-i % scale); });
        player.draw();
        return Math.max(...picture.cells.map(({ box, text }) => box.getBBox().x - text.getBBox().x));
    }"""
    assert max(page.evaluate(beyond, scale) for scale in (3, 5, 9, 20, 320)) < 2


def test_a_number_that_fits_its_cell_is_not_made_smaller(tab):
    """처음부터 있던 수와 흔한 길이의 수는 이웃 칸과 같은 크기로 적힌다."""
    loss = losses.quadratic(MLP(2, [3, 2], rng=random.Random(1))([0.5, 0.3]), [1.0, 0.0])
    page = opened(tab, draw(loss, 'neuron').html())
    page.evaluate('player.jump(player.last)')
    written = page.evaluate("picture.cells.filter(({ group }) => group.matches('.long')).map(({ text }) => text.textContent)")
    assert [text for text in written if len(text) <= len('-0.5396')] == []


def test_undoing_stops_the_training(playground):
    *_, page = playground
    before = page.evaluate('Array.from(model.graph.x)')
    page.click('#train')
    until(page, 'training.costs.length > 2')
    page.keyboard.press('Control+z')
    page.wait_for_timeout(100)
    assert page.evaluate('[training.running, Array.from(model.graph.x)]') == [0, before] and page.is_disabled('#undo')


def test_one_undo_takes_back_one_training(playground):
    *_, page = playground
    before = page.evaluate('Array.from(model.graph.x)')
    page.click('#train')
    until(page, 'training.costs.length > 2')
    page.click('#train')
    assert page.evaluate('Array.from(model.graph.x)') != before
    page.click('#undo')
    assert page.evaluate('Array.from(model.graph.x)') == before and page.is_disabled('#undo')
    page.click('#learn')
    page.click('#reset')
    assert page.evaluate('Array.from(model.graph.x)') == before


CURVE = "[find('curve').points.length, find('ticks').textContent]"


def test_the_curve_goes_where_the_numbers_go(playground):
    """되돌리기도, 처음 수로 가는 일도, 주소도 곡선을 그때의 것으로 되돌린다. 이어 배우면 거기서부터 그린다."""
    *_, page = playground
    page.click('#learn')
    one = page.evaluate(CURVE)
    page.click('#train')
    until(page, 'training.costs.length > 3')
    page.click('#train')
    page.fill('#sample', '2')  # 수를 만져도 배운 것은 배운 것이다
    assert page.evaluate(CURVE)[0] > 3
    page.click('#undo')
    page.click('#undo')
    assert page.evaluate(CURVE) == one and one[0] == 1
    page.click('#learn')
    assert page.evaluate(CURVE)[0] == 2 and '갱신 2번' in page.text_content('#ticks')
    page.evaluate("location.hash = '#step=1'")
    until(page, f"{CURVE}.join() === '0,'")
    page.click('#learn')
    page.click('#reset')
    assert page.evaluate(CURVE) == [0, '']


def test_learning_that_changes_nothing_can_be_taken_back(tab):
    """기울기가 0 이면 수는 그대로여도 갱신은 갱신이다."""
    page = opened(tab, draw(ops.relu(Value(-1.0, 'x'))).html())
    page.click('#learn')
    assert page.evaluate(CURVE)[0] == 1
    page.click('#undo')
    assert page.evaluate(CURVE) == [0, '']


def test_the_curve_of_a_loss_below_zero_or_beyond_doubles_stays_in_its_frame(tab):
    x = Value(2.0, 'x')
    page = opened(tab, draw(x * x * x * -1.0).html())
    for _ in range(12):
        page.click('#learn')
    heights = page.evaluate("[...find('curve').points].map(({ y }) => y)")
    assert page.evaluate('training.costs.at(-1)') == -math.inf and len(heights) > 3
    assert all(0 <= y <= 1 for y in heights)


def test_nan_flows_as_in_python(tab):
    """nan 은 정의역을 벗어난 것이 아니다: 그 옆의 수는 여전히 바꿀 수 있다."""
    x, k = Value(math.nan, 'x'), Value(1.0, 'k')
    page, root = opened(tab, draw(ops.log(x) + k * 2).html()), ops.log(x) + k * 2
    set_on_page(page, [2], [3.0])
    assert page.evaluate('[model.trouble, model.graph.x[2]]') == ['', 3]
    set_on_page(page, [0], [1.0])
    assert page.evaluate('model.graph.cost') == 6
    set_on_page(page, [0], [-1.0])
    assert '정의역' in page.evaluate('model.trouble') and page.evaluate('model.graph.x[0]') == 1
    assert math.isnan(root.data)


def test_a_zero_is_not_a_negative_zero_and_nan_is_not_a_change(tab):
    page = opened(tab, draw(Value(0.0, 'x') * Value(math.nan, 'y')).html())
    assert page.is_disabled('#reset') and page.evaluate('address.text') == '#step=0'
    set_on_page(page, [0], [-0.0])
    assert page.is_enabled('#undo') and page.evaluate('model.isChanged(0)')


@pytest.mark.parametrize(('make', 'wrong'), [
    (lambda net, loss: draw(loss, samples=([[1.0]], [0])), '표본 0 의 입력'),
    (lambda net, loss: draw(loss, samples=([[1.0, 2.0]], [])), '길이가 같은'),
    (lambda net, loss: draw(loss, samples=([[1.0, math.nan]], [0])), '유한한'),
    (lambda net, loss: draw(Value(1.0) + 2, samples=([[1.0]], [0])), '신경망'),
    (lambda net, loss: draw(net.trace([1.0, 2.0]), samples=([[1.0, 2.0]], [0])), '손실'),
    (lambda net, loss: net.page([], []), '하나도'),
])  # fmt: skip
def test_samples_that_do_not_fit_are_refused(make, wrong):
    net = MLP(2, [3, 1], rng=random.Random(0))
    with pytest.raises(ValueError, match=wrong):
        make(net, losses.quadratic(net([0.5, 0.3]), 1.0))
