"""학습의 기록(history): 에포크(epoch)마다 잰 것과, 이어서 배우는 데 필요한 것."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(repr=False)
class History:
    """학습 한 번의 기록. 목록의 i 번째는 i + 1 번째 에포크를 마친 파라미터로 잰 것이다.

    loss                 학습 표본의 평균 손실 C.
    accuracy             학습 표본의 정확도, 0 부터 1. 목표가 클래스가 아니면 빈 목록.
    validation           검증(validation) 표본의 평균 손실. 검증 표본이 없으면 빈 목록.
    validation_accuracy  그 정확도.
    seconds              에포크마다 걸린 초.
    engine, reason       'replay'(기록한 그래프를 재생) 나 'eager'(표본마다 그래프를 기록), 그리고 그 까닭.
    interrupted          Ctrl-C 로 멈췄는가.
    state                마지막 에포크를 마친 파라미터, 최적화와 난수 발생기의 상태. `fit(…, resume=history)` 가 이어 배운다.

    출력하면 한 줄의 요약, 노트북에서는 그림이다.
    """

    engine: str = ''
    reason: str = ''
    loss: list[float] = field(default_factory=list)
    accuracy: list[float] = field(default_factory=list)
    validation: list[float] = field(default_factory=list)
    validation_accuracy: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    interrupted: bool = False
    state: dict[str, Any] = field(default_factory=dict)

    @property
    def measured(self) -> tuple[list[float], ...]:
        """에포크마다 한 칸씩 자라는 목록들."""
        return self.loss, self.accuracy, self.validation, self.validation_accuracy, self.seconds

    def __len__(self) -> int:
        """마친 에포크의 수."""
        return len(self.seconds)

    @property
    def best(self) -> int | None:
        """검증 손실이 가장 작은 에포크의 자리(0부터): 조기 종료(early stopping)가 돌아가는 곳. 검증 표본이 없으면 None."""
        return min(range(len(self.validation)), key=self.validation.__getitem__, default=None)

    def stalled(self, patience: int | None) -> bool:
        """검증 손실이 patience 에포크 동안 나아지지 않았는가."""
        return patience is not None and self.best is not None and len(self) - 1 - self.best >= patience

    def add(self, *measured: float | None) -> None:
        """한 에포크를 더한다: `measured` 의 차례로, 재지 않은 것은 None."""
        for values, value in zip(self.measured, measured, strict=True):
            if value is not None:
                values.append(value)

    def cut(self, epochs: int) -> None:
        """앞의 epochs 에포크만 남긴다."""
        for values in self.measured:
            del values[epochs:]

    def plot(self, ax: Any = None) -> Any:
        """손실과 정확도의 곡선(matplotlib). 그린 축(Axes)을 돌려준다."""
        from micrograd_ko.learning import plots

        return plots.curves(self, ax)

    def __repr__(self) -> str:
        parts = [f'{len(self)}에포크, {sum(self.seconds):.1f}초, {self.engine} ({self.reason})']
        if self.loss:
            parts.append(f'손실 {self.loss[0]:.4g} → {self.loss[-1]:.4g}{_percent(self.accuracy)}')
        if self.validation:
            parts.append(f'검증 손실 {self.validation[-1]:.4g}{_percent(self.validation_accuracy)}')
        return '\n'.join(parts + ['Ctrl-C 로 멈춤'] * self.interrupted)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """노트북: 글과, matplotlib 이 있으면 그림."""
        from micrograd_ko.learning import plots

        return {'text/plain': repr(self), **plots.pictures(self.plot)}


def _percent(accuracy: list[float]) -> str:
    return f', 정확도 {accuracy[-1]:.1%}' if accuracy else ''
