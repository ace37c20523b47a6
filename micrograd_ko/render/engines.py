"""배치(layout)는 Graphviz 가 한다: PATH 의 `dot`, 없으면 Graphviz 를 함께 담은 `pygraphviz`. 아무것도 대신 설치하지 않는다."""

import shutil
import subprocess

FORMATS = ('svg', 'png', 'pdf')
_RESOLUTION = {'png': ['-Gdpi=144']}  # 발표 화면에서 또렷하게
PATIENCE = 120  # 초. 얽힌 그래프 하나가 노트북을 멈추지 않게

INSTALL = """그림을 배치할 Graphviz 가 없습니다. 다음 가운데 하나를 설치하세요.
  pip (어디서나)          pip install "pygraphviz>=2"
  Debian·Ubuntu·Colab     sudo apt-get install graphviz fonts-nanum
  macOS                   brew install graphviz
  Windows                 winget install graphviz
  conda                   conda install -c conda-forge graphviz
설치 없이도 .dot 과 .mermaid 글은 쓸 수 있습니다."""


class LayoutError(RuntimeError):
    """배치 엔진이 없거나 그림을 만들지 못했다."""


def render(dot: str, kind: str) -> bytes:
    """DOT 글을 svg, png, pdf 로. 엔진이 없으면 설치 방법을 알리는 LayoutError."""
    program = shutil.which('dot')
    return with_program(program, dot, kind) if program else with_pygraphviz(dot, kind)


def with_program(program: str, dot: str, kind: str) -> bytes:
    """PATH 의 `dot` 으로."""
    command = [program, f'-T{kind}', *_RESOLUTION.get(kind, ())]
    try:
        done = subprocess.run(command, input=dot.encode(), capture_output=True, check=False, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        message = f'Graphviz 가 {PATIENCE}초 안에 배치하지 못했습니다. 다른 단계(detail)로 그리거나 focus=, depth= 로 좁히세요.'
        raise LayoutError(message) from None
    if done.returncode:
        raise LayoutError(f'Graphviz(dot)가 그림을 만들지 못했습니다: {done.stderr.decode(errors="replace").strip()}')
    return done.stdout


def with_pygraphviz(dot: str, kind: str) -> bytes:
    """`pygraphviz` 로. 2 보다 낮은 판은 Graphviz 를 담고 있지 않아 쓰지 않는다."""
    try:
        import pygraphviz
    except ImportError:
        raise LayoutError(INSTALL) from None
    if int(pygraphviz.__version__.split('.')[0]) < 2:
        raise LayoutError(INSTALL)
    graph = pygraphviz.AGraph(string=dot)
    try:
        return graph.draw(format=kind, prog='dot', args=' '.join(_RESOLUTION.get(kind, ())))
    except ValueError as error:
        raise LayoutError(f'Graphviz(pygraphviz)가 그림을 만들지 못했습니다: {error}') from error
    finally:
        graph.close()
