"""빠진 시험(left out): 브라우저나 `dot` 이 없으면 빠진 것을 알리고, CI 에서는 실패한다."""

import os
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).parent
CHOSEN = ['render/test_page.py::test_every_button', 'render/test_render_output.py::test_an_engine_that_fails_is_reported']


def run_without_programs(**environment):
    """PATH 가 빈 기계에서 도는 것처럼: 브라우저의 시험 하나와 dot 의 시험 하나."""
    kept = {name: value for name, value in os.environ.items() if name not in ('CI', 'PATH', 'PYTEST_ADDOPTS')}
    return subprocess.run(
        [sys.executable, '-m', 'pytest', '-p', 'no:cacheprovider', '--color=no', *[str(TESTS / test) for test in CHOSEN]],
        cwd=TESTS.parent, env={**kept, 'PATH': '', 'PYTHONIOENCODING': 'utf-8', **environment}, capture_output=True,
        encoding='utf-8', check=False,
    )  # fmt: skip


def test_what_is_left_out_is_told_with_the_way_to_get_it():
    done = run_without_programs()
    assert done.returncode == 0 and '2 skipped' in done.stdout
    assert '빠진 시험 (left out)' in done.stdout
    for program, package in (('chromium', 'chromium'), ('dot', 'graphviz')):
        told = f'시험 1개를 돌리지 않았습니다. {program} 이(가) PATH 에 없습니다. 있으면 돕니다: sudo apt-get install {package}'
        assert told in done.stdout.splitlines()


def test_on_a_ci_machine_nothing_is_left_out():
    done = run_without_programs(CI='true')
    assert done.returncode == 1 and '2 errors' in done.stdout and 'skipped' not in done.stdout
    for program in ('chromium', 'dot'):
        assert f'{program} 이(가) PATH 에 없습니다' in done.stdout
