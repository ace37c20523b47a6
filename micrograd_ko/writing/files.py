"""파일: 다 쓰거나 아무것도 쓰지 않고, 읽지 못하면 까닭을 알린다."""

import errno
import os
import shutil
import stat
from pathlib import Path


def located(path: str | os.PathLike) -> Path:
    """path 를 경로로. 글도 Path 도 아니면 TypeError."""
    if not isinstance(path, str | os.PathLike):
        raise TypeError(f"파일의 경로(path)는 글이나 Path 입니다: 'net.json'. {type(path).__name__} {path!r} 을(를) 받았습니다.")
    return Path(path)


def read(path: str | os.PathLike) -> bytes:
    """path 의 내용. 파일이 없으면 FileNotFoundError, 폴더면 IsADirectoryError, 읽을 수 없으면 PermissionError."""
    path = located(path)
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise FileNotFoundError(f'파일 {str(path)!r} 이(가) 없습니다. 지금 폴더는 {os.getcwd()!r} 입니다.') from None
    except PermissionError:
        raise PermissionError(f'파일 {str(path)!r} 을(를) 읽을 권한(permission)이 없습니다.') from None
    except IsADirectoryError:
        raise IsADirectoryError(f'{str(path)!r} 은(는) 폴더입니다. 파일 이름까지 적으세요.') from None


def write_atomically(path: str | os.PathLike, data: bytes) -> Path:
    """data 를 path 에 쓴다. 도중에 실패하거나 멈추면(Ctrl-C) 있던 파일이 그대로 남는다. 쓴 경로를 돌려준다.

    옆의 임시 파일에 다 쓴 뒤 이름을 바꾼다(rename). 심볼릭 링크(symlink)는 그대로 두고 그것이 가리키는 파일을 바꾸며, 하드 링크의
    다른 이름에는 전의 내용이 남는다. 파일이 아닌 것(FIFO, 장치)에는 바꿀 이름이 없으니 바로 쓴다.
    폴더가 없으면 FileNotFoundError, path 가 폴더면 IsADirectoryError, 읽기 전용이면 PermissionError, 디스크가 찼으면 path 를 적은
    OSError. 프로세스가 그 자리에서 죽으면(SIGKILL) 점(.)으로 시작하는 임시 파일이 남을 수 있다.
    """
    path = located(path)
    target = Path(os.path.realpath(path))
    if target.is_symlink():
        raise OSError(errno.ELOOP, '심볼릭 링크가 저를 가리키며 맴돕니다', str(path))
    if not path.exists() and not target.parent.is_dir():
        raise FileNotFoundError(f'폴더(directory) {str(target.parent)!r} 이(가) 없습니다. 먼저 만드세요.')
    if path.is_dir():
        raise IsADirectoryError(f'{str(path)!r} 은(는) 폴더입니다. 파일 이름까지 적으세요.')
    if path.exists() and not (path.stat().st_mode & stat.S_IWUSR and os.access(path, os.W_OK)):
        raise PermissionError(f'{str(path)!r} 은(는) 읽기 전용(read-only)입니다. 다른 이름으로 저장하세요.')
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(data)
        else:
            _replace(target, data)
    except PermissionError:
        raise PermissionError(f'폴더 {str(target.parent)!r} 에 쓸 권한(permission)이 없습니다.') from None
    except OSError as error:
        raise OSError(error.errno, f'다 쓰지 못했습니다({error.strerror})', str(path)) from error
    return path


def _replace(target: Path, data: bytes) -> None:
    """target 을 data 로 바꾼다. 있던 파일의 권한(mode)을 지키고, 임시 파일도 그보다 열려 있지 않다."""
    temporary = target.with_name(f'.{target.name[:40]}.{os.urandom(4).hex()}')
    mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else 0o666  # 새 파일의 권한은 umask 가 줄인다
    try:
        with open(temporary, 'xb', opener=lambda name, flags: os.open(name, flags, mode)) as file:
            file.write(data)
        if target.exists():
            shutil.copymode(target, temporary)
        os.replace(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
