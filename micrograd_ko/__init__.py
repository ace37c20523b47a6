"""micrograd_ko: 역전파 노트를 실행되는 코드로. 스칼라 자동 미분(scalar autodiff) 엔진과 그 위의 신경망.

`import micrograd_ko` 는 `ops` 와 `engine` 만 읽는다. 나머지는 처음 쓸 때 읽는다. 형 검사기와 편집기는
여기서 만든 `__init__.pyi` 를 읽는다(`tests/stubs.py`).
"""

import importlib

from micrograd_ko import ops
from micrograd_ko.engine import Value
from micrograd_ko.operation import DomainError

__version__ = '0.1.0'

_LAZY = {
    'topological': 'graph',
    **dict.fromkeys(('first_nonfinite', 'first_stale', 'refresh'), 'staleness'),
    **dict.fromkeys(('grad', 'hessian', 'hvp', 'jacobian', 'value_and_grad'), 'derivatives'),
    **dict.fromkeys(('MLP', 'Layer', 'Module', 'Neuron', 'Trace'), 'nn'),
    **dict.fromkeys(('Program', 'ReplayError', 'compile_graph'), 'compiler'),
    **dict.fromkeys(('SGD', 'Adam', 'AdamW'), 'learning.optim'),
    'History': 'learning.history',
    'diagnose': 'learning.diagnosis',
    **dict.fromkeys(('explain',), 'explanation.explain'),
    **dict.fromkeys(('Drawing', 'draw'), 'render'),
}
_MODULES = {
    **dict.fromkeys(('compiler', 'derivatives', 'explanation', 'graph', 'micrograd', 'nn', 'render', 'testing'), ''),
    **dict.fromkeys(('arrays', 'bounds', 'symbols'), 'kinds.'),
    **dict.fromkeys(('equations', 'receipt'), 'note.'),
    **dict.fromkeys(('losses', 'optim', 'plots', 'train'), 'learning.'),
    **dict.fromkeys(('derivative_table', 'misconceptions'), 'explanation.'),
    'iris': 'learning.data.',
}

__all__ = ['DomainError', 'Value', 'ops']
__all__ += list(_LAZY)


def __getattr__(name: str) -> object:
    if name in _LAZY:
        value = getattr(importlib.import_module(f'micrograd_ko.{_LAZY[name]}'), name)
    elif name in _MODULES:
        value = importlib.import_module(f'micrograd_ko.{_MODULES[name]}{name}')
    else:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*__all__, *_MODULES, '__version__'])
