"""기억(memory): 커널이 읽고 쓰는 표와 벡터. 실행 하나가 한 벌을 갖는다.

표는 행 × 표본이고, 입력의 행 뒤와 끝에 레인의 수만큼 빈 행이 있다: 벡터로 쓰는 것이 끝을 조금 넘어도 남의 행을 건드리지 않는다.
"""

from typing import Any, NamedTuple, Optional

import numpy as np

from micrograd_ko.compiler.machine.functions import CONTEXT
from micrograd_ko.compiler.machine.layout import Layout
from micrograd_ko.compiler.tape import Tape
from micrograd_ko.kinds.lanes import Format

ALIGNED = 64  # 캐시의 줄(cache line)


def rounded_up(n: int, unit: int) -> int:
    """n 이상인 가장 작은 unit 의 배수."""
    return -(-n // unit) * unit


class Share(NamedTuple):
    """한 스텝을 나누어 하는 스레드 threads 개 가운데 thread 번째의 몫. leader 는 0 번째의 기억."""

    thread: int = 0
    threads: int = 1
    leader: Optional['Memory'] = None

    def of(self, total: int, unit: int) -> tuple[int, int]:
        """total 을 unit 의 배수씩 나눈 것 가운데 이 몫의 (처음, 끝)."""
        part = rounded_up(-(-total // self.threads), unit)
        return min(total, self.thread * part), min(total, (self.thread + 1) * part)


ALONE = Share()


class Memory:
    """tape 를 표본 block 개씩 실행하는 데 쓰는 것. block 이 1 이면 행이 레인이다.

    samples 는 한 번에 받는 표본의 수, memories 는 최적화의 기억의 수. 스레드들은 자료와 파라미터와 기억을 함께 쓰고, 기울기는
    저마다 gradients 의 한 줄에 모은다.
    """

    def __init__(
        self, tape: Tape, layout: Layout, form: Format, block: int, samples: int, memories: int = 0, share: Share = ALONE
    ) -> None:
        self.tape, self.block, self.lanes = tape, block, form.lanes
        self.real = np.dtype(np.float64 if form.double else np.float32)
        self.ones, self.zeros = tape.rows + form.lanes, tape.rows + form.lanes + 1  # 언제나 1 인 행과 0 인 행
        self.constants = tape.inputs + len(tape.constants)  # 파라미터 행의 시작
        self.values, self.grads = [self.array(tape.rows + 3 * form.lanes + 2, block) for _ in range(2)]
        with np.errstate(over='ignore'):  # f32 에 담기지 않는 상수는 inf 다
            self.values[self.line(np.arange(tape.inputs, self.constants))] = tape.constants[:, None]
        self.values[self.line(self.ones)] = 1
        if share.leader is None:
            size = rounded_up(len(layout.slots) + form.lanes, ALIGNED)
            self.theta, self.gradients, self.state = self.array(size), self.array(share.threads, size), self.array(memories, size)
            self.data = self.array(samples + 1, rounded_up(tape.inputs + 1, form.lanes))  # 표본마다 입력의 열들과 1
            self.data[:, tape.inputs] = 1
            self.arrived = np.zeros(1, np.int64)  # 만나는 곳(`meet`)에 온 스레드의 수
        else:
            self.theta, self.gradients, self.state = share.leader.theta, share.leader.gradients, share.leader.state
            self.data, self.arrived = share.leader.data, share.leader.arrived
        self.gradient = self.gradients[share.thread]
        self.flag, self.settled = self.array(form.lanes), self.array(1)
        self.context = np.zeros(len(CONTEXT), np.int64)
        self.context[CONTEXT.index('block')] = block
        self.set(values=self.values, grads=self.grads, theta=self.theta, gradient=self.gradient)
        self.set(flag=self.flag, constants=self.settled)

    def array(self, *shape: int) -> np.ndarray:
        """캐시의 줄에 맞춘 0 의 배열."""
        size = int(np.prod(shape)) * self.real.itemsize
        raw = np.zeros(size + ALIGNED, np.uint8)
        start = -raw.ctypes.data % ALIGNED
        return raw[start : start + size].view(self.real).reshape(shape)

    def set(self, **arrays: np.ndarray) -> None:
        """context 의 칸에 배열의 주소를 적는다."""
        for name, array in arrays.items():
            self.context[CONTEXT.index(name)] = array.ctypes.data

    def line(self, row: Any) -> Any:
        """행이 표의 몇째 줄인가."""
        return row + self.lanes * (row >= self.tape.inputs)

    def element(self, row: Any) -> Any:
        """행이 시작하는 원소의 번호."""
        return self.line(np.asarray(row, np.int64)) * self.block


def at(array: np.ndarray, element: int = 0) -> int:
    """배열의 원소의 주소."""
    return array.ctypes.data + int(element) * array.itemsize
