"""신경망을 알아보기(recognise): 그래프에서 뉴런과 층, 손실과 목표를 찾고, 노트의 이름을 붙인다.

이름이 아니라 모양을 본다. z 는 가중치와 편향이 잎(leaf)인 `affine`, a 는 그 z 만 쓰는 단항 연산이고, 한 층의 출력을 모두 받는
층이 다음 층이다. 그림, 걸음, 설명, 영수증이 모두 이것을 묻는다: 넷은 같은 그래프를 같게 본다.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from micrograd_ko import ops
from micrograd_ko.engine import Value
from micrograd_ko.graph import topological
from micrograd_ko.learning.losses import LOSSES, Loss
from micrograd_ko.nn import MLP, Trace
from micrograd_ko.number import unchecked
from micrograd_ko.operation import Op
from micrograd_ko.writing.notation import indexed


class Unit(NamedTuple):
    """뉴런 하나: z = w·x + b, a = σ(z)."""

    w: tuple[Value, ...]
    inputs: tuple[Value, ...]
    b: Value
    z: Value
    a: Value

    @property
    def activation(self) -> Op:
        assert self.a.op is not None
        return self.a.op

    @property
    def values(self) -> tuple[Value, ...]:
        return *self.w, self.b, self.z, self.a


class Network:
    """그래프 안의 신경망.

    inputs   a¹.
    layers   층마다 `Unit` 의 튜플. layers[i] 는 노트의 층 i + 2 다.
    order    그래프 전체의 위상 순서.
    root     손실 C. 그래프가 출력에서 끝나면 None.
    sampled  표본을 넣었는가. 거짓이면 z 와 a 의 수는 아무 뜻이 없다.
    """

    def __init__(
        self, inputs: Sequence[Value], layers: Iterable[tuple[Unit, ...]], order: Sequence[Value], root: Value | None,
        sampled: bool = True,
    ) -> None:  # fmt: skip
        self.inputs, self.layers, self.order = tuple(inputs), tuple(layers), tuple(order)
        self.root, self.sampled = root, sampled

    @property
    def sizes(self) -> list[int]:
        return [len(self.inputs), *map(len, self.layers)]

    @cached_property
    def units(self) -> list[Unit]:
        return [unit for layer in self.layers for unit in layer]

    @cached_property
    def outputs(self) -> list[Value]:
        """a^L."""
        return [unit.a for unit in self.layers[-1]]

    @cached_property
    def parameters(self) -> list[Value]:
        """w 와 b, 한 번씩."""
        return list(dict.fromkeys(p for unit in self.units for p in (*unit.w, unit.b)))

    @cached_property
    def values(self) -> dict[Value, None]:
        """입력과 뉴런의 모든 값, 한 번씩, 앞에서 뒤로."""
        return dict.fromkeys((*self.inputs, *[v for unit in self.units for v in unit.values]))

    @cached_property
    def region(self) -> list[Value]:
        """손실에 속하는 노드: 신경망의 것도 아니고 그 입력을 만든 것도 아니다."""
        inside = {*self.values, *topological(*self.inputs)}
        return [node for node in self.order if node not in inside]

    @cached_property
    def strays(self) -> list[tuple[Value, Value]]:
        """노트의 가정 2(C 는 aᴸ 만의 함수)를 어기는 곳: (손실의 노드, 그것이 바로 쓰는 가운데 층의 값이나 파라미터)의 목록."""
        allowed = {*self.outputs, *self.inputs}
        return [(node, p) for node in self.region for p in node.parents if p in self.values and p not in allowed]

    @cached_property
    def loss(self) -> Loss | None:
        """손실의 기록. `losses` 의 것과 모양이 다른 손실이면 None."""
        return self._loss_and_targets[0]

    @cached_property
    def targets(self) -> dict[Value, Value]:
        """출력 aⱼ → 목표 yⱼ, 출력의 순서로. 모르는 손실이면 aⱼ − y 의 꼴로 들어간 잎 y 가 목표다."""
        found = self._loss_and_targets[1]
        return {a: found[a] for a in self.outputs if a in found}

    @cached_property
    def _loss_and_targets(self) -> tuple[Loss | None, dict[Value, Value]]:
        if self.root is None:
            return None, {}
        for loss in LOSSES.values():
            for pairs in _matches(loss, self.root, self.outputs):
                return loss, pairs
        gaps = [node.parents for node in self.region if node.op is ops.sub]
        return None, {a: y for a, y in gaps if a in self.outputs and y.op is None}

    @cached_property
    def names(self) -> dict[Value, str]:
        """노드마다 노트의 이름: a¹₁, w²₁₂, b²₁, z²₁, a²₁, y₁, C, 그리고 손실의 안쪽 u₁ …"""
        names = {x: indexed('a', 1, k) for k, x in enumerate(self.inputs, 1)}
        for layer, units in enumerate(self.layers, 2):
            for j, unit in enumerate(units, 1):
                names |= {w: indexed('w', layer, j, k) for k, w in enumerate(unit.w, 1)}
                names |= {v: indexed(letter, layer, j) for letter, v in (('b', unit.b), ('z', unit.z), ('a', unit.a))}
        if self.root is not None:
            j_of = {a: j for j, a in enumerate(self.outputs, 1)}
            names |= {y: indexed('y', None, j_of[a]) for a, y in self.targets.items() if y not in names}
            inner = [node for node in self.region if node.op is not None]
            names |= {node: indexed('u', None, i) for i, node in enumerate(inner, 1)} | {self.root: 'C'}
        return names

    def mapped(self, twin: Mapping[Value, Value]) -> 'Network':
        """같은 신경망을 사본의 노드로."""
        layers = [tuple([_unit(twin[unit.a]) for unit in units]) for units in self.layers]
        root = None if self.root is None else twin[self.root]
        return Network([twin[x] for x in self.inputs], layers, [twin[v] for v in self.order], root, self.sampled)

    def kind(self, layer: int) -> str:
        return 'output' if layer == len(self.layers) + 1 else 'hidden'

    def role(self, layer: int) -> str:
        """층의 이름. 노트처럼 입력이 1층이다."""
        return f'{layer}층 · 출력층' if self.kind(layer) == 'output' else f'{layer}층 · 은닉층'


def in_module(net: MLP) -> Network:
    """표본 없이: 아무 수나 넣어 모양만 기록한다."""
    with unchecked():
        trace = net.trace([0.5] * net.layers[0].nin)
    return in_trace(trace, sampled=False)


def in_trace(trace: Trace, root: Value | None = None, sampled: bool = True) -> Network:
    """한 표본의 순전파. root 를 주면 그것이 손실이다."""
    layers = [tuple(map(_unit, activations)) for activations in trace.activations[1:]]
    return Network(trace.activations[0], layers, topological(*trace.output, *([] if root is None else [root])), root, sampled)


def in_graph(order: Sequence[Value]) -> Network | None:
    """손실이나 출력의 그래프에서. 마지막 노드가 root 다. 층이 한 줄로 이어지지 않으면 None."""
    chained = _chain(_layers(order))
    if not chained:
        return None
    layers = (*chained[:-1], _in_order_of_names(chained[-1]))
    root = order[-1]
    return Network(layers[0][0].inputs, layers, order, None if any(unit.a is root for unit in layers[-1]) else root)


def _layers(order: Sequence[Value]) -> dict[tuple, tuple[Unit, ...]]:
    """입력의 튜플 → 그것을 받는 뉴런들."""
    layers: dict[tuple, tuple[Unit, ...]] = {}
    if all(node.op is not ops.affine for node in order):
        return layers
    uses = Counter(parent for node in order for parent in node.parents)
    for a in order:
        if a.op is not None and a.op.arity == 1 and (z := a.parents[0]).op is ops.affine and uses[z] == 1:
            unit = _unit(a)
            if all(p.op is None for p in (*unit.w, unit.b)):
                layers[unit.inputs] = (*layers.get(unit.inputs, ()), unit)
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
    (z,) = a.parents
    w, inputs, b = ops.affine.split(z.parents)
    return Unit(w, inputs, b, z, a)


_SUBSCRIPT = re.compile('[₀-₉]+$')
_DIGITS = str.maketrans('₀₁₂₃₄₅₆₇₈₉', '0123456789')


def _in_order_of_names(units: tuple[Unit, ...]) -> tuple[Unit, ...]:
    """이름이 모두 서로 다른 아래첨자로 끝나면 그 순서로(a³₁, a³₂ …), 아니면 손실이 쓰는 순서로."""
    found = [_SUBSCRIPT.search(unit.a.name) for unit in units]
    index = [int(match[0].translate(_DIGITS)) for match in found if match]
    if len(set(index)) != len(units):
        return units
    return tuple([unit for _, unit in sorted(zip(index, units, strict=True), key=lambda pair: pair[0])])


# 손실 -----------------------------------------------------------------------------------------------------------------

def _matches(loss: Loss, root: Value, outputs: Sequence[Value]) -> Iterator[dict[Value, Value]]:
    """root 가 outputs 의 loss 라면 (출력 → 목표). 손실을 자리표(placeholder)로 다시 기록해 모양을 견준다."""
    places, goals = ([Value(0.5) for _ in outputs] for _ in range(2))
    targets: list[Any] = [goals]
    if loss.takes_class and len(root.parents) == 2 and root.parents[1] in outputs:
        targets.append(outputs.index(root.parents[1]))
    for target in targets:
        with unchecked():
            template = loss(places, target)
        bound = _bound(template, root, set(places), set(goals), set(outputs))
        if bound is not None:
            yield {bound[a]: bound[y] for a, y in zip(places, goals, strict=True) if y in bound}


def _bound(template: Value, root: Value, places: set, goals: set, outputs: set) -> dict[Value, Value] | None:
    """template 의 노드 → root 의 그래프의 노드. 모양이 다르면 None. 출력은 어느 순서로 쓰여도 된다."""
    bound: dict[Value, Value] = {}
    pending = [(template, root)]
    while pending:
        pattern, node = pending.pop()
        if pattern in bound:
            if bound[pattern] is not node:
                return None
            continue
        bound[pattern] = node
        if pattern in places:
            fits = node in outputs
        elif pattern in goals:
            fits = node not in outputs
        else:
            fits = pattern.op is node.op and len(pattern.parents) == len(node.parents)
            fits = fits and (pattern.op is not None or pattern.data == node.data)
            pending += zip(pattern.parents, node.parents, strict=False)
        if not fits:
            return None
    found = [bound[place] for place in places if place in bound]
    return bound if len(set(found)) == len(found) == len(outputs) else None
