"""파일 쓰기: 다 쓰거나 아무것도 쓰지 않는다. 링크, FIFO, 찬 디스크, 스레드, 끊긴 프로세스에서."""

import contextlib
import errno
import inspect
import os
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from micrograd_ko import MLP, Value, draw
from micrograd_ko.writing import files
from micrograd_ko.writing.files import write_atomically


def test_a_link_stays_a_link_and_its_target_is_written(tmp_path):
    (tmp_path / 'folder').mkdir()
    target = tmp_path / 'folder' / 'target'
    link = tmp_path / 'link'
    link.symlink_to('folder/target')
    for data in (b'new', b'again'):  # 처음에는 가리키는 파일이 없다
        assert write_atomically(link, data) == link
        assert link.is_symlink() and target.read_bytes() == link.read_bytes() == data
    assert os.listdir(tmp_path / 'folder') == ['target'] and sorted(os.listdir(tmp_path)) == ['folder', 'link']


def test_a_link_that_leads_nowhere_is_an_error_and_stays(tmp_path):
    loop, broken = tmp_path / 'loop', tmp_path / 'broken'
    loop.symlink_to(loop)
    broken.symlink_to(tmp_path / 'none' / 'file')
    with pytest.raises(OSError, match='맴돕니다') as caught:
        write_atomically(loop, b'')
    assert caught.value.filename == str(loop)
    with pytest.raises(FileNotFoundError, match='none'):
        write_atomically(broken, b'')
    assert loop.is_symlink() and broken.is_symlink()


def test_another_name_of_the_file_keeps_the_old_content(tmp_path):
    path, other = tmp_path / 'a', tmp_path / 'b'
    path.write_bytes(b'before')
    os.link(path, other)
    write_atomically(path, b'after')
    assert (path.read_bytes(), other.read_bytes()) == (b'after', b'before')


def test_a_fifo_is_written_into(tmp_path):
    fifo, read = tmp_path / 'fifo', []
    os.mkfifo(fifo)
    reader = threading.Thread(target=lambda: read.append(fifo.read_bytes()))
    reader.start()
    assert write_atomically(fifo, b'through') == fifo
    reader.join()
    assert read == [b'through'] and stat.S_ISFIFO(fifo.stat().st_mode) and os.listdir(tmp_path) == ['fifo']


def test_a_device_is_written_into():
    leader, follower = os.openpty()
    try:
        write_atomically(os.ttyname(follower), b'shown')
        assert os.read(leader, 100) == b'shown'
    finally:
        os.close(leader)
        os.close(follower)


def test_standard_output_through_a_pipe(tmp_path):
    """/dev/stdout 처럼, 커널만 따라갈 수 있는 링크(pipe:[번호])."""
    (tmp_path / 'stdout').symlink_to('/proc/self/fd/1')
    code = f'from micrograd_ko.writing.files import write_atomically; write_atomically({str(tmp_path / "stdout")!r}, b"shown")'
    assert subprocess.run([sys.executable, '-c', code], capture_output=True, check=True).stdout == b'shown'
    assert (tmp_path / 'stdout').is_symlink()


def test_a_broken_pipe_names_the_path(tmp_path):
    fifo = tmp_path / 'fifo'
    os.mkfifo(fifo)
    reader = threading.Thread(target=lambda: fifo.open('rb').close())
    reader.start()
    with pytest.raises(BrokenPipeError, match='다 쓰지 못했습니다') as caught:
        write_atomically(fifo, bytes(10**6))
    reader.join()
    assert caught.value.filename == str(fifo)


def test_a_file_that_grows_too_large_names_the_path_and_leaves_the_old_one(tmp_path):
    """파일의 크기를 운영체제가 정말로 막는다(RLIMIT_FSIZE)."""
    path = tmp_path / 'a'
    path.write_bytes(b'before')
    code = inspect.cleandoc(f"""
        import resource
        from micrograd_ko.writing.files import write_atomically
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        try:
            write_atomically({str(path)!r}, bytes(10**6))
        except OSError as error:
            print(error)
    """)
    told = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=True).stdout
    assert '다 쓰지 못했습니다' in told and str(path) in told
    assert path.read_bytes() == b'before' and os.listdir(tmp_path) == ['a']


def test_an_error_speaks_of_the_path_that_was_given(tmp_path, monkeypatch):
    """임시 파일의 이름은 쓰는 사람이 준 것이 아니다."""
    def full(name, flags, mode):
        raise OSError(errno.ENOSPC, 'No space left on device', name)

    monkeypatch.setattr(os, 'open', full)
    with pytest.raises(OSError, match='No space') as caught:
        write_atomically(tmp_path / 'a', b'x')
    assert caught.value.filename == str(tmp_path / 'a') and str(tmp_path / '.a') not in str(caught.value)


def test_the_umask_of_the_process_is_left_alone(tmp_path, monkeypatch):
    """umask 는 프로세스의 것이라 잠깐 바꾸어도 다른 스레드의 파일이 열린다."""
    def refuse(_):
        raise AssertionError('umask')

    monkeypatch.setattr(os, 'umask', refuse)
    (tmp_path / 'usual').touch()
    for _ in range(2):
        assert write_atomically(tmp_path / 'a', b'').stat().st_mode == (tmp_path / 'usual').stat().st_mode


def test_a_private_file_is_never_open_to_others_while_it_is_written(tmp_path, monkeypatch):
    path, seen = tmp_path / 'a', []
    path.touch(0o600)
    replace = os.replace

    def watch(source, target):
        seen.append(stat.S_IMODE(os.stat(source).st_mode))
        replace(source, target)

    monkeypatch.setattr(files.shutil, 'copymode', lambda *_: None)  # 다 쓴 뒤에 고치는 것으로는 늦다
    monkeypatch.setattr(os, 'replace', watch)
    write_atomically(path, b'secret')
    assert seen == [0o600]


def test_threads_write_one_file_and_it_is_always_whole(tmp_path):
    path = tmp_path / 'a'
    contents = [bytes([i]) * 100_000 for i in range(4)]
    write_atomically(path, contents[0])
    torn = []

    def write(i):
        for _ in range(20):
            write_atomically(path, contents[i])
            if path.read_bytes() not in contents:
                torn.append(i)

    threads = [threading.Thread(target=write, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert torn == [] and os.listdir(tmp_path) == ['a']


@pytest.mark.filterwarnings('ignore::pytest.PytestUnraisableExceptionWarning')  # with 를 나서는 줄에서는 닫지 못한다
def test_an_interrupt_at_any_line_leaves_the_old_file_or_the_new_and_nothing_else(tmp_path):
    path, line, left = tmp_path / 'a', 0, -1

    def trace(frame, event, _):
        nonlocal left
        if frame.f_code.co_filename != files.__file__:
            return None
        if event == 'line':
            left -= 1
            if left == -1:
                raise KeyboardInterrupt
        return trace

    outer, found = sys.gettrace(), set()
    while left < 0:
        path.write_bytes(b'before')
        left = line
        sys.settrace(trace)
        try:
            write_atomically(path, b'after')
        except KeyboardInterrupt:
            pass
        finally:
            sys.settrace(outer)
        found.add(path.read_bytes())
        assert os.listdir(tmp_path) == ['a']
        line += 1
    assert found == {b'before', b'after'} and line > 10


WRITING = inspect.cleandoc("""
    import sys
    from micrograd_ko.writing.files import write_atomically
    print('writing', flush=True)
    while True:
        write_atomically(sys.argv[1], bytes(10**6))
        write_atomically(sys.argv[1], b'1' * 10**6)
""")


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGKILL])
def test_a_process_that_is_stopped_leaves_a_whole_file(tmp_path, number):
    """Ctrl-C 는 임시 파일도 남기지 않는다. 죽은(SIGKILL) 프로세스는 점으로 시작하는 것을 남길 수 있다."""
    path = tmp_path / 'a'
    path.write_bytes(bytes(10**6))
    for wait in (0.0, 0.003, 0.007, 0.013):
        process = subprocess.Popen([sys.executable, '-c', WRITING, str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        with process:
            process.stdout.readline()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(wait)
            process.send_signal(number)
            process.communicate(timeout=60)
        assert path.read_bytes() in (bytes(10**6), b'1' * 10**6)
        left = set(os.listdir(tmp_path)) - {'a'}
        assert all(name.startswith('.a.') for name in left) and (number == signal.SIGKILL or not left)
        for name in left:
            Path(tmp_path / name).unlink()


@pytest.mark.parametrize('path', [3, None, b'x', ['x.svg']], ids=repr)
def test_what_is_not_a_path_is_told(path):
    for use in (files.read, lambda path: write_atomically(path, b''), draw(Value(1.0)).save, MLP(1, [1]).save):
        with pytest.raises(TypeError, match=f'경로.*{type(path).__name__} '):
            use(path)
