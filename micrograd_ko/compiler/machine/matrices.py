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
from micrograd_ko.compiler.tape import Tape

RESIDUAL = [MapKernel(ops.identity, 1, 'rows', active) for active in (None, (0,))]


def joined(tape: Tape, dense: list[int], lanes: int) -> list[list[int]]:
    """표본이 하나일 때 한꺼번에 곱할 행렬 명령들의 묶음: 잇따르고, W 가 같고, 입력이 저마다 같은 만큼씩 떨어져 있는 것."""
    groups: list[list[int]] = []
    for k in dense:
        if groups and _joins(tape, groups[-1], k, lanes):
            groups[-1].append(k)
        else:
            groups.append([k])
    return groups


def _joins(tape: Tape, group: list[int], k: int, lanes: int) -> bool:
    first = group[0]
    same = tape.dense[k] == tape.dense[first] and tape.lanes(k) == tape.lanes(first) and tape.active[k] == tape.active[first]
    if not same or k != group[-1] + 1 or tape.dense[k].bias >= 0 or tape.lanes(k) % lanes:
        return False
    reads, distances = tape.operand[tape.start[k] : tape.start[k + 1]], tape.dense_rows(k)[0] - tape.dense_rows(first)[0]
    return bool(np.ptp(distances) == 0 and tape.inputs <= tape.dense_rows(first)[0].min() and reads.max() < tape.first[first])


class Matrices:
    """wide 는 곱의 커널, narrow 는 행을 하나씩 다루는 커널이다(표본이 레인이면 같다). located 는 표본마다 그 자료의 자리의 표.

    명령의 묶음(group)은 한 번에 곱한다. 표본이 레인이면 언제나 하나씩이다.
    """

    def __init__(self, memory: Memory, layout: Layout, wide: Kernels, narrow: Kernels, located: int) -> None:
        self.memory, self.layout, self.wide, self.narrow, self.located = memory, layout, wide, narrow, located
        self.values, self.grads = at(memory.values), at(memory.grads)
        narrow.maps(RESIDUAL)

    def forward(self, group: list[int], records: Records) -> None:
        """묶음의 순방향."""
        k, m, area, line = group[0], self.memory, self.layout.areas[group[0]], records.table
        terms, out, start = self._terms(k), self._out(k), at(m.theta, area.start)
        residual = m.tape.dense_rows(k)[1]
        if not area.across:
            weights = {'a': start, 'ai': line(np.arange(len(out)) * area.distance), 'ap': line(np.arange(len(terms)))}
            records.add(k, self.wide, 'product', **weights, b=self.values, bp=line(m.element(terms)), terms=len(terms),
                        rows=len(out), columns=m.block, c=self.values, ci=line(out), s=self.values, si=line(m.element(residual)),
                        adding=len(residual) > 0)  # fmt: skip
            return
        weights = {'b': start, 'bp': line(np.arange(len(terms)) * area.distance), 'columns': area.distance, 'terms': len(terms)}
        if m.block == 1:
            self._residuals(group, records, RESIDUAL[0])
            places, shifts = line(self._places(group)), line(self._shifts(group))
            records.add(k, self.wide, 'product', a=self.values, ai=shifts, ap=line(m.element(terms)), **weights, rows=len(group),
                        c=self.values, ci=places, s=self.values, si=places, adding=len(residual) > 0)  # fmt: skip
            return
        turned, places = records.keep(m.array(m.block, area.distance)), line(np.zeros(m.block))
        records.add(k, self.wide, 'product', a=at(m.data), ai=self.located, ap=line(terms), **weights, rows=-1, c=turned,
                    ci=line(np.arange(m.block) * area.distance))  # fmt: skip
        records.add(k, self.wide, 'locate', target=places, distance=area.distance)
        records.add(k, self.wide, 'transposed', source=turned, offsets=places, target=at(m.values, out[0]), distance=m.block,
                    rows=m.block, columns=len(out))  # fmt: skip

    def backward(self, group: list[int], records: Records, active: np.ndarray) -> None:
        """묶음의 역방향. active (행,) 는 기울기가 흐르는 행. ∇X 를 ∇W 보다 먼저 구한다: 곱하며 갱신하면 W 가 바뀐다."""
        rows = [self.memory.tape.dense_rows(k) for k in group]
        columns = [np.flatnonzero(active[inputs]) for inputs, _ in rows]
        if any(map(len, columns)):
            if self.memory.block == 1:
                self._scattered(group, records, columns)
            else:
                self._inputs(group[0], records, columns[0])
        self._weights(group, records)
        if active[rows[0][1]].any():
            self._residuals(group, records, RESIDUAL[1])

    def _terms(self, k: int) -> np.ndarray:
        """W 의 열마다의 입력의 행. 편향이 있으면 끝에 1 의 행이 붙는다: 자료를 바로 읽으면 그 열이다."""
        m, inputs = self.memory, self.memory.tape.dense_rows(k)[0]
        if m.tape.dense[k].bias < 0:
            return inputs
        return np.append(inputs, m.tape.inputs if self.layout.areas[k].across and m.block > 1 else m.ones)

    def _out(self, k: int) -> np.ndarray:
        """결과의 행마다의 원소의 번호."""
        return self.memory.element(np.arange(*self.memory.tape.first[k : k + 2]))

    def _places(self, group: list[int]) -> np.ndarray:
        """명령마다 결과가 시작하는 원소의 번호."""
        return self.memory.element(self.memory.tape.first[group])

    def _shifts(self, group: list[int]) -> np.ndarray:
        """명령마다 입력이 첫 명령의 것에서 떨어진 만큼."""
        firsts = self.memory.element([self.memory.tape.dense_rows(k)[0][0] for k in group])
        return firsts - firsts[0]

    def _residuals(self, group: list[int], records: Records, kernel: MapKernel) -> None:
        """결과에 잔차를 베끼거나, 결과의 기울기를 잔차에 더한다: 표의 identity 다."""
        m = self.memory
        for k in group:
            rows, out = m.tape.dense_rows(k)[1], m.element(m.tape.first[k])
            if len(rows):
                records.add(group[0], self.narrow, kernel, out=out, length=len(rows), table=records.table(m.element(rows)))

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

    def _scattered(self, group: list[int], records: Records, columns: list[np.ndarray]) -> None:
        """표본 하나의 ∇x = Wᵀ·δ: 명령마다 벡터 하나로 구해 W 의 열 columns 의 입력의 행들에 더한다."""
        k, m, area, line = group[0], self.memory, self.layout.areas[group[0]], records.table
        rows, length = [m.tape.dense_rows(each)[0] for each in group], m.tape.lanes(k)
        n = rounded_up(len(rows[0]), m.lanes)
        turned, found = records.keep(m.array(rounded_up(length, m.lanes), n)), records.keep(m.array(len(group), n))
        offsets = np.pad(np.arange(len(rows[0])) * area.distance, (0, n - len(rows[0])))
        records.add(k, self.wide, 'transposed', source=at(m.theta, area.start), offsets=line(offsets), target=turned, distance=n,
                    rows=n, columns=length)  # fmt: skip
        records.add(k, self.wide, 'product', a=self.grads, ai=line(self._places(group)), ap=line(np.arange(length)), b=turned,
                    bp=line(np.arange(length) * n), c=found, ci=line(np.arange(len(group)) * n), rows=len(group), columns=n,
                    terms=length)  # fmt: skip
        origins = np.concatenate([i * n + now for i, now in enumerate(columns)])
        places = m.element(np.concatenate([inputs[now] for inputs, now in zip(rows, columns, strict=True)]))
        records.add(k, self.narrow, 'move', source=found, origins=line(origins), target=self.grads, places=line(places),
                    length=len(origins), adding=1)  # fmt: skip

    def _weights(self, group: list[int], records: Records) -> None:
        """∇W 를 기울기에 더하거나, fused 면 W 에서 바로 뺀다."""
        k, m, area, line = group[0], self.memory, self.layout.areas[group[0]], records.table
        terms, out = self._terms(k), self._out(k)
        c, lines = at(m.theta if area.fused else m.gradient, area.start), len(terms) if area.across else len(out)
        ci = line(np.arange(lines) * area.distance)
        target = {'c': c, 'ci': ci, 's': c, 'si': ci, 'adding': 1, 'stepping': area.fused}
        target |= {'rows': lines, 'columns': area.distance}
        if m.block == 1:
            records.add(k, self.wide, 'product', a=self.values, ai=line(m.element(terms)), ap=line(self._shifts(group)),
                        b=self.grads, bp=line(self._places(group)), terms=len(group), **target)  # fmt: skip
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
