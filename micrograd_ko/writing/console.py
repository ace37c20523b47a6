"""터미널(console): 글자를 다 적지 못하는 콘솔에서도 출력이 죽지 않게 하고, 한글이 섞인 줄을 맞추고, 있으면 색을 쓴다.

한국어 Windows 의 콘솔(cp949)은 한글과 δ, ∂, ² 를 적지만 ᵀ 나 − 는 적지 못한다. 그런 글자는 비슷한 글자로 바꾼다. 한글을 아예
적지 못하는 콘솔에는 보일 것이 없다: `writes_korean` 으로 먼저 묻는다.
"""

import codecs
import contextlib
import functools
import os
import re
import unicodedata
from typing import Any

_LOOKALIKES = {
    '−': '-', '·': '*', '⊙': '*', '′': "'", '─': '-', '←': '<', '×': 'x', '≤': '<', '≈': '~', '⟹': '=>',
    'ˡ': '^l', 'ᴸ': '^L', 'ˣ': '^x', 'ᵀ': '^T', 'ⱼ': '_j', 'ₖ': '_k', 'ₓ': '_x', 'ₐ': '_a',
}  # fmt: skip
_STYLES = {'bold': 1, 'dim': 2, 'red': 31, 'green': 32, 'yellow': 33, 'cyan': 36}
_UPPER = frozenset('⁰¹²³⁴⁵⁶⁷⁸⁹⁻ˡᴸˣ')
_RAISED = re.compile('[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+')
_ESCAPES = re.compile('\x1b\\[[0-9;]*m')


def survive(*streams: Any) -> None:
    """streams(sys.stdout, sys.stderr)가 적지 못하는 글자를 만나도 오류를 내지 않고 비슷한 글자를 적게 한다."""
    for stream in streams:
        if hasattr(stream, 'reconfigure'):
            handler = f'micrograd_ko.{stream.encoding}'  # 오류가 말하는 encoding 은 믿을 수 없다: cp437 에서 'charmap' 이다
            codecs.register_error(handler, functools.partial(_lookalike, stream.encoding))
            stream.reconfigure(errors=handler)


def writes_korean(stream: Any) -> bool:
    """stream 이 한글을 적을 수 있는가."""
    try:
        '역전파'.encode(getattr(stream, 'encoding', None) or 'utf-8')
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def has_colour(stream: Any) -> bool:
    """stream 이 색을 보이는 터미널인가. 환경 변수 NO_COLOR 가 있거나 TERM 이 dumb 면 아니다(https://no-color.org)."""
    if os.environ.get('NO_COLOR') or os.environ.get('TERM') == 'dumb' or not stream.isatty():
        return False
    return os.name != 'nt' or 'WT_SESSION' in os.environ  # Windows 의 옛 콘솔은 색의 부호를 글자로 보인다


def paint(text: str, *styles: str) -> str:
    """text 를 styles('bold', 'green' …)로 칠한 글. 색이 없는 곳에는 `plain` 으로 적는다."""
    return f'\x1b[{";".join([str(_STYLES[style]) for style in styles])}m{text}\x1b[0m'


def plain(text: str) -> str:
    """칠을 벗긴 글."""
    return _ESCAPES.sub('', text)


def _lookalike(encoding: str, error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    if found := _RAISED.match(error.object, error.start):  # 10⁻⁵ 은 10-5 도 105 도 아니다
        digits = unicodedata.normalize('NFKC', found[0]).replace('−', '-')
        return '^' * (error.object[error.start - 1 : error.start] not in _UPPER) + digits, found.end()
    unwritable = error.object[error.start : error.end]
    return ''.join([_plainer(c, encoding) for c in unwritable]), error.end


def _plainer(character: str, encoding: str) -> str:
    for candidate in (_LOOKALIKES.get(character, character), unicodedata.normalize('NFKC', character)):
        with contextlib.suppress(UnicodeEncodeError):
            candidate.encode(encoding)
            return candidate
    return '?'


def width(text: str) -> int:
    """터미널에서 차지하는 칸 수: 한글은 두 칸, 위아래에 덧붙는 부호는 0칸. 칠은 세지 않는다."""
    return sum(2 if unicodedata.east_asian_width(c) in 'WF' else not unicodedata.combining(c) for c in plain(text))


def left(text: str, columns: int) -> str:
    """왼쪽 맞춤: columns 칸이 되도록 뒤를 빈칸으로 채운다."""
    return text + ' ' * (columns - width(text))


def right(text: str, columns: int) -> str:
    """오른쪽 맞춤: columns 칸이 되도록 앞을 빈칸으로 채운다."""
    return ' ' * (columns - width(text)) + text
