"""표의 줄이 스스로를 적는다: 규칙에 기호를 넣어 얻은 식, 편미분, 정의역, 꺾인 점의 약속과 그것으로 적은 글."""

import re
from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Any, NamedTuple

from micrograd_ko.kinds.fitting import RuleError
from micrograd_ko.kinds.huge import is_huge, shown
from micrograd_ko.kinds.symbols import Symbol, operator_name, symbol, write
from micrograd_ko.operation import Op

Z = Symbol('z')
_MOST_OPERANDS = 12  # 오류에 값을 적는 피연산자
_INDICES = '₁₂₃'  # n항 연산의 규칙을 항 셋으로 불러 일반항을 찾는다
_LATEX = str.maketrans({i: f'_{k}' for k, i in enumerate(_INDICES, 1)})
_SUM = re.compile(r'(\()?([^₁₂₃]*?)(\w)₁([^₁₂₃]*) \+ \2\3₂\4 \+ \2\3₃\4(?(1)\))')
_SUM_LATEX = re.compile(r'([^_]*)_1([^_]*) \+ \1_2\2 \+ \1_3\2')


class Rule(NamedTuple):
    """표의 한 줄을 기호로. 없는 것은 None."""

    op: Op
    formula: Symbol
    partials: list[tuple[str, Symbol]]  # (피연산자, ∂z/∂피연산자)
    domain: Symbol | None = None
    kinks: tuple[Symbol, tuple] | None = None  # (꺾인 점의 식, 0 에서의 편미분들. 0 이 꺾인 점이 아니면 빈 튜플)


def rule_of(op: Op) -> Rule:
    """연산 하나의 줄을 기호로."""
    if op.arity is None:
        return Rule(op, Symbol(f'{op.name}({_signature(op)})', latex=op.latex or operator_name(op)), _partials(op))
    xs, zeros = tuple(map(Symbol, op.arguments)), (Fraction(0),) * op.arity
    kink, kinks = _written(op, op.kinks), None
    if op.kinks is not None and kink is not None:
        kinks = kink == 0, op.derivatives(op.eager(*zeros), *zeros) if op.kinks(*zeros) == 0 else ()
    return Rule(op, write(op, xs), _partials(op), _written(op, op.defined), kinks)


def _written(op: Op, fact: Callable[..., Any] | None) -> Symbol | None:
    """정의역이나 꺾인 점의 식. 없거나, 기호로 적지 못하면(and, math 의 함수) None."""
    try:
        return fact(*map(Symbol, op.arguments)) if fact is not None else None
    except TypeError:
        return None


def _named(op: Op, indices: Iterable[Any]) -> list[Any]:
    """인수마다의 이름. 목록인 인수면 번호를 하나씩 붙인 이름의 목록."""
    return [[f'{name[1:]}{i}' for i in indices] if name[0] in '*+' else name for name in op.arguments]


def _signature(op: Op) -> str:
    return ', '.join(op.flat(_named(op, 's')))


def operand_names(op: Op, count: int) -> list[str]:
    """피연산자 count 개의 이름: x, y 또는 w1, w2, x1, x2, b."""
    length = next((len(part) for part in op.split(range(count)) if isinstance(part, range)), 0)
    return list(op.flat(_named(op, range(1, length + 1))))


def _partials(op: Op) -> list[tuple[str, Symbol]]:
    """(피연산자, 편미분)의 목록. n항 연산이면 목록마다 일반항 ∂z/∂xᵢ: 항 셋으로 규칙을 부르고 제 번호를 글자 i 로 바꾼다.

    i 가 어느 자리든 같은 식이 나와야 일반항이다. 자리마다 다르면 항마다 따로 적는다.
    """
    xs = [Symbol(name, latex=name.translate(_LATEX)) for name in op.flat(_named(op, _INDICES))]
    try:
        slopes = op.derivatives(Z, *xs)
    except RuleError:  # 기호로 적지 못하는 규칙은 그 이름으로 남는다
        name = operator_name(op)
        slopes = tuple([Symbol(f'∂{op.name}/∂{x}', latex=rf'\frac{{\partial {name}}}{{\partial {x.latex}}}') for x in xs])
    partials = [(x.text, symbol(d)) for x, d in zip(xs, slopes, strict=True)]
    found: list[tuple[str, Symbol]] = []
    for part in op.split(partials):
        if isinstance(part, list):
            general = [(x.replace(i, 'ᵢ'), _renumbered(_summed(d), i)) for i, (x, d) in zip(_INDICES, part, strict=True)]
            found += general[:1] if len({d.text for _, d in general}) == 1 else part
        else:
            found.append(part)
    return found


def _summed(x: Symbol) -> Symbol:
    """번호만 다른 세 항의 합을 sum 과 Σ 로: exp(x₁) + exp(x₂) + exp(x₃) 은 sum(exp(xⱼ) for xⱼ in xs) 다."""
    text = _SUM.sub(r'sum(\2\3ⱼ\4 for \3ⱼ in \3s)', x.text)
    return Symbol(text, x.level, _SUM_LATEX.sub(r'\\sum_j \1_j\2', x.latex), x.latex_level)


def _renumbered(x: Symbol, index: str) -> Symbol:
    latex = x.latex.replace(index.translate(_LATEX), '_i')
    return Symbol(x.text.replace(index, 'ᵢ'), x.level, latex, x.latex_level)


def complaint(op: Op, operands: tuple, names: tuple) -> str:
    """정의역을 벗어났다는 말: 연산, 피연산자의 값과 이름, 정의역."""
    written = [
        f'{label} = {shown(value)}' + (f" (이름 '{name}')" if name else '')
        for label, value, name in zip(operand_names(op, len(operands)), operands, names, strict=True)
    ]
    rest = f', … (모두 {len(written)}개)' if len(written) > _MOST_OPERANDS else ''
    given = ', '.join(written[:_MOST_OPERANDS]) + rest
    what = '피연산자가' if any(map(is_huge, operands)) else '결과가'
    expected = f'{what} float 의 범위를 넘습니다(overflow).'
    if op.defined is not None and not op.defined(*operands):
        domain = _written(op, op.defined)
        expected = '정의역(domain) 밖입니다.' if domain is None else f'정의역(domain)은 {domain} 입니다.'
    return f'{op.name}: {given} 에서는 계산할 수 없습니다. {expected}' + (f' {op.hint}' if op.hint else '')


def described(op: Op) -> str:
    """연산의 설명(`help(ops.exp)`): 식, 편미분, 정의역, 꺾인 점."""
    rule = rule_of(op)
    lines = [f'{op.name}({_signature(op)})', '', f'  z = {rule.formula}', *[f'  ∂z/∂{x} = {d}' for x, d in rule.partials]]
    if rule.domain is not None:
        lines.append(f'  정의역: {rule.domain}')
    if rule.kinks:
        values = ', '.join([symbol(d).text for d in rule.kinks[1]])
        lines.append(f'  꺾인 점: {rule.kinks[0]}' + (f' 에서 {values}' if values else ''))
    return '\n'.join(lines)
