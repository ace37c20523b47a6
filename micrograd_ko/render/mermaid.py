"""그림을 Mermaid 글로 적는다: GitHub 와 노트 앱이 바로 그려 준다. 표와 색 칸 대신 상자마다 몇 줄의 글을 쓴다."""

from micrograd_ko.render.picture import INK, KINDS, Card, Picture

NAMES = 'name', 'label'  # 이름을 적는 칸의 style
_PLAIN = frozenset(' .,+-=–')  # 글자와 숫자 말고 그대로 두어도 문법이 되지 않는 문자


def mermaid(picture: Picture) -> str:
    """Mermaid 의 flowchart. 이름의 글자는 모두 글자로만 보인다."""
    lines = ['flowchart LR']
    for number, group in enumerate(picture.groups):
        if group.title:
            lines.append(f'  subgraph g{number}["{escape(group.title)}"]')
        lines += [f'  {card.id}["{"<br/>".join(map(escape, _lines(card)))}"]:::{card.kind}_' for card in group.cards]
        if group.title:
            lines.append('  end')
    # 칸에서 칸으로 가는 선들은 상자 사이에 하나면 된다. 상자로 가는 선(x*x 의 둘)은 모두 남긴다
    edges = {(edge.tail[0], edge.head[0]) if edge.head[1] else i: edge for i, edge in enumerate(picture.edges)}
    for edge in edges.values():
        label = f'|"{escape(edge.label)}"|' if edge.label else ''
        lines.append(f'  {edge.tail[0]} -->{label} {edge.head[0]}')
    for kind in dict.fromkeys(card.kind for card in picture.cards):
        fill, border = KINDS[kind]
        lines.append(f'  classDef {kind}_ fill:{fill},stroke:{border},color:{INK}')
    return '\n'.join(lines) + '\n'


def _lines(card: Card) -> list[str]:
    """상자의 글: 이름이 있는 행은 이름과 수, 제목과 곁글(note)이 있는 칸은 그것. 행렬의 수는 적지 않는다."""
    told = [row if row[0].style in NAMES else row[:1] for row in card.rows if row[0].style in (*NAMES, 'title') or row[0].note]
    return [' '.join([text for cell in row for text in (cell.text, cell.note) if text]) for row in told]


def escape(text: str) -> str:
    """ASCII 의 글자와 숫자, 몇 가지 부호만 그대로 두고 나머지 ASCII 는 `#번호;` 로 적는다: a"b 는 a#34;b 다."""
    return ''.join(c if c > '\x7f' or c.isalnum() or c in _PLAIN else f'#{ord(c)};' for c in text)
