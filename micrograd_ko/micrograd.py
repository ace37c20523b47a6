"""micrograd 의 이름으로: `Value`, `Neuron`, `Layer`, `MLP`, `draw_dot` 을 이 엔진 위에 그대로 놓는다.

강의의 코드는 `from micrograd.engine import Value` 와 `from micrograd.nn import …` 을 `from micrograd_ko.micrograd import …` 로
바꾸면 돈다. 이름, 기본값, 만드는 법은 micrograd 0.1.0 의 것이다: 망은 relu 이고 끝이 선형이며, 초깃값은 `random` 모듈에서 뽑는다
(그래서 `random.seed` 를 따른다). 계산은 이 엔진의 것이라 `draw`, `explain`, `grad` 도 이 `Value` 를 받는다(손으로 적은 연산의
`grad` 는 빼고).
"""

import random
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from typing import Any

import graphviz

from micrograd_ko import engine, ops
from micrograd_ko.graph import sweep
from micrograd_ko.kinds.symbols import Symbol
from micrograd_ko.misuse import counted, inputs, widths
from micrograd_ko.number import Number
from micrograd_ko.operation import Op
from micrograd_ko.render import draw

_SIGNS = {'add': '+', 'sub': '-', 'mul': '*', 'div': '/', 'pow': '**', 'relu': 'ReLU'}  # micrograd 가 상자에 적는 기호


class Value(engine.Value, closed=True):
    """micrograd 의 Value. 연산도, 연산에 섞인 수도 이 형이 된다.

    _children, _op  손으로 적는 연산의 피연산자와 이름. 이어서 `out._backward = f` 로 f 가 피연산자의 `.grad` 에 더하게 한다.
    label           이름(`name`).
    _prev           피연산자의 집합. 순서가 있는 것은 `parents` 다.

    >>> a, b = Value(2.0, label='a'), Value(-3.0, label='b')
    >>> e = a * b
    >>> e.label = 'e'
    >>> e._op, e._prev == {a, b}
    ('*', True)
    """

    __slots__ = ()

    def __init__(self, data: Number, _children: Iterable[engine.Value] = (), _op: str = '', label: str = '') -> None:
        super().__init__(data, label)
        children = tuple(dict.fromkeys(_children))
        if children:
            self.op, self._x = _Written(_op, self, children), children

    @property
    def label(self) -> str:
        return self.name

    @label.setter
    def label(self, label: str) -> None:
        self.name = label

    @property
    def _prev(self) -> set[engine.Value]:
        return set(self.parents)

    @property
    def _op(self) -> str:
        if self.op is None:
            return ''
        if self.op.name.startswith('power('):
            return f'**{self.op.name[6:-1]}'
        return _SIGNS.get(self.op.name, self.op.name)

    @property
    def _backward(self) -> Callable[[], None]:
        """부르면 이 노드의 `.grad` 를 피연산자에 한 번 나누어 준다(강의에서 손으로 하는 역전파). 잎이면 아무 일도 없다."""
        return lambda: sweep([self])

    @_backward.setter
    def _backward(self, rule: Callable[[], None]) -> None:
        if not isinstance(self.op, _Written):
            raise TypeError(f'_backward 는 Value(data, (피연산자, …), 이름) 으로 손수 만든 노드에만 적습니다: {self!r}')
        self.op.rule = rule

    def __repr__(self) -> str:
        return f'Value(data={self.data}, grad={self.grad})'


class _Written(Op):
    """손으로 적은 연산. 편미분은 적힌 `_backward` 에서 읽는다: `out.grad` 를 1 로 놓고 부르면 피연산자에 더해지는 것이다."""

    __slots__ = ('operands', 'out', 'rule')

    def __init__(self, name: str, out: Value, children: tuple[engine.Value, ...]) -> None:
        self.out, self.operands = out, tuple([child.data for child in children])
        self.rule: Callable[[], None] | None = None
        super().__init__(name, self._again, self._slopes)

    def _again(self, _: Any, *operands: Any) -> Number:
        self._refuse_other_kinds(operands)
        if operands != self.operands:
            raise RuntimeError(f'손으로 적은 연산 {self.name!r} 은(는) 값을 다시 계산할 수 없습니다. 바꾼 수로 새로 기록하세요.')
        return self.out.data

    def _slopes(self, _: Any, *operands: Any) -> tuple[Number, ...]:
        self._refuse_other_kinds(operands)
        if self.rule is None:
            raise RuntimeError(f'손으로 적은 연산 {self.name!r} 에 _backward 가 없습니다. out._backward = 함수 로 적으세요.')
        nodes = (self.out, *self.out.parents)
        kept = [node.grad for node in nodes]
        try:
            for node in nodes:
                node.grad = 0
            self.out.grad = 1
            self.rule()
            return tuple([node.grad for node in self.out.parents])
        finally:
            for node, grad in zip(nodes, kept, strict=True):
                node.grad = grad

    def _refuse_other_kinds(self, operands: tuple[Any, ...]) -> None:
        """적힌 규칙은 수만 안다(설명의 식에는 그 수를 적는다). 그래프나 배열로 계산하면 소리 없이 상수가 된다."""
        if not all(isinstance(x, int | float | Fraction | Symbol) for x in operands):
            raise RuntimeError(
                f'손으로 적은 연산 {self.name!r} 은(는) backward() 만 압니다. grad 와 재생에는 표의 연산(x.tanh() …)을 쓰세요.'
            )

    def __deepcopy__(self, memo: dict) -> '_Written':
        return self  # 값도 규칙도 적힌 노드의 것이다


class Module:
    """파라미터를 가진 것."""

    def zero_grad(self) -> None:
        for p in self.parameters():
            p.grad = 0

    def parameters(self) -> list[Value]:
        return []


class Neuron(Module):
    """뉴런: relu(w·x + b), nonlin 이 거짓이면 w·x + b. w 는 [−1, 1] 에서 고르게 뽑고 b 는 0 이다."""

    def __init__(self, nin: int, nonlin: bool = True) -> None:
        self.w = [Value(random.uniform(-1, 1)) for _ in range(counted(nin, 'Neuron: 입력과 뉴런의 수는'))]
        self.b = Value(0)
        self.nonlin = nonlin

    def __call__(self, x: Sequence[Any]) -> Value:
        act = ops.affine(self.w, inputs(x, (), len(self.w), repr(self)), self.b)
        return act.relu() if self.nonlin else act

    def parameters(self) -> list[Value]:
        return [*self.w, self.b]

    def __repr__(self) -> str:
        return f'{"ReLU" if self.nonlin else "Linear"}Neuron({len(self.w)})'


class Layer(Module):
    """층. 뉴런이 하나면 목록이 아니라 그 Value 를 준다."""

    def __init__(self, nin: int, nout: int, **kwargs: Any) -> None:
        self.neurons = [Neuron(nin, **kwargs) for _ in range(counted(nout, 'Layer: 입력과 뉴런의 수는'))]

    def __call__(self, x: Sequence[Any]) -> Value | list[Value]:
        out = [neuron(x) for neuron in self.neurons]
        return out[0] if len(out) == 1 else out

    def parameters(self) -> list[Value]:
        return [p for neuron in self.neurons for p in neuron.parameters()]

    def __repr__(self) -> str:
        return f'Layer of [{", ".join(map(str, self.neurons))}]'


class MLP(Module):
    """다층 퍼셉트론: 은닉층은 relu, 마지막 층은 선형. `MLP(2, [16, 16, 1])`."""

    def __init__(self, nin: int, nouts: Sequence[int]) -> None:
        nouts = widths(nouts)
        sizes, last = [nin, *nouts], len(nouts) - 1
        self.layers = [Layer(sizes[i], nout, nonlin=i != last) for i, nout in enumerate(nouts)]

    def __call__(self, x: Any) -> Any:
        for layer in self.layers:
            x = layer(x)
        return x

    def parameters(self) -> list[Value]:
        return [p for layer in self.layers for p in layer.parameters()]

    def __repr__(self) -> str:
        return f'MLP of [{", ".join(map(str, self.layers))}]'


def draw_dot(root: engine.Value, format: str = 'svg', rankdir: str = 'LR') -> graphviz.Digraph:  # noqa: A002 - micrograd 의 이름이다
    """root 의 계산 그래프: 노드마다 값과 기울기, 선에 국소 미분. 노트북에서는 그림으로 보인다."""
    dot = draw(root, 'ops').digraph
    dot.format = format
    dot.attr(rankdir=rankdir)
    return dot
