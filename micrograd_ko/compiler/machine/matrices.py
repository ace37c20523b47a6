"""행렬 명령의 레코드: 순방향과 역방향이 모두 곱(`products`) 몇 번이다.

표본이 레인일 때      Z = W·X,  ∇X = Wᵀ·Δ,  ∇W = Δ·Xᵀ. 편향은 언제나 1 인 행에 곱하는 가중치다.
첫 층이면             입력을 자료에서 바로 읽는다: Zᵀ = X·Wᵀ 를 뒤집고, ∇Wᵀ = Xᵀ·Δᵀ.
출력이 레인일 때      표본 하나: z = Wᵀ 의 줄들의 합, ∇x 는 W 를 뒤집어 구해 입력의 행들에 흩어 더한다.
"""

import numpy as np

from micrograd_ko import ops
from micrograd_ko.compiler.machine.kernels import Kernels
from micrograd_ko.compiler.machine.layout import Layout
from micrograd_ko.compiler.machine.maps import MapKernel
from micrograd_ko.compiler.machine.memory import Memory, at, rounded_up
from micrograd_ko.compiler.machine.records import Records

RESIDUAL = [MapKernel(ops.identity, 1, 'rows', active) for active in (None, (0,))]


class Matrices:
    """wide 는 곱의 커널, narrow 는 행을 하나씩 다루는 커널이다(표본이 레인이면 같다). located 는 표본마다 그 자료의 자리의 표."""

    def __init__(self, memory: Memory, layout: Layout, wide: Kernels, narrow: Kernels, located: int) -> None:
        self.memory, self.layout, self.wide, self.narrow, self.located = memory, layout, wide, narrow, located
        self.values, self.grads = at(memory.values), at(memory.grads)
        narrow.maps(RESIDUAL)

    def forward(self, k: int, records: Records) -> None:
        """명령 k 의 순방향."""
        m, area, line, residual = self.memory, self.layout.areas[k], records.table, self.memory.tape.dense_rows(k)[1]
        terms, out, start = self._terms(k), self._out(k), at(self.memory.theta, area.start)
        if not area.across:
            weights = {'a': start, 'ai': line(np.arange(len(out)) * area.distance), 'ap': line(np.arange(len(terms)))}
            records.add(k, self.wide, 'product', **weights, b=self.values, bp=line(m.element(terms)), terms=len(terms),
                        rows=len(out), columns=m.block, c=self.values, ci=line(out), s=self.values, si=line(m.element(residual)),
                        adding=len(residual) > 0)  # fmt: skip
            return
        weights = {'b': start, 'bp': line(np.arange(len(terms)) * area.distance), 'columns': area.distance, 'terms': len(terms)}
        if m.block == 1:
            if len(residual):
                self._residual(k, residual, records, RESIDUAL[0])
            place = line(out[:1])
            records.add(k, self.wide, 'product', a=self.values, ai=line([0]), ap=line(m.element(terms)), **weights, rows=1,
                        c=self.values, ci=place, s=self.values, si=place, adding=len(residual) > 0)  # fmt: skip
            return
        turned, places = records.keep(m.array(m.block, area.distance)), line(np.zeros(m.block))
        records.add(k, self.wide, 'product', a=at(m.data), ai=self.located, ap=line(terms), **weights, rows=-1, c=turned,
                    ci=line(np.arange(m.block) * area.distance))  # fmt: skip
        records.add(k, self.wide, 'locate', target=places, distance=area.distance)
        records.add(k, self.wide, 'transposed', source=turned, offsets=places, target=at(m.values, out[0]), distance=m.block,
                    rows=m.block, columns=len(out))  # fmt: skip

    def backward(self, k: int, records: Records, active: np.ndarray) -> None:
        """명령 k 의 역방향. active (행,) 는 기울기가 흐르는 행. ∇X 를 ∇W 보다 먼저 구한다: 곱하며 갱신하면 W 가 바뀐다."""
        inputs, residual = self.memory.tape.dense_rows(k)
        if active[inputs].any():
            (self._scattered if self.memory.block == 1 else self._inputs)(k, records, np.flatnonzero(active[inputs]))
        self._weights(k, records)
        if active[residual].any():
            self._residual(k, residual, records, RESIDUAL[1])

    def _terms(self, k: int) -> np.ndarray:
        """W 의 열마다의 입력의 행. 편향이 있으면 끝에 1 의 행이 붙는다: 자료를 바로 읽으면 그 열이다."""
        m, inputs = self.memory, self.memory.tape.dense_rows(k)[0]
        if m.tape.dense[k].bias < 0:
            return inputs
        return np.append(inputs, m.tape.inputs if self.layout.areas[k].across and m.block > 1 else m.ones)

    def _out(self, k: int) -> np.ndarray:
        """결과의 행마다의 원소의 번호."""
        return self.memory.element(np.arange(*self.memory.tape.first[k : k + 2]))

    def _residual(self, k: int, rows: np.ndarray, records: Records, kernel: MapKernel) -> None:
        """결과에 잔차를 베끼거나, 결과의 기울기를 잔차에 더한다: 표의 identity 다."""
        out = self._out(k)
        records.add(k, self.narrow, kernel, out=out[0], length=len(out), table=records.table(self.memory.element(rows)))

    def _inputs(self, k: int, records: Records, columns: np.ndarray) -> None:
        """∇X = Wᵀ·Δ, W 의 열 columns 의 것. 한 합에 두 번 쓰인 입력은 곱을 나누어 더한다."""
        m, area, line, out = self.memory, self.layout.areas[k], records.table, self._out(k)
        inputs = m.tape.dense_rows(k)[0]
        while len(columns):
            firsts = np.unique(inputs[columns], return_index=True)[1]
            now, columns = columns[firsts], np.delete(columns, firsts)
            places, weights = line(m.element(inputs[now])), line(np.arange(len(out)) * area.distance)
            records.add(k, self.wide, 'product', a=at(m.theta, area.start), ai=line(now), ap=weights, b=self.grads, bp=line(out),
                        rows=len(now), columns=m.block, terms=len(out),
                        c=self.grads, ci=places, s=self.grads, si=places, adding=1)  # fmt: skip

    def _scattered(self, k: int, records: Records, columns: np.ndarray) -> None:
        """표본 하나의 ∇x = Wᵀ·δ: 벡터 하나로 구해 W 의 열 columns 의 입력의 행들에 더한다."""
        m, area, line, out = self.memory, self.layout.areas[k], records.table, self._out(k)
        inputs = m.tape.dense_rows(k)[0]
        n = rounded_up(len(inputs), m.lanes)
        turned, found = records.keep(m.array(rounded_up(len(out), m.lanes), n)), records.keep(m.array(n))
        offsets = np.pad(np.arange(len(inputs)) * area.distance, (0, n - len(inputs)))
        records.add(k, self.wide, 'transposed', source=at(m.theta, area.start), offsets=line(offsets), target=turned, distance=n,
                    rows=n, columns=len(out))  # fmt: skip
        records.add(k, self.wide, 'product', a=self.grads, ai=line(out[:1]), ap=line(np.arange(len(out))), b=turned,
                    bp=line(np.arange(len(out)) * n), c=found, ci=line([0]), rows=1, columns=n, terms=len(out))  # fmt: skip
        records.add(k, self.narrow, 'move', source=found, origins=line(columns), target=self.grads,
                    places=line(m.element(inputs[columns])), length=len(columns), adding=1)  # fmt: skip

    def _weights(self, k: int, records: Records) -> None:
        """∇W 를 기울기에 더하거나, fused 면 W 에서 바로 뺀다."""
        m, area, line, terms, out = self.memory, self.layout.areas[k], records.table, self._terms(k), self._out(k)
        c, lines = at(m.theta if area.fused else m.gradient, area.start), len(terms) if area.across else len(out)
        ci = line(np.arange(lines) * area.distance)
        target = {'c': c, 'ci': ci, 's': c, 'si': ci, 'adding': 1, 'stepping': area.fused}
        target |= {'rows': lines, 'columns': area.distance}
        if m.block == 1:
            records.add(k, self.wide, 'product', a=self.values, ai=line(m.element(terms)), ap=line([0]), b=self.grads,
                        bp=line(out[:1]), terms=1, **target)  # fmt: skip
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
