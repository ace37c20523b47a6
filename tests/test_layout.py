"""집의 짜임: 모듈 사이의 화살표, 모듈의 길이, 설명."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / 'micrograd_ko'
LONGEST = 350

CORE = 'operation ops'
GRAPH = f'{CORE} graph engine'
NETWORK = f'{GRAPH} notation nn losses'

# 모듈이 읽힐 때 import 해도 되는 것. 위에서 아래로 쌓인다: 어떤 줄도 제 아래의 줄을 부르지 않는다.
ALLOWED = {
    'operation': '',
    'notation': '',
    'files': '',
    'ops': 'operation',
    'markup': '',
    'console': '',
    'symbols': CORE,
    'derivative_table': f'{CORE} notation symbols console',
    'labels': f'{CORE} notation symbols',
    'arrays': CORE,
    'bounds': CORE,  # 엔진도 신경망도 모른다
    'equations': f'{CORE} notation arrays',  # 독립된 증인
    'graph': CORE,
    'engine': f'{CORE} graph',
    '__init__': f'{CORE} engine',
    'paths': GRAPH,
    'derivatives': GRAPH,
    'losses': GRAPH,
    'optim': GRAPH,
    'nn': f'{GRAPH} notation',
    'receipt': f'{NETWORK} bounds equations markup',
    'explanation': f'{GRAPH} notation symbols labels markup paths',
    'misconceptions': f'{GRAPH} bounds labels markup console',
    'render': f'{GRAPH} notation symbols labels markup explanation files',
    'compiler': f'{GRAPH} notation arrays',  # Value 그래프만 알고 신경망은 모른다
    'testing': f'{NETWORK} symbols arrays bounds derivatives console',
    'iris': '',
    'train': f'{NETWORK} optim',
    'walkthrough': f'{NETWORK} derivatives optim equations receipt explanation misconceptions console iris train render',
    '__main__': '__init__ console',  # 걷기는 인수를 읽은 뒤에 읽는다
}

MODULES = sorted(PACKAGE.rglob('*.py'))


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def unit(path: Path) -> str:
    """모듈이 속한 칸: 패키지 안의 첫 이름 (render/dot.py → render)."""
    return path.relative_to(PACKAGE).parts[0].removesuffix('.py')


def is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and 'TYPE_CHECKING' in ast.unparse(node.test)


def loaded(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """모듈을 읽을 때 실행되는 문장: 함수의 안과 형 검사기만 읽는 곳은 빼고, 클래스와 if, try 의 안은 넣는다."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or is_type_checking(node):
            continue
        yield node
        for field in ('body', 'orelse', 'handlers', 'finalbody'):
            yield from loaded(getattr(node, field, []))


def imported(source: str) -> set[str]:
    """모듈을 읽을 때 import 하는 이 패키지의 칸."""
    found = set()
    for node in loaded(ast.parse(source).body):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f'상대 import: {ast.unparse(node)}'
            paths = [f'{node.module}.{alias.name}' for alias in node.names]
        elif isinstance(node, ast.Import):
            paths = [alias.name for alias in node.names]
        else:
            continue
        found |= {owner(path.split('.')[1:]) for path in paths if path.split('.')[0] == PACKAGE.name}
    return found


def owner(names: list[str]) -> str:
    """`micrograd_ko.x.y` 의 x. x 가 모듈이 아니면(`micrograd_ko.Value`) 그 이름은 __init__ 의 것이다."""
    known = bool(names) and ((PACKAGE / names[0]).is_dir() or (PACKAGE / f'{names[0]}.py').is_file())
    return names[0] if known else '__init__'


@pytest.mark.parametrize('path', MODULES, ids=name_of)
def test_imports_follow_the_arrows(path):
    here = unit(path)
    assert here in ALLOWED, f'{here}: 새 모듈입니다. 무엇을 import 해도 되는지 ALLOWED 에 적으세요.'
    wrong = imported(path.read_text(encoding='utf-8')) - {here, *ALLOWED[here].split()}
    assert not wrong, f'{here} 은(는) {sorted(wrong)} 을(를) 몰라야 합니다. 필요하면 함수 안에서 import 하세요.'


def test_the_arrows_have_no_cycle():
    order = list(ALLOWED)
    for here, others in ALLOWED.items():
        assert all(order.index(other) < order.index(here) for other in others.split())


@pytest.mark.parametrize(
    ('source', 'expected'),
    [
        ('import micrograd_ko.nn', {'nn'}),
        ('from micrograd_ko import Value, nn', {'__init__', 'nn'}),
        ('from micrograd_ko.nn import MLP', {'nn'}),
        ('try:\n    import micrograd_ko.nn\nexcept ImportError:\n    pass', {'nn'}),
        ('class A:\n    from micrograd_ko import nn', {'nn'}),
        ('def f():\n    from micrograd_ko import nn', set()),
        ('if TYPE_CHECKING:\n    from micrograd_ko import nn', set()),
        ('import numpy.random', set()),
    ],
)
def test_the_reader_of_imports(source, expected):
    """이 시험의 눈이 제대로 보는지."""
    assert imported(source) == expected


@pytest.mark.parametrize('path', MODULES, ids=name_of)
def test_a_module_is_read_in_one_sitting(path):
    assert len(path.read_text(encoding='utf-8').splitlines()) <= LONGEST


@pytest.mark.parametrize('path', MODULES, ids=name_of)
def test_what_is_public_is_explained(path):
    """모듈과, 그 안의 공개 함수와 클래스마다 docstring 이 있다."""
    tree = ast.parse(path.read_text(encoding='utf-8'))
    public = [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith('_')]
    overloads = {node for node in public if any('overload' in ast.unparse(mark) for mark in node.decorator_list)}
    assert ast.get_docstring(tree)
    assert [node.name for node in public if node not in overloads and not ast.get_docstring(node)] == []
