"""내 함수와 내 연산의 기울기를 속성 기반으로 시험한다: `pytest examples/test_my_function.py`

`pip install 'micrograd_ko[testing]'` 이 필요하다."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_ko import ops
from micrograd_ko.testing import GradcheckError, check_program, gradcheck, programs, reals_in

# 1. 내 함수: Value 를 받아 Value 를 돌려주는 것이면 무엇이든


def huber(x, y):
    """|x − y| ≤ 1 이면 ½(x − y)², 아니면 |x − y| − ½."""
    d = abs(x - y)
    return ops.select(d - 1, d - 0.5, d * d / 2)


@given(st.floats(-5, 5), st.floats(-5, 5))
def test_the_gradient_of_huber(x, y):
    gradcheck(huber, [x, y])


# 2. 내 연산: 표에 한 줄을 더하면 메서드와 LaTeX 와 시험이 생긴다

mish = ops.Op(
    'mish',
    lambda m, x: x * m.tanh(m.softplus(x)),
    (lambda z, x: ops.tanh(ops.softplus(x)) + x * (1 - ops.square(ops.tanh(ops.softplus(x)))) * ops.sigmoid(x),),
    r'#1\,\tanh(\ln(1 + e^{#1}))',
    sample=((-20.0, 20.0),),
)


@pytest.fixture(autouse=True, scope='module')
def registered():
    ops.register(mish)
    yield
    ops.unregister('mish')


@given(reals_in(mish))
def test_the_derivatives_of_mish(x):
    gradcheck(mish, [x], order=2)


@given(programs([mish, ops.add, ops.mul, ops.tanh]))
def test_mish_in_any_program(program):
    check_program(program)


# 3. 흔한 실수: 값을 꺼내 쓰면 그래프가 끊긴다

def test_a_detached_value_is_noticed():
    with pytest.raises(GradcheckError, match='detached'):
        gradcheck(lambda x: x * x.data, [3.0])
