"""노트의 방의 README.md 에 있는 식과 코드의 표를 `statements` 에서 만든다: `python tests/formula_map.py`"""

from pathlib import Path

from micrograd_ko.note.statements import NOTE, Statement
from micrograd_ko.writing.tables import Table, refreshed

PACKAGE = Path(__file__).parent.parent / 'micrograd_ko'
README = PACKAGE / 'note' / 'README.md'

TESTS = {  # 식 → 그것을 지키는 시험 (tests/ 에서 본 것)
    '표기 z': 'engine/test_nn::test_the_worked_example_of_the_note',
    '표기 a': 'engine/test_nn::test_the_worked_example_of_the_note',
    '가정 1': 'learning/test_losses::test_mean_is_the_mean_and_so_is_its_gradient',
    '가정 2': 'learning/test_losses::test_quadratic_is_half_the_squared_distance',
    '1단계': 'engine/test_nn::test_values_given_as_inputs_are_kept',
    '2단계': 'note/test_receipt::test_every_element_is_equal_within_its_own_rounding',
    '3단계': 'engine/test_nn::test_deltas_are_the_gradients_of_z',
    '방정식 1': 'note/test_receipt::test_a_wrong_equation_is_noticed',
    '4단계': 'walkthrough/test_walkthrough::test_five_steps_against_the_matrix_equations',
    '방정식 2': 'note/test_receipt::test_a_wrong_equation_is_noticed',
    '5단계': 'note/test_equations::test_backprop_agrees_with_differences_of_the_cost',
    '방정식 3': 'note/test_receipt::test_a_wrong_equation_is_noticed',
    '방정식 4': 'note/test_receipt::test_a_wrong_equation_is_noticed',
    '인사이트 1': 'walkthrough/test_walkthrough::test_starving_is_exactly_linear_in_fractions',
    '인사이트 2': 'walkthrough/test_walkthrough::test_saturated_neuron_loses_its_error',
    '갱신': 'walkthrough/test_walkthrough::test_one_step_lowers_the_loss_and_is_the_matrix_step',
}


def markdown() -> str:
    """Markdown 표: 식마다 그것을 나르는 함수, 시험, 장(chapter), 스텝 페이지의 자리. 링크는 README.md 에서 본 것이다."""
    headings = ['노트', '식', '함수', '시험', '장', '스텝 페이지']
    return Table(headings, [row(key, statement) for key, statement in NOTE.items()]).markdown()


def row(key: str, statement: Statement) -> list[str]:
    carriers = '<br>'.join([linked(dotted) for dotted in statement.functions.split()])
    file, test = TESTS[key].split('::')
    tested, chapter = f'[`{test}`](../../tests/{file}.py)', f'{statement.chapter}장'
    return [key, statement.text, carriers, tested, chapter, statement.page or key]


def linked(dotted: str) -> str:
    names = dotted.split('.')
    files = ['/'.join(names[:cut]) + '.py' for cut in range(len(names), 0, -1)]
    return f'[`{dotted}`](../{next(file for file in files if (PACKAGE / file).is_file())})'


if __name__ == '__main__':
    README.write_text(refreshed(README.read_text(encoding='utf-8'), 'formulas', markdown()), encoding='utf-8')
