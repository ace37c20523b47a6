"""표본의 행(sample rows): 페이지가 고르고 배울 표본을 신경망의 입력과 목표에 맞춰 본다."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

from micrograd_ko.render.subject import Subject


def with_samples(subject: Subject, X: Any, Y: Any) -> Subject:
    """표본을 지닌 subject: X 의 행은 입력, Y 의 행은 목표(출력이 하나면 수도)다.

    한 표본의 손실이 아니거나, 입력과 목표가 저마다 다른 잎이 아니거나, 수의 개수가 맞지 않으면 ValueError.
    """
    net = subject.network
    if net is None or net.root is None or net.sample_count > 1 or len(net.targets) != len(net.outputs):
        raise ValueError(
            'samples 는 신경망 하나에 표본 하나를 넣은 손실에 씁니다. 출력마다 목표(target)가 노드로 있어야 합니다: '
            '클래스 번호 대신 원-핫(one-hot) 목록으로 손실을 만들거나 net.page(X, Y) 를 쓰세요.'
        )
    places = [*net.inputs, *net.targets.values()]
    apart = {id(v) for v in (*places, *net.parameters)}
    if any(v.op is not None for v in places) or len(apart) < len(places) + len(net.parameters):
        raise ValueError('samples 는 입력과 목표가 저마다 다른 잎(leaf)일 때 씁니다: 수로 준 입력과 목표면 그렇습니다.')
    inputs, targets = list(map(_numbers, X)), list(map(_numbers, Y))
    if len(inputs) != len(targets) or not inputs:
        raise ValueError(f'X 와 Y 의 행은 같은 수이고 하나 이상입니다. {len(inputs)}개와 {len(targets)}개를 받았습니다.')
    _check('X', inputs, len(net.inputs))
    _check('Y', targets, len(net.outputs))
    return subject._replace(samples=tuple([x + y for x, y in zip(inputs, targets, strict=True)]))


def _numbers(row: Any) -> list[float]:
    row = row.tolist() if hasattr(row, 'tolist') else row
    return [float(x) for x in row] if isinstance(row, Iterable) else [float(row)]


def _check(name: str, rows: Sequence[list[float]], length: int) -> None:
    for i, row in enumerate(rows):
        if len(row) != length or not all(map(math.isfinite, row)):
            raise ValueError(f'{name} 의 행은 유한한 수 {length}개입니다. {name}[{i}] 은(는) {row} 입니다.')
