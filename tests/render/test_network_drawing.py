"""신경망의 그림과 스텝이 아는 것: 이름이 없어도 노트의 이름과 방정식, 손실마다의 식과 목표, 사용자의 손실, 기울기를 아는지."""

import math
import random
import re

import pytest

from micrograd_ko import MLP, draw, explain, losses, ops
from micrograd_ko.graph import topological
from micrograd_ko.note.recognise import in_graph

X = [0.5, 0.3]


def network(**arguments):
    return MLP(2, [3, 2], rng=random.Random(1), **arguments)


def steps_of(loss, title):
    return [step for step in draw(loss, 'neuron').steps if step.title.startswith(title)]


def lines_of(loss, title):
    return [line for step in steps_of(loss, title) for line in step.lines]


def rows_of_loss(loss):
    """손실의 상자의 행들: 칸의 글."""
    return [[cell.text or cell.note for cell in row] for row in draw(loss, 'neuron')._picture.cards[-1].rows]


# 이름 없는 신경망

def test_an_unnamed_network_is_told_alike_by_steps_and_by_explain():
    """스텝과 설명이 노드를 같은 이름으로 부르고, 같은 식과 수와 방정식으로 적는다."""
    loss = losses.quadratic(network()(X), [1.0, 0.0])
    order = topological(loss)
    for node in order:
        node.name = ''
    net = in_graph(order)
    told = {}
    for step in draw(loss, 'neuron').steps:
        for change in step.changes:
            if step.phase == 'backward':
                told[order[change.node]] = step
    cited = []
    for v in (*net.parameters, *[unit.z for unit in net.units], *[unit.a for unit in net.units[:3]], *net.inputs):
        written = str(explain(v, loss))
        assert written.partition(' = ')[0] == net.names[v]
        *_, gradient = re.search(r'기울기 \(연쇄법칙\)\n(.*)\n\n경로', written, re.DOTALL)[1].splitlines()
        found = re.search(r'\((방정식 \d)', gradient)
        equation = found[1] if found else None
        assert [key for key in told[v].formulas if '방정식' in key] == ([equation] if found else []), gradient
        cited.append(equation)
        slope = gradient.split(' = ')[0].strip()
        assert slope in told[v].title or slope in told[v].lines[0]
        if v in net.parameters:
            assert gradient.split('   (')[0].strip() == told[v].lines[0]
    assert {x: cited.count(x) for x in cited} == {'방정식 1': 2, '방정식 2': 6, '방정식 3': 5, '방정식 4': 12, None: 2}


# 손실마다

def r(x):
    return f'{x:.4g}'


def g(x):
    """곱의 인수로 적은 수."""
    return f'({r(x)})' if x < 0 else r(x)


def softmax(a):
    total = sum(math.exp(x) for x in a)
    return [math.exp(x) / total for x in a]


RECORDS = {  # 손실 → (목표, 식, 항을 수로 채운 글, C, ∂C/∂aⱼ 의 식, 그것을 수로 채운 글, ∂C/∂aⱼ)
    'quadratic': (
        [1.0, 0.0], '½ Σⱼ (aⱼ − yⱼ)²',
        lambda a, y: f'½ × [({r(a[0])} − {r(y[0])})² + ({r(a[1])} − {r(y[1])})²]',
        lambda a, y: sum((p - q) ** 2 for p, q in zip(a, y, strict=True)) / 2,
        'a³{j} − y{j}', lambda a, y: f'{r(a)} − {r(y)}', lambda a, y: [p - q for p, q in zip(a, y, strict=True)],
    ),
    'cross_entropy': (
        [1.0, 0.0], '−Σⱼ [yⱼ·ln aⱼ + (1 − yⱼ)·ln(1 − aⱼ)]',
        lambda a, y: '−[' + ' + '.join([
            f'{r(q)}·ln {r(p)} + (1 − {r(q)})·ln(1 − {r(p)})' for p, q in zip(a, y, strict=True)
        ]) + ']',
        lambda a, y: -math.log(a[0]) - math.log(1 - a[1]),
        '(a³{j} − y{j})/(a³{j}·(1 − a³{j}))', lambda a, y: f'({r(a)} − {r(y)})/({r(a)}·(1 − {r(a)}))',
        lambda a, y: [-1 / a[0], 1 / (1 - a[1])],
    ),
    'sigmoid_cross_entropy': (
        [1.0, 0.0], 'Σⱼ [yⱼ·ln(1 + e^(−aⱼ)) + (1 − yⱼ)·ln(1 + e^aⱼ)]',
        lambda a, y: ' + '.join([
            f'{r(q)}·ln(1 + e^(−{g(p)})) + (1 − {r(q)})·ln(1 + e^{g(p)})' for p, q in zip(a, y, strict=True)
        ]),
        lambda a, y: math.log(1 + math.exp(-a[0])) + math.log(1 + math.exp(a[1])),
        '(1 − y{j})·σ(a³{j}) − y{j}·σ(−a³{j})', lambda a, y: f'(1 − {r(y)})·σ({g(a)}) − {r(y)}·σ(−{g(a)})',
        lambda a, y: [-1 / (1 + math.exp(a[0])), 1 / (1 + math.exp(-a[1]))],
    ),
    'softmax_cross_entropy': (
        [0.0, 1.0], 'ln Σⱼ e^aⱼ − Σⱼ yⱼ·aⱼ', None, lambda a, y: -math.log(softmax(a)[1]),
        'softmax(a){j} − y{j}', lambda a, y: f'softmax(a){{j}} − {r(y)}', lambda a, y: [softmax(a)[0], softmax(a)[1] - 1],
    ),
    'hinge': (
        [1.0, -1.0], 'Σⱼ max(0, 1 − yⱼ·aⱼ)',
        lambda a, y: f'max(0, 1 − 1·{g(a[0])}) + max(0, 1 − (-1)·{g(a[1])})',
        lambda a, y: max(0, 1 - a[0]) + max(0, 1 + a[1]),
        '−y{j}·[y{j}·a³{j} < 1]', lambda a, y: f'−{g(y)}·[{g(y)}·{g(a)} < 1]',
        lambda a, y: [-1.0 if a[0] < 1 else 0.0, 1.0 if a[1] > -1 else 0.0],
    ),
}  # fmt: skip


def test_every_loss_has_a_case():
    assert RECORDS.keys() == losses.LOSSES.keys()


@pytest.mark.parametrize('name', RECORDS)
def test_a_loss_has_targets_and_sentences_of_its_own(name):
    """손실의 상자에 식과 목표의 행이 있고, 스텝에 적힌 식과 수가 따로 계산한 것이다."""
    y, written, terms, cost, slope, filled, gradient = RECORDS[name]
    output = {} if name in ('quadratic', 'cross_entropy') else {'output': 'linear'}
    outputs = network(**output)(X)
    loss = losses.LOSSES[name](outputs, y)
    a = [v.data for v in outputs]
    expected = [*[[f'y{"₁₂"[j]}', r(y[j]), '–'] for j in range(2)], ['C', r(cost(a, y)), '–']]
    assert rows_of_loss(loss) == [[f'C = {written}'], ['손실 C', '값', '기울기'], *expected]
    formula, *more = lines_of(loss, '손실')
    assert formula == f'C = {written}'
    if terms is not None:
        assert more[0] == f'{terms(a, y)} = {r(cost(a, y))}'
    else:
        assert more[2].startswith('C = u₁ − u₂ = ') and more[2].endswith(f' = {r(cost(a, y))}')
    record = losses.LOSSES[name]
    assert (record.assumes in more) == bool(record.assumes)
    backward = lines_of(loss, '손실에서')
    for j, d in enumerate(gradient(a, y)):
        parts = [f'∂C/∂a³{"₁₂"[j]}', slope.format(j='₁₂'[j])]
        parts += [filled(a[j], y[j]).format(j='₁₂'[j]), r(d)]
        assert ' = '.join(parts) in backward
    by_layer = next(step for step in draw(loss, 'layer').steps if step.title == '손실에서 출력으로')
    assert by_layer.lines[0] == f'∇ₐC:  ∂C/∂aⱼ = {record.slope}'
    assert by_layer.lines[1] == f'[{", ".join(f"{d:.3g}" for d in gradient(a, y))}]'


def test_a_class_number_is_a_target_too():
    """클래스 번호로 준 목표는 노드가 아니라서 기울기가 없지만, 뜻하는 0 과 1 이 보인다. 식과 기울기의 식은 원-핫 목표와 같다."""
    outputs = network(output='linear')(X)
    loss = losses.softmax_cross_entropy(outputs, 1)
    chances = softmax([v.data for v in outputs])
    formula, columns, *targets, cost = rows_of_loss(loss)
    assert formula == ['C = ln Σⱼ e^aⱼ − Σⱼ yⱼ·aⱼ'] and columns[0] == '손실 C' and cost[0] == 'C'
    assert targets == [['y₁', '0', ''], ['y₂', '1', '']]
    assert [edge.head for edge in draw(loss, 'neuron')._picture.edges][-2:] == [('loss', 'y₁'), ('loss', 'y₂')]
    formula, _, value, *_ = lines_of(loss, '손실')
    assert formula == 'C = ln Σⱼ e^aⱼ − Σⱼ yⱼ·aⱼ'
    assert value.startswith('C = u₁ − a³₂ = ') and value.endswith(f' = {r(-math.log(chances[1]))}')
    backward = lines_of(loss, '손실에서')
    assert f'∂C/∂a³₁ = softmax(a)₁ − y₁ = softmax(a)₁ − 0 = {r(chances[0])}' in backward
    assert f'∂C/∂a³₂ = softmax(a)₂ − y₂ = softmax(a)₂ − 1 = {r(chances[1] - 1)}' in backward


def test_many_classes_are_a_strip_and_only_nodes_move_on_the_page():
    loss = losses.softmax_cross_entropy(MLP(2, [13], output='linear')(X), 3)
    label, data, gradient = draw(loss, 'neuron')._picture.cards[-1].rows[2]
    assert (label.text, [cell.tip for cell in data.cells].index('1'), gradient.text) == ('y (13)', 3, '')
    assert r'softmax(a)\u2084 \u2212 1' in draw(loss, 'neuron').html()


@pytest.mark.parametrize(('target', 'titles'), [
    (1, ['손실에서 a³₂ (으)로', '손실에서 a³₁, a³₂ (으)로']),
    ([0.0, 1.0], ['손실에서 y₁, y₂, a³₁, a³₂ (으)로', '손실에서 a³₁, a³₂ (으)로']),
])  # fmt: skip
def test_a_step_names_all_it_reaches(target, titles):
    loss = losses.softmax_cross_entropy(network(output='linear')(X), target)
    assert [step.title for step in steps_of(loss, '손실에서')] == titles


# 사용자의 손실

def quartic(outputs, targets):
    """표에 없는 손실 Σ (aⱼ − yⱼ)⁴."""
    return ops.total([(a - y) ** 4 for a, y in zip(outputs, targets, strict=True)])


@pytest.mark.parametrize('name', ['quartic', 'quadratic'])
def test_a_loss_of_ones_own_is_drawn_and_walked(name):
    """이름이 우리 손실의 것이어도 모양을 본다: 식은 없고, 목표와 노드마다의 식과 수가 있다."""
    own = type(quartic)(quartic.__code__, globals(), name)
    outputs = network()(X)
    loss = own(outputs, [1.0, 0.0])
    a, b = (v.data for v in outputs)
    cost, slopes = (a - 1) ** 4 + b**4, [4 * (a - 1) ** 3, 4 * b**3]
    assert rows_of_loss(loss) == [
        ['손실 C', '값', '기울기'], ['y₁', '1', '–'], ['y₂', '0', '–'], ['C', r(cost), '–'],
    ]  # fmt: skip
    *nodes, _ = lines_of(loss, '손실')[:6]
    assert f'u₁ = a³₁ − y₁ = {r(a)} − 1 = {r(a - 1)}' in nodes
    assert f'u₂ = u₁⁴ = ({r(a - 1)})⁴ = {r((a - 1) ** 4)}' in nodes
    assert any(line.startswith('C = u₂ + u₄ = ') and line.endswith(f' = {r(cost)}') for line in nodes)
    backward = lines_of(loss, '손실에서')
    for j, d in zip('₁₂', slopes, strict=True):
        assert any(line.startswith(f'∂C/∂a³{j} += ') and line.endswith(f' = {r(d)}') for line in backward)
    by_layer = next(step for step in draw(loss, 'layer').steps if step.title == '손실에서 출력으로')
    assert by_layer.lines == (f'∇ₐC = [{", ".join(f"{d:.3g}" for d in slopes)}]',)
    assert 'C' in draw(loss, 'layer').dot and draw(loss).detail == 'neuron'


BEYOND = '노트의 가정 2 밖이다: 손실이 {} 을(를) 바로 쓴다. 그 항은 따로 더해진다.'


@pytest.mark.parametrize('level', ['neuron', 'layer'])
@pytest.mark.parametrize(('name', 'pick'), [
    ('a²₂', lambda net, trace: trace.activations[1][1]),
    ('w²₁₁', lambda net, trace: net.layers[0].neurons[0].w[0]),
])  # fmt: skip
def test_a_loss_that_uses_a_hidden_value_is_beyond_assumption_2(level, name, pick):
    net = network()
    trace = net.trace(X)
    loss = losses.quadratic(trace.output, [1.0, 0.0]) + pick(net, trace).square()
    assert BEYOND.format(name) in [line for step in draw(loss, level).steps for line in step.lines]


def test_a_loss_of_the_outputs_alone_is_within_assumption_2():
    for make in (losses.quadratic, quartic):
        assert not any('가정 2 밖' in line for line in lines_of(make(network()(X), [1.0, 0.0]), '손실'))


# 기울기를 아는가

def whole():
    """정수뿐인 신경망."""
    net = MLP.from_matrices([[[1, -1], [2, 1]], [[1, 1]]], [[0, 1], [1]], 'identity')
    return losses.quadratic(net([1, 2]), [3])


def flat():
    """모든 기울기가 0 인 신경망: 출력이 목표와 같다."""
    net = MLP.from_matrices([[[1.0, 1.0]]], [[0.0]], 'identity')
    return losses.quadratic(net([1.0, 2.0]), [3.0])


def dead():
    """relu 가 모두 꺼져 root 말고는 기울기가 0 이다. 정수뿐이다."""
    net = MLP.from_matrices([[[-1, -1], [-2, -1]], [[1, 1]]], [[0, 0], [-1]], 'relu')
    return losses.quadratic(net([1, 2]), [0])


@pytest.mark.parametrize('level', ['ops', 'neuron', 'layer'])
@pytest.mark.parametrize('make', [whole, flat, dead])
def test_gradients_are_known_after_backward_whatever_they_are(make, level):
    """역전파 전에는 '–' 이거나 표가 없고, 뒤에는 0 도 수로 보인다."""
    loss = make()
    before = draw(loss, level)
    if level == 'layer':
        assert '기울기' not in str(before._picture.cards[0].rows) and '∂C/∂W' not in before.dot
    loss.backward()
    after = draw(loss, level)
    unknown = [drawing.dot.count('>–<') for drawing in (before, after)]
    assert unknown[0] > 0 and unknown[1] == 0
    if level == 'layer':
        assert '∂C/∂W²' in after.dot and '기울기' in str(after._picture.cards[0].rows)
    else:
        assert '>0<' in after.dot or make is whole
    if make is not whole:
        drawn = [row for card in after._picture.cards for row in card.rows]
        gradients = [cell.text for row in drawn for cell in row if cell.source and cell.source[1].part == 'grad']
        assert set(gradients) == {'0', '1', *(['0.5'] if level == 'ops' else [])}  # ∂C/∂C 와, 손실 안의 ½
