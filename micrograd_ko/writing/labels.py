"""이름표(label): 그림과 설명에서 노드를 부르는 이름. 같은 그래프에는 언제나 같은 이름표가 붙는다."""

from typing import TYPE_CHECKING, Any

from micrograd_ko.kinds.symbols import COMPARISON, Symbol, symbol
from micrograd_ko.writing import notation

if TYPE_CHECKING:
    from micrograd_ko.engine import Value

LARGEST_EXACT = 10**9  # 정수와 분수의 분자, 분모가 이보다 크면 어림해서 적는다


class Labels:
    """위상 순서 order 에 있는 노드의 이름표. 마지막 노드가 root 다.

    이름이 있으면 그 이름, root 는 C, 이름 없는 잎(상수)은 그 수, 나머지는 위상 순서의 번호를 붙인 v₃.
    같은 이름이 여럿이면(표본마다의 z²₁) 몇째인지를 붙인다: z²₁[2]. focus 에 든 노드는 상수여도 번호로 부른다.
    """

    def __init__(self, order: list['Value'], focus: tuple['Value', ...] = ()) -> None:
        self._root, self._focus = order[-1], focus
        self._place = {node: place for place, node in enumerate(order, 1)}
        same: dict[str, list[Value]] = {}
        for node in order:
            if node.name:
                same.setdefault(node.name, []).append(node)
        self._which = {node: f'[{i}]' for nodes in same.values() if len(nodes) > 1 for i, node in enumerate(nodes, 1)}
        self._root_name = 'C' if 'C' not in same else ''

    def __getitem__(self, node: 'Value') -> Symbol:
        if node.name:
            which = self._which.get(node, '')
            return Symbol(node.name + which, latex=notation.latex(node.name) + which)
        if node is self._root and self._root_name:
            return Symbol(self._root_name)
        if node.op is None and node not in self._focus:
            return quantity(node.data)
        place = self._place[node]
        return Symbol('v' + notation.subscript(place), latex=f'v_{{{place}}}')

    def text(self, node: 'Value') -> str:
        return self[node].text


def quantity(x: Any) -> Symbol:
    """수를 식에 넣을 기호로: float 는 유효숫자 넷, 정수와 분수는 정확하게. 음수는 다른 수 옆에서 괄호를 두른다."""
    if not isinstance(x, float) and abs(x.numerator) < LARGEST_EXACT and x.denominator < LARGEST_EXACT:
        written = symbol(x)
    else:
        text = f'{_real(x):.4g}'
        written = Symbol(text, latex=_latex(text))
    if x < 0:
        written.level = written.latex_level = COMPARISON
    return written


def _real(x: Any) -> float:
    try:
        return float(x)
    except OverflowError:  # float 보다 큰 정수나 분수
        return float('inf') if x > 0 else float('-inf')


def _latex(text: str) -> str:
    if text.lstrip('-') in ('inf', 'nan'):
        return text.replace('inf', r'\infty').replace('nan', r'\mathrm{nan}')
    mantissa, _, exponent = text.partition('e')
    return mantissa + (rf'\times 10^{{{int(exponent)}}}' if exponent else '')
