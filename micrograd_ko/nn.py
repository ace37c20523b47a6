"""신경망(neural network): `Neuron`, `Layer`, `MLP`. 그래프가 곧 노트의 표기법이 되도록 짓는다.

뉴런 하나는 정확히 두 노드다. z = w·x + b (`affine` 하나)와 a = σ(z). 그래서 δ = ∂C/∂z 는 `z.grad` 이고, 노드의 이름은
노트를 따른다: 입력 a¹ₖ, 가중치 w²₁₂, 편향 b²₁, z²₁, a²₁. 노트처럼 입력이 첫째 층이라 가중치는 둘째 층에서 시작한다.
"""

import operator
import random
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from micrograd_ko import ops
from micrograd_ko.engine import Value, record_values
from micrograd_ko.graph import swept
from micrograd_ko.misuse import brief, counted, inputs, listed, widths
from micrograd_ko.number import Number, number, unchecked
from micrograd_ko.operation import Op, table
from micrograd_ko.state import commit, grad_set
from micrograd_ko.trainable import Trainable
from micrograd_ko.writing.notation import indexed

if TYPE_CHECKING:
    import numpy as np

    from micrograd_ko.compiler import Program

Init = Callable[[random.Random, int], tuple[Sequence[Number], Number]]
Activation = Op | str


def normal(rng: random.Random, nin: int) -> tuple[list[float], float]:
    """기본 초깃값: w ~ N(0, 1/nin), b = 0. 입력이 많아도 z 의 크기가 1 쯤에 머문다."""
    return [rng.gauss(0, nin**-0.5) for _ in range(nin)], 0.0


def activation_op(activation: Activation) -> Op:
    """활성화 함수를 표의 단항 연산으로. 'linear' 는 identity. 모르는 이름이면 ValueError 가 있는 이름을 알려 준다."""
    op = table.get('identity' if activation == 'linear' else activation) if isinstance(activation, str) else activation
    if isinstance(op, Op) and op.arity == 1:
        return op
    known = ', '.join(sorted(op.name for op in table.values() if op.arity == 1))
    raise ValueError(f'활성화 함수(activation) {activation!r} 이(가) 없습니다. 표의 단항 연산을 주세요: linear, {known}.')


def generator(rng: random.Random | int | None) -> random.Random:
    """난수 생성기: `random.Random` 은 그대로, 0 이상의 정수는 씨앗(seed), None 이면 새것. 그 밖의 것은 TypeError."""
    if rng is None or isinstance(rng, random.Random):
        return rng or random.Random()
    if isinstance(rng, bool) or not hasattr(rng, '__index__') or rng < 0:  # Random 은 −1 과 1 을 같은 씨앗으로 본다
        raise TypeError(f'rng 는 random.Random 이나 0 이상의 정수 씨앗(seed)입니다. {brief(rng)} 을(를) 받았습니다.')
    return random.Random(operator.index(rng))


def _inputs(x: Any, rest: Any, nin: int, whose: str, letter: str = 'x', layer: int | None = None) -> list[Value]:
    """입력을 Value 의 목록으로. Value 는 그대로 두고, 수는 노트의 이름을 붙인 잎이 된다. 목록 하나가 아니면 TypeError."""
    xs = inputs(x, rest, nin, whose)
    return [x if isinstance(x, Value) else Value(x, indexed(letter, layer, k)) for k, x in enumerate(xs, 1)]


class Module:
    """파라미터를 가진 것의 공통 부분."""

    def named_parameters(self) -> list[tuple[str, Value]]:
        """(노트의 이름, Value) 의 목록. 층, 뉴런, w₁ … wₙ, b 의 순서."""
        return [(p.name, p) for p in self.parameters()]

    def parameters(self) -> list[Value]:
        return []

    def zero_grad(self) -> None:
        """모든 파라미터의 기울기를 0 으로. `backward` 가 잎의 기울기를 더해 가므로 갱신할 때마다 부른다."""
        parameters = self.parameters()
        commit(grad_set(parameters, [None] * len(parameters)))


class Neuron(Module):
    """뉴런: a = σ(w·x + b). x 는 길이 nin.

    `layer`, `j` 는 노트의 층과 그 안의 번호로, 이름에만 쓰인다. `init(rng, nin)` 은 (가중치 nin개, 편향)을 준다.
    """

    def __init__(
        self, nin: int, activation: Activation = 'sigmoid', rng: random.Random | int | None = None, init: Init | None = None, *,
        layer: int | None = None, j: int | None = None,
    ) -> None:  # fmt: skip
        nin, index = counted(nin, 'Neuron: 입력과 뉴런의 수는'), () if j is None else (j,)
        if not callable(init or normal):
            raise TypeError(f'init 은 (rng, nin) 을 받아 (가중치 nin개, 편향)을 주는 함수입니다. {init!r} 을(를) 받았습니다.')
        w, b = (init or normal)(generator(rng), nin)
        if len(w) != nin:
            raise ValueError(f'초깃값(init)이 가중치 {nin}개가 아니라 {len(w)}개를 주었습니다.')
        self.activation = activation_op(activation)
        self.w = [Value(data, indexed('w', layer, *index, k)) for k, data in enumerate(w, 1)]
        self.b = Value(b, indexed('b', layer, *index))
        self._z, self._a = indexed('z', layer, *index), indexed('a', layer, *index)

    def __call__(self, x: 'Iterable[Value | Number]', *rest: NoReturn) -> Value:
        return self.forward(_inputs(x, rest, len(self.w), repr(self)))[1]

    def forward(self, xs: list[Value]) -> tuple[Value, Value]:
        """(z, a). xs 는 길이가 맞는 Value 의 목록."""
        z = record_values(ops.affine, (*self.w, *xs, self.b))
        a = record_values(self.activation, (z,))
        z.name, a.name = self._z, self._a
        return z, a

    def parameters(self) -> list[Value]:
        return [*self.w, self.b]

    def __repr__(self) -> str:
        return f'Neuron({len(self.w)}, {self.activation.name!r})'


class Layer(Module):
    """층: 같은 입력을 받는 뉴런 nout 개. 호출하면 언제나 목록을 준다."""

    def __init__(
        self, nin: int, nout: int, activation: Activation = 'sigmoid', rng: random.Random | int | None = None,
        init: Init | None = None, *, layer: int | None = None,
    ) -> None:  # fmt: skip
        rng, self.nin, self.layer = generator(rng), counted(nin, 'Layer: 입력과 뉴런의 수는'), layer
        size = counted(nout, 'Layer: 입력과 뉴런의 수는')
        self.neurons = [Neuron(nin, activation, rng, init, layer=layer, j=j) for j in range(1, size + 1)]

    def __call__(self, x: 'Iterable[Value | Number]', *rest: NoReturn) -> list[Value]:
        return self.forward(_inputs(x, rest, self.nin, repr(self)))[1]

    def forward(self, xs: list[Value]) -> tuple[list[Value], list[Value]]:
        """(zs, as). xs 는 길이가 맞는 Value 의 목록."""
        zs, outputs = zip(*[neuron.forward(xs) for neuron in self.neurons], strict=True)
        return list(zs), list(outputs)

    def parameters(self) -> list[Value]:
        return [p for neuron in self.neurons for p in neuron.parameters()]

    def __repr__(self) -> str:
        return f'Layer({self.nin}, {len(self.neurons)}, {self.neurons[0].activation.name!r})'


class Pictured:
    """노트북에서 그림으로 보이는 것: 신경망과 순전파."""

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        from micrograd_ko.render import mimebundle

        return mimebundle(self)


class MLP(Module, Pictured, Trainable):
    """다층 퍼셉트론(multilayer perceptron). `MLP(2, [3, 2])` 는 입력 2, 은닉 3, 출력 2 다.

    activation 은 은닉층, output 은 마지막 층의 활성화 함수(기본은 같은 것). 호출하면 출력의 목록, 출력이 하나면 그 Value.
    rng 는 `random.Random` 이나 정수 씨앗(seed). 같은 씨앗이면 같은 초깃값이고, 없으면 매번 새로 뽑는다.

    >>> net = MLP.from_matrices([[[0.4, 0.6], [0.1, 0.9]]], [[0.2, 0.1]])
    >>> [f'{a:.3f}' for a in net([0.5, 0.3])]
    ['0.641', '0.603']
    """

    def __init__(
        self, nin: int, nouts: Sequence[int], activation: Activation = 'sigmoid', output: Activation | None = None,
        rng: random.Random | int | None = None, init: Init | None = None,
    ) -> None:  # fmt: skip
        nouts = [counted(n, 'MLP: 입력과 뉴런의 수는') for n in widths(nouts)]
        if not nouts:
            raise ValueError('MLP(nin, nouts): 층은 하나 이상입니다. nouts 가 빈 목록입니다.')
        sizes, rng = [counted(nin, 'MLP: 입력과 뉴런의 수는'), *nouts], generator(rng)
        activations = [activation] * (len(nouts) - 1) + [activation if output is None else output]
        shapes = zip(sizes, nouts, activations, strict=False)
        self.layers = [Layer(n, m, f, rng, init, layer=layer) for layer, (n, m, f) in enumerate(shapes, 2)]

    @classmethod
    def from_matrices(
        cls, weights: Sequence[Any], biases: Sequence[Any], activation: Activation = 'sigmoid', output: Activation | None = None
    ) -> 'MLP':
        """노트의 행렬로 만든다: weights[i] 의 행이 뉴런이고, 열이 그 입력이다(W 와 같은 모양). Fraction 은 그대로 남는다.

        행의 길이나 행렬의 모양이 이어지지 않으면 어느 것이 어떻게 다른지 알리는 ValueError.
        """
        matrices = [[_numbers(row) for row in _rows(w)] for w in listed(weights, 'weights 는 층마다의 행렬 W 의 목록입니다.')]
        vectors = [_numbers(b) for b in listed(biases, 'biases 는 층마다의 벡터 b 의 목록입니다.')]
        _check_shapes(matrices, vectors)
        exact = any(type(x).__name__ == 'Fraction' for rows in (*matrices, vectors) for row in rows for x in row)
        kept = iter([
            (row if exact else [float(x) for x in row], b if exact else float(b))
            for w, v in zip(matrices, vectors, strict=True)
            for row, b in zip(w, v, strict=True)
        ])
        return cls(len(matrices[0][0]), [len(w) for w in matrices], activation, output, init=lambda rng, nin: next(kept))

    def matrices(self) -> tuple[list['np.ndarray'], list['np.ndarray']]:
        """(weights, biases): 층마다 W (nout × nin) 와 b (nout,) 의 NumPy 배열. Fraction 이면 dtype 이 object 다."""
        import numpy as np

        weights = [np.array([[w.data for w in n.w] for n in layer.neurons]) for layer in self.layers]
        return weights, [np.array([n.b.data for n in layer.neurons]) for layer in self.layers]

    def __call__(self, x: 'Iterable[Value | Number]', *rest: NoReturn) -> Value | list[Value]:
        outputs = self.trace(x, *rest).output
        return outputs[0] if len(outputs) == 1 else outputs

    def trace(self, x: 'Iterable[Value | Number]', *rest: NoReturn) -> 'Trace':
        """한 표본의 순전파를 노트의 표기법으로: 모든 z 와 a 를 간직한 `Trace`."""
        activations = [_inputs(x, rest, self.layers[0].nin, repr(self), 'a', 1)]
        zs = []
        for layer in self.layers:
            z, a = layer.forward(activations[-1])
            zs.append(z)
            activations.append(a)
        return Trace(zs, activations)

    def parameters(self) -> list[Value]:
        return [p for layer in self.layers for p in layer.parameters()]

    def compile(self, loss: Callable[[list[Value], list[Value]], Value] | None = None) -> 'Program':
        """한 표본의 그래프를 기록해 모든 표본에 재생하는 `Program` 으로. 입력은 (x, y), 출력은 a^L 이다.

        loss(출력의 목록, 목표의 목록) → Value. 기본은 `losses.quadratic`. 클래스 목표는 원-핫(one-hot)으로 준다.
        """
        from micrograd_ko.compiler import compile_graph
        from micrograd_ko.learning import losses

        record = losses.checked(losses.quadratic if loss is None else loss)
        x = [Value(0.5, indexed('a', 1, k)) for k in range(1, self.layers[0].nin + 1)]
        y = [Value(0.5, indexed('y', None, j)) for j in range(1, len(self.layers[-1].neurons) + 1)]
        with unchecked():  # 그래프의 모양만 쓴다
            trace = self.trace(x)
            c = record(trace.output, y)
        return compile_graph(c, (x, y), self.parameters(), trace.output)

    def page(self, X: Any, Y: Any, loss: Any = None, detail: str = 'auto', lang: str = 'ko') -> Any:
        """이 신경망과 표본 (X, Y) 의 놀이터: 스텝 페이지에서 표본을 고르고 모두 배우는 그림(`render.page_of`)."""
        from micrograd_ko.render import page_of

        return page_of(self, X, Y, loss, detail, lang)

    def __repr__(self) -> str:
        sizes = [len(layer.neurons) for layer in self.layers]
        names = [layer.neurons[0].activation.name for layer in self.layers]
        return f'MLP({self.layers[0].nin}, {sizes}, {names[0]!r}' + (f', output={names[-1]!r})' if names[-1] != names[0] else ')')


class Trace(Pictured):
    """한 표본의 순전파. 층 i + 2 의 z 는 `zs[i]`, a = σ(z) 는 `activations[i + 1]`, 입력 a¹ 은 `activations[0]` 이다."""

    def __init__(self, zs: list[list[Value]], activations: list[list[Value]]) -> None:
        self.zs, self.activations = zs, activations

    @property
    def output(self) -> list[Value]:
        """a^L: 마지막 층의 출력."""
        return self.activations[-1]

    @property
    def deltas(self) -> list[list[Number]]:
        """δ = ∂C/∂z, 층마다 수의 목록. 이 순전파로 만든 손실의 `backward()` 전이면 RuntimeError."""
        if not any(swept(z) for layer in self.zs for z in layer):
            raise RuntimeError('δ 는 역전파 뒤에 생깁니다. trace.output 으로 손실을 만들고 loss.backward() 를 먼저 부르세요.')
        return [[z.grad for z in layer] for layer in self.zs]

    def __repr__(self) -> str:
        return f'Trace({[len(layer) for layer in self.activations]})'


def _rows(w: Any) -> Any:
    rows = w.tolist() if hasattr(w, 'tolist') else w
    if not isinstance(rows, list | tuple) or not rows or not all(isinstance(row, list | tuple) and row for row in rows):
        raise ValueError(f'weights 의 행렬은 비어 있지 않은 행(row)의 목록이어야 합니다. {brief(w)} 을(를) 받았습니다.')
    return rows


def _numbers(row: Any) -> list[Number]:
    return [number(x, 'W 와 b 의 원소는') for x in listed(row, 'W 의 행과 b 는 수의 목록입니다.')]


def _check_shapes(weights: list[list[list]], biases: list[list]) -> None:
    if not weights or len(weights) != len(biases):
        raise ValueError(f'가중치 행렬 {len(weights)}개와 편향 {len(biases)}개: 층마다 하나씩, 같은 수로 주세요.')
    nin = len(weights[0][0])
    for layer, (w, b) in enumerate(zip(weights, biases, strict=True), 2):
        for j, row in enumerate(w, 1):
            if len(row) != nin:
                raise ValueError(f'층 {layer} 의 W 의 {j}행은 길이가 {nin} 이어야 합니다(앞 층의 출력 수). {len(row)} 입니다.')
        if len(b) != len(w):
            raise ValueError(f'층 {layer} 의 b 는 W 의 행 수 {len(w)} 만큼 길어야 합니다. {len(b)} 입니다.')
        nin = len(w)


def require_mlp(net: Any) -> MLP:
    """net. `MLP` 가 아니면 어디의 무엇인지 알리는 TypeError: `micrograd.MLP` 는 이름만 같다."""
    if not isinstance(net, MLP):
        kind = type(net)
        raise TypeError(f'신경망(micrograd_ko.MLP)을 받습니다. {kind.__module__}.{kind.__qualname__} 을(를) 받았습니다.')
    return net
