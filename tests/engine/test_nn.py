"""신경망: 노드의 수와 이름, 행렬에서 만들기, 순전파의 기록, 잘못된 입력."""

import copy
import pickle
import random
from fractions import Fraction

import numpy as np
import pytest

from micrograd_ko import MLP, Layer, Neuron, Value, losses, ops, topological

NOTE = MLP.from_matrices([[[0.4, 0.6], [0.1, 0.9]]], [[0.2, 0.1]])


def test_the_worked_example_of_the_note():
    trace = NOTE.trace([0.5, 0.3])
    assert [round(z.data, 12) for z in trace.zs[0]] == [0.58, 0.42]
    assert [round(a.data, 3) for a in trace.output] == [0.641, 0.603]


def test_a_neuron_is_exactly_two_nodes():
    neuron = Neuron(3, 'tanh', rng=random.Random(0))
    a = neuron([1.0, 2.0, 3.0])
    (z,) = a.parents
    assert a.op is ops.tanh and z.op is ops.affine
    assert z.parents[:3] == tuple(neuron.w) and z.parents[-1] is neuron.b
    assert len(topological(a)) == 2 + 3 + 3 + 1


def test_linear_is_identity_and_still_two_nodes():
    a = Neuron(1, 'linear')([1.0])
    assert a.op is ops.identity and a.data == a.parents[0].data


def test_names_follow_the_note():
    net = MLP(2, [3, 2])
    assert [name for name, _ in net.named_parameters()] == [
        'w²₁₁', 'w²₁₂', 'b²₁', 'w²₂₁', 'w²₂₂', 'b²₂', 'w²₃₁', 'w²₃₂', 'b²₃',
        'w³₁₁', 'w³₁₂', 'w³₁₃', 'b³₁', 'w³₂₁', 'w³₂₂', 'w³₂₃', 'b³₂',
    ]  # fmt: skip
    trace = net.trace([1.0, Value(2.0, '내 입력')])
    assert [a.name for a in trace.activations[0]] == ['a¹₁', '내 입력']
    assert [z.name for z in trace.zs[1]] == ['z³₁', 'z³₂'] and [a.name for a in trace.output] == ['a³₁', 'a³₂']


def test_names_with_wide_layers_and_many_layers():
    net = MLP(3, [10] + [1] * 8)
    assert net.layers[0].neurons[9].w[2].name == 'w²₁₀,₃'
    assert net.trace([0, 0, 0]).zs[8][0].name == 'z¹⁰₁'
    assert [p.name for p in Neuron(2).parameters()] == ['w₁', 'w₂', 'b']


def test_values_given_as_inputs_are_kept():
    x = Value(0.5)
    trace = NOTE.trace([x, 0.3])
    assert trace.activations[0][0] is x
    losses.quadratic(trace.output, [0, 0]).backward()
    assert x.grad != 0


def test_shapes_of_results():
    assert isinstance(MLP(2, [3, 1])([1, 2]), Value) and len(MLP(2, [3, 2])([1, 2])) == 2
    assert len(Layer(2, 1)([1, 2])) == 1 and isinstance(Neuron(2)(np.array([1.0, 2.0])), Value)


def test_hidden_and_output_activations():
    net = MLP(2, [3, 3, 1], activation='relu', output='identity')
    assert [layer.neurons[0].activation.name for layer in net.layers] == ['relu', 'relu', 'identity']
    assert MLP(1, [1], activation=ops.power(3)).layers[0].neurons[0].activation is ops.power(3)


def test_the_same_seed_gives_the_same_network_and_init_is_used():
    one, two = MLP(3, [4, 2], rng=random.Random(7)), MLP(3, [4, 2], rng=random.Random(7))
    assert [p.data for p in one.parameters()] == [p.data for p in two.parameters()]
    assert all(neuron.b.data == 0 for layer in one.layers for neuron in layer.neurons)
    assert [p.data for p in Neuron(2, init=lambda rng, nin: ([1.0] * nin, 5.0)).parameters()] == [1.0, 1.0, 5.0]


def test_initial_weights_have_variance_one_over_nin():
    nin, count = 25, 4000
    weights = [w.data for neuron in Layer(nin, count // nin * 10, rng=random.Random(1)).neurons for w in neuron.w]
    # 표본 분산의 표준 오차는 σ²·√(2/n): 다섯 배면 거짓 경보는 백만에 하나보다 드물다
    assert np.var(weights) * nin == pytest.approx(1.0, abs=5 * (2 / len(weights)) ** 0.5)


def test_matrices_round_trip():
    net = MLP(3, [4, 2], rng=random.Random(3))
    weights, biases = net.matrices()
    assert [w.shape for w in weights] == [(4, 3), (2, 4)] and [b.shape for b in biases] == [(4,), (2,)]
    twin = MLP.from_matrices(weights, biases)
    assert [p.data for p in twin.parameters()] == [p.data for p in net.parameters()]
    exact = MLP.from_matrices([[[Fraction(1, 3), 2]]], [[Fraction(0)]], activation='relu')
    assert exact([Fraction(1), Fraction(1)]).data == Fraction(7, 3) and exact.matrices()[0][0].dtype == object


def test_deltas_are_the_gradients_of_z():
    trace = NOTE.trace([0.5, 0.3])
    with pytest.raises(RuntimeError, match='backward'):
        _ = trace.deltas
    losses.quadratic(trace.output, [1.0, 0.0]).backward()
    expected = [[(a.data - y) * a.data * (1 - a.data) for a, y in zip(trace.output, [1.0, 0.0], strict=True)]]
    assert trace.deltas[0] == pytest.approx(expected[0], rel=1e-14)


def test_zero_grad_and_copies():
    net = MLP(2, [2, 1], rng=random.Random(0))
    net([1.0, 2.0]).backward()
    for twin in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        assert [(p.name, p.data, p.grad) for p in twin.parameters()] == [(p.name, p.data, p.grad) for p in net.parameters()]
        twin.zero_grad()
        assert {p.grad for p in twin.parameters()} == {0} != {p.grad for p in net.parameters()}


@pytest.mark.parametrize('call', [Neuron(2), Layer(2, 3), MLP(2, [3, 1]), MLP(2, [1]).trace])
@pytest.mark.parametrize('x', [[1.0], [1.0, 2.0, 3.0], []])
def test_wrong_input_length(call, x):
    with pytest.raises(ValueError, match=rf'2개.*{len(x)}개'):
        call(x)


@pytest.mark.parametrize('x', [['1', '2'], [None, 1.0], [[1.0], [2.0]]])
def test_inputs_that_are_not_numbers(x):
    with pytest.raises(TypeError, match='Value'):
        NOTE(x)


@pytest.mark.parametrize('activation', ['sigmod', 'add', ops.add, None, 3])
def test_unknown_activation_lists_those_there_are(activation):
    with pytest.raises(ValueError, match=r'sigmoid.*tanh'):
        MLP(2, [1], activation=activation)


@pytest.mark.parametrize(('weights', 'biases', 'told'), [
    ([[[1, 2], [3]]], [[0, 0]], '2행'),
    ([[[1, 2]]], [[0, 0]], 'b 는'),
    ([[[1, 2]], [[1, 2]]], [[0], [0]], '층 3'),
    ([[[1, 2]]], [], '0개'),
    ([], [], '0개'),
    ([[1, 2]], [[0]], '행'),
    ([[]], [[]], '행'),
])  # fmt: skip
def test_ragged_or_mismatched_matrices(weights, biases, told):
    with pytest.raises(ValueError, match=told):
        MLP.from_matrices(weights, biases)


@pytest.mark.parametrize(('nin', 'nouts'), [(0, [1]), (2, [0]), (2.0, [1]), (2, [True])])
def test_wrong_sizes(nin, nouts):
    with pytest.raises(ValueError, match='양의 정수'):
        MLP(nin, nouts)


def test_init_of_the_wrong_length():
    with pytest.raises(ValueError, match=r'3개.*1개'):
        Neuron(3, init=lambda rng, nin: ([1.0], 0.0))
