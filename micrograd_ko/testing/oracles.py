"""모든 기준(oracle)을 한 프로그램에: 서로 다른 길로 구한 기울기가 같은가.

  float       엔진의 `backward()`, 그래프로 지은 `grad()`
  오차 한계   위의 둘이 참값에서 얼마나 떨어질 수 있는지(`bounds`)
  200자리     같은 그래프의 값과 역방향, 순방향(dual number), 경로의 합
  유리수      연산이 허락하면 `Fraction` 으로 셋이 `==`

규칙 자체가 틀렸는지는 규칙을 쓰지 않는 차분으로만 안다. 그것은 `gradcheck` 가 하고, `check_program` 이 끝에 부른다.
"""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from micrograd_ko import ops
from micrograd_ko.derivatives import grad
from micrograd_ko.engine import Value
from micrograd_ko.graph import above
from micrograd_ko.kinds.bounds import Bounded
from micrograd_ko.kinds.dual import Dual
from micrograd_ko.kinds.precise import MP, exact
from micrograd_ko.misuse import brief
from micrograd_ko.operation import EDGE_ERRORS, DomainError
from micrograd_ko.reverse import adjoints, bounded_sweep
from micrograd_ko.staleness import replay
from micrograd_ko.testing.gradcheck import gradcheck
from micrograd_ko.testing.path_sums import path_count, path_sums
from micrograd_ko.testing.recorded import precise_replay
from micrograd_ko.testing.straight_line import StraightLine
from micrograd_ko.testing.verdicts import Report

__tracebackhide__ = True  # pytest 는 사용자의 코드만 보인다
MOST_PATHS = 2000  # 이보다 많으면 경로를 하나하나 더하지 않는다
MOST_BITS = 200_000  # 유리수가 이보다 길어지면 정확한 계산을 그만둔다: 0.5 ** 1e10 은 끝나지 않는다
AGREEMENT = MP.mpf(10) ** -100  # 200자리의 두 계산이 다를 수 있는 상대 크기: 100자리의 상쇄(cancellation)까지 견딘다


class CheckError(AssertionError):
    """기준 둘이 다르다. 프로그램, 값, 기울기의 표를 보인다."""


def check_program(program: StraightLine, order: int = 1) -> Report:
    """program 을 모든 기준으로 확인한다. 다르면 CheckError, 규칙이 틀렸으면 GradcheckError.

    order=2 면 기울기의 그래프도 gradcheck 한다. program 에 줄이 없으면 ValueError: 확인할 연산이 없다.
    """
    if not hasattr(program, 'steps'):
        wanted = 'check_program 은 programs() 가 뽑은 프로그램(StraightLine)을 받습니다. 함수는 gradcheck 로 보세요.'
        raise TypeError(f'{wanted} {brief(program)} 을(를) 받았습니다.')
    if not program.steps:
        raise ValueError('check_program: 프로그램에 줄이 없어 확인할 연산이 없습니다.')
    leaves, root, nodes = program.record()
    root.backward()
    reached = [leaf for leaf in leaves if leaf in set(nodes)]
    try:
        precise = precise_replay(nodes)
    except DomainError:  # 밑으로 넘쳐(underflow) 0 이 된 값은 정의역 안이어도 참값은 밖일 수 있다
        pass
    else:
        _agree_precisely(program, nodes, reached, grad(root, reached), precise)
    _agree_exactly(program)
    return gradcheck(program, program.inputs, order)


def forward_slope(order: Sequence[Value], leaf: Value, numbers: Mapping[Value, Any]) -> Any:
    """∂root/∂leaf 를 순방향으로. `numbers` 는 노드의 값이고, 그 수의 종류로 계산한다."""
    return replay(order, lambda node: Dual(numbers[node], 1 if node is leaf else 0))[order[-1]].slope


def _other_ways(order: list[Value], leaves: list[Value], numbers: dict) -> Iterator[tuple[Value, str, Any]]:
    """역방향이 아닌 길: (잎, 길의 이름, 기울기). 그래프 어디에 정의역의 끝이 있으면 갈 수 없는 길은 빠진다."""
    with contextlib.suppress(*EDGE_ERRORS):
        if path_count(order) <= MOST_PATHS:
            summed = path_sums(order, numbers)
            yield from [(leaf, '경로의 합', summed[leaf]) for leaf in leaves]
    with contextlib.suppress(*EDGE_ERRORS):
        yield from [(leaf, 'dual', forward_slope(order, leaf, numbers)) for leaf in leaves]


def _agree_precisely(program: StraightLine, order: list[Value], leaves: list[Value], slopes: list[Value], precise: dict) -> None:
    """float 의 값과 기울기는 200자리의 것에서 오차 한계 안에 있고, 200자리에서는 세 길이 같다."""
    values, gradients = bounded_sweep(order)
    for node in order:
        _require(_holds(values[node], node.data, precise[node]), program, f'{node!r} 의 값', precise[node], values[node])
    reverse = _reverse(order, leaves, precise)
    for leaf, slope in zip(leaves, slopes, strict=True):
        if leaf not in reverse:
            continue
        for name, found in (('backward', leaf.grad), ('grad', slope.data)):
            holds = _holds(gradients[leaf], found, reverse[leaf])
            _require(holds, program, f"{name} 의 '{leaf.name}'", found, reverse[leaf], gradients[leaf])
    for leaf, name, other in _other_ways(order, list(reverse), precise):
        scale = max(abs(reverse[leaf]), abs(other), MP.mpf(10) ** -80)
        _require(abs(other - reverse[leaf]) <= AGREEMENT * scale, program, f"{name} 의 '{leaf.name}'", other, reverse[leaf])


def _reverse(order: list[Value], leaves: list[Value], numbers: dict) -> dict[Value, Any]:
    """잎 → 200자리의 기울기. 경로에 정의역의 끝이 있는 잎은 빠진다: 미분은 IEEE 의 inf 나 nan 이고, 그것은 gradcheck 가 본다."""
    found = {}
    for leaf in leaves:
        with contextlib.suppress(*EDGE_ERRORS):
            found[leaf] = exact(adjoints(order, numbers, above(order, [leaf])).get(leaf, 0))
    return {leaf: d for leaf, d in found.items() if MP.isfinite(d)}


def _holds(bounded: Bounded, found: Any, truth: Any) -> bool:
    """float 계산 found 와 참값의 차이가 한계로 설명되는가."""
    return bounded.explains(found - float(truth)) or bounded.explains(float(exact(found) - truth))


def _agree_exactly(program: StraightLine) -> None:
    """Fraction 으로 끝까지 가는 프로그램이면 세 길이 정확히 같다."""
    fractions = StraightLine(tuple([Fraction(x) for x in program.inputs]), program.steps)
    try:
        if not _stays_exact(fractions):
            return
        leaves, root, order = fractions.record()
        root.backward()
    except EDGE_ERRORS:
        return
    rational = [leaf for leaf in leaves if isinstance(leaf.grad, Fraction)]  # pow 의 미분에는 로그가 있어 float 다
    for leaf, _, other in _other_ways(order, rational, {node: node.data for node in order}):
        _require(leaf.grad == other, fractions, f"Fraction 의 '{leaf.name}'", leaf.grad, other)


def _stays_exact(program: StraightLine) -> bool:
    """모든 줄이 유리수이고 MOST_BITS 보다 짧은가. 거듭제곱은 계산하기 전에 길이를 어림한다."""
    rows: list[Any] = list(program.inputs)
    for step in program.steps:
        operands = step.operands(rows)
        exponent = step.op.family[1][0] if step.op.family else operands[1] if step.op is ops.pow else 1
        bits = sum([x.numerator.bit_length() + x.denominator.bit_length() for x in map(Fraction, operands)])
        if bits * max(abs(exponent), 1) > MOST_BITS:
            return False
        rows.append(step.op.apply(*operands))
        if not isinstance(rows[-1], Fraction | int):
            return False
    return True


def _require(holds: bool, program: StraightLine, what: str, *numbers: Any) -> None:
    if not holds:
        shown = ', '.join([MP.nstr(x, 20) if isinstance(x, MP.mpf) else repr(x) for x in numbers])
        raise CheckError(f'{what} 이(가) 기준과 다릅니다: {shown}\n{program}')


