"""신경망의 걸음 가운데 처음(주어진 값)과 손실의 것. 손실의 식은 그 기록(`learning.losses.Loss`)이 안다."""

from collections.abc import Sequence

from micrograd_ko.engine import Value
from micrograd_ko.note.recognise import Network
from micrograd_ko.render.step import Numbered, Step, adding, label, operand_numbers
from micrograd_ko.reverse import Arrival
from micrograd_ko.writing.formulas import chain, formula, grouped, sum_of
from micrograd_ko.writing.limits import MOST_LOSS_NODES
from micrograd_ko.writing.notation import subscript
from micrograd_ko.writing.numbers import number

UPDATE = 'w ← w − η · ∂C/∂w,  b ← b − η · ∂C/∂b'


def opening(at: Numbered, net: Network) -> list[Step]:
    """처음에 아는 것(파라미터와 목표)과, 알고리즘의 1단계."""
    listed = sum_of([f'{label(x)} = {number(x.data)}' for x in net.inputs], ',  ')
    what = '가중치 w, 편향 b, 목표 y 는 주어져 있다. 나머지는 이제부터 계산한다.'
    return [
        Step('start', '주어진 값', (what,), (), at.known([*net.parameters, *net.targets.values()], 'data')),
        Step('forward', '입력 설정', ('a¹ = x', listed), ('1단계',), at.known(net.inputs, 'data')),
    ]


def loss_forward(at: Numbered, net: Network) -> list[Step]:
    """손실 C 의 걸음. root 가 출력 자체면 없다."""
    if net.root is None:
        return []
    nodes = [node for node in net.region if node.op is not None]
    lines = []
    if net.loss is not None:
        lines.append(f'{label(net.root)} = {net.loss.formula}')
    if net.loss is not None and net.loss.terms:
        whole, term = net.loss.terms
        terms = [_filled(term, number(a.data), number(y.data)) for a, y in net.targets.items()]
        lines.append(f'{whole.format(sum_of(terms))} = {number(net.root.data)}')
    elif len(nodes) <= MOST_LOSS_NODES:
        lines += [_evaluated(node) for node in nodes]
    else:
        lines += [f'{label(net.root)} = {number(net.root.data)}', f'출력에서 손실까지 노드 {len(nodes)}개를 계산했다.']
    if net.loss is not None and net.loss.assumes:
        lines.append(net.loss.assumes)
    if net.strays:
        lines.append(f'노트의 가정 2 밖이다: 손실이 {label(net.strays[0][1])} 을(를) 바로 쓴다. 그 항은 따로 더해진다.')
    lines.append('한 표본의 손실 Cₓ 이다. 총 손실은 표본 손실의 평균이므로 한 표본만 이해하면 된다.')
    used = dict.fromkeys(p for node in nodes for p in node.parents if p in net.values)
    changes = at.known([net.root], 'data')
    return [Step('forward', '손실', tuple(lines), ('2단계', '가정 2', '가정 1'), changes, at.edges(used, net.root))]


def from_loss(at: Numbered, net: Network, node: Value, walked: Sequence[Arrival]) -> Step:
    """손실에서 출력으로: node 가 넘기는 ∂C/∂a."""
    assert net.root is not None
    lines = []
    for x in walked:
        name = f'∂{label(net.root)}/∂{label(x.operand)}'
        slope = _slopes(net, x.operand) if x.last else []
        if not slope or x.before != 0:
            local = f'∂{label(node)}/∂{label(x.operand)}'
            lines.append(f'{name} += ∂{label(net.root)}/∂{label(node)} · {local},  {adding(x, running=True)}')
        if slope:
            lines.append(chain(name, *slope, number(x.after)))
    edges = at.edges([x.operand for x in walked if x.operand in net.values], net.root)
    title = f'손실에서 {label(walked[0].operand)} 로'
    return Step('backward', title, tuple(lines), ('3단계', '가정 2'), at.arrived(walked), edges)


def slope_formula(net: Network) -> str:
    """∇ₐC 의 식. 모르는 손실이면 ∂C/∂aᴸ."""
    return net.loss.slope if net.loss is not None else f'∂{label(net.order[-1])}/∂aᴸ'


def _slopes(net: Network, a: Value) -> list[str]:
    """∂C/∂a 의 식, 그리고 수를 채운 식. 손실을 모르거나 a 가 출력이 아니면 빈 목록."""
    if net.loss is None or a not in net.outputs:
        return []
    y = net.targets.get(a)
    slope = net.loss.slope.replace('aⱼ', label(a))
    slope = slope if y is None else slope.replace('yⱼ', label(y))
    named = slope.replace('ⱼ', subscript(net.outputs.index(a) + 1))
    return [named] if y is None or not net.loss.terms else [named, _filled(net.loss.slope, number(a.data), number(y.data))]


def _filled(form: str, a: str, y: str) -> str:
    return form.replace('aⱼ', grouped(a)).replace('yⱼ', grouped(y)).replace('(−', '(-')


def _evaluated(node: Value) -> str:
    assert node.op is not None
    written = formula(node.op, [label(p) for p in node.parents])
    return chain(label(node), written, formula(node.op, operand_numbers(node), ' × '), number(node.data))
