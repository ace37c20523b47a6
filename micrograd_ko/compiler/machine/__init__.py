"""기계(machine): LLVM 으로 재생하는 백엔드(back end). `compiler.replay`(NumPy)와 같은 일을 같은 이름으로 한다.

import 해도 되는 것은 `compiler` 의 테이프와 재생, `kinds`, `writing` 이다.

  target     이 컴퓨터의 목적 코드와 그 캐시
  functions  커널을 적는 도구. 커널은 모두 (context, record) 를 받는다
  maps, products, steps, updates   커널: 표의 연산과 합, 행렬의 곱, 스텝, 갱신
  kernels    커널의 주소
  layout, memory   칸의 배치, 표와 벡터
  records, elementwise, matrices, plan   테이프의 명령마다 부를 커널의 목록
  backend    공개 이름: `Machine`
"""
