"""뉴런 단계(neuron): 뉴런 하나가 상자 하나. 행은 w …, b, z, a 이고 열은 이름 | 값 | 기울기다. z 의 기울기가 노트의 δ 다."""

from collections.abc import Sequence

from micrograd_ko.engine import Value
from micrograd_ko.note.recognise import Network, Unit
from micrograd_ko.render import color, loss_picture
from micrograd_ko.render.picture import Card, Cell, Edge, End, Group, Picture, Row, heat, number, strip, title
from micrograd_ko.render.pooling import pooled
from micrograd_ko.render.subject import Subject
from micrograd_ko.writing.formulas import formula
from micrograd_ko.writing.labels import shown
from micrograd_ko.writing.limits import EXACT_DIGITS, LONG_ROW, WIDE_LAYER
from micrograd_ko.writing.notation import indexed
from micrograd_ko.writing.numbers import number as number_text

_HEAD = Cell('값', 'column'), Cell('기울기', 'column')


def count(subject: Subject) -> int:
    """그릴 상자의 수. 입력은 한 상자다."""
    net = subject.network
    return 0 if net is None else 1 + len(net.units) + (net.root is not None)


def draw(subject: Subject) -> Picture:
    """입력, 층마다 뉴런, 손실의 상자를 왼쪽에서 오른쪽으로."""
    net = subject.network
    assert net is not None
    cards = _Cards(net, subject.known)
    groups = [Group('', (cards.input(),))]
    for layer, units in enumerate(net.layers, 2):
        columns = tuple(cards.neuron(layer, j, unit, len(units) > WIDE_LAYER) for j, unit in enumerate(units, 1))
        groups.append(Group(f'{net.role(layer)} ({len(units)})', columns))
    edges = _edges(net, cards.scale_of_weights)
    if net.root is not None:
        groups.append(Group('', (loss_picture.card(net, net.root, subject.known),)))
        edges += loss_picture.edges(net, net.root, _ports(net))
    return Picture(tuple(groups), tuple(edges), _caption(subject.known))


def _caption(known: bool) -> tuple[str, ...]:
    lines = ['선의 색과 굵기: 가중치의 부호(파랑 +, 주황 −)와 크기']
    if known:
        lines.append('기울기 칸: ∂C/∂(그 행), 짙을수록 크다. z 의 기울기가 에러 δ = ∂C/∂z')
    return tuple(lines)


class _Cards:
    """한 그림의 상자들. 같은 짙기가 그림 어디서나 같은 크기를 뜻하도록 눈금(scale)을 함께 쓴다."""

    def __init__(self, net: Network, known: bool) -> None:
        self.net, self.known = net, known
        self.scale_of_weights = color.largest(w.data for unit in net.units for w in unit.w)
        self.scale_of_gradients = color.largest(v.grad for v in net.values) if known else 0.0

    def input(self) -> Card:
        xs = self.net.inputs
        if not self.net.sampled:
            return self._names_of_inputs()
        if len(xs) > LONG_ROW:
            return _card('input', 'input', '입력', [self._strip('a¹', xs, 'a', color.largest(x.data for x in xs))])
        return _card('input', 'input', '입력', [self._row(indexed('a', 1, k), x, f'a{k}') for k, x in enumerate(xs, 1)])

    def _names_of_inputs(self) -> Card:
        n = len(self.net.inputs)
        names = [(indexed('a', 1, k), f'a{k}') for k in range(1, n + 1)] if n <= LONG_ROW else [(f'a¹ ({n})', 'a')]
        return _card('input', 'input', '입력', [(Cell(name, 'name', port=_out(port)),) for name, port in names])

    def neuron(self, layer: int, j: int, unit: Unit, compact: bool) -> Card:
        z, a = indexed('z', layer, j), indexed('a', layer, j)
        rows = [*self._weights(layer, j, unit), self._row(indexed('b', layer, j), unit.b, 'b')]
        if self.net.sampled:
            rows += [self._row(z, unit.z, 'z'), self._row(a, unit.a, 'a')]
            z, a = shown(unit.z.name) or z, shown(unit.a.name) or a
        return _card(_id(layer, j), self.net.kind(layer), f'{a} = {formula(unit.activation, [z])}', rows, compact)

    def _weights(self, layer: int, j: int, unit: Unit) -> list[Row]:
        if len(unit.w) <= LONG_ROW:
            return [self._row(indexed('w', layer, j, k), w, f'w{k}') for k, w in enumerate(unit.w, 1)]
        return [self._strip(f'{indexed("w", layer, j)}ₖ', unit.w, 'w', self.scale_of_weights)]

    def _row(self, name: str, v: Value, port: str) -> Row:
        gradient = number(v, 'grad', self.scale_of_gradients, _out(port), self.known)
        return Cell(shown(v.name) or name, 'name', port=port), number(v, 'data'), gradient

    def _strip(self, name: str, values: Sequence[Value], port: str, scale: float) -> Row:
        (data,) = pooled([values], lambda v: v.data)
        (grads,) = pooled([values], lambda v: v.grad)
        gradients = [heat(v, 'grad', self.scale_of_gradients, self.known) for v in grads]
        label = Cell(f'{name} ({len(values)})', 'name', port=port)
        return label, strip([heat(v, 'data', scale) for v in data], 5), strip(gradients, 5, _out(port))


def _card(card: str, kind: str, heading: str, rows: list[Row], compact: bool = False) -> Card:
    lines = [' '.join([cell.text for cell in row if cell.text]) for row in rows]
    head = (title(heading), *_HEAD) if len(rows[0]) > 1 else (title(heading),)
    return Card(card, kind, (head, *rows), (heading, *lines), compact)


def _id(layer: int, j: int) -> str:
    return 'input' if layer == 1 else f'l{layer}j{j}'


def _out(port: str) -> str:
    """행의 오른쪽 끝: 그 행의 값이 나가는 곳."""
    return f'{port}o'


def _edges(net: Network, scale: float) -> list[Edge]:
    edges = []
    for layer, units in enumerate(net.layers, 2):
        for j, unit in enumerate(units, 1):
            for k, w in enumerate(unit.w, 1):
                head = _id(layer, j), _weight_port(unit, k)
                hue, width = color.stroke(w.data, scale)
                tip, uses = number_text(w.data, EXACT_DIGITS), (unit.inputs[k - 1], unit.z, 0)
                edges.append(Edge(_tail(net, layer - 1, k), head, '', tip, hue, width, uses))
    one_each = {(edge.tail, edge.head): edge for edge in edges}
    return list(one_each.values())


def _weight_port(unit: Unit, k: int) -> str:
    return f'w{k}' if len(unit.w) <= LONG_ROW else 'w'


def _tail(net: Network, layer: int, k: int) -> End:
    """앞 층의 k 번째 출력이 나가는 칸."""
    if layer > 1:
        return _id(layer, k), _out('a' if net.sampled else 'b')
    return 'input', _out(f'a{k}' if len(net.inputs) <= LONG_ROW else 'a')


def _ports(net: Network) -> dict[Value, End]:
    """신경망의 값 → 손실로 가는 선이 나갈 칸."""
    ports = {x: _tail(net, 1, k) for k, x in enumerate(net.inputs, 1)}
    for layer, units in enumerate(net.layers, 2):
        for j, unit in enumerate(units, 1):
            rows = [('b', unit.b), ('z', unit.z), ('a', unit.a)]
            rows += [(_weight_port(unit, k), w) for k, w in enumerate(unit.w, 1)]
            ports |= {v: (_id(layer, j), _out(port)) for port, v in rows}
    return ports
