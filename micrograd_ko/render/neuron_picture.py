"""뉴런 단계(neuron): 뉴런 하나가 상자 하나. 행은 w …, b, z, a 이고 열은 이름 | 값 | 기울기다. z 의 기울기가 노트의 δ 다."""

from collections.abc import Iterable, Sequence

from micrograd_ko.engine import Value
from micrograd_ko.note.recognise import Network, Unit
from micrograd_ko.render import color, loss_picture
from micrograd_ko.render.picture import Card, Edge, End, Group, Picture, Reading, Row, named_row, strip_row
from micrograd_ko.render.subject import Subject
from micrograd_ko.writing import formulas, labels, limits, numbers
from micrograd_ko.writing.notation import indexed


def draw(subject: Subject) -> Picture:
    """입력, 층마다 뉴런, 손실의 상자를 왼쪽에서 오른쪽으로."""
    net, cards = subject.net, _Cards(subject.net, subject.known)
    groups = [Group('', (cards.input(),))]
    for layer, units in enumerate(net.layers, 2):
        columns = tuple([cards.neuron(layer, j, unit, len(units) > limits.WIDE_LAYER) for j, unit in enumerate(units, 1)])
        groups.append(Group(f'{net.role(layer)} ({len(units)})', columns))
    edges = list(cards.edges())
    if net.root is not None:
        groups.append(Group('', (loss_picture.card(net, subject.known),)))
        edges += loss_picture.edges(net, cards.ends)
    caption = ['선의 색과 굵기: 가중치의 부호(파랑 +, 주황 −)와 크기']
    if subject.known:
        caption.append('기울기 칸: ∂C/∂(그 행), 짙을수록 크다. z 의 기울기가 에러 δ = ∂C/∂z')
    return Picture(tuple(groups), tuple(edges), tuple(caption))


class _Cards:
    """한 그림의 상자들. 같은 짙기가 그림 어디서나 같은 크기를 뜻하도록 눈금(scale)을 함께 쓴다. ends 는 값의 선이 나가는 칸."""

    def __init__(self, net: Network, known: bool) -> None:
        self.net, self.ends = net, dict[Value, End]()
        self.weights = Reading.scaled('data', [w for unit in net.units for w in unit.w])
        self.gradients = Reading.scaled('grad', net.values, known)

    def input(self) -> Card:
        xs = self.net.inputs
        rows = self._rows('input', 'a', (1,), xs, Reading.scaled('data', xs))
        if not self.net.sampled:  # 이름만
            rows = [(name._replace(port=out.port),) for name, _, out in rows]
        return Card.of_rows('input', 'input', '입력', rows)

    def neuron(self, layer: int, j: int, unit: Unit, compact: bool) -> Card:
        card, z, a = _id(layer, j), indexed('z', layer, j), indexed('a', layer, j)
        rows = [*self._rows(card, 'w', (layer, j), unit.w, self.weights), self._row(card, indexed('b', layer, j), unit.b, 'b')]
        if self.net.sampled:
            rows += [self._row(card, z, unit.z, 'z'), self._row(card, a, unit.a, 'a')]
            z, a = labels.shown(unit.z.name) or z, labels.shown(unit.a.name) or a
        return Card.of_rows(card, self.net.kind(layer), f'{a} = {formulas.formula(unit.activation, [z])}', rows, compact)

    def _rows(self, card: str, letter: str, place: tuple[int, ...], values: Sequence[Value], data: Reading) -> list[Row]:
        """입력이나 가중치의 행들. 많으면 색 띠 한 줄."""
        if len(values) <= limits.LONG_ROW:
            return [self._row(card, indexed(letter, *place, k), v, f'{letter}{k}') for k, v in enumerate(values, 1)]
        name = indexed(letter, *place) + ('ₖ' if letter == 'w' else '')
        self.ends |= dict.fromkeys(values, (card, f'{letter}o'))
        return [strip_row(name, values, data, self.gradients, letter, f'{letter}o')]

    def _row(self, card: str, name: str, v: Value, port: str) -> Row:
        self.ends[v] = card, f'{port}o'
        return named_row(name, v, self.gradients, port, f'{port}o')

    def edges(self) -> Iterable[Edge]:
        """가중치마다 선 하나. 가중치나 입력이 색 띠 한 줄이면 상자마다 하나."""
        out, found = 'ao' if self.net.sampled else 'bo', dict[tuple[End, End], Edge]()
        for layer, units in enumerate(self.net.layers, 2):
            for j, unit in enumerate(units, 1):
                short = len(unit.w) <= limits.LONG_ROW
                for k, (w, x) in enumerate(zip(unit.w, unit.inputs, strict=True), 1):
                    head = _id(layer, j), f'w{k}' if short else 'w'
                    tail = (_id(layer - 1, k), out) if layer > 2 else ('input', f'a{k}o' if short else 'ao')
                    (hue, width), tip = color.stroke(w.data, self.weights.scale), numbers.number(w.data, limits.EXACT_DIGITS)
                    found[tail, head] = Edge(tail, head, '', tip, hue, width, (x, unit.z, 0), w)
        return found.values()


def _id(layer: int, j: int) -> str:
    return f'l{layer}j{j}'
