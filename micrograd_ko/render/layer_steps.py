"""신경망의 걸음, 층마다: 넓은 신경망은 노트의 행렬 식 하나가 한 걸음이다."""

from collections.abc import Iterator, Sequence

from micrograd_ko.graph import local_derivatives
from micrograd_ko.note.recognise import Unit
from micrograd_ko.render.loss_steps import NetworkWalk, error_formulas
from micrograd_ko.render.step import Step, label
from micrograd_ko.writing import limits, notation, numbers
from micrograd_ko.writing.formulas import chain, formula, product, vector


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
            activated = f'a{up} = {formula(units[0].activation, [f"z{up}"])}', vector([a.data for a in outputs])
            yield Step('forward', f'순전파: a{up}', activated, ('2단계',), self.known(outputs, 'data'))
        yield from self.loss()

    def backward(self) -> Iterator[Step]:
        net = self.net
        if net.root is not None:
            slope = net.loss.slope if net.loss is not None else f'∂{label(self.root)}/∂aᴸ'
            lines = f'∇ₐC:  ∂C/∂aⱼ = {slope}', vector([a.grad for a in net.outputs])
            changes = self.known([*net.outputs, *net.targets.values()], 'grad')
            yield Step('backward', '손실에서 출력으로', lines, ('3단계', '가정 2'), changes)
        for layer, units in reversed([*enumerate(net.layers, 2)]):
            up, biases = notation.superscript(layer), [unit.b for unit in units]
            yield self._error(layer, units)
            lines = f'∂C/∂b{up} = δ{up}', vector([b.grad for b in biases])
            yield Step('backward', f'∂C/∂b{up}', lines, ('5단계', '방정식 3'), self.known(biases, 'grad'))
            yield self._weights(layer, units)
        lines = '∂C/∂a¹ = (W²)ᵀ δ²', vector([x.grad for x in net.inputs])
        yield Step('backward', '입력의 기울기', lines, (), self.known(net.inputs, 'grad'))

    def _error(self, layer: int, units: Sequence[Unit]) -> Step:
        """에러 δ: 출력층이면 방정식 1, 아니면 방정식 2."""
        up, following = notation.superscript(layer), notation.superscript(layer + 1)
        zs, outputs = [unit.z for unit in units], [unit.a for unit in units]
        slopes = [local_derivatives(a)[0] for a in outputs]
        is_output = set(outputs) == set(self.net.outputs)
        lines = [
            f'δ{up} = {"∇ₐC" if is_output else f"(W{following})ᵀ δ{following}"} ⊙ σ′(z{up})',
            f'{vector([a.grad for a in outputs])} ⊙ {vector(slopes)} = {vector([z.grad for z in zs])}',
        ]
        formulas = error_formulas(is_output)
        saturated = sum(abs(slope) < limits.SMALL for slope in slopes)
        if saturated:
            lines.append(f'σ′(z) 가 0 에 가까운 뉴런 {saturated}개: 그 에러는 거의 사라진다.')
            formulas += ('인사이트 2',)
        return Step('backward', f'에러 δ{up}', tuple(lines), formulas, self.known([*outputs, *zs], 'grad'))

    def _weights(self, layer: int, units: Sequence[Unit]) -> Step:
        """방정식 4. 노드 하나의 수도 채워 적는다."""
        up, previous = notation.superscript(layer), notation.superscript(layer - 1)
        rows, columns = len(units), len(units[0].w)
        w, a, z = units[0].w[0], units[0].inputs[0], units[0].z
        lines = [
            f'∂C/∂W{up} = δ{up} (a{previous})ᵀ   ({rows} × 1)(1 × {columns}) = {rows} × {columns}',
            chain(f'∂C/∂{label(w)}', f'{label(a)} · δ', f'{product(a.data, z.grad)} = {numbers.number(a.data * z.grad)}'),
        ]
        if any(w.grad != x.data * unit.z.grad for unit in units for w, x in zip(unit.w, unit.inputs, strict=True)):
            lines.append('손실이 W 를 직접 쓰거나 W 를 나누어 쓰므로 그 항이 더해져 있다.')
        formulas: tuple[str, ...] = ('5단계', '방정식 4')
        quiet = sum(-limits.SMALL < x.data < limits.SMALL for x in units[0].inputs)
        if quiet:
            lines.append(f'a{previous} 가 0 에 가까운 성분 {quiet}개: 그 열의 가중치는 거의 움직이지 않는다.')
            formulas += ('인사이트 1',)
        return Step('backward', f'∂C/∂W{up}', tuple(lines), formulas, self.known([w for unit in units for w in unit.w], 'grad'))
