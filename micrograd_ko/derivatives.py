"""미분을 다시 그래프로(grad), 그 위의 함수들: value_and_grad, jacobian, hessian, hvp.

`grad` 는 역전파를 `Value` 로 한다. 편미분 규칙이 표의 연산으로 적혀 있으므로 결과도 그래프이고, 다시 미분할 수 있다.
여기의 f 는 `Value` 들을 받아 `Value`(jacobian 은 그 목록도)를 돌려주는 함수이고, xs 는 수의 목록이다.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, overload

from micrograd_ko import ops
from micrograd_ko.engine import Value
from micrograd_ko.graph import above, topological
from micrograd_ko.misuse import brief, listed, nodes_in
from micrograd_ko.number import Number, unchecked
from micrograd_ko.reverse import adjoints


@overload
def grad(y: Value, xs: Value) -> Value: ...
@overload
def grad(y: Value, xs: Sequence[Value]) -> list[Value]: ...
def grad(y: Value, xs: Value | Sequence[Value]) -> Value | list[Value]:
    """∂y/∂x 를 그래프로. xs 가 Value 하나면 하나, 목록이면 그 순서의 목록. y 에 닿지 않는 x 에는 Value(0).

    `.grad` 는 건드리지 않는다. xs 로 가는 길 위에서만 만들고, 0 과 1 을 곱하는 노드는 만들지 않는다.
    정의역의 끝에서는 backward 처럼 IEEE 값(inf, nan)이 나온다.

    >>> x = Value(2.0)
    >>> slope = grad(x**3, x)
    >>> slope.data, grad(slope, x).data
    (12.0, 12.0)
    """
    wanted = 'grad(y, xs) 는 Value 에 대한 Value 의 미분입니다. 함수의 미분은 value_and_grad(f)(2.0) 입니다.'
    targets = nodes_in([y] if callable(y) else xs, wanted)
    for v in (y, *targets):
        if not isinstance(v, Value):
            raise TypeError(f'{wanted} {type(v).__name__} {brief(v)} 을(를) 받았습니다.')
    order = topological(y)
    with unchecked():
        found = adjoints(order, {node: node for node in order}, above(order, targets))
    kind = type(y.data)
    results = [found.get(x, 0) for x in targets]
    results = [d if isinstance(d, Value) else Value(kind(d) if type(d) is int and d else d) for d in results]
    return results[0] if isinstance(xs, Value) else results


def value_and_grad(f: Callable[..., Value]) -> Callable[..., tuple[Number, list[Number]]]:
    """f 의 값과 기울기를 함께 주는 함수: value_and_grad(f)(*xs) → (수, 수의 목록).

    >>> value_and_grad(lambda x, y: x * y)(2.0, 3.0)
    (6.0, [3.0, 2.0])
    """

    def both(*xs: Number) -> tuple[Number, list[Number]]:
        values, y = _recorded(f, xs)
        return _one(y).data, [d.data for d in grad(y, values)]

    return both


def jacobian(f: Callable[..., Any], xs: Sequence[Number]) -> list[list[Number]]:
    """야코비 행렬(Jacobian): J[i][j] = ∂fᵢ/∂xⱼ. f 는 Value 나 그 목록을 돌려준다.

    >>> jacobian(lambda x, y: [x * y, x + y], [2.0, 3.0])
    [[3.0, 2.0], [1.0, 1.0]]
    """
    values, found = _recorded(f, xs)
    ys = nodes_in(found, 'f 는 Value 나 그 목록을 돌려줘야 합니다.')
    return [[d.data for d in grad(_one(y), values)] for y in ys]


def hessian(f: Callable[..., Value], xs: Sequence[Number]) -> list[list[Number]]:
    """헤세 행렬(Hessian): H[i][j] = ∂²f/∂xᵢ∂xⱼ.

    >>> hessian(lambda x, y: x * x * y, [2.0, 3.0])
    [[6.0, 4.0], [4.0, 0]]
    """
    values, y = _recorded(f, xs)
    return [[d.data for d in grad(slope, values)] for slope in grad(_one(y), values)]


def hvp(f: Callable[..., Value], xs: Sequence[Number], v: Sequence[Number]) -> list[Number]:
    """헤세 행렬과 벡터의 곱(Hessian-vector product): Σⱼ H[i][j]·vⱼ. 행렬을 만들지 않고 역전파 두 번으로.

    >>> hvp(lambda x, y: x * x * y, [2.0, 3.0], [1.0, 0.0])
    [6.0, 4.0]
    """
    (values, y), along = _recorded(f, xs), listed(v, 'hvp(f, xs, v) 의 v 는 xs 와 길이가 같은 수의 목록입니다: [1.0].')
    if len(along) != len(values):
        raise ValueError(f'hvp: 벡터 v 는 xs 와 길이가 같아야 합니다. xs 는 {len(values)}개, v 는 {len(along)}개입니다.')
    slope = ops.dot(grad(_one(y), values), along)
    return [d.data for d in grad(slope, values)]


def _recorded(f: Callable[..., Any], xs: Iterable[Number]) -> tuple[list[Value], Any]:
    """xs 의 잎과, 그것으로 부른 f 의 결과."""
    if not callable(f):
        raise TypeError(f'f 는 Value 를 받는 함수입니다: lambda x: x * x. {type(f).__name__} {brief(f)} 을(를) 받았습니다.')
    values = [Value(x) for x in listed(xs, 'xs 는 f 의 인수마다 하나씩인 수의 목록입니다: [2.0].')]
    return values, f(*values)


def _one(y: Any) -> Value:
    if not isinstance(y, Value):
        raise TypeError(f'f 는 Value 하나를 돌려줘야 합니다. {type(y).__name__} {brief(y)} 을(를) 돌려받았습니다.')
    return y
