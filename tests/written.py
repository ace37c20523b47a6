"""적힌 수를 읽는 눈: 사람이 읽게 적은 수(`writing.numbers`)의 ×10ⁿ 을 수로."""

import unicodedata

NUMBER = r'\d+\.?\d*(?:×10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)?'


def plain(text):
    """5.9×10⁻⁵ 를 5.9e-5 로: float, Fraction, Decimal 이 읽는 글."""
    return unicodedata.normalize('NFKC', text.replace('×10', 'e')).replace('−', '-')
