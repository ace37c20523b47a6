"""틀린 규칙 심기(planting): 검사기를 시험하려고 연산의 편미분을 잠시 바꾼다."""

import contextlib

from micrograd_ko.engine import record


@contextlib.contextmanager
def planted(op, partials):
    """op 의 편미분을 잠시 바꾼다."""
    true, op.partials = op.partials, partials
    try:
        yield
    finally:
        op.partials = true


def spoiled(op, spoil):
    """op 의 지금 규칙 true(z, *xs) → 편미분의 튜플을 spoil(true, z, xs) 로 바꾼 규칙. 표에 적는 꼴 그대로다."""
    partials = op.partials
    if callable(partials):
        return lambda z, *xs: tuple(spoil(partials, z, xs))

    def true(z, *xs):
        return tuple([partial(z, *xs) for partial in partials])

    return tuple([lambda z, *xs, i=i: spoil(true, z, xs)[i] for i in range(op.arity)])


def scaled(factor):
    """편미분마다 factor 배."""
    return lambda true, z, xs: [d * factor for d in true(z, *xs)]


def call(op):
    """op 를 Value 의 함수로. 피연산자를 납작하게 편 채로 받는다."""
    return lambda *values: record(op, values)
