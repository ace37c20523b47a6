"""노트의 표기법(notation): 층은 위첨자, 뉴런과 입력의 번호는 아래첨자. w²₁₂ 는 둘째 층 첫 뉴런의 둘째 가중치다."""

import re

_SUPERSCRIPT = str.maketrans('0123456789-', '⁰¹²³⁴⁵⁶⁷⁸⁹⁻')
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


_LETTERS = {
    'δ': r'\delta', 'σ': r'\sigma', 'η': r'\eta', 'α': r'\alpha', 'β': r'\beta', 'λ': r'\lambda', 'θ': r'\theta', 'μ': r'\mu',
}  # fmt: skip
_NAME = re.compile('([^⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉])([⁰¹²³⁴⁵⁶⁷⁸⁹]*)([₀₁₂₃₄₅₆₇₈₉,]*)')
_DIGITS = str.maketrans('⁰¹²³⁴⁵⁶⁷⁸⁹⁻₀₁₂₃₄₅₆₇₈₉', '0123456789-0123456789')
_SPECIAL = {
    '\\': r'\textbackslash{}', '{': r'\{', '}': r'\}', '$': r'\$', '&': r'\&', '#': r'\#', '%': r'\%', '_': r'\_',
    '^': r'\^{}', '~': r'\~{}',
}  # fmt: skip


def lowered(indices: str) -> str:
    """첨자로 적힌 수를 보통의 숫자로."""
    return indices.translate(_DIGITS)


def is_raised(name: str) -> bool:
    """이름에 위첨자가 있는가: 거듭제곱의 밑이면 괄호가 든다."""
    return re.search('[⁰¹²³⁴⁵⁶⁷⁸⁹^]', name) is not None


def letter_of(name: str) -> str:
    """노트의 표기법으로 지은 이름(z²₁, z)의 글자. 다른 이름이면 빈 글."""
    found = _NAME.fullmatch(name)
    return found[1] if found else ''


def latex(name: str) -> str:
    r"""이름의 LaTeX. 노트의 표기법이면 첨자로, 한 글자면 그대로, 다른 이름은 글(\text)로 적는다."""
    found = _NAME.fullmatch(name)
    if found and found[1].isalpha():
        letter = _LETTERS.get(found[1], found[1])
        upper, lower = lowered(found[2]), lowered(found[3])
        return letter + (f'^{{{upper}}}' if upper else '') + (f'_{{{lower}}}' if lower else '')
    return latex_text(name)


def latex_text(text: str) -> str:
    r"""글을 수식 안의 \text 로. LaTeX 가 명령으로 읽는 글자는 이스케이프한다."""
    return r'\text{' + ''.join(_SPECIAL.get(c, c) for c in text) + '}'
