"""`python -m micrograd_ko`: 노트를 처음부터 끝까지 걷는다. 여기서는 인수를 읽고 글을 내보내기만 한다."""

import argparse
import os
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import NoReturn

from micrograd_ko import __version__
from micrograd_ko.writing.console import survive

# argparse 의 말을 우리말로. 여기 없는 말은 영어 그대로 나온다.
_KOREAN = {
    'unrecognized arguments': '모르는 인수(unrecognized arguments)입니다',
    'expected one argument': '값이 하나 필요합니다(expected one argument).',
    'argument --': '--',
}


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
    path = Path(text)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise argparse.ArgumentTypeError(f'폴더(directory) {text!r} 을(를) 만들 수 없습니다: {error.strerror}') from None
    if not os.access(path, os.W_OK):
        raise argparse.ArgumentTypeError(f'폴더(directory) {text!r} 에 쓸 수 없습니다.')
    return path


def _parser() -> argparse.ArgumentParser:
    description = '역전파(backpropagation) 노트를 걸으며 모든 수를 눈앞에서 계산하고, 붓꽃(Iris) 자료로 학습한다.'
    parser = _Parser(prog='micrograd_ko', description=description, add_help=False, allow_abbrev=False)
    add = parser.add_argument_group('인수').add_argument
    # 씨앗은 0 이상: random.Random 은 −1 과 1 을 같은 씨앗으로 본다
    add('--seed', type=partial(_whole, 0), default=0, metavar='N', help='난수의 씨앗(seed). 같으면 출력도 같다. 기본 0')
    add('--epochs', type=partial(_whole, 1), default=60, metavar='N', help='붓꽃 학습의 바퀴 수(epochs). 기본 60')
    add('--out', type=_directory, metavar='DIR', help='그림을 쓸 폴더. 없으면 만든다')
    add('--version', action='version', version=f'micrograd_ko {__version__}', help='버전을 적고 끝낸다')
    add('-h', '--help', action='help', help='이 도움말을 적고 끝낸다')
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """종료 코드(exit code)를 돌려준다: 끝까지 걸었으면 0. 인수가 잘못되면 2 로 끝난다(SystemExit)."""
    survive(sys.stdout, sys.stderr)
    arguments = _parser().parse_args(argv)
    from micrograd_ko.walkthrough import walk

    try:
        for line in walk(arguments.seed, arguments.epochs, arguments.out):
            print(line)
        sys.stdout.flush()
    except BrokenPipeError:  # `| head` 처럼 읽는 쪽이 먼저 닫았다: 끝날 때 다시 쓰다가 죽지 않게 출력을 버린다
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
