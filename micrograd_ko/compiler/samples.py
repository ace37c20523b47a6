"""선언한 입력과 표본의 배열(X)을 읽는 일: 모양과 dtype 을 확인하고, 블록마다 float64 의 표본 × 입력으로 준다."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import numpy as np

from micrograd_ko.engine import Value
from micrograd_ko.kinds.arrays import floats
from micrograd_ko.misuse import nodes_in

INPUTS = 'inputs 는 Value 의 목록이나 그런 목록의 튜플입니다.'


@dataclass(frozen=True)
class Columns:
    """입력의 열. sizes 는 (x, y) 처럼 나눈 목록마다의 열의 수, 나누지 않았으면 None."""

    count: int
    sizes: tuple[int, ...] | None

    @property
    def widths(self) -> tuple[int, ...]:
        return self.sizes or (self.count,)

    def read(self, X: Any, needed: int) -> list[np.ndarray]:
        """X 를 (표본 × 열)의 배열들로. 앞의 needed 열 뒤에 있는 목록은 주지 않아도 된다.

        모양이 다르거나 표본이 없으면 ValueError, 수가 아니면 TypeError.
        """
        parts, grouped = (X, True) if isinstance(X, tuple) else ((X,), False)
        arrays = [floats(part, 'X') for part in parts]
        if grouped:
            arrays = [a[:, None] if a.ndim == 1 and width == 1 else a for a, width in zip(arrays, self.widths, strict=False)]
            fits = len(parts) <= len(self.widths) and [a.shape[1:] for a in arrays] == [(w,) for w in self.widths[: len(parts)]]
        else:
            fits = arrays[0].ndim == 2
        given = sum(a.shape[1] for a in arrays) if fits else -1
        if given < needed or given not in accumulate(self.widths):
            sizes = self.sizes and f', 또는 모양이 {", ".join(f"(n, {w})" for w in self.sizes)} 인 배열의 튜플'
            shapes = tuple([np.shape(part) for part in parts])
            raise ValueError(
                f'X 는 모양(shape)이 (n, {self.count}) 인 2차원 배열{sizes or ""}입니다. '
                f'{shapes if grouped else shapes[0]} 을(를) 받았습니다. 표본 하나도 행 하나입니다.'
            )
        if len({len(a) for a in arrays}) > 1:
            raise ValueError(f'배열마다 표본(row)의 수가 다릅니다: {[len(a) for a in arrays]}.')
        if not len(arrays[0]):
            raise ValueError('표본(row)이 하나도 없습니다. 평균 손실은 표본이 하나 이상일 때 정해집니다.')
        return arrays

    def blocks(self, arrays: list[np.ndarray], size: int) -> Iterator[np.ndarray]:
        """표본을 size 개씩 float64 의 (표본 × 입력)으로: 고칠 것이 없으면 X 를 본 것(view)이다.

        주지 않은 열은 0 이다(쓰이지 않는다).
        """
        n, given = len(arrays[0]), sum(a.shape[1] for a in arrays)
        parts = [*arrays, np.broadcast_to(0.0, (n, self.count - given))] if given < self.count else arrays
        for begin in range(0, n, size):
            pieces = [part[begin : begin + size] for part in parts]
            if len(pieces) == 1 and pieces[0].dtype == np.float64:
                yield pieces[0]
                continue
            with np.errstate(over='ignore'):  # float64 에 담기지 않는 longdouble 은 inf 다
                block = np.concatenate(pieces, axis=1, dtype=np.float64)
            yield block


def columns(inputs: Any) -> tuple[list[Value], Columns]:
    """(입력의 잎, 열). inputs 는 잎의 목록이거나 그런 목록의 튜플 (x, y)."""
    parts = nodes_in(inputs, INPUTS)
    if all(isinstance(part, Value) for part in parts):
        return list(parts), Columns(len(parts), None)
    groups = [nodes_in(part, INPUTS) for part in parts]
    leaves = [leaf for group in groups for leaf in group]
    return leaves, Columns(len(leaves), tuple([len(group) for group in groups]))


def check_leaves(inputs: Sequence[Any], parameters: Sequence[Any]) -> None:
    """선언한 것이 서로 다른 잎(leaf)들인지. Value 가 아니면 TypeError, 잎이 아니거나 두 번 들어 있으면 ValueError."""
    seen: set[Value] = set()
    for what, leaf in [*[('inputs', leaf) for leaf in inputs], *[('parameters', leaf) for leaf in parameters]]:
        if not isinstance(leaf, Value):
            raise TypeError(f'{what} 에는 Value 를 주세요. {type(leaf).__name__} {leaf!r} 을(를) 받았습니다.')
        if leaf.op is not None:
            raise ValueError(f'inputs 와 parameters 는 잎(leaf)이어야 합니다. 연산의 결과 {leaf!r} 을(를) 받았습니다.')
        if leaf in seen:
            raise ValueError(f'잎 {leaf!r} 이(가) inputs 와 parameters 에 두 번 들어 있습니다.')
        seen.add(leaf)
