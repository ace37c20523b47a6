"""hypothesis 의 설정(profile)과, 브라우저가 있어야 도는 시험."""

import shutil

from hypothesis import settings

settings.register_profile('ci', deadline=None, print_blob=True)
settings.load_profile('ci')

collect_ignore = [] if shutil.which('chromium') else ['test_page.py']  # 브라우저가 없는 기계에서는 페이지를 움직여 볼 수 없다
