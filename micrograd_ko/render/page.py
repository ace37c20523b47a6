"""스텝 페이지(step page): Graphviz 의 SVG 와, 데이터로 적은 스텝과, 짧은 스크립트를 담은, 네트워크 없이 열리는 HTML 파일 하나."""

import base64
import json
import math
import re
import string
import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from micrograd_ko.engine import Value
from micrograd_ko.graph import local_derivatives
from micrograd_ko.kinds import javascript
from micrograd_ko.kinds.huge import ieee
from micrograd_ko.kinds.live import script_of
from micrograd_ko.render import engines
from micrograd_ko.render.dot import digraph
from micrograd_ko.render.picture import Cell, Picture
from micrograd_ko.render.step import Step, Walk
from micrograd_ko.render.words import SCRIPT_WORDS, WRITERS, part
from micrograd_ko.reverse import squares
from micrograd_ko.writing import formulas, notation, numbers
from micrograd_ko.writing.html import escape
from micrograd_ko.writing.templates import filled, kept, scripted

_SVG, _XLINK = '{http://www.w3.org/2000/svg}', '{http://www.w3.org/1999/xlink}'
PADDING = 4  # 칸의 글과 오른쪽 끝 사이
WIDEST = '0.01234'  # 바뀐 수도 대개 들어갈 너비
_BEFORE = 'start numbers texts graph model picture view player keys fields paths training samples address'
SCRIPTS = [f'scripts/{name}.js' for name in _BEFORE.split()]
ET.register_namespace('', _SVG[1:-1])


def html(picture: Picture, walk: Walk, lr: Any, lang: str = 'ko') -> str:
    """그림 위에서 walk 의 스텝을 보이는 페이지의 글. lr 는 마지막 갱신의 학습률, lang 은 페이지의 말."""
    say, subject = WRITERS[lang], walk.subject
    title = f'{filled(walk.label(walk.root))}: {say("계산 그래프")}'
    title = title if walk.net is None else say(f'{"-".join(map(str, walk.net.sizes))} 신경망')
    table, graph = _live_graph(walk.number, say)  # 스텝의 끝에서 파라미터가 움직이기 전의 것이다
    steps = walk.steps(lr)
    addressed = _Addressed(picture.translated(say), walk.number, steps)
    svg = engines.render(digraph(addressed.picture).source, 'svg').decode()
    names = {key: say(f'{key} · {statement.title}') for key, statement in walk.statements.items()}
    items = [
        f'<li data-formula="{escape(key)}"><span>{escape(names[key])}</span> <b>{escape(say(statement.text))}</b></li>'
        for key, statement in walk.statements.items()
    ]
    data = {
        'words': {name: say(korean) for name, korean in SCRIPT_WORDS.items()}, 'formulas': names, 'lr': float(lr),
        'threshold': subject.net.loss.threshold if subject.samples and subject.net.loss else None,
        'samples': subject.samples or None, **graph, **addressed.data, **walk.places(),
    }  # fmt: skip
    script = '\n'.join([*map(part, SCRIPTS), table, _steps(addressed, steps), part('scripts/main.js')])
    return string.Template(said(part('page.html'), say)).substitute(
        title=escape(f'{title} · {say("한 스텝씩 보는 역전파")}'), lang=lang,
        style=part('page.css'), script=script, formulas=''.join(items), last=len(steps) - 1, samples=len(subject.samples),
        picture=inline(svg, say('계산 그래프의 그림. 지금 스텝의 내용은 설명에 있다.'), addressed.texts), data=embedded(data),
    )  # fmt: skip


def _live_graph(number: dict[Value, int], say: Callable[[str], str]) -> tuple[str, dict[str, Any]]:
    """페이지가 순전파와 역전파를 다시 하는 데 드는 것: number(노드 → 위상 번호, 마지막이 root)의 (표, 자료).

    표는 자바스크립트의 글, 자료는 노드마다 [줄의 이름, 피연산자의 번호들, 값] 등이다. 이름은 예행할 때 서로 달라졌다.
    """
    rows, domains, nodes = dict[str, str](), dict[int, str](), []
    names = [node.name or f'v{notation.subscript(i + 1)}' for node, i in number.items()]
    for node, i in number.items():
        key = None
        if node.op is not None:
            key = javascript.key(node.op, len(node.parents))
            try:
                rows[key] = rows.get(key) or javascript.row(node.op, len(node.parents))
                if node.op.defined is not None:
                    operands = [formulas.read(kept(names[number[parent]])) for parent in node.parents]
                    domains[i] = filled(say(formulas.text(node.op.defined(*operands))))
            except Exception:  # 등록한 연산의 규칙이 math 의 함수나 if 로 적혀 있다: 사용자의 규칙은 무엇이든 내던질 수 있다
                key = f'{key}#{i}'
                rows[key] = javascript.frozen(node.data, [parent.data for parent in node.parents], local_derivatives(node))
        nodes.append((key, [number[parent] for parent in node.parents], _double(node.data)))
    data = {'nodes': nodes, 'names': names, 'domains': domains}
    return javascript.module(rows), data


def _double(x: Any) -> float | str:
    """JSON 에 넣을 수. 유한한 double 이 아니면 자바스크립트가 읽을 글로."""
    double = ieee(x)
    return double if math.isfinite(double) else javascript.script(double).text.strip('()')


# 태그 사이의 글(그 안의 글쇠와 표시까지 한 문장이다)과 aria-label, placeholder
_SAID = re.compile(r'(?<=>)[^<>]+(?:<(kbd|i)\b[^<>]*>[^<>]*</\1>[^<>]*)*(?=<)|(?:(?<=aria-label=")|(?<=placeholder="))[^"]*(?=")')


def said(page: str, say: Callable[[str], str]) -> str:
    """페이지의 틀의 글을 say 로 옮긴 것."""
    return _SAID.sub(lambda found: found[0].replace(found[0].strip(), say(found[0].strip())), page)


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
_SCHEMES = (
    '[data-jp-theme-light="true"] .mgko-steps, .vscode-light .mgko-steps, html[theme=light] .mgko-steps { color-scheme: light } '
    '[data-jp-theme-light="false"] .mgko-steps, .vscode-dark .mgko-steps, html[theme=dark] .mgko-steps { color-scheme: dark } '
)


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
            elif child.tag == _SVG + 'a':  # 링크는 묶음이 되고, 칸의 주소는 그 이름이 된다
                address = child.get(_XLINK + 'href', '')
                child.tag, child.attrib = _SVG + 'g', {'id': address[1:], 'class': 'cell'} if address.startswith('#c') else {}
    for group in root.iter(_SVG + 'g'):
        _write(group, (texts or {}).get(group.get('id', '')))
    for path in root.iterfind(f'.//{_SVG}g[@class="edge"]//{_SVG}path'):
        path.set('marker-start', 'url(#returning)')  # 거꾸로 지날 때만 보인다(page.css)
    return ET.tostring(root, encoding='unicode')


def _write(group: ET.Element, text: str | None) -> None:
    """바탕 위의 글을 text 로: 칸이면 오른쪽 끝에, 선이면 가운데에 맞춘다."""
    box, written, is_cell = group.find(_SVG + 'polygon'), group.find(_SVG + 'text'), group.get('class') == 'cell'
    if box is None or written is None or not (is_cell or group.get('class') == 'edge'):
        return
    xs = [float(point.split(',')[0]) for point in box.attrib['points'].split()]
    anchor, x = ('end', max(xs) - PADDING) if is_cell else ('middle', (min(xs) + max(xs)) / 2)
    written.attrib |= {'text-anchor': anchor, 'x': f'{x:g}'}
    written.text = written.text if text is None else text


class _Addressed:
    """칸마다 주소를 붙인 그림. 칸과 선의 글의 너비는 모든 스텝의 글과 앞으로 바뀔 수 가운데 가장 긴 것에 맞춘다.

    texts 는 주소마다 정말로 적을 글, data 는 페이지의 자료(`scripts/picture.js`)다.
    """

    def __init__(self, picture: Picture, number: dict[Any, int], steps: Sequence[Step]) -> None:
        longest = defaultdict[Any, str](lambda: WIDEST)
        for change in [change for step in steps for change in step.changes]:
            key, written = (change.node, change.part), filled(numbers.number(change.number))
            longest[key] = max(longest[key], written, key=len)
        self._places = defaultdict[tuple[int, str], list[int]](list)  # 수 → 칸의 번호
        self.texts = {f'edge{i}': edge.label for i, edge in enumerate(picture.edges)}
        cells: list[tuple[int, int, int]] = []
        scales: dict[tuple[bool, tuple[int, ...]], int] = {}

        def addressed(cell: Cell) -> Cell:
            if cell.source is None or cell.source[0] not in number:
                return cell
            node, reading = cell.source
            key, is_heat, address = (number[node], reading.part), cell.style == 'heat', f'c{len(cells)}'
            scale = reading.part == 'grad', tuple(sorted([number[v] for v in reading.among]))
            self._places[key].append(len(cells))
            self.texts[address] = cell.text
            cells.append((number[node], scales.setdefault(scale, len(scales)), int(is_heat)))
            return cell._replace(address=f'#{address}', text='' if is_heat else longest[key])

        edges = [edge._replace(label=edge.label and max(edge.label, WIDEST, key=len)) for edge in picture.edges]
        self.picture = picture.changed(addressed)._replace(caption=(), edges=tuple(edges))
        places = [(node, i) for node in reversed(number) for i in range(len(node.parents))]  # `reverse.arrivals` 의 차례
        uses: dict[Any, tuple[Any, Any]] = {
            (number[node.parents[i]], number[node], i): (k, 2 if squares(node) else 1)
            for k, (node, i) in enumerate(places) if not squares(node) or i < squares(node)
        }  # 제곱은 피연산자를 두 번 쓰지만 한 칸이다
        drawn = [edge.uses and (number[edge.uses[0]], number[edge.uses[1]], edge.uses[2]) for edge in picture.edges]
        self._edges = {place: i for i, place in enumerate(drawn)}
        nowhere = None, None
        traced = [(*(place or nowhere)[:2], *uses.get(place, nowhere), number.get(edge.weight))
                  for place, edge in zip(drawn, picture.edges, strict=True)]  # fmt: skip
        listed = [(*place[:2], *use) for place, use in uses.items()]
        self.data = {'cells': cells, 'scales': list(scales), 'edges': traced, 'uses': listed}

    def cells(self, step: Step) -> list[list[int]]:
        """스텝에서 바뀌는 칸마다 [칸의 번호, 몇째 수인지, 아직 더해질 항이 남았는지]."""
        places = [self._places[change.node, change.part] for change in step.changes]
        return [[cell, i, int(step.changes[i].partial)] for i, cells in enumerate(places) for cell in cells]

    def edges(self, step: Step) -> list[int]:
        """스텝이 지나는 선의 번호."""
        return sorted({self._edges[x] for x in step.edges if x in self._edges})
