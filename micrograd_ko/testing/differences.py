"""200자리 차분(finite difference): 규칙을 쓰지 않고 구한 좌우의 기울기와, 그것을 얼마나 믿을 수 있는지.

200자리로는 간격 h 를 10⁻⁶⁰ 까지 줄일 수 있어 잡음이 없다. 간격마다 10⁻¹⁵ 배가 되므로, 매끄러운 함수의 기울기는 간격마다 덜
움직이고, 끊긴 점(jump)에서는 값의 차이가 그대로이며, 곧추선 점(vertical)에서는 기울기가 끝없이 자란다. 그 어느 것도 아니면
자리를 잡지 않은 것이다: 간격이 아직 함수의 결보다 크거나(10⁶⁰ 에서의 sin), 200자리로도 모자라다.
"""

from collections.abc import Callable
from functools import cached_property
from typing import Any

from micrograd_ko.kinds.precise import MP
from micrograd_ko.operation import EDGE_ERRORS

STEPS = tuple([MP.mpf(10) ** -k for k in (30, 45, 60)])
NARROWER = tuple([MP.mpf(10) ** -k for k in (45, 90)])  # 자리를 잡지 않으면 간격을 이만큼 더 줄여 본다
SETTLED = MP.mpf(10) ** -10  # 두 수가 이만큼(상대) 가까우면 같다
SMALLEST_SCALE = MP.mpf(10) ** -25  # 이보다 작은 x 에서는 간격을 x 에 견주지 않아도 된다
SHRINKS = MP.mpf(10) ** -5  # 간격이 10⁻¹⁵ 배가 될 때 이만큼 줄면 0 으로 간다


class Slopes:
    """줄어드는 간격마다의 왼쪽과 오른쪽 기울기.

    left, right  간격마다의 기울기. 그쪽이 정의역 밖이면 빈 튜플.
    steps        간격.
    floor        200자리의 반올림이 마지막 기울기에 남기는 오차.
    """

    def __init__(self, left: tuple, right: tuple, steps: tuple, floor: Any) -> None:
        self.left, self.right, self.steps, self.floor = left, right, steps, floor
        self.sides = [side for side in (left, right) if side]
        self.gaps = [abs(a - b) for a, b in zip(left, right, strict=False)]
        self.middles = [(a + b) / 2 for a, b in zip(left, right, strict=True)] if self.gaps else list(left or right)

    @property
    def drowned(self) -> bool:
        """반올림이 기울기를 가린다."""
        return not self.middles or bool(self.floor > SETTLED * abs(self.middles[-1]))

    @property
    def settled(self) -> bool:
        """무엇인지 안다: 기울기가 있거나, 꺾였거나, 곧추섰다."""
        return self.kink or self.central is not None or self.vertical is not None

    @cached_property
    def converged(self) -> bool:
        """있는 쪽의 기울기가 모두 자리를 잡는다."""
        return bool(self.sides) and all(self._shrinks(abs(c - b), abs(b - a), abs(c)) for a, b, c in self.sides)

    @cached_property
    def smooth(self) -> bool:
        """양쪽이 있고 서로 가까워진다."""
        if not self.gaps or not self.converged:
            return False
        return self._shrinks(self.gaps[-1], self.gaps[-2], max(abs(self.left[-1]), abs(self.right[-1])))

    @cached_property
    def jump(self) -> bool:
        """끊긴 점(discontinuity): 간격이 줄어도 값의 차이 h·기울기가 0 아닌 채 그대로다."""
        rises = [(side[-2] * self.steps[-2], side[-1] * self.steps[-1]) for side in self.sides]
        lost = self.floor * self.steps[-1]
        return any(abs(last - before) <= SETTLED * abs(last) and abs(last) > lost for before, last in rises)

    @property
    def kink(self) -> bool:
        return self.jump or (bool(self.gaps) and self.converged and not self.smooth)

    @cached_property
    def vertical(self) -> Any:
        """곧추선 점(vertical tangent): 기울기가 한 부호로 끝없이 자라면 그 부호의 inf. 아니면 None."""
        grows = all(abs(c) * SHRINKS > abs(b) + self.floor and b * c > 0 for _, b, c in self.sides)
        signs = {bool(side[-1] > 0) for side in self.sides}
        return None if self.jump or not grows or len(signs) != 1 else MP.inf if True in signs else -MP.inf

    @property
    def central(self) -> Any:
        """미분: 매끄러우면 가운데 차분, 정의역의 끝이면 한쪽 기울기. 값이 정해지지 않으면 None."""
        if not (self.smooth or (not self.gaps and self.converged and not self.jump)):
            return None
        last, before = self.middles[-1], self.middles[-2]
        return MP.mpf(0) if abs(last) <= SHRINKS * abs(before) else last  # 간격과 함께 0 으로 간다

    @property
    def shown(self) -> Any:
        """판정의 표에 적을 참값: float, 꺾인 점이면 좌우의 쌍, 모르면 None."""
        if self.kink and self.gaps:
            return float(self.left[-1]), float(self.right[-1])
        truth = self.central if self.vertical is None else self.vertical
        return None if truth is None else float(truth)

    @property
    def uncertainty(self) -> Any:
        """`central` 의 오차: 반올림, 그리고 간격이 남긴 항."""
        return self.floor + abs(self.middles[-1] - self.middles[-2]) + (self.gaps[-1] if self.gaps else 0)

    def between(self, gradient: Any) -> bool:
        """꺾인 점에서: gradient 가 왼쪽과 오른쪽 기울기 사이에 있는가. 끊긴 점에서는 유한한 어떤 약속이든 받는다."""
        if self.jump:
            return bool(MP.isfinite(gradient))
        low, high = sorted((self.left[-1], self.right[-1]))
        slack = SETTLED * max(abs(low), abs(high)) + self.floor
        return bool(low - slack <= gradient <= high + slack)

    def _shrinks(self, last: Any, before: Any, size: Any) -> bool:
        return bool(last <= max(SETTLED * size, SHRINKS * before) + self.floor)


def precise_slopes(f: Callable[[Any], Any], x: Any, noise: Any) -> Slopes:
    """f 의 x 에서의 양쪽 기울기를 200자리로. f 는 mpmath 수 하나를 받고, noise 는 f 의 값의 반올림 오차다."""
    scale = abs(x) or MP.mpf(1)
    slopes = _at_scale(f, x, noise, scale)
    if slopes.drowned and abs(x) < SMALLEST_SCALE:  # x 에 견준 간격이 200자리의 반올림에 묻힌다
        wider = _at_scale(f, x, noise, SMALLEST_SCALE)
        return wider if wider.smooth else slopes  # 넓은 간격은 가까운 꺾인 점을 넘어갈 수 있다
    for factor in () if slopes.settled or not slopes.sides else NARROWER:
        narrow = _at_scale(f, x, noise, scale * factor)
        if narrow.settled and not narrow.drowned:
            return narrow
    return slopes


def _at_scale(f: Callable[[Any], Any], x: Any, noise: Any, scale: Any) -> Slopes:
    middle, steps = f(x), tuple([h * scale for h in STEPS])

    def side(sign: int) -> tuple:
        try:
            return tuple([(f(x + sign * h) - middle) / (sign * h) for h in steps])
        except EDGE_ERRORS:
            return ()

    return Slopes(side(-1), side(1), steps, 4 * noise / steps[-1])
