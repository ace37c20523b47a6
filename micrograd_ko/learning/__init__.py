"""배우기(learning): 손실, 최적화, 학습, 저장, 진단, 그림, 붓꽃 자료.

엔진(신경망까지)과 `writing`, `compiler` 를 import 한다. `render` 와 설명은 모른다.
"""
