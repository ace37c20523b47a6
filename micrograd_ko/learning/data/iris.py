"""붓꽃(Iris) 자료: 꽃 150송이의 네 길이와 세 품종. 패키지에 든 `data/iris.csv` 를 읽는다.

출처: R. A. Fisher, "The use of multiple measurements in taxonomic problems", Annals of Eugenics 7 (1936). UCI Machine
Learning Repository 로 널리 퍼진 자료다. 두 파일이 다른 두 줄은 논문의 값을 따른다(`learning/README.md`).
"""

import csv
import random
import statistics
from collections.abc import Sequence
from importlib import resources

from micrograd_ko.nn import generator

Sample = tuple[list[float], int]

FEATURES = ('꽃받침 길이', '꽃받침 너비', '꽃잎 길이', '꽃잎 너비')
SPECIES = ('setosa', 'versicolor', 'virginica')


def load() -> list[Sample]:
    """(네 길이[cm], 품종 번호)의 목록, 논문의 순서대로 150개. 번호는 `SPECIES` 의 자리이고 길이의 순서는 `FEATURES` 다."""
    text = (resources.files('micrograd_ko.learning.data') / 'iris.csv').read_text(encoding='utf-8')
    _, *rows = csv.reader(text.splitlines())
    return [([float(x) for x in lengths], SPECIES.index(species)) for *lengths, species in rows]


def split(samples: Sequence[Sample], test: float, rng: random.Random | int | None) -> tuple[list[Sample], list[Sample]]:
    """(학습, 시험)으로 나눈다. 품종마다 test 의 비율만큼을 무작위로 시험에 둔다(층화 추출, stratified).

    test 는 0 과 1 사이. 어느 쪽이든 비게 되는 비율이면 ValueError.
    """
    rng, training, testing = generator(rng), list[Sample](), list[Sample]()
    for label in sorted({label for _, label in samples}):
        flowers = [sample for sample in samples if sample[1] == label]
        count = round(len(flowers) * test)
        if not 0 < count < len(flowers):
            raise ValueError(f'시험(test)의 비율 {test!r}: 품종 {label} 의 {len(flowers)}개를 학습과 시험으로 나눌 수 없습니다.')
        shuffled = rng.sample(flowers, len(flowers))
        testing += shuffled[:count]
        training += shuffled[count:]
    return training, testing


def standardise(training: Sequence[Sample], testing: Sequence[Sample]) -> tuple[list[Sample], list[Sample]]:
    """표준화(standardisation): (x − 평균) / 표준 편차. 평균과 편차는 학습 자료에서만 구해 시험 자료에도 쓴다.

    학습 자료에서 한 값뿐인 특징(feature)은 나눌 편차가 0 이라 ValueError.
    """
    scales = [(statistics.fmean(column), statistics.pstdev(column)) for column in zip(*[x for x, _ in training], strict=True)]
    constant = [k for k, (_, deviation) in enumerate(scales, 1) if deviation == 0]
    if constant:
        raise ValueError(f'표준화: {constant}번째 특징(feature)은 학습 자료에서 값이 하나뿐입니다. 빼고 주세요.')

    def scaled(samples: Sequence[Sample]) -> list[Sample]:
        return [([(v - mean) / deviation for v, (mean, deviation) in zip(x, scales, strict=True)], y) for x, y in samples]

    return scaled(training), scaled(testing)
