"""micrograd 와 microgpt 를 위해 적은 코드가 import 만 바꾸면 돈다: 식은 `Value` 로, 강의의 프로그램은 `micrograd` 모듈로."""

import math
import pickle
import random
import runpy
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from micrograd import engine as micrograd
from micrograd import nn as micrograd_nn

from micrograd_ko import Value, draw, explain, grad, refresh, topological
from micrograd_ko import micrograd as ours
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
    """2-3-1 의 relu 망을 steps 스텝 학습한 파라미터: `p.grad = 0`, `p.data -= lr * p.grad`. 수의 분모는 2 의 거듭제곱이다."""
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
    """exp, log, relu, ** -0.5 로 적은 한 스텝: 대본의 `Value` 와 손실, 기울기가 모두 오차 한계 안에서 같다."""
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


# micrograd 의 이름으로: 강의의 프로그램 -----------------------------------------------------------------------------------


def make_moons(n, noise):
    """두 초승달(scikit-learn 의 설명대로): 반원 둘을 섞고 잡음을 더한다. 난수는 np.random 의 전역 상태에서 뽑는다."""
    angle = np.linspace(0, np.pi, n // 2)
    outer = np.column_stack([np.cos(angle), np.sin(angle)])
    inner = np.column_stack([1 - np.cos(angle), 1 - np.sin(angle) - 0.5])
    order = np.arange(n)
    np.random.shuffle(order)
    points, labels = np.vstack([outer, inner])[order], np.repeat([0, 1], n // 2)[order]
    return points + np.random.normal(scale=noise, size=points.shape), labels


def moons_demo(steps):
    """micrograd 의 demo.ipynb: 최대 여유(max-margin) 손실과 L2, 학습률 1 − 0.9k/100. 스텝마다의 (손실, 정확도)."""
    np.random.seed(1337)
    random.seed(1337)
    X, y = make_moons(n=100, noise=0.1)
    y = y * 2 - 1
    model = ours.MLP(2, [16, 16, 1])

    def loss():
        inputs = [list(map(ours.Value, xrow)) for xrow in X]
        scores = list(map(model, inputs))
        losses = [(1 + -yi * scorei).relu() for yi, scorei in zip(y, scores, strict=True)]
        data_loss = sum(losses) * (1.0 / len(losses))
        alpha = 1e-4
        reg_loss = alpha * sum(p * p for p in model.parameters())
        accuracy = [(yi > 0) == (scorei.data > 0) for yi, scorei in zip(y, scores, strict=True)]
        return data_loss + reg_loss, sum(accuracy) / len(accuracy)

    found = []
    for k in range(steps):
        total_loss, acc = loss()
        model.zero_grad()
        total_loss.backward()
        learning_rate = 1.0 - 0.9 * k / 100
        for p in model.parameters():
            p.data -= learning_rate * p.grad
        found.append((total_loss.data, acc))
    return found


def test_the_moons_demo():
    """처음과 끝의 손실은 micrograd 0.1.0 과 scikit-learn 의 자료로 돌린 값이다."""
    found = moons_demo(steps=100)
    assert found[0] == (pytest.approx(0.8958441028683222, abs=1e-12), 0.5)
    assert found[99] == (pytest.approx(0.010978370135492717, abs=1e-10), 1.0)


def neuron_of_the_lecture(Value):
    """강의의 뉴런 하나: 이름표를 달고, o 부터 손으로."""
    x1, x2 = Value(2.0, label='x1'), Value(0.0, label='x2')
    w1, w2 = Value(-3.0, label='w1'), Value(1.0, label='w2')
    b = Value(6.8813735870195432, label='b')
    x1w1 = x1 * w1
    x1w1.label = 'x1*w1'
    x2w2 = x2 * w2
    x2w2.label = 'x2*w2'
    x1w1x2w2 = x1w1 + x2w2
    x1w1x2w2.label = 'x1*w1 + x2*w2'
    n = x1w1x2w2 + b
    n.label = 'n'
    return (x1, x2, w1, w2), (x1w1, x2w2, x1w1x2w2, b), n


def test_the_backward_pass_by_hand():
    leaves, (x1w1, x2w2, x1w1x2w2, b), n = neuron_of_the_lecture(ours.Value)
    o = n.tanh()
    o.label = 'o'
    o.grad = 1.0
    for node in (o, n, b, x1w1x2w2, x2w2, x1w1):
        node._backward()
    assert [round(v.grad, 6) for v in leaves] == [-1.5, 0.5, 1.0, 0.0]


def test_the_walk_of_the_lecture():
    """topo 를 되부름으로 짓고 `_prev` 로 내려가는 강의의 코드, 상자와 선을 모으는 draw_dot 의 trace."""
    leaves, _, n = neuron_of_the_lecture(ours.Value)
    e = (2 * n).exp()
    o = (e - 1) / (e + 1)
    topo, visited = [], set()

    def build_topo(v):
        if v not in visited:
            visited.add(v)
            for child in v._prev:
                build_topo(child)
            topo.append(v)

    build_topo(o)
    o.grad = 1.0
    for node in reversed(topo):
        node._backward()
    assert [round(v.grad, 6) for v in leaves] == [-1.5, 0.5, 1.0, 0.0]

    nodes, edges = set(), set()

    def build(v):
        if v not in nodes:
            nodes.add(v)
            for child in v._prev:
                edges.add((child, v))
                build(child)

    build(o)
    labels = {'{ %s | data %.4f | grad %.4f }' % (v.label, v.data, v.grad) for v in nodes}  # noqa: UP031 - 강의의 줄이다
    assert '{ x1 | data 2.0000 | grad -1.5000 }' in labels
    assert {v._op for v in nodes} == {'', '*', '+', 'exp', '-', '/'}
    assert {type(v) for v in nodes} == {ours.Value}  # 섞인 수 1 과 2 도
    assert len(edges) == sum(len(v._prev) for v in nodes)


def handmade_tanh(self):
    x = self.data
    t = (math.exp(2 * x) - 1) / (math.exp(2 * x) + 1)
    out = ours.Value(t, (self,), 'tanh')

    def _backward():
        self.grad += (1 - t**2) * out.grad

    out._backward = _backward
    return out


def test_an_operation_written_by_hand():
    """강의처럼 연산을 손으로 적는다. 엔진의 것과 섞이고, 두 번 쓰여도 더해지고, 그려진다. 다른 값으로 다시 계산할 수는 없다."""
    leaves, (*_, b), n = neuron_of_the_lecture(ours.Value)
    o = handmade_tanh(n) * 2 + n
    o.backward()
    assert [round(v.grad, 6) for v in leaves] == [-6.0, 2.0, 4.0, 0.0]
    assert b.grad == pytest.approx(2.0)
    assert '>tanh<' in draw(o).dot
    x = ours.Value(0.5)
    handmade_tanh(x + x).backward()
    assert x.grad == pytest.approx(2 / math.cosh(1) ** 2)
    leaves[0].data += 1
    with pytest.raises(RuntimeError, match='다시 계산할 수 없습니다'):
        refresh(o)


def test_an_operation_written_by_hand_has_no_second_derivative_that_would_be_silently_zero():
    x = ours.Value(0.5)
    assert grad(grad(x.tanh(), x), x).data != 0
    with pytest.raises(RuntimeError, match=r"'tanh' 은\(는\) backward\(\) 만"):
        grad(handmade_tanh(x), x)
    assert 'tanh' in str(explain(x, handmade_tanh(x) * 2))


def test_a_handmade_operation_without_its_rule_is_told():
    a = ours.Value(1.0)
    out = ours.Value(2.0, (a, a), 'mine')
    assert out._prev == {a} and out._op == 'mine'
    with pytest.raises(RuntimeError, match="'mine' 에 _backward 가 없습니다"):
        out.backward()
    with pytest.raises(TypeError, match='손수 만든 노드에만'):
        (a * a)._backward = lambda: None


def network_of_the_lecture(Value):
    """강의가 손으로 짓는 망: tanh 뉴런, 표본 넷, `p.data += -0.1 * p.grad`."""

    class Neuron:
        def __init__(self, nin):
            self.w = [Value(random.uniform(-1, 1)) for _ in range(nin)]
            self.b = Value(random.uniform(-1, 1))

        def __call__(self, x):
            act = sum((wi * xi for wi, xi in zip(self.w, x, strict=True)), self.b)
            return act.tanh()

    random.seed(0)
    layers = [[Neuron(nin) for _ in range(nout)] for nin, nout in ((3, 4), (4, 4), (4, 1))]
    xs = [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0], [1.0, 1.0, -1.0]]
    ys = [1.0, -1.0, -1.0, 1.0]
    parameters = [p for layer in layers for neuron in layer for p in [*neuron.w, neuron.b]]
    losses = []
    for _ in range(20):
        ypred = []
        for x in xs:
            out = x
            for layer in layers:
                out = [neuron(out) for neuron in layer]
            ypred.append(out[0])
        loss = sum((yout - ygt) ** 2 for ygt, yout in zip(ys, ypred, strict=True))
        for p in parameters:
            p.grad = 0.0
        loss.backward()
        for p in parameters:
            p.data += -0.1 * p.grad
        losses.append(loss.data)
    return losses


def test_the_network_of_the_lecture():
    losses = network_of_the_lecture(ours.Value)
    assert losses == network_of_the_lecture(Value)  # 같은 엔진이다
    assert losses[-1] < losses[0] / 10


@pytest.mark.parametrize('shape', [(2, [16, 16, 1]), (3, [1]), (1, [2, 2])])
def test_networks_start_where_those_of_micrograd_start(shape):
    """같은 `random.seed` 에서 같은 파라미터, 같은 이름, 같은 출력. 합의 차례만 다르다(편향을 끝에 더한다)."""
    x = [0.5, -1.25, 2.0][: shape[0]]
    nets, outputs = [], []
    for home in (ours, micrograd_nn):
        random.seed(7)
        nets.append(home.MLP(*shape))
        out = nets[-1](x)
        outputs.append([v.data for v in (out if isinstance(out, list) else [out])])
    assert [p.data for p in nets[0].parameters()] == [p.data for p in nets[1].parameters()]
    assert repr(nets[0]) == repr(nets[1])
    assert outputs[0] == pytest.approx(outputs[1], abs=1e-13)  # 항 17개인 합 셋, 크기는 100 을 넘지 않는다
    assert repr(ours.Neuron(2, nonlin=False)) == repr(micrograd_nn.Neuron(2, nonlin=False))


def test_values_look_as_those_of_micrograd():
    for home in (ours.Value, micrograd.Value):
        a, b = home(2.0), home(-3.0)
        made = [a + b, a * b, a**2, (a * b).relu()]
        assert [v._op for v in made] == ['+', '*', '**2', 'ReLU']
        assert [v._prev for v in made[:3]] == [{a, b}, {a, b}, {a}]
        assert repr(made[1]) == 'Value(data=-6.0, grad=0)' and a._op == '' and a._prev == set()


def test_draw_dot():
    a, b = ours.Value(2.0, label='a'), ours.Value(-3.0, label='b')
    dot = ours.draw_dot(a * b + 1, format='png', rankdir='TB')
    assert dot.format == 'png' and 'rankdir=TB' in dot.source.split('{', 1)[1]
    assert '>a<' in dot.source and '>b<' in dot.source


def test_copies_keep_the_type():
    a = ours.Value(2.0, label='a')
    b = pickle.loads(pickle.dumps(a * 3))
    assert type(b) is ours.Value and {v.label for v in b._prev} == {'a', ''}
