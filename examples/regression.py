"""비선형 회귀(nonlinear regression): NIST 의 실험 자료 Misra1a 를 가우스·뉴턴법과 SGD 로 맞춘다.

한 분자층의 흡착(adsorption): y = b₁·(1 − e^(−b₂·x/1000)), x 는 압력, y 는 부피 (Statistical Reference Datasets; D. Misra, 1978).
"""

import random
import sys

import numpy as np

from micrograd_ko import SGD, Value, jacobian, losses, ops, optim, train
from micrograd_ko.writing.console import survive

X = [77.6, 114.9, 141.1, 190.8, 239.9, 289.0, 332.8, 378.4, 434.8, 477.3, 536.8, 593.1, 689.1, 760.0]
Y = [10.07, 14.73, 17.94, 23.93, 29.61, 35.18, 40.02, 44.82, 50.76, 55.05, 61.01, 66.40, 75.47, 81.78]
START, CERTIFIED = [250.0, 0.5], ([238.94212918, 0.55015643181], 0.12455138894)


def model(b1, b2, x):
    """−expm1(u) = 1 − e^u: b₂·x 가 작아도 정확하다."""
    return -b1 * ops.expm1(-b2 * (x / 1000))


def residuals(b1, b2):
    return [model(b1, b2, x) - y for x, y in zip(X, Y, strict=True)]


def gauss_newton(b, steps):
    """J·p = −r 의 최소 제곱해 p 만큼 움직인다. 스텝마다 (b, Σ r²)."""
    for _ in range(steps + 1):
        r = np.array([v.data for v in residuals(*map(Value, b))])
        yield b, float(r @ r)
        b = (np.array(b) - np.linalg.lstsq(np.array(jacobian(residuals, b)), r, rcond=None)[0]).tolist()


def descend(b, epochs):
    """미니배치 SGD. b₁ 은 240 으로 나눈 u₁ 으로 배운다: 두 파라미터의 기울기가 비슷해진다."""
    u1, b2 = Value(b[0] / 240), Value(b[1])
    optimizer = SGD([u1, b2], optim.cosine(2e-5, epochs * 2), momentum=0.99)
    rng = random.Random(0)
    for _ in range(epochs):
        for batch in train.minibatches(list(zip(X, Y, strict=True)), 7, rng):
            optimizer.zero_grad()
            losses.mean([losses.quadratic(model(240 * u1, b2, x), y) for x, y in batch]).backward()
            optimizer.step()
    return [240 * u1.data, b2.data]


def main():
    survive(sys.stdout)
    walked = [(f'{step}스텝', *found) for step, found in enumerate(gauss_newton(START, 5))]
    [(b, least)] = gauss_newton(descend(START, 1000), 0)
    print('           b₁             b₂              Σ r²')
    for name, (b1, b2), total in [*walked, ('SGD  ', b, least), ('NIST ', *CERTIFIED)]:
        print(f'  {name}   {b1:.8f}   {b2:.11f}   {total:.11f}')


if __name__ == '__main__':
    main()
