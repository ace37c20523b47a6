"""신경망의 스텝, 층마다: 넓은 신경망은 노트의 행렬 식 하나가 한 스텝이다."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from micrograd_ko.engine import Value
from micrograd_ko.note.recognise import Unit, shared_activation
from micrograd_ko.render.loss_steps import NetworkWalk, error_formulas, is_quiet
from micrograd_ko.render.step import Step, label
from micrograd_ko.reverse import Arrival
from micrograd_ko.writing import limits, notation, numbers
from micrograd_ko.writing.formulas import chain, formula, grouped, prime, product, read, vector
from micrograd_ko.writing.templates import when

REST = 'r 은 이 식 밖에서 온 항의 합이다: 손실이 바로 쓰거나 여러 곳에서 나누어 쓴다.'


class Divided(NamedTuple):
    """기울기들을 두 합으로: own 은 노트의 방정식이 말하는 항, rest 는 그 밖의 항. rest 가 None 이면 온 항이 모두 own 이다."""

    own: list[Any]
    rest: list[Any] | None


class LayerWalk(NetworkWalk):
    """층마다 z, a 를 계산하고, 거꾸로 층마다 δ, ∂C/∂b, ∂C/∂W 를 계산한다."""

    def forward(self) -> Iterator[Step]:
        yield from self.opening()
        for layer, units in enumerate(self.net.layers, 2):
            up, previous = notation.superscript(layer), notation.superscript(layer - 1)
            zs, outputs = [unit.z for unit in units], [unit.a for unit in units]
            shape = f'W{up} 는 {len(units)} × {len(units[0].w)}'
            weighted = f'z{up} = W{up} a{previous} + b{up}', f'{vector([z.data for z in zs])}   ({shape})'
            yield Step('forward', f'순전파: z{up}', weighted, ('2단계',), self.known(zs, 'data'))
            activated = f'a{up} = {activation(units, f"z{up}")}', vector([a.data for a in outputs])
            yield Step('forward', f'순전파: a{up}', activated, ('2단계',), self.known(outputs, 'data'))
        yield from self.loss()

    def backward(self) -> Iterator[Step]:
        net = self.net
        if net.root is not None:
            slopes, changes = vector([a.grad for a in net.outputs]), self.known([*net.outputs, *net.targets.values()], 'grad')
            known = () if net.loss is None else (f'{self.nabla}:  {self.over}aⱼ = {net.loss.slope}', slopes)
            cited = '3단계', *self.assumption
            yield Step('backward', '손실에서 출력으로', known or (f'{self.nabla} = {slopes}',), cited, changes)
        for layer, units in reversed([*enumerate(net.layers, 2)]):
            yield self._error(layer, units)
            yield self._biases(layer, units)
            yield self._weights(layer, units)
        told = self._told(f'{self.over}a¹', '(W²)ᵀ δ²', net.inputs, self._from_next(net.inputs, net.layers[0]))
        yield Step('backward', '입력의 기울기', told, (), self.known(net.inputs, 'grad'))

    def _summed(self, nodes: Sequence[Value], is_own: Callable[[int, Arrival], bool]) -> Divided:
        """nodes 의 기울기에 온 항을 나눈다. is_own(몇째 노드인지, 항)은 노트의 방정식이 말하는 항인지."""
        own, rest = ([
            sum([x.flowing * x.local for x in self.terms[v] if is_own(i, x) == wanted]) for i, v in enumerate(nodes)
        ] for wanted in (True, False))  # fmt: skip
        pure = all(is_own(i, x) for i, v in enumerate(nodes) for x in self.terms[v])
        return Divided([v.grad for v in nodes], None) if pure else Divided(own, rest)

    def _from_next(self, nodes: Sequence[Value], following: Sequence[Unit]) -> Divided:
        """앞 층의 a 로 온 항: 다음 층의 z 에서 w·δ 로 온 것이 방정식 2 의 것이다."""
        zs, width = {unit.z for unit in following}, len(nodes)
        return self._summed(nodes, lambda k, x: x.result in zs and x.position == width + k)

    @staticmethod
    def _told(name: str, form: str, nodes: Sequence[Value], summed: Divided, numbers: str = '') -> tuple[str, ...]:
        """'이름 = 식' 과 그 수. 식 밖의 항이 있으면 r 로 더한다. numbers 는 식에 수를 채운 글(없으면 합 own)."""
        if summed.rest is None:
            return f'{name} = {form}', chain(numbers, vector([v.grad for v in nodes]))
        filled = f'{numbers or vector(summed.own)} + {vector(summed.rest)} = {vector([v.grad for v in nodes])}'
        return f'{name} = {form} + r', filled, REST

    def _error(self, layer: int, units: Sequence[Unit]) -> Step:
        """에러 δ: 출력층이면 방정식 1, 아니면 방정식 2. 온 항이 더 있으면 ∂C/∂a 부터 적는다."""
        up, following = notation.superscript(layer), notation.superscript(layer + 1)
        zs, outputs = [unit.z for unit in units], [unit.a for unit in units]
        slopes, is_output = [self._slope(unit) for unit in units], set(outputs) == set(self.net.outputs)
        errors = self._summed(zs, lambda j, x: x.result is units[j].a)
        arriving = None if is_output else self._from_next(outputs, self.net.layers[layer - 1])
        lines: tuple[str, ...] = ()
        flowing = self.nabla if is_output else f'(W{following})ᵀ δ{following}'
        if arriving is not None and arriving.rest is not None:
            lines = self._told(f'{self.over}a{up}', flowing, outputs, arriving)
            flowing = f'{self.over}a{up}'
        filled = f'{vector([a.grad for a in outputs])} ⊙ {vector(slopes)}'
        lines += self._told(f'δ{up}', f'{flowing} ⊙ {slope_of(units, f"z{up}")}', zs, errors, filled)
        cited = error_formulas(is_output) if errors.rest is None and (arriving is None or arriving.rest is None) else ()
        saturated = sum(abs(slope) < limits.SMALL for slope in slopes)
        if errors.rest is None:
            told = f'σ′(z) 가 0 에 가까운 뉴런 {numbers.number(saturated)}개: 그 에러는 거의 사라진다.'
            lines, cited = (*lines, when(saturated > 0, told)), (*cited, when(saturated > 0, '인사이트 2'))
        return Step('backward', f'에러 δ{up}', tuple(dict.fromkeys(lines)), cited, self.known([*outputs, *zs], 'grad'))

    def _slope(self, unit: Unit) -> Any:
        """σ′(z): a 가 z 로 넘기는 국소 미분."""
        return next(x.local for x in self.terms[unit.z] if x.result is unit.a)

    def _biases(self, layer: int, units: Sequence[Unit]) -> Step:
        """방정식 3. b 는 z 의 마지막 피연산자다."""
        up, biases = notation.superscript(layer), [unit.b for unit in units]
        summed = self._summed(biases, lambda j, x: x.result is units[j].z and x.position == len(x.result.parents) - 1)
        cited = ('5단계', '방정식 3') if summed.rest is None else ()
        lines = self._told(f'{self.over}b{up}', f'δ{up}', biases, summed)
        return Step('backward', f'{self.over}b{up}', lines, cited, self.known(biases, 'grad'))

    def _weights(self, layer: int, units: Sequence[Unit]) -> Step:
        """방정식 4. 첫 가중치의 수도 채워 적는다."""
        up, previous = notation.superscript(layer), notation.superscript(layer - 1)
        rows, columns = len(units), len(units[0].w)
        places = [(unit.z, k, w) for unit in units for k, w in enumerate(unit.w)]
        summed = self._summed([w for *_, w in places], lambda i, x: (x.result, x.position) == places[i][:2])
        rest = '' if summed.rest is None else ' + r'
        shape = f'크기 ({rows} × 1)(1 × {columns}) → {rows} × {columns}'
        lines = [f'{self.over}W{up} = δ{up} (a{previous})ᵀ{rest},  {shape}', self._element(units[0], summed)]
        cited: tuple[str, ...] = ()
        if summed.rest is None:
            cited = '5단계', '방정식 4'
            quiet = sum(map(is_quiet, units[0].inputs))
            told = f'a{previous} 가 0 에 가까운 성분 {numbers.number(quiet)}개: 그 열의 가중치는 거의 움직이지 않는다.'
            lines.append(when(quiet > 0, told))
            cited += (when(quiet > 0, '인사이트 1'),)
        else:
            lines.append(REST)
        return Step('backward', f'{self.over}W{up}', tuple(lines), cited, self.known([w for *_, w in places], 'grad'))

    def _element(self, unit: Unit, summed: Divided) -> str:
        """층의 첫 가중치의 기울기."""
        w, a, z = unit.w[0], unit.inputs[0], unit.z
        name, form, total = f'{self.over}{label(w)}', f'{label(a)} · {self.delta(z)}', numbers.number(w.grad)
        if summed.rest is None or self.is_alone(w):
            return chain(name, form, product(a.data, z.grad), total)
        return chain(name, f'{form} + r', f'{numbers.number(summed.own[0])} + {grouped(numbers.number(summed.rest[0]))}', total)


def activation(units: Sequence[Unit], operand: str) -> str:
    """한 층의 활성화: 'σ(z²)'. 뉴런마다 다르면 'f(z²)'."""
    op = shared_activation(units)
    return f'f({operand})' if op is None else formula(op, [operand])


def slope_of(units: Sequence[Unit], operand: str) -> str:
    """한 층의 활성화의 미분: 'σ′(z²)'. 뉴런마다 다르면 'f′(z²)'."""
    op = shared_activation(units)
    return f'f′({operand})' if op is None else prime(op, read(operand)).text
