"""float 차분: 값을 float 로만 주는 함수의 기울기와 그 오차.

두 오차가 다툰다. 간격 h 가 크면 버린 항이, 작으면 반올림 η/h 가 크다. 간격마다의 차분을 h → 0 으로 외삽(Richardson extrapolation;
Ridders 1982)하되, 두 가지를 짐작하지 않고 잰다.
  * η: 아주 가까운 점들의 값이 고르지 않은 만큼(Moré·Wild 2011 의 차분표). 그보다 넓은 계단도 찾는다: 작은 x 에서 1 − cos x 의
    값은 듬성듬성 뛰고, 계단 하나 위에서는 매끄러워 보인다.
  * 간격의 한계: 작은 간격에서 시작해 넓혀 가다가, 앞선 어림과 η 로 설명되지 않게 달라지는 첫 간격에서 멈춘다(Lepski 의 방법).
    그 너머에는 극점이나 꺾인 점이 있거나, 물결을 건너뛴 것이다. 세 간격도 서로 맞지 않으면 아무것도 모르는 것이다.
"""

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from micrograd_ko.operation import EDGE_ERRORS

FINEST, WIDEST = 47, 1  # 간격은 x 를 덮는 2의 거듭제곱의 2⁻⁴⁷ … 2⁻¹ 배: x 의 64 ulp 에서 x 까지
SMALLEST = 2.0**-960  # 0 이 아니면서 이보다 작은 x 에는 놓을 간격이 없다
NEARBY = (67, 101, 157)  # 반올림을 재는 점들의 간격, ulp 로. 서로 다른 홀수라야 아래 자리의 반올림이 고루 보인다
CLEAR = 1000  # 값의 변화가 반올림의 이만큼은 되어야 기울기를 말한다
COLUMNS = 4  # 외삽하는 간격의 수
AGREEING = 3  # 적어도 이만큼의 간격이 서로 맞아야 한다
RESOLVED = 2.5e-4  # 차분의 오차가 이보다(상대) 작아야 인수 1.001 을 가려낸다
NOTICEABLE = 1e-6  # 반올림이라도 이보다(상대) 크면 눈에 띈다
OCTAVES = 6  # 계단은 어림이 멈춘 간격에서 이만큼(2배씩) 넓혀 가며 찾는다
HALVINGS = 24  # 계단의 자리를 이만큼 둘로 나누어 찾는다
FLAT = 1e-9  # 기울기 0 은 차분이 0 에서 이만큼(함수의 변화에 견주어) 안이면 옳다


class Estimate(NamedTuple):
    """차분의 외삽과 그 오차의 한계."""

    slope: float
    error: float


class Ruling(NamedTuple):
    """한 입력에서 본 것: 차분(꺾인 점이면 좌우의 쌍, 모르면 None)과 판정."""

    expected: Any
    verdict: str


def judged(f: Callable[[float], float], x: float, gradient: float, noise: float = 0.0) -> Ruling:
    """f 의 x 에서의 기울기라는 gradient 를 차분으로 판정한다. noise 는 이미 아는 f 의 값의 절대 오차."""
    if 0 < abs(x) < SMALLEST:
        return Ruling(None, 'noisy')
    samples = _Samples(f, x, noise)
    samples.find_stairs()
    if samples.blind(gradient):
        return Ruling(None, 'noisy')
    behind, ahead = samples.slope(-1), samples.slope(1)
    slack = 4 * (behind.error + ahead.error)
    if abs(behind.slope - ahead.slope) > slack:
        low, high = sorted((behind.slope, ahead.slope))
        return Ruling((behind.slope, ahead.slope), 'kink' if low - slack <= gradient <= high + slack else 'wrong')
    found = samples.slope(samples.inside())
    if not math.isfinite(found.error):
        return Ruling(None, 'noisy')
    return Ruling(found.slope, _settled(gradient, found, samples.variation()))


def _settled(gradient: float, found: Estimate, variation: float) -> str:
    if not math.isfinite(gradient):
        return 'wrong' if variation == 0 or found.error <= RESOLVED * max(abs(found.slope), variation) else 'noisy'
    size, gap = max(abs(found.slope), abs(gradient)), abs(gradient - found.slope)
    allowed = found.error + NOTICEABLE * size
    if gap > 10 * allowed:
        return 'wrong'
    flat = gradient == 0 and (variation == 0 or found.error <= FLAT * variation)
    return 'ok' if gap <= allowed and (flat or found.error <= RESOLVED * size) else 'noisy'


class _Samples:
    """f 의 x 둘레의 값: 간격마다 x − h, x, x + h. 정의되지 않은 곳의 값은 nan. noise 는 값의 반올림(η)."""

    def __init__(self, f: Callable[[float], float], x: float, noise: float) -> None:
        scale = 2.0 ** math.frexp(x or 1.0)[1]
        self.f, self.x = f, x
        self.steps = [scale * 2.0**-k for k in range(FINEST, WIDEST - 1, -1)]
        self.middle = self._at(0.0)
        self.sides = {sign: [self._at(sign * h) for h in self.steps] for sign in (-1, 1)}
        ulp = self.steps[0] / 64
        self.noise = noise + 8 * max([measured_noise([self._at(j * n * ulp) for j in range(-4, 5)]) for n in NEARBY])

    def _at(self, h: float) -> float:
        try:
            return self.f(self.x + h)
        except EDGE_ERRORS:
            return math.nan

    def slope(self, side: int) -> Estimate:
        """왼쪽(−1), 오른쪽(1), 또는 가운데(0) 차분의 외삽. 세 간격이 서로 맞지 않으면 오차는 inf."""
        agreed = self._agreeing(side)
        best = min(agreed, key=lambda estimate: estimate.error, default=Estimate(0.0, math.inf))
        return best if len(agreed) >= AGREEING else Estimate(best.slope, math.inf)

    def inside(self) -> int:
        """정의역의 끝이면 안쪽(−1 이나 1), 아니면 0."""
        left, right = (any(map(math.isfinite, self.sides[sign])) for sign in (-1, 1))
        return right - left

    def variation(self) -> float:
        """가장 넓은 간격에서 값이 변한 빠르기."""
        changes = [abs(side[-1] - self.middle) for side in self.sides.values()]
        return max([change for change in changes if math.isfinite(change)], default=0.0) / self.steps[-1]

    def blind(self, gradient: float) -> bool:
        """값이 기울기를 보여 주지 않는가: 변화가 반올림에 묻히거나, 변하지 않았고 gradient 만큼 변해도 반올림보다 작다."""
        seen = [y for y in (self.middle, *self.sides[-1], *self.sides[1]) if math.isfinite(y)]
        spread = max(seen, default=0.0) - min(seen, default=0.0)
        if spread:
            return spread < CLEAR * self.noise
        return 0 < abs(gradient) * self.steps[-1] <= math.ulp(max(1.0, abs(self.x), abs(self.middle)))

    def find_stairs(self) -> None:
        """어림이 멈춘 간격 너머에서 값이 계단처럼 뛰면 그 높이도 반올림이다."""
        heights = [0.0]
        for side in (-1, 1):
            agreed = self._agreeing(side)
            if len(agreed) >= AGREEING:
                slope = min(agreed, key=lambda estimate: estimate.error).slope
                ends = self.steps[len(agreed) - 1 :][: OCTAVES + 1]
                heights += [self._jump(side, slope, *pair) for pair in itertools.pairwise(ends)]
        self.noise += max(heights)

    def _agreeing(self, side: int) -> list[Estimate]:
        """작은 간격부터, 앞선 어림 모두와 반올림 안에서 맞는 동안의 어림들."""
        slopes, noises = self._differences(side)
        agreed: list[Estimate] = []
        for k in range(len(slopes) - 1):
            found = _from_step(slopes[k : k + COLUMNS], noises[k], 1 if side else 2)
            apart = [abs(found.slope - e.slope) > 8 * (noises[k] + noises[j]) for j, e in enumerate(agreed)]
            if not math.isfinite(found.error) or any(apart):
                break
            agreed.append(found)
        return agreed

    def _differences(self, side: int) -> tuple[list[float], list[float]]:
        """간격마다의 차분과 그 반올림."""
        fixed = [self.middle] * len(self.steps)
        low, high = (self.sides[sign] if side in (0, sign) else fixed for sign in (-1, 1))
        slopes, noises = [], []
        for y, z, h in zip(low, high, self.steps, strict=True):
            width = h if side else 2 * h
            slopes.append((z - y) / width)
            noises.append((self.noise + 4 * math.ulp(max(abs(y), abs(z), abs(self.middle)))) * 2 / width)
        return slopes, noises

    def _jump(self, side: int, slope: float, low: float, high: float) -> float:
        """간격 low 와 high 사이에서, 기울기를 뺀 값이 뛰는 높이. 이어져 있으면(꺾인 점이나 굽은 곳) 0."""

        def bent(h: float) -> float:
            return self._at(side * h) - side * h * slope

        start, end = bent(low), bent(high)
        whole = abs(end - start)
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            value = bent(middle)
            if abs(end - value) > abs(value - start):
                low, start = middle, value
            else:
                high, end = middle, value
        height = abs(end - start)
        return height if 2.0 ** (-HALVINGS / 2) * whole < height < 4 * whole else 0.0  # 극점에서는 끝없이 높아진다


def measured_noise(values: Sequence[float]) -> float:
    """고르게 놓인 아주 가까운 점들의 값에서 반올림의 크기를 어림한다: k 계 차분(k ≥ 3)에는 매끄러운 부분이 남지 않는다."""
    found, row = [], [y for y in values if math.isfinite(y)]
    for k in range(1, min(7, len(row))):
        row = [b - a for a, b in itertools.pairwise(row)]
        if k >= 3:
            found.append(math.sqrt(sum([d * d for d in row]) / len(row) / math.comb(2 * k, k)))
    return min(found, default=0.0)


def _from_step(slopes: list[float], noise: float, order: int) -> Estimate:
    """Neville 의 표: 첫 간격의 차분을 넓은 간격의 것으로 다듬고, 가장 덜 흔들린 값을 고른다."""
    best, column, factor = Estimate(slopes[0], math.inf), slopes, 2.0**order
    while len(column) > 1:
        new = [a + (a - b) / (factor - 1) for a, b in itertools.pairwise(column)]
        wobble = max(abs(new[0] - column[0]), abs(new[0] - column[1]))
        best = min(best, Estimate(new[0], 2 * wobble + 8 * noise), key=lambda estimate: estimate.error)
        column, factor = new, factor * 2.0**order
    return best
