"""그림을 DOT 로 적는다. 상자는 Graphviz 의 HTML 꼴 표이고, 배치는 Graphviz 가 한다(`engines`)."""

import itertools
from typing import Any

from micrograd_ko.render.picture import ASIDE, FAINT, INK, KINDS, Card, Cell, Edge, Group, Picture
from micrograd_ko.writing import html, limits

FONT = 'Arial'  # 한글은 저절로 한글 글꼴로 넘어간다. 한글 글꼴을 먼저 적으면 ∂ 와 아래첨자가 깨진다


def digraph(picture: Picture) -> Any:
    """그림을 `graphviz.Digraph` 로. 같은 그림은 언제나 같은 글이 된다."""
    import graphviz  # 설명과 Mermaid 는 graphviz 없이도 된다

    crowded = len(picture.edges) > limits.MOST_CURVES and any(group.title for group in picture.groups)
    caption = f'<{_aside("<BR/>".join(map(_text, picture.caption)))}>' if picture.caption else ''
    graph = graphviz.Digraph(
        graph_attr={
            'rankdir': 'LR', 'bgcolor': 'transparent', 'fontname': FONT, 'fontsize': '11',
            'nodesep': '0.16', 'ranksep': '1.6' if crowded else '0.55', 'label': caption, 'labelloc': 'b',
            'splines': 'line' if crowded else 'true',
        },
        node_attr={'shape': 'plain', 'fontname': FONT, 'fontsize': '12', 'fontcolor': INK},
        edge_attr={'fontname': FONT, 'fontsize': '10', 'arrowsize': '0.6'},
    )  # fmt: skip
    if len(picture.cards) > limits.MOST_REFINED:
        graph.attr(nslimit='0.1', nslimit1='0.1', mclimit='0.1')
    for number, group in enumerate(picture.groups):
        _write_group(graph, number, group)
    for number, edge in enumerate(picture.edges):
        _write_edge(graph, number, edge)
    return graph


def _text(text: str) -> str:
    r"""HTML 꼴 라벨 안에 적을 글. 역슬래시는 겹쳐야 `\N`(노드의 이름)이 되지 않고, ']' 는 옛 Graphviz 가 읽지 못한다."""
    return html.escape(text).replace('\\', '\\\\').replace(']', '&#93;')


def _write_group(graph: Any, number: int, group: Group) -> None:
    """층의 이름 아래에 상자를 차례로 세운다. Graphviz 의 cluster 안에서는 보이지 않는 선(invis)이 순서를 지켜 주지 못한다."""
    if not group.title:
        for card in group.cards:
            graph.node(card.id, _card(card), id=card.id)
        return
    with graph.subgraph() as column:
        column.attr(rank='same')
        column.node(f'group{number}', f'<{_aside(_text(group.title))}>')
        for card in group.cards:
            column.node(card.id, _card(card), id=card.id)
        for upper, lower in itertools.pairwise([f'group{number}', *[card.id for card in group.cards]]):
            column.edge(upper, lower, style='invis')


def _card(card: Card) -> str:
    fill, border = KINDS[card.kind]
    rows = [_element('TR', ''.join([_cell(cell, fill) for cell in row])) for row in card.rows]
    return f'<{_table("".join(rows), "1", "2" if card.compact else "3", COLOR=border, BGCOLOR="white")}>'


def _element(tag: str, content: str, **attributes: str) -> str:
    """HTML 꼴의 요소. 빈 속성은 적지 않는다."""
    written = ''.join([f' {name}="{value}"' for name, value in attributes.items() if value])
    return f'<{tag}{written}>{content}</{tag}>'


def _table(rows: str, border: str = '0', padding: str = '0', **attributes: str) -> str:
    return _element('TABLE', rows, BORDER=border, CELLBORDER='0', CELLSPACING='0', CELLPADDING=padding, **attributes)


def _aside(content: str) -> str:
    """상자 밖의 글(층의 이름, 그림의 설명). 바탕을 함께 칠해 밝은 노트북에서도 어두운 노트북에서도 읽힌다."""
    written = f'<FONT COLOR="{FAINT}">{content}</FONT>'
    return _table(_element('TR', _element('TD', written)), padding='3', BGCOLOR=ASIDE)


def _cell(cell: Cell, fill: str) -> str:
    """칸 하나. fill 은 상자의 제목 바탕색."""
    match cell.style:
        case 'title':
            words = [f'<B>{_text(cell.text)}</B>' if cell.text else '', _small(cell.note)]
            return _data(cell, ' '.join(filter(None, words)), fill)
        case 'column':
            return _data(cell, _small(f'{cell.text} {cell.note}'.strip()), fill)
        case 'label':
            return _data(cell, _small(cell.text), ALIGN='LEFT')
        case 'heat':
            return _data(cell, '', WIDTH=str(cell.width), HEIGHT='13', CELLPADDING='0')
        case 'strip':
            parts = [_data(part, '', WIDTH=str(cell.width), HEIGHT='13', FIXEDSIZE='TRUE') for part in cell.cells]
            return _data(cell, _table(_element('TR', ''.join(parts))), ALIGN='LEFT', CELLPADDING='0')
    return _data(cell, _text(cell.text), ALIGN='RIGHT' if cell.style == 'number' else 'LEFT')


def _data(cell: Cell, content: str, fill: str = '', **attributes: str) -> str:
    span, tip = str(cell.span) if cell.span > 1 else '', _text(cell.tip)
    place = {'COLSPAN': span, 'PORT': cell.port, 'BGCOLOR': fill or cell.fill, 'TOOLTIP': tip, 'HREF': cell.address}
    return _element('TD', content, **place, **attributes)


def _small(text: str) -> str:
    return f'<FONT POINT-SIZE="10" COLOR="{FAINT}">{_text(text)}</FONT>' if text else ''


def _write_edge(graph: Any, number: int, edge: Edge) -> None:
    label = _table(_element('TR', _element('TD', _text(edge.label))), padding='1', BGCOLOR='#f4f1e6')
    attributes = {
        'id': f'edge{number}', 'color': edge.color, 'penwidth': f'{edge.width:g}' if edge.width != 1 else '',
        'label': f'<{label}>' if edge.label else '', 'tooltip': edge.tip,
    }  # fmt: skip
    tail, head = [f'{card}:{port}:{side}' if port else card for (card, port), side in ((edge.tail, 'e'), (edge.head, 'w'))]
    graph.edge(tail, head, **{name: value for name, value in attributes.items() if value})
