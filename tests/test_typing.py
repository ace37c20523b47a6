"""형(type)이 말하는 것: mypy 와 pyright 가 틀린 이름과 틀린 인수를 막고, 옳은 식의 형을 안다.

두 검사기는 다른 폴더의 파일을 본다. 그러니 README 의 설치만으로 편집기가 import 를 찾는지도 여기서 드러난다.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from stubs import stubs

from micrograd_ko import Value, ops

SETTING = """\
from micrograd_ko import *
from micrograd_ko import testing
import micrograd_ko

v, net = Value(1.0), MLP(2, [3, 1])
"""
TYPES = {
    'v + 1': 'Value',
    '2.0 / v': 'Value',
    'v**2': 'Value',
    'abs(-v)': 'Value',
    'v.exp().relu()': 'Value',
    'v.data': 'int | float | Fraction',
    'v.grad': 'int | float | Fraction',
    'v.op': 'Op | None',
    'v.parents': 'tuple[Value, ...]',
    'ops.exp': 'Op',
    'net([1, 0.5])': 'Value | list[Value]',
    'net.layers[0]([v, 0.5])': 'list[Value]',
    'net.compile()': 'Program',
    'draw(v)': 'Drawing',
    'explain(v, v)': 'Explanation',
    'grad(v, v)': 'Value',
    'grad(v, [v])': 'list[Value]',
    'hessian(lambda x: x * x, [1.0])': 'list[list[int | float | Fraction]]',
    'refresh(v)': 'Value',
    'topological(v)': 'list[Value]',
    'micrograd_ko.losses.quadratic(net.trace([1, 2]).output, [0])': 'Value',
    'testing.gradcheck(lambda x: x.tanh(), [0.5])': 'Report',
    'micrograd_ko.__version__': 'str',
}
ERRORS = [
    'from micrograd_ko import Valeu',
    'micrograd_ko.Valeu',
    'ops.expp',
    'v.gard',
    'v.gard = 0',
    'v.backwards()',
    'v.expp()',
    'v.exp(1)',
    "v + 'x'",
    "'x' + v",
    'v**None',
    "v.grad = 'x'",
    "Value('1.0')",
    'float(v)',
    'v < v',
    'max(v, 0)',
    "MLP('two')",
    "MLP(2, 'two')",
    "net(['x'])",
    'grad(v, 1)',
]


def mypy(file: Path) -> list[tuple[int, bool, str]]:
    """(줄, 오류인가, 말) 의 목록."""
    plain = ('--no-color-output', f'--cache-dir={os.devnull}')
    done = checked('mypy', '--strict', '--config-file=', *plain, file.name, cwd=file.parent)
    found = re.findall(r'^user\.py:(\d+): (error|note): (.*)$', done, re.MULTILINE)
    return [(int(line), kind == 'error', text) for line, kind, text in found]


def pyright(file: Path) -> list[tuple[int, bool, str]]:
    """(줄, 오류인가, 말) 의 목록."""
    done = checked('pyright', '--outputjson', f'--pythonpath={sys.executable}', file.name, cwd=file.parent)
    found = json.loads(done)['generalDiagnostics']
    return [(row['range']['start']['line'] + 1, row['severity'] == 'error', row['message']) for row in found]


def checked(checker: str, *arguments: str, cwd: Path) -> str:
    environment = {**os.environ, 'PYRIGHT_PYTHON_IGNORE_WARNINGS': '1'}  # 새 판이 나왔는지 묻지 않는다
    done = subprocess.run(
        [sys.executable, '-m', checker, *arguments], cwd=cwd, env=environment, capture_output=True, encoding='utf-8', check=False
    )
    assert done.returncode in (0, 1), done.stderr
    return done.stdout


@pytest.mark.parametrize('checker', [mypy, pyright])
def test_checkers_know_what_is_right_and_what_is_wrong(checker, tmp_path):
    lines = [*SETTING.splitlines(), *[f'reveal_type({expression})' for expression in TYPES], *ERRORS]
    file = tmp_path / 'user.py'
    file.write_text('\n'.join([*lines, '']), encoding='utf-8')
    found = checker(file)

    complained = {lines[line - 1] for line, is_error, _ in found if is_error}
    assert complained == set(ERRORS)

    revealed = {lines[line - 1]: text for line, is_error, text in found if not is_error}
    for expression, expected in TYPES.items():
        named = re.sub(r'\w+\.(?=\w)', '', revealed[f'reveal_type({expression})'].rsplit('"', 2)[1])
        assert named == expected, expression


def test_what_checkers_read_is_what_runs():
    """두 .pyi 는 표와 공개 이름에서 만든 그대로다. 아니면 python tests/stubs.py."""
    for path, text in stubs().items():
        assert path.read_text(encoding='utf-8') == text, f'{path.name}: python tests/stubs.py 로 새로 쓰세요.'


def test_help_comes_from_the_table():
    for op in ops.table.values():
        assert f'∂z/∂{op.arguments[0].lstrip("*+")}' in op.__doc__
        if op.arity == 1:
            assert op.name in dir(Value)
            assert getattr(Value, op.name).__doc__.startswith(f'연산 {op.name}: ')
