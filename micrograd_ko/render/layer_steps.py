"""신경망의 스텝, 층마다: 넓은 신경망은 노트의 행렬 식 하나가 한 스텝이다."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from micrograd_ko.engine import Value
from micrograd_ko.note.recognise import Unit, shared_activation
from micrograd_ko.render.neuron_steps import ERROR, NetworkWalk
from micrograd_ko.render.step import Step
from micrograd_ko.writing import limits, notation
from micrograd_ko.writing.formulas import chain, formula, grouped, prime, product, read, tight, vector
from micrograd_ko.writing.numbers import number

REST = 'r 은 이 식 밖에서 온 항의 합이다: 손실이 바로 쓰거나 여러 곳에서 나누어 쓴다.'


class Sums(NamedTuple):
    """노드들의 기울기를 두 합으로: own 은 노트의 방정식이 말하는 항, rest 는 그 밖의 항. 온 항이 모두 own 이면 rest 는 None."""

    nodes: list[Value]
    own: list[Any]
    rest: list[Any] | None


class LayerWalk(NetworkWalk):
    """층마다 z, a 를 계산하고, 거꾸로 층마다 δ, ∂C/∂b, ∂C/∂W 를 계산한다."""

    def forward(self) -> Iterator[Step]:
        yield from self.opening()
        for layer, units in enumerate(self.net.layers, 2):
            up, previous = notation.superscript(layer), notation.superscript(layer - 1)
            zs, outputs = [unit.z for unit in units], [unit.a for unit in units]
            shape = f'W{up} 은(는) {len(units)} × {len(units[0].w)}'
            weighted = f'z{up} = W{up} a{previous} + b{up}', f'{vector([self.data[z] for z in zs])}   ({shape})'
            yield Step('forward', f'순전파: z{up}', weighted, ('2단계',), self.known(zs, 'data'))
            activated = f'a{up} = {formula(shared_activation(units), [f"z{up}"])}', vector([self.data[a] for a in outputs])
            yield Step('forward', f'순전파: a{up}', activated, ('2단계',), self.known(outputs, 'data'))
        yield from self.loss()

    def backward(self) -> Iterator[Step]:
        net = self.net
        if net.root is not None:
            slopes, changes = self._grad(net.outputs), self.known([*net.outputs, *net.targets.values()], 'grad')
            known = () if net.loss is None else (f'{self.nabla}:  {self.over}aⱼ = {net.loss.slope}', slopes)
            cited = '3단계', *self.assumption
            yield Step('backward', '손실에서 출력으로', known or (f'{self.nabla} = {slopes}',), cited, changes)
        for layer, units in reversed([*enumerate(net.layers, 2)]):
            name = f'{self.over}b{notation.superscript(layer)}'
            biases = self._sums([(unit.b, {(unit.z, 2 * len(unit.w))}) for unit in units])  # b 는 z 의 마지막 피연산자다
            yield self._error(layer, units)
            yield self._equation(name, name, f'δ{notation.superscript(layer)}', biases, ('5단계', '방정식 3'))
            yield self._weights(layer, units)
        yield self._equation('입력의 기울기', f'{self.over}a¹', '(W²)ᵀ δ²', self._from_next(net.inputs, net.layers[0]))

    def _grad(self, nodes: Iterable[Value]) -> str:
        return vector([self.grad[v] for v in nodes])

    def _sums(self, places: Sequence[tuple[Value, set[tuple[Value, int]]]]) -> Sums:
        """노드마다의 합. places 는 (노드, 방정식이 말하는 자리들)이고 자리는 (결과, 그 몇째 피연산자)다."""
        own, rest = ([
            sum([x.flowing * x.local for x in self.terms[v] if ((x.result, x.position) in here) == wanted]) for v, here in places
        ] for wanted in (True, False))  # fmt: skip
        pure = all((x.result, x.position) in here for v, here in places for x in self.terms[v])
        return Sums([v for v, _ in places], own, None if pure else rest)

    def _from_next(self, nodes: Sequence[Value], following: Sequence[Unit]) -> Sums:
        """앞 층의 a 로 온 항: 다음 층의 z 에서 w·δ 로 온 것이 방정식 2 의 것이다."""
        return self._sums([(a, {(unit.z, len(nodes) + k) for unit in following}) for k, a in enumerate(nodes)])

    def _told(self, name: str, form: str, sums: Sums, numbers: str = '') -> tuple[str, ...]:
        """'이름 = 식' 과 그 수. 식 밖의 항이 있으면 r 로 더한다. numbers 는 식에 수를 채운 글(없으면 합 own)."""
        if sums.rest is None:
            return f'{name} = {form}', chain(numbers, self._grad(sums.nodes))
        return f'{name} = {form} + r', f'{numbers or vector(sums.own)} + {vector(sums.rest)} = {self._grad(sums.nodes)}', REST

    def _equation(self, title: str, name: str, form: str, sums: Sums, cited: tuple[str, ...] = ()) -> Step:
        """방정식 하나의 스텝. 온 항이 그 방정식의 것뿐일 때만 그 이름을 단다."""
        lines, cited = self._told(name, form, sums), cited if sums.rest is None else ()
        return Step('backward', title, lines, cited, self.known(sums.nodes, 'grad'))

    def _error(self, layer: int, units: Sequence[Unit]) -> Step:
        """에러 δ: 출력층이면 방정식 1, 아니면 방정식 2. 온 항이 더 있으면 ∂C/∂a 부터 적는다."""
        up, following, is_output = notation.superscript(layer), notation.superscript(layer + 1), units is self.net.layers[-1]
        outputs, slopes = [unit.a for unit in units], [x.local for u in units for x in self.terms[u.z] if x.result is u.a]
        errors = self._sums([(unit.z, {(unit.a, 0)}) for unit in units])
        arriving = Sums([], [], None) if is_output else self._from_next(outputs, self.net.layers[layer - 1])
        lines: tuple[str, ...] = ()
        flowing = self.nabla if is_output else f'(W{following})ᵀ δ{following}'
        if arriving.rest is not None:
            lines, flowing = self._told(f'{self.over}a{up}', flowing, arriving), f'{self.over}a{up}'
        filled = f'{self._grad(outputs)} ⊙ {vector(slopes)}'
        lines += self._told(f'δ{up}', f'{flowing} ⊙ {prime(shared_activation(units), read(f"z{up}")).text}', errors, filled)
        cited = ERROR[is_output] if errors.rest is None and arriving.rest is None else ()
        changes = self.known([*outputs, *errors.nodes], 'grad')
        step = Step('backward', f'에러 δ{up}', tuple(dict.fromkeys(lines)), cited, changes)
        saturated = sum(abs(slope) < limits.SMALL for slope in slopes)
        told = f'σ′(z) 가 0 에 가까운 뉴런 {number(saturated)}개: 그 에러는 거의 사라진다.'
        return self.insight(step, 2, saturated > 0, told) if errors.rest is None else step

    def _weights(self, layer: int, units: Sequence[Unit]) -> Step:
        """방정식 4. 첫 가중치의 수도 채워 적는다."""
        up, previous, columns = notation.superscript(layer), notation.superscript(layer - 1), len(units[0].w)
        sums = self._sums([(w, {(unit.z, k)}) for unit in units for k, w in enumerate(unit.w)])
        cited, rest, more = (('5단계', '방정식 4'), '', ()) if sums.rest is None else ((), ' + r', (REST,))
        shape = f'크기 ({len(units)} × 1)(1 × {columns}) → {len(units)} × {columns}'
        lines = f'{self.over}W{up} = δ{up} (a{previous})ᵀ{rest},  {shape}', self._element(units[0], sums), *more
        step = Step('backward', f'{self.over}W{up}', lines, cited, self.known(sums.nodes, 'grad'))
        quiet = sum(map(self.is_quiet, units[0].inputs))
        told = f'a{previous} 이(가) 0 에 가까운 성분 {number(quiet)}개: 그 열의 가중치는 거의 움직이지 않는다.'
        return step if rest else self.insight(step, 1, quiet > 0, told)

    def _element(self, unit: Unit, sums: Sums) -> str:
        """층의 첫 가중치의 기울기."""
        w, a, z = unit.w[0], unit.inputs[0], unit.z
        name, form, total = self.slope(w), f'{tight(self.label(a))} · {self.delta(z)}', number(self.grad[w])
        if sums.rest is None or self.is_alone(w):
            return chain(name, form, product(self.data[a], self.grad[z]), total)
        return chain(name, f'{form} + r', f'{number(sums.own[0])} + {grouped(number(sums.rest[0]))}', total)
