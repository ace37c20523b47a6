"""그림과 페이지의 말: 말의 표 `english.tsv` 와, 그것으로 옮기는 일."""

import functools
import importlib.resources
import re
from collections.abc import Callable


@functools.cache
def _rows() -> list[list[str]]:
    """말의 표의 줄: 한국어의 꼴, 영어의 꼴, 페이지의 스크립트가 짓는 말이면 스크립트에서의 이름."""
    lines = importlib.resources.files('micrograd_ko.render').joinpath('english.tsv').read_text(encoding='utf-8').splitlines()
    return [line.split('\t') for line in lines]


@functools.cache
def english_table() -> dict[str, str]:
    """한국어의 꼴 → 영어의 꼴. 먼저 맞는 줄이 이긴다."""
    return {korean: translation for korean, translation, *_ in _rows()}


def script_words(say: Callable[[str], str]) -> dict[str, str]:
    """페이지의 스크립트가 짓는 말: 이름 → say 로 옮긴 꼴."""
    return {name[0]: say(korean) for korean, _, *name in _rows() if name}


@functools.cache
def english(text: str) -> str:
    """말의 표로 옮긴 글. {} 에는 무엇이든 온다. 표에 없는 글은 그대로다(`scripts/texts.js` 의 translated 와 같다)."""
    if text in english_table():
        return english_table()[text]
    matches = ((_pattern(korean).fullmatch(text), translation) for korean, translation in english_table().items())
    return next((translation.format(*map(english, found.groups())) for found, translation in matches if found), text)


@functools.cache
def _pattern(korean: str) -> re.Pattern[str]:
    return re.compile('(.*)'.join(map(re.escape, korean.split('{}'))))


WRITERS: dict[str, Callable[[str], str]] = {'ko': str, 'en': english}
