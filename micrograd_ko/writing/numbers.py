r"""그림에 적는 글: 이름은 보이기만 하고 명령이 되지 않으며, 수는 짧게 적는다.

이름은 사용자가 짓는다. 따옴표, 꺾쇠, 역슬래시, 제어 문자 무엇이 들어 있어도 그림의 문법에 닿지 않아야 한다.

>>> html('<b>&\\N')
'&lt;b&gt;&amp;\\\\N'
>>> number(0.13291234), number(float('nan')), number(None)
('0.1329', '⚠ nan', '–')
"""

import math
import re
from decimal import Decimal
from fractions import Fraction
from typing import Any

LONGEST = 32  # 이름이 이보다 길면 줄인다: 상자 하나가 그림을 다 차지하지 않게
UNKNOWN = '–'  # 아직 역전파하지 않은 기울기

# 제어 문자(C0, C1), 짝 없는 대리 문자(surrogate), XML 에 없는 문자, 줄 나눔, 그리고 이웃한 글의 방향을 바꾸는 문자
_HARMFUL = re.compile('[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]')


def shown(name: str) -> str:
    """이름을 그림에 적을 수 있는 글로. 적을 수 없는 문자는 U+FFFD 가 되고, 긴 이름은 줄인다."""
    text = _HARMFUL.sub('\ufffd', str(name))
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + '…'


def html(text: str) -> str:
    r"""Graphviz 의 HTML 꼴 라벨 안에 적을 글. `&` 를 먼저 바꾼다. 역슬래시는 겹쳐야 `\N`(노드의 이름)이 되지 않는다."""
    for character, entity in (('&', '&amp;'), ('<', '&lt;'), ('>', '&gt;'), ('"', '&quot;'), ('\\', '\\\\')):
        text = text.replace(character, entity)
    return text


def number(x: Any, digits: int = 4) -> str:
    """수를 유효 숫자 digits 자리로. Fraction 은 짧으면 분수 그대로, 유한하지 않은 수에는 ⚠, None 은 '–'."""
    if x is None:
        return UNKNOWN
    if isinstance(x, float):
        return f'{x:.{digits}g}' if math.isfinite(x) else f'⚠ {x}'
    if abs(x) < 10**6 and (isinstance(x, int) or x.denominator < 10**3):
        return str(x)
    whole = Fraction(x)  # float 의 범위를 넘는 정수와 분수도 적는다
    return f'{Decimal(whole.numerator) / Decimal(whole.denominator):.{digits}g}'
