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
from micrograd_ko.compiler.machine.memory import Memory, rounded_up
from micrograd_ko.compiler.machine.records import Records, Writes

RESIDUAL = [MapKernel(ops.identity, 1, 'rows', active) for active in (None, (0,))]


class Matrices:
    """wide 는 곱의 커널, narrow 는 행을 하나씩 다루는 커널이다(표본이 레인이면 같다). located 는 표본마다 그 자료의 자리의 표."""

    def __init__(self, memory: Memory, layout: Layout, wide: Kernels, narrow: Kernels, located: int) -> None:
        self.memory, self.layout, self.wide, self.narrow, self.located = memory, layout, wide, narrow, located
        narrow.maps(RESIDUAL)

    def forward(self, k: int, records: Records) -> None:
        """명령 k 의 순방향."""
        m, area, line = self.memory, self.layout.areas[k], records.table
        terms, residual, out = self._terms(k), m.tape.dense_rows(k)[1], self._out(k)
        adding, start = len(residual) > 0, m.at(m.theta, area.start)
        if not area.across:
            records.add(
                k, self.wide, 'product', a=start, ai=line(np.arange(len(out)) * area.distance), ap=line(np.arange(len(terms))),
                b=m.values.ctypes.data, bp=line(m.element(terms)), c=m.values.ctypes.data, ci=line(out), rows=len(out),
                s=m.values.ctypes.data, si=line(m.element(residual)), columns=m.block, terms=len(terms), adding=adding,
            )  # fmt: skip
            return
        weights = {'b': start, 'bp': line(np.arange(len(terms)) * area.distance), 'columns': area.distance, 'terms': len(terms)}
        if m.block == 1:
            if adding:
                self._residual(k, residual, records, RESIDUAL[0])
            records.add(k, self.wide, 'product', a=m.values.ctypes.data, ai=line([0]), ap=line(m.element(terms)), **weights, rows=1,
                        c=m.values.ctypes.data, ci=line(out[:1]), s=m.values.ctypes.data, si=line(out[:1]), adding=adding)  # fmt: skip
            return
        turned, places = records.keep(m.array(m.block, area.distance)), line(np.zeros(m.block))
        records.add(k, self.wide, 'product', a=m.data.ctypes.data, ai=self.located, ap=line(terms), **weights, rows=-1,
                    c=turned, ci=line(np.arange(m.block) * area.distance))  # fmt: skip
        records.add(k, self.wide, 'locate', target=places, distance=area.distance)
        records.add(k, self.wide, 'transposed', source=turned, offsets=places, target=m.at(m.values, out[0]), distance=m.block,
                    rows=m.block, columns=len(out))  # fmt: skip

    def backward(self, k: int, records: Records, active: np.ndarray, writes: Writes) -> None:
        """명령 k 의 역방향. active (행,) 는 기울기가 흐르는 행. ∇X 를 ∇W 보다 먼저 구한다: 곱하며 갱신하면 W 가 바뀐다."""
        inputs, residual = self.memory.tape.dense_rows(k)
        if active[inputs].any():
            (self._scattered if self.memory.block == 1 else self._inputs)(k, records, active, writes)
        self._weights(k, records)
        if active[residual].any():
            self._residual(k, residual, records, RESIDUAL[1], adding0=not writes.place(k, residual))

    def _terms(self, k: int) -> np.ndarray:
        """W 의 열마다의 입력의 행. 편향이 있으면 끝에 1 의 행이 붙는다: 자료를 바로 읽으면 그 열이다."""
        m, inputs = self.memory, self.memory.tape.dense_rows(k)[0]
        if m.tape.dense[k].bias < 0:
            return inputs
        return np.append(inputs, m.tape.inputs if self.layout.areas[k].across and m.block > 1 else m.ones)

    def _out(self, k: int) -> np.ndarray:
        """결과의 행마다의 원소의 번호."""
        return self.memory.element(np.arange(*self.memory.tape.first[k : k + 2]))

    def _residual(self, k: int, rows: np.ndarray, records: Records, kernel: MapKernel, **adding: bool) -> None:
        """결과에 잔차를 베끼거나, 결과의 기울기를 잔차에 더한다: 표의 identity 다."""
        out = self._out(k)
        records.add(k, self.narrow, kernel, out=out[0], length=len(out), table=records.table(self.memory.element(rows)), **adding)

    def _inputs(self, k: int, records: Records, active: np.ndarray, writes: Writes) -> None:
        """∇X = Wᵀ·Δ. 한 합에 두 번 쓰인 입력은 곱을 나누어 더한다."""
        m, area, line, out = self.memory, self.layout.areas[k], records.table, self._out(k)
        inputs = m.tape.dense_rows(k)[0]
        columns = np.flatnonzero(active[inputs])
        adding = not writes.place(k, inputs[columns])
        while len(columns):
            _, firsts = np.unique(inputs[columns], return_index=True)
            now, columns = np.sort(columns[firsts]), np.delete(columns, firsts)
            ci, grads = line(m.element(inputs[now])), m.grads.ctypes.data
            records.add(
                k, self.wide, 'product', a=m.at(m.theta, area.start), ai=line(now), ap=line(np.arange(len(out)) * area.distance),
                b=grads, bp=line(out), c=grads, ci=ci, s=grads, si=ci, rows=len(now), columns=m.block, terms=len(out), adding=adding,
            )  # fmt: skip

    def _scattered(self, k: int, records: Records, active: np.ndarray, writes: Writes) -> None:
        """표본 하나의 ∇x = Wᵀ·δ: 벡터 하나로 구해 입력의 행들에 더한다."""
        m, area, line, out = self.memory, self.layout.areas[k], records.table, self._out(k)
        inputs = m.tape.dense_rows(k)[0]
        n = rounded_up(len(inputs), m.lanes)
        turned, found = records.keep(m.array(rounded_up(len(out), m.lanes), n)), records.keep(m.array(n))
        offsets = np.pad(np.arange(len(inputs)) * area.distance, (0, n - len(inputs)))
        records.add(k, self.wide, 'transposed', source=m.at(m.theta, area.start), offsets=line(offsets), target=turned, distance=n,
                    rows=n, columns=len(out))  # fmt: skip
        records.add(k, self.wide, 'product', a=m.grads.ctypes.data, ai=line(out[:1]), ap=line(np.arange(len(out))), b=turned,
                    bp=line(np.arange(len(out)) * n), c=found, ci=line([0]), rows=1, columns=n, terms=len(out))  # fmt: skip
        records.add(k, self.narrow, 'move', source=found, origins=line(np.arange(len(inputs))), target=m.grads.ctypes.data,
                    places=line(m.element(inputs)), length=len(inputs), adding=1)  # fmt: skip

    def _weights(self, k: int, records: Records) -> None:
        """∇W 를 기울기에 더하거나, fused 면 W 에서 바로 뺀다."""
        m, area, line = self.memory, self.layout.areas[k], records.table
        terms, out, grads = self._terms(k), self._out(k), m.grads.ctypes.data
        lines = terms if area.across else out
        c, ci = m.at(m.theta if area.fused else m.gradient, area.start), line(np.arange(len(lines)) * area.distance)
        target = {'c': c, 'ci': ci, 's': c, 'si': ci, 'rows': len(lines), 'columns': area.distance, 'adding': 1, 'stepping': area.fused}
        if m.block == 1:
            records.add(k, self.wide, 'product', a=m.values.ctypes.data, ai=line(m.element(terms)), ap=line([0]), b=grads,
                        bp=line(out[:1]), terms=1, **target)  # fmt: skip
            return
        across, turned = np.arange(m.block) * area.distance, records.keep(m.array(m.block, area.distance))
        source, rows = (m.grads, out) if area.across else (m.values, m.element(terms))
        padded = np.pad(rows, (0, area.distance - len(rows)), constant_values=m.element(m.zeros))
        records.add(k, self.wide, 'transposed', source=source.ctypes.data, offsets=line(padded), target=turned,
                    distance=area.distance, rows=area.distance, columns=m.block)  # fmt: skip
        left = {'a': m.data.ctypes.data, 'ai': line(terms), 'ap': self.located} if area.across else {
            'a': grads, 'ai': line(out), 'ap': line(np.arange(m.block))}  # fmt: skip
        records.add(k, self.wide, 'product', **left, b=turned, bp=line(across), terms=-1, **target)
