"""hypothesis 의 설정(profile)과, 어떤 시험을 돌리는 데 필요한 프로그램.

기본 설정은 ci. `pytest --hypothesis-profile=dev` (또는 thorough)로 바꾼다.

`needs('chromium')` 이나 `needs('dot')` 이 붙은 시험은 그 프로그램이 PATH 에 있으면 언제나 돈다. 없으면 빠지고, 무엇이 왜 빠졌는지
끝에 적는다. 환경 변수 CI 가 있으면 빠지는 대신 실패한다.
"""

import os
import shutil
import signal
from collections import Counter

import pytest

from micrograd_ko.testing import use_profile

use_profile('ci')
CHROMIUM = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run', '--disable-component-update',
            '--disable-sync']  # fmt: skip
PACKAGES = {'chromium': 'chromium', 'dot': 'graphviz'}  # 프로그램 → Debian·Ubuntu 의 꾸러미


def pytest_configure(config):
    config.addinivalue_line('markers', 'needs(program): PATH 에 program 이 있어야 도는 시험')
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # 셸이 뒤에서(&) 돌리면: 시험이 만든 프로세스도 물려받아 멈추지 않는다
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    for marker in item.iter_markers('needs'):
        (program,) = marker.args
        if shutil.which(program) is None:
            reason = f'{program} 이(가) PATH 에 없습니다. 있으면 돕니다: sudo apt-get install {PACKAGES[program]}'
            if os.environ.get('CI'):
                pytest.fail(reason, pytrace=False)
            pytest.skip(reason)


@pytest.fixture(scope='session')
def browser():
    """진짜 브라우저(headless Chromium). 쓰는 시험에는 `needs('chromium')` 을 붙인다."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=shutil.which('chromium'), args=CHROMIUM,
            ignore_default_args=['--disable-ipc-flooding-protection'],  # 주소를 너무 자주 바꾸면 나무라는 보통의 브라우저로
        )  # fmt: skip
        yield launched
        launched.close()


def pytest_terminal_summary(terminalreporter):
    skipped = Counter(report.longrepr[-1].removeprefix('Skipped: ') for report in terminalreporter.getreports('skipped'))
    if skipped:
        terminalreporter.section('빠진 시험 (left out)', yellow=True, bold=True)
    for reason, count in skipped.items():
        terminalreporter.write_line(f'시험 {count}개를 돌리지 않았습니다. {reason}', yellow=True, bold=True)
