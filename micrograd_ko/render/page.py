"""걸음 페이지(step page): 네트워크 없이 열리는 HTML 파일 하나.

Graphviz 의 SVG 와, 데이터로 적은 걸음과, 짧은 스크립트로 이루어진다.
"""

import base64
import functools
import html as escaping
import importlib.resources
import json
import string
from collections.abc import Iterator
from typing import Any, NamedTuple

from micrograd_ko.note.statements import Statement
from micrograd_ko.render import color, engines
from micrograd_ko.render.dot import digraph
from micrograd_ko.render.levels import Rehearsal
from micrograd_ko.render.live_svg import inline
from micrograd_ko.render.picture import Card, Cell, Picture, Row
from micrograd_ko.render.step import Step
from micrograd_ko.writing import numbers
from micrograd_ko.writing.labels import shown
from micrograd_ko.writing.limits import EXACT_DIGITS

PHASES = {'start': '시작', 'forward': '순전파', 'seed': '씨앗', 'backward': '역전파', 'update': '갱신'}


def html(rehearsal: Rehearsal) -> str:
    """걸음 페이지의 글."""
    addressed = _Addressed(rehearsal)
    svg = engines.render(digraph(addressed.picture).source, 'svg').decode()
    data = {
        'phases': PHASES,
        'names': {key: f'{key} · {statement.title}' for key, statement in rehearsal.statements.items()},
        'steps': [_step(step, addressed) for step in rehearsal.steps],
    }
    return string.Template(_part('page.html')).substitute(
        title=escaping.escape(shown(f'{rehearsal.title} · 한 걸음씩 보는 역전파')),
        style=_part('page.css'),
        script=_part('page.js'),
        picture=inline(svg, '계산 그래프의 그림. 지금 걸음의 내용은 위의 설명에 있다.'),
        formulas=''.join(_formula(key, statement) for key, statement in rehearsal.statements.items()),
        last=len(rehearsal.steps) - 1,
        data=embedded(data),
    )


def embedded(data: Any) -> str:
    """`<script>` 안에 넣어도 데이터로만 읽히는 JSON: ASCII 만 쓰고 <, >, & 도 번호로 적는다.

    >>> embedded({'a': '</script>\\u2028'})
    '{"a":"\\\\u003c/script\\\\u003e\\\\u2028"}'
    """
    written = json.dumps(data, ensure_ascii=True, allow_nan=False, separators=(',', ':'))
    return written.replace('<', r'\u003c').replace('>', r'\u003e').replace('&', r'\u0026')


def frame(page: str, svg: str) -> str:
    """노트북에 넣을 틀(iframe): 스크립트만 허락한다. 틀을 지우는 노트북에는 안의 그림이 남는다."""
    picture = base64.b64encode(svg.encode()).decode()
    return (
        f'<iframe srcdoc="{escaping.escape(page)}" sandbox="allow-scripts" title="한 걸음씩 보는 역전파" '
        'style="width:100%;height:720px;border:1px solid #80889066;border-radius:8px">'
        f'<img alt="계산 그래프" src="data:image/svg+xml;base64,{picture}"></iframe>'
    )


@functools.cache
def _part(name: str) -> str:
    return importlib.resources.files('micrograd_ko.render').joinpath(name).read_text(encoding='utf-8')


def _formula(key: str, statement: Statement) -> str:
    key, title, written = map(escaping.escape, (key, statement.title, statement.text))
    return f'<li data-formula="{key}"><span>{key} · {title}</span> <b>{written}</b></li>'


class _Shown(NamedTuple):
    """수가 보이는 칸: 번호, 칠하는 눈금, 색만 보이는지."""

    cell: int
    scale: float
    heat: bool


class _Addressed:
    """칸마다 주소를 붙인 그림. 칸의 너비는 모든 걸음의 글 가운데 가장 긴 것에 맞춘다."""

    def __init__(self, rehearsal: Rehearsal) -> None:
        self._number = {node: i for i, node in enumerate(rehearsal.order)}
        self._longest: dict[tuple[int, str], str] = {}
        for change in (change for step in rehearsal.steps for change in step.changes):
            key, written = change[:2], numbers.number(change.number)
            self._longest[key] = max(self._longest.get(key, ''), written, key=len)
        self.cells: dict[tuple[int, str], list[_Shown]] = {}
        self._count = 0
        groups = [group._replace(cards=tuple(map(self._card, group.cards))) for group in rehearsal.picture.groups]
        self.picture: Picture = rehearsal.picture._replace(groups=tuple(groups), caption=())
        self.edges = {
            (self._number[edge.uses[0]], self._number[edge.uses[1]], edge.uses[2]): i
            for i, edge in enumerate(rehearsal.picture.edges)
            if edge.uses is not None
        }

    def _card(self, card: Card) -> Card:
        return card._replace(rows=tuple(map(self._row, card.rows)))

    def _row(self, row: Row) -> Row:
        return tuple(map(self._cell, row))

    def _cell(self, cell: Cell) -> Cell:
        if cell.cells:
            return cell._replace(cells=self._row(cell.cells))
        if cell.source is None:
            return cell
        key = self._number[cell.source.node], cell.source.part
        heat = cell.style == 'heat'
        self.cells.setdefault(key, []).append(_Shown(self._count, cell.source.scale, heat))
        self._count += 1
        return cell._replace(address=f'#c{self._count - 1}', text='' if heat else self._longest.get(key, numbers.UNKNOWN))


def _step(step: Step, addressed: _Addressed) -> dict[str, Any]:
    edges = {addressed.edges[edge] for edge in step.edges if edge in addressed.edges}
    return {
        'phase': step.phase, 'title': step.title, 'lines': step.lines, 'formulas': step.formulas,
        'cells': list(_cells(step, addressed)), 'edges': sorted(edges),
    }  # fmt: skip


def _cells(step: Step, addressed: _Addressed) -> Iterator[tuple]:
    """바뀌는 칸마다 (번호, 글, 짙기, 자세한 수, 아직 더해질 항이 남았는지). 짙기가 None 이면 유한하지 않은 수."""
    for change in step.changes:
        for place in addressed.cells.get((change.node, change.part), ()):
            x = change.number
            written = '' if place.heat else numbers.number(x)
            yield place.cell, written, color.depth(x, place.scale), numbers.number(x, EXACT_DIGITS), int(change.partial)
