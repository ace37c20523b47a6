"""두 초승달(two moons): 직선으로는 가를 수 없는 두 클래스의 점. 입력이 둘이라 결정 경계를 그려 볼 수 있다."""

import math
import random

from micrograd_ko.nn import generator


def moons(count: int, noise: float = 0.1, rng: random.Random | int | None = None) -> tuple[list[list[float]], list[int]]:
    """(X, Y): 번갈아 위와 아래의 반원 위의 점 count 개 (x₁, x₂) 와 그 클래스 0, 1. noise 는 정규 잡음의 표준편차."""
    rng, X, Y = generator(rng), [], []
    for i in range(count):
        angle, is_lower = rng.uniform(0, math.pi), i % 2
        x, y = (1 - math.cos(angle), 0.5 - math.sin(angle)) if is_lower else (math.cos(angle), math.sin(angle))
        X.append([rng.gauss(x, noise), rng.gauss(y, noise)])
        Y.append(is_lower)
    return X, Y
