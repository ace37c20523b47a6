"""파일 쓰기: 다 쓰거나 아무것도 쓰지 않는다."""

import os
import shutil
import stat
from pathlib import Path


def write_atomically(path: str | os.PathLike, data: bytes) -> Path:
    """data 를 path 에 쓴다. 도중에 실패하면 있던 파일이 그대로 남는다. 쓴 경로를 돌려준다.

    폴더가 없으면 FileNotFoundError, path 가 폴더면 IsADirectoryError, 읽기 전용이면 PermissionError.
    """
    path = Path(path)
    if not path.parent.is_dir():
        raise FileNotFoundError(f'폴더(directory) {str(path.parent)!r} 이(가) 없습니다. 먼저 만드세요.')
    if path.is_dir():
        raise IsADirectoryError(f'{str(path)!r} 은(는) 폴더입니다. 파일 이름까지 적으세요.')
    if path.exists() and not (path.stat().st_mode & stat.S_IWUSR and os.access(path, os.W_OK)):
        raise PermissionError(f'{str(path)!r} 은(는) 읽기 전용(read-only)입니다. 다른 이름으로 저장하세요.')
    temporary = path.with_name(f'.{path.name[:40]}.{os.urandom(4).hex()}')
    try:
        file = temporary.open('xb')
    except PermissionError:
        raise PermissionError(f'폴더 {str(path.parent)!r} 에 쓸 권한(permission)이 없습니다.') from None
    try:
        with file:
            file.write(data)
        if path.exists():
            shutil.copymode(path, temporary)
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)  # 이름을 바꾼 바로 뒤에 멈추었을 수도 있다
        raise
    return path
