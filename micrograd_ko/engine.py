"""엔진(engine): `Value` 가 연산을 계산 그래프(computation graph)로 기록하고, 위상 순서를 거꾸로 지나며 기울기를 모은다.

  기록    연산마다 노드가 하나 생긴다. 노드는 (연산, 피연산자)만 기억하므로 순환이 없고, 버려진 그래프는 곧바로 사라진다.
  역전파  `backward()` 는 ∂root/∂root = 1 에서 시작해 노드마다 `피연산자.grad += 노드.grad × 편미분` 을 한다. 편미분은 표(`ops`)의
          규칙이다. 어떤 노드를 방문하기 전에 그것을 쓰는 모든 노드를 방문해야 하므로 위상 순서가 필요하다(`graph`).

미분을 다시 그래프로 얻으려면 `derivatives.grad` 를 쓴다. **기록한 뒤 잎(leaf)의 `.data` 를 바꾸면** 그래프는 낡은 값(stale)을
갖는다: `refresh(root)` 로 다시 계산하거나 새로 기록한다.
"""

from __future__ import annotations

from micrograd_ko import ops
from micrograd_ko.copying import Copied
from micrograd_ko.graph import sweep, topological
from micrograd_ko.kinds import elements
from micrograd_ko.kinds.huge import accumulated
from micrograd_ko.misuse import NotANumber
from micrograd_ko.number import NOT_YET, Number, beside, number, undefined
from micrograd_ko.operation import EDGE_ERRORS, TYPE_CHECKING, Op, give_methods, interpret
from micrograd_ko.state import Held, alone, commit

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from micrograd_ko.unary_methods import UnaryMethods
else:
    UnaryMethods = object  # 표의 단항 연산은 give_methods 가 놓는다


def record(op: Op, operands: tuple[Any, ...]) -> Value:
    """op 를 적용한 노드를 기록한다. operands 는 납작하게 편 Value 와 수(하나 이상은 Value)."""
    first = next(v for v in operands if isinstance(v, Value))
    return record_values(op, tuple([x if type(x) is Value else _lifted(x, first) for x in operands]))


def record_values(op: Op, values: tuple[Value, ...]) -> Value:
    """모두 Value 인 피연산자에 op 를 적용한 노드를 기록한다."""
    try:
        data = op.eager(*[x._number for x in values])
    except EDGE_ERRORS:
        data = undefined(op, values)
    if type(data) is not float:  # 더해진 연산(`ops.register`)은 NumPy 의 수나 참·거짓을 줄 수도 있다
        data = number(data, f'연산 {op.name} 의 값은')
    return _node(data, op, values, values)


def _node(data: Number, op: Op | None, parents: tuple[Value, ...], near: tuple[Value, ...]) -> Value:
    """near 의 값들에서 나온 노드. 닫힌 하위 형이 끼면 그 형이다."""
    kind = next((t for k in dict.fromkeys(map(type, near)) for t in k.__mro__ if t in _closed), Value) if _closed else Value
    node = _new(kind)
    node._number, node._grad, node._name = data, NOT_YET, ''  # 셋까지는 파이썬이 튜플을 만들지 않는다
    node.op, node._x, node._y = op, parents, None
    return node


def _lifted(x: Any, first: Value) -> Value:
    """연산에 섞인 수를 옆에 있는 값과 같은 형의 잎으로. 정수는 수의 종류도 따른다: 1/3 이 Fraction 옆에서 정확하게 남는다."""
    if isinstance(x, Value):
        return x
    return _node(x if type(x) is float else beside(x, first._number), None, (), (first,))


def _binary(op: Op) -> tuple[Callable[[Value, Value | Number], Value], Callable[[Value, Value | Number], Value]]:
    """self op other 와 other op self 의 메서드. 가장 잦은 기록이라 `record_values` 를 펼쳐 적었다."""
    eager = op.eager

    def method(self: Value, other: Any) -> Value:
        if type(other) is not Value or type(self) is not Value:
            if type(other) is not float and not isinstance(other, (int, Value)):
                return op.apply(self, other)  # 배열이면 칸마다
            other = _lifted(other, self)
            if _closed:
                return record_values(op, (self, other))
        try:
            data = eager(self._number, other._number)
        except EDGE_ERRORS:
            data = undefined(op, (self, other))
        node = _new(Value)
        node._number, node._grad, node._name = data, NOT_YET, ''
        node.op, node._x, node._y = op, self, other
        return node

    return method, lambda self, other: method(_lifted(other, self), self)


def _unary(op: Op) -> Callable[[Value], Value]:
    return lambda self: record_values(op, (self,))


class Value(Held, Copied, NotANumber, elements.Element, UnaryMethods):
    """계산 그래프의 노드(node): 수 하나와 그것이 어떻게 나왔는지.

    data     값: int, float, Fraction. NumPy 의 수는 파이썬 수로 바뀐다. 그 밖의 것은 TypeError.
    grad     마지막 `backward()` 의 ∂root/∂self. 잎(leaf)에서는 `backward()` 마다 더해진다. 처음에는, 그리고 None 을 놓으면 0.
    op       이 값을 만든 연산(`ops.Op`). 잎이면 None.
    parents  피연산자(operand)의 튜플, 순서대로. x*x 는 x 를 두 번 갖는다.
    name     그림과 오류 메시지에 쓰는 이름.

    표의 단항 연산은 모두 메서드다: `v.exp()`, `v.relu()` …  정의역을 벗어나면 DomainError.

    `pickle` 로 저장되고, 함께 저장한 것은 노드를 나누어 가진 채 돌아온다. pickle 은 읽으면서 코드를 실행한다: 믿는 파일만 읽는다.
    스레드마다 순전파를 기록해 `backward()` 를 불러도 된다: 나누어 쓰는 잎에도 차례로 부른 것처럼 모인다. 값을 움직이는 일
    (`optim`, `.data`)은 그 스레드들을 기다린(join) 뒤에 한다.

    >>> a, b = Value(2.0), Value(3.0)
    >>> c = a * b + a
    >>> c.backward()
    >>> c.data, a.grad, b.grad
    (8.0, 4.0, 2.0)
    """

    __slots__ = ('__weakref__',)

    def __init_subclass__(cls, *, closed: bool = False) -> None:
        """하위 형의 연산은 보통의 Value 를 준다. `class Mine(Value, closed=True)` 면 Mine 이 낀 연산은 Mine 을 준다."""
        super().__init_subclass__()
        if closed:
            _closed.add(cls)

    def __init__(self, data: Number, name: str = '') -> None:
        self._number, self.name, self._grad = number(data), name, NOT_YET
        self.op: Op | None = None
        self._x, self._y = (), None

    @alone
    def backward(self, seed: Number = 1) -> None:
        """역전파(backpropagation): 닿는 모든 노드의 `grad` 에 ∂self/∂노드 × seed 를 놓는다.

        안쪽 노드는 부를 때마다 0 에서 시작하고, 잎의 기울기는 다 더한 뒤 `.grad` 에 한 번 더한다. 그래서 두 번 부르면 잎의
        기울기가 정확히 두 배다. 도중에 오류가 나거나 멈추면(Ctrl-C) 모든 `.grad` 가 부르기 전으로 돌아간다.
        """
        seed = beside(number(seed, 'seed 는'), self._number)
        order = topological(self)
        before = [node._grad for node in order]
        leaves = [(leaf, leaf._grad) for leaf in order if leaf.op is None]
        try:
            for node in order:
                node._grad = 0
            self._grad = seed
            sweep(order)
            commit([(leaf, '_grad', accumulated(old, leaf._grad)) for leaf, old in leaves])
        except BaseException:
            commit([(node, '_grad', old) for node, old in zip(order, before, strict=True)])
            raise

    def detach(self) -> Value:
        """같은 값과 이름을 가진 새 잎. 기울기가 이 노드로 흐르지 않는다."""
        return Value(self.data, self.name)

    def __pow__(self, exponent: Value | Number) -> Value:
        """x**n: n 이 상수면 power(n), `Value` 면 pow."""
        if isinstance(exponent, Value):
            return record_values(ops.pow, (self, exponent))
        return NotImplemented if getattr(exponent, 'ndim', 0) else record_values(ops.power(number(exponent)), (self,))

    __add__, __radd__ = _binary(ops.add)
    __sub__, __rsub__ = _binary(ops.sub)
    __mul__, __rmul__ = _binary(ops.mul)
    __truediv__, __rtruediv__ = _binary(ops.div)
    __rpow__, __neg__, __abs__ = _binary(ops.pow)[1], _unary(ops.neg), _unary(ops.abs)
    __pos__ = conjugate = lambda self: self  # 실수의 켤레는 자신이다: z.std() 와 np.var(z) 가 부른다


_new = Value.__new__
_closed: set[type[Value]] = set()  # 저희끼리 연산하는 하위 형
give_methods(Value, _unary)
interpret(Value, elements.over_arrays(record))
