"""터미널(console): 글자를 다 적지 못하는 콘솔에서도 출력이 죽지 않게 하고, 한글이 섞인 줄을 맞춘다.

한국어 Windows 의 콘솔(cp949)은 한글과 δ, ∂, ² 를 적지만 ᵀ 나 − 는 적지 못한다. 그런 글자는 비슷한 글자로 바꾼다.
"""

import codecs
import contextlib
import unicodedata
from typing import Any

_LOOKALIKES = {
    '−': '-', '·': '*', '⊙': '*', '′': "'", '─': '-', '←': '<', '×': 'x', '≤': '<', '≈': '~', '⁻': '-', '⟹': '=>',
    'ˡ': '^l', 'ᴸ': '^L', 'ˣ': '^x', 'ᵀ': '^T', 'ⱼ': '_j', 'ₖ': '_k', 'ₓ': '_x', 'ₐ': '_a',
}  # fmt: skip


def survive(*streams: Any) -> None:
    """streams(sys.stdout, sys.stderr)가 적지 못하는 글자를 만나도 오류를 내지 않고 비슷한 글자를 적게 한다."""
    codecs.register_error('micrograd_ko.lookalike', _lookalike)
    for stream in streams:
        if hasattr(stream, 'reconfigure'):
            stream.reconfigure(errors='micrograd_ko.lookalike')


def _lookalike(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    unwritable = error.object[error.start : error.end]
    return ''.join([_plain(c, error.encoding) for c in unwritable]), error.end


def _plain(character: str, encoding: str) -> str:
    for candidate in (_LOOKALIKES.get(character, character), unicodedata.normalize('NFKC', character)):
        with contextlib.suppress(UnicodeEncodeError):
            candidate.encode(encoding)
            return candidate
    return '?'


def width(text: str) -> int:
    """터미널에서 차지하는 칸 수: 한글은 두 칸, 위아래에 덧붙는 부호는 0칸."""
    return sum(2 if unicodedata.east_asian_width(c) in 'WF' else not unicodedata.combining(c) for c in text)


def left(text: str, columns: int) -> str:
    """왼쪽 맞춤: columns 칸이 되도록 뒤를 빈칸으로 채운다."""
    return text + ' ' * (columns - width(text))


def right(text: str, columns: int) -> str:
    """오른쪽 맞춤: columns 칸이 되도록 앞을 빈칸으로 채운다."""
    return ' ' * (columns - width(text)) + text
