"""예제마다 다른 디렉터리에서 따로 실행해 출력의 내용을 본다."""

import itertools
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def run(name, tmp_path, encoding='utf-8', arguments=()):
    environment = {**os.environ, 'PYTHONPATH': str(ROOT), 'PYTHONIOENCODING': encoding}
    done = subprocess.run(
        [sys.executable, '-W', 'error', str(ROOT / 'examples' / name), *arguments],
        cwd=tmp_path, env=environment, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode(encoding)
    assert done.stderr == b''
    return done.stdout.decode(encoding)


def test_iris_learns(tmp_path):
    text = run('iris.py', tmp_path)
    losses = [float(x) for x in re.findall(r'손실 ([\d.]+)', text)]
    assert losses[-1] < losses[0]
    assert float(re.search(r'시험 정확도 ([\d.]+)%', text)[1]) >= 90
    for line in text.splitlines()[-5:]:
        species, *chances = line.split()[0], *re.findall(r'(\w+)\s+(\d+)%', line)
        answer = max(chances, key=lambda chance: int(chance[1]))[0]
        assert line.endswith('맞음' if answer == species else '틀림')
        assert abs(sum(int(p) for _, p in chances) - 100) <= 2  # 셋을 1 % 로 반올림


def test_xor_needs_a_hidden_layer(tmp_path):
    """은닉층이 없으면 네 출력이 1/2 로 뭉치고(최선의 손실은 ln 2), 있으면 갈라진다."""
    text = run('xor.py', tmp_path)
    outputs = [float(x) for x in re.findall(r'출력 ([\d.]+)', text)]
    assert outputs[:4] == pytest.approx([0.5] * 4, abs=0.01)
    assert [round(x) for x in outputs[4:]] == [0, 1, 1, 0]
    picture = [line[2:] for line in text.splitlines()[-13:]]
    corners = [picture[-1][0], picture[0][0], picture[-1][-1], picture[0][-1]]
    assert corners == [' ', '#', '#', ' ']


def test_newton_converges_quadratically(tmp_path):
    text = run('newton.py', tmp_path)
    assert '886731088897/627013566048' in text  # √2 의 연분수 근사: 뉴턴의 다섯 스텝
    residuals = [abs(float(x)) for x in re.findall(r'x² − 2 = (\S+e\S+)', text)]
    # e = x² − 2 의 다음은 정확히 e²/(4x²) ≤ e²/4 다(x ≥ 1). 10 % 는 두 자리로 적힌 수의 반올림이다
    assert len(residuals) == 6
    assert all(after <= before**2 / 4 * 1.1 for before, after in itertools.pairwise(residuals))
    assert re.search(r'6스텝  \( 1\.000000,  1\.000000\)', text)


def test_explain_gradient_tells_of_the_note_and_of_uncountable_paths(tmp_path):
    text = run('explain_gradient.py', tmp_path, arguments=['--html', 'explain.html'])
    assert 'δ²₂ = ∂C/∂a²₂ · σ′(z²₂)' in text and '경로 (path): 모두 약 1.07×10^301개' in text
    assert '방정식 2' in (tmp_path / 'explain.html').read_text(encoding='utf-8')
    assert '약 1.07x10^301개' in run('explain_gradient.py', tmp_path, 'cp949').replace('×', 'x')


def test_misconceptions_break_what_they_should(tmp_path):
    for encoding in ('utf-8', 'cp949'):
        lines = [line.split() for line in run('misconceptions.py', tmp_path, encoding).splitlines()]
        assert [line for line in lines if line[:1] == ['a']] == [
            ['a', '4', '1', '깨짐'], ['a', '4', '6', '깨짐'], ['a', '4', '4', '옳음'], ['a', '26', '2', '깨짐'],
        ]  # fmt: skip


@pytest.mark.parametrize('name', ['iris.py', 'xor.py', 'newton.py'])
def test_deterministic_and_readable_on_a_korean_windows_console(name, tmp_path):
    """같은 출력이 두 번 나오고, cp949 콘솔에서는 적지 못하는 글자만 비슷한 글자로 바뀐다."""
    text, korean = run(name, tmp_path), run(name, tmp_path, 'cp949')
    differing = {(a, b) for a, b in zip(text, korean, strict=True) if a != b}
    assert differing <= {('−', '-')}
    assert len((ROOT / 'examples' / name).read_text(encoding='utf-8').splitlines()) < 60


@pytest.mark.needs('dot')  # pygraphviz 가 담은 글꼴 찾기(fontconfig)는 표준 오류에 경고를 적는다
def test_step_page_writes_two_pages(tmp_path):
    paths = [Path(line) for line in run('step_page.py', tmp_path).splitlines()]
    assert [path.name for path in paths] == ['network.html', 'shared.html']
    for path in paths:
        assert path.read_text(encoding='utf-8').startswith('<!doctype html>')
        path.unlink()
    paths[0].parent.rmdir()
