"""연산(operation)이라는 틀: 표의 한 줄 `Op`, 수의 종류마다의 함수 모음 `Namespace`, 그리고 종류를 보고 고르는 일.

표 자체는 `ops.py` 에 있다. 여기에는 어떤 연산도 정의되어 있지 않다.

수의 종류(kind)는 두 가지 길로 표를 해석한다.
  * 기초 연산마다 함수를 주는 종류(float·Fraction, NumPy 배열, mpmath): `Namespace` 하나를 만든다.
  * 연산을 통째로 다루는 종류(Value, 오차 한계, 기호): `interpret(kind, function)` 에 function(op, operands) 를 건다.
"""

from __future__ import annotations

import functools
import importlib
import itertools
import math
import operator
from numbers import Real

TYPE_CHECKING = False  # typing 을 읽는 데 12 ms 가 든다: 형 검사기(type checker)만 읽는다
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, Protocol

    class Node(Protocol):
        """계산 그래프의 노드에서 엔진 아래의 모듈들이 아는 것. 그 형은 `engine.Value` 다."""

        data: Any
        grad: Any
        _number: Any  # 걸러진 칸(`state.Held`)
        _grad: Any
        _x: Any
        _y: Any
        name: str
        op: Op | None
        @property
        def parents(self) -> tuple[Any, ...]: ...


EDGE_ERRORS = (ArithmeticError, ValueError)  # 정의역 밖이나 끝에서 파이썬 수가 내는 오류

table: dict[str, Op] = {}
BUILT_IN: set[str] = set()  # 처음부터 표에 있던 이름: 지울 수 없다
_interpreters: dict[type, Callable[[Op, tuple[Any, ...]], Any] | None] = {float: None, int: None}
_TAUGHT = {'numpy': 'arrays', 'mpmath': 'precise'}  # 다른 라이브러리의 수 → 그것을 가르치는 모듈
_with_methods: list[tuple[type, Callable[[Op], Any]]] = []


class DomainError(ValueError, ArithmeticError):
    """정의역(domain)을 벗어난 연산. 연산, 피연산자의 값, 노드의 이름을 알린다.

    속성: op(연산), operands(수의 튜플), names(이름의 튜플, 없으면 빈 문자열).
    """

    def __init__(self, op: Op, operands: tuple[Any, ...], names: tuple[str, ...] = ()) -> None:
        self.op, self.operands, self.names = op, operands, names or ('',) * len(operands)
        from micrograd_ko.kinds.rules import complaint

        super().__init__(complaint(op, operands, self.names))

    def __reduce__(self) -> tuple:
        return DomainError, (self.op, self.operands, self.names)


class _Described:
    """`ops.exp.__doc__`, help(ops.exp): 표의 줄이 스스로를 적은 글."""

    def __init__(self, text: str | None) -> None:
        self.text = text

    def __get__(self, op: Op | None, kind: type) -> str | None:
        from micrograd_ko.kinds.rules import described

        return self.text if op is None else described(op)


class Op:
    """표의 한 줄: 연산 하나에 대한 모든 사실. 적는 규칙은 `ops` 모듈의 설명에 있다.

    호출하면 어떤 종류의 수에든 연산을 적용한다. `ops.exp(1.0)` 은 float, `ops.exp(Value(1.0))` 은 Value 다.

    arity      피연산자의 수. n항 연산은 None.
    arguments  인수의 이름. '*x' 는 목록, '+x' 는 비지 않은 목록이다. 피연산자는 그것을 납작하게 편 것이다.
    eager      float·int·Fraction 에 바로 쓰는 순방향 함수(피연산자를 납작하게 펴서 받는다).
    family     이 연산을 다시 만드는 (함수, 인수). `power(3)` 처럼 표 밖에서 만들어지는 연산만 가진다.
    """

    __slots__ = (
        'arguments', 'arity', 'conditioned', 'defined', 'eager', 'family', 'forward', 'hint', 'kinks', 'latex',
        'name', 'overflows', 'partials', 'sample', 'sign', 'ulps',
    )  # fmt: skip
    __doc__ = _Described(__doc__)

    def __init__(
        self, name: str, forward: Callable | None, partials: Sequence[Callable] | Callable, latex: str = '', *,
        arguments: str = '', sign: str = '', defined: Callable | None = None, kinks: Callable | None = None,
        sample: Sequence[tuple[float, float]] = ((-10.0, 10.0),), ulps: int = 4, conditioned: bool = False,
        overflows: bool = False, hint: str = '', family: tuple | None = None,
    ) -> None:  # fmt: skip
        self.name, self.forward, self.latex = name, forward, latex
        self.partials: Any = partials if callable(partials) else tuple(partials)
        self.arity = None if callable(partials) else len(partials)
        self.arguments = tuple(arguments.split()) or (('*x',) if self.arity is None else tuple('xyzuvw'[: self.arity]))
        self.defined, self.kinks, self.ulps, self.conditioned = defined, kinks, ulps, conditioned
        self.overflows, self.hint, self.sign, self.family = overflows, hint, sign or name, family
        self.sample = tuple(sample) * (self.arity or 1) if len(sample) == 1 else tuple(sample)
        self.eager = SCALARS.function(self)

    def __call__(self, *given: Any) -> Any:
        if len(given) != len(self.arguments):
            raise TypeError(f'{self.usage()}: 피연산자(operand) {len(self.arguments)}개를 받습니다. {len(given)}개를 받았습니다.')
        return self.apply(*(given if self.arity is not None else self.flat(given)))

    def apply(self, *operands: Any) -> Any:
        """납작하게 편 피연산자에 연산을 적용한다. 값의 종류에 등록된 해석기가 있으면 그것이 한다."""
        for x in operands:
            if type(x) is not float:  # 역전파의 규칙은 거의 언제나 float 로 불린다
                interpreter = interpreter_of(type(x))
                if interpreter is not None:
                    return interpreter(self, operands)
        try:
            return self.eager(*operands)
        except EDGE_ERRORS:
            from micrograd_ko.kinds.huge import limit

            return limit(self, operands)

    def derivatives(self, z: Any, *operands: Any) -> tuple[Any, ...]:
        """모든 피연산자에 대한 편미분 ∂z/∂xᵢ 의 튜플. 규칙이 그 종류의 수를 모르면 RuleError(TypeError)."""
        try:
            if self.arity is None:
                return tuple(self.partials(z, *operands))
            return tuple([partial(z, *operands) for partial in self.partials])
        except (TypeError, AttributeError, ValueError) as error:
            from micrograd_ko.kinds.fitting import blamed

            raise blamed(error, self, '편미분', operands)  # noqa: B904

    def flat(self, arguments: Sequence[Any]) -> tuple[Any, ...]:
        """인수를 납작하게: affine 이면 (ws, xs, b) → (*ws, *xs, b). 목록의 길이가 다르거나 비면 안 될 목록이 비면 ValueError."""
        for name, x in zip(self.arguments, arguments, strict=True):
            if name[0] in '*+' and not hasattr(x, '__iter__'):
                raise TypeError(f'{self.usage()}: {name[1:]} 은(는) 목록입니다. {x!r} 을(를) 받았습니다.')
        parts = [(name[0], tuple(x) if name[0] in '*+' else (x,)) for name, x in zip(self.arguments, arguments, strict=True)]
        lengths = [len(part) for mark, part in parts if mark in '*+']
        if len(set(lengths)) > 1:
            raise ValueError(f'{self.name}: 목록의 길이가 서로 다릅니다({lengths}). 같은 길이로 주세요.')
        if ('+', ()) in parts:
            raise ValueError(f'{self.name}: 빈 목록의 {self.name} 은(는) 정의되지 않습니다. 항을 하나 이상 주세요.')
        return tuple([x for _, part in parts for x in part])

    def usage(self) -> str:
        """부르는 꼴: affine([w, …], [x, …], b)."""
        return f'{self.name}({", ".join([f"[{x[1:]}, …]" if x[0] in "*+" else x for x in self.arguments])})'

    def split(self, operands: Sequence[Any]) -> list[Any]:
        """`flat` 을 되돌린다: affine 이면 (*ws, *xs, b) → [ws, xs, b]."""
        lists = [name[0] in '*+' for name in self.arguments]
        length = (len(operands) - lists.count(False)) // max(sum(lists), 1)
        ends = list(itertools.accumulate([length if is_list else 1 for is_list in lists], initial=0))
        return [operands[i:j] if is_list else operands[i] for i, j, is_list in zip(ends, ends[1:], lists, strict=False)]

    def __reduce__(self) -> tuple:
        if self.family is not None:
            return self.family
        if table.get(self.name) is not self:
            raise TypeError(f'표에 없는 연산 {self.name!r} 은(는) 저장할 수 없습니다. ops.register(op) 로 먼저 등록하세요.')
        return named, (self.name,)

    def __repr__(self) -> str:
        return f'<Op {self.name}>'


class Namespace:
    """한 종류의 수를 위한 함수 모음: 기초 연산은 주어진 함수, 파생 연산은 표의 forward 를 이 모음에 묶은 것.

    `m.exp(x)` 처럼 속성으로 쓴다. 함수는 모두 피연산자를 납작하게 펴서 받는다.
    entries 는 기초 연산의 이름 → 함수. 거기 없는 기초 연산의 함수는 otherwise(이름)이 준다.
    """

    def __init__(self, otherwise: Callable[[str], Callable], **entries: Callable) -> None:
        self.__dict__.update(entries, _otherwise=otherwise)

    def __getattr__(self, name: str) -> Any:
        if name not in table:
            raise AttributeError(f'이 종류의 수에는 연산 {name!r} 이(가) 없습니다.')
        function = self.function(table[name])
        if name in BUILT_IN:  # 바뀌지 않는 줄은 한 번만 찾는다
            self.__dict__[name] = function
        return function

    def function(self, op: Op) -> Any:
        """이 종류의 수에 op 를 계산하는 함수."""
        if op.forward is not None:
            forward = functools.partial(op.forward, self)
            if self is SCALARS or op.name in BUILT_IN or op.family is not None:
                return forward
            from micrograd_ko.kinds.fitting import followed

            return lambda *operands: followed(op, '순방향 식', forward, operands)
        try:
            return self.__dict__.get(op.name) or self._otherwise(op.name)
        except AttributeError:
            raise ValueError(f'연산 {op.name!r} 에 순방향 식(forward)이 없습니다. f(m, *xs) 꼴로 적으세요.') from None


def interpret(kind: type, function: Callable[[Op, tuple[Any, ...]], Any]) -> None:
    """kind 와 그 하위 형(subclass)의 값이 섞인 연산은 function(op, operands) 가 계산한다."""
    _interpreters[kind] = function


def interpreter_of(kind: type) -> Callable[[Op, tuple[Any, ...]], Any] | None:
    """kind 를 다루는 해석기. 파이썬의 실수면 None, 수가 아니면 TypeError. NumPy 와 mpmath 의 수는 처음 만났을 때 배운다."""
    try:
        return _interpreters[kind]
    except KeyError:
        for library in {base.__module__.partition('.')[0] for base in kind.__mro__} & _TAUGHT.keys():
            importlib.import_module(f'micrograd_ko.kinds.{_TAUGHT[library]}')  # 읽히면서 스스로를 등록한다
        found = next((_interpreters[base] for base in kind.__mro__ if _interpreters.get(base)), None)
        if found is None and not issubclass(kind, Real):  # 그대로 두면 [1] + [2] 가 [1, 2] 이고 1j 가 소리 없이 지나간다
            raise TypeError(f'연산은 실수, Value, 배열 np.array(xs) 에 적용합니다. {kind.__name__} 을(를) 받았습니다.') from None
        return found


def give_methods(kind: type, make: Callable[[Op], Callable]) -> None:
    """표의 단항 연산을 kind 의 메서드 make(op) 로. 나중에 등록되는 연산도 그렇게 된다."""
    _with_methods.append((kind, make))
    for op in table.values():
        _give(op, kind, make)


def _give(op: Op, kind: type, make: Callable[[Op], Callable]) -> None:
    if op.arity == 1:
        method: Any = make(op)
        method.__name__, method.__qualname__ = op.name, f'{kind.__name__}.{op.name}'
        method.__doc__ = f'연산 {op.name}: {op.latex.replace("#1", "x") or op.name}. 미분과 정의역은 help(ops.{op.name}) 에 있다.'
        setattr(kind, op.name, method)


def named(name: str) -> Op:
    """이름으로 표에서 연산을 찾는다. 없으면 ValueError."""
    if name not in table:
        raise ValueError(f'연산 {name!r} 이(가) 표에 없습니다. ops.register(op) 로 먼저 등록하세요.')
    return table[name]


def register(op: Op) -> Op:
    """표에 연산을 더한다. 단항이면 `Value` 의 메서드도 생긴다. 쓰이는 이름이거나 규칙들의 꼴이 어긋나면 ValueError."""
    if BUILT_IN:  # 처음부터 있는 줄은 서로를 쓰므로 표가 다 찬 뒤에야 부를 수 있고, 시험이 확인한다
        from micrograd_ko.kinds.fitting import check

        check(op)
    if op.name in table or not op.name.isidentifier() or any(hasattr(kind, op.name) for kind, _ in _with_methods):
        raise ValueError(f'쓸 수 없는 이름 {op.name!r} 입니다. 표에도 Value 의 속성에도 없는 식별자(identifier)를 고르세요.')
    for kind, make in _with_methods:
        _give(op, kind, make)
    table[op.name] = op
    return op


def unregister(name: str) -> None:
    """`register` 로 더한 연산을 지운다. 처음부터 있던 연산이면 ValueError."""
    op = named(name)
    if name in BUILT_IN:
        raise ValueError(f'{name!r} 은(는) 처음부터 표에 있던 연산이라 지울 수 없습니다.')
    del table[name]
    for kind, _ in _with_methods if op.arity == 1 else ():
        delattr(kind, op.name)


# 파이썬의 수: float, int, Fraction ------------------------------------------------------------------------------------

def _divide(x, y):
    z = x / y
    if z - z != 0 and x - x == 0 and not math.isnan(z):  # 유한한 수를 나눈 몫이 inf: 파이썬은 조용히 지나간다
        raise OverflowError
    return z


def _pow(x, y):
    if x < 0 or (x == 0 and y <= 0):
        raise ValueError
    return x**y


def _compare(x, y):
    z, order = x - y, (x > y) - (x < y)
    return z if not order and x != y else type(z)(order)  # 크지도 작지도 같지도 않으면 nan. inf − inf 가 nan 이어도 둘은 같다


def _select(c, x, y):
    z = x if c > 0 else y if c <= 0 else c
    return type(c)(z) if type(z) is int and type(c) is not bool else z  # 정수 상수는 만난 수의 종류를 따른다


ARITHMETIC: dict[str, Callable] = {
    'compare': _compare,
    'add': operator.add, 'sub': operator.sub, 'mul': operator.mul, 'div': operator.truediv,
    'neg': operator.neg, 'abs': operator.abs, 'total': lambda *xs: sum(xs),
}  # fmt: skip
SCALARS = Namespace(lambda name: getattr(math, name), **(ARITHMETIC | {'div': _divide, 'pow': _pow, 'select': _select}))
