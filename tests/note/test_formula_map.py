"""노트의 식마다 그것을 나르는 함수, 시험, 장(chapter)의 한 줄, 스텝 페이지의 자리가 있다. 노트의 방의 표가 이것이다."""

import ast
import functools
import pkgutil
import re
from pathlib import Path

import formula_map
import pytest

from micrograd_ko import MLP, draw, losses
from micrograd_ko.note.statements import NOTE
from micrograd_ko.render.neuron_steps import ON_PAGE
from micrograd_ko.walkthrough import specimen, walk
from micrograd_ko.writing.console import plain
from micrograd_ko.writing.tables import refreshed

TESTS = Path(__file__).parents[1]


@functools.cache
def chapters():
    """장마다의 글."""
    text = '\n'.join(map(plain, walk(0, 1)))
    _, *parts = re.split(r'^(\d)\. ', text, flags=re.MULTILINE)
    return {int(number): part for number, part in zip(parts[::2], parts[1::2], strict=True)}


def test_every_formula_of_the_note_is_in_the_map():
    """다섯 단계, 네 방정식, 두 가정, 두 인사이트, 갱신 식 하나."""
    kinds = [re.sub(r'[\dza ]', '', key) for key in NOTE]
    assert {kind: kinds.count(kind) for kind in kinds} == {'표기': 2, '가정': 2, '방정식': 4, '단계': 5, '인사이트': 2, '갱신': 1}


@pytest.mark.parametrize(('key', 'statement'), NOTE.items(), ids=list(NOTE))
def test_a_formula_has_functions_a_test_and_a_line(key, statement):
    for dotted in statement.functions.split():
        assert pkgutil.resolve_name(f'micrograd_ko.{dotted}').__doc__, dotted
    file, function = formula_map.TESTS[key].split('::')
    tree = ast.parse((TESTS / f'{file}.py').read_text(encoding='utf-8'))
    assert function in [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    assert statement.text in chapters()[statement.chapter], (key, statement.text)
    assert statement.latex and statement.title


def test_the_table_of_the_note_is_true():
    text = formula_map.README.read_text(encoding='utf-8')
    assert refreshed(text, 'formulas', formula_map.markdown()) == text, '새로 만들기: python tests/formula_map.py'
    for link in re.findall(r'\]\(([^)]+)\)', formula_map.markdown()):
        assert (formula_map.README.parent / link).is_file(), link


def test_every_formula_has_a_place_on_the_step_page():
    """2-3-2 의 스텝에 거의 모든 식이, 0 인 입력과 포화한 뉴런의 스텝에 인사이트 둘이 나온다."""
    trace = specimen.network().trace(specimen.X)
    starved = MLP.from_matrices([[[1.0, 1.0]]], [[20.0]]).trace([0.0, 1.0])
    steps = [
        step
        for output, y in ((trace.output, specimen.Y), (starved.output, [0.0]))
        for step in draw(losses.quadratic(output, y), 'neuron').steps
    ]
    places = {formula for step in steps for formula in step.formulas}
    assert {statement.page or key for key, statement in NOTE.items()} <= places == set(ON_PAGE)
