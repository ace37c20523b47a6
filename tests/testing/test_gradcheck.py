"""검사기의 검사: 판정과 그 까닭의 예. 연산마다 틀린 규칙을 심는 것은 test_campaign.py 에 있다."""

import math
import pickle
import random
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from planting import call, planted, scaled, spoiled

from micrograd_ko import DomainError, Value, ops
from micrograd_ko.testing import GradcheckError, exact, gradcheck

TOO_LARGE = scaled(1.001)
CURVED = [op for op in ops.table.values() if op.arity == 1 and op.kinks is None and op.name not in {'neg', 'identity'}]


def verdicts(op, xs, order=1):
    try:
        return {v.verdict for v in gradcheck(call(op), xs, order).verdicts}
    except GradcheckError as error:
        return {v.verdict for v in error.report.verdicts}


def detached(x):
    return x.detach() if isinstance(x, Value) else x


@pytest.mark.parametrize('op', CURVED, ids=lambda op: op.name)
def test_a_rule_wrong_only_in_the_second_derivative_is_caught(op):
    """일계의 값은 옳지만 그래프가 끊긴 규칙."""
    rule = op.partials[0]
    with planted(op, (lambda z, x: detached(rule(z, x)),)):
        assert verdicts(op, [0.6]) == {'ok'}
        assert verdicts(op, [0.6], order=2) == {'ok', 'wrong'}
    assert verdicts(op, [0.6], order=2) == {'ok'}


def test_the_first_wrong_operation_is_named_with_both_numbers():
    with planted(ops.sin, spoiled(ops.sin, TOO_LARGE)), pytest.raises(GradcheckError) as caught:
        gradcheck(lambda x, y: ops.exp(ops.sin(x * y)), [0.5, 2.0])
    (first, _) = caught.value.report.wrong
    assert 'sin 의 ∂z/∂x' in first.note and first.relative_error == pytest.approx(0.001, rel=0.01)
    assert repr(first.expected) in str(caught.value)
    again = pickle.loads(pickle.dumps(caught.value))  # 프로세스 풀이 오류를 넘긴다
    assert str(again) == str(caught.value) and again.report.verdicts == caught.value.report.verdicts


# 옳은 함수 ---------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('f', [abs, ops.relu, ops.leaky_relu, lambda x: ops.maximum(x, -x), lambda x: x - x.relu(),
                               ops.step, ops.sign, lambda x: (x if x.data > 0 else -x)])  # fmt: skip
def test_a_correct_kink_is_a_kink(f):
    assert [v.verdict for v in gradcheck(f, [0.0]).verdicts] == ['kink']


def test_a_gradient_outside_a_kink_is_wrong():
    with planted(ops.relu, (lambda z, x: ops.step(x) - 1,)), pytest.raises(GradcheckError):
        gradcheck(ops.relu, [0.0])


def test_conventions_that_do_not_compose_are_a_kink_that_says_so():
    """relu(x) − relu(−x) 는 x 다. 약속 relu'(0) = 0 을 따르면 0 에서 기울기가 0 이다."""
    (verdict,) = gradcheck(lambda x: x.relu() - (-x).relu(), [0.0]).verdicts
    assert verdict.verdict == 'kink' and 'relu' in verdict.note and verdict.expected == 1


@pytest.mark.parametrize('x', [1e-8, -1e8, 3.0, 0.0])
@pytest.mark.parametrize('f', [lambda x: x * x, lambda x: x**3, lambda x: x * x * 1e-12, lambda x: x - x, lambda x: 0 * x,
                               lambda x: (x / 1e8).sin(), lambda x: x.sigmoid() * 1e12, lambda x: x.atan(),
                               lambda x: x.square().square()])  # fmt: skip
def test_extreme_inputs_and_flat_points_are_ok(f, x):
    assert {v.verdict for v in gradcheck(f, [x], order=2).verdicts} == {'ok'}


def test_rounding_is_told_apart_from_a_wrong_rule():
    (verdict,) = gradcheck(ops.sigmoid, [40.0]).verdicts
    assert verdict.verdict == 'ok' and '반올림' in verdict.note


def test_an_infinite_gradient_at_the_edge_of_the_domain_is_ok():
    assert [v.verdict for v in gradcheck(ops.sqrt, [0.0]).verdicts] == ['ok']


def test_a_wrong_engine_is_caught(monkeypatch):
    """규칙은 옳고 backward 가 틀렸다."""
    true = Value.backward
    monkeypatch.setattr(Value, 'backward', lambda self, seed=1.001: true(self, seed))
    with pytest.raises(GradcheckError, match='backward'):
        gradcheck(lambda x: x.sin(), [1.0])


# 그래프가 함수와 다를 때 -----------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('f', [
    lambda x: x * x.detach(), lambda x: x.detach() * 1, lambda x: Value(math.exp(x.data)),
    lambda x: x + math.sin(x.data), lambda x: x * 2 if x.data < 0 else x.detach() * 2,
])  # fmt: skip
def test_a_detached_result_is_noticed(f):
    with pytest.raises(GradcheckError, match=r'떨어진\(detached\)'):
        gradcheck(f, [1.3])


def test_a_detached_shift_that_does_not_change_the_gradient_is_ok():
    def softmax_like(x, y):
        top = max(x.data, y.data)
        return (x - top).exp() / ((x - top).exp() + (y - top).exp())

    assert {v.verdict for v in gradcheck(softmax_like, [0.3, 1.1]).verdicts} == {'ok'}


def test_a_branch_on_data_is_ok_away_from_the_branch():
    def f(x):
        return x * x if x.data > 1 else x.exp()

    assert [gradcheck(f, [x]).verdicts[0].verdict for x in (0.5, 2.0)] == ['ok', 'ok']


def test_a_random_function_is_not_guessed_at():
    rng = random.Random(1)
    (verdict,) = gradcheck(lambda x: x * rng.gauss(0, 1), [1.0]).verdicts
    assert verdict.verdict == 'noisy' and '결정적' in verdict.note


LGAMMA = ops.Op('lgamma', lambda m, x: math.lgamma(x), (lambda z, x: 0.42278433509846713 + 0 * x,))


def test_a_function_mpmath_cannot_replay_is_checked_by_differences():
    """ψ(2) = 1 − γ 를 상수로 적은 규칙: x = 2 에서만 옳다."""
    (verdict,) = gradcheck(call(LGAMMA), [2.0]).verdicts
    assert verdict.verdict == 'ok' and 'm 의 함수' in verdict.note
    with pytest.raises(GradcheckError):
        gradcheck(call(LGAMMA), [2.01])


SCALED = ops.Op('scaled_tanh', lambda m, x: 1.7159 * m.tanh(x * 0.6666666666666666),
                (lambda z, x: 0.6666666666666666 / 1.7159 * (1.7159 * 1.7159 - z * z),))  # fmt: skip


@settings(max_examples=60)
@given(st.floats(-40, 40))
def test_float_constants_in_a_users_rule_are_not_wrong(x):
    assert verdicts(SCALED, [x]) == {'ok'}


@settings(max_examples=30)
@given(st.floats(-3, 3))
def test_a_users_wrong_rule_is_caught(x):
    with planted(SCALED, spoiled(SCALED, TOO_LARGE)):
        assert verdicts(SCALED, [x]) == {'wrong'}


# 입력과 오류 ---------------------------------------------------------------------------------------------------------------

def names(f, count):
    return [v.name for v in gradcheck(f, [0.5] * count).verdicts]


def test_inputs_bear_the_names_the_user_wrote():
    def f(rate, *weights, scale=2.0):
        return ops.total([rate, *weights]) * scale

    assert names(f, 3) == ['rate', 'weights[0]', 'weights[1]']
    assert names(ops.pow, 2) == ['x', 'y'] and names(lambda x, y: x * y, 2) == ['x', 'y']
    assert [v.name for v in gradcheck(lambda a, b: a * b, [1.0, 2.0], order=2).verdicts] == ['a', 'b', 'a,a', 'a,b', 'b,a', 'b,b']
    with pytest.raises(DomainError, match="이름 'rate'"):
        gradcheck(lambda rate: rate.log(), [-1.0])


def test_the_unmoved_point_is_recorded_twice_however_many_inputs():
    """한 번은 그래프를, 한 번은 결정적인지를. 입력마다는 옮긴 점만 기록한다."""
    calls = []

    def f(*xs):
        calls.append([x.data for x in xs])
        return ops.total(xs)

    gradcheck(f, [1.0, 2.0, 3.0])
    assert calls.count([1.0, 2.0, 3.0]) == 2


def test_only_the_users_frames_are_shown():
    def f(x):
        return x * x.data

    def crashes(x):
        return x.nothing

    for function, error in ((f, GradcheckError), (crashes, AttributeError)):
        with pytest.raises(error) as caught:
            gradcheck(function, [1.0])
        shown = {Path(entry.path).parent.name for entry in caught.traceback.filter(caught)}
        assert shown == {Path(__file__).parent.name} and len(caught.traceback) > 1


@example(Fraction(4, 3), Fraction(4, 3))  # ∂f/∂x = x² − x² 은 정확히 0 이고, 200자리로는 10⁻²⁰¹ 쯤이다
@given(st.fractions(-3, 3, max_denominator=50), st.fractions(1, 3, max_denominator=50))
def test_fractions_are_exact_and_ok(x, y):
    report = gradcheck(lambda x, y: (x / y - y) * x**3 + 1 / y, [x, y])
    assert {v.verdict for v in report.verdicts} == {'ok'}


def test_bounds_that_say_nothing_explain_nothing():
    """한계가 무한해도, 기울기보다 커도 ok 가 아니다."""
    with planted(ops.logsumexp, lambda z, *xs: tuple([ops.exp(x - z) for x in xs])):  # 반올림된 출력에서 얻은 기울기
        report = gradcheck(lambda x, y: ops.logsumexp([x, y]), [1e16, 1e16])
    assert [v.verdict for v in report.verdicts] == ['imprecise', 'imprecise'] and '한계' in report.verdicts[0].note
    (verdict,) = gradcheck(lambda x: ((x * 1e200) * (x * 1e200)).log(), [1.0]).verdicts
    assert (verdict.verdict, verdict.gradient, verdict.expected) == ('imprecise', 0.0, 2.0)


def test_a_gradient_that_is_not_finite_names_where_it_began():
    with planted(ops.exp, spoiled(ops.exp, scaled(math.nan))), pytest.raises(GradcheckError, match='exp 의 미분에서'):
        gradcheck(lambda x: x.exp().sin(), [1.0])


def test_a_rule_wrong_beyond_a_kink_is_blamed():
    with planted(ops.sin, spoiled(ops.sin, scaled(1.2))), pytest.raises(GradcheckError, match='sin 의 ∂z/∂x'):
        gradcheck(lambda x: x.relu() + x.sin(), [0.0])


def test_an_overwritten_value_is_noticed():
    def f(x):
        y = x * x
        y.data = x.data**3
        return y

    with pytest.raises(GradcheckError, match='stale'):
        gradcheck(f, [2.0])


def test_a_gradient_written_by_hand_has_the_shape_of_its_inputs():
    w = np.array([[1.0, 2.0], [3.0, 4.0]])
    report = gradcheck(lambda w, b: (w**2).sum() * b, [w, 2.0], gradient=lambda w, b: (2 * w * b, (w**2).sum()))
    assert [v.name for v in report.verdicts] == ['w[0,0]', 'w[0,1]', 'w[1,0]', 'w[1,1]', 'b'] and not report.wrong
    for gradient in (lambda w: w[0], lambda w: (w, w), lambda w: 1.0):
        with pytest.raises(ValueError, match='꼴'):
            gradcheck(lambda w: (w**2).sum(), [w], gradient=gradient)
    with pytest.raises(TypeError, match='보통 수 하나'):
        gradcheck(lambda w: w, [w], gradient=lambda w: w)
    with pytest.raises(TypeError, match='보통 수 하나'):
        gradcheck(Value, [1.0], gradient=lambda x: 1.0)
    with pytest.raises(ValueError, match='order'):
        gradcheck(math.exp, [1.0], order=2, gradient=math.exp)


def test_a_function_may_change_the_arrays_it_is_given():
    def f(w):
        w *= 2
        return (w**2).sum()

    assert not gradcheck(f, [np.array([1.0, 2.0])], gradient=lambda w: 8 * w).wrong


def test_bad_arguments_are_refused():
    with pytest.raises(ValueError, match='비어'):
        gradcheck(lambda: Value(1.0), [])
    with pytest.raises(ValueError, match='order'):
        gradcheck(ops.exp, [1.0], order=3)
    with pytest.raises(TypeError, match='Value 하나'):
        gradcheck(lambda x: x.data, [1.0])
    with pytest.raises(TypeError, match='실수'):
        gradcheck(ops.exp, ['1'])
    with pytest.raises(TypeError, match='f 은'):
        gradcheck(2.0, [1.0])
    for gradient in (3, 0, False, []):
        with pytest.raises(TypeError, match='gradient 은'):
            gradcheck(lambda x: x * x, [1.0], gradient=gradient)
    with pytest.raises(ValueError, match='비어'):
        gradcheck(lambda w: w.sum(), [np.array([])], gradient=lambda w: w)


MASKED = np.ma.array([2.0], mask=[True])


def kind(x):
    return type(x).__name__


@pytest.mark.parametrize('found', [
    '2.0', ['2.0'], None, [None], 2 + 0j, np.complex128(2 + 3j), {'x': 2.0}, {2.0}, (d for d in [2.0]), Value(2.0),
    np.datetime64(2, 's'), np.timedelta64(2, 's'), MASKED, [MASKED],
], ids=kind)  # fmt: skip
def test_only_numbers_are_a_gradient(found):
    """글도 복소수도 시간도 float 가 되고, None 은 nan 이 되고, 가린 칸은 드러난다: 어느 것도 소리 없이 판정하지 않는다."""
    with pytest.raises(TypeError, match='gradient'):
        gradcheck(lambda x: x * x, [1.0], gradient=lambda x: found)


@pytest.mark.parametrize('x', ['1.0', None, 1j, np.datetime64(1, 's'), Value(1.0), MASKED], ids=kind)
def test_only_numbers_are_inputs(x):
    with pytest.raises(TypeError, match='입력 x 에'):
        gradcheck(lambda x: 1.0, [x], gradient=lambda x: 0.0)


@pytest.mark.parametrize('value', [1j, np.complex128(1j), '1.0', np.array('1.0'), None, np.array([1.0]), Value(1.0)], ids=kind)
def test_only_a_number_is_a_value(value):
    with pytest.raises(TypeError, match='보통 수 하나'):
        gradcheck(lambda x: value, [1.0], gradient=lambda x: 0.0)


def test_every_kind_of_real_number_is_a_gradient():
    for kind in (Fraction, np.float32, exact, np.array):
        assert not gradcheck(lambda x, kind=kind: kind(x) * x, [1.5], gradient=lambda x, kind=kind: kind(2 * x)).wrong
