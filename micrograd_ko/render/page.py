"""걸음 페이지(step page): Graphviz 의 SVG 와, 데이터로 적은 걸음과, 짧은 스크립트를 담은, 네트워크 없이 열리는 HTML 파일 하나."""

import base64
import importlib.resources
import json
import string
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Sequence
from typing import Any

from micrograd_ko.engine import Value
from micrograd_ko.kinds.live import script_of
from micrograd_ko.render import engines
from micrograd_ko.render.dot import digraph
from micrograd_ko.render.levels import Level
from micrograd_ko.render.live_graph import live_graph
from micrograd_ko.render.picture import Cell, Picture
from micrograd_ko.render.step import Step, label
from micrograd_ko.render.subject import Subject
from micrograd_ko.render.words import WORDS
from micrograd_ko.writing import labels, numbers
from micrograd_ko.writing.html import escape
from micrograd_ko.writing.templates import filled, scripted

PHASES = {'start': '시작', 'forward': '순전파', 'seed': '씨앗', 'backward': '역전파', 'update': '갱신'}
_SVG, _XLINK = '{http://www.w3.org/2000/svg}', '{http://www.w3.org/1999/xlink}'
PADDING = 4  # 칸의 글과 오른쪽 끝 사이
SCRIPTS = [f'scripts/{name}.js' for name in 'start numbers texts graph model picture player fields paths training address'.split()]
ET.register_namespace('', _SVG[1:-1])


def html(subject: Subject, level: Level, lr: Any) -> str:
    """예행한 subject 를 level 로 그리고 걷는 페이지의 글. lr 는 마지막 갱신의 학습률."""
    is_graph = level.name == 'ops'
    title = f'{label(subject.order[-1])}: 계산 그래프' if is_graph else f'{"-".join(map(str, subject.net.sizes))} 신경망'
    picture = level.picture(subject)  # 제목과 그림은 걸음의 끝에서 파라미터가 움직이기 전의 것이다
    graph = live_graph(subject.order)
    walk = level.walk(subject.live())
    steps = walk.steps(lr)
    addressed = _Addressed(picture, subject.order, steps)
    svg = engines.render(digraph(addressed.picture).source, 'svg').decode()
    names = {key: f'{key} · {statement.title}' for key, statement in level.statements.items()}
    formulas = [
        f'<li data-formula="{escape(key)}"><span>{escape(names[key])}</span> <b>{escape(statement.text)}</b></li>'
        for key, statement in level.statements.items()
    ]
    data = {'phases': PHASES, 'formulas': names, 'lr': float(lr), 'words': WORDS, **graph.data, **addressed.data, **walk.data()}
    script = '\n'.join([*map(_part, SCRIPTS), graph.table, _steps(addressed, steps), _part('scripts/main.js')])
    return string.Template(_part('page.html')).substitute(
        title=escape(labels.shown(f'{title} · 한 걸음씩 보는 역전파')),
        style=_part('page.css'), script=script, formulas=''.join(formulas), last=len(steps) - 1,
        picture=inline(svg, '계산 그래프의 그림. 지금 걸음의 내용은 위의 설명에 있다.'), data=embedded(data),
    )  # fmt: skip


def _steps(addressed: '_Addressed', steps: Sequence[Step]) -> str:
    """걸음들을 페이지의 스크립트로: 글과 수는 그래프의 지금 수로 다시 짓는 함수다."""
    def function(scripts: Iterable[Any]) -> str:
        return f'() => [{",".join(map(str, scripts))}]'

    written = [
        f'{{phase:{json.dumps(step.phase)},title:() => {scripted(step.title)},lines:{function(map(scripted, step.lines))},'
        f'tags:{function(map(scripted, step.formulas))},numbers:{function([script_of(x.number) for x in step.changes])},'
        f'cells:{addressed.cells(step)},edges:{addressed.edges(step)}}}'
        for step in steps
    ]
    joined = ',\n'.join(written)
    return f'const walk = ({{ x, g, y, flowing, local, before, after }}, model) => [\n{joined}];'


def embedded(data: Any) -> str:
    """`<script>` 안에 넣어도 데이터로만 읽히는 JSON: ASCII 만 쓰고 <, >, & 도 번호로 적는다."""
    written = json.dumps(data, ensure_ascii=True, allow_nan=False, separators=(',', ':'))
    return written.replace('<', r'\u003c').replace('>', r'\u003e').replace('&', r'\u0026')


def frame(page: str, svg: str) -> str:
    """노트북에 넣을 틀(iframe): 스크립트만 허락한다. 틀을 지우는 노트북에는 안의 그림이 남는다."""
    picture = base64.b64encode(svg.encode()).decode()
    return (
        f'<iframe srcdoc="{escape(page)}" sandbox="allow-scripts" title="한 걸음씩 보는 역전파" '
        'style="width:100%;height:720px;border:1px solid #80889066;border-radius:8px">'
        f'<img alt="계산 그래프" src="data:image/svg+xml;base64,{picture}"></iframe>'
    )


def inline(svg: str, description: str) -> str:
    """HTML 안에 넣을 SVG. 주소(#c0 …)를 가진 칸은 id 가 c0 … 인 묶음(g)이 된다."""
    root = ET.fromstring(svg)
    wide, tall = (float(root.attrib.pop(side).removesuffix('pt')) for side in ('width', 'height'))
    root.attrib |= {'id': 'picture', 'role': 'img', 'aria-label': description, 'style': f'--wide:{wide:.0f};--tall:{tall:.0f}'}
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag == _SVG + 'title':  # Graphviz 의 노드 이름(n0): 풍선말로 뜨면 방해가 된다
                parent.remove(child)
            elif child.tag == _SVG + 'a':
                _unlink(child)
    return ET.tostring(root, encoding='unicode')


def _unlink(link: ET.Element) -> None:
    """링크를 묶음으로. 칸의 주소였으면 그 이름을 id 로 삼는다."""
    address = link.get(_XLINK + 'href', '')
    link.tag = _SVG + 'g'
    link.attrib.clear()
    if not address.startswith('#c'):
        return
    link.attrib |= {'id': address[1:], 'class': 'cell'}
    box, written = link.find(_SVG + 'polygon'), link.find(_SVG + 'text')
    if box is not None and written is not None:
        right = max(float(point.split(',')[0]) for point in box.attrib['points'].split())
        written.attrib |= {'text-anchor': 'end', 'x': f'{right - PADDING:g}'}


def _part(name: str) -> str:
    return importlib.resources.files('micrograd_ko.render').joinpath(name).read_text(encoding='utf-8')


class _Addressed:
    """칸마다 주소를 붙인 그림. 칸의 너비는 모든 걸음의 글 가운데 가장 긴 것에 맞춘다."""

    def __init__(self, picture: Picture, order: Sequence[Value], steps: Sequence[Step]) -> None:
        number = {node: i for i, node in enumerate(order)}
        longest: dict[tuple[int, str], str] = {}
        for change in [change for step in steps for change in step.changes]:
            key, written = (change.node, change.part), filled(numbers.number(change.number))
            longest[key] = max(longest.get(key, ''), written, key=len)
        self._places: dict[tuple[int, str], list[int]] = {}  # 수 → 칸의 번호
        found: list[tuple[int, int, int]] = []
        scales: dict[tuple[bool, tuple[int, ...]], int] = {}

        def addressed(cell: Cell) -> Cell:
            if cell.source is None or cell.source[0] not in number:
                return cell
            node, reading = cell.source
            key, is_heat = (number[node], reading.part), cell.style == 'heat'
            scale = reading.part == 'grad', tuple([number[v] for v in reading.among])
            self._places.setdefault(key, []).append(len(found))
            found.append((number[node], scales.setdefault(scale, len(scales)), int(is_heat)))
            text = '' if is_heat else max(longest.get(key, numbers.UNKNOWN), '-0.1234', key=len)  # 바뀐 수도 들어갈 너비
            return cell._replace(address=f'#c{len(found) - 1}', text=text)

        self.picture = picture.with_cells(addressed)._replace(caption=())
        walked = [(i, edge.uses) for i, edge in enumerate(picture.edges) if edge.uses is not None]
        self._edges = {(number[x], number[z], position): i for i, (x, z, position) in walked}
        uses = [(-1, -1) if edge.uses is None else (number[edge.uses[0]], number[edge.uses[1]]) for edge in picture.edges]
        self.data = {'cells': found, 'scales': list(scales), 'edges': uses}

    def cells(self, step: Step) -> str:
        """걸음에서 바뀌는 칸마다 [칸의 번호, 몇째 수인지, 아직 더해질 항이 남았는지]."""
        return json.dumps([
            (cell, which, int(change.partial)) for which, change in enumerate(step.changes)
            for cell in self._places.get((change.node, change.part), ())
        ], separators=(',', ':'))  # fmt: skip

    def edges(self, step: Step) -> list[int]:
        """걸음이 지나는 선의 번호."""
        return sorted({self._edges[x] for x in step.edges if x in self._edges})
