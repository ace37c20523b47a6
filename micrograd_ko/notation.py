"""노트의 표기법(notation): 층은 위첨자, 뉴런과 입력의 번호는 아래첨자. w²₁₂ 는 둘째 층 첫 뉴런의 둘째 가중치다.

>>> indexed('w', 2, 1, 2), indexed('w', 2, 10, 3), indexed('z', 10, 1), indexed('b', None)
('w²₁₂', 'w²₁₀,₃', 'z¹⁰₁', 'b')
"""

_SUPERSCRIPT = str.maketrans('0123456789', '⁰¹²³⁴⁵⁶⁷⁸⁹')
_SUBSCRIPT = str.maketrans('0123456789', '₀₁₂₃₄₅₆₇₈₉')


def superscript(n: int) -> str:
    """위첨자로 적은 수."""
    return str(n).translate(_SUPERSCRIPT)


def subscript(*indices: int) -> str:
    """아래첨자로 적은 번호들. 두 자리 이상인 번호가 있으면 쉼표로 나눈다."""
    return (',' if any(i >= 10 for i in indices) else '').join(str(i).translate(_SUBSCRIPT) for i in indices)


def indexed(letter: str, layer: int | None, *indices: int) -> str:
    """노트의 기호: 글자, 위첨자로 층(None 이면 없음), 아래첨자로 번호."""
    return letter + ('' if layer is None else superscript(layer)) + subscript(*indices)
