"""신경망의 걸음, 층마다: 넓은 신경망은 노트의 행렬 식 하나가 한 걸음이다."""

from collections.abc import Sequence
from typing import Any

from micrograd_ko.engine import Value
from micrograd_ko.graph import local_derivatives
from micrograd_ko.note.recognise import Network, Unit
from micrograd_ko.render import loss_picture
from micrograd_ko.render.graph_steps import Numbered, Step, chain, label, product, seed, update
from micrograd_ko.render.neuron_steps import SMALL, UPDATE, loss_forward, opening, parameters
from micrograd_ko.writing import formulas, numbers
from micrograd_ko.writing.notation import superscript

LISTED = 4  # 벡터는 앞의 원소 몇 개만 적는다


def layer_steps(net: Network, lr: Any, seeded: bool) -> list[Step]:
    """층마다 z, a 를 계산하고, 거꾸로 층마다 δ, ∂C/∂b, ∂C/∂W 를 계산한다."""
    at = Numbered(net.order)
    steps = opening(at, net)
    for layer, units in enumerate(net.layers, 2):
        steps += _forward(at, layer, units)
    if not seeded:
        return steps
    root = net.order[-1]
    steps += [*loss_forward(at, net), seed(at, root)]
    if net.root is not None:
        steps.append(_from_loss(at, net))
    for layer in range(len(net.layers) + 1, 1, -1):
        steps += _backward(at, net, layer)
    steps.append(_inputs(at, net))
    return [*steps, update(at, parameters(net), lr, UPDATE)]


def vector(xs: Sequence[Any]) -> str:
    """벡터를 글로: 앞의 몇 원소."""
    shown = [numbers.number(x, 3) for x in xs[:LISTED]]
    return f'[{", ".join(shown)}{", …" if len(xs) > LISTED else ""}]'


def _zs(units: Sequence[Unit]) -> list[Value]:
    return [unit.z for unit in units if unit.z is not None]


def _as(units: Sequence[Unit]) -> list[Value]:
    return [unit.a for unit in units if unit.a is not None]


def _forward(at: Numbered, layer: int, units: Sequence[Unit]) -> list[Step]:
    up, previous = superscript(layer), superscript(layer - 1)
    zs, outputs = _zs(units), _as(units)
    shape = f'W{up} 는 {len(units)} × {len(units[0].w)}'
    weighted = (f'z{up} = W{up} a{previous} + b{up}', f'{vector([z.data for z in zs])}   ({shape})')
    activated = (f'a{up} = {formulas.formula(units[0].activation, [f"z{up}"])}', vector([a.data for a in outputs]))
    return [
        Step('forward', f'순전파: z{up}', weighted, ('2단계',), at.known(zs, 'data')),
        Step('forward', f'순전파: a{up}', activated, ('2단계',), at.known(outputs, 'data')),
    ]


def _from_loss(at: Numbered, net: Network) -> Step:
    outputs = _as(net.layers[-1])
    known = [*outputs, *[y for _, y in loss_picture.targets(net).values()]]
    lines = (f'∇ₐC = ∂{label(net.order[-1])}/∂a{superscript(len(net.layers) + 1)}', vector([a.grad for a in outputs]))
    return Step('backward', '손실에서 출력으로', lines, ('3단계', '가정 2'), at.known(known, 'grad'))


def _backward(at: Numbered, net: Network, layer: int) -> list[Step]:
    units = net.layers[layer - 2]
    up, previous = superscript(layer), superscript(layer - 1)
    zs, biases, weights = _zs(units), [unit.b for unit in units], [w for unit in units for w in unit.w]
    first, a = units[0].w[0], _operand(units[0])
    matrix = [
        f'∂C/∂W{up} = δ{up} (a{previous})ᵀ   ({len(units)} × 1)(1 × {len(units[0].w)}) = {len(units)} × {len(units[0].w)}',
        chain(f'∂C/∂{label(first)}', f'{label(a)} · δ', f'{product(a.data, zs[0].grad)} = {numbers.number(a.data * zs[0].grad)}'),
    ]
    if any(w.grad != _operand(unit, k).data * z.grad for unit, z in zip(units, zs, strict=True) for k, w in enumerate(unit.w)):
        matrix.append('손실이 W 를 직접 쓰거나 W 를 나누어 쓰므로 그 항이 더해져 있다.')
    quiet = sum(-SMALL < x.data < SMALL for x in zs[0].parents[len(units[0].w) : -1])
    if quiet:
        matrix.append(f'a{previous} 가 0 에 가까운 성분 {quiet}개: 그 열의 가중치는 거의 움직이지 않는다.')
    return [
        _delta(at, net, layer),
        Step('backward', f'∂C/∂b{up}', (f'∂C/∂b{up} = δ{up}', vector([b.grad for b in biases])), ('5단계', '방정식 3'),
             at.known(biases, 'grad')),
        Step('backward', f'∂C/∂W{up}', tuple(matrix), ('5단계', '방정식 4', *(['인사이트 1'] if quiet else [])),
             at.known(weights, 'grad')),
    ]  # fmt: skip


def _operand(unit: Unit, k: int = 0) -> Value:
    """가중치 w_k 와 곱해지는 앞 층의 출력."""
    assert unit.z is not None
    return unit.z.parents[len(unit.w) + k]


def _delta(at: Numbered, net: Network, layer: int) -> Step:
    units = net.layers[layer - 2]
    up, following = superscript(layer), superscript(layer + 1)
    zs, outputs = _zs(units), _as(units)
    slopes = [local_derivatives(a)[0] for a in outputs]
    is_output = layer == len(net.layers) + 1
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


def _inputs(at: Numbered, net: Network) -> Step:
    xs = [x for x in net.inputs if x is not None]
    return Step('backward', '입력의 기울기', ('∂C/∂a¹ = (W²)ᵀ δ²', vector([x.grad for x in xs])), (), at.known(xs, 'grad'))
