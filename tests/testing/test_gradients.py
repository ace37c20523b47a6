"""심은 틀린 기울기 가운데 ok 는 없고, 옳고 어려운 기울기 가운데 wrong 은 없다. 판정하지 못하는 것은 까닭이 README 에 있다."""

from pathlib import Path

import pytest
from gradients import RIGHT, WRONG

import micrograd_ko.testing

README = Path(micrograd_ko.testing.__file__).with_name('README.md')


def test_the_set_is_large():
    assert len(WRONG) >= 79 and len(RIGHT) >= 77
    assert all(len({case.name for case in cases}) == len(cases) for cases in (WRONG, RIGHT))


@pytest.mark.parametrize('case', WRONG, ids=lambda case: case.name)
def test_a_wrong_gradient_is_never_ok(case):
    """wrong 이 하나도 없으면, 판정하지 못한 까닭이 적혀 있다."""
    found = set(case.verdicts().values())
    assert case.judged in found and bool(case.why) == ('wrong' not in found)
    assert 'wrong' in found or 'ok' not in found


@pytest.mark.parametrize('case', RIGHT, ids=lambda case: case.name)
def test_a_right_gradient_is_never_wrong(case):
    found = list(case.verdicts().values())
    assert found == case.judged.split()
    assert 'wrong' not in found and bool(case.why) == bool({'noisy', 'imprecise'} & set(found))


def test_every_reason_for_no_verdict_is_in_the_readme():
    rows = [line.split('|')[1].strip() for line in README.read_text(encoding='utf-8').split('판정하지 못하는 것')[1].splitlines()
            if line.startswith('|')][2:]  # fmt: skip
    assert set(rows) == {case.why for case in [*WRONG, *RIGHT] if case.why}
