"""기울기 검사(gradient check): `gradcheck(f, xs)` 는 f 의 기울기가 옳은지 입력마다 판정(verdict)한다.

  ok     같다. 차이는 반올림으로 설명된다.
  kink   꺾인 점: 좌우 기울기가 다르고 기울기가 그 사이에 있다. 약속을 따른 것이지 틀린 것이 아니다.
  noisy  차분이 자리를 잡지 않아 판정할 수 없다. 짐작하지 않는다.
  wrong  틀렸다. 두 수와 상대 오차, 국소 미분이 처음으로 어긋난 연산을 알린다. `GradcheckError` 가 난다.

표의 연산으로 된 그래프는 200자리로 다시 계산해 검산하므로 잡음이 없다. 그럴 수 없는 함수는 float 차분의 외삽과 오차 한계로 본다.

>>> from micrograd_ko import ops
>>> print(gradcheck(lambda x, y: ops.relu(x) * y, [0.0, 3.0]))
입력   값  기울기       참값  상대 오차  판정
x0    0.0     0.0  0.0 … 3.0          -  kink
x1    3.0     0.0        0.0          0  ok
"""

import contextlib
import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from micrograd_ko.derivatives import grad
from micrograd_ko.engine import Value
from micrograd_ko.kinds.bounds import Bounded
from micrograd_ko.kinds.precise import MP, PrecisionError, exact
from micrograd_ko.number import Number
from micrograd_ko.operation import EDGE_ERRORS
from micrograd_ko.reverse import bounded_sweep
from micrograd_ko.staleness import replay
from micrograd_ko.testing.differences import Slopes, float_slope
from micrograd_ko.testing.recorded import Recording, departure, is_exact, locals_of, precise_replay, replay_noise, rule_gradient
from micrograd_ko.testing.straight_line import StraightLine
from micrograd_ko.writing.tables import Table

STRICT = MP.mpf(10) ** -20  # 상수가 정확한 규칙의 200자리 기울기와 차분이 다를 수 있는 상대 크기
NEGLIGIBLE = MP.mpf(10) ** -50  # 차분의 오차가 이보다 작으면 0 인 기울기와 구별하지 않아도 된다
NOTICEABLE = 1e-6  # 반올림이라도 이보다(상대) 크면 알린다
RESOLVED = 2.5e-4  # 차분의 오차가 이보다(상대) 작아야 인수 1.001 을 가려낸다


class Verdict(NamedTuple):
    """입력 하나의 판정. gradient 는 엔진의 기울기, expected 는 차분(꺾인 점이면 좌우의 쌍, 모르면 None)."""

    name: str
    x: Number
    gradient: Number
    expected: Any
    verdict: str
    note: str = ''

    @property
    def relative_error(self) -> float | None:
        if not isinstance(self.expected, float) or not math.isfinite(self.gradient):
            return None
        size = max(abs(self.expected), abs(float(self.gradient)))
        return abs(float(self.gradient) - self.expected) / size if size else 0.0

    @property
    def cells(self) -> tuple[str, ...]:
        truth = '모름' if self.expected is None else repr(self.expected)
        if isinstance(self.expected, tuple):
            truth = ' … '.join([repr(float(f'{d:.10g}')) for d in self.expected])
        error = '-' if self.relative_error is None else f'{self.relative_error:.2g}'
        return self.name, repr(self.x), repr(self.gradient), truth, error, self.verdict


class Report:
    """입력마다의 판정 `verdicts`. `str()` 은 표다."""

    def __init__(self, verdicts: Sequence[Verdict]) -> None:
        self.verdicts = list(verdicts)

    @property
    def wrong(self) -> list[Verdict]:
        return [v for v in self.verdicts if v.verdict == 'wrong']

    def __str__(self) -> str:
        table = Table(('입력', '값', '기울기', '참값', '상대 오차', '판정'), [v.cells for v in self.verdicts], 'lrrrrl')
        return '\n'.join([*table.lines(), *[f'{v.name}: {v.note}' for v in self.verdicts if v.note]])

    __repr__ = __str__


class GradcheckError(AssertionError):
    """틀린 기울기. `report` 에 모든 판정이 있다."""

    def __init__(self, report: Report, program: str = '') -> None:
        self.report, self.program = report, program
        super().__init__(f'기울기(gradient)가 틀렸습니다.\n{report}{program}')

    def __reduce__(self) -> tuple:
        return GradcheckError, (self.report, self.program)


def gradcheck(f: Callable[..., Value], xs: Sequence[Number], order: int = 1) -> Report:
    """f(*Value) 의 기울기를 xs 에서 검사한다. 틀린 것이 있으면 GradcheckError, 아니면 Report.

    order=2 면 기울기의 그래프(`grad`)도 같은 방법으로 검사한다. f 는 여러 번 불린다.
    """
    if order not in (1, 2):
        raise ValueError(f'order 는 1 이나 2 입니다. {order!r} 을(를) 받았습니다.')
    numbers = [Value(x).data for x in xs]
    verdicts = _check(f, numbers)
    if order == 2:
        for i in range(len(numbers)):
            verdicts += [v._replace(name=f'x{i},{v.name}') for v in _check(_slope_of(f, i), numbers)]
    report = Report(verdicts)
    if report.wrong:
        raise GradcheckError(report, f'\n{f}' if isinstance(f, StraightLine) else '')
    return report


def _slope_of(f: Callable[..., Value], i: int) -> Callable[..., Value]:
    return lambda *values: grad(f(*values), values)[i]


def _check(f: Callable[..., Value], xs: list[Number]) -> list[Verdict]:
    recording = Recording(f, xs)
    recording.root.backward()
    try:
        numbers = precise_replay(recording.order)
        rules = rule_gradient(recording, numbers)
    except (PrecisionError, *EDGE_ERRORS) as error:
        return [_by_differences(f, xs, i, recording, str(error)) for i in range(len(xs))]
    bounds = bounded_sweep(recording.order)[1]
    departures = [departure(f, xs, i, recording) for i in range(len(xs))]
    return [
        _by_differences(f, xs, i, recording, departed) if departed else _by_replay(i, recording, numbers, rules, bounds)
        for i, departed in enumerate(departures)
    ]


# 200자리로 --------------------------------------------------------------------------------------------------------------

def _by_replay(i: int, recording: Recording, numbers: dict, rules: dict | None, bounds: dict[Value, Bounded]) -> Verdict:
    leaf = recording.leaves[i]
    if leaf not in recording.row:
        return Verdict(leaf.name, leaf.data, leaf.grad, 0.0, 'ok', '결과가 이 입력에 매이지 않습니다.')
    slopes, bound = recording.slopes(i, replay_noise(recording, numbers, rules)), bounds[leaf]
    expected: Any = None if slopes.central is None else float(slopes.central)
    if slopes.kink:
        expected = float(slopes.left[-1]), float(slopes.right[-1])

    def judged(verdict: str, note: str = '') -> Verdict:
        return Verdict(leaf.name, leaf.data, leaf.grad, expected, verdict, note)

    if rules is None:
        return judged(*_at_edge(leaf.grad, slopes))
    rule = rules[leaf]
    if not bound.explains(float(exact(leaf.grad) - rule)):
        return judged('wrong', f'backward() 가 규칙을 따른 값 {float(rule)!r} 에서 반올림보다 멀리 있습니다.')
    if slopes.kink and slopes.between(rule):
        return judged('kink')
    if slopes.central is not None and abs(rule - slopes.central) <= _slack(recording, rule, slopes, bound):
        return judged(*_agreed(leaf.grad, slopes, bound))
    return judged(*_blame(recording, i, numbers))


def _slack(recording: Recording, rule: Any, slopes: Slopes, bound: Bounded) -> Any:
    """규칙과 차분이 다를 수 있는 크기. 사용자의 연산은 식에 float 상수가 있을 수 있어 반올림만큼 너그럽다."""
    strict = STRICT * max(abs(rule), abs(slopes.central)) + slopes.uncertainty
    return strict if all(is_exact(node.op) for node in recording.order) else strict + 2 * bound.error


def _agreed(gradient: Number, slopes: Slopes, bound: Bounded) -> tuple[str, str]:
    """규칙과 차분이 같을 때: 차분이 충분히 정확했는가, float 의 기울기가 참값에서 눈에 띄게 먼가."""
    truth = slopes.central
    if slopes.uncertainty > max(RESOLVED * abs(truth), NEGLIGIBLE):
        return 'noisy', '200자리로도 차분이 반올림에 묻힙니다.'
    if abs(exact(gradient) - truth) <= NOTICEABLE * abs(truth):
        return 'ok', ''
    return 'ok', f'규칙은 옳고 차이는 반올림으로 설명됩니다(한계 {bound.error:.2g}).'


def _at_edge(gradient: Number, slopes: Slopes) -> tuple[str, str]:
    """정의역의 끝: 한쪽 기울기가 끝없이 커지면 같은 부호의 inf 가 옳다."""
    side = slopes.left or slopes.right
    if side is not None and math.isinf(gradient) and abs(side[-1]) > 2 * abs(side[-2]) and side[-1] * gradient > 0:
        return 'ok', '정의역의 끝에서 기울기가 무한하다.'
    return 'noisy', '정의역의 끝이 경로에 있어 기울기를 정할 수 없습니다.'


def _blame(recording: Recording, i: int, numbers: dict) -> tuple[str, str]:
    """기울기가 차분과 다른 까닭: 틀린 규칙, 꺾인 점, 또는 모름."""
    found = locals_of(recording, i, numbers)
    guilty = next((local for local in found if local.wrong), None)
    if guilty is not None:
        return 'wrong', str(guilty)
    corner = next((local for local in found if local.slopes.kink), None)
    if corner is not None:
        return 'kink', f'{corner.op.name} 이(가) 꺾인 점에 있어, 약속을 따른 기울기가 함수의 기울기와 다릅니다.'
    return 'noisy', '차분이 자리를 잡지 않습니다.'


# float 차분으로 ---------------------------------------------------------------------------------------------------------

def _by_differences(f: Callable, xs: list[Number], i: int, recording: Recording, why: str) -> Verdict:
    leaf, x = recording.leaves[i], float(xs[i])
    g = float(leaf.grad)

    def along(value: float) -> float:
        return float(f(*[Value(value if k == i else other) for k, other in enumerate(xs)]).data)

    noise = _noise(recording, along, x)
    estimate = float_slope(along, x, noise)
    behind, ahead = float_slope(along, x, noise, -1), float_slope(along, x, noise, 1)
    expected: Any = estimate.slope if math.isfinite(estimate.error) else None
    slack = 4 * (behind.error + ahead.error)
    if abs(behind.slope - ahead.slope) > slack:
        low, high = sorted((behind.slope, ahead.slope))
        verdict = 'kink' if low - slack <= g <= high + slack else 'wrong'
        return Verdict(leaf.name, xs[i], leaf.grad, (behind.slope, ahead.slope), verdict, why)
    return Verdict(leaf.name, xs[i], leaf.grad, expected, _settled(g, estimate.slope, estimate.error), why)


def _noise(recording: Recording, along: Callable[[float], float], x: float) -> float:
    """f 의 값의 절대 오차: 오차 한계가 아는 만큼, 적어도 가까이에서의 크기의 몇 ulp (f(x) 가 우연히 0 일 수 있다)."""
    size = abs(float(recording.root.data))
    for nearby in (x - (abs(x) or 1) / 8, x + (abs(x) or 1) / 8):
        with contextlib.suppress(*EDGE_ERRORS):
            size = max(size, abs(along(nearby)))
    try:
        known = replay(recording.order, lambda leaf: Bounded(leaf.data))[recording.root].error
    except TypeError:  # 식이 float 만 다루는 사용자의 연산
        known = 0.0
    return (known if math.isfinite(known) else 0.0) + 8 * math.ulp(size)


def _settled(gradient: float, slope: float, error: float) -> str:
    gap = abs(gradient - slope)
    if gap > 10 * error:
        return 'wrong'
    return 'ok' if gap <= error <= RESOLVED * max(abs(slope), abs(gradient)) else 'noisy'
