"""수의 종류(kinds of numbers): 연산 표의 해석기들. NumPy 배열, 오차 한계, 기호, 쌍대수, 200자리.

종류마다 기초 연산을 한 번 적는다(`Namespace` 나 `interpret`): 새 기초 연산은 표의 한 줄과, 이름이 다른 종류마다 한 칸이다.
`operation` 과 `ops` 만 import 한다. 그래프를 다른 종류로 순회하는 일은 `staleness`, `reverse`, `testing` 에 있다.
"""
