"""신경망의 걸음, 층마다: 넓은 신경망은 노트의 행렬 식 하나가 한 걸음이다."""

from collections.abc import Sequence
from typing import Any

from micrograd_ko.graph import local_derivatives
from micrograd_ko.note.recognise import Network, Unit
from micrograd_ko.render.loss_steps import UPDATE, loss_forward, opening, slope_formula
from micrograd_ko.render.step import Numbered, Step, label, seed, update
from micrograd_ko.render.subject import Subject
from micrograd_ko.writing.formulas import chain, formula, product, vector
from micrograd_ko.writing.limits import SMALL
from micrograd_ko.writing.notation import superscript
from micrograd_ko.writing.numbers import number


def layer_steps(subject: Subject, lr: Any) -> list[Step]:
    """층마다 z, a 를 계산하고, 거꾸로 층마다 δ, ∂C/∂b, ∂C/∂W 를 계산한다."""
    net = subject.network
    assert net is not None
    at = Numbered(net.order)
    steps = opening(at, net)
    for layer, units in enumerate(net.layers, 2):
        steps += _forward(at, layer, units)
    if not subject.seeded:
        return steps
    steps += [*loss_forward(at, net), seed(at, net.order[-1])]
    if net.root is not None:
        steps.append(_from_loss(at, net))
    for layer in range(len(net.layers) + 1, 1, -1):
        steps += _backward(at, net, layer)
    inputs = ('∂C/∂a¹ = (W²)ᵀ δ²', vector([x.grad for x in net.inputs]))
    steps.append(Step('backward', '입력의 기울기', inputs, (), at.known(net.inputs, 'grad')))
    return [*steps, update(at, net.parameters, lr, UPDATE)]


def _forward(at: Numbered, layer: int, units: Sequence[Unit]) -> list[Step]:
    up, previous = superscript(layer), superscript(layer - 1)
    zs, outputs = [unit.z for unit in units], [unit.a for unit in units]
    shape = f'W{up} 는 {len(units)} × {len(units[0].w)}'
    weighted = (f'z{up} = W{up} a{previous} + b{up}', f'{vector([z.data for z in zs])}   ({shape})')
    activated = (f'a{up} = {formula(units[0].activation, [f"z{up}"])}', vector([a.data for a in outputs]))
    return [
        Step('forward', f'순전파: z{up}', weighted, ('2단계',), at.known(zs, 'data')),
        Step('forward', f'순전파: a{up}', activated, ('2단계',), at.known(outputs, 'data')),
    ]


def _from_loss(at: Numbered, net: Network) -> Step:
    lines = (f'∇ₐC:  ∂C/∂aⱼ = {slope_formula(net)}', vector([a.grad for a in net.outputs]))
    changes = at.known([*net.outputs, *net.targets.values()], 'grad')
    return Step('backward', '손실에서 출력으로', lines, ('3단계', '가정 2'), changes)


def _backward(at: Numbered, net: Network, layer: int) -> list[Step]:
    units = net.layers[layer - 2]
    up, previous = superscript(layer), superscript(layer - 1)
    biases, weights = [unit.b for unit in units], [w for unit in units for w in unit.w]
    (first, *_), (a, *_), _, z, _ = units[0]
    matrix = [
        f'∂C/∂W{up} = δ{up} (a{previous})ᵀ   ({len(units)} × 1)(1 × {len(units[0].w)}) = {len(units)} × {len(units[0].w)}',
        chain(f'∂C/∂{label(first)}', f'{label(a)} · δ', f'{product(a.data, z.grad)} = {number(a.data * z.grad)}'),
    ]
    if any(w.grad != x.data * unit.z.grad for unit in units for w, x in zip(unit.w, unit.inputs, strict=True)):
        matrix.append('손실이 W 를 직접 쓰거나 W 를 나누어 쓰므로 그 항이 더해져 있다.')
    quiet = sum(-SMALL < x.data < SMALL for x in units[0].inputs)
    if quiet:
        matrix.append(f'a{previous} 가 0 에 가까운 성분 {quiet}개: 그 열의 가중치는 거의 움직이지 않는다.')
    return [
        _delta(at, net, layer),
        Step('backward', f'∂C/∂b{up}', (f'∂C/∂b{up} = δ{up}', vector([b.grad for b in biases])), ('5단계', '방정식 3'),
             at.known(biases, 'grad')),
        Step('backward', f'∂C/∂W{up}', tuple(matrix), ('5단계', '방정식 4', *(['인사이트 1'] if quiet else [])),
             at.known(weights, 'grad')),
    ]  # fmt: skip


def _delta(at: Numbered, net: Network, layer: int) -> Step:
    units = net.layers[layer - 2]
    up, following = superscript(layer), superscript(layer + 1)
    zs, outputs = [unit.z for unit in units], [unit.a for unit in units]
    slopes = [local_derivatives(a)[0] for a in outputs]
    is_output = outputs == net.outputs
    source = '∇ₐC' if is_output else f'(W{following})ᵀ δ{following}'
    lines = [
        f'δ{up} = {source} ⊙ σ′(z{up})',
        f'{vector([a.grad for a in outputs])} ⊙ {vector(slopes)} = {vector([z.grad for z in zs])}',
    ]
    formulas: tuple[str, ...] = ('3단계', '방정식 1') if is_output else ('4단계', '방정식 2')
    saturated = sum(abs(slope) < SMALL for slope in slopes)
    if saturated:
        lines.append(f'σ′(z) 가 0 에 가까운 뉴런 {saturated}개: 그 에러는 거의 사라진다.')
        formulas += ('인사이트 2',)
    return Step('backward', f'에러 δ{up}', tuple(lines), formulas, at.known([*outputs, *zs], 'grad'))
