"""규칙이 맞는가(fitting): float 만 아는 규칙은 다른 종류의 수에서 RuleError, 꼴이 어긋난 연산은 등록할 때 알린다.

순방향 식이나 편미분을 `math.sin`, 파이썬의 `if`, `min`, `max` 로 적으면 float 로는 돌지만 배열이나 기호로는 돌지 않는다. 어느
해석기에서 나든 오류는 하나다: 어느 연산의 어느 규칙인지, 대신 무엇을 적는지. 그 규칙 없이도 되는 해석(한계, 글)은 제 길로 간다.
"""

import math
import re
from collections.abc import Callable, Sequence
from numbers import Real
from typing import Any

from micrograd_ko.operation import EDGE_ERRORS, Op

MISFITS = (TypeError, AttributeError, ValueError)  # 규칙이 모르는 수를 만났을 때의 오류. 배열의 `if` 는 ValueError 다
INSTEAD = {
    '순방향 식': 'math.sin(x) 대신 m.sin(x), if 대신 m.select(c, x, y), min 과 max 대신 m.minimum(x, y) 와 m.maximum(x, y)',
    '편미분': 'math.cos(x) 대신 ops.cos(x), if 대신 ops.select(c, x, y)',
    '정의역': 'x > 0 and x < 1 대신 (x > 0) & (x < 1)',
}
PROBES = (0.5, 0.75, 0.3, 0.0, 1.0)  # 등록할 때 불러 보는 곳: sample 구간 안의 자리


class RuleError(TypeError):
    """연산의 규칙이 이 종류의 수를 다루지 못한다."""


def blamed(error: Exception, op: Op, what: str, numbers: Sequence[Any]) -> Exception:
    """op 의 규칙에서 난 error 가 수의 종류 탓이면 RuleError 로. 보통 수로 불렀거나 정의역의 오류면 그대로."""
    strange = [x for x in numbers if not isinstance(x, Real)]
    edge = isinstance(error, EDGE_ERRORS) and not any(getattr(x, 'ndim', 0) for x in strange)
    if not strange or edge or isinstance(error, RuleError):
        return error
    refused = f'{op.name}: {what}에 {type(strange[0]).__name__} 을(를) 넣을 수 없습니다.'
    found = RuleError(f'{refused} 모든 종류의 수가 아는 것으로 적으세요: {INSTEAD[what]}.')
    found.__cause__ = error
    return found


def followed(op: Op, what: str, rule: Callable[..., Any], numbers: Sequence[Any]) -> Any:
    """rule(*numbers). rule 은 op 의 규칙이고 what 은 그 이름(INSTEAD). 그 종류의 수를 모르는 규칙이면 RuleError."""
    try:
        return rule(*numbers)
    except MISFITS as error:
        raise blamed(error, op, what, numbers)  # noqa: B904  까닭은 blamed 가 단다


def check(op: Op) -> None:
    """규칙들의 꼴이 서로 맞는지 `sample` 안에서 불러 본다. 어긋나면 ValueError. 미분의 값이 옳은지는 gradcheck 가 본다."""
    if not isinstance(op, Op):
        raise TypeError(f'연산은 ops.Op(이름, 순방향 식, 편미분들)로 만들어 등록합니다. {op!r} 을(를) 받았습니다.')
    _check_written(op)
    for share in PROBES:
        operands = _inside(op, share)
        try:
            z = op.eager(*operands)
            slopes = op.derivatives(z, *operands)
            facts = [fact(*operands) for fact in (op.defined, op.kinks) if fact is not None]
        except EDGE_ERRORS:
            continue  # 여기서는 정의되지 않는다
        except (TypeError, AttributeError, LookupError) as error:
            raise ValueError(f'{op.name}: 피연산자 {len(operands)}개 {operands} 로 규칙을 부를 수 없습니다: {error}') from error
        if len(slopes) != len(operands):
            raise ValueError(f'{op.name}: 피연산자 {len(operands)}개에 편미분이 {len(slopes)}개 나옵니다.')
        for what, found in (('순방향 식', [z]), ('편미분', slopes), ('정의역과 꺾인 점', facts)):
            if not all(isinstance(x, Real) and (found is facts or not isinstance(x, bool)) for x in found):
                raise ValueError(f'{op.name} 의 {what}: 수를 돌려주어야 합니다. {operands} 에서 {found} 을(를) 돌려받았습니다.')
        return


def _check_written(op: Op) -> None:
    """이름, latex, 인수, sample 의 꼴."""
    if not isinstance(op.name, str) or not isinstance(op.latex, str):
        raise TypeError(f'연산의 이름(name)과 latex 은 글입니다. {op.name!r} 과(와) {op.latex!r} 을(를) 받았습니다.')
    if op.arity is not None and not op.arity == len(op.arguments) == len(op.sample):
        sizes = f'편미분 {op.arity}개에 인수 {len(op.arguments)}개, sample 구간 {len(op.sample)}개'
        raise ValueError(f'{op.name}: {sizes}입니다. 피연산자마다 하나씩 주세요.')
    strange = sorted({place for place in re.findall(r'#(\d)', op.latex) if not 1 <= int(place) <= (op.arity or 0)})
    if strange:
        raise ValueError(f'{op.name}: latex 의 #{", #".join(strange)} 에 넣을 피연산자가 없습니다. n항이면 # 없이 적으세요.')
    for pair in op.sample:
        ends = pair if isinstance(pair, tuple | list) and all(isinstance(end, Real) for end in pair) else ()
        if len(ends) != 2 or not -math.inf < ends[0] <= ends[1] < math.inf:
            raise ValueError(f'{op.name}: sample 의 구간은 유한한 수의 쌍 (아래 끝, 위 끝)입니다. {pair!r} 을(를) 받았습니다.')


def _inside(op: Op, share: float) -> tuple[float, ...]:
    """sample 구간마다 share(0 … 1)쯤의 자리: 구간마다 조금씩 달라 x − y 가 0 이 아니다. 목록인 인수는 둘씩."""
    shares = [share / (1 + i / 8) for i in range(len(op.arguments))]
    places = [low + each * (high - low) for each, (low, high) in zip(shares, op.sample * len(op.arguments), strict=False)]
    return op.flat([[x, x] if name[0] in '*+' else x for name, x in zip(op.arguments, places, strict=False)])
