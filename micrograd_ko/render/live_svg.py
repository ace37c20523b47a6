"""Graphviz 의 SVG 를 걸음 페이지 안에서 움직일 수 있게 고친다: 칸을 id 로 찾고, 글은 칸의 오른쪽 끝에 맞춘다."""

import xml.etree.ElementTree as ET

_SVG, _XLINK = 'http://www.w3.org/2000/svg', 'http://www.w3.org/1999/xlink'
PADDING = 4  # 칸의 글과 오른쪽 끝 사이
ET.register_namespace('', _SVG)


def inline(svg: str, description: str) -> str:
    """HTML 안에 넣을 SVG. 주소(#c0 …)를 가진 칸은 id 가 c0 … 인 묶음(g)이 된다."""
    root = ET.fromstring(svg)
    wide, tall = (float(root.attrib.pop(side).removesuffix('pt')) for side in ('width', 'height'))
    root.attrib |= {'id': 'picture', 'role': 'img', 'aria-label': description, 'style': f'--wide:{wide:.0f};--tall:{tall:.0f}'}
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag == f'{{{_SVG}}}title':  # Graphviz 의 노드 이름(n0): 풍선말로 뜨면 방해가 된다
                parent.remove(child)
            elif child.tag == f'{{{_SVG}}}a':
                _unlink(child)
    return ET.tostring(root, encoding='unicode')


def _unlink(link: ET.Element) -> None:
    """링크를 묶음으로. 칸의 주소였으면 그 이름을 id 로 삼는다."""
    address = link.get(f'{{{_XLINK}}}href', '')
    link.tag = f'{{{_SVG}}}g'
    link.attrib.clear()
    if not address.startswith('#c'):
        return
    link.attrib |= {'id': address[1:], 'class': 'cell'}
    box, written = link.find(f'{{{_SVG}}}polygon'), link.find(f'{{{_SVG}}}text')
    if box is not None and written is not None:
        right = max(float(point.split(',')[0]) for point in box.attrib['points'].split())
        written.attrib |= {'text-anchor': 'end', 'x': f'{right - PADDING:g}'}
