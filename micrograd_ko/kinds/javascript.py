"""자바스크립트(JavaScript): 표의 식에 이름을 넣으면 브라우저가 계산하는 글이 나온다. 규칙은 여기 다시 적히지 않는다.

`module` 은 페이지가 쓰는 줄만 담은 자바스크립트 글이다. 기초 연산은 브라우저의 `Math` 에 있고, 거기 없는 것만 `_HELPERS` 에
있다. 브라우저의 수는 double 하나뿐이므로 Fraction 의 규칙도 double 로 계산된다.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from micrograd_ko.kinds.huge import ieee
from micrograd_ko.kinds.operators import Operators
from micrograd_ko.operation import Namespace, Op, interpret


def _infix(sign: str) -> Callable[..., Any]:
    return lambda x, y: Script(f'({x}{sign}{script(y)})')


class Script(Operators):
    """자바스크립트 식의 글. 두 항의 식은 언제나 괄호에 싸여 있다."""

    __slots__ = ('text',)
    __gt__, __lt__, __ge__, __le__ = _infix('>'), _infix('<'), _infix('>='), _infix('<=')
    __eq__, __ne__, __and__, __or__ = _infix('==='), _infix('!=='), _infix('&&'), _infix('||')

    def __init__(self, text: str) -> None:
        self.text = text

    def __pow__(self, n: Any) -> 'Script':
        return Script('1') if type(n) is int and n == 0 else JAVASCRIPT.pow(self, n)

    def __bool__(self) -> bool:
        raise TypeError(f'자바스크립트의 식 {self.text} 은(는) 참·거짓이 될 수 없습니다. 규칙의 선택은 select 로 적으세요.')

    def __str__(self) -> str:
        return self.text


_UNUSUAL = {'inf': 'Infinity', '-inf': '-Infinity', 'nan': 'NaN'}


def script(x: Any) -> Script:
    """수는 그 글로(double 의 모든 자리; 범위를 넘는 수는 ±Infinity), 식은 그대로."""
    if isinstance(x, Script):
        return x
    written = repr(ieee(x))
    written = _UNUSUAL.get(written, written)
    return Script(f'({written})' if written.startswith('-') else written)


def _call(name: str) -> Callable[..., Script]:
    return lambda *xs: Script(f'{name}({",".join([script(x).text for x in xs])})')


def _total(*xs: Any) -> Script:
    return Script(f'({"+".join([script(x).text for x in xs]) or 0})')


JAVASCRIPT: Namespace = Namespace(
    lambda name: _call(f'Math.{name}'),
    add=_infix('+'), sub=_infix('-'), mul=_infix('*'), div=_infix('/'), neg=lambda x: Script(f'(-{x})'),
    total=_total, pow=_call('pow'), compare=_call('compare'), select=_call('select'), erf=_call('erf'), erfc=_call('erfc'),
)  # fmt: skip
interpret(Script, lambda op, operands: JAVASCRIPT.function(op)(*[script(x) for x in operands]))

# erf 와 erfc: x < ½ 은 모든 항이 양수인 급수(Abramowitz & Stegun 7.1.6), 그 밖은 연분수(7.1.14). 상대 오차는 8 ulp 보다 작다.
# gauss 는 e^{−x²}: x 를 x² 이 정확한 짧은 수 h 와 나머지로 나누어야 지수의 반올림이 x² 배로 커지지 않는다.
_HELPERS = """
const compare = (x, y) => (x > y ? 1 : x < y ? -1 : x === y ? 0 : NaN);
const pow = (x, y) => (x === 1 ? 1 : x ** y); // 브라우저의 1^inf 와 1^nan 은 nan 이다
const select = (c, x, y) => (c > 0 ? x : c <= 0 ? y : NaN);
const gauss = (x) => { const h = Math.fround(x); return Math.exp(-h * h) * Math.exp((h - x) * (h + x)); };
const erf = (x) => {
  if (Math.abs(x) >= 0.5) return Math.sign(x) * (1 - erfc(Math.abs(x)));
  let term = x, sum = x;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) sum += term *= (2 * x * x) / (2 * n + 1);
  return (2 / Math.sqrt(Math.PI)) * gauss(x) * sum;
};
const erfc = (x) => {
  if (x < 0.5) return 1 - erf(x);
  if (x > 27) return 0;
  let tail = 0;
  for (let k = 10 + Math.ceil(190 / (x * x)); k > 0; k--) tail = k / 2 / (x + tail);
  return gauss(x) / (Math.sqrt(Math.PI) * (x + tail));
};
"""


def key(op: Op, count: int) -> str:
    """페이지의 표에서 op 를 부르는 이름. n항 연산은 피연산자의 수마다 줄이 하나다."""
    return op.name if op.arity is not None else f'{op.name}/{count}'


def row(op: Op, count: int) -> str:
    """피연산자가 count 개인 op 의 줄. 피연산자는 수의 배열 x 의 p[0], p[1] … 번째다: 그래프의 노드마다 배열을 새로 만들지 않는다.

    f(x, p)        값.
    d(z, x, p, s)  편미분을 s[0], s[1] … 에 놓는다.
    defined(x, p)  정의되는가. kink(x, p) 가 0 이면 꺾인 점. 없는 줄도 있다.
    overflows      유한한 수에서 넘쳐도(overflow) 되는가.
    """
    xs = [Script(f'x[p[{i}]]') for i in range(count)]
    slopes = ''.join([f's[{i}]={script(d)};' for i, d in enumerate(op.derivatives(Script('z'), *xs))])
    facts = [f'f:(x,p)=>{script(op.apply(*xs))}', f'd:(z,x,p,s)=>{{{slopes}}}', f'overflows:{str(op.overflows).lower()}']
    facts += [f'{fact}:(x,p)=>{rule(*xs)}' for fact, rule in (('defined', op.defined), ('kink', op.kinks)) if rule]
    return f'{{{",".join(facts)}}}'


def frozen(z: Any, operands: Sequence[Any], slopes: Sequence[Any]) -> str:
    """자바스크립트로 적지 못하는 규칙의 줄: 지금의 값과 편미분만 안다. 피연산자가 바뀌면 값은 NaN 이다(꼴은 `row` 와 같다)."""
    same = '&&'.join([f'x[p[{i}]]==={script(x)}' for i, x in enumerate(operands)])
    written = ''.join([f's[{i}]={script(d)};' for i, d in enumerate(slopes)])
    return f'{{f:(x,p)=>{same}?{script(z)}:NaN,d:(z,x,p,s)=>{{{written}}},overflows:false,frozen:true}}'


def module(rows: Mapping[str, str]) -> str:
    """줄(이름 → `row` 의 글)들을 담은 자바스크립트 글: 기초 함수와 `table`."""
    return f'{_HELPERS}const table = {{\n{"".join([f"{json.dumps(key)}: {row},{chr(10)}" for key, row in rows.items()])}}};\n'
