"""그림의 색. 부호는 색으로, 크기는 짙기로: 색각이 다른 사람도 가르는 파랑(+)과 주황(−)을 쓴다.

글은 밝은 상자 안에서는 짙게, 상자 밖에서는 흰 바탕과 검은 바탕에서 모두 읽히는 회색으로 적는다.
"""

import math
import sys
from collections.abc import Iterable
from typing import Any

INK, FAINT, OUTSIDE = '#1f2933', '#5f6b7a', '#808890'
WARNING = '#ffb3c7'
KINDS = {  # 상자의 종류: (제목의 바탕, 테두리)
    'input': ('#dfe5ec', '#6b7785'),
    'hidden': ('#cfe8e3', '#3d7f74'),
    'output': ('#dcd6f2', '#6a58b0'),
    'loss': ('#f7d9de', '#b0485c'),
    'leaf': ('#dfe5ec', '#6b7785'),
    'op': ('#cfe8e3', '#3d7f74'),
    'root': ('#f7d9de', '#b0485c'),
}
_POSITIVE, _NEGATIVE = (0x4A, 0x90, 0xD9), (0xE8, 0x85, 0x2B)
_STEPS = 10  # 짙기의 단계. 마지막 비트가 다른 기계에서도 같은 색이 나온다


def largest(numbers: Iterable[Any]) -> float:
    """유한한 수들의 가장 큰 절댓값. 하나도 없으면 0."""
    sizes = [abs(_float(x)) for x in numbers if x is not None]
    return max([size for size in sizes if math.isfinite(size)], default=0.0)


def tint(x: Any, scale: float) -> str:
    """x 의 칸을 칠할 색: scale 이 가장 짙다. None 이거나 scale 이 0 이면 흰색, 유한하지 않으면 경고의 색."""
    if x is None:
        return 'white'
    if not math.isfinite(_float(x)):
        return WARNING
    depth = _depth(x, scale) * 0.8
    return _hex([round(255 + (part - 255) * depth) for part in _hue(x)])


def stroke(x: Any, scale: float) -> tuple[str, float]:
    """가중치 x 로 이어진 선의 (색, 굵기)."""
    if not math.isfinite(_float(x)):
        return WARNING, 2.0
    return _hex(_hue(x)), 0.5 + 2 * _depth(x, scale)


def _float(x: Any) -> float:
    try:
        return float(x)
    except OverflowError:  # float 의 범위를 넘는 정수와 분수
        return sys.float_info.max if x > 0 else -sys.float_info.max


def _depth(x: Any, scale: float) -> float:
    """0 에서 1. 제곱근이라 작은 수도 부호가 보이고, 큰 수가 더 짙은 것은 그대로다."""
    return round(math.sqrt(min(abs(_float(x)) / scale, 1)) * _STEPS) / _STEPS if scale else 0.0


def _hue(x: Any) -> tuple[int, int, int]:
    return _POSITIVE if x > 0 else _NEGATIVE


def _hex(parts: Iterable[int]) -> str:
    return '#' + ''.join(f'{part:02x}' for part in parts)
