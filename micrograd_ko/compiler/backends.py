"""백엔드(back end): 테이프를 재생하는 것. 읽을 수 있는 기준은 NumPy 의 `replay`, 빠른 것은 LLVM 의 `machine` 이다.

둘은 같은 이름으로 같은 것을 준다.
  name                     'numpy' 나 'llvm'
  loss, outputs, gradient  (칸의 벡터, 블록) → (결과, 정의역을 벗어난 표본)
  over                     다른 테이프를 재생하는 같은 백엔드
"""

import importlib.util
from typing import TYPE_CHECKING, Any, Union

import numpy as np

from micrograd_ko.compiler.descent import Descent
from micrograd_ko.compiler.replay import Replayer
from micrograd_ko.compiler.tape import Tape

if TYPE_CHECKING:
    from micrograd_ko.compiler.machine.backend import Machine

Backend = Union[Replayer, 'Machine']
BACKENDS, DTYPES = ('auto', 'numpy', 'llvm'), ('f64', 'f32')


def chosen(backend: str, tape: Tape, dtype: str = 'f64') -> Backend:
    """backend 를 고른다. 'auto' 면 llvmlite 가 있고 모든 연산을 기계어로 옮길 수 있을 때 'llvm', 아니면 'numpy'.

    이름이 다르면 ValueError, 'llvm' 인데 llvmlite 가 없으면 ImportError, 옮길 수 없는 연산이 있으면 TypeError.
    """
    for what, given, known in (('backend', backend, BACKENDS), ('dtype', dtype, DTYPES)):
        if given not in known:
            raise ValueError(f'{what} 은(는) {", ".join(map(repr, known))} 가운데 하나입니다. {given!r} 을(를) 받았습니다.')
    installed = importlib.util.find_spec('llvmlite') is not None
    if (backend == 'llvm' or dtype == 'f32') and not installed:
        raise ImportError("기계어로 재생하려면 llvmlite 가 있어야 합니다: pip install 'micrograd_ko[jit]'.")
    if backend == 'numpy' and dtype == 'f32':
        raise ValueError("NumPy 백엔드는 f64 로만 계산합니다. dtype='f32' 는 backend='llvm' 에서 됩니다.")
    if backend == 'numpy' or not installed:
        return Replayer(tape)
    try:
        from micrograd_ko.compiler.machine.backend import Machine

        return Machine(tape, dtype)
    except (TypeError, ImportError):  # 옮길 수 없는 연산이 있거나, 이 기계에서 돌지 않는 llvmlite 다
        if backend == 'llvm' or dtype == 'f32':
            raise
        return Replayer(tape)


def descent(program: Any, replayer: Backend, samples: np.ndarray, batch_size: int, optimizer: Any, threads: int) -> Descent:
    """그 백엔드로 배우는 일. 기울기를 자르는(clip) 최적화는 스텝마다 모든 기울기를 보아야 하므로 커널 안에서 돌지 않는다."""
    if isinstance(replayer, Replayer) or optimizer.clip is not None:
        return Descent(program, samples, batch_size, optimizer)
    return replayer.training(program, samples, batch_size, optimizer, threads)
