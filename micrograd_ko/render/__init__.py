"""그림(render): 계산 그래프와 신경망의 그림, 한 스텝씩 보는 페이지. `note` 와 그 아래만 import 한다."""

from micrograd_ko.render.drawing import Drawing, TooLargeError, draw, mimebundle, page_of
from micrograd_ko.render.engines import LayoutError

__all__ = ['Drawing', 'LayoutError', 'TooLargeError', 'draw', 'mimebundle', 'page_of']
