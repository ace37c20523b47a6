"""노트 따라가기: 적힌 수가 노트의 값이고, 서로 다른 두 길의 계산과 같다."""

import itertools
import random
import re
import tempfile
from fractions import Fraction

import numpy as np
import pytest

from micrograd_ko import equations, iris, losses, receipt, train
from micrograd_ko.graph import topological
from micrograd_ko.nn import MLP
from micrograd_ko.render import engines
from micrograd_ko.walkthrough import (
    ALL,
    CHAPTERS,
    algorithm,
    assumptions,
    example,
    flowers,
    insights,
    lines,
    order,
    specimen,
    update,
    walk,
)
from micrograd_ko.writing.console import plain, width
from micrograd_ko.writing.notation import superscript
from micrograd_ko.writing.numbers import number
from micrograd_ko.writing.tables import Table


def read(page):
    """page 의 줄들, 칠을 벗긴 것."""
    return [plain(line) for line in page]


def text(page):
    return '\n'.join(read(page))


def numbers(line):
    return [float(x) for x in re.findall(r'-?\d+\.\d+(?:e[+-]\d+)?', line)]


def line_with(page, *parts):
    (found,) = [line for line in page if all(part in line for part in parts)]
    return found


def shown(array, digits=4):
    return lines.vector(np.ravel(array), digits)


def test_note_example_both_ways():
    page = read(example.page())
    assert '[0.38, 0.32]' in line_with(page, 'W² a¹   ')
    assert '[0.58, 0.42]' in line_with(page, 'z² = W²')
    assert '[0.641, 0.603]' in line_with(page, 'a² = σ')
    assert line_with(page, 'z²₁ =').endswith('= 0.4·0.5 + 0.6·0.3 + 0.2 = 0.58')
    assert line_with(page, 'a²₂ =').endswith('≈ 0.603')


def test_mean_assumption_and_the_slip_of_the_note():
    """행렬로 따로 구한 표본마다의 기울기와 그 평균, 합."""
    page = read(assumptions.page())
    each = [equations.backprop(example.WEIGHTS, example.BIASES, x, y)[0][0][0, 0] for x, y in specimen.SAMPLES]
    for (x, _), slope in zip(specimen.SAMPLES, each, strict=True):
        assert line_with(page, f'x = {lines.vector(x, 1)}').endswith(f'{slope:.6f}')
    for way in ('표본마다 재어', '통째로'):
        assert line_with(page, way).endswith(f'{np.mean(each):.6f}')
    assert f'{sum(each):.6f}' in line_with(page, '1/n 없는 합')


def test_output_assumption_reads_the_graph():
    page = read(assumptions.page())
    assert numbers(line_with(page, '∂C/∂a² (하나씩')) == numbers(line_with(page, 'a² − y   '))
    assert 'a²₁ 뿐' in line_with(page, 'z²₁ 을 쓰는 노드')


def test_the_assumptions_come_before_what_the_next_chapter_teaches():
    """2장은 기울기를 재기만 한다: 역전파도 δ 도, 3장의 신경망도 아직 모른다."""
    whole = text(assumptions.page())
    assert 'δ' not in whole and '역전파' not in whole and '2-3-2' not in whole
    net = example.network()
    assumptions.cost_and_slope(net, specimen.SAMPLES)
    assert [p.data for p in net.parameters()] == [p.data for p in example.network().parameters()]
    assert not any(p.grad for p in net.parameters())


def test_five_steps_against_the_matrix_equations():
    page = read(algorithm.page())
    zs, activations = equations.feedforward(specimen.WEIGHTS, specimen.BIASES, specimen.X)
    deltas = equations.errors(specimen.WEIGHTS, zs, activations[-1], specimen.Y)
    for i, l in enumerate('²³'):
        assert line_with(page, f'  z{l} = ').endswith(shown(zs[i]))
        assert line_with(page, f'  a{l} = ').endswith(shown(activations[i + 1]))
        assert line_with(page, f'  δ{l}   ', '[').endswith(shown(deltas[i]))
        assert line_with(page, f'∂C/∂b{l} = ').endswith(shown(deltas[i]))
    whole = text(page)
    for i, l in enumerate('²³'):
        assert text(lines.indent(lines.matrix(f'∂C/∂W{l}', np.outer(deltas[i], activations[i])))) in whole


@pytest.mark.parametrize(
    ('product', 'factor', 'result'),
    [('∇ₐC   = a³', 'σ′(z³)   ', 'δ³    '), ('(W³)ᵀ δ³ =', 'σ′(z²)   ', 'δ²    ')],
)
def test_shown_factors_multiply_to_the_shown_error(product, factor, result):
    """③④ 에 적힌 두 벡터의 ⊙ 가 적힌 δ 다. 넷째 자리까지의 반올림은 |두 인수| < 1 이라 1.5e-4 를 넘지 않는다."""
    page = read(algorithm.page())
    x, y, z = (numbers(line_with(page, part, '[')) for part in (product, factor, result))
    assert np.multiply(x, y) == pytest.approx(z, abs=1.5e-4)


def test_the_folded_receipt_shows_one_element_of_each_equation_and_the_verdict():
    whole = receipt.compare(specimen.network(), specimen.X, specimen.Y)
    page = read(algorithm.page())
    assert str(whole).splitlines()[-1] in line_with(page, '원소 32개')
    for part in whole.sections:
        (row,) = [line for line in page if line.startswith(f'  {part.title.split("  ")[0].replace(", 방정식 ", "·")}  ')]
        (entry,) = [entry for entry in part.entries if f' {entry.name} ' in row]
        assert abs(entry.difference) == max(abs(other.difference) for other in part.entries)
        assert f'{entry.scalar:.12f}' in row


def test_zero_input_starves_its_weight_alone():
    for a1 in insights.INPUTS:
        w11, w12, delta = insights.starving(a1)
        assert w11 == a1 * delta
        assert w12 == delta > 0.1
    assert insights.starving(0.0)[0] == 0


def test_starving_is_exactly_linear_in_fractions():
    net = MLP.from_matrices([[[Fraction(2, 5), Fraction(3, 5)]]], [[Fraction(1, 5)]], 'linear')
    trace, _ = specimen.backpropagated(net, [Fraction(0), Fraction(1)], [0])
    assert [w.grad for w in net.layers[0].neurons[0].w] == [0, trace.deltas[0][0]]


def test_saturated_neuron_loses_its_error():
    """a 는 1 로, δ = a·σ′ 는 0 으로. σ′ 는 따로 적은 식 e^{−z}/(1 + e^{−z})² 과 견준다."""
    found = [insights.saturating(z) for z in insights.WEIGHTED_INPUTS]
    for z, (a, slope, delta) in zip(insights.WEIGHTED_INPUTS, found, strict=True):
        # 노트의 σ′ = a(1 − a) 의 절대 오차는 2 ulp 보다 작다
        assert slope == pytest.approx(np.exp(-z) / (1 + np.exp(-z)) ** 2, rel=1e-15, abs=2**-51)
        assert delta == a * slope
    assert [a for a, _, _ in found] == sorted(a for a, _, _ in found)
    assert [d for _, _, d in found] == sorted((d for _, _, d in found), reverse=True)


def test_error_vanishes_layer_by_layer():
    deltas = insights.vanishing(insights.DEPTH)
    assert len(deltas) == insights.DEPTH
    assert all(0 < front <= back / 4 for front, back in itertools.pairwise(deltas))
    page = read(insights.page())
    assert line_with(page, '맨 앞의').split()[-2] == number(deltas[0] / deltas[-1], 2)
    for layer, delta in enumerate(deltas, 2):
        assert line_with(page, f'  δ{superscript(layer)} ').split()[-1] == number(delta)


@pytest.mark.parametrize('chapter', [c for c in CHAPTERS if c is not flowers], ids=lambda c: c.__name__)
def test_a_chapter_writes_powers_of_ten_as_the_note_does(chapter):
    """2.5×10⁻⁵ 이지 2.5e-05 가 아니다."""
    assert not re.search(r'\de[+-]\d', text(chapter.page()))


def test_one_step_lowers_the_loss_and_is_the_matrix_step():
    net = specimen.network()
    before = net.matrices()
    step = update.Update(net, specimen.SAMPLES, update.ETA)
    assert step.cost_after < step.cost_before
    for _, w, gradient, after in step.rows:
        assert after == w - update.ETA * gradient
    # 표본 셋을 더하는 순서만 다르다: 1 보다 작은 수 열 개 남짓의 반올림
    assert update.matrix_difference(net, before, specimen.SAMPLES, update.ETA) < 10 * 2**-52
    assert update.matrix_difference(specimen.network(), before, specimen.SAMPLES, update.ETA) > 1e-3
    assert f'{step.cost_before:.6f} → {step.cost_after:.6f}' in text(update.page())


def test_wrong_orders_give_wrong_gradients():
    a, b, c = order.graph(3.0)
    assert (b.data, c.data) == (6.0, 12.0)
    assert order.steps([c, b], (a, b, c)) == [[0, 0, 1], [0, 2, 1], [4, 2, 1]]
    assert order.steps([b, c], (a, b, c))[-1] == [0, 2, 1]
    assert order.steps([c, b, b], (a, b, c))[-1] == [8, 2, 1]
    c.backward()
    assert order.steps(topological(c)[::-1], (a, b, c))[-1][0] == 4
    verdicts = [line for line in read(order.page()) if line.startswith('  ∂c/∂a = ')]
    assert [line.split()[-1] for line in verdicts] == ['맞다.', '틀리다.', '틀리다.']


def test_flowers_page_prints_what_training_gives():
    page = read(flowers.page(random.Random(5), 3))
    rng = random.Random(5)
    training, testing = iris.standardise(*iris.split(iris.load(), flowers.TEST, rng))
    net = MLP(4, [flowers.HIDDEN, 3], rng=rng)
    history = flowers.train(net, training, 3, rng)
    assert f'{history[0]:.6f}' in line_with(page, '     1  ')
    assert f'{history[-1]:.6f}' in line_with(page, '     3  ')
    assert f'{train.accuracy(net, testing):.1%}' in line_with(page, '시험 정확도')
    counts = flowers.confusion(net, testing)
    assert [sum(row) for row in counts] == [10, 10, 10]
    assert sum(counts[k][k] for k in range(3)) == round(train.accuracy(net, testing) * 30)
    first = page.index(line_with(page, '무엇이라고')) + 2
    for line, name, row in zip(page[first:], iris.SPECIES, counts, strict=False):
        assert line.split() == [name, *map(str, row)]


def test_the_boundary_shows_what_the_network_answers():
    """칸마다 그 자리의 답이고, 꽃은 제 자리에 제 번호로 있다."""
    rng = random.Random(0)
    training, _ = iris.standardise(*iris.split(iris.load(), flowers.TEST, rng))
    net = MLP(4, [flowers.HIDDEN, 3], rng=rng)
    flowers.train(net, training, 20, rng)

    def drawn(samples):
        return [line[3:-1] for line in read(flowers.boundary(net, samples)) if line.startswith('  |')]

    grid = drawn([])
    assert len(grid) == flowers.ROWS and {len(row) for row in grid} == {flowers.COLUMNS}
    for i, j in itertools.product(range(0, flowers.ROWS, 4), range(0, flowers.COLUMNS, 13)):
        length, breadth = (2 * flowers.REACH * k / (n - 1) - flowers.REACH for k, n in ((j, flowers.COLUMNS), (i, flowers.ROWS)))
        assert grid[-1 - i][j] == flowers.SHADES[losses.quadratic.answer(net([0, 0, length, breadth]))]
    assert len({cell for row in grid for cell in row}) == 3
    marked = drawn([([0, 0, -2, -2], 0), ([0, 0, 9, 9], 2)])
    assert marked[-1][0] == '1' and marked[0][-1] == '3'  # 밖의 꽃은 가장자리에


def test_walk_is_deterministic_for_a_seed():
    first, again, other = (list(walk(seed, 2)) for seed in (1, 1, 2))
    assert first == again
    assert first != other
    titles = [line for line in read(first) if re.match(r'\d\. ', line)]
    assert titles == [f'{number}. {chapter.TITLE}' for number, chapter in enumerate(CHAPTERS, 1)]


@pytest.mark.parametrize('number', ALL)
def test_a_chapter_fits_two_screens(number):
    """장마다 80칸 40줄의 화면 둘에 들어간다(한글은 두 칸). 긴 학습도 줄을 열 에포크에 하나만 쓴다."""
    page = list(walk(0, 60, chapters=[number]))
    assert len(page) <= 80
    for line in page:
        assert '\n' not in line
        assert width(line.replace(tempfile.gettempdir(), '/tmp')) <= 80, line  # 임시 폴더의 이름은 우리가 정하지 않는다


def test_a_chapter_says_where_to_go_on(tmp_path):
    first, second = (text(walk(0, 1, chapters=[number])) for number in (1, 2))
    assert 'python -m micrograd_ko 2' in first and all(f'  {chapter.TITLE}' in first for chapter in CHAPTERS)
    assert second.endswith('python -m micrograd_ko 3')
    assert 'python -m micrograd_ko 3' in text(walk(0, 1, tmp_path, chapters=[2]))  # 그림을 쓸 때도


def test_the_last_chapter_writes_the_step_page_and_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, 'tempdir', str(tmp_path))
    page = tmp_path / 'micrograd_ko' / 'network.html'
    for chapters in ([ALL[-1]], ALL):
        assert page.as_uri() in read(walk(0, 1, chapters=chapters))[-1]
        assert page.read_text(encoding='utf-8').startswith('<!doctype html>')
        page.unlink()


def test_a_place_taken_by_someone_else_is_no_obstacle(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, 'tempdir', str(tmp_path))
    (tmp_path / 'micrograd_ko').touch()
    uri = read(walk(0, 1, chapters=[ALL[-1]]))[-1].strip()
    (page,) = tmp_path.glob('micrograd_ko-*/network.html')
    assert uri == page.as_uri()


def test_without_a_layout_engine_the_last_chapter_says_what_to_install(monkeypatch):
    def absent(dot, kind):
        raise engines.LayoutError(engines.INSTALL)

    monkeypatch.setattr(engines, 'render', absent)
    assert 'pip install' in text(walk(0, 1, chapters=[ALL[-1]]))


def test_table_and_matrix_columns_line_up():
    rows = list(Table(['층마다', 'δ'], [['δ²', '-0.25'], ['한글 이름', '1']]).lines())
    assert len({width(row) for row in rows}) == 1
    assert lines.vector([0.58, 0.42], 2) == '[0.58, 0.42]'
    assert lines.matrix('W', [[1, -2], [0, 3]], 1) == ['W = [  1.0  -2.0 ]', '    [  0.0   3.0 ]']
    assert len({width(line) for line in lines.matrix('∂C/∂W²', [[-1.5, 20.25], [0, 3]])}) == 1
