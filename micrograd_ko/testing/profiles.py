"""hypothesis 의 설정(profile): 한 시험이 몇 번 뽑는가. 기계의 빠르기에 매이지 않도록 시간을 재는 검사는 없다.

  dev       30번      고치는 동안
  ci        200번     모든 커밋에서
  thorough  10000번   내놓기 전에 한 번. `pytest --hypothesis-seed=1`, `=2` … 로 나누어 돌리면 서로 다른 표본이다.

실패하면 다시 만드는 방법(`@reproduce_failure`)이 함께 찍힌다. conftest.py 에 한 줄이면 된다: `use_profile('ci')`. 다른 설정은
`pytest --hypothesis-profile=thorough` 로 고른다.
"""

from hypothesis import HealthCheck, settings

PROFILES = {'dev': 30, 'ci': 200, 'thorough': 10_000}


def register_profiles() -> None:
    """dev, ci, thorough 를 hypothesis 에 등록한다. `pytest --hypothesis-profile=thorough` 로 고를 수 있게 된다.

    표본은 돌릴 때마다 다르다: hypothesis 는 환경 변수 CI 가 있으면 늘 같은 표본을 뽑고 seed 를 따르지 않으므로 그것을 끈다.
    """
    for name, examples in PROFILES.items():
        settings.register_profile(
            name, max_examples=examples, deadline=None, print_blob=True, derandomize=False,
            suppress_health_check=[HealthCheck.too_slow],
        )  # fmt: skip


def use_profile(name: str) -> None:
    """설정을 등록하고 하나를 고른다. 모르는 이름이면 ValueError."""
    if name not in PROFILES:
        raise ValueError(f'설정(profile) {name!r} 이(가) 없습니다. 있는 것: {", ".join(PROFILES)}.')
    register_profiles()
    settings.load_profile(name)
