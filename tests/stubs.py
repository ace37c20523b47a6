"""형 검사기(type checker)와 편집기가 읽는 두 파일을, 실행되는 것에서 만든다: `python tests/stubs.py`

  __init__.pyi       공개 이름이 저마다 어디에 정의되어 있는지. 게으른 `__getattr__` 만 보이면 틀린 이름도 맞는 이름이 된다.
  unary_methods.pyi  표의 단항 연산: 실행할 때 `Value` 에 놓이는 메서드
"""

import inspect
from pathlib import Path

import micrograd_ko
from micrograd_ko import ops
from micrograd_ko.engine import Value

PACKAGE = Path(__file__).parent.parent / 'micrograd_ko'
MADE = '# tests/stubs.py 가 만든다. 손으로 고치지 않는다.'


def facade() -> list[str]:
    """micrograd_ko/__init__.pyi 의 줄들."""
    homes = sorted([(home(getattr(micrograd_ko, name)), *order(name)) for name in dir(micrograd_ko) if name != '__version__'])
    imports = [f'from {where} import {name} as {name}' for where, _, name in homes]
    names = [f'    {name!r},' for name in sorted(micrograd_ko.__all__, key=order)]
    return [*imports, '', '__all__ = [', *names, ']', '', '__version__: str']


def home(thing: object) -> str:
    """thing 을 import 하는 곳: 정의한 모듈, 모듈이면 그 모듈이 든 패키지."""
    return thing.__name__.rpartition('.')[0] if inspect.ismodule(thing) else thing.__module__


def order(name: str) -> tuple[bool, str]:
    """ruff 의 차례: 모두 대문자인 이름이 먼저다."""
    return not name.isupper(), name


def unary_methods() -> list[str]:
    """micrograd_ko/unary_methods.pyi 의 줄들. 설명도 실행할 때의 것이다."""
    lines = ['from micrograd_ko.engine import Value', '', 'class UnaryMethods:']
    for op in ops.table.values():
        if op.arity == 1:
            lines += [f'    def {op.name}(self) -> Value:', f'        r"""{getattr(Value, op.name).__doc__}"""']
    return lines


def stubs() -> dict[Path, str]:
    """파일 → 글."""
    made = {'__init__.pyi': facade(), 'unary_methods.pyi': unary_methods()}
    return {PACKAGE / name: '\n'.join([MADE, '', *lines, '']) for name, lines in made.items()}


if __name__ == '__main__':
    for path, text in stubs().items():
        path.write_text(text, encoding='utf-8')
