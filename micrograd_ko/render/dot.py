"""그림을 DOT 로 적는다. 상자는 Graphviz 의 HTML 꼴 표이고, 배치는 Graphviz 가 한다(`engines`)."""

import itertools
from collections.abc import Callable

import graphviz

from micrograd_ko.render import color
from micrograd_ko.render.picture import Card, Cell, Edge, End, Group, Picture
from micrograd_ko.writing.html import escape
from micrograd_ko.writing.limits import MOST_CURVES, MOST_REFINED

FONT = 'Arial'  # 한글은 저절로 한글 글꼴로 넘어간다. 한글 글꼴을 먼저 적으면 ∂ 와 아래첨자가 깨진다


def digraph(picture: Picture) -> graphviz.Digraph:
    """그림을 `graphviz.Digraph` 로. 같은 그림은 언제나 같은 글이 된다."""
    crowded, caption = len(picture.edges) > MOST_CURVES, f'<{"<BR/>".join(map(html, picture.caption))}>'
    graph = graphviz.Digraph(
        graph_attr={
            'rankdir': 'LR', 'bgcolor': 'transparent', 'fontname': FONT, 'fontsize': '11', 'fontcolor': color.OUTSIDE,
            'nodesep': '0.16', 'ranksep': '1.6' if crowded else '0.55', 'label': caption, 'labelloc': 'b',
            'splines': 'line' if crowded else 'true',
        },
        node_attr={'shape': 'plain', 'fontname': FONT, 'fontsize': '12', 'fontcolor': color.INK},
        edge_attr={'fontname': FONT, 'fontsize': '10', 'arrowsize': '0.6'},
    )  # fmt: skip
    if len(picture.cards) > MOST_REFINED:
        graph.attr(nslimit='0.1', nslimit1='0.1', mclimit='0.1')
    for number, group in enumerate(picture.groups):
        _write_group(graph, number, group)
    for number, edge in enumerate(picture.edges):
        _write_edge(graph, number, edge)
    return graph


def html(text: str) -> str:
    r"""HTML 꼴 라벨 안에 적을 글. 역슬래시는 겹쳐야 `\N`(노드의 이름)이 되지 않는다.

    >>> html('<b>&\\N')
    '&lt;b&gt;&amp;\\\\N'
    """
    return escape(text).replace('\\', '\\\\')


def _write_group(graph: graphviz.Digraph, number: int, group: Group) -> None:
    """층의 이름 아래에 상자를 차례로 세운다.

    Graphviz 의 cluster 는 쓰지 않는다: 그 안에서는 보이지 않는 선(invis)이 뉴런의 순서를 지켜 주지 못한다.
    """
    if not group.title:
        for card in group.cards:
            _write_card(graph, card)
        return
    with graph.subgraph() as column:
        column.attr(rank='same')
        column.node(f'group{number}', f'<{html(group.title)}>', fontcolor=color.OUTSIDE)
        for card in group.cards:
            _write_card(column, card)
        ids = [f'group{number}', *[card.id for card in group.cards]]
        for upper, lower in itertools.pairwise(ids):
            column.edge(upper, lower, style='invis')


def _write_card(graph: graphviz.Digraph, card: Card) -> None:
    fill, border = color.KINDS[card.kind]
    rows = [_element('TR', ''.join([_cell(cell, fill) for cell in row])) for row in card.rows]
    table = _table(''.join(rows), '1', '2' if card.compact else '3', COLOR=border, BGCOLOR='white')
    graph.node(card.id, f'<{table}>', id=card.id)


def _element(tag: str, content: str, **attributes: str) -> str:
    """HTML 꼴의 요소. 빈 속성은 적지 않는다."""
    written = ''.join([f' {name}="{value}"' for name, value in attributes.items() if value])
    return f'<{tag}{written}>{content}</{tag}>'


def _table(rows: str, border: str = '0', padding: str = '0', **attributes: str) -> str:
    return _element('TABLE', rows, BORDER=border, CELLBORDER='0', CELLSPACING='0', CELLPADDING=padding, **attributes)


def _cell(cell: Cell, fill: str) -> str:
    """칸 하나. fill 은 상자의 제목 바탕색."""
    content, attributes = _STYLES[cell.style](cell)
    return _data(cell._replace(fill=fill) if cell.style in ('title', 'column') else cell, content, attributes)


def _data(cell: Cell, content: str, attributes: dict[str, str]) -> str:
    span, tip = str(cell.span) if cell.span > 1 else '', html(cell.tip)
    return _element('TD', content, COLSPAN=span, PORT=cell.port, BGCOLOR=cell.fill, TOOLTIP=tip, HREF=cell.address, **attributes)


def _title(cell: Cell) -> tuple[str, dict[str, str]]:
    words = [f'<B>{html(cell.text)}</B>' if cell.text else '', _small(cell.note)]
    return ' '.join(filter(None, words)), {}


def _strip(cell: Cell) -> tuple[str, dict[str, str]]:
    size = {'WIDTH': str(cell.width), 'HEIGHT': '13', 'FIXEDSIZE': 'TRUE'}
    row = _element('TR', ''.join([_data(part, '', size) for part in cell.cells]))
    return _table(row), {'ALIGN': 'LEFT', 'CELLPADDING': '0'}


def _small(text: str) -> str:
    return f'<FONT POINT-SIZE="10" COLOR="{color.FAINT}">{html(text)}</FONT>' if text else ''


_STYLES: dict[str, Callable[[Cell], tuple[str, dict[str, str]]]] = {  # 칸의 종류 → (내용, 속성)
    'title': _title,
    'column': lambda cell: (_small(cell.text), {}),
    'label': lambda cell: (_small(cell.text), {'ALIGN': 'LEFT'}),
    'name': lambda cell: (html(cell.text), {'ALIGN': 'LEFT'}),
    'number': lambda cell: (html(cell.text), {'ALIGN': 'RIGHT'}),
    'heat': lambda cell: ('', {'WIDTH': str(cell.width), 'HEIGHT': '13', 'CELLPADDING': '0'}),
    'strip': _strip,
}


def _write_edge(graph: graphviz.Digraph, number: int, edge: Edge) -> None:
    label = _table(_element('TR', _element('TD', html(edge.label))), padding='1', BGCOLOR='#f4f1e6')
    attributes = {
        'id': f'edge{number}', 'color': edge.color, 'penwidth': f'{edge.width:g}' if edge.width != 1 else '',
        'label': f'<{label}>' if edge.label else '', 'tooltip': edge.tip,
    }  # fmt: skip
    written = {name: value for name, value in attributes.items() if value}
    graph.edge(_end(edge.tail, 'e'), _end(edge.head, 'w'), **written)


def _end(end: End, side: str) -> str:
    card, port = end
    return f'{card}:{port}:{side}' if port else card
