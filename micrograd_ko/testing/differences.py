"""차분(finite difference): 규칙을 쓰지 않고 구한 기울기와, 그 차분을 얼마나 믿을 수 있는지.

200자리로는 걸음 h 를 10⁻⁶⁰ 까지 줄일 수 있어 잡음이 없다(`precise_slopes`). float 로는 두 오차가 다툰다. h 가 크면 버린
항이, 작으면 반올림 η/h 가 크다. 그래서 여러 h 의 차분을 h → 0 으로 외삽(Richardson extrapolation; Ridders 1982)하고, 외삽이
흔들린 폭과 η/h 를 더한 것이 가장 작은 것을 그 폭과 함께 돌려준다(`float_slope`).
"""

import math
from collections.abc import Callable
from functools import cached_property
from typing import Any, NamedTuple

from micrograd_ko.kinds.precise import MP
from micrograd_ko.operation import EDGE_ERRORS

STEPS = tuple([MP.mpf(10) ** -k for k in (30, 45, 60)])
SETTLED = MP.mpf(10) ** -10  # 기울기 둘이 이만큼(상대) 가까우면 같다
SMALLEST_SCALE = MP.mpf(10) ** -25  # 이보다 작은 x 에서는 걸음을 x 에 견주지 않아도 된다
SHRINKS = MP.mpf(10) ** -5  # 걸음이 10⁻¹⁵ 배가 될 때 좌우의 차이가 이만큼 줄면 매끄럽다


class Slopes:
    """줄어드는 걸음마다의 왼쪽과 오른쪽 기울기.

    left, right  걸음마다의 기울기. 그쪽이 정의역 밖이면 빈 튜플.
    floor        200자리의 반올림이 마지막 기울기에 남기는 오차.
    """

    def __init__(self, left: tuple, right: tuple, floor: Any) -> None:
        self.left, self.right, self.floor = left, right, floor
        self.gaps = [abs(a - b) for a, b in zip(left, right, strict=False)]
        self.middles = [(a + b) / 2 for a, b in zip(left, right, strict=True)] if self.gaps else list(left or right)

    @cached_property
    def smooth(self) -> bool:
        """양쪽이 있고 걸음이 줄면 서로 가까워진다."""
        if not self.gaps or self.jump:
            return False
        size = max(abs(self.left[-1]), abs(self.right[-1]))
        return bool(self.gaps[-1] <= max(SETTLED * size, SHRINKS * self.gaps[-2]) + self.floor)

    @property
    def drowned(self) -> bool:
        """반올림이 기울기를 가린다."""
        return not self.middles or bool(self.floor > SETTLED * abs(self.middles[-1]))

    @cached_property
    def jump(self) -> bool:
        """끊긴 점(discontinuity): 걸음이 줄면 양쪽을 지나는 기울기가 끝없이 커진다."""
        return bool(self.gaps) and bool(abs(self.middles[-1]) * SHRINKS > abs(self.middles[-2]) + self.floor)

    @property
    def kink(self) -> bool:
        return bool(self.gaps) and not self.smooth

    @property
    def central(self) -> Any:
        """미분: 매끄러우면 가운데 차분, 정의역의 끝이면 한쪽 기울기. 값이 정해지지 않으면 None."""
        if self.kink or not self.middles:
            return None
        return self.middles[-1] if self.smooth or self._moved <= SETTLED * abs(self.middles[-1]) + self.floor else None

    @property
    def uncertainty(self) -> Any:
        """`central` 의 오차: 반올림, 그리고 걸음이 남긴 항."""
        return self.floor + self._moved + (self.gaps[-1] if self.gaps else 0)

    def between(self, gradient: Any) -> bool:
        """꺾인 점에서: gradient 가 왼쪽과 오른쪽 기울기 사이에 있는가. 끊긴 점에는 미분이 없으므로 어떤 약속이든 받는다."""
        if self.jump:
            return True
        low, high = sorted((self.left[-1], self.right[-1]))
        slack = SETTLED * max(abs(low), abs(high)) + self.floor
        return bool(low - slack <= gradient <= high + slack)

    @cached_property
    def _moved(self) -> Any:
        """마지막 걸음에서 기울기가 움직인 크기."""
        return abs(self.middles[-1] - self.middles[-2])


def precise_slopes(f: Callable[[Any], Any], x: Any, noise: Any) -> Slopes:
    """f 의 x 에서의 양쪽 기울기를 200자리로. f 는 mpmath 수 하나를 받고, noise 는 f 의 값의 반올림 오차다."""
    slopes = _at_scale(f, x, noise, abs(x) or MP.mpf(1))
    if slopes.drowned and abs(x) < SMALLEST_SCALE:  # x 에 견준 걸음이 200자리의 반올림에 묻힌다
        wider = _at_scale(f, x, noise, SMALLEST_SCALE)
        return wider if wider.smooth else slopes  # 넓은 걸음은 가까운 꺾인 점을 넘어갈 수 있다
    return slopes


def _at_scale(f: Callable[[Any], Any], x: Any, noise: Any, scale: Any) -> Slopes:
    middle = f(x)

    def side(sign: int) -> tuple:
        try:
            return tuple([(f(x + sign * h * scale) - middle) / (sign * h * scale) for h in STEPS])
        except EDGE_ERRORS:
            return ()

    return Slopes(side(-1), side(1), 4 * noise / (STEPS[-1] * scale))


class Estimate(NamedTuple):
    """float 차분의 외삽과 그 오차의 한계. 한쪽 기울기는 꺾인 점을 알아보는 데 쓴다."""

    slope: float
    error: float


def float_slope(f: Callable[[float], float], x: float, noise: float, side: int = 0) -> Estimate:
    """f′(x) 의 어림과 오차. noise 는 f 의 값의 절대 오차. side 가 −1 이나 1 이면 그쪽에서만 다가간다."""
    best = Estimate(0.0, math.inf)
    row: list[float] = []
    step = 2.0 ** math.frexp(abs(x) or 1.0)[1] / 8
    for _ in range(36):
        low, high = (x if side > 0 else x - step), (x if side < 0 else x + step)
        try:
            slope = (f(high) - f(low)) / (high - low)
        except EDGE_ERRORS:
            slope = math.nan
        if math.isfinite(slope):
            found = _extrapolate(row, slope, 2 * noise / (high - low), order=1 if side else 2)
            best = min(best, found, key=lambda estimate: estimate.error)
        else:
            row = []
        step /= 2
    return best


def _extrapolate(row: list[float], slope: float, noise: float, order: int) -> Estimate:
    """Neville 의 표에 한 줄을 더하고(row 를 바꾼다), 그 줄에서 가장 덜 흔들린 값을 고른다."""
    new, best, factor = [slope], Estimate(slope, math.inf), 2.0**order
    for previous in row[:6]:
        new.append(new[-1] + (new[-1] - previous) / (factor - 1))
        wobble = max(abs(new[-1] - new[-2]), abs(new[-1] - previous))
        best = min(best, Estimate(new[-1], 2 * wobble + 4 * noise), key=lambda e: e.error)
        factor *= 2.0**order
    row[:] = new
    return best
