"""한도(`writing.limits`): 보이는 것을 바꾸는 수마다, 그 수까지와 그 다음이 다르게 보인다. 한도를 하나만 옮겨도 실패한다."""

import random

import pytest

from micrograd_ko import MLP, Value, draw, losses, ops
from micrograd_ko.render import TooLargeError
from micrograd_ko.render.picture import pooled
from micrograd_ko.writing.formulas import formula, rule_text, vector
from micrograd_ko.writing.labels import shown


def chain(nodes):
    """노드 nodes 개, 선 nodes - 1 개인 그래프."""
    x = Value(1.0, 'x')
    for _ in range(nodes - 1):
        x = -x
    return x


def loss(nin, *nouts, x=0.1, weight=None):
    """크기가 (nin, *nouts) 인 신경망의 이차 손실. 입력은 모두 x, weight 를 주면 가중치는 모두 그것이다."""
    net = MLP(nin, list(nouts), rng=random.Random(0))
    if weight is not None:
        for p in net.parameters():
            p.data = weight if p.name.startswith('w') else 0.0
    return losses.quadratic(net([x] * nin), [0.0] * nouts[-1])


def lines(root, level='neuron'):
    return '\n'.join(line for step in draw(root, level).steps for line in step.lines)


def insights(root, level):
    return {key for step in draw(root, level).steps for key in step.formulas if '인사이트' in key}


# 그림

@pytest.mark.parametrize(('sizes', 'level'), [
    ((6, 6, 1), 'neuron'), ((7, 1), 'layer'), ((1, 7), 'layer'), ((2, 7, 1), 'layer'),
])  # fmt: skip
def test_auto_draws_neurons_up_to_six_wide(sizes, level):
    assert draw(loss(*sizes)).detail == level


@pytest.mark.parametrize(('width', 'padding'), [(6, 3), (7, 2)])
def test_a_layer_wider_than_six_is_compact(width, padding):
    dot = draw(loss(1, width), 'neuron').dot
    neurons = [line for line in dot.splitlines() if line.lstrip().startswith('l2j')][:width]
    assert all(f'CELLPADDING="{padding}"' in line for line in neurons)


def test_more_than_six_weights_or_inputs_become_a_strip():
    dot = draw(loss(6, 1), 'neuron').dot
    assert all(name in dot for name in ('w²₁₆', 'a¹₆'))
    assert 'ₖ (' not in dot and 'a¹ (' not in dot
    wide = draw(loss(7, 1), 'neuron').dot
    assert 'w²₁ₖ (7)' in wide and 'a¹ (7)' in wide
    assert not any(name in wide for name in ('w²₁₇', 'a¹₇'))
    assert 'a¹ (7)' in draw(MLP(7, [1]), 'neuron').dot and 'a¹₆' in draw(MLP(6, [1]), 'neuron').dot


@pytest.mark.parametrize('level', ['neuron', 'layer'])
def test_more_than_twelve_targets_become_a_strip(level):
    few, many = draw(loss(1, 12), level), draw(loss(1, 13), level)
    assert 'y₁₂' in few.dot and 'y (' not in few.dot
    assert 'y (13)' in many.dot and 'y₁₃' not in many.dot
    if level == 'neuron':
        assert 'loss:"y₁₂":w' in few.dot and 'loss:y:w' in many.dot


@pytest.mark.parametrize(('nin', 'nout', 'matrix', 'column'), [
    (4, 8, 'number', 'number'), (5, 8, 'strip', 'number'), (4, 9, 'strip', 'heat'), (9, 1, 'strip', 'number'),
])  # fmt: skip
def test_a_matrix_larger_than_eight_by_four_is_a_heat_map(nin, nout, matrix, column):
    inputs, layer, _ = draw(loss(nin, nout), 'layer')._picture.cards
    row = layer.rows[2]  # 제목, 열의 이름, 첫 뉴런
    assert (row[0].style, row[-1].style) == (matrix, column)
    assert inputs.rows[-1][0].style == ('number' if nin <= 8 else 'heat')


def test_a_heat_map_has_at_most_thirty_two_a_side():
    assert [len(pooled([[0.0] * n])[0]) for n in (31, 32, 33, 64, 65)] == [31, 32, 17, 32, 22]
    assert [len(pooled([[0.0]] * n)) for n in (32, 33)] == [32, 17]
    assert '구역' not in draw(loss(32, 1), 'layer').dot and '32 보다 긴 변은 구역' in draw(loss(33, 1), 'layer').dot


def test_more_than_three_hundred_nodes_move_their_labels_to_tooltips():
    few, many = draw(chain(300)), draw(chain(301), max_nodes=301)
    assert [edge.label for edge in few._picture.edges] == ['-1'] * 299 and '선의 수' in few.dot
    assert [edge.label for edge in many._picture.edges] == [''] * 300 and '선에 마우스를 올리면' in many.dot
    assert many.dot.count('tooltip=-1') == 300


def test_more_than_three_hundred_boxes_are_refused():
    assert draw(chain(300))
    with pytest.raises(TooLargeError, match=r'301개.*300개'):
        draw(chain(301))


@pytest.mark.parametrize(('drawing', 'edges', 'splines', 'gap'), [
    (lambda: draw(loss(1, 60), 'neuron'), 120, 'true', '0.55'), (lambda: draw(loss(1, 1, 60), 'neuron'), 121, 'line', '1.6'),
    (lambda: draw(chain(122)), 121, 'true', '0.55'),
])  # fmt: skip
def test_more_than_a_hundred_and_twenty_edges_between_columns_are_straight(drawing, edges, splines, gap):
    """층을 세우지 않은 그림의 곧은 선은 다른 상자의 수 위를 지나므로, 몇이든 굽은 선이다."""
    drawing = drawing()
    assert len(drawing._picture.edges) == edges
    assert f'splines={splines}' in drawing.dot and f'ranksep={gap}' in drawing.dot


@pytest.mark.parametrize(('boxes', 'hurried'), [(100, False), (101, True)])
def test_more_than_a_hundred_boxes_are_refined_less(boxes, hurried):
    dot = draw(chain(boxes)).dot
    assert all((f'{setting}=0.1' in dot) == hurried for setting in ('nslimit', 'nslimit1', 'mclimit'))


def test_a_notebook_shows_more_than_sixty_boxes_as_text():
    assert 'image/svg+xml' in chain(60)._repr_mimebundle_() and 'image/svg+xml' not in chain(61)._repr_mimebundle_()
    assert 'image/svg+xml' in draw(chain(61))._repr_mimebundle_()  # 그려 달라고 한 것은 그린다


# 스텝

@pytest.mark.parametrize(('sizes', 'by_neuron'), [((8, 10), True), ((99, 1), False)])
def test_more_than_two_hundred_steps_are_walked_layer_by_layer(sizes, by_neuron):
    """뉴런마다 넷과 가중치마다 둘: 10 × (4 + 2 × 8) = 200, 4 + 2 × 99 = 202. 언제나 짝수다."""
    titles = [step.title for step in draw(loss(*sizes), 'neuron').steps]
    assert ('순전파: z²₁' in titles) == by_neuron
    assert ('순전파: z²' in titles) != by_neuron


def test_more_than_twenty_four_updates_are_not_listed():
    *_, few = draw(loss(3, 6), 'neuron').steps
    *_, many = draw(loss(4, 5), 'neuron').steps
    assert len(few.lines) == 2 + 24 and '외' not in few.lines[-1]
    assert len(many.lines) == 2 + 24 + 1 and many.lines[-1] == '… 외 1개'
    assert len(many.changes) == 25 + 17  # 파라미터와 다시 계산한 노드: 다섯 뉴런의 z 와 a, 손실의 일곱


def test_a_loss_of_more_than_six_nodes_is_not_spelled_out():
    def halved(times):
        c = MLP(1, [1])([0.5])
        for _ in range(times):
            c = c * 0.5
        return next(step for step in draw(c, 'neuron').steps if step.title == '손실').lines

    *spelled, _ = halved(6)
    assert [line.split(' = ')[0] for line in spelled] == ['u₁', 'u₂', 'u₃', 'u₄', 'u₅', 'C']
    value, count, _ = halved(7)
    assert value.startswith('C = ') and count == '출력에서 손실까지 노드 7개를 계산했다.'


def test_more_than_four_elements_of_a_vector_are_cut():
    assert vector([1, 2, 3, 4]) == '[1, 2, 3, 4]'
    assert vector([1, 2, 3, 4, 5]) == '[1, 2, 3, 4, …]'
    assert '…' not in lines(loss(4, 4, 4), 'layer').split('w ←')[0]
    assert '…' in lines(loss(4, 5), 'layer').split('w ←')[0]


def test_more_than_five_terms_of_a_sum_are_cut():
    assert formula(ops.total, list('abcde')) == 'a + b + c + d + e'
    assert formula(ops.total, list('abcdef')) == 'a + b + c + … + f'


def test_rules_and_names_are_cut_when_long():
    assert rule_text(ops.mul, 'z', ['x', 'y' * 44], 0) == 'y' * 44
    assert rule_text(ops.mul, 'z', ['x', 'y' * 45], 0) == ''
    assert shown('y' * 32) == 'y' * 32
    assert shown('y' * 33) == 'y' * 31 + '…'


@pytest.mark.parametrize('level', ['neuron', 'layer'])
@pytest.mark.parametrize(('x', 'told'), [(0.05, False), (-0.05, False), (0.0499, True), (-0.0499, True)])
def test_an_input_below_a_twentieth_starves_its_weights(level, x, told):
    assert insights(loss(1, 1, x=x), level) == ({'인사이트 1'} if told else set())


@pytest.mark.parametrize('level', ['neuron', 'layer'])
@pytest.mark.parametrize(('z', 'told'), [(2.887, False), (-2.887, False), (2.889, True), (-2.889, True)])
def test_a_slope_below_a_twentieth_loses_the_error(level, z, told):
    """σ′(z) = 0.05 는 |z| = ln(9 + 4√5) ≈ 2.8873 에서다."""
    assert insights(loss(1, 1, x=1.0, weight=z), level) == ({'인사이트 2'} if told else set())
