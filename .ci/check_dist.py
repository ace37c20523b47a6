"""sdist 와 wheel 에 저장소의 파일이 빠짐없이 들어 있는지 본다: python .ci/check_dist.py DIST"""

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path


def main(dist: Path) -> None:
    tracked = subprocess.run(['git', 'ls-files'], check=True, capture_output=True, encoding='utf-8').stdout.split('\n')
    package = {name for name in tracked if name.startswith('micrograd_ko/')}
    others = {name for name in tracked if name.startswith(('tests/', 'examples/')) and name.endswith(('.py', 'names.txt'))}
    others |= {'LICENSE', 'README.md', 'CHANGELOG.md', 'setup.cfg', 'pyproject.toml'}

    (wheel,) = dist.glob('*.whl')
    (sdist,) = dist.glob('*.tar.gz')
    with zipfile.ZipFile(wheel) as archive:
        built = set(archive.namelist())
        (entry_points,) = [name for name in built if name.endswith('entry_points.txt')]
        commands = archive.read(entry_points).decode('utf-8')
    with tarfile.open(sdist) as archive:
        source = {name.partition('/')[2] for name in archive.getnames()}

    unasked = {name for name in built if not name.startswith('micrograd_ko')}
    problems = [
        *(f'wheel 에 없음: {name}' for name in sorted(package - built)),
        *(f'wheel 에 있을 까닭이 없음: {name}' for name in sorted(unasked)),
        *(f'sdist 에 없음: {name}' for name in sorted((package | others) - source)),
        *(['wheel 에 LICENSE 가 없음'] if not any(name.endswith('LICENSE') for name in built) else []),
        *(['명령 micrograd-ko 가 없음'] if 'micrograd-ko = micrograd_ko.__main__:main' not in commands else []),
    ]
    if problems:
        sys.exit('\n'.join(problems))
    print(f'{wheel.name}: 파일 {len(built)}개, {sdist.name}: {len(source)}개')


if __name__ == '__main__':
    main(Path(sys.argv[1]))
