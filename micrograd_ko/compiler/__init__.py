"""컴파일러(compiler): 표본 하나의 `Value` 그래프를 배열로 낮추고 행렬을 되찾아, 모든 표본에 재생한다.

import 해도 되는 것은 엔진, `kinds`, `writing`, `learning` 의 기록(history)이다. 신경망(`nn`)은 모른다.

  lower     Value 그래프 → 정수 배열(`code.Code`), 상수 접기
  sums      +, −, · 의 사슬 → total, dot, affine
  dense     같은 입력의 합들 → 행렬 Z = W·X + b, W 가 같으면 하나로
  schedule  같은 깊이의 같은 연산 → 명령 하나. 행(`rows`)과 칸(`slots`)이 정해진 `tape.Tape`
  backends  테이프를 재생하는 것 둘: `replay`(NumPy, 명령은 `instructions`)와 `machine`(LLVM)
  descent   미니배치로 파라미터의 벡터를 움직인다
  recording 기록하는 함수를 여러 표본에서 다시 불러, 그래프가 자료에 매이지 않는지 확인한다
  points    점마다의 값, 기울기, 헤세 행렬: 테이프를 그래프로 되돌려 미분하고 다시 컴파일한다
  program   공개 이름: `compile_graph`, `Program`. 글로는 `show` 가 적는다
"""

from micrograd_ko.compiler.program import Program, ReplayError, compile_graph

__all__ = ['Program', 'ReplayError', 'compile_graph']
