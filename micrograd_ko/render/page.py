"""걸음 페이지(step page): Graphviz 의 SVG 와, 데이터로 적은 걸음과, 짧은 스크립트를 담은, 네트워크 없이 열리는 HTML 파일 하나."""

import base64
import importlib.resources
import itertools
import json
import string
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from typing import Any

from micrograd_ko.engine import Value
from micrograd_ko.render import color, engines
from micrograd_ko.render.dot import digraph
from micrograd_ko.render.levels import Level
from micrograd_ko.render.picture import Cell, Picture
from micrograd_ko.render.step import Step, label
from micrograd_ko.render.subject import Subject
from micrograd_ko.writing import labels, limits, numbers
from micrograd_ko.writing.html import escape

PHASES = {'start': '시작', 'forward': '순전파', 'seed': '씨앗', 'backward': '역전파', 'update': '갱신'}
_SVG, _XLINK = '{http://www.w3.org/2000/svg}', '{http://www.w3.org/1999/xlink}'
PADDING = 4  # 칸의 글과 오른쪽 끝 사이
ET.register_namespace('', _SVG[1:-1])


def html(subject: Subject, level: Level, lr: Any) -> str:
    """예행한 subject 를 level 로 그리고 걷는 페이지의 글. lr 는 마지막 갱신의 학습률."""
    is_graph = level.name == 'ops'
    title = f'{label(subject.order[-1])}: 계산 그래프' if is_graph else f'{"-".join(map(str, subject.net.sizes))} 신경망'
    picture = level.picture(subject)  # 제목과 그림은 걸음의 끝에서 파라미터가 움직이기 전의 것이다
    steps = [step.now() for step in level.walk(subject.live()).steps(lr)]
    addressed = _Addressed(picture, subject.order, steps)
    svg = engines.render(digraph(addressed.picture).source, 'svg').decode()
    names = {key: f'{key} · {statement.title}' for key, statement in level.statements.items()}
    formulas = [
        f'<li data-formula="{escape(key)}"><span>{escape(names[key])}</span> <b>{escape(statement.text)}</b></li>'
        for key, statement in level.statements.items()
    ]
    return string.Template(_part('page.html')).substitute(
        title=escape(labels.shown(f'{title} · 한 걸음씩 보는 역전파')),
        style=_part('page.css'), script=_part('page.js'), formulas=''.join(formulas), last=len(steps) - 1,
        picture=inline(svg, '계산 그래프의 그림. 지금 걸음의 내용은 위의 설명에 있다.'),
        data=embedded({'phases': PHASES, 'names': names, 'steps': [addressed.step(step) for step in steps]}),
    )  # fmt: skip


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
            key, written = (change.node, change.part), numbers.number(change.number)
            longest[key] = max(longest.get(key, ''), written, key=len)
        self._places: dict[tuple[int, str], list[tuple[int, float, bool]]] = {}  # 수 → 칸마다 (번호, 눈금, 색만 보이는지)
        places = itertools.count()

        def addressed(cell: Cell) -> Cell:
            if cell.source is None or cell.source[0] not in number:
                return cell
            node, reading = cell.source
            key, place, is_heat = (number[node], reading.part), next(places), cell.style == 'heat'
            self._places.setdefault(key, []).append((place, reading.scale, is_heat))
            return cell._replace(address=f'#c{place}', text='' if is_heat else longest.get(key, numbers.UNKNOWN))

        self.picture = picture.with_cells(addressed)._replace(caption=())
        walked = [(i, edge.uses) for i, edge in enumerate(picture.edges) if edge.uses is not None]
        self._edges = {(number[x], number[z], position): i for i, (x, z, position) in walked}

    def step(self, step: Step) -> dict[str, Any]:
        """걸음을 페이지의 데이터로. cells 는 바뀌는 칸마다 (번호, 글, 짙기, 자세한 수, 아직 더해질 항이 남았는지)."""
        cells = [
            (cell, '' if heat else numbers.number(x), color.depth(x, scale), numbers.number(x, limits.EXACT_DIGITS), int(partial))
            for node, part, x, partial in step.changes
            for cell, scale, heat in self._places.get((node, part), ())
        ]
        return {
            'phase': step.phase, 'title': step.title, 'lines': step.lines, 'formulas': step.formulas,
            'cells': cells, 'edges': sorted({self._edges[x] for x in step.edges if x in self._edges}),
        }  # fmt: skip
