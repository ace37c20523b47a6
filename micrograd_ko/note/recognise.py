"""신경망을 알아보기(recognise): 그래프에서 뉴런과 층, 손실과 목표를 찾고, 노트의 이름을 붙인다.

이름이 아니라 모양을 본다. z 는 가중치와 편향이 잎(leaf)인 `affine`, a 는 그 z 를 쓰는 단항 연산이고, 한 층의 출력을 모두 받는
층이 다음 층이다. 그림, 스텝, 설명, 영수증이 모두 이것을 묻는다: 넷은 같은 그래프를 같게 본다.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

from micrograd_ko import ops
from micrograd_ko.engine import Value
from micrograd_ko.graph import above, topological
from micrograd_ko.learning.losses import LOSSES, Loss
from micrograd_ko.nn import MLP, Trace
from micrograd_ko.number import Number, unchecked
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


@dataclass(eq=False)
class Network:
    """그래프 안의 신경망.

    inputs   a¹.
    layers   층마다 `Unit` 의 튜플. layers[i] 는 노트의 층 i + 2 다.
    order    그래프 전체의 위상 순서.
    sampled  표본을 넣었는가. 거짓이면 z 와 a 의 수는 아무 뜻이 없다.
    others   다른 표본들의 신경망. 파라미터를 이것과 나누어 쓴다.
    """

    inputs: tuple[Value, ...]
    layers: tuple[tuple[Unit, ...], ...]
    order: tuple[Value, ...]
    sampled: bool = True
    others: tuple['Network', ...] = ()

    @property
    def sample_count(self) -> int:
        """표본의 수."""
        return 1 + len(self.others)

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

    @property
    def root(self) -> Value | None:
        """손실 C. 그래프가 출력에서 끝나면 None."""
        return None if self.order[-1] in set(self.outputs) else self.order[-1]

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
        """손실에 속하는 노드: (어느 표본의) 신경망의 것도 아니고 그 입력을 만든 것도 아니다."""
        nets = self, *self.others
        inside = {v for net in nets for v in (*net.values, *topological(*net.inputs))}
        return [node for node in self.order if node not in inside]

    @cached_property
    def used(self) -> list[Value]:
        """손실이 바로 쓰는 신경망의 값, 쓰는 차례로."""
        return list(dict.fromkeys(p for node in self.region for p in node.parents if p in self.values))

    @cached_property
    def strays(self) -> list[tuple[Value, Value]]:
        """노트의 가정 2(C 는 aᴸ 만의 함수)를 어기는 곳: (손실의 노드, 그것이 바로 쓰는 가운데 층의 값이나 파라미터)의 목록.

        파라미터로 만든 입력도 그런 값이다. 손실이 출력이 아닌 값 그 자체면 둘이 같은 노드다.
        """
        root, allowed = self.order[-1], {*self.outputs, *self.region}
        if root not in allowed:
            return [(root, root)]
        bound = above(self.order, self.parameters) - allowed
        return [(node, p) for node in self.region for p in node.parents if p in bound]

    @property
    def loss(self) -> Loss | None:
        """손실의 기록. `losses` 의 것과 모양이 다른 손실이면 None."""
        return self._loss_and_targets[0]

    @cached_property
    def targets(self) -> dict[Value, Value]:
        """출력 aⱼ → 목표 yⱼ, 출력의 순서로. 모르는 손실이면 aⱼ − y 의 꼴로 들어간 잎 y 가 목표다."""
        found = {} if self.others else self._loss_and_targets[1]  # 표본마다 목표가 다르다
        return {a: found[a] for a in self.outputs if a in found}

    @property
    def goal(self) -> list[Number]:
        """아는 손실의 목표를 수로, 출력의 순서로. 클래스 번호로 준 목표면 원-핫(one-hot)이다."""
        return [y.data for y in self.targets.values()] or [int(a in set(self.order[-1].parents)) for a in self.outputs]

    @cached_property
    def _loss_and_targets(self) -> tuple[Loss | None, dict[Value, Value]]:
        outputs = set(self.outputs)
        used = [v for v in self.used if v in outputs]
        for loss in LOSSES.values() if len(used) == len(outputs) else ():
            found = self._targets_of(loss, used)
            if found is not None:
                return loss, found
        gaps = [node.parents for node in self.region if node.op is ops.sub]
        return None, {a: y for a, y in gaps if a in outputs and y.op is None}

    def _targets_of(self, loss: Loss, used: list[Value]) -> dict[Value, Value] | None:
        """root 가 used(출력을 손실이 쓰는 차례로)의 loss 라면 출력 → 목표, 아니면 None.

        손실을 자리표(placeholder)로 다시 기록해 모양을 견준다. 클래스 번호로 준 목표는 root 가 바로 쓰는 출력이다. 목표가
        출력에 매여 있으면 ∇_a C 가 달라지므로 그 손실이 아니다.
        """
        root = self.order[-1]
        places, goals = ([Value(0.5) for _ in used] for _ in range(2))
        chosen = [j for j, a in enumerate(used) if loss.takes_class and a in set(root.parents[1:2])]
        for target in (goals, *chosen):
            with unchecked():
                template = loss(places, target)
            bound = dict(zip(places, used, strict=True))
            if _same_shape(template, root, bound, set(goals)) and self._only_constants(bound, {*places, *goals}):
                targets = {a: bound[y] for a, y in zip(used, goals, strict=True) if y in bound}
                return targets if above(self.order, used).isdisjoint(targets.values()) else None
        return None

    def _only_constants(self, bound: dict[Value, Value], places: set[Value]) -> bool:
        """자리표가 아닌 잎의 짝이 정말 상수인가: 이름이 있거나 파라미터인 잎은 나중에 다른 수가 될 수 있다."""
        constants = [node for pattern, node in bound.items() if pattern.op is None and pattern not in places]
        return not any(node.name or node in self.values for node in constants)

    @cached_property
    def names(self) -> dict[Value, str]:
        """표본이 하나면 노드마다 노트의 이름: a¹₁, w²₁₂, b²₁, z²₁, a²₁, y₁, C, 그리고 손실의 안쪽 u₁ …"""
        if self.others:
            return {}  # 표본마다의 z²₁ 은 한 이름이 아니다
        names = {x: indexed('a', 1, k) for k, x in enumerate(self.inputs, 1)}
        for layer, units in enumerate(self.layers, 2):
            for j, unit in enumerate(units, 1):
                names |= {w: indexed('w', layer, j, k) for k, w in enumerate(unit.w, 1)}
                names |= {v: indexed(letter, layer, j) for letter, v in zip('bza', unit.values[-3:], strict=True)}
        if self.root is not None:
            j_of = {a: j for j, a in enumerate(self.outputs, 1)}
            names |= {y: indexed('y', None, j_of[a]) for a, y in self.targets.items() if y not in names}
            inner = [node for node in self.region if node.op is not None]
            names |= {node: indexed('u', None, i) for i, node in enumerate(inner, 1)} | {self.root: 'C'}
        return names

    def kind(self, layer: int) -> str:
        return 'output' if layer == len(self.layers) + 1 else 'hidden'

    def role(self, layer: int) -> str:
        """층의 이름. 노트처럼 입력이 1층이다."""
        return f'{layer}층 · 출력층' if self.kind(layer) == 'output' else f'{layer}층 · 은닉층'


def shared_activation(units: Sequence[Unit]) -> Op:
    """한 층의 뉴런이 모두 쓰는 활성화 함수. 뉴런마다 다르면 f 라고 적히는 연산."""
    found = {unit.activation for unit in units}
    return found.pop() if len(found) == 1 else Op('f', lambda m, x: x, (lambda z, x: 1,))


def in_module(net: MLP) -> Network:
    """표본 없이: 아무 수나 넣어 모양만 기록한다."""
    with unchecked():
        trace = net.trace([0.5] * net.layers[0].nin)
    return in_trace(trace, sampled=False)


def in_trace(trace: Trace, *root: Value, sampled: bool = True) -> Network:
    """한 표본의 순전파. root 를 주면 그것이 손실이고, 위상 순서는 거기서 끝난다."""
    layers = tuple([tuple(map(_unit, activations)) for activations in trace.activations[1:]])
    order = topological(*[a for a in trace.output if a not in set(root)], *root)
    if root and order[-1] is not root[0]:  # 손실이 신경망 안의 값이다
        order = topological(*root)
    return Network(tuple(trace.activations[0]), layers, tuple(order), sampled)


def in_graph(order: Sequence[Value]) -> Network | None:
    """손실이나 출력의 그래프에서. 마지막 노드가 root 다. 층이 한 줄로 이어지지 않으면 None.

    뉴런의 순서는 다음 층이 받는 순서다.
    """
    networks = _networks(order)
    return networks[0] if len(networks) == 1 else None


def in_samples(order: Sequence[Value]) -> Network | None:
    """여러 표본의 손실에서: 표본마다 같은 파라미터의 신경망이 하나씩 있으면 첫 표본의 것(나머지는 `others`), 아니면 None."""
    first, *others = _networks(order) or (None,)
    if first is None or not all(_parameters(net) == _parameters(first) for net in others):
        return None
    return replace(first, others=tuple(others))


def _parameters(net: Network) -> list[set[tuple[Value, ...]]]:
    return [{(*unit.w, unit.b) for unit in units} for units in net.layers]


def _networks(order: Sequence[Value]) -> list[Network]:
    """층을 앞 층의 출력을 모두 받는 다음 층과 이은 것들."""
    chains: list[list[list[Unit]]] = []
    ends: dict[frozenset, list[list[Unit]]] = {}  # 마지막 층의 출력 → 거기까지 이은 층들
    for units in _layers(order):
        inputs = units[0].inputs
        chain = ends.pop(frozenset(Counter(inputs).items()), None)
        if chain is None:
            chain = []
            chains.append(chain)
        else:
            unit_of = {unit.a: unit for unit in chain[-1]}
            chain[-1] = [unit_of[a] for a in inputs]
        chain.append(units)
        ends[frozenset(Counter([unit.a for unit in units]).items())] = chain
    for chain in chains:
        chain[-1] = _in_order_of_names(chain[-1])
    return [Network(layers[0][0].inputs, tuple(map(tuple, layers)), tuple(order)) for layers in chains]


def _layers(order: Sequence[Value]) -> list[list[Unit]]:
    """같은 입력을 받는 뉴런끼리, 위상 순서로. 층이 한 줄로 이어진다면 앞에서 뒤로다."""
    layers: dict[tuple[Value, ...], list[Unit]] = {}
    candidates: dict[Value, list[Value]] = {}
    for a in order:
        if a.op is not None and a.op.arity == 1 and a.parents[0].op is ops.affine:
            candidates.setdefault(a.parents[0], []).append(a)
    passed = {x for node in order if node.op is ops.affine for x in ops.affine.split(node.parents)[1]}
    for users in candidates.values():  # z 의 벌점 z² 도 단항이다: 다음 층이 받는 것이 a 이고, 가를 수 없으면 뉴런이 아니다
        found = users if len(users) == 1 else [a for a in users if a in passed]
        unit = _unit(found[0]) if len(found) == 1 else None
        if unit is not None and all(p.op is None for p in (*unit.w, unit.b)):
            layers.setdefault(unit.inputs, []).append(unit)
    return list(layers.values())


def _unit(a: Value) -> Unit:
    (z,) = a.parents
    w, inputs, b = ops.affine.split(z.parents)
    return Unit(w, inputs, b, z, a)


_DIGITS = '₀₁₂₃₄₅₆₇₈₉'


def _in_order_of_names(units: list[Unit]) -> list[Unit]:
    """이름이 모두 서로 다른 아래첨자로 끝나면 그 순서로(a³₁, a³₂ …), 아니면 손실이 쓰는 순서로."""
    index = {unit: unit.a.name.removeprefix(unit.a.name.rstrip(_DIGITS)) for unit in units}
    if '' in index.values() or len(set(index.values())) != len(units):
        return units
    return sorted(units, key=lambda unit: (len(index[unit]), index[unit]))


def _same_shape(template: Value, root: Value, bound: dict[Value, Value], free: set[Value]) -> bool:
    """template 이 root 와 같은 모양인가. bound 에 template 의 노드 → root 의 노드를 채운다. free 에는 무엇이 와도 된다."""
    given = free | bound.keys()
    bound[template] = root
    for pattern in reversed(topological(template)):  # 쓰는 노드가 먼저다: 올 때마다 짝이 정해져 있다
        op, parents, node = pattern.op, pattern.parents, bound[pattern]
        if pattern in given:
            continue
        if op is not node.op or len(parents) != len(node.parents) or (op is None and pattern.data != node.data):
            return False
        if any(bound.setdefault(p, q) is not q for p, q in zip(parents, node.parents, strict=True)):
            return False
    return True
