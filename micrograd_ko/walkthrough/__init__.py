"""노트를 걷기(walkthrough): 노트의 한 마디가 모듈 하나다. 모듈마다 계산하는 함수와, 그 결과를 줄로 적는 `page` 가 있다.

적히는 수는 모두 그 자리에서 엔진과 방정식이 계산한다. `testing` 을 뺀 모든 방을 import 해도 된다. 출력은 `__main__` 의 일이다.
"""

import random
from collections.abc import Iterator
from pathlib import Path

from micrograd_ko.walkthrough import algorithm, assumptions, example, flowers, insights, order, update

TITLE = '역전파(backpropagation) 노트를 걷는다. 여기 적히는 수는 모두 지금 계산한 것이다.'


def walk(seed: int, epochs: int, out: Path | None = None) -> Iterator[str]:
    """걷기 전체의 줄들. seed 와 epochs 는 붓꽃 학습의 것이고, 같으면 같은 글이다. out 을 주면 그 폴더에 그림도 쓴다."""
    yield TITLE
    for chapter in (example, assumptions, algorithm, insights, update, order):
        yield from chapter.page()
    yield from flowers.page(random.Random(seed), epochs)
    if out is not None:
        from micrograd_ko.walkthrough import pictures

        yield from pictures.page(out)
