"""행렬의 곱을 작은 조각으로: BLAS 가 스스로 스레드를 나누지 않을 만큼 작게 부른다.

스레드를 몇으로 나누느냐에 따라 곱의 끝자리가 달라지고, 블록을 맡은 일꾼마다 스레드를 또 나누면 서로 기다리느라 수십 배 느려진다.
조각은 모양으로만 정해지므로 비트가 기계의 코어 수나 OPENBLAS_NUM_THREADS 에 매이지 않는다. 나누는 일은 블록이 한다.
"""

import numpy as np

ALONE = 4 * 65536  # OpenBLAS 는 m·n·k 가 이 이하면 스레드 하나로 곱한다 (interface/gemm.c 의 SMP_THRESHOLD_MIN 의 4배)


def multiply(a: np.ndarray, b: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    """out = a·b. a (m × n), b (n × k), out (m × k)은 주지 않으면 새 배열이다."""
    (m, n), k = a.shape, b.shape[1]
    if out is None:
        out = np.empty((m, k))
    if min(m, k) < 2 or 4 * n > ALONE:  # 벡터의 곱은 BLAS 의 다른 길(gemv)로 가고, 그 문턱은 훨씬 낮다
        return np.einsum('ij,jk->ik', a, b, out=out)
    if m * n * k <= ALONE:
        return np.matmul(a, b, out=out)
    columns = max(2, ALONE // (m * n))
    rows = max(2, ALONE // (columns * n))
    for top in range(0, m, rows):
        for left in range(0, k, columns):
            part = slice(top, top + rows), slice(left, left + columns)
            multiply(a[part[0]], b[:, part[1]], out[part])
    return out
