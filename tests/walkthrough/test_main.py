"""`python -m micrograd_ko`: 종료 코드, 인수의 오류, 콘솔의 인코딩, 같은 씨앗의 같은 출력."""

import contextlib
import os
import pty
import signal
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
    first, again = (run(tmp_path, '--all', '--seed', '3', '--epochs', '2', PYTHONIOENCODING='utf-8') for _ in range(2))
    assert (first.returncode, first.stderr) == (0, b'')  # 터미널이 아니면 진행 막대도 없다
    assert first.stdout == again.stdout
    text = first.stdout.decode()
    assert '[0.641, 0.603]' in text
    assert '시험 정확도' in text
    assert '\r' not in text.replace('\r\n', '\n')


def test_seed_changes_the_learning(capsys):
    texts = []
    for seed in ('1', '2'):
        assert main(['7', '--seed', seed, '--epochs', '1']) == 0
        texts.append(capsys.readouterr().out)
    assert texts[0] != texts[1]


@pytest.mark.parametrize(
    ('environment', 'encoding', 'expected'),
    [
        ({'PYTHONIOENCODING': 'cp949'}, 'cp949', 'δ^l = (W^l+¹)^T δ^l+¹ ⊙ σ′(z^l)'),
    ],
)
def test_survives_narrow_consoles(tmp_path, environment, encoding, expected):
    done = run(tmp_path, '--all', '--epochs', '1', **environment)
    assert (done.returncode, done.stderr) == (0, b'')
    text = done.stdout.decode(encoding)
    assert expected in text
    if encoding == 'cp949':
        assert '?' not in text


C_LOCALE = {'LC_ALL': 'C', 'PYTHONUTF8': '0', 'PYTHONCOERCECLOCALE': '0'}
WITHOUT_KOREAN = ['ascii', 'latin-1', 'cp437', 'cp1250', 'cp1251', 'koi8-r']


@pytest.mark.parametrize('environment', [C_LOCALE, *[{'PYTHONIOENCODING': encoding} for encoding in WITHOUT_KOREAN]])
def test_a_console_without_korean_gets_one_sentence(environment, tmp_path):
    for arguments in ([], ['--all'], ['--help']):
        done = run(tmp_path, *arguments, **environment)
        assert (done.returncode, done.stdout, done.stderr.count(b'\n')) == (1, b'', 1)
        assert b'set PYTHONIOENCODING=utf-8' in done.stderr and b'?' not in done.stderr
    assert run(tmp_path, '--version', **environment).stdout.decode().split() == ['micrograd_ko', __version__]
    assert run(tmp_path, **environment | {'PYTHONIOENCODING': 'utf-8'}).returncode == 0  # 그 말대로 하면 된다


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['--epochs', '0'], "--epochs: 1 이상의 정수(integer)를 주세요. '0' 을(를) 받았습니다"),
        (['--epochs', '-3'], '--epochs: 1 이상의 정수'),
        (['--epochs', '1.5'], '--epochs: 1 이상의 정수'),
        (['--seed', '씨앗'], "--seed: 0 이상의 정수(integer)를 주세요. '씨앗' 을(를) 받았습니다"),
        (['--seed', '-1'], '--seed: 0 이상의 정수'),
        (['--seed'], '--seed: 값이 하나 필요합니다'),
        (['--epoch', '3'], '모르는 인수(unrecognized arguments)입니다: --epoch'),
        (['왜'], "장(chapter): 1 이상의 정수(integer)를 주세요. '왜' 을(를) 받았습니다"),
        (['0'], '장(chapter): 1 이상의 정수'),
        (['8'], '장(chapter)은 1 부터 7 까지입니다. 8 을(를) 받았습니다'),
        (['1', '2'], '모르는 인수(unrecognized arguments)입니다: 2'),
        (['--out', ''], '--out: 폴더(directory)의 이름을 주세요'),
        (['3', '--all'], '--all 은 모든 장입니다'),
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
    done = run(tmp_path, '--seed', 'ᵀ씨', PYTHONIOENCODING='cp949', PYTHONUTF8='1')
    assert done.returncode == 2
    assert b'Traceback' not in done.stderr
    assert b'--seed' in done.stderr


@pytest.mark.parametrize(('argument', 'expected'), [('--version', f'micrograd_ko {__version__}\n'), ('--help', '씨앗(seed)')])
def test_version_and_help_exit_0(argument, expected, capsys):
    assert main([argument]) == 0
    assert expected in capsys.readouterr().out


def test_out_writes_the_pictures_and_says_where(tmp_path, capsys):
    out = tmp_path / '새 폴더' / '그림'
    assert main(['--out', str(out)]) == 0
    text = capsys.readouterr().out
    names = sorted(path.name for path in out.iterdir())
    pictures = ['forward.svg', 'network_layer.svg', 'network_neuron.svg', 'network_ops.svg', 'order.svg']
    assert names == sorted([*pictures, 'moons.html', 'network.html', 'order.html'])
    assert all(name in text for name in names) and str(out) in text
    assert text.splitlines()[-1].strip() == (out / 'network.html').as_uri()
    assert '0.641' in (out / 'forward.svg').read_text(encoding='utf-8')


def test_out_without_a_layout_engine_writes_dot_and_says_what_to_install(tmp_path, capsys, monkeypatch):
    def absent(dot, kind):
        raise engines.LayoutError(engines.INSTALL)

    monkeypatch.setattr(engines, 'render', absent)
    assert main(['--out', str(tmp_path)]) == 0
    text = capsys.readouterr().out
    written = sorted(path.name for path in tmp_path.iterdir())
    assert 'apt-get install graphviz' in text and {Path(name).suffix for name in written} == {'.dot'}
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
            [sys.executable, '-m', 'micrograd_ko', '3'],
            cwd=tmp_path, env={**os.environ, 'PYTHONPATH': str(ROOT)}, stdout=writing, stderr=subprocess.PIPE, check=False,
        )  # fmt: skip
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (1, b'')


def shell(command, tmp_path):
    """`$M` 이 `python -m micrograd_ko` 인 셸에서. (종료 코드, stdout, stderr)."""
    added = {'PYTHONPATH': str(ROOT), 'PYTHONIOENCODING': 'utf-8', 'M': f'{sys.executable} -m micrograd_ko'}
    done = subprocess.run(
        ['sh', '-c', command], cwd=tmp_path, env=os.environ | added, capture_output=True, encoding='utf-8', check=False
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(('command', 'code', 'told'), [
    ('$M 3 >/dev/full', 1, '출력을 쓰지 못했습니다: No space left on device\n'),
    ('$M --help >/dev/full', 1, '출력을 쓰지 못했습니다: No space left on device\n'),
    ('$M 3 >&-', 1, '출력할 곳(stdout)이 닫혀 있습니다.\n'),
    ('$M 3 >&- 2>&-', 1, ''),
    ('$M 99 2>&-', 2, ''),
])  # fmt: skip
def test_an_output_that_cannot_be_written_ends_in_one_line(command, code, told, tmp_path):
    assert shell(command, tmp_path) == (code, '', told)


def test_a_closed_stderr_changes_nothing(tmp_path):
    assert shell('$M 7 --epochs 1 2>&-', tmp_path) == shell('$M 7 --epochs 1', tmp_path)


def test_an_interrupt_ends_in_one_line(tmp_path):
    """Ctrl-C: 첫 줄이 나온 뒤, 긴 학습의 한가운데서."""
    environment = {**os.environ, 'PYTHONPATH': str(ROOT), 'PYTHONIOENCODING': 'utf-8', 'PYTHONUNBUFFERED': '1'}
    command = [sys.executable, '-m', 'micrograd_ko', '7', '--epochs', '1000000']
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        while '학습률' not in running.stdout.readline().decode():
            pass
        running.send_signal(signal.SIGINT)
        _, error = running.communicate()
    assert (running.returncode, error.decode().strip()) == (130, '멈췄습니다(interrupted).')


TERMINALS = [({'TERM': 'xterm'}, True), ({'TERM': 'xterm', 'NO_COLOR': '1'}, False), ({'TERM': 'dumb'}, False)]


@pytest.mark.parametrize(('environment', 'coloured'), TERMINALS)
def test_colour_is_for_terminals(environment, coloured, tmp_path):
    kept = {name: value for name, value in os.environ.items() if name not in ('NO_COLOR', 'TERM')}
    reading, writing = pty.openpty()
    subprocess.run(
        [sys.executable, '-m', 'micrograd_ko', '5'], cwd=tmp_path, check=True, stdout=writing,
        env={**kept, 'PYTHONPATH': str(ROOT), 'PYTHONIOENCODING': 'utf-8', **environment},
    )  # fmt: skip
    os.close(writing)
    text = b''
    with contextlib.suppress(OSError):  # 쓰는 쪽이 닫힌 pty 의 끝
        while chunk := os.read(reading, 65536):
            text += chunk
    os.close(reading)
    assert '경사하강법' in text.decode() and (b'\x1b[' in text) == coloured
    assert b'\x1b[' not in run(tmp_path, '5', TERM='xterm', PYTHONIOENCODING='utf-8').stdout
