"""배치 엔진 둘: 같은 시험을 엔진마다 한 번씩."""

import shutil

import pytest

from micrograd_ko.render import engines


def with_dot(dot, kind):
    return engines.with_program(shutil.which('dot'), dot, kind)


each_engine = pytest.mark.parametrize('engine', [
    pytest.param(with_dot, id='dot', marks=pytest.mark.needs('dot')), pytest.param(engines.with_pygraphviz, id='pygraphviz'),
])  # fmt: skip
