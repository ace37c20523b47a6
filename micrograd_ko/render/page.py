"""스텝 페이지(step page): Graphviz 의 SVG 와, 데이터로 적은 스텝과, 짧은 스크립트를 담은, 네트워크 없이 열리는 HTML 파일 하나."""

import base64
import importlib.resources
import json
import re
import string
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from micrograd_ko.engine import Value
from micrograd_ko.kinds.live import script_of
from micrograd_ko.render import engines
from micrograd_ko.render.dot import digraph
from micrograd_ko.render.levels import Level
from micrograd_ko.render.live_graph import live_graph
from micrograd_ko.render.picture import Cell, Edge, Picture
from micrograd_ko.render.step import Step, label
from micrograd_ko.render.subject import Subject
from micrograd_ko.render.words import WORDS, WRITERS, english_table
from micrograd_ko.reverse import squares
from micrograd_ko.writing import numbers
from micrograd_ko.writing.html import escape
from micrograd_ko.writing.templates import filled, scripted

PHASES = {'start': '시작', 'forward': '순전파', 'seed': '씨앗', 'backward': '역전파', 'update': '갱신'}
_SVG, _XLINK = '{http://www.w3.org/2000/svg}', '{http://www.w3.org/1999/xlink}'
PADDING = 4  # 칸의 글과 오른쪽 끝 사이
WIDEST = '-0.1234'  # 바뀐 수도 대개 들어갈 너비
_BEFORE = 'start numbers texts graph model picture view player keys fields paths training samples address'
SCRIPTS = [f'scripts/{name}.js' for name in _BEFORE.split()]
ET.register_namespace('', _SVG[1:-1])


def html(subject: Subject, level: Level, lr: Any, lang: str = 'ko') -> str:
    """예행한 subject 를 level 로 그리고 스텝을 보이는 페이지의 글. lr 는 마지막 갱신의 학습률, lang 은 페이지의 말."""
    is_graph, say = level.name == 'ops', WRITERS[lang]
    title = f'{label(subject.order[-1])}: 계산 그래프' if is_graph else f'{"-".join(map(str, subject.net.sizes))} 신경망'
    picture = level.picture(subject)  # 제목과 그림은 스텝의 끝에서 파라미터가 움직이기 전의 것이다
    graph = live_graph(subject.order)
    walk = level.walk(subject.live())
    steps = walk.steps(lr)
    addressed = _Addressed(picture.translated(say), subject.order, steps)
    svg = engines.render(digraph(addressed.picture).source, 'svg').decode()
    names = {key: say(f'{key} · {statement.title}') for key, statement in level.statements.items()}
    formulas = [
        f'<li data-formula="{escape(key)}"><span>{escape(names[key])}</span> <b>{escape(statement.text)}</b></li>'
        for key, statement in level.statements.items()
    ]
    data = {
        'phases': {key: say(phase) for key, phase in PHASES.items()}, 'words': {key: say(word) for key, word in WORDS.items()},
        'english': english_table() if lang == 'en' else None, 'formulas': names, 'lr': float(lr),
        'samples': subject.samples or None, **graph.data, **addressed.data, **walk.data(),
    }  # fmt: skip
    script = '\n'.join([*map(_part, SCRIPTS), graph.table, _steps(addressed, steps), _part('scripts/main.js')])
    return string.Template(said(_part('page.html'), say)).substitute(
        title=escape(say(f'{title} · 한 스텝씩 보는 역전파')), lang=lang,
        style=_part('page.css'), script=script, formulas=''.join(formulas), last=len(steps) - 1, samples=len(subject.samples),
        picture=inline(svg, say('계산 그래프의 그림. 지금 스텝의 내용은 설명에 있다.'), addressed.texts), data=embedded(data),
    )  # fmt: skip


def said(page: str, say: Callable[[str], str]) -> str:
    """페이지의 틀에서 태그 사이의 글과 aria-label 과 placeholder 를 say 로 옮긴 것."""
    def changed(found: re.Match) -> str:
        return found[0].replace(found[0].strip(), say(found[0].strip()))

    return re.sub(r'(?<=>)[^<>]*[가-힣][^<>]*(?=<)|(?:(?<=aria-label=")|(?<=placeholder="))[^"]*(?=")', changed, page)


def _steps(addressed: '_Addressed', steps: Sequence[Step]) -> str:
    """스텝들을 페이지의 스크립트로: 글과 수는 그래프의 지금 수로 다시 짓는 함수다."""
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


# 틀 안에서는 노트북의 주제가 보이지 않는다. 틀의 color-scheme 이 그 안의 prefers-color-scheme 이 된다(Jupyter, VS Code, Colab)
_SCHEMES = ''.join([
    f'[data-jp-theme-light="{is_light}"] .mgko-steps, .vscode-{scheme} .mgko-steps, html[theme={scheme}] .mgko-steps '
    f'{{ color-scheme: {scheme} }} '
    for scheme, is_light in (('light', 'true'), ('dark', 'false'))
])  # fmt: skip


def frame(page: str, svg: str, say: Callable[[str], str] = str) -> str:
    """노트북에 넣을 틀(iframe): 스크립트와 전체 화면만 허락하고, 노트북의 주제를 따른다.

    틀을 지우는 노트북에는 안의 그림이 남는다.
    """
    picture = base64.b64encode(svg.encode()).decode()
    return (
        f'<style>{_SCHEMES}</style>'
        f'<iframe class="mgko-steps" srcdoc="{escape(page)}" title="{say("한 스텝씩 보는 역전파")}" '
        'sandbox="allow-scripts" allow="fullscreen" '
        'style="width:100%;height:720px;border:1px solid #80889066;border-radius:8px">'
        f'<img alt="{say("계산 그래프")}" src="data:image/svg+xml;base64,{picture}"></iframe>'
    )


def inline(svg: str, description: str, texts: Mapping[str, str] | None = None) -> str:
    """HTML 안에 넣을 SVG. 주소(#c0 …)를 가진 칸은 id 가 c0 … 인 묶음(g)이 된다.

    texts 는 그 칸과 선에 적을 글이다. 배치할 때의 글은 너비를 재려는 것이었다.
    """
    root = ET.fromstring(svg)
    wide, tall = (float(root.attrib.pop(side).removesuffix('pt')) for side in ('width', 'height'))
    root.attrib |= {'id': 'picture', 'class': 'picture', 'role': 'img', 'aria-label': description,
                    'style': f'--wide:{wide:.0f};--tall:{tall:.0f}'}  # fmt: skip
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag == _SVG + 'title':  # Graphviz 의 노드 이름(n0): 풍선말로 뜨면 방해가 된다
                parent.remove(child)
            elif child.tag == _SVG + 'a':
                _unlink(child)
    for group in root.iter(_SVG + 'g'):
        _write(group, (texts or {}).get(group.get('id', '')))
    for path in root.iterfind(f'.//{_SVG}g[@class="edge"]//{_SVG}path'):
        path.set('marker-start', 'url(#returning)')  # 거꾸로 지날 때만 보인다(page.css)
    return ET.tostring(root, encoding='unicode')


def _unlink(link: ET.Element) -> None:
    """링크를 묶음으로. 칸의 주소였으면 그 이름을 id 로 삼는다."""
    address = link.get(_XLINK + 'href', '')
    link.tag = _SVG + 'g'
    link.attrib.clear()
    if address.startswith('#c'):
        link.attrib |= {'id': address[1:], 'class': 'cell'}


def _write(group: ET.Element, text: str | None) -> None:
    """바탕 위의 글을 text 로: 칸이면 오른쪽 끝에, 선이면 가운데에 맞춘다."""
    box, written, is_cell = group.find(_SVG + 'polygon'), group.find(_SVG + 'text'), group.get('class') == 'cell'
    if box is None or written is None or not (is_cell or group.get('class') == 'edge'):
        return
    xs = [float(point.split(',')[0]) for point in box.attrib['points'].split()]
    anchor, x = ('end', max(xs) - PADDING) if is_cell else ('middle', (min(xs) + max(xs)) / 2)
    written.attrib |= {'text-anchor': anchor, 'x': f'{x:g}'}
    written.text = written.text if text is None else text


def _part(name: str) -> str:
    return importlib.resources.files('micrograd_ko.render').joinpath(name).read_text(encoding='utf-8')


class _Addressed:
    """칸마다 주소를 붙인 그림. 칸과 선의 글의 너비는 모든 스텝의 글과 앞으로 바뀔 수 가운데 가장 긴 것에 맞춘다.

    texts 는 주소마다 정말로 적을 글, data 는 페이지의 자료(`scripts/picture.js`)다.
    """

    def __init__(self, picture: Picture, order: Sequence[Value], steps: Sequence[Step]) -> None:
        number = {node: i for i, node in enumerate(order)}
        longest: dict[tuple[int, str], str] = {}
        for change in [change for step in steps for change in step.changes]:
            key, written = (change.node, change.part), filled(numbers.number(change.number))
            longest[key] = max(longest.get(key, WIDEST), written, key=len)
        self._places: dict[tuple[int, str], list[int]] = {}  # 수 → 칸의 번호
        self.texts: dict[str, str] = {}
        found: list[tuple[int, int, int]] = []
        scales: dict[tuple[bool, tuple[int, ...]], int] = {}

        def addressed(cell: Cell) -> Cell:
            if cell.source is None or cell.source[0] not in number:
                return cell
            node, reading = cell.source
            key, is_heat = (number[node], reading.part), cell.style == 'heat'
            scale = reading.part == 'grad', tuple(sorted([number[v] for v in reading.among]))
            self._places.setdefault(key, []).append(len(found))
            self.texts[f'c{len(found)}'] = cell.text
            found.append((number[node], scales.setdefault(scale, len(scales)), int(is_heat)))
            return cell._replace(address=f'#c{len(found) - 1}', text='' if is_heat else longest.get(key, WIDEST))

        edges = []
        for i, edge in enumerate(picture.edges):
            self.texts[f'edge{i}'] = edge.label
            edges.append(edge._replace(label=max(edge.label, WIDEST, key=len)) if edge.label else edge)
        self.picture = picture.with_cells(addressed)._replace(caption=(), edges=tuple(edges))
        walked = [(i, edge) for i, edge in enumerate(picture.edges) if edge.uses is not None]
        self._edges = {(number[edge.uses[0]], number[edge.uses[1]], edge.uses[2]): i for i, edge in walked if edge.uses}
        arrival = {(x, position): k for k, (x, position) in enumerate(_walked(order))}
        uses = [(number[x.parents[i]], number[x], k, 2 if squares(x) else 1) for (x, i), k in arrival.items()
                if not squares(x) or i < squares(x)]  # 제곱은 피연산자를 두 번 쓰지만 한 칸이다
        traced = [_traced(edge, number, arrival) for edge in picture.edges]
        self.data = {'cells': found, 'scales': list(scales), 'edges': traced, 'uses': uses}

    def cells(self, step: Step) -> str:
        """스텝에서 바뀌는 칸마다 [칸의 번호, 몇째 수인지, 아직 더해질 항이 남았는지]."""
        return json.dumps([
            (cell, which, int(change.partial)) for which, change in enumerate(step.changes)
            for cell in self._places.get((change.node, change.part), ())
        ], separators=(',', ':'))  # fmt: skip

    def edges(self, step: Step) -> list[int]:
        """스텝이 지나는 선의 번호."""
        return sorted({self._edges[x] for x in step.edges if x in self._edges})


def _walked(order: Sequence[Value]) -> Iterable[tuple[Value, int]]:
    """역전파의 스텝(`reverse.arrivals`)의 차례: (결과, 몇째 피연산자)."""
    return [(node, position) for node in reversed(order) for position in range(len(node.parents))]


def _traced(edge: Edge, number: Mapping[Value, int], arrival: Mapping[tuple[Value, int], int]) -> list[Any]:
    """선의 [피연산자, 결과, 적힌 국소 미분을 더한 역전파의 스텝들(제곱이면 둘), 색이 가중치를 보이면 그 가중치]."""
    if edge.uses is None:
        return [None, None, [], None]
    operand, result, position = edge.uses
    positions = range(position, len(result.parents), squares(result) or len(result.parents)) if edge.label else ()
    shown = None if edge.weight is None else number[edge.weight]
    return [number[operand], number[result], [arrival[result, i] for i in positions], shown]
