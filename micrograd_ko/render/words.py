"""그림과 페이지의 말: 말의 표 `english.tsv` 와, 그것으로 옮기는 일."""

import functools
import importlib.resources
import re
from collections.abc import Callable

from micrograd_ko.writing.templates import unopened


def part(name: str) -> str:
    """이 방에 든 파일의 글."""
    return importlib.resources.files('micrograd_ko.render').joinpath(name).read_text(encoding='utf-8')


_ROWS = [line.split('\t') for line in part('english.tsv').splitlines()]  # 한국어, 영어, 스크립트가 짓는 말이면 거기서의 이름
ENGLISH = {korean: translation for korean, translation, *_ in _ROWS}  # 한국어의 꼴 → 영어의 꼴. 먼저 맞는 줄이 이긴다
SCRIPT_WORDS = {name: korean for korean, _, *names in _ROWS for name in names}  # 스크립트에서의 이름 → 한국어의 꼴
_PATTERNS = {'(.*)'.join(map(re.escape, korean.split('{}'))): translation for korean, translation in ENGLISH.items()}


def english(text: str) -> str:
    """말의 표로 옮긴 글이나 글의 틀. {} 에는 무엇이든 온다. 표에 없는 글과 틀의 자리(수와 노드의 이름)는 그대로다."""
    return unopened(text, _translated)


@functools.cache
def _translated(text: str) -> str:
    if text in ENGLISH:
        return ENGLISH[text]
    matches = ((re.fullmatch(pattern, text), translation) for pattern, translation in _PATTERNS.items())
    return next((translation.format(*map(_translated, found.groups())) for found, translation in matches if found), text)


WRITERS: dict[str, Callable[[str], str]] = {'ko': str, 'en': english}
