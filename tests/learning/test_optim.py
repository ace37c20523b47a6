"""최적화: 식을 Fraction 으로 푼 스텝, PyTorch 가 적은 갱신, 수와 배열의 같은 비트, 일정과 자르기, 잘못 쓴 것."""

import math
import random
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_ko import MLP, SGD, Adam, AdamW, Value, optim
from micrograd_ko.testing import exact

GRADIENTS = st.lists(st.fractions(-3, 3, max_denominator=8), min_size=1, max_size=6)
SMALL = st.fractions(Fraction(1, 8), Fraction(3, 4), max_denominator=8)


def walked(optimizer, gradients):
    """기울기를 차례로 주었을 때 파라미터가 지나는 값들."""
    (p,) = optimizer.parameters
    for g in gradients:
        p.grad = g
        optimizer.step()
        yield p.data


# 식 ---------------------------------------------------------------------------------------------------------------------

@given(GRADIENTS, SMALL, SMALL, SMALL)
def test_momentum_and_l2_are_the_equations_in_fractions(gradients, eta, mu, decay):
    """g ← g + λw, v ← μv + g, w ← w − ηv (PyTorch 의 SGD: 처음의 v 는 g 이고 dampening 은 0)."""
    w, v = Fraction(1), None
    optimizer = SGD([Value(w)], eta, momentum=mu, weight_decay=decay)
    for gradient, found in zip(gradients, walked(optimizer, gradients), strict=True):
        g = gradient + decay * w
        v = g if v is None else mu * v + g
        w -= eta * v
        assert found == w and type(found) is Fraction


def pytorch(kind, gradients, w, eta, betas, eps, decay):
    """torch.optim.Adam, AdamW 의 문서에 적힌 알고리즘(amsgrad 와 maximize 없이)을 200자리로."""
    eta, (beta1, beta2), eps, decay = exact(eta), map(exact, betas), exact(eps), exact(decay)
    w, m, v = exact(w), exact(0), exact(0)
    for t, gradient in enumerate(map(exact, gradients), 1):
        g = gradient if kind is AdamW else gradient + decay * w
        w = w - eta * decay * w if kind is AdamW else w
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
        w = w - eta * m_hat / (v_hat**0.5 + eps)
        yield w, m, v


@given(GRADIENTS, st.sampled_from([Adam, AdamW]), st.floats(1e-3, 0.5), st.sampled_from([0, 0.01, 0.3]))
def test_adam_follows_the_published_algorithm_at_200_digits(gradients, kind, eta, decay):
    """스텝마다 열 번 안팎의 연산: 1 쯤인 수의 반올림이 1e-13 을 넘지 않는다. (1 − βᵗ 의 상대 오차는 2ε/(1 − β₂) 까지다.)"""
    floats = [float(g) for g in gradients]
    optimizer = kind([Value(1.0)], eta, weight_decay=decay)
    for found, (w, m, v) in zip(walked(optimizer, floats), pytorch(kind, floats, 1, eta, (0.9, 0.999), 1e-8, decay), strict=True):
        assert abs(exact(found) - w) < 1e-11
        (ours_m,), (ours_v,) = optimizer.memory
        assert abs(exact(ours_m) - m) < 1e-14 and abs(exact(ours_v) - v) < 1e-14


@given(GRADIENTS)
def test_the_memory_of_adam_is_exact_in_fractions(gradients):
    optimizer = Adam([Value(Fraction(1))], Fraction(1, 10), betas=(Fraction(9, 10), Fraction(99, 100)), eps=Fraction(1, 10**8))
    m = v = Fraction(0)
    for _, g in zip(walked(optimizer, gradients), gradients, strict=True):
        m, v = Fraction(9, 10) * m + Fraction(1, 10) * g, Fraction(99, 100) * v + Fraction(1, 100) * g * g
        assert optimizer.memory == [[m], [v]]


def test_steps_worked_out_by_hand():
    """w = 1, 기울기 0.5, −0.25, 1.0, lr = 0.1 에서 PyTorch 문서의 갱신을 손으로 푼 값. SGD 는 momentum 0.9, weight_decay 0.1."""
    gradients = [0.5, -0.25, 1.0]
    found = list(walked(SGD([Value(1.0)], 0.1, momentum=0.9, weight_decay=0.1), gradients))
    assert found == pytest.approx([0.94, 0.9016, 0.758024])
    assert next(walked(Adam([Value(1.0)], 0.1), gradients)) == pytest.approx(0.9, abs=1e-8)  # 첫 스텝은 언제나 η·부호(g)
    assert next(walked(AdamW([Value(1.0)], 0.1), gradients)) == pytest.approx(0.899, abs=1e-8)


# 수와 배열 ---------------------------------------------------------------------------------------------------------------

MAKERS = [
    lambda p: SGD(p, 0.1), lambda p: SGD(p, 0.1, momentum=0.9, weight_decay=0.01), lambda p: Adam(p, 0.01, weight_decay=0.1),
    lambda p: AdamW(p, lambda step: 0.1 / (step + 1)), lambda p: SGD(p, 0.1, clip=0.5), lambda p: Adam(p, clip=2.0),
]


@pytest.mark.parametrize('make', MAKERS)
def test_values_and_a_vector_move_to_the_same_bits(make):
    rng = np.random.default_rng(1)
    start, gradients = rng.normal(size=7), rng.normal(size=(5, 7))
    one, other = [make([Value(float(x)) for x in start]) for _ in range(2)]
    other.memory = [np.array(column, float) for column in other.memory]
    vector = start
    for g in gradients:
        for p, x in zip(one.parameters, g.tolist(), strict=True):
            p.grad = x
        one.step()
        vector = other.moved(vector, g)
        assert [p.data for p in one.parameters] == vector.tolist() and one.steps == other.steps
    assert one.state_dict() == other.state_dict()
    assert [p.data for p in other.parameters] == start.tolist()  # 배열의 스텝은 Value 를 건드리지 않는다


@pytest.mark.parametrize('make', MAKERS)
def test_a_state_goes_on_where_it_was(make):
    gradients = [0.3, -2.0, 1.0, 0.25]
    whole, first, second = (make([Value(1.0)]) for _ in range(3))
    path = list(walked(whole, gradients))
    assert list(walked(first, gradients[:2])) == path[:2]
    second.parameters[0].data = first.parameters[0].data
    second.load_state_dict(first.state_dict())
    assert list(walked(second, gradients[2:])) == path[2:]
    assert list(walked(first, gradients[2:])) == path[2:]  # 되돌린 상태는 나누어 쓰지 않는다
    state = second.state_dict()
    second.load_state_dict({**state, 'memory': [np.array(column) for column in state['memory']]})
    assert second.state_dict() == state


@pytest.mark.parametrize(('wrong', 'error'), [
    ({}, ValueError), (None, ValueError), ({'steps': 1}, ValueError), ({'steps': 1, 'memory': []}, ValueError),
    ({'steps': 1, 'memory': [[1.0], [1.0]]}, ValueError), ({'steps': -1, 'memory': [[1.0, 2.0]] * 2}, ValueError),
    ({'steps': 'a', 'memory': [[1.0, 2.0]] * 2}, ValueError), ({'steps': 1, 'memory': [[1.0, 'b'], [1.0, 2.0]]}, TypeError),
    ({'steps': 1, 'memory': [1.0, 2.0]}, ValueError), ({'steps': 1, 'memory': 3}, ValueError),
    (SGD([Value(1.0)], 0.1).state_dict(), ValueError),
])  # fmt: skip
def test_a_state_of_something_else_is_refused_and_nothing_changes(wrong, error):
    optimizer = Adam([Value(1.0), Value(2.0)], 0.1)
    before = optimizer.state_dict()
    with pytest.raises(error):
        optimizer.load_state_dict(wrong)
    assert optimizer.state_dict() == before
    optimizer.step()


@pytest.mark.parametrize('wrong', [{'betas': (0.9,)}, {'betas': (0.9, 0.9, 0.9)}, {'betas': 0.9}, {'eps': 0}, {'eps': math.inf}])
def test_what_would_divide_by_zero_or_is_no_pair_is_told(wrong):
    with pytest.raises((ValueError, TypeError), match=f'{next(iter(wrong))} 는'):
        Adam([Value(1.0)], 0.1, **wrong)


def test_numpy_numbers_are_taken_as_numbers():
    """NumPy 의 수로 준 설정도 파이썬 수가 된다: `.data` 에 NumPy 의 수가 새지 않는다."""
    for optimizer in (SGD([Value(1.0)], np.float64(0.1), np.float32(0.5), np.float64(0.1), np.int64(3)),
                      Adam([Value(1.0)], np.float64(0.1), np.array([0.5, 0.5]), np.float64(0.1))):  # fmt: skip
        assert [type(x) for x in walked(optimizer, [2.0, 3.0])] == [float, float]
        assert {type(x) for x in optimizer.settings.values()} <= {float, int, str, type(None)}


def test_a_step_that_fails_changes_nothing():
    a, b = Value(1.0), Value(1.0)
    optimizer = Adam([a, b], lambda step: 0.1 if step == 0 else 'fast')
    a.grad, b.grad = 1.0, 2.0
    optimizer.step()
    before = [a.data, b.data], optimizer.state_dict()
    with pytest.raises(TypeError, match='학습률의 일정'):
        optimizer.step()
    b.grad, b.name, optimizer.lr = 10**400, 'w²₁₁', 0.1
    with pytest.raises(OverflowError, match=r'float 의 범위.*w²₁₁'):
        optimizer.step()
    assert ([a.data, b.data], optimizer.state_dict()) == before


@pytest.mark.parametrize('make', MAKERS)
@pytest.mark.parametrize('huge', [10**400, -(10**400), Fraction(10**400, 3)], ids=['int', 'negative', 'Fraction'])
def test_a_gradient_beyond_floats_is_told_and_nothing_moves(make, huge):
    parameters = [Value(1.0), Value(1.0, 'w')]
    optimizer = make(parameters)
    before = optimizer.state_dict()
    parameters[1].grad = huge
    with pytest.raises(OverflowError, match=r"float 의 범위.*name='w'"):
        optimizer.step()
    assert [p.data for p in parameters] == [1.0, 1.0] and optimizer.state_dict() == before


# 일정과 자르기 ------------------------------------------------------------------------------------------------------------

def test_schedules_are_functions_of_the_step():
    halved = optim.exponential(Fraction(1), Fraction(1, 2), every=2)
    assert [halved(step) for step in range(5)] == [1, 1, Fraction(1, 2), Fraction(1, 2), Fraction(1, 4)]
    cosine = optim.cosine(1.0, 4, end=0.2)
    assert [cosine(step) for step in (0, 2, 4, 9)] == pytest.approx([1.0, 0.6, 0.2, 0.2])
    assert all(cosine(step) > cosine(step + 1) for step in range(4))
    assert [optim.warmup(Fraction(1), 4)(step) for step in range(6)] == [Fraction(1, 4), Fraction(1, 2), Fraction(3, 4), 1, 1, 1]
    assert optim.warmup(optim.exponential(Fraction(8), Fraction(1, 2)), 2)(1) == 4
    used = []
    optimizer = SGD([Value(0.0)], lambda step: used.append(step) or 0.5 ** (step + 1))
    assert list(walked(optimizer, [-1.0] * 3)) == [0.5, 0.75, 0.875] and used == [0, 1, 2]


@given(st.lists(st.floats(-1e200, 1e200), min_size=1, max_size=5), st.floats(1e-3, 1e3))
def test_clipping_shortens_the_whole_gradient_and_keeps_its_direction(gradient, clip):
    parameters = [Value(0.0) for _ in gradient]
    for p, g in zip(parameters, gradient, strict=True):
        p.grad = g
    SGD(parameters, 1.0, clip=clip).step()
    moved, length = [-p.data for p in parameters], math.hypot(*gradient)
    assert math.hypot(*moved) == pytest.approx(min(length, clip), rel=1e-12)
    assert moved == pytest.approx([g * min(1, clip / length) if length else g for g in gradient], rel=1e-12)


# 잘못 쓴 것 ---------------------------------------------------------------------------------------------------------------

NET = MLP(2, [1], rng=random.Random(0))


@pytest.mark.parametrize(('make', 'error', 'match'), [
    (lambda: SGD([], 0.1), ValueError, '하나도 없습니다'),
    (lambda: Adam(NET, 0.1), TypeError, r'net\.parameters\(\)'), (lambda: Adam(NET.layers[0], 0.1), TypeError, r'parameters\(\)'),
    (lambda: SGD(Value(1.0), 0.1), TypeError, '목록'), (lambda: SGD([1.0], 0.1), TypeError, 'float 1.0'),
    (lambda: SGD([NET.layers[0].neurons[0].b] * 2, 0.1), ValueError, '두 번'),
    (lambda: SGD(NET.parameters(), np.ones(3)), TypeError, '학습률'), (lambda: SGD(NET.parameters(), '0.1'), TypeError, 'str'),
    (lambda: SGD(NET.parameters(), True), TypeError, 'bool'), (lambda: SGD(NET.parameters(), None), TypeError, 'NoneType'),
    *[(lambda lr=lr: SGD(NET.parameters(), lr), ValueError, '학습률') for lr in (0, -0.1, math.nan, math.inf)],
    (lambda: SGD(NET.parameters(), 0.1, momentum=1), ValueError, 'momentum'),
    (lambda: SGD(NET.parameters(), 0.1, weight_decay=-1), ValueError, 'weight_decay'),
    (lambda: SGD(NET.parameters(), 0.1, clip=0), ValueError, 'clip'),
    (lambda: Adam(NET.parameters(), betas=(0.9, 1.0)), ValueError, 'betas'),
    (lambda: Adam(NET.parameters(), eps=-1), ValueError, 'eps'),
    (lambda: list(walked(SGD([Value(1.0)], lambda step: -1.0), [1.0])), ValueError, '일정'),
    *[(lambda make=make, steps=steps: make(0.1, steps), ValueError, 'steps 는 양의 정수')
      for make in (optim.cosine, optim.warmup) for steps in (0, -3, 2.5, '9', None)],
    *[(lambda every=every: optim.exponential(0.1, 0.5, every), ValueError, 'every 는 양의 정수') for every in (0, -1, 0.5)],
    *[(lambda make=make, lr=lr: make(lr, 3), ValueError, 'lr 은.*양수')
      for make in (optim.cosine, optim.warmup, optim.exponential) for lr in (0, -0.1, math.nan)],
    (lambda: optim.cosine('a', 3), TypeError, 'lr 은.*str'), (lambda: optim.cosine(lambda step: 0.1, 3), TypeError, 'lr 은'),
    (lambda: optim.exponential(0.1, 'a'), TypeError, 'factor 는.*str'), (lambda: optim.exponential(0.1, 0), ValueError, 'factor'),
    *[(lambda end=end: optim.cosine(0.1, 3, end), ValueError, 'end 는 0 이상의 수') for end in (-0.1, math.nan, math.inf)],
    (lambda: optim.cosine(0.1, 3, None), TypeError, 'end 는'), (lambda: optim.warmup(None, 3), TypeError, 'lr 은'),
])  # fmt: skip
def test_what_is_wrong_is_told(make, error, match):
    with pytest.raises(error, match=match):
        make()
