"""식과 코드의 표(map): 노트의 식마다 그것을 나르는 함수, 시험, 걷기의 마디, 걸음 페이지의 자리. `statements` 에서 만든다.

    python -m micrograd_ko.note.formula_map            이 방의 README.md 의 표를 새로 쓴다
"""

from pathlib import Path

from micrograd_ko.note.statements import NOTE, Statement
from micrograd_ko.writing.tables import Table, refreshed

PACKAGE = Path(__file__).parent.parent
README = Path(__file__).parent / 'README.md'


def markdown() -> str:
    """Markdown 표. 링크는 이 방의 README.md 에서 본 것이다."""
    headings = ['노트', '식', '함수', '시험', '걷기', '걸음 페이지']
    return Table(headings, [_row(key, statement) for key, statement in NOTE.items()]).markdown()


def _row(key: str, statement: Statement) -> list[str]:
    carriers = '<br>'.join([_linked(dotted) for dotted in statement.functions.split()])
    file, test = statement.test.split('::')
    tested, chapter = f'[`{test}`](../../tests/{file}.py)', f'{statement.chapter}. 마디'
    return [key, statement.text, carriers, tested, chapter, statement.page or key]


def _linked(dotted: str) -> str:
    names = dotted.split('.')
    files = ['/'.join(names[:cut]) + '.py' for cut in range(len(names), 0, -1)]
    return f'[`{dotted}`](../{next(file for file in files if (PACKAGE / file).is_file())})'


def main() -> None:
    """README.md 의 표를 새로 쓴다."""
    README.write_text(refreshed(README.read_text(encoding='utf-8'), 'formulas', markdown()), encoding='utf-8')


if __name__ == '__main__':
    main()
