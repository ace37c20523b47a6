"""캠페인(campaign): 표의 모든 연산에 틀린 규칙을 종류마다 심고 gradcheck 가 모두 잡는지, 옳은 규칙은 잡지 않는지.

뽑는 수는 설정(profile)의 max_examples 의 배수다. 판정을 요구할 수 없는 표본(정의역의 끝, 꺾인 점)은 버리고 다시 뽑으므로
세 시험이 ci 에서 10,000번, thorough 에서 500,000번 판정한다. `pytest -rP` 가 종류마다의 수를 보인다.

**언제 wrong 을 요구하는가.** 심은 규칙과 참값의 차이가 큰 쪽의 10⁻⁴ 배를 넘고 큰 쪽이 10⁻¹⁰⁰ 을 넘는 피연산자마다.
가장 작은 심은 오류는 1.001 배, 곧 10⁻³ 이다. 입력은 0 이거나 |x| > 10⁻³⁰ 이고, 미분이 10⁻¹⁰⁰ 까지 작아지는 연산은 |z| ≤ 2 이므로
200자리 차분의 반올림 4·10⁻²⁰⁰·|z| / (10⁻⁶⁰·|x|) 은 10⁻¹⁰⁹ 보다 작다.
"""

from collections import Counter

from graph_strategies import operand_count
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from planting import call, planted, scaled, spoiled

from micrograd_ko import ops
from micrograd_ko.operation import EDGE_ERRORS
from micrograd_ko.testing import Dual, GradcheckError, exact, gradcheck, reals_in
from micrograd_ko.testing.strategies import FAMILY

OPERATIONS = [*ops.table.values(), *FAMILY]
DIFFERENT, NOTHING, TINIEST = exact(1e-4), exact(1e-100), 1e-30


# 틀린 규칙의 종류 ----------------------------------------------------------------------------------------------------------

def swapped(true, z, xs):
    *rest, x, y = true(z, *xs)
    return *rest, y, x


MISSING = {  # 합으로 된 규칙에서 항 하나가 빠진 것
    'tan': lambda z, x: z * z,
    'tanh': lambda z, x: 1,
    'sigmoid': lambda z, x: z,
    'silu': lambda z, x: ops.sigmoid(x),
    'gelu': lambda z, x: ops.erfc(-x / ops.sqrt(2 * x**0)) / 2,
    'log1p': lambda z, x: 1,
    'atan': lambda z, x: 1,
    'asin': lambda z, x: 1 / ops.sqrt(1 - x),
    'acos': lambda z, x: -1 / ops.sqrt(1 - x),
}


def missing(op):
    """규칙의 항이 하나면 0, 피연산자가 여럿이면 마지막의 편미분이 빠진 것."""
    if op.name in MISSING:
        return lambda true, z, xs: (MISSING[op.name](z, *xs),)
    return lambda true, z, xs: (*true(z, *xs)[:-1], 0)


OTHER_SIDE = {  # 꺾인 점의 건너편
    'select': lambda c, x, y: (-c, x, y),
    'compare': lambda x, y: (y, x),
    'maximum': lambda x, y: (y, x),
    'minimum': lambda x, y: (y, x),
}


def other_branch(op):
    across = OTHER_SIDE.get(op.name, lambda x: (-x,))
    return lambda true, z, xs: true(z, *across(*xs))


def kinds(op):
    """op 에 심을 수 있는 (종류, spoil)."""
    yield '1.001 배', scaled(1.001)
    yield '틀린 부호', scaled(-1)
    yield '빠진 항', missing(op)
    yield '더해진 항', lambda true, z, xs: [d + 1 for d in true(z, *xs)]
    if op.arity != 1:
        yield '뒤바뀐 피연산자', swapped
    if op.kinks is not None:
        yield '다른 가지의 미분', other_branch(op)


WRONG = [(op, kind, spoil) for op in OPERATIONS for kind, spoil in kinds(op)]


# 표본과 참값 --------------------------------------------------------------------------------------------------------------

def operands(op, real):
    """납작하게 편 피연산자. n항이면 항이 둘이다."""
    return st.tuples(*[real(reals_in(op, i if op.arity is not None else 0)) for i in range(operand_count(op, 2))])


ANYWHERE = {op: operands(op, lambda reals: reals) for op in OPERATIONS}
AWAY_FROM_ZERO = {op: operands(op, lambda reals: reals.filter(lambda x: x == 0 or abs(x) > TINIEST)) for op in OPERATIONS}


@st.composite
def cases(draw, choices, samples):
    """choices 에서 하나, 그 연산의 피연산자를 덧붙여서."""
    case = draw(st.sampled_from(choices))
    return *case, draw(samples[case[0]])


def smooth(op, xs):
    """어느 피연산자에서도 꺾이지 않는가."""
    return op.kinks is None or op.kinks(*xs) != 0


def slopes(op, xs):
    """op 의 지금 규칙의 200자리 편미분. 정의역의 끝이면 None."""
    precise = [exact(x) for x in xs]
    try:
        return [exact(d) for d in op.derivatives(op.apply(*precise), *precise)]
    except EDGE_ERRORS:
        return None


def curvatures(op, xs):
    """op 의 지금 규칙의 200자리 이계 미분 ∂²z/∂xⱼ∂xᵢ 을 i, j 의 순서로, 쌍대수로. 정의역의 끝이면 None."""
    columns = []
    for j in range(len(xs)):
        duals = [Dual(exact(x), int(k == j)) for k, x in enumerate(xs)]
        try:
            columns.append([d.slope if isinstance(d, Dual) else 0 for d in op.derivatives(op.apply(*duals), *duals)])
        except EDGE_ERRORS:
            return None
    return [exact(d) for row in zip(*columns, strict=True) for d in row]


def judged(op, xs, order=1):
    """gradcheck 의 판정들."""
    try:
        return gradcheck(call(op), xs, order).verdicts
    except GradcheckError as error:
        return error.report.verdicts


def assert_caught(verdicts, truths, found, blamed):
    """다른 자리는 wrong 이고 blamed 를 탓한다. 같은 자리는 wrong 이 아니다. 다른 자리가 있었는지를 돌려준다."""
    assume(truths is not None and found is not None)
    gaps = [(abs(a - b), max(abs(a), abs(b))) for a, b in zip(truths, found, strict=True)]
    different = [gap > DIFFERENT * size and size > NOTHING for gap, size in gaps]
    same = [gap == 0 for gap, _ in gaps]
    assume(any(different) or all(same))
    for verdict, must, must_not in zip(verdicts, different, same, strict=True):
        assert not must or (verdict.verdict == 'wrong' and blamed in verdict.note), verdict
        assert not must_not or verdict.verdict != 'wrong', verdict
    return any(different)


def label(kind, caught):
    return kind if caught else f'{kind}: 이 값에서는 같다'


def campaign(strategy, check, times):
    """check 를 설정의 max_examples 의 times 배만큼. 버리지 않고 판정한 수가 모자라면 실패한다."""
    count, examples = Counter(), times * settings.default.max_examples

    @settings(max_examples=examples)
    @given(strategy)
    def run(case):
        count[check(*case)] += 1

    run()
    print(count)
    assert count.total() >= examples, count


# 캠페인 -----------------------------------------------------------------------------------------------------------------

def test_every_planted_wrong_rule_is_caught():
    def check(op, kind, spoil, xs):
        assume(smooth(op, xs))
        truths = slopes(op, xs)
        with planted(op, spoiled(op, spoil)):
            return label(kind, assert_caught(judged(op, xs), truths, slopes(op, xs), op.name))

    campaign(cases(WRONG, AWAY_FROM_ZERO), check, times=30)


BENT = {'1.001 배': scaled(1.001), '틀린 부호': scaled(-1), '0 배': scaled(0)}


def test_a_rule_wrong_only_in_the_second_derivative_is_caught():
    """값은 옳은 규칙: 편미분을 identity 에 통과시키고, identity 의 미분을 망친다."""
    def honest(true, z, xs):
        return [d if type(d) is int else ops.identity(d) for d in true(z, *xs)]

    def check(op, kind, xs):
        assume(smooth(op, xs))
        truths = curvatures(op, xs)
        with planted(op, spoiled(op, honest)), planted(ops.identity, spoiled(ops.identity, BENT[kind])):
            verdicts = judged(op, xs, order=2)
            assert all(verdict.verdict != 'wrong' for verdict in verdicts[:len(xs)])
            return label(kind, assert_caught(verdicts[len(xs):], truths, curvatures(op, xs), 'identity'))

    choices = [(op, kind) for op in OPERATIONS if op is not ops.identity for kind in BENT]
    campaign(cases(choices, AWAY_FROM_ZERO), check, times=8)


def test_a_true_rule_is_never_called_wrong():
    def check(op, order, xs):
        verdicts = {verdict.verdict for verdict in judged(op, xs, order)}
        assert 'wrong' not in verdicts
        if order == 1 and slopes(op, xs) and not any(0 < abs(x) <= TINIEST for x in xs):
            assert 'noisy' not in verdicts
        return f'order={order}: {" ".join(sorted(verdicts))}'

    choices = [(op, order) for op in OPERATIONS for order in (1, 1, 2)]
    campaign(cases(choices, ANYWHERE), check, times=12)
