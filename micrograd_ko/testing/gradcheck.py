"""기울기 검사(gradient check): `gradcheck(f, xs)` 는 f 의 기울기가 옳은지 입력마다 판정(verdict)한다.

  ok         참값과 같다.
  kink       꺾인 점: 좌우 기울기가 다르고 기울기가 그 사이에 있다. 약속을 따른 것이지 틀린 것이 아니다.
  imprecise  규칙은 옳지만 이 float 는 참값이 아니다: 반올림이나 넘침(overflow)이 자리를 삼켰고, 오차 한계는 그것을 막지 못한다.
  noisy      차분이 자리를 잡지 않아 판정할 수 없다. 짐작하지 않는다.
  wrong      틀렸다. 두 수와 상대 오차, 국소 미분이 처음으로 어긋난 연산을 알린다. `GradcheckError` 가 난다.

세 가지를 따로 묻는다. 그래프가 f 인가(`recorded`), 노드마다 규칙이 옳은가(`local_rules`), backward 가 그 규칙의 값인가(한계).
표의 연산으로 된 그래프는 200자리로 다시 계산해 검산하므로 잡음이 없다. 그럴 수 없는 함수는 float 차분으로 본다.

>>> from micrograd_ko import ops
>>> print(gradcheck(lambda x, y: ops.relu(x) * y, [0.0, 3.0]))
입력   값  기울기       참값  상대 오차  판정
x     0.0     0.0  0.0 … 3.0          -  kink
y     3.0     0.0        0.0          0  ok
"""

from collections.abc import Callable, Sequence
from typing import Any

from micrograd_ko.derivatives import grad
from micrograd_ko.engine import Value
from micrograd_ko.misuse import brief, listed
from micrograd_ko.number import Number
from micrograd_ko.testing import handwritten
from micrograd_ko.testing.point import Point
from micrograd_ko.testing.recorded import input_names
from micrograd_ko.testing.straight_line import StraightLine
from micrograd_ko.testing.verdicts import GradcheckError, Report, Verdict

__tracebackhide__ = True  # pytest 는 사용자의 코드만 보인다


def gradcheck(
    f: Callable[..., Any], xs: Sequence[Any], order: int = 1, *, gradient: Callable[..., Any] | None = None,
) -> Report:  # fmt: skip
    """f(*Value) 의 기울기를 xs 에서 검사한다. 틀린 것이 있으면 GradcheckError, 아니면 Report.

    order=2 면 기울기의 그래프(`grad`)도 같은 방법으로 검사하고, 그 값이 backward 의 것과 같은지 본다. f 는 여러 번 불린다.

    gradient=g 를 주면 손으로 적은 기울기를 검사한다. f(*xs) 는 보통 수 하나, g(*xs) 는 xs 와 같은 꼴의 기울기들이다(입력이 하나면
    그 하나를 돌려줘도 된다). xs 의 원소는 수이거나 NumPy 배열이다.

    xs 가 비면 ValueError: 아무것도 확인하지 않은 검사는 통과한 것이 아니다.
    """
    if order not in (1, 2) or (gradient is not None and order != 1):
        raise ValueError(f'order 는 1 이나 2 이고, gradient= 를 주면 1 입니다. {order!r} 을(를) 받았습니다.')
    for what, given in (('f', f), ('gradient', f if gradient is None else gradient)):
        if not callable(given):
            raise TypeError(f'gradcheck 의 {what} 은(는) 함수입니다. {type(given).__name__} {brief(given)} 을(를) 받았습니다.')
    xs = listed(xs, 'gradcheck(f, xs) 의 xs 는 f 의 인수마다 하나씩인 목록입니다: [2.0].')
    verdicts = [] if not xs else _of_graph(f, xs, order) if gradient is None else handwritten.verdicts(f, xs, gradient)
    if not verdicts:
        raise ValueError('gradcheck: xs 가 비어 확인할 입력이 없습니다.')
    report = Report(verdicts)
    if report.wrong:
        raise GradcheckError(report, f'\n{f}' if isinstance(f, StraightLine) else '')
    return report


def _of_graph(f: Callable[..., Value], xs: Sequence[Number], order: int) -> list[Verdict]:
    numbers = [Value(x).data for x in xs]
    names = input_names(f, len(numbers))
    point = Point(f, numbers, names)
    first = [point.verdict(i) for i in range(len(numbers))]
    if order == 1:
        return first
    second = []
    for i, name in enumerate(names):
        slope = Point(_slope_of(f, i), numbers, names)
        first[i] = _same_first(first[i], point, slope, i)
        second += [slope.verdict(j)._replace(name=f'{name},{names[j]}') for j in range(len(numbers))]
    return first + second


def _slope_of(f: Callable[..., Value], i: int) -> Callable[..., Value]:
    return lambda *values: grad(f(*values), values)[i]


def _same_first(verdict: Verdict, point: Point, slope: Point, i: int) -> Verdict:
    """grad 로 지은 기울기의 값이 backward 의 것과 같은가: 규칙이 수의 종류에 따라 다르면 다르다."""
    if point.agrees(i, slope):
        return verdict
    note = f'grad() 의 값 {slope.recording.root.data!r} 이(가) backward() 와 다릅니다: 규칙이 수의 종류에 따라 다릅니다.'
    return verdict._replace(verdict='wrong', note=note)
