"""마지막 장은 스텝 페이지를 임시 폴더에 쓰고 그 자리를 적는다. 시험마다 빈 폴더를 준다."""

import tempfile

import pytest


@pytest.fixture(autouse=True)
def own_folder(tmp_path_factory, monkeypatch):
    """여럿이 쓰는 폴더의 micrograd_ko 가 남의 것이면 부를 때마다 다른 자리가 적힌다."""
    folder = str(tmp_path_factory.mktemp('temporary'))
    monkeypatch.setenv('TMPDIR', folder)
    monkeypatch.setattr(tempfile, 'tempdir', folder)
