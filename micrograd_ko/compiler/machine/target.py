"""기계(target): 이 컴퓨터의 CPU 에 맞춘 목적 코드(object code)를 만들고, 디스크에 두었다가 다시 쓴다.

캐시는 사용자의 캐시 폴더(`XDG_CACHE_HOME`, 없으면 시스템의 것) 아래 `micrograd_ko` 다. 파일 이름은 코드를 정하는 것 모두(소스,
LLVM, CPU, 벡터의 꼴, 커널의 이름)의 해시이고, 파일은 그 내용의 해시로 시작한다. 해시가 다르면(망가졌거나 남의 것이면) 다시
만든다. 폴더를 쓸 수 없으면 캐시 없이 간다.
"""

import contextlib
import functools
import hashlib
import os
import sys
from collections.abc import Callable
from pathlib import Path

import llvmlite
import llvmlite.binding as llvm
from llvmlite import ir

from micrograd_ko.kinds.lanes import Format
from micrograd_ko.writing.files import write_atomically

PACKAGE, HERE = Path(__file__).parents[2], Path(__file__).parent
SOURCES = [*map(PACKAGE.joinpath, ('operation.py', 'ops.py', 'kinds')), HERE]  # 목적 코드를 정하는 모듈과 방
DIGEST = 32  # sha256 의 바이트 수
_engines: list[llvm.ExecutionEngine] = []  # 목적 코드는 프로세스가 끝날 때까지 산다: 주소가 레코드에 적혀 있다


class Target:
    """이 컴퓨터. width 는 벡터 레지스터의 바이트 수, registers 는 그 수, key 는 목적 코드를 정하는 모든 것."""

    def __init__(self) -> None:
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        cpu, features, triple = llvm.get_host_cpu_name(), llvm.get_host_cpu_features(), llvm.get_process_triple()
        self.width = 64 if features.get('avx512f') else 32 if features.get('avx') else 16
        self.registers = 32 if self.width == 64 or triple.startswith(('aarch64', 'arm64')) else 16
        flat = features.flatten()
        self.machine = llvm.Target.from_triple(triple).create_target_machine(cpu=cpu, features=flat, opt=3, jit=True)
        sources = [path.read_bytes() for source in SOURCES for path in sorted(source.glob('*.py')) or [source]]
        self.key = repr((triple, cpu, flat, llvmlite.__version__)).encode() + b''.join(sources)

    def lanes(self, dtype: str) -> int:
        """레지스터를 채우는 레인의 수."""
        return self.width // (8 if dtype == 'f64' else 4)

    def object_code(self, module: ir.Module) -> bytes:
        """module 의 목적 코드. 틀린 IR 은 프로세스를 죽이므로 먼저 확인(verify)한다."""
        parsed = llvm.parse_assembly(str(module))
        parsed.verify()
        parsed.triple, parsed.data_layout = self.machine.triple, str(self.machine.target_data)
        return self.machine.emit_object(parsed)


@functools.cache
def host() -> Target:
    """이 컴퓨터. 처음 쓸 때 한 번 읽는다."""
    return Target()


def compiled(names: list[str], write: Callable[[ir.Module], None], form: Format, cached: bool = True) -> dict[str, int]:
    """write(module) 이 적는 함수 가운데 names 의 주소. names 와 form 이 코드를 정하면 cached 로 디스크에 둔 것을 다시 쓴다."""
    name = hashlib.sha256(host().key + repr((form, names)).encode()).digest()
    path = _folder() / f'{name.hex()}.o'
    code = _read(path, name) if cached else None
    if code is None:
        module = ir.Module()
        write(module)
        code = host().object_code(module)
        if cached:
            with contextlib.suppress(OSError):
                path.parent.mkdir(parents=True, exist_ok=True)
                write_atomically(path, hashlib.sha256(name + code).digest() + code)
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(''), host().machine)
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    _engines.append(engine)
    return {each: engine.get_function_address(each) for each in names}


def _read(path: Path, name: bytes) -> bytes | None:
    """캐시의 목적 코드. 없거나, 망가졌거나, 이 이름으로 만든 것이 아니면 None."""
    try:
        data = path.read_bytes()
    except OSError:
        return None
    return data[DIGEST:] if data[:DIGEST] == hashlib.sha256(name + data[DIGEST:]).digest() else None


def _folder() -> Path:
    defaults = {'win32': os.environ.get('LOCALAPPDATA'), 'darwin': '~/Library/Caches'}
    return Path(os.environ.get('XDG_CACHE_HOME') or defaults.get(sys.platform) or '~/.cache').expanduser() / 'micrograd_ko'
