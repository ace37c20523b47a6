"""꾸러미(package): 가벼운 import, 게으른 이름, 정적인 버전, 명령."""

import ast
import configparser
import importlib.util
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import micrograd_ko
from micrograd_ko import ops

ROOT, PACKAGE = Path(__file__).parent.parent, 'micrograd_ko'
HEAVY = ['numpy', 'graphviz', 'tqdm', 'hypothesis', 'mpmath', 'pygraphviz', 'typing', 're', 'dataclasses', 'inspect']


def python(code: str) -> str:
    """site 없이 시작한 새 파이썬이 찍은 글: 개발 환경의 .pth 가 미리 읽는 모듈이 끼지 않는다."""
    preamble = f'import sys; sys.path.insert(0, {str(ROOT)!r}); '
    return subprocess.run([sys.executable, '-S', '-c', preamble + code], check=True, capture_output=True, encoding='utf-8').stdout


def test_import_loads_nothing_heavy():
    """`import micrograd_ko` 는 표와 엔진만 읽는다."""
    loaded = python('import micrograd_ko; print(*sys.modules)').split()
    assert [name for name in HEAVY if name in loaded] == []
    assert all(importlib.util.find_spec(name) for name in HEAVY)  # 없는 이름은 언제나 통과한다
    mine = {name.removeprefix('micrograd_ko.') for name in loaded if name.startswith('micrograd_ko.')}
    rooms = {'kinds', 'kinds.elements', 'kinds.huge'}
    assert mine == {'operation', 'ops', 'number', 'misuse', 'state', 'graph', 'copying', 'engine', *rooms}


def test_numpy_numbers_need_no_import_of_arrays():
    """`ops.NAME` 은 어떤 종류의 수에든 쓴다: 배열을 처음 만나면 스스로 배운다."""
    code = 'import numpy as np; from micrograd_ko import ops; print(ops.power(0.5)(np.array([4.0])), ops.relu(np.float32(-1)))'
    done = subprocess.run([sys.executable, '-c', code], cwd=ROOT, capture_output=True, encoding='utf-8', check=True)
    assert done.stdout.split() == ['[2.]', '0.0']


@pytest.mark.parametrize('name', micrograd_ko.__all__)
def test_every_public_name_is_there(name):
    assert getattr(micrograd_ko, name) is not None
    assert name in dir(micrograd_ko)


def test_dir_lists_what_is_meant_for_use():
    """`dir()` 과 자동 완성에 표준 라이브러리와 안에서만 쓰는 것이 끼지 않는다."""
    for home in (micrograd_ko, ops):
        names = dir(home)
        strangers = [name for name in names if inspect.ismodule(thing := getattr(home, name)) and PACKAGE not in thing.__name__]
        assert strangers == [] and len(names) == len(set(names))
    assert {'importlib', 'functools', 'math', 'LINEAR', 'TYPE_CHECKING', 'row'}.isdisjoint({*dir(micrograd_ko), *dir(ops)})
    assert {'exp', 'affine', 'power', 'register', 'Op'} <= set(dir(ops))


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match='nothing_like_this'):
        micrograd_ko.nothing_like_this  # noqa: B018 - 속성을 읽는 것이 시험이다


def settings() -> configparser.ConfigParser:
    parser = configparser.ConfigParser()
    parser.read(ROOT / 'setup.cfg', encoding='utf-8')
    return parser


def test_the_version_is_a_literal():
    """설치할 때 패키지를 import 하지 않는다: setuptools 는 글자 그대로 적힌 버전만 정적으로 읽는다."""
    assert settings()['metadata']['version'] == 'attr: micrograd_ko.__version__'
    tree = ast.parse((ROOT / 'micrograd_ko' / '__init__.py').read_text(encoding='utf-8'))
    assigned = [node for node in tree.body if isinstance(node, ast.Assign)]
    versions = [node.value for node in assigned if ast.unparse(node.targets[0]) == '__version__']
    assert [ast.literal_eval(value) for value in versions] == [micrograd_ko.__version__]


def test_the_changelog_begins_with_this_version():
    text = (ROOT / 'CHANGELOG.md').read_text(encoding='utf-8')
    assert text[text.index('## ') :].startswith(f'## [{micrograd_ko.__version__}]')
