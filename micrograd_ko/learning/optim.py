"""최적화(optimiser): 기울기의 반대 방향으로 파라미터를 움직인다."""

from collections.abc import Iterable

from micrograd_ko.engine import Value
from micrograd_ko.misuse import listed
from micrograd_ko.number import Number, number
from micrograd_ko.state import alone, commit, data_set, grad_set


def checked(parameters: Iterable[Value]) -> list[Value]:
    """움직일 파라미터의 목록. 신경망을 통째로 주면 TypeError, 비었으면 ValueError."""
    found = listed(parameters, '최적화는 파라미터의 목록을 받습니다: SGD(net.parameters(), lr).')
    if not found:
        raise ValueError('움직일 파라미터가 하나도 없습니다. SGD(net.parameters(), lr) 처럼 주세요.')
    return found


class SGD:
    """확률적 경사하강법(stochastic gradient descent), 노트의 갱신 식: w ← w − η · ∂C/∂w.

    `.grad` 가 미니배치의 평균 (1/m) Σ_x ∂C_x/∂w 이면 노트의 (η/m) Σ_x δ^(x,l) (a^(x,l−1))ᵀ 와 같다. lr 은 학습률 η.
    momentum μ 를 주면 v ← μ·v + ∂C/∂w, w ← w − η·v. lr 과 momentum 은 Value 가 담는 수여야 한다(`number`).
    """

    def __init__(self, parameters: Iterable[Value], lr: Number, momentum: Number = 0) -> None:
        lr, momentum = number(lr, '학습률(lr)은'), number(momentum, 'momentum 은')
        if not lr > 0 or not 0 <= momentum < 1:
            raise ValueError(f'학습률(lr)은 양수, momentum 은 0 이상 1 미만입니다. lr={lr!r}, momentum={momentum!r} 입니다.')
        self.parameters, self.lr, self.momentum = checked(parameters), lr, momentum
        self._velocity: list[Number] = [0] * len(self.parameters)

    @alone
    def step(self) -> None:
        """모든 파라미터를 동시에 한 걸음 움직인다. 하나라도 움직일 수 없으면 오류이고, 아무것도 움직이지 않는다."""
        lr, momentum = number(self.lr, '학습률(lr)은'), number(self.momentum, 'momentum 은')
        velocity = [momentum * v + p.grad for v, p in zip(self._velocity, self.parameters, strict=True)]
        moved = [p.data - lr * v for v, p in zip(velocity, self.parameters, strict=True)]
        commit([*data_set(self.parameters, moved), (self, '_velocity', velocity)])

    def zero_grad(self) -> None:
        """모든 파라미터의 기울기를 0 으로."""
        commit(grad_set(self.parameters, [None] * len(self.parameters)))
