"""표본이 많은 기울기를 Dask 의 일꾼(worker)들에게 나누어 맡긴다.

    python examples/dask_gradient.py [표본의 수]

`Program.gradient` 는 `concurrent.futures.Executor` 면 무엇이든 받는다. 여기서는 이 기계에 일꾼 둘을 띄우지만, `Client(주소)` 로
여러 기계의 일꾼을 쓰면 나머지는 같다. 블록도 더하는 순서도 정해져 있어, 누가 얼마나 빨리 계산했는지가 결과를 바꾸지 않는다.
(일꾼의 NumPy 가 이 기계와 같은 BLAS 를 쓸 때. 다른 BLAS 는 행렬 곱의 끝자리가 다를 수 있다.)
"""

import random
import sys
import time

import numpy as np

from micrograd_ko import MLP


def main() -> None:
    try:
        from distributed import Client
    except ModuleNotFoundError:
        sys.exit('이 예제는 Dask 가 필요합니다: pip install "micrograd_ko[bench]" (또는 pip install dask distributed)')
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    program = MLP(20, [30, 5], rng=random.Random(0)).compile()
    rng = np.random.default_rng(0)
    X = rng.normal(size=(rows, 20)), rng.uniform(size=(rows, 5))
    print(program)

    start = time.perf_counter()
    alone = program.gradient(X)
    print(f'혼자: {time.perf_counter() - start:.2f} 초')
    with Client(n_workers=2, threads_per_worker=1, dashboard_address=None) as client:
        start = time.perf_counter()
        shared = program.gradient(X, executor=client.get_executor())
        print(f'일꾼 둘: {time.perf_counter() - start:.2f} 초')
    same = '같습니다' if alone.tobytes() == shared.tobytes() else f'{np.abs(alone - shared).max():.1e} 까지 다릅니다'
    print(f'파라미터 {len(alone)}개의 기울기가 {same}. |기울기| = {np.linalg.norm(shared):.6f}')


if __name__ == '__main__':
    main()
