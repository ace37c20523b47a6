"""float 차분의 판정: 참값은 mpmath 로 구한 미분이다. 옳은 기울기는 wrong 이 아니고, 틀린 기울기는 ok 가 아니다."""

import math
import random

import mpmath
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from micrograd_ko.testing.float_differences import FINEST, judged, measured_noise

FUNCTIONS = {  # 이름 → (float 함수, mpmath 의 미분)
    'sin': (math.sin, mpmath.cos),
    'exp': (math.exp, mpmath.exp),
    'log': (math.log, lambda x: 1 / x),
    'sqrt': (math.sqrt, lambda x: 1 / (2 * mpmath.sqrt(x))),
    'tanh': (math.tanh, lambda x: mpmath.sech(x) ** 2),
    'atan': (math.atan, lambda x: 1 / (1 + x * x)),
    'x³ − 2x': (lambda x: x**3 - 2 * x, lambda x: 3 * x**2 - 2),
    '1/(x − 1)²': (lambda x: 1 / (x - 1) ** 2, lambda x: -2 / (x - 1) ** 3),
    '(x − 1)⁷': (lambda x: (x - 1) ** 7, lambda x: 7 * (x - 1) ** 6),
    '|x − 1|': (lambda x: abs(x - 1), lambda x: mpmath.sign(x - 1)),
    'max(0, x)': (lambda x: max(0.0, x), lambda x: mpmath.mpf(x > 0)),
}
NEAR_ONE = st.builds(lambda sign, size: 1 + sign * 10.0**size, st.sampled_from((-1, 1)), st.floats(-9, -1))
ANYWHERE = st.builds(lambda sign, size: sign * 10.0**size, st.sampled_from((-1, 1)), st.floats(-9, 9))
NUMBERS = st.one_of(st.floats(-5, 5), NEAR_ONE, ANYWHERE)


def case(name, x):
    """(float 함수, 참 기울기). 그 점에서 정의되지 않으면 버린다."""
    f, slope = FUNCTIONS[name]
    try:
        f(x)
        with mpmath.workdps(50):
            truth = slope(mpmath.mpf(x))
    except (ArithmeticError, ValueError):
        assume(False)
    assume(name != '|x − 1|' or x != 1)
    return f, float(truth)


@settings(max_examples=300)
@given(st.sampled_from(sorted(FUNCTIONS)), NUMBERS)
def test_a_right_gradient_is_never_wrong(name, x):
    f, truth = case(name, x)
    assert judged(f, x, truth).verdict in ('ok', 'noisy', 'kink')


@settings(max_examples=300)
@given(st.sampled_from(sorted(FUNCTIONS)), NUMBERS, st.sampled_from((1.001, 0.999, -1.0, 2.0, math.nan, math.inf)))
def test_a_wrong_gradient_is_never_ok(name, x, factor):
    f, truth = case(name, x)
    assume(abs(truth) > 1e-300)
    assert judged(f, x, truth * factor).verdict != 'ok'


@pytest.mark.parametrize(('f', 'x', 'gradient', 'verdict'), [
    (math.floor, 1.0, 0.0, 'noisy'),  # 뛰는 점: 한쪽만 보고 옳다고 하지 않는다
    (lambda x: x - math.floor(x), 2.0, 1.0, 'noisy'),
    (lambda x: x**1.5 if x >= 0 else math.nan, 0.0, 1.0, 'wrong'),
    (lambda x: 3.0, 1.0, 0.0, 'ok'),
    (lambda x: 3.0, 1.0, 1.0, 'wrong'),
    (lambda x: math.nan, 1.0, 0.0, 'noisy'),
    (abs, 0.0, 2.0, 'wrong'),
    (lambda x: (x + 1e15) - 1e15, 1.3, 1.0, 'noisy'),  # 계단 하나가 x 만큼 넓다
    (lambda x: 1.0 + x * x * 1e-30, 1.0, 2e-30, 'noisy'),  # 1 의 반올림보다 작은 변화
    (lambda x: 1e-30 * x, 1.0, 1e-30, 'ok'),
])  # fmt: skip
def test_verdicts_at_jumps_edges_and_plains(f, x, gradient, verdict):
    assert judged(f, x, gradient).verdict == verdict


def test_a_smooth_function_costs_few_calls():
    calls = []
    judged(lambda x: calls.append(x) or x**3, 1.0, 3.0)
    assert len(calls) <= 2 * (FINEST + 12 * 24 + 14) + 1  # 간격마다 양쪽, 계단을 찾는 둘로 나누기, 반올림을 재는 점


def test_rounding_is_measured():
    """±1e-10 으로 흩어진 값의 표준 편차는 5.8e-11 이다. 매끄러운 부분은 세지 않는다."""
    rng = random.Random(0)
    values = [j * j + rng.uniform(-1e-10, 1e-10) for j in range(9)]
    assert 1e-11 < measured_noise(values) < 1e-10 and measured_noise([j * j for j in range(9)]) == 0
