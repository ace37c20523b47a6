"""적기(writing): 수, 식(글과 LaTeX), 이름표, 표, 문서, 파일을 적는 일. 무엇을 적을지는 부르는 방이 정한다.

`kinds` 와 `operation`, `ops` 만 import 한다. 노드에서는 `op, parents, data, name` 만 읽는다.
"""
