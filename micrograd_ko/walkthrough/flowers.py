"""붓꽃(Iris)으로 학습: 노트의 갱신 식을 미니배치마다 되풀이하면 신경망이 꽃을 가려낸다."""

import random
from collections import Counter
from collections.abc import Iterator, Sequence

from micrograd_ko.learning.data import iris
from micrograd_ko.learning.losses import quadratic
from micrograd_ko.learning.optim import SGD
from micrograd_ko.learning.train import accuracy, classify, epoch, one_hot
from micrograd_ko.nn import MLP
from micrograd_ko.walkthrough.lines import paragraphs, section, table

TEST, HIDDEN, ETA, BATCH = 0.2, 8, 1.0, 10
CLASSES = len(iris.SPECIES)


def page(rng: random.Random, epochs: int) -> Iterator[str]:
    """붓꽃을 나누고, 가르치고, 정확도를 재는 줄들. 진행 막대는 stderr 에 그린다."""
    flowers = iris.load()
    training, testing = iris.standardise(*iris.split(flowers, TEST, rng))
    net = MLP(len(iris.FEATURES), [HIDDEN, CLASSES], rng=rng)
    yield from section(7, f'학습: 붓꽃(Iris) {len(flowers)}송이', [
        f'  입력  {", ".join(iris.FEATURES)} (표준화, standardised)',
        f'  목표  {", ".join(iris.SPECIES)} (원-핫, one-hot)',
        f'  나눔  학습(train) {len(training)}송이, 시험(test) {len(testing)}송이. 품종마다 같은 비율로 무작위',
        f'  망    {net!r}, 파라미터 {len(net.parameters())}개',
        f'  학습  이차 손실, 미니배치 m = {BATCH}, 학습률 η = {ETA}, {epochs} 바퀴(epoch)',
        '  출처  R. A. Fisher (1936), UCI Machine Learning Repository (논문의 값)',
    ])  # fmt: skip
    history = train(net, training, epochs, rng)
    shown = sorted({0, *range(9, epochs, 10), epochs - 1})
    scores = [('학습', accuracy(net, training), len(training)), ('시험', accuracy(net, testing), len(testing))]
    answers = [(name, *counts) for name, counts in zip(iris.SPECIES, confusion(net, testing), strict=True)]
    yield from paragraphs(
        table(['바퀴', 'C (학습 자료의 평균 손실)'], [(f'{i + 1:4d}', history[i]) for i in shown], '.6f'),
        [f'  {name} 정확도(accuracy)  {score:6.1%}  ({round(score * n)}/{n})' for name, score, n in scores],
        ['시험 자료의 꽃을 무엇이라고 답했는가 (행: 참, 열: 답)', *table(['', *iris.SPECIES], answers)],
    )


def train(net: MLP, samples: Sequence[iris.Sample], epochs: int, rng: random.Random) -> list[float]:
    """바퀴마다의 평균 손실. 터미널이면 진행 막대(tqdm)를 stderr 에 그린다."""
    from tqdm import tqdm

    optimizer, history = SGD(net.parameters(), lr=ETA), []
    bar = tqdm(range(epochs), desc='  학습', unit='바퀴', leave=False, disable=None)
    for _ in bar:
        history.append(epoch(net, samples, lambda a, label: quadratic(a, one_hot(label, CLASSES)), optimizer, BATCH, rng))
        bar.set_postfix_str(f'C = {history[-1]:.4f}')
    return history


def confusion(net: MLP, samples: Sequence[iris.Sample]) -> list[list[int]]:
    """혼동 행렬(confusion matrix): [참 품종][답한 품종] 의 꽃 수."""
    counts = Counter((label, classify(net, x)) for x, label in samples)
    return [[counts[true, answer] for answer in range(CLASSES)] for true in range(CLASSES)]
