"""계산 그래프의 그림(picture): 발표 자료에 바로 놓을 수 있는 그림을 세 단계로.

>>> from micrograd_ko import Value
>>> a, b = Value(2.0, 'a'), Value(-3.0, 'b')
>>> draw(a * b + 10)
<Drawing detail='ops', 상자 5개>
"""

from micrograd_ko.render.drawing import Drawing, TooLargeError, draw, mimebundle
from micrograd_ko.render.engines import LayoutError

__all__ = ['Drawing', 'LayoutError', 'TooLargeError', 'draw', 'mimebundle']
