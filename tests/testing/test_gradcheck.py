"""검사기의 검사: 판정과 그 까닭의 예. 연산마다 틀린 규칙을 심는 것은 test_campaign.py 에 있다."""

import math
import pickle
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planting import call, planted, scaled, spoiled

from micrograd_ko import Value, ops
from micrograd_ko.testing import GradcheckError, gradcheck

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
    assert verdict.verdict != 'ok' and '결정적' in verdict.note


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


def test_bad_arguments_are_refused():
    with pytest.raises(ValueError, match='order'):
        gradcheck(ops.exp, [1.0], order=3)
    with pytest.raises(TypeError, match='Value 하나'):
        gradcheck(lambda x: x.data, [1.0])
    with pytest.raises(TypeError, match='실수'):
        gradcheck(ops.exp, ['1'])
