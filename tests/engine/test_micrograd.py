"""micrograd 와 microgpt 를 위해 적은 코드가 import 만 바꾸면 그대로 돈다."""

import runpy
from fractions import Fraction
from pathlib import Path

import pytest
from micrograd import engine as micrograd

from micrograd_ko import Value, topological
from micrograd_ko.reverse import bounded_sweep

SCRIPT = runpy.run_path(str(Path(__file__).parents[2] / 'examples' / 'microgpt_step.py'))


def first_example(kind, a, b):
    """micrograd 의 설명서에 있는 식. (g, a, b) 를 역전파한 뒤 돌려준다."""
    a, b = kind(a), kind(b)
    c = a + b
    d = a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + (b + a).relu()
    d += 3 * d + (b - a).relu()
    e = c - d
    f = e**2
    g = f / 2.0
    g += 10.0 / f
    g.backward()
    return g, a, b


def test_the_first_example():
    g, a, b = first_example(Value, -4.0, 2.0)
    assert [f'{x:.4f}' for x in (g.data, a.grad, b.grad)] == ['24.7041', '138.8338', '645.5773']


def test_the_first_example_within_rounding():
    """분수로 얻은 참값에서, 두 엔진 모두 오차 한계 안에 있다."""
    exact, *truths = first_example(Value, Fraction(-4), Fraction(2))
    g, a, b = first_example(Value, -4.0, 2.0)
    values, slopes = bounded_sweep(topological(g))
    for kind in (Value, micrograd.Value):
        root, *leaves = first_example(kind, -4.0, 2.0)
        assert abs(Fraction(root.data) - exact.data) <= values[g].error
        for leaf, truth, bound in zip(leaves, truths, (slopes[a], slopes[b]), strict=True):
            assert abs(Fraction(leaf.grad) - truth.grad) <= bound.error


def trained(kind, number=float, steps=2):
    """2-3-1 의 relu 망을 steps 걸음 학습한 파라미터: `p.grad = 0`, `p.data -= lr * p.grad`. 수의 분모는 2 의 거듭제곱이다."""
    w = [[kind(number(x) / 4) for x in row] for row in ([1, -2, 1], [3, 1, -1], [-1, 2, 2])]
    v = [kind(number(x) / 2) for x in (1, -1, 2, 1)]
    samples = [([number(x) / 2 for x in xs], y) for xs, y in (([1, 3], 1), ([-2, 1], -1), ([3, -1], 1), ([-1, -3], -1))]
    parameters = [p for row in (*w, v) for p in row]
    for _ in range(steps):
        losses = []
        for x, y in samples:
            hidden = [sum((wi * xi for wi, xi in zip(row, x, strict=False)), row[-1]).relu() for row in w]
            score = sum((vi * hi for vi, hi in zip(v, hidden, strict=False)), v[-1])
            losses.append((score - y) ** 2)
        loss = sum(losses) / 4
        for p in parameters:
            p.grad = 0
        loss.backward()
        for p in parameters:
            p.data -= number(1) / 16 * p.grad
    return [p.data for p in parameters]


def test_a_training_loop():
    """분모가 2 의 거듭제곱이라 float 도 정확하다: 두 엔진과 분수의 답이 한 비트도 다르지 않다."""
    exact = trained(Value, Fraction)
    assert all(type(x) is Fraction for x in exact)
    assert trained(Value) == trained(micrograd.Value) == exact
    assert exact != trained(Value, Fraction, steps=0)


def test_sum_over_values():
    xs = [Value(float(i)) for i in range(5)]
    total = sum(xs)
    total.backward()
    assert total.data == 10.0
    assert [x.grad for x in xs] == [1.0] * 5


def flat(matrices):
    return [p for rows in matrices.values() for row in rows for p in row]


def test_a_microgpt_step():
    """exp, log, relu, ** -0.5 로 적은 한 걸음: 대본의 `Value` 와 손실, 기울기가 모두 오차 한계 안에서 같다."""
    mine, theirs = SCRIPT['parameters'](Value), SCRIPT['parameters'](SCRIPT['ScriptValue'])
    loss, expected = SCRIPT['step_loss'](mine, 'ab'), SCRIPT['step_loss'](theirs, 'ab')
    loss.backward()
    expected.backward()
    values, slopes = bounded_sweep(topological(loss))
    assert values[loss].explains(loss.data - expected.data)
    pairs = list(zip(flat(mine), flat(theirs), strict=True))
    reached = [(p, q) for p, q in pairs if p in slopes]
    assert len(reached) > len(pairs) / 2
    assert [p for p, q in reached if not slopes[p].explains(p.grad - q.grad)] == []
    assert all(p.grad == q.grad == 0 for p, q in pairs if p not in slopes)


@pytest.mark.parametrize('name', ['exp', 'log', 'relu'])
def test_the_methods_of_a_script(name):
    x, y = Value(0.75), SCRIPT['ScriptValue'](0.75)
    for v in (x, y):
        (getattr(v, name)() ** -0.5 if name != 'log' else v.log() ** 3).backward()
    assert x.grad == pytest.approx(y.grad, rel=4 * 2**-52)  # 반올림 네 번
