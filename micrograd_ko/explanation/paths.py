"""경로(path): 노드에서 root 까지 가는 길들. 세고, 큰 것을 고르고, 모두 더한다.

기울기는 모든 경로에 걸친 국소 미분의 곱의 합이다. 경로는 깊이에 지수적(exponential)으로 많지만 하나씩 볼 필요가 없다. 역전파와
같은 순회(`reverse.gathered`)에서 한 칸 늘이기와 합치기만 바꾸면 수도, 가장 큰 것들도 나온다.
"""

import functools
import operator
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from micrograd_ko.engine import Value
from micrograd_ko.graph import above, local_derivatives, topological
from micrograd_ko.reverse import gathered, squares


class Use(NamedTuple):
    """경로의 한 칸: node 의 operand 번째 피연산자에서 node 로. derivative 는 ∂node/∂피연산자.

    제곱(`reverse.squares`)이면 피연산자를 두 번 쓰지만 한 칸이다.
    """

    node: Value
    operand: int
    derivative: Any


class Path(NamedTuple):
    """경로 하나: 국소 미분의 곱과, 시작 노드에서 root 로 가는 순서의 칸들."""

    product: Any
    edges: list[Use]


class Paths:
    """value 에서 root 로 가는 모든 경로. root 의 그래프에 value 가 없으면 ValueError.

    order      root 의 위상 순서.
    gradients  value 에서 root 까지의 길 위에 있는 노드 → ∂root/∂노드. `backward()` 가 놓는 수와 끝자리까지 같다.
    """

    def __init__(self, value: Value, root: Value) -> None:
        self.value, self.root = value, root
        self.order = topological(root)
        self._on_path = above(self.order, [value])
        if root not in self._on_path:
            raise ValueError(_unreached(value, root))
        slopes = {node: local_derivatives(node) for node in self._on_path - {value}}
        self._uses_by = {node: _uses(node, ds) for node, ds in slopes.items()}
        self._one = type(root.data)(1)
        self.gradients = dict(gathered(self.order, self._one, lambda g, node, i: g * slopes[node][i], _added, self._on_path))

    @property
    def gradient(self) -> Any:
        """∂root/∂value: 모든 경로의 곱의 합."""
        return self.gradients[self.value]

    @functools.cached_property
    def count(self) -> int:
        """경로의 수. 정확한 정수다. x*x 처럼 같은 노드를 두 번 쓰면 경로도 둘이다."""
        return self._arriving(1, lambda count, use: count, sum)

    def largest(self, limit: int) -> tuple[list[Path], list[Any]]:
        """|곱| 이 큰 경로 limit 개까지, 큰 것부터, 그리고 나머지 경로의 곱의 합 하나(나머지가 없으면 빈 목록).

        곱이 nan 인 경로가 가장 먼저다. 같은 수를 곱해도 |곱| 의 순서는 바뀌지 않으므로 노드마다 limit 개만 남기면 된다.
        나머지의 합은 기울기에서 빼서 얻지 않는다: 큰 수에 묻히고, inf 에서 inf 를 빼면 nan 이다.
        """

        def extend(here: tuple[list, list], use: Use) -> tuple[list, list]:
            ways, rest = here
            return [(product * use.derivative, (use, link)) for product, link in ways], [x * use.derivative for x in rest]

        def merge(several: list[tuple[list, list]]) -> tuple[list, list]:
            ways = [way for ways, _ in several for way in ways]
            ways.sort(key=lambda way: (way[0] != way[0], abs(way[0])), reverse=True)
            rest = [*[x for _, rest in several for x in rest], *[product for product, _ in ways[limit:]]]
            return ways[:limit], [_added(rest)] if rest else []

        found, rest = self._arriving(([(self._one, None)], []), extend, merge)
        return [Path(product, list(_unlinked(link))) for product, link in found], rest

    @functools.cached_property
    def uses_of(self) -> defaultdict[Value, list[Use]]:
        """노드 → 그것을 쓰는 칸들, 길 위에 있는 것만, 위상 순서로."""
        found = defaultdict(list)
        for node in self.order:
            for use in filter(None, self._uses_by.get(node, ())):
                found[node.parents[use.operand]].append(use)
        return found

    def _arriving(self, start: Any, extend: Callable, merge: Callable[[list], Any]) -> Any:
        """root 에서 거꾸로 순회해 value 에 모인 것. extend(여기까지의 것, 칸)은 한 칸 늘인다.

        지나온 노드의 것(큰 정수나 긴 목록)은 쥐고 있지 않는다.
        """

        def sent(here: Any, node: Value, i: int) -> Any:
            use = self._uses_by[node][i]
            return None if use is None else extend(here, use)

        return deque(gathered(self.order, start, sent, merge, self._on_path), maxlen=1).pop()[1]


def _uses(node: Value, slopes: tuple) -> list[Use | None]:
    """피연산자마다의 칸. 제곱의 뒷쪽 피연산자는 앞쪽의 칸에 들어 있다."""
    count = squares(node)
    if not count:
        return [Use(node, i, d) for i, d in enumerate(slopes)]
    both = zip(slopes[:count], slopes[count:], strict=True)
    return [*[Use(node, i, d + e) for i, (d, e) in enumerate(both)], *[None] * count]


def _added(terms: list) -> Any:
    return functools.reduce(operator.add, terms)  # 내장 sum 은 파이썬 3.12 부터 반올림을 보정하므로 backward 와 끝자리가 다르다


def _unlinked(link: tuple | None) -> Iterator[Use]:
    while link is not None:
        use, link = link
        yield use


def _unreached(value: Value, root: Value) -> str:
    message = f'root {root!r} 의 그래프에 {value!r} 이(가) 없습니다. 이 값은 root 에 영향을 주지 않으므로 기울기는 0 입니다.'
    if root in topological(value):
        return message + ' 두 인수의 순서가 바뀌었습니다: 원인인 값이 먼저, 결과인 root 가 나중입니다.'
    return message + ' detach 했거나, 같은 이름의 노드를 새로 기록하지 않았는지 보세요.'
