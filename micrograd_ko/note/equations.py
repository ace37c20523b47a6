"""노트의 방정식(equations)을 행렬 그대로. 식 하나가 함수 하나다.

그래프도 엔진도 모르는 독립된 증인이고, `receipt` 가 둘을 견준다. σ 와 σ′ 만 연산 표의 것, ∇_a C 만 손실의 기록의 것이다.

모양은 노트를 따르고, 어긋나면 ValueError 다. weights[i] 는 층 i + 2 의 W (nout × nin), biases[i] 는 b (nout,), 벡터는 1차원이다.
zs[i] 는 층 i + 2 의 z, activations[0] 은 입력 a¹, activations[i + 1] = σ(zs[i]).
Fraction 을 넣으면 dtype 이 object 인 배열로 정확하게 계산한다.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from micrograd_ko.kinds import arrays
from micrograd_ko.learning.dataset import paired
from micrograd_ko.learning.losses import LOSSES, Loss
from micrograd_ko.misuse import listed
from micrograd_ko.number import number
from micrograd_ko.operation import Op, named

Array = np.ndarray
Arrays = list[Array]
Activation = Op | str
Activations = Activation | Sequence[Activation]  # 하나이거나 층마다 하나씩의 목록
Gradient = str | Loss | Callable[[Array, Array], Array]


def sigma(z: Array, activation: Activation) -> Array:
    """a = σ(z), 칸마다."""
    return arrays.apply(_op(activation), (_numeric(z),))


def sigma_prime(z: Array, activation: Activation) -> Array:
    """σ′(z), 칸마다. 규칙은 표의 것이다: 시그모이드라면 a(1 − a)."""
    z, op = _numeric(z), _op(activation)
    return np.broadcast_to(arrays.derivatives(op, sigma(z, op), (z,))[0], z.shape)  # 규칙이 상수(identity 의 1)일 수도 있다


def weighted_input(w: Array, a: Array, b: Array) -> Array:
    """z^l = W^l a^{l−1} + b^l."""
    w, a, b = _arrays('W (m, n), a (n), b (m)', w, a, b)
    return w @ a + b


def feedforward(weights: Sequence, biases: Sequence, x: Any, activation: Activations = 'sigmoid') -> tuple[Arrays, Arrays]:
    """순전파(알고리즘 1~2단계): (zs, activations). a¹ = x, z^l = W^l a^{l−1} + b^l, a^l = σ(z^l).

    activation 은 하나이거나 층마다 하나씩의 목록이다(아래에서도 그렇다). 모양이 이어지지 않으면 ValueError.

    >>> zs, activations = feedforward([[[0.4, 0.6], [0.1, 0.9]]], [[0.2, 0.1]], [0.5, 0.3])
    >>> zs[0].round(2).tolist(), activations[1].round(3).tolist()
    ([0.58, 0.42], [0.641, 0.603])
    """
    ws, bs, a = _checked(weights, biases, x)
    zs, activations = [], [a]
    for w, b, op in zip(ws, bs, _per_layer(activation, len(ws)), strict=True):
        zs.append(weighted_input(w, activations[-1], b))
        activations.append(sigma(zs[-1], op))
    return zs, activations


def output_error(a: Array, y: Array, z: Array, activation: Activation = 'sigmoid', loss: Gradient = 'quadratic') -> Array:
    """방정식 1: δ^L = ∇_a C ⊙ σ′(z^L). 이차 손실이면 ∇_a C = a^L − y."""
    a, y, z = _arrays('출력 a (n), 목표 y (n), z (n)', a, y, z)
    nabla, slope = _arrays('∇_a C (n), σ′ (n)', _gradient(loss)(a, y), sigma_prime(z, activation))
    return nabla * slope


def backpropagate_error(w_next: Array, delta_next: Array, z: Array, activation: Activation = 'sigmoid') -> Array:
    """방정식 2: δ^l = (W^{l+1})ᵀ δ^{l+1} ⊙ σ′(z^l)."""
    w_next, delta_next, z = _arrays('W (m, n), δ (m), z (n)', w_next, delta_next, z)
    return (w_next.T @ delta_next) * sigma_prime(z, activation)


def bias_gradient(delta: Array) -> Array:
    """방정식 3: ∂C/∂b^l = δ^l."""
    return delta


def weight_gradient(delta: Array, a_previous: Array) -> Array:
    """방정식 4: ∂C/∂W^l = δ^l (a^{l−1})ᵀ, 곧 ∂C/∂w^l_{jk} = a^{l−1}_k δ^l_j."""
    return np.outer(*_arrays('δ (m), a (n)', delta, a_previous))


def errors(
    weights: Sequence, zs: Arrays, a: Array, y: Any, activation: Activations = 'sigmoid', loss: Gradient = 'quadratic'
) -> Arrays:
    """모든 층의 δ(알고리즘 3~4단계): 출력층은 방정식 1, 그 앞은 뒤에서부터 방정식 2."""
    ops = _per_layer(activation, len(zs))
    deltas = [output_error(a, y, zs[-1], ops[-1], loss)]
    for w, z, op in zip(reversed(weights[1:]), reversed(zs[:-1]), reversed(ops[:-1]), strict=True):
        deltas.insert(0, backpropagate_error(w, deltas[0], z, op))
    return deltas


def gradients(deltas: Arrays, activations: Arrays) -> tuple[Arrays, Arrays]:
    """모든 층의 기울기(알고리즘 5단계): (nabla_w, nabla_b), 방정식 4 와 3. activations 는 `feedforward` 의 것, a¹ 부터다."""
    nabla_w = [weight_gradient(delta, a) for delta, a in zip(deltas, activations[:-1], strict=True)]
    return nabla_w, [bias_gradient(delta) for delta in deltas]


def backprop(
    weights: Sequence, biases: Sequence, x: Any, y: Any, activation: Activations = 'sigmoid', loss: Gradient = 'quadratic'
) -> tuple[Arrays, Arrays]:
    """한 표본의 기울기(알고리즘 1~5단계): (nabla_w, nabla_b), weights·biases 와 같은 모양.

    loss 는 `losses` 의 기록이나 그 이름, 또는 ∇_a C(a, y) 를 주는 함수다.
    """
    zs, activations = feedforward(weights, biases, x, activation)
    return gradients(errors(weights, zs, activations[-1], y, activation, loss), activations)


def sgd_step(
    weights: Sequence, biases: Sequence, batch: Any, eta: Any, activation: Activations = 'sigmoid',
    loss: Gradient = 'quadratic',
) -> tuple[Arrays, Arrays]:  # fmt: skip
    """갱신: W ← W − (η/m) Σ_x δ^(x,l) (a^(x,l−1))ᵀ, b ← b − (η/m) Σ_x δ^(x,l). 새 (weights, biases).

    batch 는 (x, y) 의 목록이나 배열의 튜플 (X, Y), m 은 표본의 수. 비어 있으면 ValueError.
    """
    batch = paired(batch)
    if not batch:
        raise ValueError('sgd_step: 미니배치(mini-batch)가 비어 있습니다. (x, y) 를 하나 이상 주세요.')
    samples = [backprop(weights, biases, x, y, activation, loss) for x, y in batch]
    rate = number(eta, '학습률 eta 는') / len(batch)
    new_w = [_numeric(w) - rate * sum(nabla_w[i] for nabla_w, _ in samples) for i, w in enumerate(weights)]
    new_b = [_numeric(b) - rate * sum(nabla_b[i] for _, nabla_b in samples) for i, b in enumerate(biases)]
    return new_w, new_b


def _op(activation: Activation) -> Op:
    return activation if isinstance(activation, Op) else named('identity' if activation == 'linear' else activation)


def _gradient(loss: Gradient) -> Callable[[Array, Array], Array]:
    found = LOSSES.get(loss, loss) if isinstance(loss, str) else loss
    if not callable(found):
        known = ', '.join(LOSSES)
        raise ValueError(f'손실(loss) {found!r} 이(가) 없습니다. {known} 가운데 하나나 ∇_a C(a, y) 를 주는 함수를 주세요.')
    return found.gradient if isinstance(found, Loss) else found


def _per_layer(activation: Activations, layers: int) -> list[Activation]:
    if isinstance(activation, str) or not isinstance(activation, Sequence):
        return [activation] * layers
    if len(activation) != layers:
        raise ValueError(f'활성화 함수 {len(activation)}개: 층마다 하나씩 {layers}개를 주세요.')
    return list(activation)


def _numeric(x: Any, exact: bool = False) -> Array:
    """배열로. 정수는 함께 쓰이는 수의 종류를 따른다: exact 면 정확한 정수, 아니면 float64."""
    array = arrays.reals(x, 'W, b, x, y')
    return array if array.dtype.kind in 'fO' else array.astype(object if exact else np.float64)


def _together(given: Sequence[Any]) -> Arrays:
    """함께 쓰이는 배열들: 하나라도 정확하면(Fraction) 정수도 정확하다."""
    found = [_numeric(x) for x in given]
    return [_numeric(x, exact=True) for x in given] if any(x.dtype == object for x in found) else found


def _arrays(shapes: str, *given: Any) -> Arrays:
    """식이 받는 배열들. shapes 는 이름과 모양이고, 같은 글자는 같은 길이다.

    어긋나면 ValueError: 그대로 두면 NumPy 는 길이 1 인 벡터를 소리 없이 늘린다(broadcasting).
    """
    sizes, found = dict[str, int](), _together(given)
    for letters, array in zip(re.findall(r'\((.*?)\)', shapes), found, strict=True):
        wanted = letters.split(', ')
        if len(wanted) != array.ndim or any(sizes.setdefault(k, n) != n for k, n in zip(wanted, array.shape, strict=True)):
            raise ValueError(f'모양(shape)은 {shapes} 입니다. {", ".join(str(x.shape) for x in found)} 을(를) 받았습니다.')
    return found


def _checked(weights: Sequence, biases: Sequence, x: Any) -> tuple[Arrays, Arrays, Array]:
    weights = listed(weights, 'weights 는 층마다의 행렬 W 의 목록입니다.')
    biases = listed(biases, 'biases 는 층마다의 벡터 b 의 목록입니다.')
    if len(weights) != len(biases):
        raise ValueError(f'가중치 행렬 {len(weights)}개와 편향 {len(biases)}개: 층마다 하나씩, 같은 수로 주세요.')
    *layers, a = _together([*weights, *biases, x])
    ws, bs, shape = layers[: len(weights)], layers[len(weights) :], a.shape
    for layer, (w, b) in enumerate(zip(ws, bs, strict=True), 2):
        if w.ndim != 2 or (w.shape[1],) != shape or b.shape != w.shape[:1]:
            raise ValueError(f'층 {layer}: 앞 층의 출력 {shape}, W {w.shape}, b {b.shape} 의 모양이 이어지지 않습니다.')
        shape = b.shape
    return ws, bs, a
