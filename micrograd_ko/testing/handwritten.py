"""손으로 적은 기울기(hand-written gradient): 보통 수나 NumPy 배열의 함수와 그 기울기를 float 차분으로 검사한다."""

from collections.abc import Callable, Sequence
from numbers import Real
from typing import Any

import numpy as np

from micrograd_ko.kinds.arrays import floats
from micrograd_ko.misuse import listed
from micrograd_ko.testing.float_differences import judged
from micrograd_ko.testing.recorded import input_names
from micrograd_ko.testing.verdicts import Verdict

__tracebackhide__ = True  # pytest 는 사용자의 코드만 보인다


def verdicts(f: Callable[..., Any], xs: Sequence[Any], gradient: Callable[..., Any]) -> list[Verdict]:
    """f(*xs) 의 기울기라는 gradient(*xs) 를 수마다 판정한다. 배열의 칸은 w[0,1] 처럼 적는다.

    f 가 수 하나를 주지 않으면 TypeError, gradient 가 xs 와 같은 꼴이 아니면 ValueError.
    """
    names = input_names(f, len(xs))
    arrays = [floats(x, f'gradcheck 의 입력 {name}').astype(np.float64) for x, name in zip(xs, names, strict=True)]
    value = f(*_given(xs, arrays))
    if not isinstance(np.asarray(value)[()], Real):
        raise TypeError(f'gradient= 를 주면 f 는 보통 수 하나를 돌려줘야 합니다. {type(value).__name__} 을(를) 돌려받았습니다.')
    found = gradient(*_given(xs, arrays))
    alone = not hasattr(found, '__len__') or (len(arrays) == 1 and floats(found, 'gradient').shape == arrays[0].shape)
    parts = [found] if alone else listed(found, 'gradient 는 xs 의 차례로 기울기를 돌려줘야 합니다.')
    slopes = [floats(part, 'gradient').astype(np.float64) for part in parts]
    wanted, given = [x.shape for x in arrays], [d.shape for d in slopes]
    if wanted != given:
        raise ValueError(f'gradient 는 xs 와 같은 꼴(shape) {wanted} 이어야 합니다. {given} 을(를) 돌려받았습니다.')
    judgements = []
    for k, name in enumerate(names):
        for place in np.ndindex(arrays[k].shape):
            x, d = float(arrays[k][place]), float(slopes[k][place])
            cell = f'{name}[{",".join(map(str, place))}]' if place else name
            judgements.append(Verdict(cell, x, d, *judged(_along(f, xs, arrays, k, place), x, d)))
    return judgements


def _given(xs: Sequence[Any], arrays: Sequence[np.ndarray]) -> list:
    """사용자의 함수에 줄 것: 수였던 것은 float, 나머지는 배열. 함수가 고쳐도 되는 새것이다."""
    return [array.copy() if np.ndim(x) else float(array) for x, array in zip(xs, arrays, strict=True)]


def _along(f: Callable, xs: Sequence[Any], arrays: Sequence[np.ndarray], k: int, place: tuple) -> Callable[[float], float]:
    """k 번째 입력의 place 칸만의 함수."""

    def along(value: float) -> float:
        moved = [array.copy() for array in arrays]
        moved[k][place] = value
        z = f(*_given(xs, moved))
        if isinstance(z, complex):  # 파이썬은 음수의 1.5 제곱을 복소수로 준다: 정의역 밖이다
            raise ValueError
        return float(z)

    return along
