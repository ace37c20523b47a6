"""왜 위상 순서(topological order)인가: 같은 그래프를 옳은 순서와 틀린 순서로 거슬러 간다."""

from collections.abc import Iterator, Sequence

from micrograd_ko.engine import Value
from micrograd_ko.graph import sweep, topological
from micrograd_ko.number import Number
from micrograd_ko.walkthrough.lines import lead, paragraphs, table, verdict

TITLE = '왜 위상 순서(topological order)인가'
START = 3.0


def graph(x: Number) -> tuple[Value, Value, Value]:
    """a = x, b = a + a, c = b + b."""
    a = Value(x, 'a')
    b = a + a
    c = b + b
    b.name, c.name = 'b', 'c'
    return a, b, c


def steps(visits: Sequence[Value], nodes: Sequence[Value]) -> list[list[Number]]:
    """visits 를 차례로 방문하며 `피연산자.grad += 노드.grad × 편미분` 을 하고, 방문마다 nodes 의 grad 를 적는다.

    nodes 의 마지막이 root 다. 시작할 때 root 의 grad 는 1, 나머지는 0 이다.
    """
    for node in nodes:
        node.grad = 0.0
    nodes[-1].grad = 1.0
    found = [[node.grad for node in nodes]]
    for node in visits:
        sweep([node])
        found.append([node.grad for node in nodes])
    return found


def page() -> Iterator[str]:
    """옳은 순서 하나와 틀린 순서 둘을 방문마다 적은 줄들."""
    a, b, c = graph(START)
    slope = graph(START + 1)[-1].data - c.data
    yield from paragraphs([
        f'  b = a + a,  c = b + b.  a = {a.data:g} 이면 b = {b.data:g}, c = {c.data:g}.',
        f'  a 를 1 늘리면 c 가 {slope:g} 늘어난다. 그러므로 ∂c/∂a = {slope:g} 이어야 한다.',
    ])
    ways = {
        ('옳은 순서', '위상 순서를 거꾸로. b 를 쓰는 c 를 먼저 방문하고 b 를 방문한다.'): topological(c)[::-1],
        ('틀린 순서 1', 'b 를 먼저 방문한다. c 에서 올 기울기가 아직 없어서 넘겨줄 것이 0 이다.'): [b, c],
        ('틀린 순서 2', 'c 에 두 번 쓰인 b 를 두 번 방문한다. 이미 넘겨준 몫을 또 넘겨준다.'): [c, b, b],
    }
    for title, visits in ways.items():
        labels = ['시작', *[f'{node.name} 방문 뒤' for node in visits]]
        rows = [(label, *grads) for label, grads in zip(labels, steps(visits, (a, b, c)), strict=True)]
        right = a.grad == slope
        judged = verdict(f'  ∂c/∂a = {a.grad:g}: {"맞다" if right else "틀리다"}.', right)
        yield from paragraphs([lead(*title), *table(['', 'a.grad', 'b.grad', 'c.grad'], rows, 'g'), judged])
