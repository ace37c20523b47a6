"""gradcheck 를 시험하는 틀린 기울기(WRONG)와, 옳지만 어려운 기울기(RIGHT).

틀린 것은 ok 가 되지 않고, 옳은 것은 wrong 이 되지 않는다. `judged` 는 나와야 할 판정이다. 틀린 것이 wrong 이 아니거나 옳은 것이
ok 나 kink 가 아니면 그 까닭이 `why` 다. 까닭은 micrograd_ko/testing/README.md 의 표에 있다.
"""

import contextlib
import itertools
import math
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from planting import call, planted, scaled, spoiled

from micrograd_ko import Value, ops
from micrograd_ko.testing import GradcheckError, gradcheck


class Case(NamedTuple):
    """f 의 xs 에서의 검사. plants 는 심을 (연산, 규칙)들, judged 는 나와야 할 판정들(틀린 것이면 그 입력의 판정)."""

    name: str
    f: Any
    xs: list
    plants: tuple = ()
    order: int = 1
    gradient: Any = None
    judged: str = ''
    why: str = ''

    def verdicts(self) -> dict[str, str]:
        """입력(order=2 면 그 쌍도) → 판정."""
        with contextlib.ExitStack() as stack:
            for op, rule in self.plants:
                stack.enter_context(planted(op, rule))
            try:
                report = gradcheck(self.f, self.xs, self.order, gradient=self.gradient)
            except GradcheckError as error:
                report = error.report
        return {v.name: v.verdict for v in report.verdicts}


def wrong(name, f, xs, *plants, order=1, gradient=None, judged='wrong', why=''):
    WRONG.append(Case(name, f, list(xs), plants, order, gradient, judged, why))


def right(name, f, xs, *, order=1, gradient=None, judged='ok', why=''):
    RIGHT.append(Case(name, f, list(xs), (), order, gradient, judged, why))


WRONG: list[Case] = []
RIGHT: list[Case] = []


# 틀린 기울기 ---------------------------------------------------------------------------------------------------------------

def times(op, factor):
    return op, spoiled(op, scaled(factor))


def within(op, holds, factor):
    """holds(xs) 인 곳에서만 factor 배."""
    return op, spoiled(op, lambda true, z, xs: [d * factor if holds(*xs) else d for d in true(z, *xs)])


def operand(op, i, factor):
    """i 번째 편미분만 factor 배."""
    return op, spoiled(op, lambda true, z, xs: [d * factor if k == i else d for k, d in enumerate(true(z, *xs))])


def plain(x):
    """x 의 수: 어떤 종류든 값으로."""
    return x.data if isinstance(x, Value) else x


def detached(x):
    return x.detach() if isinstance(x, Value) else x


for op in (ops.exp, ops.log, ops.sqrt, ops.sin, ops.tanh, ops.sigmoid, ops.erf, ops.gelu, ops.softplus, ops.power(3)):
    wrong(f'{op.name} 1.001 배', call(op), [0.7], times(op, 1.001))
SEVERAL = {ops.pow: [1.7, 2.3], ops.logsumexp: [0.3, 1.1], ops.dot: [1.0, 2.0, 3.0, 4.0], ops.affine: [1.0, 2.0, 0.5]}
for op, xs in SEVERAL.items():
    wrong(f'{op.name} 1.001 배', call(op), xs, times(op, 1.001))
for op in (ops.cos, ops.neg, ops.abs, ops.atan, ops.reciprocal, ops.sinh, ops.expm1):
    wrong(f'{op.name} 의 부호', call(op), [0.7], times(op, -1))
for op in (ops.sub, ops.maximum, ops.minimum):
    wrong(f'{op.name} 의 부호', call(op), [0.7, 0.2], times(op, -1))

wrong('2 보다 큰 곳에서만', lambda x: x.sin() * x, [2.5], within(ops.sin, lambda x: plain(x) > 2, 1.001))
wrong('0 가까이에서만', lambda x: x.tanh(), [1e-4], within(ops.tanh, lambda x: abs(plain(x)) < 1e-3, 1.01))
wrong('포화한 곳에서만', lambda x: x.sigmoid(), [20.0], within(ops.sigmoid, lambda x: plain(x) > 15, 1.1))
wrong('음수에서만', lambda x: x**3, [-2.0], within(ops.power(3), lambda x: plain(x) < 0, -1))
wrong('먼 곳에서만', lambda x: x.sin(), [1e8], within(ops.sin, lambda x: plain(x) > 1e7, 1.001))
wrong('아주 먼 곳에서만', lambda x: x.sin(), [1e60], within(ops.sin, lambda x: plain(x) > 1e50, 2))
wrong('가파른 곳에서만', lambda x: (x * 1e6).tanh(), [1e-7], times(ops.tanh, 1.001))
wrong('평평한 곳에서만', lambda x: x.tanh(), [15.0], within(ops.tanh, lambda x: plain(x) > 10, 2))
wrong('극점 곁에서만', lambda x: 1 / (x - 1) ** 2, [1 + 1e-6], operand(ops.div, 1, 1.001))
wrong('아주 작은 값에서만', lambda x: x.exp() * 1e-30, [1.0], times(ops.exp, 1.001))
wrong('정의역의 끝에 바싹', lambda x: x.sqrt(), [1e-12], times(ops.sqrt, 1.001))

for op, bent in ((ops.sin, 1.001), (ops.exp, -1), (ops.tanh, 2), (ops.log, 1.001), (ops.square, 0)):
    through = op, spoiled(op, lambda true, z, xs: [ops.identity(d) for d in true(z, *xs)])
    wrong(f'{op.name} 의 이계만 {bent} 배', call(op), [0.7], through, times(ops.identity, bent), order=2)
wrong('이계의 그래프가 끊긴 sin', ops.sin, [0.7], (ops.sin, (lambda z, x: ops.cos(detached(x)),)), order=2)
wrong('이계의 그래프가 끊긴 mul', ops.mul, [0.7, 1.3],
      (ops.mul, (lambda z, x, y: detached(y), lambda z, x, y: x)), order=2)  # fmt: skip
wrong('float 에서만 틀린 규칙', ops.sin, [1.0], (ops.sin, (lambda z, x: ops.cos(x) * (2 if type(x) is float else 1),)))
wrong('Value 에서만 틀린 규칙', ops.sin, [1.0],
      (ops.sin, (lambda z, x: ops.cos(x) * (2 if isinstance(x, Value) else 1),)), order=2)  # fmt: skip

wrong('반올림이 큰 곳에서 Value 에서만 틀린 규칙', lambda x: (1 - x.cos()) / x**2, [1e-6],
      (ops.cos, (lambda z, x: -ops.sin(x) * (2 if isinstance(x, Value) else 1),)), order=2)  # fmt: skip

wrong('dot 의 둘째 가중치', call(ops.dot), [1.0, 2.0, 3.0, 4.0], operand(ops.dot, 1, 1.001))
wrong('affine 의 b', call(ops.affine), [1.0, 2.0, 0.5], operand(ops.affine, 2, 2))
wrong('affine 의 마지막 x', call(ops.affine), [1.0, 2.0, 3.0, 4.0, 0.5], operand(ops.affine, 3, 1.001))
wrong('total 의 셋째', call(ops.total), [1.0, 2.0, 3.0], operand(ops.total, 2, 1.001))
wrong('logsumexp 의 둘째', call(ops.logsumexp), [1.0, 2.0, 3.0], operand(ops.logsumexp, 1, 1.001))
wrong('select 의 y', call(ops.select), [-1.0, 2.0, 3.0], operand(ops.select, 2, 1.001))
wrong('div 의 나누는 수', call(ops.div), [1.0, 3.0], operand(ops.div, 1, -1))
wrong('pow 의 지수', call(ops.pow), [1.5, 2.5], operand(ops.pow, 1, 1.001))
wrong('서로 뒤바뀐 mul', call(ops.mul), [1.0, 3.0], (ops.mul, (lambda z, x, y: x, lambda z, x, y: y)))


def overwritten_result(x):
    y = x * x
    y.data = x.data**3
    return y


def overwritten_inside(x):
    y = x.sin()
    y.data = y.data * 2
    return y * y


def overwritten_input(x):
    x.data = x.data * 2
    return x * x


def overwritten_after(x):
    y = x * x
    x.data = 5.0
    return y


def borrowed(x):
    y = Value(x.data)
    return y * y + x


wrong('값을 고친 결과', overwritten_result, [2.0])
wrong('값을 고친 안쪽', overwritten_inside, [2.0])
wrong('값을 고친 입력', overwritten_input, [2.0])
wrong('기록한 뒤 고친 입력', overwritten_after, [2.0])
wrong('새로 만든 Value', borrowed, [2.0])
wrong('x.detach()', lambda x: x * x.detach(), [1.3])
wrong('x.data', lambda x: x * x.data, [1.3])
wrong('math.exp(x.data)', lambda x: x + math.exp(x.data), [1.3])
wrong('detach 된 결과', lambda x: x.sin().detach() * 1, [1.3])
wrong('if 뒤의 detach', lambda x: x * 2 if x.data < 0 else x.detach() * 2, [1.3])
wrong('끊긴 정규화', lambda x, y: x / (x.data + y.data), [0.3, 1.1])
wrong('round 로 끊긴 것', lambda x: x * (x.data + 1e-3), [1.3])
counter = itertools.count(1)
wrong('부를 때마다 다른 함수', lambda x: x * next(counter), [1.3], judged='noisy', why='결정적이지 않은 함수')

wrong('relu 의 꺾인 점 뒤의 1.2 배', lambda x: x.relu() + x.sin(), [0.0], times(ops.sin, 1.2))
wrong('abs 의 꺾인 점 뒤의 1.001 배', lambda x: x.abs() + x.exp(), [0.0], times(ops.exp, 1.001))
wrong('정의역 끝의 입력 곁의 2 배', lambda x, y: x.sqrt() + y.sin(), [0.0, 1.0], times(ops.sin, 2))
wrong('정의역 끝을 지나는 2 배', lambda x, y: (x * y.sin()).sqrt() + y.sin(), [0.0, 1.0], times(ops.sin, 2))
wrong('꺾인 점의 밖', ops.relu, [0.0], (ops.relu, (lambda z, x: ops.step(x) - 1,)))
wrong('무한한 기울기의 부호', ops.sqrt, [0.0], times(ops.sqrt, -1))
wrong('넘친 것 곁의 2 배', lambda x, y: (x * 1e200) * (x * 1e200) * 1e-300 + y.sin(), [1.0, 1.0], times(ops.sin, 2))

wrong('nan', ops.exp, [1.0], times(ops.exp, math.nan))
wrong('inf', ops.exp, [1.0], times(ops.exp, math.inf))
wrong('꺾인 점에서 nan', lambda x: (x * x).sqrt(), [0.0])
wrong('정의역의 끝에서 nan', lambda x: x * x.sqrt(), [0.0])
wrong('유한한 값의 nan', lambda x: ((x * 1e200) * (x * 1e200) * (x * 1e200)).tanh(), [1.0], judged='imprecise', why='넘침')
wrong('넘친 뒤의 log', lambda x: ((x * 1e200) * (x * 1e200)).log(), [1.0], judged='imprecise', why='넘침')
wrong('inf/inf', lambda x: (x * 1e200) * (x * 1e200) / ((x * 1e200) * (x * 1e200) + 1) + x, [1.0], judged='imprecise', why='넘침')
wrong('상쇄가 삼킨 기울기', lambda x: (1 - x.cos()) / x**2, [1e-6], judged='imprecise', why='상쇄')

SINE = ops.Op('sine', lambda m, x: math.sin(x), (lambda z, x: math.cos(x),))
SINE10 = ops.Op('sine10', lambda m, x: math.sin(10 * x), (lambda z, x: 10 * math.cos(10 * x),))
CLAMP = ops.Op('clamp', lambda m, x: min(max(x, -1), 1), (lambda z, x: 1 if -1 < x < 1 else 0,))
wrong('float 만 다루는 연산의 1.001 배', call(SINE), [0.7], times(SINE, 1.001))
wrong('먼 곳의 1.001 배', call(SINE), [1e8], times(SINE, 1.001))
wrong('반올림이 큰 곳의 1.001 배', call(SINE10), [343507.415], times(SINE10, 1.001))
wrong('float 만 다루는 연산 뒤의 1.001 배', lambda x: call(SINE)(x) * x.exp(), [0.7], times(ops.exp, 1.001))
wrong('간격보다 잦은 물결', call(SINE), [1e15], times(SINE, 2), judged='noisy', why='물결이 간격보다 잦은 함수')

wrong('손으로 적은 1.001 배', math.exp, [1.0], gradient=lambda x: 1.001 * math.exp(x))
wrong('손으로 적은 부호', lambda x, y: x / y, [1.0, 3.0], gradient=lambda x, y: (1 / y, x / y**2))
wrong('손으로 적은 행렬의 뒤바뀜', lambda w: w[0] @ w[1], [np.array([[1.0, 2.0], [3.0, 4.0]])], gradient=lambda w: w)
wrong('손으로 적은 배열의 한 칸', lambda w: (w**3).sum(), [np.array([1.0, 2.0, 3.0])],
      gradient=lambda w: 3 * w**2 * [1, 1, 1.001])  # fmt: skip
wrong('손으로 적은 nan', lambda x: x * x, [1.0], gradient=lambda x: math.nan)
wrong('손으로 적은 극점 곁', lambda x: 1 / (x - 1) ** 2, [1 + 1e-6], gradient=lambda x: -2.002 / (x - 1) ** 3)
wrong('손으로 적은 상쇄', lambda x: (1 - math.cos(x)) / x**2, [1e-6], gradient=lambda x: 1.0,
      judged='noisy', why='상쇄')  # fmt: skip


# 옳고 어려운 기울기 -----------------------------------------------------------------------------------------------------------

for op in (ops.abs, ops.relu, ops.leaky_relu, ops.step, ops.sign):
    right(f'{op.name} 의 꺾인 점', op, [0.0], judged='kink')
right('비긴 maximum', ops.maximum, [1.0, 1.0], judged='kink kink')
right('합쳐서 매끄러운 relu', lambda x: x.relu() - (-x).relu(), [0.0], judged='kink')
right('꺾인 점의 곁', lambda x: x.relu(), [1e-12])
right('음수 쪽의 곁', lambda x: x.relu(), [-1e-12])
right('값을 보고 갈라지는 abs', lambda x: x if x.data > 0 else -x, [0.0], judged='kink')
right('뾰족한 골짜기', lambda x: x.abs() * x.abs(), [0.0])
right('relu 의 세제곱', lambda x: x.relu() ** 3, [0.0], order=2, judged='ok ok')

right('극점 곁', lambda x: 1 / (x - 1) ** 2, [1 + 1e-6])
right('극점에 바싹', lambda x: 1 / (x - 1), [1 + 2.0**-50])
right('0 곁의 1/x', lambda x: 1 / x, [1e-150])
right('tan 의 극점 곁', ops.tan, [1.5707963])
right('log 의 끝 곁', ops.log, [1e-300])
right('asin 의 끝 곁', ops.asin, [1 - 1e-15])
right('log1p 의 끝 곁', ops.log1p, [-1 + 1e-15])
right('sqrt 의 끝', ops.sqrt, [0.0])
right('네제곱근의 끝', lambda x: x.sqrt().sqrt(), [0.0])
right('asin 의 끝', ops.asin, [1.0])
right('x 의 1.5 제곱의 끝', lambda x: x**1.5, [0.0])
right('다른 입력이 정의역의 끝에', lambda x, y: x.sqrt() * y.sin(), [0.0, 1.0], judged='ok ok')

right('가까운 둘의 차', lambda x, y: (x - y) ** 2, [1 + 1e-10, 1.0], judged='ok ok')
right('x − sin x', lambda x: x - x.sin(), [1e-3])
right('(1 − cos x)/x²', lambda x: (1 - x.cos()) / x**2, [1e-6], judged='imprecise', why='상쇄')
right('expm1 없이', lambda x: (x.exp() - 1) / x, [1e-9], judged='imprecise', why='상쇄')
right('log 와 exp', lambda x: x.exp().log(), [30.0])
right('1 에 가까운 sigmoid', lambda x: (1 - x.sigmoid()).log(), [20.0])
right('큰 수를 더했다 뺀', lambda x: (x + 1e15) - 1e15, [1.3])
right('softmax', lambda x, y, z: x.exp() / (x.exp() + y.exp() + z.exp()), [1.0, 2.0, 3.0], judged='ok ok ok')
right('끊긴 최댓값을 뺀 softmax', lambda x, y: (x - max(x.data, y.data)).exp() / ((x - max(x.data, y.data)).exp() +
      (y - max(x.data, y.data)).exp()), [0.3, 1.1], judged='ok ok')  # fmt: skip
right('logsumexp 의 큰 수', lambda x, y: ops.logsumexp([x, y]), [1e6, 1e6 + 1], judged='ok ok')

right('상수', lambda x: 0 * x + 3, [1.0], order=2, judged='ok ok')
right('x³ 의 평평한 점', lambda x: x**3, [0.0], order=2, judged='ok ok')
right('x⁸ 의 평평한 점', lambda x: x**8, [0.0])
right('cos 의 꼭대기', ops.cos, [0.0], order=2, judged='ok ok')
right('포화한 sigmoid', ops.sigmoid, [40.0])
right('포화한 tanh', ops.tanh, [25.0])
right('아주 작은 값', lambda x: x.exp() * 1e-300, [1.0])
right('밑으로 넘친 기울기', lambda x: (x * 1e-200) * (x * 1e-200), [1.0])
right('e^(−1/x²) 의 바닥', lambda x: (-1 / x**2).exp(), [0.03])
right('쓰이지 않는 입력', lambda x, y: y * 2, [1.0, 2.0], judged='ok ok')

right('가파른 tanh', lambda x: (x * 1e8).tanh(), [1e-9])
right('가파른 exp', lambda x: (x * 700).exp(), [1.0])
right('큰 거듭제곱', lambda x: x**100, [1.1])
right('큰 값', lambda x: x * 1e300, [1.0])
right('가파른 pow', ops.pow, [1e-3, 20.0], judged='ok ok')
right('잦은 물결', lambda x: (x * 1e6).sin(), [0.7])
right('물결이 모이는 점 곁', lambda x: (1 / x).sin(), [1e-4])

for far in (1e8, 1e16, 1e60, 1e100):
    right(f'{far:g} 의 sin', ops.sin, [far])
right('1e200 의 sin', ops.sin, [1e200], judged='noisy', why='200자리로도 먼 곳')
right('먼 곳의 sqrt', ops.sqrt, [1e300])
right('먼 곳의 log', ops.log, [1e300], order=2, judged='ok ok')
right('먼 곳의 atan', ops.atan, [1e100])
right('먼 곳의 affine', lambda w, x, b: ops.affine([w], [x], b), [1e40, 1e40, 1.0], judged='ok ok ok')
right('상쇄에 묻힌 항', lambda *v: ops.affine(v[:2], v[2:4], v[4]), [1.0, 1.0, 1e-8, 1.7e-171, -1e-8], judged='ok ' * 5)
right('1e300 에 더한 1', lambda x, b: x + b, [1e300, 1.0], judged='ok noisy', why='200자리로도 먼 곳')
right('멀리서 비긴 logsumexp', lambda x, y: ops.logsumexp([x, y]) * 1.0, [800.0, 800.0], judged='ok ok')
right('멀리서 넘친 것을 나눈', lambda x: x / ((x * 1e200) * (x * 1e200) + 1), [1.0])

right('넘친 1/x', lambda x: x * x.log(), [1e-310], judged='imprecise', why='넘침')
right('넘친 이계 미분', lambda x: ops.xlogy(x, x), [5e-324], order=2, judged='ok imprecise', why='넘침')
right('Fraction 의 나눗셈', lambda x, y: x / y, [Fraction(1, 3), Fraction(2, 7)], judged='ok ok')
right('Fraction 의 다항식', lambda x: x**3 - x / 3, [Fraction(1, 3)], order=2, judged='ok ok')
right('정수', lambda x, y: x * y + x, [2, 3], order=2, judged='ok ' * 6)
right('nan 인 입력', lambda x, y: x * y, [math.nan, 1.0], judged='noisy imprecise', why='유한하지 않은 입력')
right('inf 인 입력', lambda x, y: 1 / x + y, [math.inf, 1.0], judged='noisy ok', why='유한하지 않은 입력')

for far in (0.7, 1e8, 1e12):
    right(f'float 만 다루는 sin, {far:g}', call(SINE), [far])
right('float 만 다루는 sin, 1e15', call(SINE), [1e15], judged='noisy', why='물결이 간격보다 잦은 함수')
right('반올림이 큰 sin(10x)', call(SINE10), [343507.415])
right('잘라 낸 값', call(CLAMP), [0.3])
right('잘라 낸 값의 밖', call(CLAMP), [3.0])
right('잘라 낸 값의 꺾인 점', call(CLAMP), [1.0], judged='kink')

right('손으로 적은 극점 곁', lambda x: 1 / (x - 1) ** 2, [1 + 1e-6], gradient=lambda x: -2 / (x - 1) ** 3)
right('손으로 적은 relu', lambda x: max(0.0, x), [-1.0], gradient=lambda x: float(x > 0))
right('손으로 적은 꺾인 점', abs, [0.0], gradient=lambda x: 0.0, judged='kink')
right('손으로 적은 꺾인 점 곁', lambda x: max(0.0, x - 1), [1 - 1e-6], gradient=lambda x: float(x > 1))
right('손으로 적은 큰 수의 상쇄', lambda x: (x + 1e6) - 1e6, [1.3], gradient=lambda x: 1.0)
right('손으로 적은 상쇄', lambda x: (1 - math.cos(x)) / x**2, [1e-6], gradient=lambda x: -x / 12,
      judged='noisy', why='상쇄')  # fmt: skip
right('손으로 적은 정의역의 끝', math.sqrt, [0.0], gradient=lambda x: math.inf,
      judged='noisy', why='float 차분의 정의역 끝')  # fmt: skip
right('손으로 적은 행렬', lambda w, x: (w @ x) @ (w @ x), [np.array([[1.0, 2.0], [3.0, -4.0]]), np.array([0.1, 0.2])],
      gradient=lambda w, x: (2 * np.outer(w @ x, x), 2 * w.T @ (w @ x)), judged='ok ' * 6)  # fmt: skip
