"""진단: 심은 잘못의 이름을 말하고, 건강한 신경망에서는 아무것도 찾지 않는다. 약한 식과 그 치료."""

import math
import random
import sys
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from micrograd_ko import MLP, Value, diagnose, equations, iris, losses, ops, train
from micrograd_ko.graph import local_derivatives
from micrograd_ko.learning import diagnosis
from micrograd_ko.learning.diagnosis import weak_formulas
from micrograd_ko.testing import exact

SEEDS = pytest.mark.parametrize('seed', [0, 1, 2])


def flowers(seed):
    rng = random.Random(seed)
    return iris.standardise(*iris.split(iris.load(), 0.2, rng))[0]


def network(seed, activation='sigmoid', output=None, sizes=(4, 8, 3)):
    return MLP(sizes[0], sizes[1:], activation, output, rng=random.Random(seed))


def codes(found):
    return [finding.code for finding in found.findings]


# 심은 잘못 --------------------------------------------------------------------------------------------------------------

def saturated(seed):
    net = network(seed)
    for p in net.layers[0].parameters():
        p.data *= 60
    return net, flowers(seed), losses.quadratic, 1.0


def dead_relus(seed):
    net = network(seed, 'relu', 'linear')
    for neuron in net.layers[0].neurons[::2]:
        neuron.b.data = -20.0
    return net, flowers(seed), losses.softmax_cross_entropy, 0.05


def exploding_rate(seed):
    return network(seed, 'tanh', 'linear'), flowers(seed), losses.softmax_cross_entropy, 50.0


def zero_inputs(seed):
    return network(seed), [([x * 1e-4 for x in xs], label) for xs, label in flowers(seed)], losses.quadratic, 1.0


def weak_formula(seed):
    """손실에 log(1 + 1e-10·C) 를 더한 것."""
    def loss(a, y):
        c = losses.quadratic(a, [float(y == j) for j in range(3)])
        return c + ops.log(1 + 1e-10 * c)

    return network(seed), flowers(seed), loss, 1.0


def vanishing(seed):
    return network(seed, sizes=(4, 8, 8, 8, 8, 8, 3)), flowers(seed), losses.quadratic, 1.0


def exploding_errors(seed):
    net = network(seed, 'relu', 'linear', sizes=(4, 8, 8, 8, 3))
    for layer in net.layers[1:]:
        for p in layer.parameters():
            p.data *= 30
    return net, flowers(seed), losses.quadratic, None


def stuck_outputs(seed):
    net = network(seed)
    for neuron in net.layers[-1].neurons:
        neuron.b.data = 12.0
    return net, flowers(seed), losses.quadratic, 1.0


@SEEDS
@pytest.mark.parametrize(('plant', 'code', 'where'), [
    (saturated, 'saturated', '2층'), (dead_relus, 'dead', '2층'), (exploding_rate, 'rate', 'η'), (zero_inputs, 'inputs', '2층'),
    (weak_formula, 'formula', ''), (vanishing, 'vanishing', '2층'), (exploding_errors, 'exploding', '2층'),
    (stuck_outputs, 'stuck', '출력층'),
])  # fmt: skip
def test_a_planted_fault_is_named(plant, code, where, seed):
    """심은 것만 말한다: 다른 이름은 나오지 않는다."""
    net, samples, loss, lr = plant(seed)
    before = [(p.data, p.grad) for p in net.parameters()]
    found = diagnose(net, samples, loss, lr=lr)
    assert set(codes(found)) == {code}
    assert [(p.data, p.grad) for p in net.parameters()] == before
    finding = found.findings[0]
    assert finding.severity == '경고' and where in finding.where and f'[{code}] {finding.where}: ' in str(found)
    assert finding.sentence in str(found) and finding.cure in str(found)


@SEEDS
@pytest.mark.parametrize('epochs', [0, 2, 60])
@pytest.mark.parametrize(('activation', 'output', 'loss', 'lr'), [
    ('sigmoid', None, losses.quadratic, 1.0), ('sigmoid', None, losses.cross_entropy, 0.3),
    ('tanh', 'linear', losses.softmax_cross_entropy, 0.05), ('relu', 'linear', losses.softmax_cross_entropy, 0.05),
    ('sigmoid', 'linear', losses.sigmoid_cross_entropy, 0.3),
])  # fmt: skip
def test_a_healthy_network_has_nothing(activation, output, loss, lr, epochs, seed):
    """배우기 전에도, 배우는 동안에도, 배운 뒤에도."""
    net, samples = network(seed, activation, output), flowers(seed)
    if epochs:
        train.fit(net, samples, loss, epochs=epochs, lr=lr, rng=seed)
    assert diagnose(net, samples, loss, lr=lr).findings == []


def test_the_suggested_rate_lowers_the_loss():
    net, samples, loss, _ = exploding_rate(0)
    (finding,) = diagnose(net, samples, loss, lr=50.0).findings
    rate = float(finding.cure.split()[1])
    before = train.fit(network(0, 'tanh', 'linear'), samples, loss, epochs=1, lr=1e-12, rng=0).loss[0]
    history = train.fit(net, samples, loss, epochs=1, batch_size=len(samples), lr=rate, rng=0)
    assert 0 < rate < 50 and history.loss[0] < before


def test_the_cures_cure():
    """포화된 망은 초깃값을 줄이면, 굳은 출력은 교차 엔트로피면 배운다."""
    net, samples, loss, _ = stuck_outputs(0)
    again, *_ = stuck_outputs(0)
    slow = train.fit(net, samples, loss, epochs=10, lr=0.5, rng=0)
    quick = train.fit(again, samples, losses.cross_entropy, epochs=10, lr=0.5, rng=0)
    assert slow.accuracy[-1] < 0.7 and quick.accuracy[-1] > 0.9


# 잰 것 ------------------------------------------------------------------------------------------------------------------

def test_what_is_measured_is_the_note():
    """입력 a, σ′(z), δ 와 갱신의 크기를 행렬 방정식으로 다시 잰다."""
    net, samples = network(3), flowers(3)[:7]
    found = diagnose(net, (np.array([x for x, _ in samples]), np.array([y for _, y in samples])), lr=0.5)
    weights, biases = net.matrices()
    nabla = [np.zeros_like(w) for w in weights], [np.zeros_like(b) for b in biases]
    for i, (x, label) in enumerate(samples):
        zs, activations = equations.feedforward(weights, biases, x)
        deltas = equations.errors(weights, zs, activations[-1], np.eye(3)[label])
        for l, facts in enumerate(found.layers):
            assert facts.inputs[i] == pytest.approx(activations[l]) and facts.deltas[i] == pytest.approx(deltas[l], rel=1e-9)
            assert facts.outputs[i] == pytest.approx(activations[l + 1])
            assert facts.slopes[i] == pytest.approx(equations.sigma_prime(zs[l], 'sigmoid'))
            nabla[0][l] += np.outer(deltas[l], activations[l]) / len(samples)
            nabla[1][l] += deltas[l] / len(samples)
    for facts, dw, db, w in zip(found.layers, *nabla, weights, strict=True):  # b = 0 에서 시작했다
        expected = 0.5 * math.hypot(np.linalg.norm(dw), np.linalg.norm(db)) / np.linalg.norm(w)
        assert facts.update == pytest.approx(expected, rel=1e-9) and facts.layer in (2, 3)
    assert diagnose(net, samples).layers[0].update is None


def test_many_samples_are_thinned():
    x = np.random.default_rng(0).normal(size=(1000, 4))
    assert len(diagnose(network(0), (x, np.zeros(1000, int))).layers[0].inputs) == diagnosis.MOST_SAMPLES


def test_the_first_nonfinite_node_and_an_undefined_one_are_errors():
    net = network(0, 'relu', 'linear')
    net.layers[0].neurons[0].w[0].data = 1e308
    net.layers[0].neurons[0].b.data = 1e308
    (finding,) = diagnose(net, [([1.0, 0.0, 0.0, 0.0], 1)], losses.quadratic).findings
    assert (finding.severity, finding.code, finding.where) == ('오류', 'nonfinite', '표본 0') and 'z²₁' in finding.sentence
    (finding,) = diagnose(network(0, 'log'), flowers(0)).findings
    assert finding.code == 'undefined' and 'log' in finding.sentence


@pytest.mark.parametrize('lr', [0, -1, math.nan, math.inf, '0.1'])
def test_a_rate_that_no_step_takes_is_refused(lr):
    """진단의 학습률은 배울 때의 것이다: 일정이면 첫 스텝의 것을 잰다."""
    with pytest.raises((TypeError, ValueError), match='학습률'):
        diagnose(network(0), flowers(0), lr=lr)
    found, expected = [diagnose(network(0), flowers(0), lr=rate) for rate in (lambda step: 0.5 / (step + 1), 0.5)]
    assert str(found) == str(expected)


def test_it_prints_and_is_a_document():
    found = diagnose(*saturated(0)[:2], lr=1.0)
    assert str(found).startswith('진단: 1가지를 찾았다') and '경고 [saturated] 2층' in str(found) and 'sigmoid' in str(found)
    assert '<table>' in found.html() and 'begin{gather*}' in found.latex()
    assert '아무것도 찾지 못했다' in str(diagnose(network(0), flowers(0)))


def test_exact_networks_are_diagnosed_too():
    net = MLP(1, [1], 'linear', init=lambda rng, nin: ([Fraction(1, 3)], Fraction(0)))
    assert diagnose(net, [([Fraction(1, 2)], Fraction(1))], lr=Fraction(1, 10)).findings == []
    assert type(net.parameters()[0].data) is Fraction


# 약한 식 -----------------------------------------------------------------------------------------------------------------

def big(a, b):
    return ops.log(ops.exp(a) + ops.exp(b))


@pytest.mark.parametrize(('write', 'xs', 'cure'), [
    (lambda x: ops.log(1 + x), [1e-10], 'log1p(x₁)'), (lambda x: ops.exp(x) - 1, [1e-10], 'expm1(x₁)'),
    (lambda x: 1 - ops.sigmoid(x), [40.0], 'σ(−x₁)'), (lambda x: ops.log(1 + ops.exp(x)), [-40.0], 'softplus(x₁)'),
    (big, [-743.0, -742.5], 'logsumexp(x₁, x₂)'), (lambda x: (x + 1e16) - 1e16, [1e-3], 'x₁'),
    (lambda x: 1 - ops.tanh(x) ** 2, [0.5], None), (ops.log1p, [1e-10], None), (ops.sub, [1.0, 1.0 + 1e-12], None),
    (lambda x: ops.log(1 + x), [1.0], None), (ops.log, [1 + 1e-10], None),
])  # fmt: skip
def test_a_weak_formula_is_cured_by_a_row_of_the_table(write, xs, cure):
    values = [Value(x, f'x{"₁₂"[i]}') for i, x in enumerate(xs)]
    found = weak_formulas(write(*values))
    if cure is None:
        assert found == []
    else:
        (finding,) = found
        assert finding.cure.startswith(f'{cure} = ') and '상대 오차' in finding.sentence
        better = float(finding.cure.split(' = ')[1].split()[0])
        truth = write(*[exact(x) for x in xs])
        assert abs(exact(better) - truth) < abs(truth) * exact(1e-13)


@given(st.floats(1e-40, 1e-7))
def test_every_small_argument_of_log_needs_log1p(x):
    assume(abs((1 + x) - 1 - x) > 1e-9 * x)  # 2⁻³⁰ 처럼 1 + x 가 정확한 x 도 있다
    (finding,) = weak_formulas(ops.log(1 + Value(x, 'x')))
    assert finding.cure.startswith('log1p(x) = ')


def test_the_name_of_a_node_is_written_as_it_is():
    (finding,) = weak_formulas(ops.log(1 + Value(1e-10, 'a*b - c')))
    assert finding.cure.startswith('log1p(a*b - c) = ')
    (finding,) = weak_formulas(1 - ops.sigmoid(Value(40.0, 'a - b')))
    assert finding.cure.startswith('σ(−(a - b)) = ')


def test_the_condition_number_is_from_the_partials_of_the_table():
    x, y = Value(3.0), Value(3.0 - 1e-9)
    z = x - y
    assert local_derivatives(z) == (1, -1)
    assert diagnosis._condition(z) == (x.data + y.data) / z.data


def test_without_mpmath_nothing_is_compared(monkeypatch):
    monkeypatch.setitem(sys.modules, 'micrograd_ko.kinds.precise', None)
    assert weak_formulas(ops.log(1 + Value(1e-10))) == []


@pytest.mark.parametrize(('net', 'samples', 'options', 'match'), [
    (Value(1.0), [([1.0], 1.0)], {}, 'MLP'), (MLP(1, [1]), None, {}, '표본'),
    (MLP(1, [1]), [([1.0], 1.0)], {'loss': 'quadratic'}, 'loss'), (MLP(1, [1]), [([1.0], 1.0)], {'lr': 'a'}, '학습률'),
])  # fmt: skip
def test_what_cannot_be_diagnosed_is_told(net, samples, options, match):
    with pytest.raises(TypeError, match=match):
        diagnose(net, samples, **options)
