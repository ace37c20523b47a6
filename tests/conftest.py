"""hypothesis 의 설정(profile)과, 브라우저가 있어야 도는 시험.

기본 설정은 ci. `pytest --hypothesis-profile=dev` (또는 thorough)로 바꾼다.
"""

import shutil

from micrograd_ko.testing import use_profile

use_profile('ci')
collect_ignore = [] if shutil.which('chromium') else ['test_page.py']  # 브라우저가 없는 기계에서는 페이지를 움직여 볼 수 없다
