"""이름표(label): 그림과 설명에서 노드를 부르는 이름. 같은 그래프에는 언제나 같은 이름표가 붙는다."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from micrograd_ko.kinds.symbols import Symbol
from micrograd_ko.writing import notation
from micrograd_ko.writing.formulas import quantity, read
from micrograd_ko.writing.html import UNSHOWN
from micrograd_ko.writing.limits import LONGEST_NAME
from micrograd_ko.writing.templates import MARKS, filled, kept

if TYPE_CHECKING:
    from micrograd_ko.operation import Node

_BREAKS = re.compile('[\t-\r\x85\u2028\u2029]+')  # 줄과 칸을 나누는 문자
_HARMFUL = re.compile(f'[{UNSHOWN}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]|{MARKS}')


def shown(name: str) -> str:
    """이름을 한 줄로 적을 수 있는 글로. 줄 나눔은 빈칸이, 적을 수 없는 문자는 U+FFFD 가 되고, 긴 이름은 줄인다."""
    text = _HARMFUL.sub('\ufffd', _BREAKS.sub(' ', str(name)))
    return text if len(text) <= LONGEST_NAME else text[: LONGEST_NAME - 1] + '…'


class Labels:
    """위상 순서 order 에 있는 노드의 이름표. 마지막 노드가 root 다.

    이름이 있으면 그 이름, 없으면 names 의 것(신경망이면 노트의 이름), root 는 C, 이름 없는 잎(상수)은 그 수,
    나머지는 위상 순서의 번호를 붙인 v₃. 같은 이름이 여럿이면(표본마다의 z²₁) 몇째인지를 붙인다: z²₁[2]. focus 에 든
    노드는 상수여도 번호다.
    """

    def __init__(self, order: Sequence[Node], focus: Sequence[Node] = (), names: Mapping[Any, str] | None = None) -> None:
        self._root, self._focus = order[-1], set(focus)
        self._place = {node: place for place, node in enumerate(order, 1)}
        self._names = {node: shown(node.name) or (names or {}).get(node, '') for node in order}
        same: dict[str, list[Node]] = {}
        for node, name in self._names.items():
            same.setdefault(name, []).append(node)
        self._which = {node: f'[{i}]' for nodes in same.values() if len(nodes) > 1 for i, node in enumerate(nodes, 1)}
        self._root_name = 'C' if 'C' not in same else ''

    def __getitem__(self, node: Node) -> Symbol:
        name = self._names[node]
        if name:
            which = self._which.get(node, '')
            return read(kept(name + which), notation.latex(name) + which)
        if node is self._root and self._root_name:
            return Symbol(self._root_name)
        if node.op is None and node not in self._focus:
            return quantity(node.data)
        place = self._place[node]
        return Symbol('v' + notation.subscript(place), latex=f'v_{{{place}}}')

    def name(self, node: Node) -> str:
        """몇째인지를 붙이지 않은 이름. 없으면 빈 글."""
        return self._names[node]

    def text(self, node: Node) -> str:
        return filled(self[node].text)
