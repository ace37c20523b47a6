"""그림이나 배열을 달라고 하기 전에는 graphviz 도 NumPy 도 읽지 않는다: 브라우저의 파이썬에서도 그대로 돈다."""

import subprocess
import sys

LIGHT = """
import sys
from micrograd_ko import MLP, Value, draw, explain, losses
a, b = Value(2.0, 'a'), Value(3.0, 'b')
c = a * b + a
c.backward()
str(explain(a, c)), draw(c).mermaid, draw(c).steps
loss = losses.quadratic(MLP(2, [3, 2])([0.5, 0.3]), [1.0, 0.0])
loss.backward()
draw(loss).steps, draw(loss).mermaid
heavy = [name for name in ('numpy', 'graphviz', 'tqdm') if name in sys.modules]
assert not heavy, heavy
draw(c).dot
assert 'graphviz' in sys.modules and 'numpy' not in sys.modules
"""


def test_heavy_packages_wait_until_they_are_asked_for():
    done = subprocess.run([sys.executable, '-c', LIGHT], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
