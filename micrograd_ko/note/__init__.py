"""노트(note): 그 식(statements), 그래프에서 그 신경망을 알아보기(recognise), 행렬 방정식(equations), 영수증(receipt).

엔진, 손실의 기록(`learning.losses`), `kinds`, `writing` 을 import 한다. 노트의 글은 이 방의 README.md 다.
"""
