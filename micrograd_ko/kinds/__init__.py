"""수의 종류(kinds of numbers): 연산 표의 해석기들. NumPy 배열, 오차 한계, 기호, 쌍대수, 200자리.

`operation` 과 `ops` 만 import 한다. 그래프를 다른 종류로 걷는 일은 `staleness`, `reverse`, `testing` 에 있다.
"""
