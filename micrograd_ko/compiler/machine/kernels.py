"""커널의 주소: 처음 쓸 때 적고 컴파일해 두었다가, 모든 프로그램이 나누어 쓴다.

곱과 스텝의 커널은 꼴마다 한 묶음이다. 표의 연산은 (연산, 모양, 기울기가 흐르는 피연산자)마다 하나이고, 갱신은 식마다 하나다.
"""

import functools
import threading
from collections.abc import Collection, Sequence
from typing import Any

from llvmlite import ir

from micrograd_ko.compiler.machine import maps, products, steps, updates
from micrograd_ko.compiler.machine.maps import MapKernel, is_lasting
from micrograd_ko.compiler.machine.target import compiled, host
from micrograd_ko.kinds.lanes import Format

SHARED = {
    'product': products.PRODUCT, 'transposed': products.TRANSPOSED,
    'sum_forward': maps.SUM, 'sum_backward': maps.SUM, **steps.RECORDS,
}  # fmt: skip  # 모든 프로그램이 쓰는 커널 → 레코드의 칸
_compiling = threading.RLock()


class Kernels:
    """한 꼴의 커널들. addresses 는 이름이나 `MapKernel` → 주소."""

    def __init__(self, form: Format) -> None:
        self.form = form
        self.addresses: dict[Any, int] = dict(compiled(list(SHARED), self._write, form))

    def _write(self, module: ir.Module) -> None:
        products.write_product(module, self.form, host().registers)
        products.write_transposed(module, self.form)
        maps.write_sums(module, self.form)
        steps.write_steps(module, self.form)

    def maps(self, kernels: Collection[MapKernel]) -> None:
        """kernels 를 쓸 수 있게 한다. 표에 처음부터 있던 연산이면 디스크에 둔다: 등록한 연산은 이름이 식을 정하지 않는다."""
        with _compiling:
            for lasting in (True, False):
                group = [kernel for kernel in kernels if is_lasting(kernel.op) == lasting]
                new = {_name(kernel): kernel for kernel in group if kernel not in self.addresses}
                if new:
                    found = compiled(sorted(new), functools.partial(_write_maps, new, self.form), self.form, lasting)
                    self.addresses |= {kernel: found[name] for name, kernel in new.items()}

    def update(self, optimizer: Any) -> str:
        """optimizer 의 갱신 식의 커널의 이름."""
        with _compiling:
            name = ascii('; '.join(updates.formula(optimizer)))
            if name not in self.addresses:
                write = functools.partial(updates.write_update, name=name, form=self.form, optimizer=optimizer)
                self.addresses |= compiled([name], write, self.form)
            return name


def _write_maps(kernels: dict[str, MapKernel], form: Format, module: ir.Module) -> None:
    for name, kernel in kernels.items():
        kernel.write(module, name, form)


def fields_of(kernel: Any) -> Sequence[str]:
    """커널의 레코드의 칸의 이름. 이름이 정해지지 않은 것은 갱신의 커널이다."""
    return maps.MAP if isinstance(kernel, MapKernel) else SHARED.get(kernel, updates.UPDATE)


def _name(kernel: MapKernel) -> str:
    """커널의 이름. C 의 함수(sin, exp)와 겹치지 않고, 연산의 이름이 한글이어도 LLVM 이 아는 글자(ASCII)만 든다."""
    way = 'forward' if kernel.active is None else f'backward {kernel.active}'
    return ascii(f'{kernel.op.name} {kernel.arity} {kernel.pattern} {way}')


@functools.cache
def _of(dtype: str, lanes: int) -> Kernels:
    return Kernels(Format(dtype, lanes))


def kernels_of(dtype: str, lanes: int) -> Kernels:
    """그 꼴의 커널들."""
    with _compiling:
        return _of(dtype, lanes)
