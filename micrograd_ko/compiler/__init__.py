"""컴파일러(compiler): 표본 하나를 기록해 모든 표본에 재생한다. `Value` 그래프만 알고 신경망은 모른다.

그래프는 작은 패스(pass)들을 차례로 지난다. 노트의 행렬이 스칼라 그래프에서 되돌아온다.

  lower     Value 그래프 → 정수 배열(`code.Code`), 상수 접기
  sums      +, −, · 의 사슬 → total, dot, affine
  dense     같은 입력의 합들 → 행렬 Z = W·X + b
  schedule  같은 깊이의 같은 연산 → 명령 하나, 행과 칸의 자리(`layout`, `slots`) → `tape.Tape`
  executor_numpy  테이프를 NumPy 로 재생
  program   공개 이름: `compile_graph`, `Program`
"""

from micrograd_ko.compiler.program import Program, ReplayError, compile_graph

__all__ = ['Program', 'ReplayError', 'compile_graph']
