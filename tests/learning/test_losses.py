"""손실 함수: 식과의 일치, 기울기, 길이의 검사. 손실의 기록이 말하는 것(∇ₐC, 식, 항)이 참인지."""

import math
import pickle
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_ko import MLP, DomainError, Value, diagnose, losses, ops
from micrograd_ko.testing import MP, exact

outputs = st.lists(st.floats(0.01, 0.99), min_size=1, max_size=5)


def values(xs):
    return [Value(x) for x in xs]


@given(outputs)
def test_quadratic_is_half_the_squared_distance(a):
    y = [0.5 - x for x in a]
    vs = values(a)
    loss = losses.quadratic(vs, y)
    loss.backward()
    assert loss.data == pytest.approx(sum((p - q) ** 2 for p, q in zip(a, y, strict=True)) / 2, rel=1e-14, abs=1e-300)
    assert [v.grad for v in vs] == [p - q for p, q in zip(a, y, strict=True)]


@given(outputs)
def test_cross_entropy(a):
    y = [i % 2 for i in range(len(a))]
    loss = losses.cross_entropy(values(a), y)
    assert loss.data == pytest.approx(-sum(math.log(p if q else 1 - p) for p, q in zip(a, y, strict=True)), rel=1e-13)


@given(st.lists(st.floats(-700, 700), min_size=2, max_size=5))
def test_softmax_cross_entropy_takes_a_class_or_one_hot_and_its_gradient_is_softmax_minus_one_hot(z):
    by_class, by_hot = values(z), values(z)
    one_hot = [1] + [0] * (len(z) - 1)
    for vs, target in ((by_class, 0), (by_hot, one_hot)):
        loss = losses.softmax_cross_entropy(vs, target)
        loss.backward()
        p = np.exp(np.array(z) - max(z))
        p /= p.sum()
        # 입력 700 의 ε 만큼의 상대 오차가 지수를 지나 확률에 그대로 온다
        assert [v.grad for v in vs] == pytest.approx(list(p - one_hot), abs=len(z) * 4 * 700 * 2**-52)


def test_hinge_is_zero_beyond_the_margin():
    vs = values([2.0, 0.5, -0.5])
    loss = losses.hinge(vs, [1, 1, 1])
    loss.backward()
    assert loss.data == 0.5 + 1.5 and [v.grad for v in vs] == [0, -1, -1]


@pytest.mark.parametrize(('loss', 'y', 'told'), [
    (losses.hinge, 0, r'−1 이나 1입니다. \[0\] .* -1 과 1 로'), (losses.hinge, 0.5, r'−1 이나 1입니다. \[0.5\]'),
    (losses.cross_entropy, -1, r'확률입니다. \[-1\] .* 0 과 1 로'), (losses.sigmoid_cross_entropy, 2.0, r'확률입니다. \[2.0\]'),
])  # fmt: skip
def test_a_target_of_another_loss_is_told(loss, y, told):
    """0 과 1 로 적은 클래스를 힌지에 주면 0 의 기울기가 소리 없이 사라지고, −1 의 교차 엔트로피는 아래로 끝이 없다."""
    net = MLP(2, [1], output='linear', rng=0)
    before = net.state_dict()
    for use in (lambda samples: net.fit(samples, loss, epochs=1, lr=0.1), lambda samples: diagnose(net, samples, loss)):
        with pytest.raises(ValueError, match=f'표본 1 의 목표 y 는 .*{told}'):
            use([([0.2, 0.1], 1), ([0.1, 0.2], y)])
    assert net.state_dict() == before
    net.fit([([0.2, 0.1], 1), ([0.1, 0.2], loss.classes[0])], losses.quadratic, epochs=1, lr=0.1)


@pytest.mark.parametrize('y', [[-1, 1], [1, 1], [0, 0], [0.5, 0.4]])
def test_the_targets_of_softmax_are_probabilities(y):
    """합이 1 이 아니면 손실의 끝이 없거나(−1 과 1, 여러 클래스) 최솟값에서도 확률이 목표가 아니다."""
    net = MLP(2, [2], output='linear', rng=0)
    with pytest.raises(ValueError, match=r'표본 0 의 목표 y 는 .*합이 1 인 확률'):
        net.fit([([0.1, 0.2], y)], losses.softmax_cross_entropy, epochs=1, lr=0.1)
    for soft in ([0.3, 0.7], np.float32([0.1, 0.9]), [1 / 3, 2 / 3]):
        net.fit([([0.1, 0.2], soft)], losses.softmax_cross_entropy, epochs=1, lr=0.1)


def test_a_softmax_of_one_output_has_nothing_to_learn():
    """확률이 언제나 1 이라 손실도 기울기도 0 이다: 정확도 0 % 를 적는 대신 알린다."""
    for y in (0, 1, [1.0]):
        with pytest.raises(ValueError, match=r'출력이 하나면.*sigmoid_cross_entropy'):
            MLP(2, [1], output='linear').fit([([0.1, 0.2], y)], losses.softmax_cross_entropy, epochs=1, lr=0.1)
    assert losses.softmax_cross_entropy([Value(3.0)], 0).data == 0


@given(st.lists(st.floats(-9, 9), min_size=2, max_size=5))
def test_the_answer_of_several_outputs_is_the_place_of_the_largest(outputs):
    for loss in losses.LOSSES.values():
        assert outputs[loss.answer(outputs)] == outputs[loss.answer(values(outputs))] == max(outputs)
    assert [losses.hinge.answer(Value(x)) for x in (-0.5, 0.25)] == [0, 1] and losses.quadratic.answer(0.25) == 0


def test_mean_is_the_mean_and_so_is_its_gradient():
    """노트의 가정 1: 미분에도 1/n 이 붙는다."""
    w = Value(2.0)
    losses.mean([w * x for x in (1.0, 2.0, 6.0)]).backward()
    assert w.grad == 3.0
    with pytest.raises(ValueError, match='하나 이상'):
        losses.mean([])


@pytest.mark.parametrize('loss', [losses.quadratic, losses.cross_entropy, losses.hinge, losses.softmax_cross_entropy])
def test_target_of_the_wrong_length(loss):
    with pytest.raises(ValueError, match=r'2개.*3개'):
        loss(values([0.1, 0.2]), [0, 1, 0])


def test_a_single_output_and_numpy_targets():
    assert losses.quadratic(Value(3.0), 1).data == 2.0
    assert losses.quadratic(values([3.0, 1.0]), np.array([1.0, 1.0])).data == 2.0


def test_class_out_of_range_and_certain_outputs():
    for wrong in (-1, 2):
        with pytest.raises(ValueError, match='0 부터 1'):
            losses.softmax_cross_entropy(values([0.1, 0.2]), wrong)
    for a, y in ((0.0, 1), (1.0, 0), (0.0, 0.5), (1.0, 0.5)):
        with pytest.raises(DomainError, match='xlogy') as caught:
            losses.cross_entropy([Value(a, 'a³₁')], [y])
        assert a == 1.0 or 'a³₁' in str(caught.value)


@pytest.mark.parametrize(('y', 'slope'), [(1, -1), (0, 1), (1.0, -1), (0.0, 1)])
def test_a_certain_and_right_output_costs_nothing(y, slope):
    """0·ln 0 은 0: 값과 ∂C/∂a 가 그래프에서도 행렬에서도 유한하고 옳다."""
    a = Value(float(y))
    loss = losses.cross_entropy(a, y)
    loss.backward()
    assert loss.data == 0 and a.grad == slope
    assert losses.cross_entropy.gradient(np.array([float(y)]), np.array([y])).tolist() == [slope]
    outputs = values([1.0, 0.0, 0.25])
    loss = losses.cross_entropy(outputs, [1, 0, 1])
    loss.backward()
    assert loss.data == -math.log(0.25) and [v.grad for v in outputs] == [-1, 1, -4]


@given(st.floats(-800, 800), st.sampled_from([0, 1, 0.25]))
def test_logits_keep_the_error_where_the_probability_is_rounded_away(z, y):
    """σ(z) 가 1 로 반올림되는 z = 40 에서도 C 와 δ = σ(z) − y 의 상대 오차가 몇 ulp 다. 800 에서도 넘치지 않는다."""
    v = Value(z)
    loss = losses.sigmoid_cross_entropy(v, y)
    loss.backward()
    e, q = MP.exp(exact(z)), exact(y)
    cost, error = q * MP.log1p(1 / e) + (1 - q) * MP.log1p(e), (1 - q) / (1 + 1 / e) - q / (1 + e)
    assert abs(exact(loss.data) - cost) <= 8 * 2.0**-52 * cost + exact(1e-322)
    assert abs(exact(v.grad) - error) <= 8 * 2.0**-52 * (abs(error) if y in (0, 1) else 1) + exact(1e-322)
    assert loss.data >= 0 and type(v.grad) is float


def test_the_loss_of_logits_is_the_loss_of_their_probabilities():
    z, y = [2.0, -1.5, 0.3], [1, 0, 0.5]
    of_logits = losses.sigmoid_cross_entropy(values(z), y)
    assert of_logits.data == pytest.approx(losses.cross_entropy([v.sigmoid() for v in values(z)], y).data, rel=1e-14)


# 기록 -----------------------------------------------------------------------------------------------------------------

class Truth(NamedTuple):
    """손실 하나에 대해 시험이 따로 아는 것: mpmath 로 적은 값, 출력과 목표를 뽑는 법."""

    value: Callable
    output: st.SearchStrategy
    target: st.SearchStrategy


TRUTHS = {
    'quadratic': Truth(
        lambda a, y: sum((p - q) ** 2 for p, q in zip(a, y, strict=True)) / 2, st.floats(-3, 3), st.floats(-2, 2),
    ),
    'cross_entropy': Truth(
        lambda a, y: -sum(q * MP.log(p) + (1 - q) * MP.log(1 - p) for p, q in zip(a, y, strict=True)),
        st.floats(0.01, 0.99), st.floats(0, 1),
    ),
    'sigmoid_cross_entropy': Truth(
        lambda a, y: sum(q * MP.log(1 + MP.exp(-p)) + (1 - q) * MP.log(1 + MP.exp(p)) for p, q in zip(a, y, strict=True)),
        st.floats(-5, 5), st.floats(0, 1),
    ),
    'softmax_cross_entropy': Truth(
        lambda a, y: MP.log(sum(map(MP.exp, a))) - sum(p * q for p, q in zip(a, y, strict=True)),
        st.floats(-5, 5), st.floats(0, 1),
    ),
    'hinge': Truth(
        lambda a, y: sum(max(MP.mpf(0), 1 - p * q) for p, q in zip(a, y, strict=True)),
        st.floats(-3, 3).filter(lambda a: abs(abs(a) - 1) > 1e-6), st.sampled_from([-1.0, 1.0]),
    ),
}  # fmt: skip
each_loss = pytest.mark.parametrize('name', losses.LOSSES)


@st.composite
def samples(draw, name):
    pairs = draw(st.lists(st.tuples(TRUTHS[name].output, TRUTHS[name].target), min_size=1, max_size=4))
    return [a for a, _ in pairs], [y for _, y in pairs]


def true_gradient(name, a, y):
    """∂C/∂aⱼ: 200자리에서의 중앙 차분(central difference), 간격 10⁻⁵⁰."""
    h = MP.mpf(10) ** -50
    a, y = [exact(x) for x in a], [exact(x) for x in y]

    def shifted(j, step):
        return TRUTHS[name].value([p + step * (i == j) for i, p in enumerate(a)], y)

    return [float((shifted(j, h) - shifted(j, -h)) / (2 * h)) for j in range(len(a))]


def evaluated(written):
    """수를 채운 식의 값."""
    signs = ('e^', 'exp'), ('σ', 'sigmoid'), ('−', '-'), ('·', '*'), ('×', '*'), ('½', '0.5'), ('²', '**2'), ('ln', 'log')
    for sign, code in (*signs, ('[', '('), (']', ')')):
        written = written.replace(sign, code)
    return float(eval(written, {'log': math.log, 'exp': math.exp, 'max': max, 'sigmoid': ops.sigmoid}))


def filled(form, a, y):
    return form.replace('aⱼ', f'({a!r})').replace('yⱼ', f'({y!r})')


@each_loss
@given(st.data())
def test_a_record_knows_the_true_gradient_and_so_does_the_graph(name, data):
    loss = losses.LOSSES[name]
    a, y = data.draw(samples(name))
    vs = values(a)
    cost = loss(vs, y)
    cost.backward()
    true = pytest.approx(true_gradient(name, a, y), rel=1e-11, abs=1e-13)
    assert loss.gradient(np.array(a), np.array(y)).tolist() == true and [v.grad for v in vs] == true
    assert cost.data == pytest.approx(float(TRUTHS[name].value(*[[exact(x) for x in xs] for xs in (a, y)])), abs=1e-12)


@each_loss
@given(st.data())
def test_the_formulas_of_a_record_filled_with_numbers_are_its_value_and_gradient(name, data):
    loss = losses.LOSSES[name]
    a, y = data.draw(samples(name))
    total = sum(map(math.exp, a))
    slopes = []
    for p, q in zip(a, y, strict=True):
        slopes.append(evaluated(filled(loss.slope.replace('softmax(a)ⱼ', repr(math.exp(p) / total)), p, q)))
    assert slopes == pytest.approx(loss.gradient(np.array(a), np.array(y)).tolist(), rel=1e-11, abs=1e-13)
    if loss.terms:
        whole, term = loss.terms
        written = ' + '.join([filled(term.replace('ln aⱼ', 'ln(aⱼ)'), p, q) for p, q in zip(a, y, strict=True)])
        assert evaluated(whole.format(written)) == pytest.approx(loss(values(a), y).data, abs=1e-12)
        assert term in loss.formula.replace('[', '').replace(']', '')


@each_loss
def test_a_record_is_described_and_pickled_as_itself(name):
    loss = losses.LOSSES[name]
    assert loss.__name__ == name and getattr(losses, name) is loss is pickle.loads(pickle.dumps(loss))
    assert 'C = ' in loss.__doc__ and loss.formula and loss.targets and f'{name}: C = {loss.formula}' in repr(loss)
    assert (loss is losses.quadratic) == (not loss.assumes)  # 노트의 손실만 덧붙일 말이 없다


def test_a_record_makes_the_vector_of_a_target():
    """클래스 번호는 출력이 여럿이면 어느 손실의 목표도 된다. 힌지는 −1 과 1 로 적는다."""
    array = np.array([1.0, 0.0])
    for loss in losses.LOSSES.values():
        off = -1 if loss is losses.hinge else 0
        assert loss.vector([0, 1], 2) == [0, 1] == loss.vector([Value(0), Value(1)], 2) and loss.vector(array, 2) == [1.0, 0.0]
        assert loss.vector(2, 3) == loss.vector(np.int64(2), 3) == [off, off, 1]
        for wrong in (-1, 3):
            with pytest.raises(ValueError, match='0 부터 2'):
                loss.vector(wrong, 3)
        assert loss.takes_class == (loss is losses.softmax_cross_entropy)
    assert losses.softmax_cross_entropy.vector(1, 3) == [0, 1, 0] == losses.softmax_cross_entropy.vector(np.int64(1), 3)
    for one in (1.0, np.array(1.0), np.array([1.0]), [1], Value(1.0)):  # 출력이 하나일 때의 원-핫: 클래스 번호 1 이 아니다
        assert losses.softmax_cross_entropy.vector(one, 1) == [1]
    assert losses.quadratic.vector(0.5, 1) == [0.5] and losses.hinge.vector(-1, 1) == [-1]
