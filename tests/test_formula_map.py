"""노트의 식마다 그것을 나르는 함수, 시험, 걷기(walkthrough)의 한 줄, 걸음 페이지의 자리가 있다. README 의 표가 이것이다."""

import ast
import functools
import importlib
import inspect
from pathlib import Path

import pytest

from micrograd_ko import MLP, draw, losses
from micrograd_ko.note.statements import NOTE
from micrograd_ko.walkthrough import specimen, walk

HERE = Path(__file__).parent
ROOT = HERE.parent

# 노트의 식: (이름, 함수들, 시험, 걷기에 적힌 줄의 일부)
FORMULAS = [
    ('표기 z', 'nn.Neuron.forward note.equations.weighted_input',
     'test_nn::test_the_worked_example_of_the_note', 'z^l = W^l a^{l−1} + b^l'),
    ('표기 a', 'nn.Neuron.forward note.equations.sigma',
     'test_nn::test_the_worked_example_of_the_note', 'a^l = σ(z^l)'),
    ('가정 1', 'learning.losses.mean note.equations.sgd_step',
     'test_losses::test_mean_is_the_mean_and_so_is_its_gradient', 'C = (1/n) Σ_x C_x'),
    ('가정 2', 'learning.losses.quadratic',
     'test_losses::test_quadratic_is_half_the_squared_distance', 'C = ½ |y − a^L|²'),
    ('방정식 1', 'nn.Trace.deltas note.equations.output_error',
     'test_receipt::test_a_wrong_equation_is_noticed', 'δ^L = ∇_a C ⊙ σ′(z^L)'),
    ('방정식 2', 'nn.Trace.deltas note.equations.backpropagate_error',
     'test_receipt::test_a_wrong_equation_is_noticed', 'δ^l = (W^{l+1})ᵀ δ^{l+1}'),
    ('방정식 3', 'engine.Value.backward note.equations.bias_gradient',
     'test_receipt::test_a_wrong_equation_is_noticed', '∂C/∂b^l = δ^l'),
    ('방정식 4', 'engine.Value.backward note.equations.weight_gradient',
     'test_receipt::test_a_wrong_equation_is_noticed', '∂C/∂W^l = δ^l (a^{l−1})ᵀ'),
    ('단계 1', 'nn.MLP.trace note.equations.feedforward',
     'test_nn::test_values_given_as_inputs_are_kept', '① 입력 설정  a¹ = x'),
    ('단계 2', 'nn.MLP.trace note.equations.feedforward',
     'test_receipt::test_every_element_is_equal_within_its_own_rounding', '② 순전파'),
    ('단계 3', 'nn.Trace.deltas note.equations.errors',
     'test_nn::test_deltas_are_the_gradients_of_z', '③ 출력층 에러'),
    ('단계 4', 'engine.Value.backward note.equations.errors',
     'test_walkthrough::test_five_steps_against_the_matrix_equations', '④ 역전파'),
    ('단계 5', 'engine.Value.backward note.equations.backprop',
     'test_equations::test_backprop_agrees_with_differences_of_the_cost', '⑤ 기울기'),
    ('인사이트 1', 'walkthrough.insights.starving',
     'test_walkthrough::test_starving_is_exactly_linear_in_fractions', 'a^{l−1}_k ≈ 0 이면'),
    ('인사이트 2', 'walkthrough.insights.saturating walkthrough.insights.vanishing',
     'test_walkthrough::test_saturated_neuron_loses_its_error', 'σ′(z) ≈ 0, δ ≈ 0'),
    ('갱신', 'learning.optim.SGD.step note.equations.sgd_step',
     'test_walkthrough::test_one_step_lowers_the_loss_and_is_the_matrix_step', '(η/m)'),
]  # fmt: skip


@functools.cache
def walked():
    return '\n'.join(walk(0, 1))


def resolved(dotted):
    """`equations.backprop`, `nn.MLP.trace` 가 가리키는 것."""
    names = dotted.split('.')
    for cut in range(len(names), 0, -1):
        try:
            found = importlib.import_module('.'.join(['micrograd_ko', *names[:cut]]))
        except ModuleNotFoundError:
            continue
        return functools.reduce(getattr, names[cut:], found)
    raise AssertionError(dotted)


def test_every_formula_of_the_note_is_in_the_map():
    """다섯 단계, 네 방정식, 두 가정, 두 인사이트, 갱신 식 하나."""
    kinds = [name.split()[0] for name, *_ in FORMULAS]
    assert {kind: kinds.count(kind) for kind in kinds} == {'표기': 2, '가정': 2, '방정식': 4, '단계': 5, '인사이트': 2, '갱신': 1}


@pytest.mark.parametrize(('name', 'functions', 'test', 'line'), FORMULAS, ids=[row[0] for row in FORMULAS])
def test_a_formula_has_functions_a_test_and_a_line(name, functions, test, line):
    for dotted in functions.split():
        assert resolved(dotted).__doc__, dotted
    file, function = test.split('::')
    tree = ast.parse((HERE / f'{file}.py').read_text(encoding='utf-8'))
    assert function in [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    assert line in walked(), line


# README 의 표와 걸음 페이지 ---------------------------------------------------------------------------------------------

def place_on_page(name):
    """걸음 페이지가 그 식을 부르는 이름 (`render.formulas.NOTE`)."""
    kind, _, number = name.partition(' ')
    return {'단계': f'{number}단계', '표기': '2단계'}.get(kind, name)


def linked(dotted):
    """`equations.backprop` → 그 모듈의 파일로 가는 링크."""
    path = Path(inspect.getsourcefile(inspect.unwrap(_function(resolved(dotted))))).relative_to(ROOT)
    return f'[`{dotted}`]({path.as_posix()})'


def _function(found):
    return found.fget if isinstance(found, property) else found


def table():
    rows = ['| 노트 | 함수 | 시험 | 걷기에 적힌 줄 | 걸음 페이지 |', '|---|---|---|---|---|']
    for name, functions, test, line in FORMULAS:
        file, function = test.split('::')
        carriers = '<br>'.join([linked(dotted) for dotted in functions.split()])
        shown = line.replace('|', r'\|')
        rows.append(f'| {name} | {carriers} | [`{function}`](tests/{file}.py) | `{shown}` | {place_on_page(name)} |')
    return '\n'.join(rows)


def test_the_table_in_the_readme_is_true():
    readme = (ROOT / 'README.md').read_text(encoding='utf-8')
    shown = readme.split('<!-- table: formulas -->\n')[1].split('\n<!-- end -->')[0]
    assert shown == table()


def test_every_formula_has_a_place_on_the_step_page():
    """2-3-2 의 걸음에 거의 모든 식이, 0 인 입력과 포화한 뉴런의 걸음에 인사이트 둘이 나온다."""
    trace = specimen.network().trace(specimen.X)
    starved = MLP.from_matrices([[[1.0, 1.0]]], [[20.0]]).trace([0.0, 1.0])
    steps = [
        step
        for output, y in ((trace.output, specimen.Y), (starved.output, [0.0]))
        for step in draw(losses.quadratic(output, y), 'neuron').steps
    ]
    places = {formula for step in steps for formula in step.formulas}
    assert {place_on_page(name) for name, *_ in FORMULAS} <= places == set(NOTE)
