"""`python -m micrograd_ko`: 노트를 한 장씩 따라간다. 여기서는 인수를 읽고 글을 내보내기만 한다."""

import argparse
import contextlib
import os
import sys
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import NoReturn

from micrograd_ko import __version__
from micrograd_ko.writing.console import has_colour, plain, survive, writes_korean

# argparse 의 말을 우리말로. 여기 없는 말은 영어 그대로 나온다.
_KOREAN = {
    'unrecognized arguments': '모르는 인수(unrecognized arguments)입니다',
    'expected one argument': '값이 하나 필요합니다(expected one argument).',
    'argument --': '--',
    'argument 장': '장(chapter)',
}
_NO_KOREAN = 'micrograd_ko speaks Korean, which {} cannot write: set PYTHONIOENCODING=utf-8 and run it again.'


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        for english, korean in _KOREAN.items():
            message = message.replace(english, korean)
        self.print_usage(sys.stderr)
        self.exit(2, f'{self.prog}: 인수(argument)가 잘못되었습니다. {message}\n자세한 것은 {self.prog} --help 로 봅니다.\n')


def _whole(least: int, text: str) -> int:
    """least 이상의 정수."""
    try:
        number = int(text)
    except ValueError:
        number = least - 1
    if number < least:
        raise argparse.ArgumentTypeError(f'{least} 이상의 정수(integer)를 주세요. {text!r} 을(를) 받았습니다.')
    return number


def _directory(text: str) -> Path:
    """쓸 수 있는 폴더. 없으면 만든다."""
    if not text:  # 비어 있는 변수: --out "$DIR"
        raise argparse.ArgumentTypeError('폴더(directory)의 이름을 주세요. 지금 폴더는 . 입니다.')
    path = Path(text)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise argparse.ArgumentTypeError(f'폴더(directory) {text!r} 을(를) 만들 수 없습니다: {error.strerror}') from None
    if not os.access(path, os.W_OK):
        raise argparse.ArgumentTypeError(f'폴더(directory) {text!r} 에 쓸 수 없습니다.')
    return path


def _parser() -> _Parser:
    description = '역전파(backpropagation) 노트를 한 장씩 따라가며 모든 수를 눈앞에서 계산하고, 붓꽃(Iris) 자료로 학습한다.'
    parser = _Parser(prog='micrograd_ko', description=description, add_help=False, allow_abbrev=False)
    add = parser.add_argument_group('인수').add_argument
    add('chapter', nargs='?', type=partial(_whole, 1), metavar='장', help='읽을 장(chapter)의 번호. 없으면 1장과 차례')
    add('--all', action='store_true', help='모든 장을 이어서')
    # 씨앗은 0 이상: random.Random 은 −1 과 1 을 같은 씨앗으로 본다
    add('--seed', type=partial(_whole, 0), default=0, metavar='N', help='난수의 씨앗(seed). 같으면 출력도 같다. 기본 0')
    add('--epochs', type=partial(_whole, 1), default=60, metavar='N', help='붓꽃 학습의 에포크 수(epochs). 기본 60')
    add('--out', type=_directory, metavar='DIR', help='그림과 스텝 페이지를 쓸 폴더. 없으면 만든다')
    add('--version', action='store_true', help='버전을 적고 끝낸다')
    add('-h', '--help', action='store_true', help='이 도움말을 적고 끝낸다')
    return parser


def _pages(argv: Sequence[str]) -> Iterable[str]:
    """argv 가 바라는 줄들. 인수가 잘못되면 2 로 끝난다(SystemExit)."""
    parser = _parser()
    arguments = parser.parse_args(argv)
    if arguments.version or arguments.help:  # argparse 가 적으면 적지 못한 것을 알 수 없다
        return [f'micrograd_ko {__version__}'] if arguments.version else parser.format_help().splitlines()
    if arguments.all and arguments.chapter:
        parser.error('--all 은 모든 장입니다. 장의 번호와 함께 쓰지 않습니다.')
    from micrograd_ko.walkthrough import ALL, walk

    if arguments.chapter and arguments.chapter > ALL[-1]:
        parser.error(f'장(chapter)은 1 부터 {ALL[-1]} 까지입니다. {arguments.chapter} 을(를) 받았습니다.')
    return walk(arguments.seed, arguments.epochs, arguments.out, ALL if arguments.all else (arguments.chapter or 1,))


def _written(argv: Sequence[str]) -> int:
    """글을 stdout 에 적는다. 적을 수 없으면 무엇 때문인지 한 줄만 stderr 에."""
    if sys.stdout is None:
        return _ended('출력할 곳(stdout)이 닫혀 있습니다.')
    survive(sys.stdout, sys.stderr)
    if not writes_korean(sys.stdout) and '--version' not in argv:
        return _ended(_NO_KOREAN.format(sys.stdout.encoding))
    shown = str if has_colour(sys.stdout) else plain
    for line in _pages(argv):
        print(shown(line))
    sys.stdout.flush()  # 끝날 때 파이썬이 적다가 실패하면 알릴 길이 없다
    return 0


def _ended(reason: str, code: int = 1) -> int:
    """까닭 한 줄을 stderr 에. 거기도 적을 수 없으면 조용히."""
    with contextlib.suppress(OSError):
        print(reason, file=sys.stderr, flush=True)
    return code


def _discard_output() -> None:
    """남은 출력을 버린다: 끝날 때 파이썬이 다시 쓰다가 죽지 않게."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def main(argv: Sequence[str] | None = None) -> int:
    """종료 코드(exit code)를 돌려준다: 다 적었으면 0, 못 적으면 1, 멈추면 130. 인수가 잘못되면 2 로 끝난다(SystemExit)."""
    if sys.stderr is None:  # 2>&- : 알릴 곳이 없다
        sys.stderr = open(os.devnull, 'w', encoding='utf-8')  # noqa: SIM115 - 끝까지 쓴다
    try:
        return _written(sys.argv[1:] if argv is None else argv)
    except BrokenPipeError:  # `| head` 처럼 읽는 쪽이 먼저 닫았다
        _discard_output()
        return 1
    except OSError as error:
        _discard_output()
        return _ended(f'출력을 쓰지 못했습니다: {error.strerror or error}' + (f' ({error.filename})' if error.filename else ''))
    except KeyboardInterrupt:
        _discard_output()
        return _ended('\n멈췄습니다(interrupted).', 130)


if __name__ == '__main__':
    sys.exit(main())
