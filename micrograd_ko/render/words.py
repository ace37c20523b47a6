"""그림과 페이지의 말: 페이지의 단추와 알림, 그리고 말의 표(한국어 → 영어)."""

import functools
import importlib.resources
import re
from collections.abc import Callable

WORDS = {
    'play': '▶ 재생', 'stop': '■ 멈춤', 'train': '학습', 'copied': '복사했다.',
    'inAddress': '주소창의 주소가 이 상태를 가리킨다.',
    'ticks': '갱신 {0}번, 손실 {1}', 'paths': '{0} 에서 손실까지 경로 {1}개, 기울기 {2}',
    'unreached': '{0} 은(는) 손실에 닿지 않는다.',
    'outside': '{0} 이면 {1} 을(를) 계산할 수 없다. {2} 수는 그대로 두었다.', 'domain': '정의역은 {0} 이다.',
    'escaped': 'η 가 너무 크다: 갱신한 값 {0} 으로는 {1} 을(를) 계산할 수 없다. {2} 수는 그대로 두었다.',
    'overflow': '결과가 double 의 범위를 넘는다.',
    'frozen': '이 연산의 규칙은 자바스크립트로 적을 수 없어서 그 피연산자를 바꿀 수 없다.',
    'gradient': '{0} 의 기울기', 'unknown': '아직 모른다', 'accuracy': '정확도 {0}%',
}  # fmt: skip


@functools.cache
def english_table() -> dict[str, str]:
    """말의 표 `english.tsv`: 한국어의 꼴 → 영어의 꼴. 먼저 맞는 줄이 이긴다."""
    lines = importlib.resources.files('micrograd_ko.render').joinpath('english.tsv').read_text(encoding='utf-8').splitlines()
    return dict([line.split('\t') for line in lines])


@functools.cache
def english(text: str) -> str:
    """말의 표로 옮긴 글. {} 에는 무엇이든 온다. 표에 없는 글은 그대로다(`scripts/texts.js` 의 translated 와 같다)."""
    if text in english_table():
        return english_table()[text]
    matches = ((_pattern(korean).fullmatch(text), translation) for korean, translation in english_table().items())
    found, translation = next(((found, translation) for found, translation in matches if found), (None, ''))
    return text if found is None else re.sub(r'\{(\d)\}', lambda place: english(found[int(place[1]) + 1]), translation)


@functools.cache
def _pattern(korean: str) -> re.Pattern[str]:
    return re.compile('(.*)'.join(map(re.escape, korean.split('{}'))))


WRITERS: dict[str, Callable[[str], str]] = {'ko': str, 'en': english}
