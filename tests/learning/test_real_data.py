"""실제 자료: 숫자 그림에서 행렬의 갱신과 나란히, 예제의 결과, examples/README.md 에 적힌 출력."""

import importlib.util
import os
import random
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits

from micrograd_ko import MLP, equations, train

ROOT = Path(__file__).parents[2]
README = (ROOT / 'examples' / 'README.md').read_text(encoding='utf-8')
HEADED = re.findall(r'^## [^\n]*\(`(\w+)\.py([^`]*)`\)\n\n```text\n(.*?)\n```$', README, re.MULTILINE | re.DOTALL)
SHOWN = {name: text for name, _, text in HEADED}
ARGUMENTS = {name: arguments.split() for name, arguments, _ in HEADED}


def run(name, tmp_path):
    """제목에 적힌 그대로 빈 폴더에서 돌린 것."""
    environment = {**os.environ, 'PYTHONPATH': str(ROOT), 'PYTHONIOENCODING': 'utf-8'}
    done = subprocess.run(
        [sys.executable, '-W', 'error', str(ROOT / 'examples' / f'{name}.py'), *ARGUMENTS[name]],
        cwd=tmp_path, env=environment, capture_output=True, encoding='utf-8', check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr == '' or name == 'moons'  # matplotlib 은 글꼴 목록을 처음 만들 때 그렇다고 적는다
    return done.stdout.rstrip('\n')


def masked(text):
    """수와 그림의 글자를 가린 줄들: 끝자리는 기계마다 다를 수 있다."""
    shape = re.sub(r'-?\d[\d.]*(e[-+]\d+)?', '0', text)
    return [re.sub(r'[ .:+*#]{9,}', ' ', re.sub(r'  +', ' ', line)).strip() for line in shape.splitlines()]


def test_thirty_epochs_of_digits_side_by_side_with_the_matrices():
    """η = 3, 4,320스텝 뒤에도 모든 가중치가 `equations.sgd_step` 의 것과 1e-10 안에서 같다(재어 보면 1e-14)."""
    digits = load_digits()
    x, y = digits.data[:1437] / 16, np.eye(10)[digits.target[:1437]]
    net = MLP(64, [30, 10], rng=random.Random(1))
    weights, biases = net.matrices()
    net.fit((x, y), epochs=30, batch_size=10, lr=3.0, rng=7)
    rng, pairs = random.Random(7), list(zip(x, y, strict=True))
    for _ in range(30):
        for batch in train.minibatches(pairs, 10, rng):
            weights, biases = equations.sgd_step(weights, biases, batch, 3.0)
    for ours, theirs in zip([*net.matrices()[0], *net.matrices()[1]], [*weights, *biases], strict=True):
        assert np.abs(ours - theirs).max() < 1e-10


def test_digits_are_told_apart(tmp_path):
    """책 3장의 것들을 쓰면 씨앗마다 97 % 를 넘고, 가르친 적 없는 사람의 글씨도 더 잘 읽는다."""
    text = run('digits', tmp_path)
    scores = [[float(x) for x in re.findall(r'([\d.]+)%', line)] for line in text.splitlines() if '씨앗' in line]
    plain, others, better, better_others = zip(*scores, strict=True)
    assert len(scores) == 5 and min(better) >= 97 and min(better_others) > 94
    assert sum(plain) / 5 >= 97 and min(plain) > 94 and all(88 < other < 93 for other in others)
    assert masked(text) == masked(SHOWN['digits'])


def test_windows_that_share_their_weights_are_one_matrix(tmp_path):
    text = run('convolution', tmp_path)
    assert '6×9, 36벌' in text and float(re.search(r'정확도 ([\d.]+)%', text)[1]) >= 95
    assert masked(text) == masked(SHOWN['convolution'])


def test_moons_are_parted_in_the_terminal_and_in_four_pictures(tmp_path):
    text = run('moons', tmp_path)
    assert float(re.search(r'정확도 ([\d.]+)%', text)[1]) >= 95
    picture = [line for line in text.splitlines() if set(line) <= set(' .:+*#')]
    assert len(picture) == 13 and picture[-1].endswith('#' * 40) and all(line.startswith(' ') for line in picture)
    assert sorted(path.name for path in tmp_path.glob('*.png')) == [
        'moons_boundary.png', 'moons_curves.png', 'moons_layers.png', 'moons_surface.png',
    ]  # fmt: skip
    assert masked(text) == masked(SHOWN['moons'])


def test_the_saturated_networks_are_named_and_cured(tmp_path):
    text = run('saturation', tmp_path)
    assert re.findall(r'\[(\w+)\]', text) == ['saturated', 'stuck', 'stuck']
    sick, initial, flat, entropy = [float(x) for x in re.findall(r'정확도 ([\d.]+)%', text)]
    assert initial > sick + 30 and entropy > flat + 50
    assert masked(text) == masked(SHOWN['saturation'])


def test_gauss_newton_finds_the_certified_parameters(tmp_path):
    """NIST 가 인증한 값 238.94212918, 5.5015643181e-4, 잔차 제곱의 합 0.12455138894."""
    text = run('regression', tmp_path)
    rows = {line.split()[0]: [float(x) for x in line.split()[1:]] for line in text.splitlines()[1:]}
    assert rows['5스텝'] == pytest.approx([238.94212918, 0.55015643181, 0.12455138894], rel=1e-10) == rows['NIST']
    assert rows['SGD'] == pytest.approx(rows['NIST'], rel=1e-3)
    assert masked(text) == masked(SHOWN['regression'])


def test_torch_is_matched_or_missed_in_one_sentence(tmp_path):
    """torch 가 있으면 나란히, 없으면 없다고 한다. 있는 기계에서는 차이가 반올림이다."""
    text = run('to_torch', tmp_path)
    if importlib.util.find_spec('torch'):
        assert float(re.search(r'차이는 (\S+) ', text)[1]) < 1e-14
    else:
        assert masked(text) == masked(SHOWN['to_torch'])


def test_every_shown_output_has_its_example():
    assert set(SHOWN) == {'digits', 'convolution', 'moons', 'saturation', 'regression', 'to_torch'}
    links = re.findall(r'\]\(([^)]+)\)', README)
    assert sorted(links) == sorted(path.name for path in (ROOT / 'examples').glob('*.py'))
