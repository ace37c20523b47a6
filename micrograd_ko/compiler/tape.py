"""테이프(tape): 실행할 명령(instruction)의 배열. 배열만 담으므로 작게 저장되고 다른 프로세스로 건너간다.

표본 하나의 모든 수가 행(row) 하나씩을 갖는다: [입력 | 상수 | 파라미터 | 명령들의 결과]. 실행기는 행 × 표본의 표를 채운다.
명령 하나는 같은 연산을 이어진 여러 행(lane)에 한다. 층 하나의 σ 가 명령 하나다.
행렬에만 쓰이는 파라미터는 행을 갖지 않고 칸(slot)의 벡터에 있다. 행렬마다 W 가 그 안에서 이어진 구간이다.
"""

from dataclasses import dataclass

import numpy as np

from micrograd_ko.operation import Op

DENSE = -1


@dataclass(frozen=True)
class Dense:
    """행렬 명령: W 는 칸 weights 부터 m×n, b 는 칸 bias 부터 m (없으면 −1). outputs 는 m, inputs 는 n, residual 은 잔차가 있는지.

    결과는 벌마다 m행, 피연산자는 벌마다 입력 n행, 그다음 벌마다 잔차 m행이다.
    """

    weights: int
    bias: int
    outputs: int
    inputs: int
    residual: bool


@dataclass(frozen=True, eq=False)
class Tape:
    """명령 k개, 행 r개.

    kind      (k,) 연산의 번호, 행렬이면 DENSE.
    first     (k+1,) 명령 i 의 결과는 행 first[i] … first[i+1]−1.
    start     (k+1,) 명령 i 의 피연산자는 operand[start[i]:start[i+1]]: 첫째 피연산자의 행들, 둘째의 행들, …
    active    (k,) 파라미터에 달려 있어 기울기가 흐르는지.
    in_loss, in_outputs  (k,) 손실과 출력을 계산하는 데 필요한지.
    constants 상수 행의 값. parameter_rows 파라미터 행의 칸.
    source    (r,) 행마다 기록된 그래프의 위상 번호, 없으면 −1.
    slot      (P,) 파라미터마다 그 칸. order (P,) 칸마다 그 파라미터.
    fixed     파라미터 다음 칸들에 놓이는 상수. copied 는 그다음 칸들이 저마다 베끼는 칸.
    needed    출력을 계산하는 데 필요한 입력은 앞의 이만큼이다.
    """

    ops: tuple[Op, ...]
    kind: np.ndarray
    first: np.ndarray
    start: np.ndarray
    operand: np.ndarray
    active: np.ndarray
    in_loss: np.ndarray
    in_outputs: np.ndarray
    dense: dict[int, Dense]
    inputs: int
    constants: np.ndarray
    parameter_rows: np.ndarray
    source: np.ndarray
    slot: np.ndarray
    order: np.ndarray
    fixed: np.ndarray
    copied: np.ndarray
    loss: int
    outputs: np.ndarray
    needed: int

    def __len__(self) -> int:
        return len(self.kind)

    @property
    def rows(self) -> int:
        return len(self.source)

    @property
    def slots(self) -> int:
        return len(self.slot) + len(self.fixed) + len(self.copied)

    def name(self, instruction: int) -> str:
        kind = self.kind[instruction]
        return 'dense' if kind == DENSE else self.ops[kind].name

    def out(self, instruction: int) -> slice:
        """결과의 행."""
        return slice(int(self.first[instruction]), int(self.first[instruction + 1]))

    def lanes(self, instruction: int) -> int:
        return int(self.first[instruction + 1] - self.first[instruction])

    def operand_rows(self, instruction: int) -> np.ndarray:
        """(피연산자의 수, 행의 수). 행렬 명령이 아닌 것에만."""
        return self.operand[self.start[instruction] : self.start[instruction + 1]].reshape(-1, self.lanes(instruction))

    def operation(self, row: int) -> tuple[Op, np.ndarray]:
        """(행 row 를 계산하는 연산, 그 피연산자의 행). 행렬 명령이 아닌 것에만."""
        k = int(np.searchsorted(self.first, row, 'right')) - 1
        return self.ops[self.kind[k]], self.operand_rows(k)[:, row - self.first[k]]

    def copies(self, instruction: int) -> int:
        """행렬 명령이 몇 벌의 입력에 W 를 곱하는지."""
        return self.lanes(instruction) // self.dense[instruction].outputs

    def dense_rows(self, instruction: int) -> tuple[np.ndarray, np.ndarray]:
        """행렬 명령의 (벌 × 입력의 행, 벌 × 잔차의 행). 잔차가 없으면 벌 × 0."""
        rows, count = self.operand[self.start[instruction] : self.start[instruction + 1]], self.copies(instruction)
        inputs, residual = np.split(rows, [count * self.dense[instruction].inputs])
        return inputs.reshape(count, -1), residual.reshape(count, -1)

    def spread(self, parameters: np.ndarray) -> np.ndarray:
        """파라미터의 벡터를 칸의 벡터로."""
        fixed, copied = len(self.slot), self.slots - len(self.copied)
        theta = np.empty(self.slots)
        np.take(parameters, self.order, out=theta[:fixed], mode='clip')
        theta[fixed:copied] = self.fixed
        theta[copied:] = theta[self.copied]
        return theta

    def gathered(self, gradient: np.ndarray) -> np.ndarray:
        """칸의 기울기를 파라미터의 기울기로: 베낀 칸의 것은 원래 칸에 더한다. gradient 를 고친다."""
        if len(self.copied):
            with np.errstate(all='ignore'):
                np.add.at(gradient, self.copied, gradient[self.slots - len(self.copied) :])
        return gradient[self.slot]
