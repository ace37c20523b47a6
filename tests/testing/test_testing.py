"""프로그램 전략과 모든 기준, 설정, 설치하지 않았을 때의 말."""

import ast
import contextlib
import math
import os
import random
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest
from graph_strategies import EXACT
from hypothesis import HealthCheck, Phase, example, find, given, settings
from hypothesis import strategies as st
from hypothesis.errors import FailedHealthCheck, NoSuchExample, Unsatisfiable
from planting import planted, scaled, spoiled

from micrograd_ko import MLP, DomainError, Value, losses, ops
from micrograd_ko.derivatives import grad
from micrograd_ko.graph import topological
from micrograd_ko.reverse import adjoints
from micrograd_ko.testing import (
    PROFILES,
    Assignment,
    CheckError,
    Constant,
    Dual,
    GradcheckError,
    StraightLine,
    check_program,
    forward_slope,
    gradcheck,
    networks,
    path_count,
    path_sums,
    programs,
    reals_in,
    use_profile,
)
from micrograd_ko.testing.strategies import FAMILY

FRACTIONS = st.fractions(-3, 3, max_denominator=6)


@settings(max_examples=150)
@given(programs())
def test_every_oracle_agrees_on_every_program(program):
    """기울기는 float, grad, 200자리, 쌍대수, 경로의 합, 차분에서 같다."""
    report = check_program(program)
    assert not report.wrong


@settings(max_examples=40)
@given(programs(EXACT, numbers=FRACTIONS))
def test_exact_programs_stay_exact(program):
    leaves, root, order = program.record()
    root.backward()
    assert all(type(node.data) is Fraction for node in order)
    numbers = {node: node.data for node in order}
    for leaf in leaves:
        if leaf in numbers:
            assert leaf.grad == forward_slope(order, leaf, numbers) == adjoints(order, numbers)[leaf]


@settings(max_examples=60)
@given(programs())
def test_a_printed_program_is_the_program(program):
    """코드 조각을 붙여 넣으면 같은 값과 기울기가 나온다."""
    leaves, root, _ = program.record()
    root.backward()
    space = {}
    exec(str(program), space)
    pasted = [space[name] for name in program.names()]
    assert pasted[-1].data == root.data
    assert [v.grad for v in pasted[: len(leaves)]] == [v.grad for v in leaves]


@settings(max_examples=60)
@given(programs())
def test_programs_stay_in_every_domain_and_share_operands(program):
    rows = program.rows(*program.inputs)
    assert len(rows) == len(program.inputs) + len(program.steps) and all(abs(x) <= 1e12 for x in rows)


def first_program(strategy, holds, seed, phases=tuple(Phase)):
    """strategy 가 뽑는 프로그램 가운데 holds 가 참인 것. 언제나 seed 의 표본을 뽑아, 시험이 운에 매이지 않는다."""
    chosen = settings(max_examples=10_000, database=None, phases=phases, suppress_health_check=list(HealthCheck))
    return find(strategy, holds, settings=chosen, random=random.Random(seed))


def test_programs_reach_every_operation():
    seen, wanted = set(), {*ops.table.values(), *FAMILY}

    def complete(program):
        seen.update(step.op for step in program.steps)
        return seen >= wanted

    with contextlib.suppress(NoSuchExample):
        first_program(programs(), complete, seed=0, phases=[Phase.generate])
    assert seen >= wanted


@pytest.mark.parametrize('op', [*ops.table.values(), *FAMILY], ids=lambda op: op.name)
def test_an_operation_defined_at_the_inputs_is_never_left_out(op):
    """1/2 에서는 모든 연산이 정의된다: 연산 하나만 주면 어떤 표본이든 그 연산으로 시작한다."""
    @settings(max_examples=20)
    @given(programs([op], numbers=st.just(0.5)))
    def check(program):
        assert program.steps[0].op is op
        for step in program.steps:
            assert len(step.arguments) == len(op.arguments) and not all(isinstance(x, Constant) for x in op.flat(step.arguments))

    check()


@given(st.data())
def test_a_registered_operation_of_lists_is_drawn_as_its_row_says(data):
    """인수는 표의 줄을 따른다: 목록은 길이가 같고, 목록이 아닌 것은 하나다."""
    op = ops.Op(
        'weighed', lambda m, *xs: m.dot(*xs[:-2]) * xs[-2] + xs[-1], lambda z, *xs: (
            *[x * xs[-2] for x in ops.dot.derivatives(0, *xs[:-2])], ops.dot.apply(*xs[:-2]), 1),
        arguments='*w *x scale b')  # fmt: skip
    ops.register(op)
    try:
        program = data.draw(programs([op], max_steps=3))
        for step in program.steps:
            w, x, scale, b = step.arguments
            assert len(w) == len(x) > 0 and not any(type(part) is tuple for part in (*w, *x, scale, b))
        assert not check_program(program).wrong
    finally:
        ops.unregister('weighed')


@pytest.mark.parametrize('op', [ops.sin, ops.mul, ops.dot, ops.relu, ops.power(2)], ids=lambda op: op.name)
@pytest.mark.parametrize('seed', range(5))
def test_a_planted_bug_shrinks_to_three_lines(op, seed):
    """실패가 입력 한 줄과 틀린 연산 한 줄, backward 한 줄로 줄어든다. 어디서 시작하든."""
    def fails(program):
        try:
            check_program(program)
        except (GradcheckError, CheckError):
            return True
        return False

    with planted(op, spoiled(op, scaled(1001 / 1000))):
        program = first_program(programs([op, ops.add, ops.exp, ops.tanh]), fails, seed)
    assert [step.op for step in program.steps] == [op]
    assert len(str(program).splitlines()) - 1 <= 3  # import 한 줄을 빼고


def test_a_broken_engine_is_reported_with_the_program(monkeypatch):
    monkeypatch.setattr('micrograd_ko.testing.oracles.grad', lambda y, xs: [Value(1.5) for _ in xs])
    with pytest.raises(CheckError, match=r'grad 의(.|\n)*ops.square'):
        check_program(StraightLine((3.0,), (Assignment(ops.square, (0,)),)))


def test_a_value_that_underflows_into_the_domain_is_no_failure():
    program = StraightLine((-1e-143,), (Assignment(ops.power(3), (0,)), Assignment(ops.power(1.5), (1,))))
    assert not check_program(program).wrong


@pytest.mark.parametrize('rule', [lambda z, x: z * math.nan, lambda z, x: z * math.inf, lambda z, x: z / 0])
def test_a_rule_that_is_never_finite_does_not_pass_unseen(rule):
    """프로그램에서 빠져 아무것도 확인하지 않은 채 통과하지 않는다: 틀렸거나, 표본을 찾지 못했다고 한다."""
    @settings(max_examples=20, database=None)
    @given(programs([ops.exp]))
    def check(program):
        check_program(program)

    with planted(ops.exp, (rule,)), pytest.raises((GradcheckError, FailedHealthCheck, Unsatisfiable)):
        check()


@given(st.data())
def test_an_operation_undefined_at_the_inputs_is_drawn_from_its_sample(data):
    """±10 의 입력이 정의역에 들어가지 않아도, 프로그램에는 그 연산이 있다."""
    op = ops.Op('narrow', lambda m, x: m.log(x - 20), (lambda z, x: 1 / (x - 20),),
                defined=lambda x: x > 20, sample=((21.0, 40.0),))  # fmt: skip
    ops.register(op)
    try:
        program = data.draw(programs([op], max_inputs=1))
        assert program.steps[0].op is op and not check_program(program).wrong
    finally:
        ops.unregister('narrow')


def test_a_program_without_steps_checks_nothing_and_says_so():
    with pytest.raises(ValueError, match='확인할 연산'):
        check_program(StraightLine((1.0,), ()))


@pytest.mark.parametrize('program', [
    StraightLine((0.5,), (Assignment(ops.power(1e10), (0,)),)),
    StraightLine((0.5, 1e10), (Assignment(ops.pow, (0, 1)),)),
    StraightLine((1.5,), tuple([Assignment(ops.square, (i,)) for i in range(8)] + [Assignment(ops.power(-100000), (8,))])),
])
def test_exact_powers_that_would_never_end_are_left_out(program):
    assert not check_program(program).wrong


def test_one_input_at_the_edge_does_not_excuse_another(monkeypatch):
    """sqrt 의 끝에 있는 a 의 기울기는 비교할 수 없어도 b 의 것은 비교한다."""
    program = StraightLine((0.0, 2.0), (Assignment(ops.sqrt, (0,)), Assignment(ops.square, (1,)), Assignment(ops.add, (2, 3))))
    assert not check_program(program).wrong
    monkeypatch.setattr('micrograd_ko.testing.oracles.grad', lambda y, xs: [Value(1.5) for _ in xs])
    with pytest.raises(CheckError, match="grad 의 'b'"):
        check_program(program)


def test_a_wrong_second_derivative_is_caught_in_a_program():
    program = StraightLine((0.5,), (Assignment(ops.sin, (0,)), Assignment(ops.mul, (1, Constant(2.0)))))
    with planted(ops.sin, (lambda z, x: ops.cos(x.detach() if isinstance(x, Value) else x),)):
        check_program(program)
        with pytest.raises(GradcheckError, match=r'ops\.sin'):
            check_program(program, order=2)


@settings(max_examples=25)
@example(StraightLine((-1.0,), (Assignment(ops.relu, (0,)), Assignment(ops.power(1.5), (1,)))))
@given(programs(max_steps=3))
def test_second_derivatives_of_programs(program):
    """미분의 그래프에 IEEE 의 inf 가 있으면 답이 유한해도 0 · inf = nan 일 수 있다: relu(x)¹·⁵ 의 x < 0."""
    leaves, root, _ = program.record()
    with contextlib.suppress(DomainError):
        second = [node.data for slope in grad(root, leaves) for node in topological(*grad(slope, leaves))]
        if all(map(math.isfinite, second)):
            check_program(program, order=2)


# 경로의 합과 쌍대수 ---------------------------------------------------------------------------------------------------------

def test_paths_are_counted_and_summed():
    a = Value(3.0)
    b = a + a
    order = [a, b, b * b]
    assert path_count(order) == 4 and path_sums(order, {node: node.data for node in order})[a] == 24


def test_a_dual_number_at_the_edge_of_a_domain_is_ieee():
    assert ops.sqrt(Dual(0.0, 1)).slope == float('inf')
    with pytest.raises(DomainError):
        ops.log(Dual(-1.0, 1))


def test_dual_arithmetic_mixes_with_numbers():
    x = Dual(3.0, 1)
    assert (2 * x + 1 - x / 2).slope == 1.5 and (1 - x).slope == -1 and (6 / x).slope == pytest.approx(-6 / 9, rel=1e-15)
    assert repr(x) == '3.0 + 1ε' and (-x).value == -3 and (x - 1 + x).slope == 2 and (x * 0).slope == 0


# 전략과 설정 --------------------------------------------------------------------------------------------------------------

@settings(max_examples=40)
@given(networks(max_layers=2, max_width=3))
def test_networks_are_complete_and_their_gradients_hold(case):
    net, x, y = case
    assert isinstance(net, MLP)
    outputs = net(x)
    loss = losses.quadratic(outputs if isinstance(outputs, list) else [outputs], y)
    loss.backward()

    def of_inputs(*values):
        outputs = net(values)
        return losses.quadratic(outputs if isinstance(outputs, list) else [outputs], y)

    assert not gradcheck(of_inputs, x).wrong


@given(st.data())
def test_reals_stay_in_the_sample_range(data):
    op = data.draw(st.sampled_from([op for op in ops.table.values() if op.arity is not None]))
    i = data.draw(st.integers(0, op.arity - 1))
    low, high = op.sample[i]
    assert low <= data.draw(reals_in(op, i)) <= high


def test_a_wrong_operand_number_is_refused():
    with pytest.raises(ValueError, match='operand'):
        reals_in(ops.exp, 1)
    with pytest.raises(ValueError, match='operand'):
        reals_in(ops.exp, 'x')


@pytest.mark.parametrize('call', [
    lambda: reals_in(3), lambda: reals_in('exp'), lambda: find(programs(ops.exp), bool), lambda: find(programs([3]), bool),
], ids=range(4))  # fmt: skip
def test_what_is_not_an_operation_is_refused(call):
    with pytest.raises(TypeError, match=r'연산은 표의 줄입니다: ops\.exp'):
        call()


@pytest.mark.parametrize('given', [3, None, lambda x: x, Value(1.0).exp()], ids=range(4))
def test_what_is_not_a_program_is_refused(given):
    with pytest.raises(TypeError, match=r'StraightLine.*gradcheck'):
        check_program(given)


def test_a_program_refuses_a_wrong_number_of_inputs():
    with pytest.raises(TypeError, match=r'1개입니다\. 2개'):
        StraightLine((1.0,), (Assignment(ops.exp, (0,)),))(1.0, 2.0)


def test_profiles():
    assert list(PROFILES) == ['dev', 'ci', 'thorough'] and PROFILES['thorough'] >= 10_000
    with pytest.raises(ValueError, match='dev, ci, thorough'):
        use_profile('fast')


def python(code, **environment):
    return subprocess.run([sys.executable, '-c', code], capture_output=True, encoding='utf-8', check=False,
                          env={**os.environ, 'PYTHONPATH': '.', 'PYTHONIOENCODING': 'utf-8', **environment})  # fmt: skip


def test_a_seed_is_obeyed_on_a_ci_machine():
    """hypothesis 는 환경 변수 CI 가 있으면 늘 같은 표본을 뽑는다."""
    code = "from micrograd_ko.testing import use_profile; use_profile('thorough')\n"
    code += 'from hypothesis import settings; print(settings.default.derandomize, settings.default.max_examples)'
    assert python(code, CI='true').stdout.split() == ['False', '10000']


@pytest.mark.parametrize('missing', ['hypothesis', 'mpmath'])
def test_without_the_extra_one_clear_error(missing):
    """있지 않으면 무엇을 설치할지 말하고, `import micrograd_ko` 는 그것 없이 된다."""
    code = f"import sys; sys.modules['{missing}'] = None; import micrograd_ko; import micrograd_ko.testing"
    result = python(code)
    assert result.stderr.splitlines()[-1] == (
        f'ImportError: micrograd_ko.testing 에는 {missing} 이(가) 필요합니다. '
        "pip install 'micrograd_ko[testing]' 으로 설치하세요."
    )


def test_importing_the_package_loads_neither():
    assert python("import sys, micrograd_ko; print({'hypothesis', 'mpmath'} & set(sys.modules))").stdout.strip() == 'set()'


def test_the_tests_use_no_private_oracle():
    """검사기는 엔진의 순회(sweep)를 기준으로 쓰지 않는다: 같은 코드와 견주는 시험이 되지 않게."""
    folder = Path(gradcheck.__code__.co_filename).parent
    for path in folder.glob('*.py'):
        names = {n.name for node in ast.walk(ast.parse(path.read_text(encoding='utf-8'))) if isinstance(node, ast.ImportFrom)
                 for n in node.names}  # fmt: skip
        assert 'sweep' not in names
