"""읽는 사람이 쓰는 말: 에포크, 스텝, 수준. '단계' 는 노트의 알고리즘의 다섯 단계만 가리킨다."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PATTERNS = ('*.md', 'examples/*.py', *[f'micrograd_ko/**/*.{kind}' for kind in ('py', 'md', 'html', 'js', 'css')])
FILES = sorted(path for pattern in PATTERNS for path in ROOT.glob(pattern))

COINED = {
    '바퀴': '에포크(epoch)', '걸음': '스텝(step): 갱신 하나, 페이지의 한 칸. 차분의 h 는 간격, 그래프는 순회(traversal)',
    '걷[는기게고다]|걸으[며면]|걸을': '따라가다, 방문하다(visit), 순회하다(traverse)',
    '(?<![1-5])(?<!다섯 )단계': "수준(level of detail). '단계' 는 노트의 1단계 … 5단계다",
}  # fmt: skip


@pytest.mark.parametrize('path', FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_texts_use_the_words_of_their_readers(path):
    lines = path.read_text(encoding='utf-8').splitlines()
    wrong = [(i, word, COINED[word]) for i, line in enumerate(lines, 1) for word in COINED if re.search(word, line)]
    assert wrong == []


@pytest.mark.parametrize(('text', 'coined'), [
    ('60 바퀴', True), ('한 걸음씩', True), ('거꾸로 걷는다', True), ('뉴런 단계', True), ('3단계와 알고리즘의 다섯 단계', False),
    ('걸러 내고, 시간이 걸리고, 식을 걸어 둔다', False),
])  # fmt: skip
def test_the_eye_of_this_test(text, coined):
    assert any(re.search(word, text) for word in COINED) == coined
