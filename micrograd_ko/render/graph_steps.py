"""걸음(step): 순전파, 씨앗, 역전파, 갱신을 한 걸음씩. 걸음은 평범한 데이터이고, 수는 모두 표의 규칙으로 그래프에서 계산한다.

여기에는 걸음의 꼴과, 어떤 그래프든 노드와 선마다 걷는 걸음이 있다. 신경망은 `neuron_steps` 와 `layer_steps` 가
노트의 식으로 걷는다.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

from micrograd_ko import ops
from micrograd_ko.engine import Value
from micrograd_ko.kinds.symbols import Symbol, symbol
from micrograd_ko.operation import DomainError, Op
from micrograd_ko.reverse import Arrival, arrivals
from micrograd_ko.staleness import refresh
from micrograd_ko.writing import formulas, numbers
from micrograd_ko.writing.labels import Labels

LISTED = 24  # 한 걸음에서 하나하나 적는 파라미터의 수
LONGEST_RULE = 44  # 미분 규칙이 이보다 길면 식은 빼고 값만 적는다


class Change(NamedTuple):
    """한 걸음에서 새로 알게 된 수. node 는 위상 번호, part 는 'data' 나 'grad', partial 은 아직 더해질 항이 남았는지."""

    node: int
    part: str
    number: Any
    partial: bool = False


class Step(NamedTuple):
    """걸음 하나.

    phase     'start', 'forward', 'seed', 'backward', 'update'.
    title     무엇을 하는 걸음인지.
    lines     식, 그리고 수를 채운 식.
    formulas  이 걸음이 쓰는 식의 이름(`formulas`).
    changes   새로 알게 된 수.
    edges     지나는 선: (피연산자, 결과, 몇째 피연산자인지), 노드는 위상 번호.
    """

    phase: str
    title: str
    lines: tuple[str, ...]
    formulas: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    edges: tuple[tuple[int, int, int], ...] = ()


class Numbered:
    """그래프의 노드를 위상 번호로 적는다."""

    def __init__(self, order: Iterable[Value]) -> None:
        self.of = {node: i for i, node in enumerate(order)}

    def known(self, nodes: Iterable[Value], part: str) -> tuple[Change, ...]:
        """nodes 의 값이나 기울기를 이제 안다."""
        return tuple([Change(self.of[v], part, getattr(v, part)) for v in dict.fromkeys(nodes)])

    def arrived(self, walked: Iterable[Arrival]) -> tuple[Change, ...]:
        return tuple([Change(self.of[x.operand], 'grad', x.after, not x.last) for x in walked])

    def edge(self, operand: Value, result: Value, position: int = 0) -> tuple[int, int, int]:
        return self.of[operand], self.of[result], position


def fill_names(order: Sequence[Value]) -> None:
    """노드에 설명(`explain`)이 부르는 것과 같은 이름을 준다: v₃, C. 상수인 잎은 이름 없이 수로 부른다."""
    labels = Labels(list(order))
    names = {node: labels.text(node) for node in order if node.op is not None or node.name}
    for node, name in names.items():
        node.name = name


def label(v: Value) -> str:
    """식에 적을 노드의 이름. 이름 없는 잎은 그 수."""
    return numbers.shown(v.name) or numbers.number(v.data)


def operand_numbers(v: Value) -> list[str]:
    """피연산자의 값을 식에 채울 글로."""
    return [numbers.number(parent.data) for parent in v.parents]


def chain(*parts: str) -> str:
    """같은 글이 잇달아 나오지 않게 등호로 잇는다."""
    return ' = '.join([part for i, part in enumerate(parts) if part and part not in parts[:i]])


def product(*factors: Any) -> str:
    """수의 곱: -0.5 × (-2)."""
    first, *rest = [numbers.number(x) for x in factors]
    return ' × '.join([first, *map(formulas.grouped, rest)])


def adding(arrival: Arrival, *factors: Any, running: bool = False) -> str:
    """더해지는 수를 채운 식: '지금까지의 합 + 곱 = 새 합'. 인수는 주지 않으면 도착한 곱의 것.

    합이 아직 0 이면 곱만 적는다. running 이면 0 도 적는다.
    """
    factors = factors or (arrival.flowing, arrival.local)
    if arrival.before == 0 and not running:
        return chain(product(*factors), numbers.number(arrival.after))
    term = ' × '.join([formulas.grouped(numbers.number(x)) for x in factors])
    return f'{numbers.number(arrival.before)} + {term} = {numbers.number(arrival.after)}'


def rule(op: Op, z: str, operands: Sequence[str], position: int) -> str:
    """표의 미분 규칙을 글로: sigmoid 면 'a·(1 − a)'. 너무 길면 빈 글."""
    try:
        written = symbol(op.derivatives(*map(_atom, (z, *operands)))[position]).text
    except TypeError:  # 기호로 적지 못하는 사용자의 규칙
        return ''
    written = formulas.readable(written)
    if written.startswith('(') and written.find(')') == len(written) - 1:
        written = written[1:-1]
    return written if len(written) <= LONGEST_RULE else ''


def _atom(written: str) -> Symbol:
    return Symbol(formulas.grouped(written))


def graph_steps(
    order: Sequence[Value], chosen: Collection[Value], parameters: Sequence[Value], lr: Any, seeded: bool
) -> list[Step]:
    """노드와 선마다 한 걸음. chosen 은 그려진 노드, seeded 는 역전파도 하는지(root 가 하나인지)."""
    at = Numbered(order)
    leaves = [node for node in order if node.op is None and node in chosen]
    steps = [Step('start', '주어진 값', ('입력과 파라미터와 상수: 잎(leaf)의 값은 주어진다.',), (), at.known(leaves, 'data'))]
    steps += [_forward(at, node) for node in order if node.op is not None and node in chosen]
    if not seeded:
        return steps
    root = order[-1]
    steps.append(seed(at, root, '씨앗'))
    steps += [_backward(at, arrival) for arrival in arrivals(order) if arrival.operand in chosen]
    drawn = [p for p in parameters if p in chosen]
    return [*steps, update(at, drawn, lr, 'x ← x − η · x.grad')] if drawn else steps


def _forward(at: Numbered, node: Value) -> Step:
    assert node.op is not None
    written = formulas.formula(node.op, [label(p) for p in node.parents])
    filled = formulas.formula(node.op, operand_numbers(node), ' × ')
    edges = tuple([at.edge(p, node, i) for i, p in enumerate(node.parents)])
    lines = (f'{label(node)} = {written}', chain(filled, numbers.number(node.data)))
    return Step('forward', f'순전파: {label(node)}', lines, ('순전파',), at.known([node], 'data'), edges)


def seed(at: Numbered, root: Value, *formulas: str) -> Step:
    """∂C/∂C = 1."""
    name = label(root)
    lines = f'∂{name}/∂{name} = {numbers.number(root.grad)}', '자기 자신에 대한 미분은 1 이다. 여기서부터 거꾸로 걷는다.'
    return Step('seed', '역전파의 씨앗(seed)', lines, formulas, at.known([root], 'grad'))


def _backward(at: Numbered, arrival: Arrival) -> Step:
    z, x = arrival.result, arrival.operand
    assert z.op is not None
    names = [label(p) for p in z.parents]
    by = f'({label(x)})' if x.op is None and not x.name else label(x)
    local = chain(
        f'∂{label(z)}/∂{by}',
        rule(z.op, label(z), names, arrival.position),
        rule(z.op, numbers.number(z.data), operand_numbers(z), arrival.position),
        numbers.number(arrival.local),
    )
    progress = '이 노드로 오는 항이 모두 더해졌다.' if arrival.last else '아직 더해질 항이 남았다.'
    lines = (
        f'{by}.grad += {label(z)}.grad · ∂{label(z)}/∂{by}',
        adding(arrival, running=True),
        local,
        progress,
    )
    edges = (at.edge(x, z, arrival.position),)
    target = label(x) if by == label(x) else f'상수 {label(x)}'
    return Step('backward', f'역전파: {label(z)} → {target}', lines, ('연쇄법칙',), at.arrived([arrival]), edges)


def trainable(order: Sequence[Value]) -> list[Value]:
    """갱신할 잎: 이름 있는 잎 가운데 `affine` 의 입력이 아닌 것. 이름 있는 잎이 없으면 모든 잎."""
    leaves = [node for node in order if node.op is None]
    inputs = {x for node in order if node.op is ops.affine for x in node.parents[len(node.parents) // 2 : -1]}
    return [leaf for leaf in leaves if leaf.name and leaf not in inputs] or leaves


def update(at: Numbered, parameters: Sequence[Value], lr: Any, written: str) -> Step:
    """갱신: 모든 파라미터를 동시에. 사본의 파라미터가 정말 움직인다(`optim.SGD`). written 은 갱신의 식."""
    from micrograd_ko.learning.optim import SGD

    root = next(reversed(at.of))
    lr = float(lr) if isinstance(root.data, float) else lr  # 분수의 그래프는 정확하게 남는다
    before, cost = [p.data for p in parameters], root.data
    SGD(parameters, lr).step()
    changes = at.known(parameters, 'data')
    try:
        effect = f'새 값으로 다시 계산하면 {label(root)} = {numbers.number(cost)} → {numbers.number(refresh(root).data)}'
    except DomainError:
        effect = f'새 값은 정의역을 벗어나 {label(root)} 이(가) 계산되지 않는다: η 가 너무 크다.'
    lines = [f'{written},  η = {numbers.number(lr)}  (모든 파라미터를 동시에)', effect]
    lines += [
        f'{label(p)} ← {numbers.number(old)} − {product(lr, p.grad)} = {numbers.number(p.data)}'
        for p, old in zip(parameters[:LISTED], before, strict=False)
    ]
    if len(parameters) > LISTED:
        lines.append(f'… 외 {len(parameters) - LISTED}개')
    return Step('update', '파라미터 갱신', tuple(lines), ('갱신',), changes)
