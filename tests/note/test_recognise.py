"""알아보기: 이름 없는 그래프에서 찾은 것이 Trace 가 아는 것과 같고, 손실은 모양으로 알아보며, 아닌 것은 아니라고 한다."""

import copy
import random
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from micrograd_ko import MLP, Value, losses, ops, topological
from micrograd_ko.note.recognise import in_graph, in_module, in_trace

SIZES = st.lists(st.integers(1, 12), min_size=2, max_size=4)
LOSSES = list(losses.LOSSES.values())


def trace_of(nin=2, nouts=(3, 2), **options):
    return MLP(nin, list(nouts), rng=random.Random(1), **options).trace([0.25 * k for k in range(1, nin + 1)])


def anonymous(root):
    order = topological(root)
    for node in order:
        node.name = ''
    return order


def recognised(root):
    return in_graph(anonymous(root))


def activations(net):
    return [list(net.inputs), *[[unit.a for unit in units] for units in net.layers]]


# 층과 뉴런 --------------------------------------------------------------------------------------------------------------


@settings(max_examples=30)
@given(SIZES, st.sampled_from(['sigmoid', 'relu', 'linear', 'softplus']))
def test_a_graph_without_names_is_known_as_its_trace_knows_it(sizes, activation):
    trace = trace_of(sizes[0], sizes[1:], activation=activation)
    root = losses.quadratic(trace.output, [0.0] * sizes[-1])
    known, found = in_trace(trace, root), recognised(root)
    assert found.layers == known.layers and activations(found) == trace.activations
    assert [[unit.z for unit in units] for units in found.layers] == trace.zs
    assert found.sizes == known.sizes == sizes and found.root is known.root is root
    assert found.names == known.names and set(found.names.values()) >= {'a¹₁', 'w²₁₁', 'b²₁', 'z²₁', 'a²₁', 'y₁', 'u₁', 'C'}
    assert found.values.keys() == known.values.keys() and found.parameters == known.parameters
    assert set(found.region) == set(known.region) and set(found.region) | set(found.values) == set(found.order)
    assert found.targets == known.targets and found.loss is known.loss is losses.quadratic
    assert found.sampled and not found.strays


def test_the_order_of_outputs_follows_their_names_and_of_hidden_neurons_the_next_layer():
    trace = trace_of(2, [3, 11])
    root = losses.quadratic(trace.output[::-1], [0.0] * 11)
    assert activations(in_graph(topological(root))) == trace.activations
    assert activations(recognised(root)) == [*trace.activations[:2], trace.output[::-1]]


def test_roles_and_kinds_count_from_the_input():
    net = in_trace(trace_of(2, [3, 3, 2]))
    assert [net.role(layer) for layer in (2, 3, 4)] == ['2층 · 은닉층', '3층 · 은닉층', '4층 · 출력층']
    assert [net.kind(layer) for layer in (2, 3, 4)] == ['hidden', 'hidden', 'output']


@pytest.mark.parametrize('nouts', [[1], [4]])
def test_one_layer(nouts):
    trace = trace_of(3, nouts)
    found = recognised(losses.quadratic(trace.output, [0.0] * nouts[0]))
    assert activations(found) == trace.activations and found.kind(2) == 'output' and found.loss is losses.quadratic


def test_a_graph_that_ends_in_its_output_has_no_loss():
    (a,) = trace_of(2, [3, 1]).output
    for found in (recognised(a), in_trace(trace_of(2, [3, 2])), in_module(MLP(2, [3, 2]))):
        assert found.root is None and found.loss is None and not (found.targets or found.region or found.strays)
        assert 'C' not in found.names.values()
    assert not in_module(MLP(2, [3, 2])).sampled


def test_an_output_given_as_the_loss_ends_the_order():
    trace = trace_of(2, [3])
    found = in_trace(trace, trace.output[0])
    assert found.order[-1] is trace.output[0] and found.root is None and set(trace.output) <= set(found.order)


def test_fractions():
    net = MLP.from_matrices([[[Fraction(1, 3), 2]], [[1], [-2]]], [[Fraction(0)], [1, 2]], 'relu')
    trace = net.trace([Fraction(1, 2), 3])
    for loss in (losses.quadratic, losses.hinge, losses.softmax_cross_entropy):
        found = recognised(loss(trace.output, [1, 0]))
        assert activations(found) == trace.activations and found.loss is loss and found.goal == [1, 0]


def test_tied_weights_are_one_parameter():
    """두 뉴런이 같은 가중치를, 두 층이 같은 편향을 쓴다."""
    w, b = [Value(0.5), Value(-0.25)], Value(0.125)
    xs = [Value(1.0), Value(2.0)]
    hidden = [ops.affine(w, xs, b).tanh(), ops.affine(w, xs, Value(1.0)).tanh()]
    (a,) = [ops.affine(w, hidden, b).tanh()]
    found = recognised(losses.quadratic(a, 1.0))
    assert found.sizes == [2, 2, 1] and activations(found) == [xs, hidden, [a]]
    assert len(found.parameters) == 4 and found.units[0].w == found.units[2].w == tuple(w)
    assert found.names[w[0]] == 'w³₁₁' and found.names[b] == 'b³₁'


def test_the_input_may_be_computed_and_used_twice():
    x = Value(0.5)
    trace = MLP(2, [2, 1], rng=random.Random(0)).trace([x * 2, x])
    found = recognised(losses.quadratic(trace.output, [0.0]))
    assert activations(found) == trace.activations and x not in found.region
    twice = MLP(2, [2], rng=random.Random(0)).trace([x, x])
    assert recognised(losses.quadratic(twice.output, [0.0, 1.0])).inputs == (x, x)


def two_samples(a):
    net = MLP(2, [2])
    return losses.mean([losses.quadratic(net([x, 1.0]), [0.0, 0.0]) for x in (0.0, 1.0)])


def two_activations_of_one_z(a):
    trace = MLP(2, [1]).trace([0.5, 1.0])
    return trace.output[0] + trace.zs[0][0].softplus()


@pytest.mark.parametrize('make', [
    lambda a: Value(1.0) * 2,
    two_samples,
    two_activations_of_one_z,
    lambda a: ops.affine([Value(1.0)], [Value(2.0)], Value(3.0)),
    lambda a: ops.affine([Value(1.0) * 2], [Value(2.0)], Value(3.0)).tanh(),
    lambda a: MLP(2, [1])([x * 2 for x in a]),
    lambda a: MLP(3, [1])([*a, Value(1.0)]),
    lambda a: MLP(3, [1])([*a, a[0]]),
    lambda a: MLP(2, [1])(a) + MLP(2, [1])(a[::-1]),
    lambda a: ops.total([*a, *MLP(2, [2])([1.0, 2.0])]),
])  # fmt: skip
def test_what_is_not_one_network(make):
    """식, 표본 둘, 활성화가 둘이거나 없는 affine, 계산한 가중치, 앞 층의 출력만 한 번씩 받지 않는 층, 갈라진 층, 나란한 둘."""
    assert recognised(make(MLP(2, [3, 2], rng=random.Random(0))([0.0, 1.0]))) is None


# 손실 -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize('loss', LOSSES, ids=lambda loss: loss.__name__)
@pytest.mark.parametrize('kind', [float, Value], ids=['number', 'Value'])
@pytest.mark.parametrize('shuffled', [False, True])
def test_every_loss_is_recognised(loss, kind, shuffled):
    trace = trace_of(2, [3, 4])
    outputs, ys = list(trace.output), [0.0, 1.0, 1.0, 0.0]
    if shuffled:
        random.Random(2).shuffle(outputs)
    given_targets = [kind(y) for y in ys]
    root = loss(outputs, given_targets)
    for found in (in_trace(trace, root), in_graph(topological(root)), recognised(root)):
        assert found.loss is loss and set(found.targets) == set(outputs)
        assert [found.targets[a].data for a in outputs] == ys
        assert list(found.targets) == found.outputs and found.goal == [y.data for y in found.targets.values()]
        assert kind is float or [found.targets[a] for a in outputs] == given_targets


@pytest.mark.parametrize('k', range(4))
@pytest.mark.parametrize('shuffled', [False, True])
def test_a_class_target_is_recognised(k, shuffled):
    trace = trace_of(2, [3, 4])
    outputs = trace.output[::-1] if shuffled else trace.output
    root = losses.softmax_cross_entropy(outputs, k)
    for found in (in_trace(trace, root), recognised(root)):
        assert found.loss is losses.softmax_cross_entropy and not found.targets
        assert found.goal == [int(a is outputs[k]) for a in found.outputs]


def half_of_squares(outputs, targets):
    gaps = [a - y for a, y in zip(outputs, targets, strict=True)]
    return ops.dot(gaps, gaps) / 2


def quadratic(outputs, targets):
    """이름만 quadratic 이다."""
    return ops.total([(a - y) ** 4 for a, y in zip(outputs, targets, strict=True)])


def third_of_squares(outputs, targets):
    gaps = [a - y for a, y in zip(outputs, targets, strict=True)]
    return ops.dot(gaps, gaps) / 3


def crossed(outputs, targets):
    """aⱼ − yⱼ 의 제곱이 아니라 서로 다른 차이의 곱."""
    gaps = [a - y for a, y in zip(outputs, targets, strict=True)]
    return ops.dot(gaps, gaps[::-1]) / 2


@pytest.mark.parametrize(('loss', 'record'), [
    (half_of_squares, losses.quadratic), (quadratic, None), (third_of_squares, None), (crossed, None),
    (lambda a, y: losses.quadratic(a, y) * 1, None), (lambda a, y: losses.quadratic(a[:1], y[:1]), None),
    (lambda a, y: losses.quadratic(a, [o.tanh() for o in a]), None), (lambda a, y: losses.quadratic(a, a[::-1]), None),
    (lambda a, y: losses.quadratic([a[0], a[0]], y), None), (lambda a, y: ops.logsumexp(a) - a[0].tanh(), None),
    (lambda a, y: losses.quadratic(a, [t * 2 for t in y]), losses.quadratic),
])  # fmt: skip
def test_a_loss_is_known_by_its_shape_not_by_its_name(loss, record):
    trace = trace_of()
    root = loss(trace.output, [Value(1.0), Value(0.0)])
    assert in_trace(trace, root).loss is record


def test_targets_of_an_unknown_loss_are_the_leaves_subtracted():
    trace, ys = trace_of(), [Value(1.0), Value(0.0)]
    found = recognised(quadratic(trace.output, ys))
    assert found.loss is None and found.targets == dict(zip(trace.output, ys, strict=True))
    assert recognised(ops.total([a * a for a in trace.output])).targets == {}


def test_a_user_op_that_looks_like_subtraction_is_not_a_gap():
    minus = ops.Op('minus', lambda m, x, y: x - y, (lambda z, x, y: 1, lambda z, x, y: -1))
    trace = trace_of()
    gaps = [minus(a, Value(y)) for a, y in zip(trace.output, (1.0, 0.0), strict=True)]
    found = recognised(ops.dot(gaps, gaps) / 2)
    assert found.loss is None and found.targets == {}


# 가정 2 ----------------------------------------------------------------------------------------------------------------


def test_an_autoencoder_keeps_assumption_two():
    """목표가 입력이면 출력만의 함수다. 입력은 입력의 이름을 지킨다."""
    trace = trace_of()
    found = recognised(losses.quadratic(trace.output, trace.activations[0]))
    assert found.loss is losses.quadratic and list(found.targets.values()) == trace.activations[0]
    assert found.strays == [] and [found.names[x] for x in found.inputs] == ['a¹₁', 'a¹₂']


@pytest.mark.parametrize('pick', [
    lambda net: net.units[0].w[1], lambda net: net.units[-1].b, lambda net: net.units[2].a, lambda net: net.units[-1].z,
], ids=['w', 'b', 'a', 'z'])  # fmt: skip
def test_the_node_that_breaks_assumption_two_is_named(pick):
    trace = trace_of()
    used = pick(in_trace(trace))
    penalty = used.square()
    found = in_trace(trace, losses.quadratic(trace.output, [1.0, 0.0]) + penalty)
    assert found.strays == [(penalty, used)] and found.loss is None and list(found.targets) == trace.output


def test_a_loss_that_is_a_value_inside_breaks_assumption_two():
    trace = trace_of()
    for inner in (trace.activations[1][0], trace.zs[0][1], trace.zs[1][0].parents[0], trace.activations[0][0]):
        found = in_trace(trace, inner)
        assert found.strays == [(inner, inner)] and found.order[-1] is inner and found.loss is None


def test_a_target_taken_from_inside_breaks_assumption_two():
    trace = trace_of()
    root = losses.quadratic(trace.output, trace.activations[1][:2])
    assert {used for _, used in in_trace(trace, root).strays} == set(trace.activations[1][:2])


# 사본 -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize('with_loss', [True, False])
def test_a_network_is_copied_with_its_graph(with_loss):
    trace = trace_of(2, [3, 1])
    root = losses.quadratic(trace.output, [1.0]) if with_loss else trace.output[0]
    net = recognised(root)
    order, copied = copy.deepcopy((net.order, net))
    twin = dict(zip(net.order, order, strict=True))
    assert copied.order == order and not set(order) & set(net.order)
    assert copied.layers == in_graph(order).layers and copied.inputs == tuple(twin[x] for x in net.inputs)
    assert copied.names == {twin[node]: name for node, name in net.names.items()}
    assert copied.loss is net.loss and copied.targets == {twin[a]: twin[y] for a, y in net.targets.items()}
    assert copied.root is (twin[root] if with_loss else None) and copied.sampled
