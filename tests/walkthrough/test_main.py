"""`python -m micrograd_ko`: 종료 코드, 인수의 오류, 콘솔의 인코딩, 같은 씨앗의 같은 출력."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from micrograd_ko import __version__
from micrograd_ko.__main__ import main
from micrograd_ko.render import engines

ROOT = Path(__file__).parents[2]


def run(tmp_path, *arguments, **environment):
    return subprocess.run(
        [sys.executable, '-W', 'error', '-m', 'micrograd_ko', *arguments],
        cwd=tmp_path, env={**os.environ, 'PYTHONPATH': str(ROOT), **environment}, capture_output=True, check=False,
    )  # fmt: skip


def test_whole_walk_runs_and_is_deterministic(tmp_path):
    first, again = (run(tmp_path, '--seed', '3', '--epochs', '2', PYTHONIOENCODING='utf-8') for _ in range(2))
    assert (first.returncode, first.stderr) == (0, b'')  # 터미널이 아니면 진행 막대도 없다
    assert first.stdout == again.stdout
    text = first.stdout.decode()
    assert '[0.641, 0.603]' in text
    assert '시험 정확도' in text
    assert '\r' not in text.replace('\r\n', '\n')


def test_seed_changes_the_learning(capsys):
    texts = []
    for seed in ('1', '2'):
        assert main(['--seed', seed, '--epochs', '1']) == 0
        texts.append(capsys.readouterr().out)
    assert texts[0] != texts[1]


@pytest.mark.parametrize(
    ('environment', 'encoding', 'expected'),
    [
        ({'PYTHONIOENCODING': 'cp949'}, 'cp949', 'δ^l = (W^l+¹)^T δ^l+¹ ⊙ σ′(z^l)'),
        ({'PYTHONIOENCODING': 'ascii'}, 'ascii', 'z21 = w211*a11 + w212*a12 + b21'),
        ({'LC_ALL': 'C', 'PYTHONUTF8': '0', 'PYTHONCOERCECLOCALE': '0'}, 'utf-8', '[0.641, 0.603]'),
    ],
)
def test_survives_narrow_consoles(tmp_path, environment, encoding, expected):
    done = run(tmp_path, '--epochs', '1', **environment)
    assert (done.returncode, done.stderr) == (0, b'')
    text = done.stdout.decode(encoding)
    assert expected in text
    if encoding == 'cp949':
        assert '?' not in text


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['--epochs', '0'], "--epochs: 1 이상의 정수(integer)를 주세요. '0' 을(를) 받았습니다"),
        (['--epochs', '-3'], '--epochs: 1 이상의 정수'),
        (['--epochs', '1.5'], '--epochs: 1 이상의 정수'),
        (['--seed', '씨앗'], "--seed: 0 이상의 정수(integer)를 주세요. '씨앗' 을(를) 받았습니다"),
        (['--seed', '-1'], '--seed: 0 이상의 정수'),
        (['--seed'], '--seed: 값이 하나 필요합니다'),
        (['--epoch', '3'], '모르는 인수(unrecognized arguments)입니다: --epoch 3'),
        (['왜'], '모르는 인수'),
    ],
)
def test_bad_arguments_exit_2_and_say_why(arguments, message, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    captured = capsys.readouterr()
    assert ended.value.code == 2
    assert message in captured.err
    assert captured.out == ''


def test_bad_argument_on_a_narrow_console(tmp_path):
    done = run(tmp_path, '--seed', 'ᵀ씨', PYTHONIOENCODING='ascii', PYTHONUTF8='1')
    assert done.returncode == 2
    assert b'Traceback' not in done.stderr
    assert b'--seed' in done.stderr


@pytest.mark.parametrize(('argument', 'expected'), [('--version', f'micrograd_ko {__version__}\n'), ('--help', '씨앗(seed)')])
def test_version_and_help_exit_0(argument, expected, capsys):
    with pytest.raises(SystemExit) as ended:
        main([argument])
    assert ended.value.code == 0
    assert expected in capsys.readouterr().out


def test_out_writes_the_pictures_and_says_where(tmp_path, capsys):
    out = tmp_path / '새 폴더' / '그림'
    assert main(['--epochs', '1', '--out', str(out)]) == 0
    text = capsys.readouterr().out
    names = sorted(path.name for path in out.iterdir())
    pictures = ['forward.svg', 'network_layer.svg', 'network_neuron.svg', 'network_ops.svg', 'order.svg']
    assert names == sorted([*pictures, 'moons.html', 'network.html', 'order.html'])
    assert all(name in text for name in names) and str(out) in text
    assert '0.641' in (out / 'forward.svg').read_text(encoding='utf-8')


def test_out_without_a_layout_engine_writes_dot_and_says_what_to_install(tmp_path, capsys, monkeypatch):
    def absent(dot, kind):
        raise engines.LayoutError(engines.INSTALL)

    monkeypatch.setattr(engines, 'render', absent)
    assert main(['--epochs', '1', '--out', str(tmp_path)]) == 0
    text = capsys.readouterr().out
    written = sorted(path.name for path in tmp_path.iterdir())
    assert 'apt-get install graphviz' in text
    assert written == [f'{name}.dot' for name in ('forward', 'network_layer', 'network_neuron', 'network_ops', 'order')]
    assert sorted(word for word in text.split() if word in written) == written  # 하나씩만 알린다


def test_out_that_cannot_be_a_directory_exits_2(tmp_path, capsys):
    (tmp_path / 'file').touch()
    for path in (tmp_path / 'file', tmp_path / 'file' / 'inside'):
        with pytest.raises(SystemExit) as ended:
            main(['--out', str(path)])
        assert ended.value.code == 2 and '만들 수 없습니다' in capsys.readouterr().err


def test_closed_pipe_ends_quietly(tmp_path):
    """`| head` 처럼 읽는 쪽이 먼저 닫아도 오류를 쏟지 않는다."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [sys.executable, '-m', 'micrograd_ko', '--epochs', '1'],
            cwd=tmp_path, env={**os.environ, 'PYTHONPATH': str(ROOT)}, stdout=writing, stderr=subprocess.PIPE, check=False,
        )  # fmt: skip
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (1, b'')
