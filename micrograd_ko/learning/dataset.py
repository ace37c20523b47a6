"""표본(samples)을 읽는 일: (x, y) 의 목록이나 배열의 튜플 (X, Y) 를, 확인한 목록 하나로."""

import hashlib
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from micrograd_ko.kinds.arrays import unmasked
from micrograd_ko.learning.losses import Loss, checked, quadratic, sequence
from micrograd_ko.misuse import listed
from micrograd_ko.nn import MLP, require_mlp
from micrograd_ko.number import Number, number


class Dataset:
    """신경망 하나와 손실 하나에 맞는 표본.

    pairs   (x, y) 의 목록. x 는 수의 목록이고, y 는 손실이 기록(`losses.Loss`)이면 출력마다 수 하나의 목록, 아니면 받은 그대로다.
    record  손실의 기록. 나의 손실이면 답을 `quadratic` 처럼 고른다.
    labels  표본마다의 클래스 번호. 목표가 클래스가 아니면 None.
    classes 클래스의 목표를 적은 두 수: −1 이 있으면 (−1, 1), 아니면 손실의 것.
    """

    def __init__(self, samples: Any, net: MLP, loss: Callable) -> None:
        self.net, self.loss, self.outputs = require_mlp(net), checked(loss), len(net.layers[-1].neurons)
        self.record = loss if isinstance(loss, Loss) else quadratic
        if self.record.takes_class and self.outputs == 1:
            instead = '클래스마다 출력을 하나씩 두거나 sigmoid_cross_entropy 를 쓰세요.'
            raise ValueError(f'{loss.__name__}: 출력이 하나면 확률이 언제나 1 이라 배울 것이 없습니다. {instead}')
        self.pairs = pairs_of(samples, net.layers[0].nin, self.outputs, self.loss)
        labels = [self._label(y) for _, y in self.pairs]
        self.labels = None if None in labels else labels
        self.classes = (-1, 1) if self.labels and any(y in (-1, [-1]) for _, y in self.pairs) else self.record.classes

    def __len__(self) -> int:
        return len(self.pairs)

    @property
    def digest(self) -> str:
        """표본의 지문(SHA-256): 값이 하나라도 다르면 다르다."""
        return hashlib.sha256(repr(self.pairs).encode()).hexdigest()

    @cached_property
    def arrays(self) -> tuple[np.ndarray, np.ndarray]:
        """(X, Y): 표본 × 입력, 표본 × 출력의 float64 배열."""
        x, y = (np.array(part, np.float64) for part in zip(*self.pairs, strict=True))
        return x, y.reshape(len(self), -1)

    def accuracy(self, outputs: Sequence[list[Number]]) -> float | None:
        """정확도: 표본마다의 출력(값의 목록)이 맞힌 비율. 목표가 클래스가 아니면 None."""
        if self.labels is None:
            return None
        answers = [self.record.answer_of(a, self.classes) for a in outputs]
        return sum(map(int.__eq__, answers, self.labels)) / len(self)

    def _label(self, y: Any) -> int | None:
        """목표의 클래스 번호: 원-핫(−1 과 1 로 적은 것도)의 자리, 출력이 하나면 0 이나 1."""
        if type(y) is int and self.outputs > 1:
            return y
        ys = y if isinstance(y, list) else [y]
        if not all(isinstance(v, int | float) and v in (-1, 0, 1) for v in ys) or len(ys) != self.outputs:
            return None
        if len(ys) == 1:
            return int(ys[0] > 0)
        return ys.index(1) if ys.count(1) == 1 and len(set(ys)) == 2 else None


def pairs_of(samples: Any, nin: int, outputs: int, loss: Callable) -> list[tuple[list[Number], Any]]:
    """확인한 (x, y) 의 목록. x 는 수 nin개, y 는 손실이 기록이면 수 outputs개. 맞지 않으면 ValueError, 수가 아니면 TypeError."""
    found = paired(samples)
    if not found:
        raise ValueError('표본(samples)이 하나도 없습니다. (x, y) 를 하나 이상 주세요.')
    return [
        (_numbers(x, f'표본 {i} 의 입력 x', nin, f'길이가 {nin} 이어야'), _target(f'표본 {i} 의 목표 y', y, outputs, loss))
        for i, (x, y) in enumerate(found)
    ]


def _target(whose: str, y: Any, outputs: int, loss: Callable) -> Any:
    if not isinstance(loss, Loss):
        return y.tolist() if hasattr(y, 'tolist') else y
    ys = _numbers(loss.vector(y, outputs), whose, outputs, f'출력마다 하나씩 {outputs}개이거나 클래스 번호(int)여야')
    if not loss.takes(ys):
        other, chosen = loss.classes
        raise ValueError(f'{whose} 는 {loss.targets}입니다. {ys} 입니다. 클래스는 {other} 과 {chosen} 로 적습니다.')
    return ys


def paired(samples: Any) -> list[tuple[Any, Any]]:
    """쌍의 목록이나 배열의 튜플 (X, Y) 를, 아직 확인하지 않은 (x, y) 의 목록으로."""
    if isinstance(samples, tuple):
        if len(samples) != 2 or not all(hasattr(part, '__len__') for part in samples) or len(samples[0]) != len(samples[1]):
            raise ValueError('표본의 튜플은 길이가 같은 배열 둘 (X, Y) 입니다. 쌍 (x, y) 의 모음은 목록으로 주세요.')
        return list(zip(*[unmasked(part, 'samples') if hasattr(part, '__array__') else part for part in samples], strict=True))
    wanted = '표본(samples)은 쌍 (x, y) 의 목록이나 배열의 튜플 (X, Y) 입니다.'
    found = listed(samples, wanted)
    if not all(isinstance(pair, tuple | list) and len(pair) == 2 for pair in found):
        raise TypeError(wanted)
    return [(x, y) for x, y in found]


def _numbers(xs: Any, whose: str, count: int, wanted: str) -> list[Number]:
    found = [number(x, f'{whose} 는') for x in sequence(xs, f'{whose} 는')]
    if len(found) != count:
        raise ValueError(f'{whose} 는 {wanted} 합니다. {len(found)}개를 받았습니다.')
    wrong = next((x for x in found if x - x != 0), None)
    if wrong is not None:
        raise ValueError(f'{whose} 에 {wrong} 이(가) 있습니다. 유한한 수를 주세요.')
    return found
