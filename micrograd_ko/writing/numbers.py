"""수를 글로: 유효 숫자 몇 자리로 짧게. 사람이 읽는 식과 문장의 수이고, 페이지도 글자까지 같게 적는다(`scripts/numbers.js`)."""

import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

from micrograd_ko.kinds.live import Live
from micrograd_ko.writing.limits import DIGITS, LARGEST_EXACT
from micrograd_ko.writing.notation import superscript
from micrograd_ko.writing.templates import hole

UNKNOWN = '–'  # 아직 역전파하지 않은 기울기


def number(x: Any, digits: int = DIGITS, warning: str = '⚠ ') -> str:
    """수를 유효 숫자 digits 자리로. 정수와 Fraction 은 짧으면 그대로, 유한하지 않은 수 앞에는 warning, None 은 '–'.

    0.0001 보다 작거나 digits 자리의 정수보다 크면(%g 와 같은 경계) 5.9×10⁻⁵ 로 적고, 소수의 끝의 0 은 적지 않는다.
    살아 있는 수(`Live`)는 글의 틀이 된다.
    """
    if isinstance(x, Live):
        return hole(number(x.value, digits, warning), f'number({x.script},{digits})')
    if x is None:
        return UNKNOWN
    if isinstance(x, float):
        return _rounded(x, digits) if math.isfinite(x) else f'{warning}{x}'
    if is_short(x):
        return str(x)
    whole = Fraction(x)  # float 의 범위를 넘는 정수와 분수도 적는다
    return _rounded(Decimal(whole.numerator) / Decimal(whole.denominator), digits)


def _rounded(x: float | Decimal, digits: int) -> str:
    scientific = f'{x:.{digits - 1}e}'
    figures, exponent = scientific.split('e')
    if -4 <= int(exponent) < digits:
        return f'{Decimal(scientific).normalize():f}'
    return f'{Decimal(figures).normalize():f}×10{superscript(int(exponent))}'


def is_short(x: Any) -> bool:
    """정수나 분수를 정확하게 적을 만한가."""
    largest, finest = LARGEST_EXACT
    return abs(x.numerator) < largest and x.denominator < finest
