"""놀이터(playground): 신경망과 표본으로 스텝 페이지를 만든다."""

from collections.abc import Callable
from typing import Any

from micrograd_ko.engine import Value
from micrograd_ko.learning.losses import Loss, quadratic
from micrograd_ko.nn import MLP
from micrograd_ko.render.drawing import Drawing, draw


def page_of(net: MLP, X: Any, Y: Any, loss: Callable[[list[Value], Any], Value] | None, detail: str, lang: str) -> Drawing:
    """net 과 표본의 그림: 첫 표본의 손실을 그리고, 그 스텝 페이지(`.save('x.html')`)에서 모든 표본을 고르고 배운다.

    X 의 행은 입력, Y 의 행은 목표. loss(출력의 목록, 목표) → Value 의 기본은 `losses.quadratic`. 클래스 번호는 원-핫이 된다.
    표본이 없거나 크기가 맞지 않으면 ValueError.
    """
    loss, count = loss or quadratic, len(net.layers[-1].neurons)
    targets = [loss.vector(y, count) for y in Y] if isinstance(loss, Loss) else list(Y)
    if len(X) == 0 or not targets:
        raise ValueError('page: 표본이 하나도 없습니다. X 와 Y 에 하나 이상 주세요.')
    return draw(loss(net.trace(X[0]).output, targets[0]), detail, samples=(X, targets), lang=lang)
