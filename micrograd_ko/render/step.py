"""스텝(step): 순전파, 씨앗, 역전파, 갱신을 한 스텝씩. 스텝의 꼴, 스텝을 내는 뼈대, 그리고 어떤 그래프에서든 내는 스텝."""

import contextlib
import functools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from micrograd_ko import ops
from micrograd_ko.engine import Value
from micrograd_ko.kinds.live import Live, value_of
from micrograd_ko.learning.optim import SGD
from micrograd_ko.note.recognise import Network
from micrograd_ko.note.statements import GRAPH, Statement
from micrograd_ko.operation import DomainError
from micrograd_ko.render.subject import Subject
from micrograd_ko.reverse import Arrival, arrivals, squares
from micrograd_ko.staleness import refresh
from micrograd_ko.writing import limits
from micrograd_ko.writing.formulas import chain, formula, product, rule_text, tight
from micrograd_ko.writing.numbers import number
from micrograd_ko.writing.templates import filled, kept, when


class Change(NamedTuple):
    """한 스텝에서 새로 알게 된 수. node 는 위상 번호, part 는 'data' 나 'grad', partial 은 아직 더해질 항이 남았는지.

    number 가 None 이면 더는 알 수 없게 된 수다: 갱신한 파라미터로는 계산되지 않는다.
    """

    node: int
    part: str
    number: Any
    partial: bool = False


class Step(NamedTuple):
    """스텝 하나. 글과 수는 지금의 것이거나(`now`), 페이지에서 바뀌는 글의 틀(`writing.templates`)과 살아 있는 수(`Live`)다.

    phase     'start', 'forward', 'seed', 'backward', 'update'.
    title     무엇을 하는 스텝인지.
    lines     식, 그리고 수를 채운 식.
    formulas  이 스텝이 쓰는 식의 이름(`note.statements`).
    changes   새로 알게 된 수.
    edges     지나는 선: (피연산자, 결과, 몇째 피연산자인지), 노드는 위상 번호.
    """

    phase: str
    title: str
    lines: tuple[str, ...]
    formulas: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    edges: tuple[tuple[int, int, int], ...] = ()

    def now(self) -> 'Step':
        """지금의 수로 채운 스텝."""
        lines, formulas = (tuple(filter(None, map(filled, part))) for part in (self.lines, self.formulas))
        changes = tuple([change._replace(number=value_of(change.number)) for change in self.changes])
        return Step(self.phase, filled(self.title), lines, formulas, changes, self.edges)


class Walk:
    """예행한 그래프(`Subject.rehearsed`)의 스텝: 순전파, 씨앗, 역전파, 갱신. 하위 형이 `forward` 와 `backward` 의 스텝을 준다.

    parameters  갱신할 잎. 없으면 갱신하지 않는다.
    number      노드 → 위상 번호. 그 차례로 들어 있다.
    data, grad  노드 → 값과 기울기, 살아 있는 수(`Live`): 페이지에서 x[번호] 와 g[번호] 다.
    say         글의 틀을 페이지의 말로 옮기는 함수. 자리(`templates.hole`) 안의 글은 지을 때 옮겨야 한다.
    net         뉴런이나 층의 스텝이면 그 신경망.
    statements  스텝이 쓰는 노트의 식. update 는 갱신의 식, seed 는 씨앗의 스텝이 쓰는 식의 이름.
    """

    forward: Callable[[], Iterable[Step]]
    backward: Callable[[], Iterable[Step]]
    statements: Mapping[str, Statement]
    update: str
    seed: tuple[str, ...] = ()
    net: Network | None = None

    def __init__(self, subject: Subject, parameters: Sequence[Value], say: Callable[[str], str]) -> None:
        self.subject, self.parameters, self.root, self.say = subject, parameters, subject.order[-1], say
        self.number = {node: i for i, node in enumerate(subject.order)}
        self.data, self.grad = self._live('data', 'x'), self._live('grad', 'g')

    def _live(self, part: str, name: str) -> dict[Value, Live]:
        return {node: Live(getattr(node, part), f'{name}[{i}]') for node, i in self.number.items()}

    def steps(self, lr: Any) -> list[Step]:
        """모든 스텝. 출력이 여럿인 순전파면 앞의 절반만. lr 는 갱신의 학습률 η."""
        steps = [*self.forward()]
        if self.subject.seeded:
            one = f'{self.slope(self.root)} = {number(self.grad[self.root])}'
            lines = one, '자기 자신에 대한 미분은 1 이다. 여기서부터 거꾸로 간다.'
            steps.append(Step('seed', '역전파의 씨앗(seed)', lines, self.seed, self.known([self.root], 'grad')))
            steps += [*self.backward(), *([self._update(lr)] if self.parameters else [])]
        return [step._replace(title=self.say(step.title), lines=tuple(map(self.say, step.lines))) for step in steps]

    def _update(self, lr: Any) -> Step:
        """모든 파라미터를 동시에 갱신하고 순전파를 다시 한다. 사본의 파라미터가 정말 움직인다(`optim.SGD`).

        페이지에서 y[번호] 가 새 값이다.
        """
        SGD(self.parameters, lr).step()
        lr = float(lr) if isinstance(self.root.data, float) else lr  # 분수의 그래프는 정확하게 남는다
        escaped = True  # 새 값이 정의역을 벗어났는가
        with contextlib.suppress(DomainError):
            refresh(self.root)
            escaped = False
        rate, new, cost = Live(lr, 'model.lr'), self._live('data', 'y'), self.label(self.root)
        lines = [
            f'{self.update},  η = {number(rate)}  (모든 파라미터를 동시에)',
            when(
                Live(escaped, 'model.escaped >= 0'),
                self.say(f'새 값은 정의역을 벗어나 {cost} 이(가) 계산되지 않는다: η 가 너무 크다.'),
                self.say(f'새 값으로 다시 계산하면 {cost} = {number(self.data[self.root])} → {number(new[self.root])}'),
            ),
        ]  # fmt: skip
        for p in self.parameters[:limits.MOST_UPDATES]:
            lines.append(f'{self.label(p)} ← {number(self.data[p])} − {product(rate, self.grad[p])} = {number(new[p])}')
        if len(self.parameters) > limits.MOST_UPDATES:
            lines.append(f'… 외 {len(self.parameters) - limits.MOST_UPDATES}개')
        changes = [Change(self.number[p], 'data', new[p]) for p in self.parameters]
        for v, i in self.number.items():  # 그려진 노드의 새 값
            if v.op is not None and v in self.subject.chosen:
                changes.append(Change(i, 'data', Live(None if escaped else v.data, f'(model.escaped<0?y[{i}]:null)')))
        return Step('update', '파라미터 갱신', tuple(lines), ('갱신',), tuple(changes))

    def places(self) -> dict[str, list[int]]:
        """페이지의 자료: 갱신할 파라미터(손실이 없으면 없다), 그리고 표본을 놓을 입력과 목표와 출력의 번호."""
        net = self.subject.network
        places = {'parameters': self.parameters if self.subject.seeded else (), 'inputs': net.inputs if net else (),
                  'outputs': net.outputs if net else (), 'targets': net.targets.values() if net else ()}  # fmt: skip
        return {name: [self.number[v] for v in nodes] for name, nodes in places.items()}

    @functools.cached_property
    def arrivals(self) -> list[Arrival]:
        """역전파의 스텝(`reverse.arrivals`)을 살아 있는 수로. 어떤 노드로 오는 첫 항이면 더하기 전은 언제나 0 이다.

        제곱의 합이 두 피연산자 자리로 보내는 같은 항 둘은 국소 미분이 2d 인 한 스텝이다.
        """
        walked, met, found = arrivals(self.subject.order), set[Value](), []
        for k, x in enumerate(walked):
            count = squares(x.result)
            if count and x.position >= count:
                continue
            end, before = k + count, Live(x.before, f'before[{k}]') if x.operand in met else 0
            met.add(x.operand)
            local = Live(x.local, f'local[{k}]')
            local = local + Live(walked[end].local, f'local[{end}]') if count else local
            numbers = Live(x.flowing, f'flowing[{k}]'), local, before, Live(walked[end].after, f'after[{end}]')
            found.append(Arrival(x.result, x.position, x.operand, *numbers, walked[end].last))
        return found

    def known(self, nodes: Iterable[Value], part: str) -> tuple[Change, ...]:
        """nodes 의 값이나 기울기를 이제 안다."""
        return tuple([Change(self.number[v], part, getattr(self, part)[v]) for v in dict.fromkeys(nodes)])

    def arrived(self, walked: Iterable[Arrival]) -> tuple[Change, ...]:
        """walked 까지 더한 기울기를 이제 안다."""
        return tuple([Change(self.number[x.operand], 'grad', x.after, not x.last) for x in walked])

    def edge(self, operand: Value, result: Value, position: int = 0) -> tuple[int, int, int]:
        """operand 에서 result 로 가는 선. 신경망의 그림은 몇째 피연산자인지 묻지 않는다."""
        return self.number[operand], self.number[result], position

    def label(self, v: Value) -> str:
        """식에 적을 노드의 이름. 이름 없는 잎은 그 수."""
        return kept(v.name) or number(self.data[v])

    def slope(self, v: Value) -> str:
        """∂C/∂v."""
        return f'∂{tight(self.label(self.root))}/∂{tight(self.label(v))}'

    def evaluation(self, v: Value) -> tuple[str, str, str, str]:
        """순전파의 등식의 변들: 이름, 식, 수를 채운 식, 값."""
        def applied(operands: Sequence[str], times: str) -> str:  # 제곱의 합이면 d² + e² 이다
            assert v.op is not None
            squared = [formula(ops.square, [x]) for x in operands[: squares(v)]]
            return formula(ops.total, squared) if squared else formula(v.op, operands, times)

        names, numbers = list(map(self.label, v.parents)), [number(self.data[parent]) for parent in v.parents]
        return self.label(v), applied(names, '·'), applied(numbers, ' × '), number(self.data[v])

    def derivation(self, name: str, x: Arrival) -> str:
        """국소 미분 name 의 등식: 규칙의 식, 수를 채운 식, 수."""
        z = x.result
        assert z.op is not None
        op, operands, position = (ops.square, (x.operand,), 0) if squares(z) else (z.op, z.parents, x.position)
        named = rule_text(op, self.label(z), list(map(self.label, operands)), position)
        in_numbers = rule_text(op, number(self.data[z]), [number(self.data[v]) for v in operands], position)
        same = [v for v in operands if v is x.operand or not (v.name or x.operand.name)]  # 이름 없는 수는 바뀌면 같아질 수 있다
        which = f'   ({x.position + 1}번째 피연산자로)' if len(same) > 1 else ''
        return chain(name, named, in_numbers, number(x.local)) + which


class GraphWalk(Walk):
    """그려진 노드와 선마다 한 스텝. 이름 있는 파라미터를 갱신한다."""

    statements, update, seed = GRAPH, GRAPH['갱신'].text, ('씨앗',)

    def __init__(self, subject: Subject, say: Callable[[str], str]) -> None:
        parameters = subject.network.parameters if subject.network else _trainable(subject.order)
        super().__init__(subject, [p for p in parameters if p in subject.chosen], say)
        self.nodes = [node for node in subject.order if node in subject.chosen]

    def forward(self) -> Iterator[Step]:
        leaves = self.known([node for node in self.nodes if node.op is None], 'data')
        yield Step('start', '주어진 값', ('입력과 파라미터와 상수: 잎(leaf)의 값은 주어진다.',), (), leaves)
        for node in self.nodes:
            if node.op is not None:
                name, written, *numbers = self.evaluation(node)
                lines = f'{name} = {written}', chain(*numbers)
                edges = tuple([self.edge(parent, node, i) for i, parent in enumerate(node.parents)])
                yield Step('forward', f'순전파: {name}', lines, ('순전파',), self.known([node], 'data'), edges)

    def backward(self) -> Iterator[Step]:
        """그려진 선마다 한 스텝. 그리지 않은 노드에서 이어 온 항들은 모아서 한 스텝이다."""
        chosen, outside = self.subject.chosen, dict[Value, list[Arrival]]()
        for x in self.arrivals:
            if x.operand not in chosen:
                continue
            drawn = x.result in chosen
            if not drawn:
                outside.setdefault(x.operand, []).append(x)
            if (drawn or x.last) and x.operand in outside:
                yield self._gathered(outside.pop(x.operand))
            if drawn:
                yield self._arrival(x)

    def _arrival(self, x: Arrival) -> Step:
        z, operand = self.label(x.result), self.label(x.operand)
        constant = x.operand.op is None and not x.operand.name
        by = f'({operand})' if constant else tight(operand)
        local = f'∂{tight(z)}/∂{by}'
        lines = f'{by}.grad += {tight(z)}.grad · {local}', adding(x, running=True), self.derivation(local, x), progress(x)
        title, edge = f'역전파: {z} → {"상수 " * constant}{operand}', self.edge(x.operand, x.result, x.position)
        return Step('backward', title, lines, ('연쇄법칙',), self.arrived([x]), (edge,))

    def _gathered(self, walked: list[Arrival]) -> Step:
        """한 노드로, 그리지 않은 노드들에서 이어 온 항들."""
        first, last, operand = walked[0], walked[-1], self.label(walked[0].operand)
        added = f'{tight(operand)}.grad += 그리지 않은 노드에서 온 항 {len(walked)}개의 합'
        lines = added, f'{number(first.before)} → {number(last.after)}', progress(last)
        return Step('backward', f'역전파: ⋯ → {operand}', lines, ('연쇄법칙',), self.arrived([last]))


def progress(x: Arrival) -> str:
    """x 를 더한 뒤, 그 노드로 올 항이 남았는지."""
    return '이 노드로 오는 항이 모두 더해졌다.' if x.last else '아직 더해질 항이 남았다.'


def adding(arrival: Arrival, *factors: Any, running: bool = False) -> str:
    """더해지는 수를 채운 식: '지금까지의 합 + 곱 = 새 합'. 인수는 주지 않으면 도착한 곱의 것.

    합이 아직 0 이면 곱만 적는다. running 이면 0 도 적는다.
    """
    factors = factors or (arrival.flowing, arrival.local)
    term = ' × '.join([tight(number(x)) for x in factors])
    added = f'{number(arrival.before)} + {term} = {number(arrival.after)}'
    return added if running else when(arrival.before == 0, chain(product(*factors), number(arrival.after)), added)


def _trainable(order: Sequence[Value]) -> list[Value]:
    """갱신할 잎: 이름 있는 잎 가운데 `affine` 의 입력이 아닌 것. 이름 있는 잎이 없으면 모든 잎."""
    leaves = [node for node in order if node.op is None]
    inputs = {x for node in order if node.op is ops.affine for x in ops.affine.split(node.parents)[1]}
    return [leaf for leaf in leaves if leaf.name and leaf not in inputs] or leaves
