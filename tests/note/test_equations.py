"""행렬 방정식: 노트의 예, 수치 미분과의 일치, 갱신 식, 모양의 검사. 엔진을 쓰지 않는다."""

import ast
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from micrograd_ko import equations, losses

RNG = np.random.default_rng(0)
WEIGHTS = [RNG.normal(size=(4, 3)), RNG.normal(size=(2, 4))]
BIASES = [RNG.normal(size=4), RNG.normal(size=2)]
X, Y = np.array([0.5, -0.3, 0.8]), np.array([1.0, 0.0])
COSTS = {
    'quadratic': lambda a, y: np.sum((a - y) ** 2) / 2,
    'cross_entropy': lambda a, y: -np.sum(y * np.log(a) + (1 - y) * np.log(1 - a)),
    'softmax_cross_entropy': lambda a, y: np.log(np.sum(np.exp(a))) - a @ y,
    'hinge': lambda a, y: np.sum(np.maximum(0, 1 - y * a)),
}


def test_the_witness_knows_neither_engine_nor_network():
    tree = ast.parse(Path(equations.__file__).read_text(encoding='utf-8'))
    imported = {a.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for a in node.names}
    imported |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not any('engine' in name or 'nn' in name.split('.') for name in imported)


def test_the_worked_example_of_the_note():
    z = equations.weighted_input(np.array([[0.4, 0.6], [0.1, 0.9]]), np.array([0.5, 0.3]), np.array([0.2, 0.1]))
    assert z == pytest.approx([0.58, 0.42], rel=1e-15)
    assert equations.sigma(z, 'sigmoid') == pytest.approx([0.641, 0.603], abs=5e-4)


@pytest.mark.parametrize('loss', COSTS)
@pytest.mark.parametrize('activation', ['sigmoid', ['tanh', 'sigmoid'], ['softplus', 'sigmoid']])
def test_backprop_agrees_with_differences_of_the_cost(loss, activation):
    """중심차분: h = ε^(1/3) 이면 오차가 h² + ε/h 쯤, 곧 1e-10 쯤이다. 백 배를 허용한다."""

    def cost(weights, biases):
        return COSTS[loss](equations.feedforward(weights, biases, X, activation)[1][-1], Y)

    nabla_w, nabla_b = equations.backprop(WEIGHTS, BIASES, X, Y, activation, loss)
    h = np.finfo(float).eps ** (1 / 3)
    for arrays, nablas in ((WEIGHTS, nabla_w), (BIASES, nabla_b)):
        for array, nabla in zip(arrays, nablas, strict=True):
            for index in np.ndindex(array.shape):
                kept = array[index]
                array[index] = kept + h
                above = cost(WEIGHTS, BIASES)
                array[index] = kept - h
                below = cost(WEIGHTS, BIASES)
                array[index] = kept
                assert nabla[index] == pytest.approx((above - below) / (2 * h), abs=1e-8)


def test_sgd_step_moves_by_the_mean_over_the_batch():
    """m = 2 의 갱신은 표본마다의 갱신 둘의 평균이다. Fraction 으로 정확하게."""
    weights, biases = [[[Fraction(1), Fraction(-2)]]], [[Fraction(1, 2)]]
    batch = [([Fraction(1), Fraction(3)], [Fraction(0)]), ([Fraction(-1, 3), Fraction(2)], [Fraction(1)])]
    eta = Fraction(1, 10)
    (w,), (b,) = equations.sgd_step(weights, biases, batch, eta, 'identity')
    singles = [equations.sgd_step(weights, biases, [sample], eta, 'identity') for sample in batch]
    assert (w == (singles[0][0][0] + singles[1][0][0]) / 2).all() and (b == (singles[0][1][0] + singles[1][1][0]) / 2).all()
    assert isinstance(w[0, 0], Fraction) and weights == [[[Fraction(1), Fraction(-2)]]]


def test_one_step_by_hand():
    """z = 1·1 − 2·3 + ½ = −9/2 이고 목표가 0 이므로 δ = −9/2, ∂C/∂W = δ (1, 3)."""
    (w,), (b,) = equations.sgd_step([[[Fraction(1), -2]]], [[Fraction(1, 2)]], [([1, 3], [0])], Fraction(1, 10), 'identity')
    assert w.tolist() == [[1 + Fraction(9, 20), -2 + Fraction(27, 20)]] and b.tolist() == [Fraction(1, 2) + Fraction(9, 20)]


def test_the_hinge_pushes_only_inside_the_margin():
    a, y = [2.0, 1.5, 0.5, -2.0, -0.5, 1.5], [1, 1, 1, -1, -1, -1]
    assert losses.hinge.gradient(np.array(a), np.array(y)).tolist() == [0, 0, -1, 0, 1, 1]


@pytest.mark.parametrize('kind', [Fraction, float])
def test_integers_follow_the_kind_of_number_beside_them(kind):
    """가중치 하나만 Fraction(float)이고 나머지가 모두 정수여도."""
    nabla_w, nabla_b = equations.backprop([[[kind(1) / 2, 1]], [[2]]], [[0], [1]], [1, 3], [1], 'identity')
    assert all(type(d) is kind for nabla in (*nabla_w, *nabla_b) for d in nabla.ravel().tolist())
    assert all((nabla.dtype == object) == (kind is Fraction) for nabla in (*nabla_w, *nabla_b))


@pytest.mark.parametrize(('name', 'expected'), [('linear', 0.5), ('exp', np.exp(0.5)), ('relu', 0.5), ('abs', 0.5)])
def test_an_activation_is_found_by_its_name(name, expected):
    assert equations.sigma(np.array([0.5]), name) == pytest.approx([expected], rel=1e-15)


def test_an_input_of_zero_starves_its_weights_and_a_saturated_neuron_its_delta():
    """노트의 통찰 두 가지."""
    nabla_w, _ = equations.backprop(WEIGHTS, BIASES, [0.0, 1.0, 1.0], Y)
    assert (nabla_w[0][:, 0] == 0).all() and (nabla_w[0][:, 1] != 0).all()
    saturated = equations.output_error(np.array([1.0]), np.array([0.0]), np.array([40.0]))
    assert abs(saturated[0]) < 1e-15


@pytest.mark.parametrize(('change', 'told'), [
    ({'x': [1.0, 2.0]}, '층 2'), ({'biases': BIASES[:1]}, '1개'), ({'y': [1.0]}, '목표'), ({'activation': ['relu']}, '2개'),
    ({'activation': 'sigmod'}, 'sigmod'), ({'weights': [WEIGHTS[0], WEIGHTS[0]]}, '층 3'),
    ({'biases': [*BIASES, BIASES[1]]}, '3개'), ({'biases': [BIASES[1], BIASES[1]]}, '층 2'),
    ({'weights': [WEIGHTS[0][..., None], WEIGHTS[1]]}, '층 2'),
])  # fmt: skip
def test_wrong_shapes_are_told(change, told):
    with pytest.raises(ValueError, match=told):
        equations.backprop(**{'weights': WEIGHTS, 'biases': BIASES, 'x': X, 'y': Y, **change})


A, B = np.array([0.5, 0.2]), np.array([0.5])
W = np.array([[0.4, 0.6], [0.1, 0.9]])


@pytest.mark.parametrize('use', [
    *[lambda f=f: f(0.5, 0.2, 0.1) for f in (equations.weighted_input, equations.output_error, equations.backpropagate_error)],
    lambda: equations.weight_gradient(0.5, 0.2), lambda: equations.weight_gradient(W, A),
    lambda: equations.weighted_input(W, A, 0.5), lambda: equations.weighted_input(W, A, B),
    lambda: equations.weighted_input(W, W, A),
    lambda: equations.output_error(A, 1.0, A), lambda: equations.output_error(A, B, A), lambda: equations.output_error(A, A, B),
    lambda: equations.output_error(A, A, A, loss=lambda a, y: ((a - y) ** 2).sum()),  # ∇_a C 대신 C
    lambda: equations.backpropagate_error(W, A, B), lambda: equations.backpropagate_error(W, B, A),
])  # fmt: skip
def test_a_vector_of_another_shape_is_not_stretched(use):
    """길이 1 인 벡터와 수는 NumPy 가 소리 없이 늘린다: 틀린 δ 가 나온다."""
    with pytest.raises(ValueError, match=r'모양\(shape\)은 .* \((m|n|m, n)\).* 을\(를\) 받았습니다'):
        use()


def test_the_equations_take_lists_and_stay_exact():
    w, half = [[Fraction(1, 3), 2]], Fraction(1, 2)
    assert equations.weighted_input(w, [3, 1], [half]).tolist() == [Fraction(7, 2)]
    assert equations.output_error([half], [1], [0], 'identity').tolist() == [-half]
    assert equations.backpropagate_error(w, [3], [0, 0], 'identity').tolist() == [1, 6]
    assert equations.weight_gradient([half], [1, 2]).tolist() == [[half, 1]]
    assert equations.sigma_prime(0, 'sigmoid') == 0.25
    samples, X, Y = [(A, A), (A[::-1], A[::-1])], np.array([A, A[::-1]]), np.array([A, A[::-1]])
    by_list, by_zip, by_arrays = [equations.sgd_step([W], [A], batch, 0.5) for batch in (samples, zip(X, Y, strict=True), (X, Y))]
    assert (by_list[0][0] == by_zip[0][0]).all() and (by_list[0][0] == by_arrays[0][0]).all()


@pytest.mark.parametrize(('change', 'told'), [
    ({'x': 'ab'}, 'W, b, x, y 에는 실수'), ({'x': [1j, 2.0, 3.0]}, 'dtype complex'), ({'y': ['a', 'b']}, '실수'),
    ({'weights': None}, 'weights 는 .* None'), ({'biases': 3.0}, r'biases 는 .* 3\.0'),
])  # fmt: skip
def test_what_is_not_a_number_is_told(change, told):
    with pytest.raises(TypeError, match=told):
        equations.backprop(**{'weights': WEIGHTS, 'biases': BIASES, 'x': X, 'y': Y, **change})
    with pytest.raises(TypeError, match='학습률 eta'):
        equations.sgd_step(WEIGHTS, BIASES, [(X, Y)], '0.1')


@pytest.mark.parametrize(('change', 'told'), [
    ({'activation': None}, '연산 None'), ({'activation': np.tanh}, 'tanh.* 표에 없습니다'), ({'loss': None}, '손실.* None'),
    ({'weights': [[[1.0, 2.0], [3.0]]], 'biases': [[0.0, 0.0]]}, '행마다 길이가'),
])  # fmt: skip
def test_what_is_not_there_is_told(change, told):
    with pytest.raises(ValueError, match=told):
        equations.backprop(**{'weights': WEIGHTS, 'biases': BIASES, 'x': X, 'y': Y, **change})


def test_an_empty_batch_is_told():
    with pytest.raises(ValueError, match='비어'):
        equations.sgd_step(WEIGHTS, BIASES, [], 0.1)
