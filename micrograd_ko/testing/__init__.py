"""속성 기반 기울기 시험(property-based gradient testing): 엔진의 시험이 딛고 선 도구를 내 함수에도 쓴다.

  gradcheck(f, xs)         기울기가 옳은지 진실을 말한다: ok, kink, imprecise, noisy, wrong. gradient=g 면 손으로 적은 기울기를.
  programs(), networks()   임의의 프로그램과 신경망을 뽑는 hypothesis 전략(strategy). 실패는 짧은 코드 조각으로 줄어든다.
  check_program(program)   모든 기준(oracle)을 한꺼번에: 순방향 모드, 경로의 합, 200자리, 유리수, 오차 한계.
  reals_in(op)             연산이 정의된 수를 뽑는 전략.
  use_profile('ci')        뽑는 수를 정한 hypothesis 설정(profile): dev, ci, thorough.

`pip install 'micrograd_ko[testing]'` 로 설치한다. 엔진, `kinds`, `writing`, `compiler` 만 import 한다.
"""

try:
    import hypothesis as _hypothesis  # noqa: F401  (있는지만 본다: 없으면 아래 말로 알린다)
    import mpmath as _mpmath  # noqa: F401
except ImportError as _error:
    raise ImportError(
        f"micrograd_ko.testing 에는 {_error.name} 이(가) 필요합니다. pip install 'micrograd_ko[testing]' 으로 설치하세요.",
        name=_error.name,
    ) from None

from micrograd_ko.kinds.dual import Dual
from micrograd_ko.kinds.precise import MP, PRECISE, PrecisionError, exact
from micrograd_ko.testing.gradcheck import gradcheck
from micrograd_ko.testing.oracles import CheckError, check_program, forward_slope
from micrograd_ko.testing.path_sums import path_count, path_sums
from micrograd_ko.testing.profiles import PROFILES, register_profiles, use_profile
from micrograd_ko.testing.recorded import precise_replay
from micrograd_ko.testing.straight_line import Assignment, Constant, StraightLine
from micrograd_ko.testing.strategies import networks, programs, reals_in
from micrograd_ko.testing.verdicts import GradcheckError, Report, Verdict

__all__ = [
    'MP', 'PRECISE', 'PROFILES', 'Assignment', 'CheckError', 'Constant', 'Dual', 'GradcheckError', 'PrecisionError', 'Report',
    'StraightLine', 'Verdict', 'check_program', 'exact', 'forward_slope', 'gradcheck', 'networks', 'path_count', 'path_sums',
    'precise_replay', 'programs', 'reals_in', 'register_profiles', 'use_profile',
]  # fmt: skip
