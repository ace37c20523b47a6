"""엔진(engine): `Value` 가 연산을 계산 그래프(computation graph)로 기록하고, 위상 순서를 거꾸로 걸으며 기울기를 모은다.

  기록    연산을 할 때마다 노드가 하나 생긴다. 노드는 (연산, 피연산자)만 기억한다. 피연산자만 가리키므로 순환이 없고,
          버려진 그래프는 곧바로 사라진다.
  역전파  `backward()` 는 ∂root/∂root = 1 에서 시작해 노드마다 `부모.grad += 노드.grad × 편미분` 을 한다. 편미분은 그때
          표(`ops`)의 규칙을 부른다. 어떤 노드를 걷기 전에 그 노드를 쓰는 모든 노드를 걸어야 하므로 위상 순서가 필요하다(`graph`).
  미분    `backward()` 는 수를 남긴다. 미분을 다시 그래프로 얻으려면 `derivatives.grad` 를 쓴다.

**기록한 뒤 잎(leaf)의 `.data` 를 바꾸면** 그래프는 낡은 값(stale)을 갖는다. `refresh(root)` 로 다시 계산하거나 새로 기록한다.
"""

from __future__ import annotations

import contextvars

from micrograd_ko import ops
from micrograd_ko.graph import sweep, topological
from micrograd_ko.operation import EDGE_ERRORS, RESERVED, DomainError, Op, interpret, observe, table

TYPE_CHECKING = False  # typing 은 형 검사기만 읽는다
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeAlias

Number: TypeAlias = 'Any'  # int, float, Fraction

# 미분의 그래프를 지을 때만 참: 정의역의 끝에서 오류 대신 IEEE 값(inf, nan)을 기록한다
ieee_edges: contextvars.ContextVar[bool] = contextvars.ContextVar('ieee_edges', default=False)


def _binary(op: Op) -> Callable:
    eager = op.eager

    def method(self: Value, other: Any) -> Value:
        if type(other) is not Value:
            other = _lift(other, self)
        try:
            data = eager(self.data, other.data)
        except EDGE_ERRORS:
            data = _undefined(op, (self, other))
        node = _new(Value)  # _node 를 펼쳐 적었다: 가장 잦은 기록에서 호출 하나를 던다
        node.data, node.grad, node.name, node.op, node._x, node._y = data, 0, '', op, self, other
        return node

    return method


def _reflected(op: Op) -> Callable:
    return lambda self, other: record(op, (other, self))


def _unary(op: Op) -> Callable:
    return lambda self: record_values(op, (self,))


def _refuse(what: str, instead: str) -> Callable:
    """Value 를 수처럼 쓰는 흔한 실수를 막는 메서드: 그대로 두면 그래프가 소리 없이 끊긴다."""

    def method(self: Value, *_: Any) -> Any:
        raise TypeError(f'Value 는 {what} 수 없습니다: {self!r}. {instead}')

    return method


_COMPARED = '값을 비교하려면 v.data < w.data 를, 더 큰 쪽을 고르려면 ops.maximum(v, w) 를 쓰세요.'


class Value:
    """계산 그래프의 노드(node): 수 하나와 그것이 어떻게 나왔는지.

    data     값. int, float, Fraction. NumPy 의 수는 파이썬 수로 바뀐다. 그 밖의 것은 TypeError.
    grad     마지막 `backward()` 의 ∂root/∂self. 잎(leaf)에서는 `backward()` 마다 더해진다. 처음에는 0.
    op       이 값을 만든 연산(`ops.Op`). 잎이면 None.
    parents  피연산자(operand)의 튜플, 순서대로. x*x 는 x 를 두 번 갖는다.
    name     그림과 오류 메시지에 쓰는 이름.

    표의 단항 연산은 모두 메서드다: `v.exp()`, `v.relu()`, `v.sigmoid()` …  정의역을 벗어나면 DomainError.

    >>> a, b = Value(2.0), Value(3.0)
    >>> c = a * b + a
    >>> c.backward()
    >>> c.data, a.grad, b.grad
    (8.0, 4.0, 2.0)
    """

    # 피연산자가 하나나 둘이면 튜플을 만들지 않는다: 수집기(garbage collector)가 볼 객체가 노드마다 하나로 준다.
    __slots__ = ('_x', '_y', 'data', 'grad', 'name', 'op')
    __array_ufunc__ = None  # NumPy 가 왼쪽에 있어도 아래의 __radd__ 들이 불리게 한다

    def __init__(self, data: Number, name: str = '') -> None:
        self.data = data if type(data) is float else number(data)
        self.grad: Number = 0
        self.name = name
        self.op: Op | None = None
        self._x: Any = None  # 첫 피연산자. 하나나 둘이 아니면 피연산자 전부의 튜플
        self._y: Value | None = None

    @property
    def parents(self) -> tuple[Value, ...]:
        if self._y is not None:
            return self._x, self._y
        if self.op is None:
            return ()
        return (self._x,) if self.op.arity == 1 else self._x

    def backward(self, seed: Number = 1) -> None:
        """역전파(backpropagation): 닿는 모든 노드의 `grad` 에 ∂self/∂노드 × seed 를 놓는다.

        안쪽 노드는 부를 때마다 0 에서 시작하고, 잎의 기울기는 0 에서부터 다 더한 뒤 `.grad` 에 한 번 더한다. 그래서 두 번
        부르면 잎의 기울기가 정확히 두 배다. 도중에 오류가 나면 모든 `.grad` 가 부르기 전으로 돌아간다.
        """
        seed = type(self.data)(seed) if type(seed) is int else number(seed)
        order = topological(self)
        before = [node.grad for node in order]
        leaves = [(node, node.grad) for node in order if node.op is None]
        try:
            for node in order:
                node.grad = 0
            self.grad = seed
            sweep(order)
        except BaseException:
            for node, grad in zip(order, before, strict=True):
                node.grad = grad
            raise
        for leaf, grad in leaves:
            leaf.grad = grad + leaf.grad

    def detach(self) -> Value:
        """같은 값과 이름을 가진 새 잎. 기울기가 이 노드로 흐르지 않는다."""
        return Value(self.data, self.name)

    def __repr__(self) -> str:
        made = f', op={self.op.name!r}' if self.op else ''
        return f'Value(data={self.data!r}, grad={self.grad!r}{made}' + (f', name={self.name!r})' if self.name else ')')

    def __format__(self, spec: str) -> str:
        return format(self.data, spec) if spec else repr(self)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """노트북에서는 계산 그래프의 그림으로 보인다. 배치 엔진이 없거나 그래프가 크면 글로."""
        from micrograd_ko.render import mimebundle

        return mimebundle(self)

    def __copy__(self) -> Value:
        return _node(self.data, self.op, self._x, self._y, self.grad, self.name)

    def __deepcopy__(self, memo: dict) -> Value:
        for node in topological(self, seen=_Copied(memo)):
            x, y = node._x, node._y
            x = tuple([memo[id(p)] for p in x]) if type(x) is tuple else memo[id(x)] if x is not None else None
            y = memo[id(y)] if y is not None else None
            memo[id(node)] = _node(node.data, node.op, x, y, node.grad, node.name)
        return memo[id(self)]

    def __reduce__(self) -> tuple:
        """저장(pickle): 그래프를 납작한 테이프 하나로. 잎은 객체로 남아 다른 root 와 계속 공유된다."""
        if self.op is None:
            return _node, (self.data, None, None, None, self.grad, self.name)
        order = topological(self)
        leaves = [node for node in order if node.op is None]
        row = {node: i for i, node in enumerate(leaves)}
        tape = []
        for node in order:
            if node.op is not None:
                row[node] = len(row)
                tape.append((node.data, node.grad, node.name, node.op, *[row[parent] for parent in node.parents]))
        return _from_tape, (leaves, tape)

    def __pow__(self, exponent: Any) -> Value:
        """x**n: n 이 상수면 power(n), `Value` 면 pow."""
        return record(ops.pow, (self, exponent)) if isinstance(exponent, Value) else record(ops.power(number(exponent)), (self,))

    __add__, __radd__ = _binary(ops.add), _reflected(ops.add)
    __sub__, __rsub__ = _binary(ops.sub), _reflected(ops.sub)
    __mul__, __rmul__ = _binary(ops.mul), _reflected(ops.mul)
    __truediv__, __rtruediv__ = _binary(ops.div), _reflected(ops.div)
    __rpow__, __neg__, __abs__ = _reflected(ops.pow), _unary(ops.neg), _unary(ops.abs)

    __float__ = __int__ = __complex__ = _refuse(
        '보통 수로 바꿀', 'math.exp(v) 대신 v.exp() 나 ops.exp(v) 를 쓰세요. 수가 필요하면 v.data 입니다.'
    )
    __bool__ = _refuse('참·거짓(bool)이 될', '조건에는 v.data 를, 그래프 안의 선택에는 ops.select(c, x, y) 를 쓰세요.')
    __lt__ = __le__ = __gt__ = __ge__ = _refuse('비교할', _COMPARED)

    if TYPE_CHECKING:  # 단항 연산의 메서드는 표에서 생긴다(아래 _Methods)

        def __getattr__(self, name: str) -> Callable[[], Value]: ...


def number(x: Any) -> Number:
    """x 를 Value 가 담는 수로. NumPy 의 수는 파이썬 수가 된다. 수가 아니면 TypeError."""
    if type(x) is int or type(x) is float:
        return x
    import numbers
    from fractions import Fraction

    if isinstance(x, Fraction):
        return x
    if isinstance(x, numbers.Real) and x is not True and x is not False:
        return int(x) if isinstance(x, numbers.Integral) else float(x)
    hint = next((text for kind, text in _HINTS.items() if kind in [base.__name__ for base in type(x).__mro__]), '')
    raise TypeError(f'Value 는 실수(int, float, Fraction)를 받습니다. {type(x).__name__} {x!r} 을(를) 받았습니다.{hint}')


_HINTS = {
    'str': ' 글자는 float(text) 로 먼저 바꾸세요.',
    'bool': ' 참·거짓을 수로 쓰려면 int(x) 로 바꾸세요.',
    'NoneType': ' 값을 돌려주지(return) 않는 함수인지 보세요.',
    'complex': ' 복소수는 다루지 않습니다.',
    'ndarray': ' 배열은 원소마다 Value 로 만드세요: [Value(x) for x in array].',
    'list': ' 목록은 원소마다 Value 로 만드세요: [Value(x) for x in xs].',
    'Value': ' 이미 Value 입니다. 그대로 쓰거나, 그래프를 끊으려면 v.detach() 를 쓰세요.',
}


def _lift(x: Any, beside: Value) -> Value:
    """연산에 섞인 수를 잎으로. 정수 상수는 옆에 있는 수의 종류를 따른다: 1/3 이 Fraction 옆에서 정확하게 남는다."""
    if isinstance(x, Value):
        return x
    if type(x) is int and type(beside.data) is not int:
        return Value(type(beside.data)(x))
    return Value(x)


def _node(data: Number, op: Op | None, x: Any = None, y: Value | None = None, grad: Number = 0, name: str = '') -> Value:
    node = _new(Value)
    node.data, node.grad, node.name, node.op, node._x, node._y = data, grad, name, op, x, y
    return node


_new = Value.__new__


def record(op: Op, operands: tuple) -> Value:
    """op 를 적용한 노드를 기록한다. operands 는 납작하게 편 Value 와 수(하나 이상은 Value)."""
    for x in operands:
        if type(x) is not Value:
            beside = next(v for v in operands if isinstance(v, Value))
            operands = tuple([_lift(x, beside) for x in operands])
            break
    return record_values(op, operands)


def record_values(op: Op, values: tuple[Value, ...]) -> Value:
    """모두 Value 인 피연산자에 op 를 적용한 노드를 기록한다."""
    try:
        data = op.eager(*[x.data for x in values])
    except EDGE_ERRORS:
        data = _undefined(op, values)
    return _linked(data, op, values)


def _linked(data: Number, op: Op, parents: tuple[Value, ...]) -> Value:
    if op.arity == 1:
        return _node(data, op, parents[0])
    return _node(data, op, parents[0], parents[1]) if op.arity == 2 else _node(data, op, parents)


def _undefined(op: Op, operands: tuple[Value, ...]) -> float:
    data = tuple([x.data for x in operands])
    if ieee_edges.get():
        from micrograd_ko.kinds.arrays import ieee_forward

        return ieee_forward(op, data)
    raise DomainError(op, data, tuple([x.name for x in operands])) from None


def _from_tape(leaves: list[Value], tape: list[tuple]) -> Value:
    nodes = list(leaves)
    for data, grad, name, op, *rows in tape:
        node = _linked(data, op, tuple([nodes[row] for row in rows]))
        node.grad, node.name = grad, name
        nodes.append(node)
    return nodes[-1]


class _Copied(set):
    """deepcopy 가 걸은 노드: 부른 쪽의 memo 에 있는 노드도 걸은 것으로 친다."""

    def __init__(self, memo: dict) -> None:
        super().__init__()
        self.memo = memo

    def __contains__(self, node: object) -> bool:
        return id(node) in self.memo or super().__contains__(node)


class _Methods:
    """표의 단항 연산을 Value 의 메서드로: 연산이 등록되면 메서드도 생긴다."""

    @staticmethod
    def learn(op: Op) -> None:
        if op.arity == 1:
            setattr(Value, op.name, _unary(op))

    @staticmethod
    def forget(op: Op) -> None:
        if op.arity == 1:
            delattr(Value, op.name)


RESERVED.update(dir(Value))
for _op in table.values():
    _Methods.learn(_op)
observe(_Methods)
interpret(Value, record)
