"""붓꽃(Iris)으로 학습: 노트의 갱신 식을 미니배치마다 되풀이하면 신경망이 꽃을 가려낸다."""

import itertools
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from operator import itemgetter

from micrograd_ko.engine import Value
from micrograd_ko.learning.data import iris
from micrograd_ko.learning.losses import quadratic
from micrograd_ko.learning.optim import SGD
from micrograd_ko.learning.train import accuracy, minibatches, one_hot
from micrograd_ko.learning.trainers import descend
from micrograd_ko.nn import MLP
from micrograd_ko.walkthrough.lines import lead, paragraphs, table
from micrograd_ko.writing.console import paint

TITLE = '학습: 붓꽃(Iris) 150송이'
TEST, HIDDEN, ETA, BATCH = 0.2, 8, 1.0, 10
CLASSES = len(iris.SPECIES)
PETALS = 2, 3  # 경계를 그리는 두 특징: 꽃잎 길이와 너비
REACH, ROWS, COLUMNS = 2.0, 13, 53  # 그리는 곳은 평균에서 표준 편차 ±2 까지
SHADES, COLOURS = ' .:', ('green', 'yellow', 'cyan')


def page(rng: random.Random, epochs: int) -> Iterator[str]:
    """붓꽃을 나누고, 가르치고, 정확도를 재고, 결정 경계를 그리는 줄들. 진행 막대는 stderr 에 그린다."""
    flowers = iris.load()
    training, testing = iris.standardise(*iris.split(flowers, TEST, rng))
    net = MLP(len(iris.FEATURES), [HIDDEN, CLASSES], rng=rng)
    yield from paragraphs([
        f'  입력  {", ".join(iris.FEATURES)} (표준화, standardised)',
        f'  목표  {", ".join(iris.SPECIES)} (원-핫, one-hot)',
        f'  나눔  학습(train) {len(training)}송이, 시험(test) {len(testing)}송이. 품종마다 같은 비율로 무작위',
        f'  망    {net!r}, 파라미터 {len(net.parameters())}개',
        f'  학습  이차 손실, 미니배치 m = {BATCH}, 학습률 η = {ETA}, {epochs} 에포크(epoch)',
        '  출처  R. A. Fisher (1936), UCI Machine Learning Repository (논문의 값)',
    ])
    history = train(net, training, epochs, rng)
    shown = sorted({0, *range(9, epochs, 10), epochs - 1})
    scores = [('학습', accuracy(net, training), len(training)), ('시험', accuracy(net, testing), len(testing))]
    answers = [(name, *counts) for name, counts in zip(iris.SPECIES, confusion(net, testing), strict=True)]
    yield from paragraphs(
        table(['에포크', 'C (학습 자료의 평균 손실)'], [(f'{i + 1:6d}', history[i]) for i in shown], '.6f'),
        [f'  {name} 정확도(accuracy)  {score:6.1%}  ({round(score * n)}/{n})' for name, score, n in scores],
        ['시험 자료의 꽃을 무엇이라고 답했는가 (행: 참, 열: 답)', *table(['', *iris.SPECIES], answers)],
        boundary(net, testing),
    )


def train(net: MLP, samples: Sequence[iris.Sample], epochs: int, rng: random.Random) -> list[float]:
    """에포크마다의 평균 손실. 터미널이면 진행 막대(tqdm)를 stderr 에 그린다."""
    from tqdm import tqdm

    def cost(outputs: Sequence[Value], label: int) -> Value:
        return quadratic(outputs, one_hot(label, CLASSES))

    optimizer, history = SGD(net.parameters(), lr=ETA), []
    bar = tqdm(range(epochs), desc='  학습', unit='에포크', leave=False, disable=None)
    for _ in bar:
        costs = [descend(net, batch, cost, optimizer) * len(batch) for batch in minibatches(samples, BATCH, rng)]
        history.append(float(sum(costs)) / len(samples))
        bar.set_postfix_str(f'C = {history[-1]:.4f}')
    return history


def confusion(net: MLP, samples: Sequence[iris.Sample]) -> list[list[int]]:
    """혼동 행렬(confusion matrix): [참 품종][답한 품종] 의 꽃 수."""
    counts = Counter((label, quadratic.answer(net(x))) for x, label in samples)
    return [[counts[true, answer] for answer in range(CLASSES)] for true in range(CLASSES)]


def boundary(net: MLP, samples: Sequence[iris.Sample]) -> Iterator[str]:
    """결정 경계(decision boundary): 꽃잎의 길이와 너비의 평면에서 net 의 답. 꽃받침은 평균에 둔다. 숫자는 시험 자료의 꽃이다."""
    legend = [paint(f'{k + 1} {name}', COLOURS[k]) + f' {SHADES[k]!r}' for k, name in enumerate(iris.SPECIES)]
    yield lead('결정 경계(decision boundary)', '가로 꽃잎 길이, 세로 꽃잎 너비. 꽃받침은 평균에.')
    yield '  바탕은 신경망의 답, 숫자는 시험 자료의 꽃'
    yield f'  {", ".join(legend)}'
    cells = {(i, j): SHADES[answer] for (i, j), answer in _answers(net)}
    colours = {place: COLOURS[SHADES.index(shade)] for place, shade in cells.items()}
    for x, label in samples:
        place = _cell(x[PETALS[1]], ROWS), _cell(x[PETALS[0]], COLUMNS)
        cells[place], colours[place] = str(label + 1), COLOURS[label]
    for i in reversed(range(ROWS)):
        row = [(colours[i, j], cells[i, j]) for j in range(COLUMNS)]
        runs = itertools.groupby(row, key=itemgetter(0))
        yield '  |' + ''.join([paint(''.join([cell for _, cell in run]), colour) for colour, run in runs]) + '|'


def _answers(net: MLP) -> Iterator[tuple[tuple[int, int], int]]:
    """((행, 열), net 의 답): 평면의 칸마다. 행은 아래에서 위로 센다."""
    for i, j in itertools.product(range(ROWS), range(COLUMNS)):
        x = [0.0] * len(iris.FEATURES)
        x[PETALS[0]], x[PETALS[1]] = (REACH * (2 * k / (n - 1) - 1) for k, n in ((j, COLUMNS), (i, ROWS)))
        yield (i, j), quadratic.answer(net(x))


def _cell(x: float, count: int) -> int:
    """표준화한 x 가 놓이는 칸. 그리는 곳의 밖이면 가장자리."""
    return min(max(round((x / REACH + 1) / 2 * (count - 1)), 0), count - 1)
