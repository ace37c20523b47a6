"""그릴 것(subject): 그래프와, 그 안의 신경망과, 그 가운데 그릴 노드."""

import copy
from collections.abc import Set
from typing import Any, NamedTuple

from micrograd_ko.engine import Value
from micrograd_ko.graph import above, swept, topological
from micrograd_ko.learning.losses import quadratic
from micrograd_ko.nn import MLP, Trace
from micrograd_ko.note import recognise
from micrograd_ko.note.recognise import Network
from micrograd_ko.number import NOT_YET
from micrograd_ko.staleness import replay
from micrograd_ko.writing.labels import Labels


class NoStepsError(ValueError):
    """볼 스텝이 없다: 표본을 넣지 않은 신경망, 표본이 여럿인 손실의 신경망."""


class Subject(NamedTuple):
    """그릴 것.

    roots    root 들: 손실 하나나, 순전파의 출력들.
    order    위상 순서. 표본을 넣지 않은 신경망이면 비어 있다.
    chosen   그 가운데 그릴 노드.
    network  신경망이면 그 구조, 아니면 None.
    known    기울기를 아는가: 역전파를 했는가.
    seeded   root 에서 역전파도 하는가. 출력이 여럿인 순전파면 거짓.
    samples  페이지가 고르고 배울 표본: 표본마다 입력과 목표의 수들.
    """

    roots: tuple[Value, ...]
    order: tuple[Value, ...]
    chosen: Set[Value]
    network: Network | None
    known: bool
    seeded: bool
    samples: tuple[list[float], ...] = ()

    @property
    def net(self) -> Network:
        """신경망. 뉴런과 층의 그림과 스텝은 신경망이 있을 때만 불린다(`drawing`)."""
        assert self.network is not None
        return self.network

    def narrowed(self, focus: Value | None, depth: int | None) -> 'Subject':
        """focus 에서 root 까지의 경로와, root 에서 depth 까지만 그린다."""
        chosen = self.chosen
        if focus is not None:
            if focus not in chosen:
                raise ValueError(f'focus 가 그래프 안에 없습니다: {focus!r}')
            chosen = above(self.order, [focus])
        return self._replace(chosen=chosen if depth is None else chosen & _within(self.roots, depth))

    def with_samples(self, samples: Any) -> 'Subject':
        """표본을 지닌 것. samples 는 (X, Y): X 의 행은 입력, Y 의 행은 목표(출력이 하나면 수도)다.

        한 표본의 손실이 아니거나, 입력과 목표가 저마다 다른 잎이 아니거나, 수가 맞지 않으면 ValueError.
        """
        net = self.network
        if net is None or net.root is None or net.sample_count > 1 or len(net.targets) != len(net.outputs):
            raise ValueError(
                'samples 는 신경망 하나에 표본 하나를 넣은 손실에 씁니다. 출력마다 목표(target)가 노드로 있어야 합니다: '
                '클래스 번호 대신 원-핫(one-hot) 목록으로 손실을 만들거나 net.page(X, Y) 를 쓰세요.'
            )
        places = [*net.inputs, *net.targets.values()]
        apart = {id(v) for v in (*places, *net.parameters)}
        if any(v.op is not None for v in places) or len(apart) < len(places) + len(net.parameters):
            raise ValueError('samples 는 입력과 목표가 저마다 다른 잎(leaf)일 때 씁니다: 수로 준 입력과 목표면 그렇습니다.')
        from micrograd_ko.learning.dataset import pairs_of

        pairs = pairs_of(samples, len(net.inputs), len(net.outputs), quadratic)  # 목표는 출력마다 수 하나다
        return self._replace(samples=tuple([[*map(float, x), *map(float, y)] for x, y in pairs]))

    def rehearsed(self) -> 'Subject':
        """예행(rehearsal): 잎의 지금 값으로 순전파를, root 가 하나면 역전파도 다시 한 사본. 모든 노드에 이름이 있다.

        원래 그래프는 그대로다. 이름은 설명(`explain`)의 것이고, 상수인 잎은 이름 없이 수로 부른다.
        """
        if not self.order:
            raise NoStepsError('표본을 넣지 않은 신경망에는 스텝이 없습니다. 손실이나 net.trace(x) 를 그리세요.')
        known = {id(node.op): node.op for node in self.order}  # 연산은 그대로 쓴다: 표에 없는 것은 이름으로 베낄 수 없다
        order, network = copy.deepcopy((self.order, self.network), known)
        twin = dict(zip(self.order, order, strict=True))
        labels = Labels(order, names=network.names if network else None)
        names = {node: labels.text(node) for node in order if node.op is not None or labels.name(node)}
        for node, data in replay(order, lambda leaf: leaf.data).items():
            node.data, node.grad, node.name = data, NOT_YET, names.get(node, '')
        roots = tuple([twin[root] for root in self.roots])
        if self.seeded:
            roots[0].backward()
        return Subject(roots, order, {twin[node] for node in self.chosen}, network, self.seeded, self.seeded, self.samples)


def subject_of(x: Any) -> Subject:
    """`Value`(손실이나 식), `Trace`(한 표본의 순전파), `MLP`(표본 없이)에서. 다른 것이면 TypeError."""
    if isinstance(x, Value):
        order = tuple(topological(x))
        return Subject((x,), order, set(order), recognise.in_samples(order), swept(x), True)
    if isinstance(x, Trace):
        net = recognise.in_trace(x)
        return Subject(tuple(x.output), net.order, set(net.order), net, any(swept(unit.z) for unit in net.units), False)
    if isinstance(x, MLP):
        net = recognise.in_module(x)
        return Subject((), (), set(), net, any(map(swept, net.parameters)), False)
    hint = ' 표본을 넣어 부른 결과를 그리세요: draw(f(x)).' if callable(x) else ''
    hint = ' 여럿은 losses.mean(xs) 처럼 하나로 모아 그립니다.' if isinstance(x, list | tuple) else hint
    wanted = 'draw 는 Value, Trace, MLP 하나를 그립니다: 손실이나 어떤 식, net.trace(x), micrograd_ko.MLP.'
    raise TypeError(f'{wanted} {type(x).__module__}.{type(x).__qualname__} 을(를) 받았습니다.{hint}'.replace(' builtins.', ' '))


def _within(roots: tuple[Value, ...], depth: int) -> set[Value]:
    found, edge = set(roots), set(roots)
    for _ in range(depth):
        edge = {parent for node in edge for parent in node.parents} - found
        found |= edge
    return found
