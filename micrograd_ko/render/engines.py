"""배치(layout)는 Graphviz 가 한다: PATH 의 `dot`, 없으면 Graphviz 를 함께 담은 `pygraphviz`. 아무것도 대신 설치하지 않는다.

같은 글에서는 언제나 같은 파일이 나온다: 프로세스가 그때까지 무엇을 그렸는지, 지금이 몇 시인지는 지운다(`_repeatable`).
"""

import contextlib
import itertools
import re
import shutil
import subprocess

FORMATS = {'svg': (b'<?xml', b'</svg>'), 'png': (b'\x89PNG', b'IEND'), 'pdf': (b'%PDF-', b'%%EOF')}  # 온전한 파일의 처음과 끝
_RESOLUTION = {'png': ['-Gdpi=144']}  # 발표 화면에서 또렷하게
PATIENCE = 120  # 초. 얽힌 그래프 하나가 노트북을 멈추지 않게

INSTALL = """그림을 배치할 Graphviz 가 없습니다. 다음 가운데 하나를 설치하세요.
  pip (어디서나)          pip install "pygraphviz>=2"
  Debian·Ubuntu·Colab     sudo apt-get install graphviz fonts-nanum
  macOS                   brew install graphviz
  Windows                 winget install graphviz
  conda                   conda install -c conda-forge graphviz
설치 없이도 .dot 과 .mermaid 글은 쓸 수 있습니다."""
_REPAIR = 'Graphviz 의 dot 이 맞는지(dot -V) 보고, 아니면 PATH 에서 빼거나 다시 설치하세요.'


class LayoutError(RuntimeError):
    """배치 엔진이 없거나 그림을 만들지 못했다."""


def render(dot: str, kind: str) -> bytes:
    """DOT 글을 svg, png, pdf 로. 엔진이 없으면 설치 방법을, 고장 났으면 무슨 일인지를 알리는 LayoutError."""
    program = shutil.which('dot')
    return with_program(program, dot, kind) if program else with_pygraphviz(dot, kind)


def with_program(program: str, dot: str, kind: str) -> bytes:
    """PATH 의 `dot` 으로."""
    command = [program, f'-T{kind}', *_RESOLUTION.get(kind, ())]
    try:
        done = subprocess.run(command, input=dot.encode(), capture_output=True, check=True, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        message = f'Graphviz 가 {PATIENCE}초 안에 배치하지 못했습니다. 다른 수준(detail)으로 그리거나 focus=, depth= 로 좁히세요.'
        raise LayoutError(message) from None
    except OSError as error:
        raise LayoutError(f'PATH 의 {program} 을(를) 실행하지 못했습니다: {error}. {_REPAIR}') from error
    except subprocess.CalledProcessError as error:
        quiet = f'아무 말 없이 종료 코드 {error.returncode} 로 끝났습니다. {_REPAIR}'
        said = error.stderr.decode(errors='replace').strip() or quiet
        raise LayoutError(f'{program} 이(가) 그림을 만들지 못했습니다: {said}') from error
    return _repeatable(done.stdout, kind, f'PATH 의 {program}')


def with_pygraphviz(dot: str, kind: str) -> bytes:
    """`pygraphviz` 로. 2 보다 낮은 판은 Graphviz 를 담고 있지 않아 쓰지 않는다."""
    try:
        import pygraphviz
    except ImportError:
        raise LayoutError(INSTALL) from None
    if int(pygraphviz.__version__.split('.')[0]) < 2:
        raise LayoutError(INSTALL)
    try:
        with contextlib.closing(pygraphviz.AGraph(string=dot)) as graph:
            made = graph.draw(format=kind, prog='dot', args=' '.join(_RESOLUTION.get(kind, ())))
    except (ValueError, OSError) as error:
        raise LayoutError(f'Graphviz(pygraphviz)가 그림을 만들지 못했습니다: {error}') from error
    return _repeatable(made, kind, 'pygraphviz')


def _repeatable(made: bytes | None, kind: str, engine: str) -> bytes:
    """엔진이 준 것이 온전한 파일인지 보고, 부를 때마다 달라지는 것을 지운다: 이어서 세는 링크의 id 와 만든 시각."""
    begin, end = FORMATS[kind]
    if made is None or not made.startswith(begin) or end not in made:
        what = f'{kind} 가 아닌 {len(made)}바이트를' if made else '빈 그림을'
        raise LayoutError(f'{engine} 이(가) {what} 주었습니다. {_REPAIR}')
    numbers = itertools.count()
    if kind == 'svg':
        return re.sub(rb'(<g id="a_[^"]*_)\d+(?=">)', lambda found: found[1] + str(next(numbers)).encode(), made)
    return re.sub(rb'(?<=/CreationDate \(D:)\d{14}', b'20000101000000', made)  # 길이가 같아야 PDF 의 자리표가 맞는다
