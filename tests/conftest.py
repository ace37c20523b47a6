"""hypothesis 의 설정(profile): 기본은 ci. `pytest --hypothesis-profile=dev` (또는 thorough)로 바꾼다."""

from micrograd_ko.testing import use_profile

use_profile('ci')
