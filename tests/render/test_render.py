"""그림: 무엇이 어느 상자에 들어가는지, 적힌 수가 엔진의 수인지, 잘못 쓰면 무엇을 알리는지."""

import math
import os
import random
import re
import subprocess
import sys
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from written import plain

from micrograd_ko import MLP, Value, losses, micrograd, ops
from micrograd_ko.graph import topological
from micrograd_ko.note.recognise import in_graph, in_module, in_trace
from micrograd_ko.render import TooLargeError, draw, picture
from micrograd_ko.render.level_pictures import layers, neurons
from micrograd_ko.render.picture import Card, pooled
from micrograd_ko.render.subject import subject_of
from micrograd_ko.writing.limits import POOLED
from micrograd_ko.writing.numbers import number

GOLDEN = Path(__file__).parent / 'golden'
WEIGHTS = [[[0.5, -1.0], [0.25, 2.0], [-0.75, 0.5]], [[1.0, -0.5, 0.25], [0.5, 1.5, -1.0]]]
BIASES = [[0.5, -0.25, 0.0], [0.125, -0.5]]


def network_232(activation='relu'):
    """작은 신경망. relu 면 값과 기울기가 어느 기계에서나 같은 이진 소수다."""
    return MLP.from_matrices(WEIGHTS, BIASES, activation)


def loss_232(activation='relu'):
    trace = network_232(activation).trace([1.0, 0.5])
    loss = losses.quadratic(trace.output, [1.0, 0.0])
    loss.backward()
    return trace, loss


def expression():
    a, b, c = Value(2.0, 'a'), Value(-3.0, 'b'), Value(10.0, 'c')
    d = a * b + c
    d.name = 'd'
    d.backward()
    return d, (a, b, c)


# 무엇이 그려지는가

@pytest.mark.parametrize(('name', 'make'), [
    ('expression', lambda: draw(expression()[0])),
    ('232-neuron', lambda: draw(loss_232()[1], 'neuron')),
    ('232-layer', lambda: draw(loss_232()[1], 'layer')),
])  # fmt: skip
def test_golden_dot(name, make):
    """DOT 글은 그래프만으로 정해진다. 일부러 바꾸었다면 tests/golden 의 파일을 새로 쓴다: draw(...).save(...)"""
    assert make().dot == (GOLDEN / f'{name}.dot').read_text(encoding='utf-8')


def test_golden_mermaid():
    assert draw(expression()[0]).mermaid == (GOLDEN / 'expression.mmd').read_text(encoding='utf-8')


def test_same_text_in_every_process():
    """해시 씨앗이 다른 프로세스에서도 같은 글이 나온다."""
    code = (
        "import random; from micrograd_ko import MLP, losses, draw\n"
        "net = MLP(2, [3, 2], rng=random.Random(0)); loss = losses.quadratic(net([0.5, 0.3]), [1, 0]); loss.backward()\n"
        "import sys; sys.stdout.buffer.write(''.join(draw(loss, d).dot for d in ('ops', 'neuron', 'layer')).encode())"
    )
    root = Path(__file__).parents[2]
    texts = set()
    for seed in ('1', '2'):
        environment = {**os.environ, 'PYTHONHASHSEED': seed, 'PYTHONPATH': str(root)}
        texts.add(subprocess.run([sys.executable, '-c', code], env=environment, capture_output=True, check=True).stdout)
    assert len(texts) == 1
    assert texts.pop()


@pytest.mark.parametrize(('nin', 'nouts', 'detail', 'boxes'), [(2, [3, 2], 'neuron', 7), (2, [16, 16, 1], 'layer', 5)])
def test_number_of_boxes(nin, nouts, detail, boxes):
    net = MLP(nin, nouts, rng=random.Random(0))
    loss = losses.quadratic(net([0.1] * nin), [0.0] * nouts[-1])
    drawn = draw(loss, detail).dot
    assert drawn.count('<<TABLE BORDER="1"') == boxes
    assert draw(loss).detail == detail  # auto 도 그 수준을 고른다


def test_repeated_operand_draws_two_edges():
    x = Value(3.0, 'x')
    assert draw(x * x).dot.count('n0 -> n1') == 2


def test_mermaid_edges():
    """Mermaid 에는 칸이 없다: 뉴런 사이의 선은 하나, x*x 의 선은 둘."""
    x = Value(3.0, 'x')
    assert draw(x * x).mermaid.count('n0 -->') == 2
    assert draw(network_232()).mermaid.count('input --> l2j1') == 1


def test_mermaid_writes_titles_and_named_rows():
    """표의 행을 글로: 제목과 식과 행렬의 크기는 적고, 행렬의 수는 적지 않는다."""
    _, loss = loss_232()
    layer, neuron = draw(loss, 'layer').mermaid, draw(loss, 'neuron').mermaid
    assert 'layer2["2층 · 은닉층 a² = relu#40;W²·a¹ + b²#41;<br/>W² #40;3×2#41;"]' in layer
    assert '["C = ½ Σⱼ #40;aⱼ − yⱼ#41;²<br/>손실 C<br/>y₁ 1 ' in layer and '<br/>w²₁₁ 0.5 ' in neuron


def test_a_leaf_alone():
    assert 'x' in draw(Value(3.0, 'x')).dot


def test_gradients_are_unknown_before_backward():
    """역전파 전의 기울기 0 은 계산된 0 이 아니다."""
    a = Value(2.0, 'a')
    y = a * 3
    assert [lines_of(card)['기울기'] for card in cards(draw(y))] == ['–'] * 3
    y.backward()
    assert '–' not in draw(y).dot


def test_a_trace_before_and_after_backward():
    trace = network_232().trace([1.0, 0.5])
    loss = losses.quadratic(trace.output, [1.0, 0.0])
    assert '–' in draw(trace).dot
    loss.backward()
    assert '–' not in draw(trace).dot


def test_focus_draws_only_the_paths():
    """경로의 노드만: 기울기 그래프가 아니라 도달 관계로 확인한다."""
    _, loss = loss_232()
    order = topological(loss)
    weight = next(v for v in order if v.name == 'w²₁₁')
    drawn = {int(card.id[1:]) for card in cards(draw(loss, focus=weight))}
    assert drawn == {i for i, node in enumerate(order) if weight in topological(node)}
    assert '⋯' in draw(loss, focus=weight).dot


def test_depth_limits_the_distance_from_the_root():
    d, (a, b, _) = expression()
    assert len(cards(draw(d, depth=0))) == 1
    assert len(cards(draw(d, depth=1))) == 3
    assert len(cards(draw(d, depth=9))) == 5
    assert len(cards(draw(d, focus=a, depth=1))) == 2
    assert b not in topological(a)


# 적힌 수는 엔진의 수다

def cards(drawing) -> list[Card]:
    return drawing._picture.cards


def lines_of(card: Card) -> dict[str, str]:
    return {row[0].text: row[1].text for row in card.rows if len(row) == 2}


def rounds_to(written: str, x) -> bool:
    """적힌 글이 x 를 유효 숫자 네 자리로 반올림한 것인가: 넷째 자리의 절반 안에 있다(정확한 유리수로 잰다)."""
    if not math.isfinite(x):
        return written == f'⚠ {x}'
    if written.startswith('⚠') or written == '–':
        return False
    half = Fraction(10) ** (Decimal(x).adjusted() - 3) / 2 if x else 0
    return abs(Fraction(plain(written)) - Fraction(x)) <= half


numbers = st.floats(allow_nan=True, allow_infinity=True)


@given(numbers, numbers, st.floats(-1e3, 1e3))
def test_ops_level_shows_the_engine_numbers(a, b, c):
    x, y, z = Value(a, 'x'), Value(b, 'y'), Value(c, 'z')
    root = (x + y) * z - x
    root.backward()
    order = topological(root)
    drawing = draw(root)
    for card in cards(drawing):
        node, lines = order[int(card.id[1:])], lines_of(card)
        assert rounds_to(lines['값'], node.data)
        assert rounds_to(lines['기울기'], node.grad)
    for edge in drawing._picture.edges:
        tail, head = (order[int(end[0][1:])] for end in (edge.tail, edge.head))
        assert any(rounds_to(edge.label, d) for d in head.op.derivatives(head.data, *[p.data for p in head.parents]))
        assert tail in head.parents


@settings(max_examples=30)
@given(st.integers(1, 9), st.lists(st.integers(1, 9), min_size=1, max_size=3), st.randoms(use_true_random=False), st.booleans())
def test_network_levels_show_the_engine_numbers(nin, nouts, rng, backward):
    """뉴런과 층의 그림에 적힌 모든 수가, 있어야 할 곳에 있는 엔진의 수다."""
    net = MLP(nin, nouts, rng=rng)
    trace = net.trace([rng.uniform(-1, 1) for _ in range(nin)])
    loss = losses.quadratic(trace.output, [0.0] * nouts[-1])
    if backward:
        loss.backward()
    known = {v.name: v for v in topological(loss) if v.name}
    drawn = subject_of(loss)
    for card in neurons(drawn).cards:
        for name, data, grad in (row for row in card.rows if len(row) == 3 and row[1].style == 'number'):
            v = loss if name.text == 'C' else known.get(name.text)
            if v is not None:
                assert rounds_to(data.text, v.data)
                assert rounds_to(grad.text, v.grad) if backward else grad.text == '–'
    for layer, card in zip(net.layers, layers(drawn).cards[1:], strict=False):
        body = [row for row in card.rows[1:] if row[0].style != 'column']
        tables = [body[: len(layer.neurons)], body[len(layer.neurons):]] if backward else [body]
        for table, read in zip(tables, (lambda v: v.data, lambda v: v.grad), strict=False):
            for neuron, row in zip(layer.neurons, table, strict=True):
                cells = [*row[0].cells, *row[1:]] if row[0].style == 'strip' else row
                expected = [number(read(p), 10) for p in neuron.parameters()]
                assert [cell.tip for cell in cells if cell.tip][: len(expected)] == expected


def test_exact_and_huge_numbers():
    x = Value(Fraction(1, 3), 'x')
    y = x * 10**400
    assert '>1/3<' in draw(y).dot
    assert '3.333×10³⁹⁹' in draw(y).dot


def test_nan_and_inf_are_marked():
    drawn = draw(Value(math.nan, 'x') + Value(-math.inf, 'y')).dot
    assert drawn.count('⚠ nan') >= 2
    assert '⚠ -inf' in drawn
    assert '#ffb3c7' in drawn


def test_derivative_at_the_edge_of_a_domain():
    """sqrt'(0) = inf: 그림도 backward 처럼 오류 없이 보인다."""
    assert '⚠ inf' in draw(Value(0.0).sqrt()).dot


def test_pooling_keeps_real_elements():
    matrix = [[(i * 7919 + k * 104729) % 1009 - 500 for k in range(70)] for i in range(33)]
    small = pooled(matrix)
    assert len(small) == 17
    assert len(small[0]) == 24 <= POOLED
    assert small[0][0] == max((matrix[i][k] for i in range(2) for k in range(3)), key=abs)
    assert math.isnan(pooled([[1e300, math.nan, *[0.0] * 64]])[0][0])


# 신경망을 알아보기

def shape(net):
    return [len(net.inputs), *[[u.a.name for u in layer] for layer in net.layers]]


@settings(max_examples=30)
@given(st.integers(1, 4), st.lists(st.integers(1, 12), min_size=1, max_size=3), st.randoms(use_true_random=False))
def test_a_loss_is_recognised_as_its_network(nin, nouts, rng):
    """손실만 보고 찾은 층과 순서가 Trace 가 아는 것과 같다. 출력을 거꾸로 써도 그렇다."""
    trace = MLP(nin, nouts, rng=random.Random(0)).trace([1.0] * nin)
    outputs = list(trace.output)
    rng.shuffle(outputs)
    loss = losses.quadratic(outputs, [0.0] * len(outputs))
    assert shape(in_graph(topological(loss))) == shape(in_trace(trace))


def test_structure_does_not_need_names():
    trace, loss = loss_232()
    for node in topological(loss):
        node.name = ''
    net = in_graph(topological(loss))
    assert [[u.a for u in layer] for layer in net.layers] == trace.activations[1:]
    assert 'w²₁₂' in draw(loss, 'neuron').dot


def test_an_output_is_its_own_root():
    net = MLP(2, [3, 1], rng=random.Random(0))
    a = net([0.5, 0.3])
    assert draw(a).detail == 'neuron'
    assert '손실' not in draw(a).dot


def two_activations_of_one_z():
    trace = MLP(1, [1], rng=random.Random(0)).trace([0.5])
    return trace.output[0] + trace.zs[0][0].softplus()


@pytest.mark.parametrize('make', [
    lambda: Value(1.0) * 2,
    lambda: losses.quadratic(network_232()([0.0, 1.0]), [0.0, 0.0]) + losses.quadratic(network_232()([1.0, 1.0]), [0.0, 0.0]),
    lambda: ops.affine([Value(1.0)], [Value(2.0)], Value(3.0)),
    two_activations_of_one_z,
])  # fmt: skip
def test_what_is_not_one_network(make):
    """식, 신경망 둘, 활성화가 없거나 둘인 affine: 뉴런으로 그릴 수 없고 auto 는 ops 다."""
    root = make()
    assert draw(root).detail == 'ops'
    with pytest.raises(ValueError, match='ops'):
        draw(root, 'neuron')


def samples_loss(count, nin=2, nouts=(3, 2)):
    """표본 count 개의 평균 손실과 그 신경망."""
    net, rng = MLP(nin, list(nouts), rng=random.Random(0)), random.Random(1)
    samples = [([rng.random() for _ in range(nin)], [rng.random() for _ in range(nouts[-1])]) for _ in range(count)]
    return net, losses.mean([losses.quadratic(net(x), y) for x, y in samples])


@pytest.mark.parametrize('nouts', [(3, 2), (3, 1), (9, 8, 2)])
@pytest.mark.parametrize('level', ['neuron', 'layer'])
def test_a_loss_over_samples_draws_its_network_once(nouts, level):
    """상자의 수는 표본의 수와 무관하고, 파라미터의 기울기는 모든 표본의 것이며, 표본마다 다른 것은 – 다."""
    net, loss = samples_loss(10, nouts=nouts)
    loss.backward()
    drawing, single = draw(loss, level), draw(samples_loss(1, nouts=nouts)[1], level)
    assert draw(loss).detail == ('neuron' if max(nouts) <= 6 else 'layer')
    assert len(cards(drawing)) == len(cards(single)) and '표본 10개' in drawing.dot and '표본 10개' in drawing.mermaid
    shown = [cell for card in cards(drawing) for row in card.rows for cell in row]
    numbered = [(cell, *cell.source) for cell in [*shown, *[part for cell in shown for part in cell.cells]] if cell.source]
    visible = {*net.parameters(), loss}
    assert {v for _, v, reading in numbered if reading.known} == visible
    assert all((cell.tip == '–') != (v in visible) for cell, v, _ in numbered)
    assert all(cell.tip == number(getattr(v, reading.part), 10) for cell, v, reading in numbered if v in visible)
    assert {cell.text for cell, v, _ in numbered if v not in visible} <= {'–', ''}


@pytest.mark.parametrize('level', ['neuron', 'layer'])
def test_a_loss_over_samples_has_steps_only_node_by_node(level):
    _, loss = samples_loss(2)
    drawing = draw(loss, level)
    for walked in (lambda: drawing.steps, drawing.html):
        with pytest.raises(ValueError, match=r"표본 하나의 손실.*detail='ops'"):
            walked()
    assert set(drawing._repr_mimebundle_()) == {'text/plain', 'image/svg+xml', 'image/png'} == set(loss._repr_mimebundle_())
    assert draw(loss, 'ops').steps[-1].phase == 'update'


def test_a_decayed_loss_over_samples_shows_what_it_uses():
    net, loss = samples_loss(3)
    decayed = loss + net.layers[0].neurons[0].w[0].square()
    assert 'l2j1:w1o:e -> loss' in draw(decayed, 'neuron').dot and 'l2j1:w1o:e -> loss' not in draw(loss, 'neuron').dot


def test_a_loss_that_uses_inner_values():
    """손실이 가중치와 입력도 쓰면(가중치 감쇠, 자기 부호화) 그 칸에서 선이 나간다."""
    net = network_232()
    trace = net.trace([1.0, 0.5])
    loss = losses.quadratic(trace.output, trace.activations[0]) + net.layers[0].neurons[0].w[0].square()
    drawn = draw(loss, 'neuron').dot
    assert 'l2j1:w1o:e -> loss' in drawn
    assert 'input:a1o:e -> loss' in drawn
    assert 'layer1 -> loss' in draw(loss, 'layer').dot


def test_a_network_without_a_sample():
    net = network_232()
    assert in_module(net).sizes == [2, 3, 2]
    assert 'z²₁' in draw(net).dot  # 제목 a²₁ = relu(z²₁)
    assert all(row[0].text != 'z²₁' for card in cards(draw(net)) for row in card.rows)
    with pytest.raises(ValueError, match='trace'):
        draw(net, 'ops')


@pytest.mark.parametrize('detail', ['neuron', 'layer'])
def test_wide_networks(detail):
    trace = MLP(40, [12, 14], rng=random.Random(0)).trace([0.5] * 40)
    loss = losses.quadratic(trace.output, [0.0] * 14)
    loss.backward()
    assert 'y (14)' in draw(loss, detail).dot
    assert draw(loss, detail).svg.startswith('<?xml')


# 한계와 잘못된 인수

def test_too_large_is_refused_with_the_other_levels():
    net = MLP(2, [16, 16, 1], rng=random.Random(0))
    loss = losses.quadratic(net([0.1, 0.2]), 1.0)
    with pytest.raises(TooLargeError, match=r'410개.*300개.*neuron 35개, layer 5개'):
        draw(loss, 'ops')
    with pytest.raises(ValueError, match=r'35개.*34개.*layer 5개'):
        draw(loss, 'neuron', max_nodes=34)
    assert draw(loss, 'neuron', max_nodes=35)


def test_a_million_nodes_are_refused(monkeypatch):
    """배치하기 전에 센다: 엔진을 부르지 않는다."""
    monkeypatch.setattr('micrograd_ko.render.engines.render', lambda *_: pytest.fail('배치를 시작했다'))
    x = Value(1.0)
    for _ in range(10**6):
        x = x + 1e-9
    with pytest.raises(TooLargeError, match='2000001개'):
        draw(x)


@pytest.mark.parametrize(('arguments', 'error', 'words'), [
    ({'detail': 'nodes'}, ValueError, 'auto, ops, neuron, layer'),
    ({'depth': -1}, ValueError, 'depth'), ({'depth': True}, ValueError, 'depth'), ({'max_nodes': 0}, ValueError, 'max_nodes'),
    ({'focus': 3.0}, TypeError, 'focus'), ({'focus': Value(1.0)}, ValueError, '그래프 안에 없습니다'),
    ({'detail': 'neuron', 'depth': 2}, ValueError, 'ops'),
])  # fmt: skip
def test_bad_arguments(arguments, error, words):
    with pytest.raises(error, match=words):
        draw(Value(1.0) + 2, **arguments)


@pytest.mark.parametrize(('x', 'told'), [
    (3.0, 'float'), (None, 'NoneType'), ('text', 'str 을'), ([Value(1.0)], r'list .*losses\.mean'),
    (micrograd.MLP(2, [1]), r'micrograd_ko\.micrograd\.MLP .*draw\(f\(x\)\)'),
    (network_232().layers[0], r'nn\.Layer .*draw\(f\(x\)\)'),
])  # fmt: skip
def test_what_cannot_be_drawn(x, told):
    """무엇을 그리는지, 무엇을 받았는지, 부를 수 있는 것이면 부른 결과를 그리라고 알린다."""
    with pytest.raises(TypeError, match=rf'Value, Trace, MLP.*net\.trace.*{told}'):
        draw(x)


@pytest.mark.parametrize(('arguments', 'words'), [
    ({'samples': 3}, r'쌍 \(x, y\)'), ({'samples': ([[1.0, 2.0]], [0.0], [1])}, r'\(X, Y\)'), ({'samples': (1, 2)}, r'\(X, Y\)'),
    ({'samples': ([['a', 'b']], [0.0])}, '표본 0 의 입력'), ({'lang': ['ko']}, 'ko, en'), ({'detail': ['ops']}, 'auto, ops'),
])  # fmt: skip
def test_what_is_misread_is_told(arguments, words):
    with pytest.raises((TypeError, ValueError), match=words):
        draw(losses.quadratic(MLP(2, [1])([0.5, 0.3]), 1.0), **arguments)


def test_a_graph_beyond_the_range_of_floats_has_a_page():
    """페이지의 수는 double 이라 범위를 넘는 잎은 무한대다. 그림의 수는 정확하다."""
    drawing = draw(Value(Fraction(1, 3), 'x') * 10**400)
    assert '"Infinity"' in drawing.html() and '3.333×10³⁹⁹' in drawing.html()


# 읽히는가

def luminance(hue):
    parts = [int(hue[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts]
    return sum(weight * x for weight, x in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    """WCAG 2 의 대비."""
    low, high = sorted(luminance(x) for x in (one, other))
    return (high + 0.05) / (low + 0.05)


def test_every_text_stands_out_from_what_is_behind_it():
    """글은 4.5 : 1, 상자 밖의 선은 흰 바탕과 검은 바탕에서 3 : 1 (WCAG AA)."""
    behind = {'#ffffff', picture.ASIDE, '#f4f1e6', *[fill for fill, _ in picture.KINDS.values()]}
    assert all(contrast(text, hue) >= 4.5 for text in (picture.INK, picture.FAINT) for hue in behind)
    assert all(contrast(picture.INK, picture.tint(x, 1.0)) >= 4.5 for x in (-1.0, -0.5, 0.5, 1.0, math.nan))
    assert all(contrast(picture.OUTSIDE, hue) >= 3 for hue in ('#ffffff', '#111111', '#1e1e1e'))


def test_a_caption_and_a_title_bring_their_own_background():
    """그림의 바탕은 투명하다: 상자 밖의 글은 밝은 노트북과 어두운 노트북 위에 놓인다."""
    for dot in (draw(loss_232()[1], 'neuron').dot, draw(loss_232()[1], 'layer').dot, draw(expression()[0]).dot):
        asides = re.findall(rf'BGCOLOR="{picture.ASIDE}".*?</TABLE>', dot)
        assert asides and all(f'COLOR="{picture.FAINT}"' in aside for aside in asides)
        assert 'fontcolor="#808890"' not in dot


def test_a_network_without_a_sample_shows_what_it_has():
    """표본을 넣지 않은 신경망: 기울기의 열이 없고, 선은 편향의 행이 아니라 상자에서 나간다."""
    net = network_232()
    drawing = draw(net)
    assert all(len(row) <= 2 for card in cards(drawing) for row in card.rows)
    assert 'bo:e' not in drawing.dot and '\tl2j1 -> l3j1:w1:w' in drawing.dot
    losses.quadratic(net([1.0, 0.5]), [1.0, 0.0]).backward()
    assert '기울기' in draw(net).dot and 'δ' not in draw(net).dot  # z 의 행이 없으면 그 기울기를 말하지 않는다
