"""뉴턴 방법(Newton's method): 기울기와 헤세 행렬(Hessian)로 골짜기의 바닥까지 몇 스텝에 닿는다."""

import sys
from fractions import Fraction

import numpy as np

from micrograd_ko import Value, grad, hessian, value_and_grad
from micrograd_ko.writing.console import survive


def root(f, x, steps):
    """f(x) = 0 의 근: x ← x − f(x) / f′(x). 지나온 x 들. Fraction 이면 정확한 분수로 간다."""
    path = [x]
    for _ in range(steps):
        v = Value(path[-1])
        y = f(v)
        path.append(v.data - y.data / grad(y, v).data)
    return path


def minimise(f, xs, steps):
    """f 의 최솟점: H·p = −∇f 를 풀어 x ← x + p. 스텝마다 (xs, f, |∇f|)."""
    xs = list(xs)
    for _ in range(steps + 1):
        value, slope = value_and_grad(f)(*xs)
        yield xs, value, float(np.linalg.norm(slope))
        xs = (np.array(xs) - np.linalg.solve(hessian(f, xs), slope)).tolist()


def rosenbrock(x, y):
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2


def main():
    survive(sys.stdout)
    print('√2 를 분수로: f(x) = x² − 2 = 0. 맞는 자릿수가 스텝마다 두 배가 된다.')
    for x in root(lambda x: x**2 - 2, Fraction(1), 5):
        print(f'  {x!s:>29}   x² − 2 = {float(x * x - 2):.1e}')

    print('\n로젠브록 골짜기(Rosenbrock): f(x, y) = (1 − x)² + 100 (y − x²)², 바닥은 (1, 1)')
    for step, (xs, value, slope) in enumerate(minimise(rosenbrock, [-1.2, 1.0], 6)):
        print(f'  {step}스텝  ({xs[0]:9.6f}, {xs[1]:9.6f})   f = {value:.2e}   |∇f| = {slope:.1e}')


if __name__ == '__main__':
    main()
