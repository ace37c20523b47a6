"""hypothesis 의 설정(profile): 기계의 빠르기에 매이지 않도록 시간 제한을 두지 않는다."""

from hypothesis import settings

settings.register_profile('ci', deadline=None, print_blob=True)
settings.load_profile('ci')
