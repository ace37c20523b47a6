"""그림의 색. 부호는 색으로, 크기는 짙기로: 색각이 다른 사람도 가르는 파랑(+)과 주황(−)을 쓴다."""

import math
import sys
from collections.abc import Iterable
from typing import Any

INK, FAINT = '#1f2933', '#46515e'  # 글. FAINT 도 아래의 어느 바탕에서나 대비(contrast)가 4.5 : 1 을 넘는다
ASIDE = '#f4f6f8'  # 상자 밖의 글의 바탕
OUTSIDE = '#808890'  # 상자 밖의 선: 흰 바탕과 검은 바탕에서 모두 보인다
WARNING = '#ffb3c7'
KINDS = {  # 상자의 종류: (제목의 바탕, 테두리)
    'input': ('#dfe5ec', '#6b7785'), 'hidden': ('#cfe8e3', '#3d7f74'), 'output': ('#dcd6f2', '#6a58b0'),
    'leaf': ('#dfe5ec', '#6b7785'), 'op': ('#cfe8e3', '#3d7f74'),
    'loss': ('#f7d9de', '#b0485c'), 'root': ('#f7d9de', '#b0485c'),
}  # fmt: skip
_POSITIVE, _NEGATIVE = (0x4A, 0x90, 0xD9), (0xE8, 0x85, 0x2B)
_STEPS = 10  # 짙기의 수준. 마지막 비트가 다른 기계에서도 같은 색이 나온다


def largest(numbers: Iterable[Any]) -> float:
    """유한한 수들의 가장 큰 절댓값. 하나도 없으면 0."""
    sizes = [_size(x) for x in numbers if x is not None]
    return max([size for size in sizes if math.isfinite(size)], default=0.0)


def tint(x: Any, scale: float) -> str:
    """x 의 칸을 칠할 색: scale 이 가장 짙다. None 이거나 scale 이 0 이면 흰색, 유한하지 않으면 경고의 색."""
    if x is None:
        return 'white'
    strength = depth(x, scale)
    return WARNING if strength is None else _mixed(x, strength)


def depth(x: Any, scale: float) -> float | None:
    """칸을 칠할 짙기: 0 에서 0.8, 제곱근이라 작은 수도 부호가 보인다. 유한하지 않으면 None."""
    size = _size(x)
    if not math.isfinite(size):
        return None
    return 0.8 * (round(math.sqrt(min(size / scale, 1)) * _STEPS) / _STEPS if scale else 0.0)


def stroke(x: Any, scale: float) -> tuple[str, float]:
    """가중치 x 로 이어진 선의 (색, 굵기)."""
    strength = depth(x, scale)
    return (WARNING, 2.0) if strength is None else (_mixed(x, 1.0), 0.5 + 2.5 * strength)


def _size(x: Any) -> float:
    """절댓값. float 의 범위를 넘는 정수와 분수는 가장 큰 float 다."""
    return abs(x) if isinstance(x, float) else float(min(abs(x), sys.float_info.max))


def _mixed(x: Any, strength: float) -> str:
    """x 의 부호의 색을 흰색에 strength 만큼 섞은 것."""
    parts = [round(255 + (part - 255) * strength) for part in (_POSITIVE if x > 0 else _NEGATIVE)]
    return '#' + ''.join([f'{part:02x}' for part in parts])
