"""그래프에서 신경망을 알아본다: 구조가 먼저이고, 이름은 마지막 층의 순서에만 쓴다.

뉴런은 `affine` 노드 z 와, 그것을 홀로 쓰는 단항 노드 a 다. 같은 입력을 받는 뉴런이 한 층이고, 앞 층의 출력을 모두 받는 층이
다음 층이다.
"""

import re
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from micrograd_ko import ops
from micrograd_ko.engine import Value
from micrograd_ko.graph import topological
from micrograd_ko.operation import Op

if TYPE_CHECKING:
    from micrograd_ko.nn import MLP, Trace


class Unit(NamedTuple):
    """뉴런 하나. 표본을 넣지 않은 신경망이면 z 와 a 가 None."""

    w: tuple[Value, ...]
    b: Value
    z: Value | None
    a: Value | None
    activation: Op

    @property
    def values(self) -> list[Value]:
        return [v for v in (*self.w, self.b, self.z, self.a) if v is not None]


class Network(NamedTuple):
    """그림이 보일 신경망. order 는 상자 안의 칸에 번호를 매길 차례, root 는 손실(없으면 None)."""

    inputs: tuple[Value | None, ...]
    layers: tuple[tuple[Unit, ...], ...]
    order: tuple[Value, ...]
    root: Value | None
    known: bool  # 기울기를 아는가: 역전파를 했는가

    @property
    def sizes(self) -> list[int]:
        return [len(self.inputs), *map(len, self.layers)]

    @property
    def units(self) -> list[Unit]:
        return [unit for layer in self.layers for unit in layer]

    @property
    def values(self) -> list[Value]:
        """입력과 뉴런의 모든 값."""
        return [*[x for x in self.inputs if x is not None], *[v for unit in self.units for v in unit.values]]

    def kind(self, layer: int) -> str:
        return 'output' if layer == len(self.layers) + 1 else 'hidden'

    def role(self, layer: int) -> str:
        """층의 이름. 노트처럼 입력이 1층이다."""
        return f'{layer}층 · 출력층' if self.kind(layer) == 'output' else f'{layer}층 · 은닉층'


def from_module(net: 'MLP') -> Network:
    """표본 없이: 가중치와 편향만."""
    layers = tuple(tuple(Unit(tuple(n.w), n.b, None, None, n.activation) for n in layer.neurons) for layer in net.layers)
    parameters = tuple(net.parameters())
    return Network((None,) * net.layers[0].nin, layers, parameters, None, any(p.grad != 0 for p in parameters))


def from_trace(trace: 'Trace') -> Network:
    """한 표본의 순전파. 손실은 아직 없거나 이 안에 없다."""
    layers = tuple(tuple(map(_unit, activations)) for activations in trace.activations[1:])
    order = tuple(topological(*trace.output))
    known = any(node.grad != 0 or type(node.grad) is float for layer in trace.zs for node in layer)
    return Network(tuple(trace.activations[0]), layers, order, None, known)


def from_value(root: Value, order: list[Value]) -> Network | None:
    """손실이나 출력의 그래프에서. 층이 한 줄로 이어지지 않으면 None."""
    chained = _chain(_layers(order))
    if not chained:
        return None
    layers = (*chained[:-1], _in_order_of_names(chained[-1]))
    inputs = _inputs_of(layers[0][0])
    is_output = any(unit.a is root for unit in layers[-1])
    return Network(inputs, layers, tuple(order), None if is_output else root, root.grad != 0)


def _layers(order: list[Value]) -> dict[tuple, tuple[Unit, ...]]:
    """입력의 튜플 → 그것을 받는 뉴런들."""
    if all(node.op is not ops.affine for node in order):
        return {}
    uses = Counter(parent for node in order for parent in node.parents)
    layers: dict[tuple, tuple[Unit, ...]] = {}
    for a in order:
        if a.op is not None and a.op.arity == 1 and (z := a.parents[0]).op is ops.affine and uses[z] == 1:
            unit = _unit(a)
            if all(p.op is None for p in (*unit.w, unit.b)):
                layers[_inputs_of(unit)] = (*layers.get(_inputs_of(unit), ()), unit)
    return layers


def _chain(layers: dict[tuple, tuple[Unit, ...]]) -> list[tuple[Unit, ...]]:
    """층들을 앞에서 뒤로. 뉴런의 순서는 다음 층이 받는 순서다. 한 줄이 아니면 빈 목록."""
    outputs = {unit.a for units in layers.values() for unit in units}
    first = [inputs for inputs in layers if not outputs.intersection(inputs)]
    if len(first) != 1:
        return []
    chain = [layers.pop(first[0])]
    while layers:
        by_output: dict[Any, Unit] = {unit.a: unit for unit in chain[-1]}
        following = [inputs for inputs in layers if len(inputs) == len(by_output) and by_output.keys() == set(inputs)]
        if len(following) != 1:
            return []
        chain[-1] = tuple([by_output[a] for a in following[0]])
        chain.append(layers.pop(following[0]))
    return chain


def _unit(a: Value) -> Unit:
    assert a.op is not None
    (z,) = a.parents
    *operands, b = z.parents
    return Unit(tuple(operands[: len(operands) // 2]), b, z, a, a.op)


def _inputs_of(unit: Unit) -> tuple[Value, ...]:
    assert unit.z is not None
    return unit.z.parents[len(unit.w) : -1]


_SUBSCRIPT = re.compile('[₀-₉]+$')


def _in_order_of_names(units: tuple[Unit, ...]) -> tuple[Unit, ...]:
    """이름이 모두 서로 다른 아래첨자로 끝나면 그 순서로(a³₁, a³₂ …), 아니면 손실이 쓰는 순서로."""
    found = [_SUBSCRIPT.search(unit.a.name) for unit in units if unit.a is not None]
    index = [int(match[0].translate(_DIGITS)) for match in found if match]
    if len(set(index)) != len(units):
        return units
    return tuple([unit for _, unit in sorted(zip(index, units, strict=True), key=lambda pair: pair[0])])


_DIGITS = str.maketrans('₀₁₂₃₄₅₆₇₈₉', '0123456789')
