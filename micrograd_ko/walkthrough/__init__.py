"""노트 따라가기(walkthrough): 한 장(chapter)이 모듈 하나다. 모듈마다 제목, 계산하는 함수, 그 결과를 줄로 적는 `page` 가 있다.

적히는 수는 모두 그 자리에서 엔진과 방정식이 계산한다. `testing` 을 뺀 모든 방을 import 해도 된다. 출력은 `__main__` 의 일이다.
"""

import random
from collections.abc import Iterator, Sequence
from pathlib import Path

from micrograd_ko.walkthrough import algorithm, assumptions, example, flowers, insights, order, update
from micrograd_ko.walkthrough.lines import heading, lead, paragraphs

INTRODUCTION = '역전파(backpropagation) 노트를 따라간다. 여기 적히는 수는 모두 지금 계산한 것이다.'
CHAPTERS = (example, assumptions, algorithm, insights, update, order, flowers)
ALL = tuple(range(1, len(CHAPTERS) + 1))


def walk(seed: int, epochs: int, out: Path | None = None, chapters: Sequence[int] = ALL) -> Iterator[str]:
    """chapters 의 줄들. seed 와 epochs 는 마지막 장의 학습의 것이고, 같으면 같은 글이다. out 을 주면 그 폴더에 그림도 쓴다."""
    yield INTRODUCTION
    for number in chapters:
        chapter = CHAPTERS[number - 1]
        yield from heading(f'{number}. {chapter.TITLE}')
        yield from flowers.page(random.Random(seed), epochs) if chapter is flowers else chapter.page()
    if out is not None or chapters[-1] == ALL[-1]:
        from micrograd_ko.walkthrough import pictures

        yield from pictures.page(out) if out is not None else pictures.closing()
    else:
        yield from paragraphs(_onward(chapters[-1]))


def _onward(read: int) -> Iterator[str]:
    """read 장까지 읽은 사람에게: 다음 장. 1장을 읽은 사람에게는 차례도."""
    yield lead('다음 장', f'python -m micrograd_ko {read + 1}')
    if read == ALL[0]:
        for number, chapter in enumerate(CHAPTERS, 1):
            yield f'  {number}  {chapter.TITLE}'
        yield '  모두 이어서 보려면 --all, 그림도 쓰려면 --out 폴더. 나머지는 --help'
