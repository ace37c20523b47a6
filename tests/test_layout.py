"""집의 짜임: 방마다 무엇을 import 해도 되는지, 이름이 하나만 뜻하는지, 모듈의 길이와 설명."""

import ast
import graphlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / 'micrograd_ko'
MODULES = sorted(PACKAGE.rglob('*.py'))
LONGEST = 300

TABLE = 'operation ops'
ENGINE = 'number misuse state graph copying engine staleness reverse derivatives unary_methods'
HISTORY = 'learning.history'  # 기록은 아무것도 import 하지 않는다
BELOW_NOTE = f'{TABLE} {ENGINE} kinds writing nn learning'

# 방(또는 뿌리의 모듈)마다 import 해도 되는 방과 모듈. 형 검사기만 읽는 import 도 따른다. 위에서 아래로 쌓인다.
ALLOWED = {
    'operation': '',
    'ops': 'operation',
    'kinds': TABLE,
    'writing': f'{TABLE} kinds',
    **dict.fromkeys(ENGINE.split(), f'{TABLE} {ENGINE} kinds writing'),
    'compiler': f'{TABLE} {ENGINE} kinds writing {HISTORY}',  # Value 그래프만 알고 신경망은 모른다
    'nn': f'{TABLE} {ENGINE} kinds writing compiler trainable',
    'trainable': f'{TABLE} {ENGINE} {HISTORY}',
    'learning': f'{TABLE} {ENGINE} kinds writing nn compiler',
    'note': BELOW_NOTE,
    'explanation': f'{BELOW_NOTE} note',
    'render': f'{BELOW_NOTE} note',
    'testing': f'{TABLE} {ENGINE} kinds writing nn compiler',
    'walkthrough': f'{BELOW_NOTE} note explanation render compiler',
    'micrograd': f'{BELOW_NOTE} note explanation render compiler',  # micrograd 의 이름으로 부르는 문
    '__main__': 'writing walkthrough __init__',
    '__init__': 'operation ops engine',  # 앞면(façade): 나머지는 처음 쓸 때 읽는다
}

# 함수 안에서 하는 import 는 이것뿐이다: (모듈, 읽는 것) → 까닭
LAZY = {
    ('__main__', 'walkthrough'): '--help 와 잘못된 인수에는 NumPy 도 필요 없다',
    ('walkthrough', 'walkthrough.pictures'): '그림을 쓸 때만 graphviz 를 읽는다',
    ('state', 'render'): '노트북이 보이는 Value 의 그림',
    ('nn', 'render'): '노트북이 보이는 신경망과 순전파의 그림',
    ('nn', 'compiler'): 'net.compile: NumPy 를 쓸 때만 읽는다',
    ('nn', 'learning.losses'): 'net.compile 의 기본 손실',
    ('compiler.machine.backend', 'compiler.backends'): '저장한 것을 읽는 곳의 백엔드를 고른다',
    ('compiler.backends', 'compiler.machine.backend'): 'llvmlite 가 있을 때만',
    ('compiler.program', 'learning.programs'): 'program.fit: 배우는 일은 컴파일러 위에 있다',
    ('render.drawing', 'learning.dataset'): '표본을 줄 때만 NumPy 를 읽는다',
    ('render.subject', 'learning.dataset'): '위와 같다',
    ('trainable', 'learning.train'): 'net.fit: 배우는 일은 신경망 위에 있다',
    ('trainable', 'learning.saving'): 'net.save, MLP.load: 위와 같다',
    ('learning.history', 'learning.plots'): '그림을 볼 때만 읽는다',
    ('learning.diagnosis', 'learning.plots'): '위와 같다',
    ('learning.diagnosis', 'kinds.precise'): 'mpmath 는 extra 다: 없으면 200자리와 견주지 않는다',
    ('operation', 'kinds.rules'): '오류와 help 의 글. 계산에는 필요 없다',
    ('operation', 'kinds.fitting'): '수의 종류를 모르는 규칙의 오류, 등록할 때의 확인',
    ('graph', 'kinds.arrays'): '정의역의 끝에서만 NumPy 를 읽는다',
    ('number', 'kinds.arrays'): '위와 같다',
    ('operation', 'kinds.huge'): '계산하지 못했을 때만: kinds 는 operation 위에 있다',
    ('kinds.elements', 'kinds.arrays'): '배열이 나타날 때까지 NumPy 를 읽지 않는다',
}


def name_of(path: Path) -> str:
    """모듈의 점 이름(패키지 안에서). 방의 __init__ 은 방의 이름이다."""
    parts = path.relative_to(PACKAGE).with_suffix('').parts
    return '.'.join(parts[:-1] if parts[-1] == '__init__' and len(parts) > 1 else parts)


NAMES = {name_of(path) for path in [*MODULES, *PACKAGE.rglob('*.pyi')]}


def room(name: str) -> str:
    return name.partition('.')[0]


def imports(tree: ast.AST, inside: bool = False) -> Iterator[tuple[str, str, bool]]:
    """(모듈, 가져온 이름, 함수 안인가): 이 패키지에서 가져오는 것. 모듈을 통째로 가져오면 이름은 빈 글이다."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f'상대 import: {ast.unparse(node)}'
            for alias in node.names if node.module.split('.')[0] == PACKAGE.name else ():
                yield *found(f'{node.module}.{alias.name}'), inside
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split('.')[0] == PACKAGE.name:
                    yield *found(alias.name), inside
        yield from imports(node, inside or isinstance(node, ast.FunctionDef | ast.Lambda))


def found(dotted: str) -> tuple[str, str]:
    """'micrograd_ko.note.equations.errors' → ('note.equations', 'errors'). 모듈에 없는 이름은 앞면(__init__)의 것이다."""
    parts = dotted.split('.')[1:]
    for cut in range(len(parts), 0, -1):
        if '.'.join(parts[:cut]) in NAMES:
            return '.'.join(parts[:cut]), '.'.join(parts[cut:])
    return '__init__', '.'.join(parts)


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding='utf-8'))


def loaded(path: Path) -> set[str]:
    """모듈을 읽을 때, 그리고 형을 검사할 때 import 하는 이 패키지의 모듈."""
    return {module for module, _, inside in imports(parsed(path)) if not inside} - {name_of(path)}


@pytest.mark.parametrize('path', MODULES, ids=name_of)
def test_imports_follow_the_rules_of_the_rooms(path):
    here = room(name_of(path))
    assert here in ALLOWED, f'{here}: 새 방입니다. 무엇을 import 해도 되는지 ALLOWED 에 적으세요.'
    wrong = {module for module in loaded(path) if {room(module), module}.isdisjoint({here, *ALLOWED[here].split()})}
    assert not wrong, f'{here} 은(는) {sorted(wrong)} 을(를) 몰라야 합니다.'


def test_no_arrow_leads_back():
    """모듈의 import 에 순환이 없다. 형 검사기만 읽는 것도 센다."""
    graph = {name_of(path): loaded(path) - {room(name_of(path))} for path in MODULES}
    graph['unary_methods'] = set()  # 형 검사기만 읽는 글이고, 그것이 말하는 Value 는 engine 의 것이다
    assert tuple(graphlib.TopologicalSorter(graph).static_order())


def test_imports_inside_functions_are_these_and_each_has_a_reason():
    inside = {(name_of(path), module) for path in MODULES for module, _, lazy in imports(parsed(path)) if lazy}
    assert inside == set(LAZY)


def test_nobody_inside_imports_names_through_the_facade():
    """앞면에서는 모듈만 가져온다. 패키지의 판(version)만 앞면에 있다."""
    taken = [(name_of(path), name) for path in MODULES for module, name, _ in imports(parsed(path)) if module == '__init__']
    assert taken == [('__main__', '__version__')]


def private_uses(tree: ast.Module) -> list[str]:
    """다른 모듈의 비공개(_) 이름을 가져오거나 건드리는 곳."""
    modules = {alias.asname or alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names
               if found(f'{node.module}.{alias.name}')[1] == ''}  # fmt: skip
    touched = [
        ast.unparse(node) for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules
    ]  # fmt: skip
    names = [name for _, name, _ in imports(tree)] + [text.split('.')[1] for text in touched]
    return [name for name in names if name.startswith('_') and not name.startswith('__')]


@pytest.mark.parametrize('path', MODULES, ids=name_of)
def test_no_private_name_is_taken_from_another_module(path):
    assert private_uses(parsed(path)) == []


def test_a_name_says_one_thing():
    """두 방에 같은 이름의 모듈이 없고, 두 모듈에 같은 이름의 형(class)이나 형의 별명이 없다. 뜻이 같은 별명은 같게 적혀 있다.

    `micrograd` 는 뺀다: 남의 이름을 그대로 쓰는 것이 그 모듈의 일이다.
    """
    rooms = [path.parent.name for path in MODULES if path.name == '__init__.py']
    names = Counter([*rooms, *[path.stem for path in MODULES if path.stem not in ('__init__', '__main__')]])
    assert [name for name, count in names.items() if count > 1] == []
    meanings: dict[str, set[str]] = {}
    for path in [path for path in MODULES if name_of(path) != 'micrograd']:
        for node in parsed(path).body:
            if isinstance(node, ast.ClassDef):
                meanings.setdefault(node.name, set()).add(f'{name_of(path)} 의 형')
            elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and is_type_name(node.targets[0].id):
                meanings.setdefault(node.targets[0].id, set()).add(ast.unparse(node.value))
    assert {name: sorted(several) for name, several in meanings.items() if len(several) > 1} == {}


def is_type_name(name: str) -> bool:
    return name[0].isupper() and not name.isupper()


@pytest.mark.parametrize(
    ('source', 'expected'),
    [
        ('import micrograd_ko.nn', [('nn', '', False)]),
        ('from micrograd_ko import Value, nn', [('__init__', 'Value', False), ('nn', '', False)]),
        ('from micrograd_ko.nn import MLP', [('nn', 'MLP', False)]),
        ('try:\n    import micrograd_ko.nn\nexcept ImportError:\n    pass', [('nn', '', False)]),
        ('class A:\n    from micrograd_ko import nn', [('nn', '', False)]),
        ('def f():\n    from micrograd_ko import nn', [('nn', '', True)]),
        ('class A:\n    def f(self):\n        if x:\n            import micrograd_ko.note', [('note', '', True)]),
        ('if TYPE_CHECKING:\n    from micrograd_ko import nn', [('nn', '', False)]),
        ('import numpy.random', []),
    ],
)
def test_the_reader_of_imports(source, expected):
    """이 시험의 눈이 제대로 보는지."""
    assert list(imports(ast.parse(source))) == expected


@pytest.mark.parametrize(('source', 'expected'), [
    ('from micrograd_ko.nn import _rows', ['_rows']),
    ('from micrograd_ko import nn\nnn._rows()', ['_rows']),
    ('from micrograd_ko import nn\nnn.__name__', []),
    ('self._x = 1', []),
])  # fmt: skip
def test_the_reader_of_private_names(source, expected):
    assert private_uses(ast.parse(source)) == expected


@pytest.mark.parametrize('path', MODULES, ids=name_of)
def test_a_module_is_read_in_one_sitting(path):
    assert len(path.read_text(encoding='utf-8').splitlines()) <= LONGEST


def test_the_first_pages_are_short():
    """엔진은 한 쪽이고, 배우는 사람이 읽는 다섯 모듈은 865줄을 넘지 않는다.

    노드가 무엇을 담고 어떻게 한꺼번에 바뀌는지는 `state` 에 있다. 다섯 모듈에는 그것을 쓰는 줄만 있다.
    """
    pages = ('operation', 'ops', 'number', 'graph', 'engine')
    lines = {name: len((PACKAGE / f'{name}.py').read_text(encoding='utf-8').splitlines()) for name in pages}
    assert lines['engine'] <= 170 and sum(lines.values()) <= 865


@pytest.mark.parametrize('path', [path for path in MODULES if path.name == '__init__.py' and path.parent != PACKAGE], ids=name_of)
def test_a_room_says_what_lives_there_and_what_it_may_import(path):
    assert 'import' in ast.get_docstring(parsed(path))


@pytest.mark.parametrize('path', MODULES, ids=name_of)
def test_what_is_public_is_explained(path):
    """모듈과, 그 안의 공개 함수와 클래스마다 docstring 이 있다."""
    tree = parsed(path)
    public = [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith('_')]
    overloads = {node for node in public if any('overload' in ast.unparse(mark) for mark in node.decorator_list)}
    assert ast.get_docstring(tree)
    assert [node.name for node in public if node not in overloads and not ast.get_docstring(node)] == []
