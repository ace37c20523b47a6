"""행렬 명령의 레코드: 순방향과 역방향이 모두 곱(`products`) 몇 번이다.

표본이 레인일 때      Z = W·X,  ∇X = Wᵀ·Δ,  ∇W = Δ·Xᵀ. 편향은 언제나 1 인 행에 곱하는 가중치다.
첫 층이면             입력을 자료에서 바로 읽는다: Zᵀ = X·Wᵀ 를 뒤집고, ∇Wᵀ = Xᵀ·Δᵀ.
출력이 레인일 때      표본 하나: z = Wᵀ 의 줄들의 합, ∇x 는 W 를 뒤집어 구해 입력의 행들에 흩어 더한다.
"""

from typing import NamedTuple

import numpy as np

from micrograd_ko import ops
from micrograd_ko.compiler.machine.kernels import Kernels
from micrograd_ko.compiler.machine.layout import Layout
from micrograd_ko.compiler.machine.maps import MapKernel
from micrograd_ko.compiler.machine.memory import Memory, at, rounded_up
from micrograd_ko.compiler.machine.records import Records


class Part(NamedTuple):
    """함께 곱하는 것: 행렬 명령 k 의 벌 몇 개. 벌마다 한 줄인 결과, 입력, 잔차의 행."""

    k: int
    out: np.ndarray
    inputs: np.ndarray
    residual: np.ndarray


class Matrices:
    """wide 는 곱의 커널, narrow 는 행을 하나씩 다루는 커널이다(표본이 레인이면 같다). located 는 표본마다 그 자료의 자리의 표.

    행렬 명령 하나는 부분(part) 몇 개다: 표본이 레인이면 벌마다 하나씩이다.
    """

    def __init__(self, memory: Memory, layout: Layout, wide: Kernels, narrow: Kernels, located: int) -> None:
        self.memory, self.layout, self.wide, self.narrow, self.located = memory, layout, wide, narrow, located
        self.values, self.grads = at(memory.values), at(memory.grads)

    def parts(self, k: int) -> list[Part]:
        """명령 k 의 부분. 표본이 하나이고, 벌들의 입력이 같은 만큼씩 떨어져 있고, 결과가 벡터에 꼭 맞으면 모든 벌이 하나다."""
        m, dense, (inputs, residual) = self.memory, self.memory.tape.dense[k], self.memory.tape.dense_rows(k)
        out, places = np.arange(*m.tape.first[k : k + 2]).reshape(len(inputs), -1), m.element(inputs)
        regular = not np.ptp(places - places[0], axis=1).any() and dense.outputs % m.lanes == 0
        size = len(inputs) if m.block == 1 and dense.bias < 0 and regular else 1
        return [Part(k, *[rows[i : i + size] for rows in (out, inputs, residual)]) for i in range(0, len(inputs), size)]

    def forward(self, part: Part, records: Records) -> None:
        """부분의 순방향."""
        k, m, area, line, residual = part.k, self.memory, self.layout.areas[part.k], records.table, part.residual
        terms, out, start = self._terms(part), m.element(part.out[0]), at(m.theta, area.start)
        if not area.across:
            weights = {'a': start, 'ai': line(np.arange(len(out)) * area.distance), 'ap': line(np.arange(len(terms)))}
            records.add(k, self.wide, 'product', **weights, b=self.values, bp=line(m.element(terms)), terms=len(terms),
                        rows=len(out), columns=m.block, c=self.values, ci=line(out),
                        s=self.values, si=line(m.element(residual[0])), adding=residual.size > 0)  # fmt: skip
            return
        weights = {'b': start, 'bp': line(np.arange(len(terms)) * area.distance), 'columns': area.distance, 'terms': len(terms)}
        if m.block == 1:
            self._residuals(part, records, None)
            places, shifts = line(self._places(part)), line(self._shifts(part))
            records.add(k, self.wide, 'product', a=self.values, ai=shifts, ap=line(m.element(terms)), **weights,
                        rows=len(part.out), c=self.values, ci=places, s=self.values, si=places,
                        adding=residual.size > 0)  # fmt: skip
            return
        turned, places = records.keep(m.array(m.block, area.distance)), line(np.zeros(m.block))
        records.add(k, self.wide, 'product', a=at(m.data), ai=self.located, ap=line(terms), **weights, rows=-1, c=turned,
                    ci=line(np.arange(m.block) * area.distance))  # fmt: skip
        records.add(k, self.wide, 'locate', target=places, distance=area.distance)
        records.add(k, self.wide, 'transposed', source=turned, offsets=places, target=at(m.values, out[0]), distance=m.block,
                    rows=m.block, columns=len(out))  # fmt: skip

    def backward(self, part: Part, records: Records, active: np.ndarray) -> None:
        """부분의 역방향. active (행,) 는 기울기가 흐르는 행. ∇X 를 ∇W 보다 먼저 구한다: 곱하며 갱신하면 W 가 바뀐다."""
        if active[part.inputs].any():
            (self._scattered if self.memory.block == 1 else self._inputs)(part, records, active[part.inputs])
        self._weights(part, records)
        if active[part.residual].any():
            self._residuals(part, records, (0,))

    def _terms(self, part: Part) -> np.ndarray:
        """W 의 열마다의 첫 벌의 입력의 행. 편향이 있으면 끝에 1 의 행이 붙는다: 자료를 바로 읽으면 그 열이다."""
        m = self.memory
        if m.tape.dense[part.k].bias < 0:
            return part.inputs[0]
        return np.append(part.inputs[0], m.tape.inputs if self.layout.areas[part.k].across and m.block > 1 else m.ones)

    def _places(self, part: Part) -> np.ndarray:
        """벌마다 결과가 시작하는 원소의 번호."""
        return self.memory.element(part.out[:, 0])

    def _shifts(self, part: Part) -> np.ndarray:
        """벌마다 입력이 첫 벌의 것에서 떨어진 만큼."""
        firsts = self.memory.element(part.inputs[:, 0])
        return firsts - firsts[0]

    def _residuals(self, part: Part, records: Records, learning: tuple[int, ...] | None) -> None:
        """결과에 잔차를 베끼거나(learning 이 None), 결과의 기울기를 잔차에 더한다: 표의 identity 다."""
        m, rows = self.memory, self.memory.element(part.residual.ravel())
        if len(rows):
            flat = m.block == 1 and bool((np.diff(rows) == 1).all())
            kernels, kernel = self.wide if flat else self.narrow, MapKernel(ops.identity, 1, 'tail' if flat else 'rows', learning)
            kernels.maps([kernel])
            out, table = m.element(part.out[0, 0]), records.table(rows)
            records.add(part.k, kernels, kernel, out=out, length=len(rows), table=table, x0=rows[0])

    def _inputs(self, part: Part, records: Records, flowing: np.ndarray) -> None:
        """∇X = Wᵀ·Δ, W 의 열 가운데 flowing 의 것. 한 합에 두 번 쓰인 입력은 곱을 나누어 더한다."""
        m, area, line, out = self.memory, self.layout.areas[part.k], records.table, self.memory.element(part.out[0])
        inputs, columns = part.inputs[0], np.flatnonzero(flowing)
        while len(columns):
            firsts = np.unique(inputs[columns], return_index=True)[1]
            now, columns = columns[firsts], np.delete(columns, firsts)
            places, weights = line(m.element(inputs[now])), line(np.arange(len(out)) * area.distance)
            records.add(part.k, self.wide, 'product', a=at(m.theta, area.start), ai=line(now), ap=weights,
                        b=self.grads, bp=line(out), rows=len(now), columns=m.block, terms=len(out),
                        c=self.grads, ci=places, s=self.grads, si=places, adding=1)  # fmt: skip

    def _scattered(self, part: Part, records: Records, flowing: np.ndarray) -> None:
        """표본 하나의 ∇x = Wᵀ·δ: 벌마다 벡터 하나로 구해, 기울기가 흐르는(flowing) 입력의 행들에 더한다.

        벌마다의 입력이 이어진 행이고 벡터에 꼭 맞으면(straight) 곱하면서 더한다.
        """
        k, m, area, line = part.k, self.memory, self.layout.areas[part.k], records.table
        (copies, inputs), length = part.inputs.shape, part.out.shape[1]
        n = rounded_up(inputs, m.lanes)
        straight = n == inputs and bool(flowing.all() and (np.diff(part.inputs) == 1).all())
        turned = records.keep(m.array(rounded_up(length, m.lanes), n))
        found = self.grads if straight else records.keep(m.array(copies, n))
        places = line(m.element(part.inputs[:, 0]) if straight else np.arange(copies) * n)
        offsets = line(np.pad(np.arange(inputs) * area.distance, (0, n - inputs)))
        records.add(k, self.wide, 'transposed', source=at(m.theta, area.start), offsets=offsets, target=turned, distance=n,
                    rows=n, columns=length)  # fmt: skip
        records.add(k, self.wide, 'product', a=self.grads, ai=line(self._places(part)), ap=line(np.arange(length)), b=turned,
                    bp=line(np.arange(length) * n), c=found, ci=places, s=found, si=places, adding=straight,
                    rows=copies, columns=n, terms=length)  # fmt: skip
        if not straight:
            copy, column = np.nonzero(flowing)
            records.add(k, self.narrow, 'move', source=found, origins=line(copy * n + column), target=self.grads,
                        places=line(m.element(part.inputs[flowing])), length=len(copy), adding=1)  # fmt: skip

    def _weights(self, part: Part, records: Records) -> None:
        """∇W 를 기울기에 더하거나, fused 면 W 에서 바로 뺀다."""
        k, m, area, line = part.k, self.memory, self.layout.areas[part.k], records.table
        terms, out = self._terms(part), m.element(part.out[0])
        c, lines = at(m.theta if area.fused else m.gradient, area.start), len(terms) if area.across else len(out)
        ci = line(np.arange(lines) * area.distance)
        target = {'c': c, 'ci': ci, 's': c, 'si': ci, 'adding': 1, 'stepping': area.fused}
        target |= {'rows': lines, 'columns': area.distance}
        if m.block == 1:
            records.add(k, self.wide, 'product', a=self.values, ai=line(m.element(terms)), ap=line(self._shifts(part)),
                        b=self.grads, bp=line(self._places(part)), terms=len(part.out), **target)  # fmt: skip
            return
        if area.across:
            left, source, rows = {'a': at(m.data), 'ai': line(terms), 'ap': self.located}, self.grads, out
        else:
            left, source, rows = {'a': self.grads, 'ai': line(out), 'ap': line(np.arange(m.block))}, self.values, m.element(terms)
        turned = records.keep(m.array(m.block, area.distance))
        padded = np.pad(rows, (0, area.distance - len(rows)), constant_values=m.element(m.zeros))
        records.add(k, self.wide, 'transposed', source=source, offsets=line(padded), target=turned, distance=area.distance,
                    rows=area.distance, columns=m.block)  # fmt: skip
        records.add(k, self.wide, 'product', **left, b=turned, bp=line(np.arange(m.block) * area.distance), terms=-1, **target)
