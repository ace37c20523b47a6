"""README 들이 말하는 것이 참인지: 파이썬 블록, 두 명령, 링크, 예제."""

import ast
import doctest
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / 'README.md').read_text(encoding='utf-8')
DOCUMENTS = [ROOT / 'README.md', *sorted((ROOT / 'micrograd_ko').rglob('README*.md'))]
EXAMPLES = sorted((ROOT / 'examples').glob('*.py'))
# 재는 표와, 대본 하나를 통째로 옮긴 것: 예제 하나를 배우는 글이 아니다
LONG = {'benchmark.py', 'microgpt.py', 'microgpt_step.py'}


def blocks(language: str, text: str = README) -> list[tuple[int, str]]:
    """```language 로 시작하는 블록들: (첫 줄의 번호, 내용)."""
    found = re.finditer(rf'^```{language}\n(.*?)^```$', text, re.MULTILINE | re.DOTALL)
    return [(text.count('\n', 0, match.start(1)), match[1]) for match in found]


def run(code: str, line: int, namespace: dict) -> None:
    """블록 하나를 앞선 블록의 이름들로 돌린다. `>>>` 가 있으면 찍힌 것까지 견준다."""
    if '>>>' not in code:
        exec(compile('\n' * line + code, 'README.md', 'exec'), namespace)
        return
    test = doctest.DocTestParser().get_doctest(code, namespace, 'README.md', 'README.md', line)
    report: list[str] = []
    result = doctest.DocTestRunner(verbose=False).run(test, out=report.append, clear_globs=False)
    namespace.update(test.globs)  # get_doctest 는 이름들을 복사해 쓴다
    assert result.failed == 0, ''.join(report)


@pytest.mark.parametrize('path', DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_python_blocks_run_in_order(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    namespace: dict = {'__name__': 'readme'}
    for line, code in blocks('python', path.read_text(encoding='utf-8')):
        run(code, line, namespace)


@pytest.mark.parametrize('path', DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(path):
    links = re.findall(r'\]\(([^)#]+)\)', path.read_text(encoding='utf-8'))
    assert [link for link in links if '://' not in link and not (path.parent / link).exists()] == []


def test_a_wrong_block_fails():
    """이 시험의 눈이 제대로 보는지: 틀린 출력, 앞 블록의 이름, 오류."""
    namespace: dict = {}
    run('>>> x = 2\n>>> x\n2\n', 0, namespace)
    run('assert x == 2', 0, namespace)
    with pytest.raises(AssertionError, match='line 8, in README'):
        run('>>> x + 1\n4\n', 7, namespace)
    with pytest.raises(NameError):
        run('y', 0, namespace)


@pytest.mark.parametrize('name', ['main', 'test'])
def test_each_command_is_one_line(name):
    marker = f'<!-- command: {name} -->'
    assert README.count(marker) == 1
    _, command = blocks('bash', README[README.index(marker) :])[0]
    lines = [line for line in command.splitlines() if line.strip() and not line.lstrip().startswith('#')]
    assert len(lines) == 1


@pytest.mark.parametrize('path', EXAMPLES, ids=lambda path: path.name)
def test_an_example_is_short_and_explained(path):
    source = path.read_text(encoding='utf-8')
    assert ast.get_docstring(ast.parse(source))
    assert path.name in LONG or len(source.splitlines()) < 60
