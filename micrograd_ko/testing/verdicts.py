"""판정(verdict)과 그 표, 틀렸을 때의 오류."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from micrograd_ko.kinds.precise import MP, exact
from micrograd_ko.number import Number
from micrograd_ko.writing.tables import Table


class Verdict(NamedTuple):
    """입력 하나의 판정. gradient 는 검사한 기울기, expected 는 차분(꺾인 점이면 좌우의 쌍, 모르면 None)."""

    name: str
    x: Number
    gradient: Number
    expected: Any
    verdict: str
    note: str = ''

    @property
    def relative_error(self) -> float | None:
        """|기울기 − 참값| / 둘 가운데 큰 것. 참값을 모르거나 둘 가운데 하나가 유한하지 않으면 None."""
        if not isinstance(self.expected, float):
            return None
        truth, found = MP.mpf(self.expected), exact(self.gradient)
        if not (MP.isfinite(truth) and MP.isfinite(found)):
            return None
        size = max(abs(truth), abs(found))
        return float(abs(found - truth) / size) if size else 0.0

    @property
    def cells(self) -> tuple[str, ...]:
        """표의 한 줄."""
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
