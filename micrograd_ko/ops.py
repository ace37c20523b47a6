r"""연산 표(table of operations): 모든 연산을 단 한 번, 데이터로 정의한다.

한 줄(row)이 한 연산이다. 순방향 식과 편미분(partial derivative)을 적어 두면 나머지는 모두 이 표의 해석기(interpreter)다.
같은 식에 어떤 수를 넣느냐가 결과를 정한다. `float` 를 넣으면 기울기, `Fraction` 이면 오차 없는 기울기, `Value` 면
미분이 다시 그래프(고계 미분), NumPy 배열이면 표본 여러 개를 한꺼번에, mpmath 수면 200자리 검산이 된다.

적는 규칙
  forward    기초 연산(primitive)이면 None: 수의 종류마다 함수가 하나씩 있다(`operation.Namespace`). 아니면 f(m, *xs) 꼴의
             식이고, m 은 그 종류의 함수 모음이다. 데이터를 보고 갈라지는 `if` 는 없다. 선택은 `select` 로 한다.
  partials   피연산자마다 d(z, *xs) 하나. z 는 이 연산의 출력이다. n항 연산은 함수 하나가 편미분 전부를 준다.
             상수는 정수로 적는다. 그래야 Fraction 이 정확하게 남는다. `x**0` 은 x 와 같은 종류의 수 1 이다.
  latex      #1, #2 자리에 피연산자가 들어간다. 자리가 없으면 함수의 이름이다. sign 은 그림의 상자에 적는 기호(없으면 이름)다.
  arguments  인수의 이름. '*w' 는 목록, '+x' 는 비지 않은 목록이다. 없으면 x, y, … 이고 n항이면 목록 하나다.
  defined    정의역(domain)의 식. 오류 메시지와 일괄 재생(replay)의 마스크가 여기서 나온다. 없으면 어디서나 정의된다.
  sample     피연산자마다 시험이 값을 뽑는 구간.
  kinks      0 이 되는 곳에서 좌우 미분이 다를 수 있는 식. 없으면 매끄럽다.
  ulps       값의 정확도: |참값 − 값| ≤ ulps · ε · |z|, ε = 2⁻⁵². `conditioned` 면 |z| 대신 |z| + Σ|xᵢ·∂z/∂xᵢ| 이고,
             n항 연산은 거기에 항의 수를 곱한다. logsumexp 는 1 쯤인 합의 로그라 그 크기에 1 을 더한다.
  overflows  참이면 결과가 float 범위를 넘을 때 IEEE 의 inf 로 간다. 거짓이면 DomainError 다.

꺾인 점(kink)의 약속: relu'(0) = 0, abs'(0) = 0, leaky_relu'(0) = 1/100, maximum/minimum 이 비기면 ½ 과 ½, (x**0)' = 0.

**순방향은 오류를 내고 역방향은 내지 않는다.** 정의역을 벗어난 값은 기록할 때 DomainError 로 막고, 정의역 끝의 미분은
IEEE 값(sqrt'(0) = inf)으로 흘려보낸다. 미분은 적힌 규칙 그대로 계산한다. 노트의 σ′ = z(1 − z) 는 절대 오차가 1 의 2 ulp 보다 작지만,
σ 가 1 에 포화하면 상대 오차는 작지 않다.
"""

import functools
import math
from numbers import Real
from operator import mul as times

from micrograd_ko.operation import BUILT_IN, SCALARS, DomainError, Namespace, Op, named, register, table, unregister

__all__ = ['SCALARS', 'DomainError', 'Namespace', 'Op', 'named', 'power', 'register', 'table', 'unregister']

REAL, MILD, UNIT, POSITIVE = (-1e6, 1e6), (-30.0, 30.0), (-1.0, 1.0), (1e-6, 1e6)


def row(name, forward, partials, latex, sample=REAL, **facts) -> Op:
    """표에 한 줄을 더한다. sample 은 구간 하나(모든 피연산자에)이거나 피연산자마다 하나씩의 튜플이다."""
    return register(Op(name, forward, partials, latex, sample=[sample] if type(sample[0]) is float else sample, **facts))


# 이름과 순방향 식, 편미분, LaTeX, 시험 구간과 그 밖의 사실. 파이썬 내장 이름과 겹치는 것(abs, pow)은 이 모듈 안에서 가려진다.

# 사칙(arithmetic)
add = row('add', None, (lambda z, x, y: 1,        lambda z, x, y: 1),         '#1 + #2', ulps=1, overflows=True, sign='+')
sub = row('sub', None, (lambda z, x, y: 1,        lambda z, x, y: -1),        '#1 - #2', ulps=1, overflows=True, sign='−')
mul = row('mul', None, (lambda z, x, y: y,        lambda z, x, y: x),         r'#1 \cdot #2', ulps=1, overflows=True, sign='×')
div = row('div', None, (lambda z, x, y: 1 / y,    lambda z, x, y: -z / y),    r'\frac{#1}{#2}', (REAL, POSITIVE), ulps=1,
          defined=lambda x, y: y != 0, sign='÷')
pow = row('pow', None, (lambda z, x, y: y * pow(x, y - 1), lambda z, x, y: z * log(select(x, x, 1))), '#1^{#2}',
          ((1e-3, 1e3), (-30.0, 30.0)), defined=lambda x, y: (x > 0) | (x == 0) & (y > 0),
          hint='밑이 음수라면 지수를 Value 가 아닌 상수로 적으세요: x**3.', sign='xʸ')

neg        = row('neg',        None,                         (lambda z, x: -1,),         '-#1', ulps=0, sign='−')
identity   = row('identity',   lambda m, x: x,               (lambda z, x: 1,),          '#1', ulps=0)
reciprocal = row('reciprocal', lambda m, x: m.div(1, x),     (lambda z, x: -z * z,),     r'\frac{1}{#1}', POSITIVE, ulps=1,
                 defined=lambda x: x != 0)
square     = row('square',     lambda m, x: x**2,            (lambda z, x: 2 * x,),      '#1^2', ulps=1, sign='x²')

# 비교와 선택(comparison and choice): compare 는 x − y 의 부호(inf 와 inf 는 같다). select(c, x, y) 는 c > 0 이면 x, 아니면 y 이고
# c 가 nan 이면 nan 이다. 고르지 않은 쪽의 nan 은 들어가지 않는다.
compare    = row('compare',    None,                                       (lambda z, x, y: 0, lambda z, x, y: 0),
                 r'\operatorname{sign}(#1 - #2)', ulps=0, kinks=lambda x, y: x - y)
select     = row('select',     None,                                       (lambda z, c, x, y: 0,
                                                                            lambda z, c, x, y: step(c),
                                                                            lambda z, c, x, y: 1 - step(c)),
                 r'(#1 > 0\;?\;#2 : #3)', arguments='c x y', ulps=0, kinks=lambda c, x, y: c)
step       = row('step',       lambda m, x: m.select(x, 1, 0),             (lambda z, x: 0,),                   r'[#1 > 0]',
                 ulps=0, kinks=lambda x: x)
sign       = row('sign',       lambda m, x: m.compare(x, 0),               (lambda z, x: 0,),                   r'\operatorname{sign}(#1)',
                 ulps=0, kinks=lambda x: x)
abs        = row('abs',        None,                                       (lambda z, x: sign(x),),             '|#1|',
                 ulps=0, kinks=lambda x: x, sign='|x|')
relu       = row('relu',       lambda m, x: m.select(-x, 0, x),            (lambda z, x: step(x),),             r'\max(0, #1)',
                 ulps=0, kinks=lambda x: x)
leaky_relu = row('leaky_relu', lambda m, x: m.select(x, x, x / 100),       (lambda z, x: select(x, 100, 1) / 100,), r'\max(#1/100, #1)',
                 ulps=1, kinks=lambda x: x)
maximum    = row('maximum',    lambda m, x, y: m.select(m.compare(x, y), x, y), (lambda z, x, y: (1 + compare(x, y)) / 2,
                                                                            lambda z, x, y: (1 - compare(x, y)) / 2),
                 r'\max(#1, #2)', ulps=0, kinks=lambda x, y: x - y)
minimum    = row('minimum',    lambda m, x, y: m.select(m.compare(y, x), x, y), (lambda z, x, y: (1 - compare(x, y)) / 2,
                                                                            lambda z, x, y: (1 + compare(x, y)) / 2),
                 r'\min(#1, #2)', ulps=0, kinks=lambda x, y: x - y)

# 지수와 로그(exponential and logarithm)
exp        = row('exp',        None, (lambda z, x: z,),                   'e^{#1}', (-700.0, 700.0))
expm1      = row('expm1',      None, (lambda z, x: exp(x),),              'e^{#1} - 1', (-700.0, 700.0))
log        = row('log',        None, (lambda z, x: 1 / x,),               r'\ln #1', POSITIVE, defined=lambda x: x > 0)
log1p      = row('log1p',      None, (lambda z, x: 1 / (1 + x),),         r'\ln(1 + #1)', (-0.999, 1e6), defined=lambda x: x > -1)
xlogy      = row('xlogy',      lambda m, x, y: x * m.log(m.select(m.abs(x), y, m.select(y, 1, 1))),  # nan 인 y 는 남는다
                 (lambda z, x, y: log(select(y, y, 1)), lambda z, x, y: x / select(y, y, 1)),
                 r'#1 \cdot \ln #2', (REAL, POSITIVE), defined=lambda x, y: (x == 0) | (y > 0), overflows=True, sign='x·ln y')
sqrt       = row('sqrt',       None, (lambda z, x: 1 / (2 * z),),         r'\sqrt{#1}', POSITIVE, ulps=1, defined=lambda x: x >= 0, sign='√')

# 삼각과 쌍곡(trigonometric and hyperbolic)
sin        = row('sin',        None, (lambda z, x: cos(x),),              r'\sin #1', defined=lambda x: abs(x) < math.inf)
cos        = row('cos',        None, (lambda z, x: -sin(x),),             r'\cos #1', defined=lambda x: abs(x) < math.inf)
tan        = row('tan',        None, (lambda z, x: 1 + z * z,),           r'\tan #1', defined=lambda x: abs(x) < math.inf)
asin       = row('asin',       None, (lambda z, x: 1 / sqrt((1 - x) * (1 + x)),),  r'\arcsin #1', UNIT, defined=lambda x: abs(x) <= 1)
acos       = row('acos',       None, (lambda z, x: -1 / sqrt((1 - x) * (1 + x)),), r'\arccos #1', UNIT, defined=lambda x: abs(x) <= 1)
atan       = row('atan',       None, (lambda z, x: 1 / (1 + x * x),),     r'\arctan #1')
sinh       = row('sinh',       None, (lambda z, x: cosh(x),),             r'\sinh #1', (-700.0, 700.0))
cosh       = row('cosh',       None, (lambda z, x: sinh(x),),             r'\cosh #1', (-700.0, 700.0))
tanh       = row('tanh',       None, (lambda z, x: 1 - z * z,),           r'\tanh #1', MILD)

# 활성화(activation): 어떤 float 에도 넘치지 않도록 e^{-|x|} 로 적는다. silu 의 e^{-|x|} 는 준정규수(subnormal)가 되기 전에 x 를
# 곱하도록 e^{-64} 까지와 나머지로 나눈다(반씩 나누면 exp 의 반올림이 두 배가 된다). silu 와 gelu 의 꼬리가 0 이면 x 가 -inf 여도 -0 이다
sigmoid    = row('sigmoid',    lambda m, x: m.select(x, 1, e := m.exp(-m.abs(x))) / (1 + e),
                 (lambda z, x: z * (1 - z),),                             r'\sigma(#1)', MILD, sign='σ')
softplus   = row('softplus',   lambda m, x: m.relu(x) + m.log1p(m.exp(-m.abs(x))),
                 (lambda z, x: sigmoid(x),),                              r'\ln(1 + e^{#1})', MILD)
silu       = row('silu',       lambda m, x: m.select(x, y := x / (1 + (a := m.exp(-(t := m.select(m.abs(x) - 64, 64, m.abs(x)))))
                                                             * (b := m.exp(t - m.abs(x)))), m.select(b, y * a * b, -b)),
                 (lambda z, x: sigmoid(x) + z * sigmoid(-x),),            r'#1\,\sigma(#1)', MILD)

# 오차 함수(error function): √2 와 √π 는 x 와 같은 종류의 수로 만든다 (π = 4 arctan 1)
erf        = row('erf',        None,
                 (lambda z, x: 2 * exp(-x * x) / sqrt(4 * atan(x**0)),),  r'\operatorname{erf}(#1)', (-6.0, 6.0))
erfc       = row('erfc',       None,
                 (lambda z, x: -2 * exp(-x * x) / sqrt(4 * atan(x**0)),), r'\operatorname{erfc}(#1)', (-6.0, 20.0))
gelu       = row('gelu',       lambda m, x: m.select(t := m.erfc(-x / m.sqrt(2 * x**0)), x / 2 * t, -t),
                 (lambda z, x: (erfc(-x / sqrt(2 * x**0)) + x * exp(-x * x / 2) / sqrt(2 * atan(x**0))) / 2,),
                 r'#1\,\Phi(#1)', (-20.0, 20.0), conditioned=True)


# n항(n-ary): 한 노드에 몇 개든. 피연산자는 납작하게 펴서 늘어놓는다 (affine = (*ws, *xs, b)).

def _products(xs):
    return map(times, xs[: len(xs) // 2], xs[len(xs) // 2 :])  # 홀수면 마지막(affine 의 b)은 짝이 없어 빠진다


def _swapped(xs):
    return *xs[len(xs) // 2 :], *xs[: len(xs) // 2]


LINEAR: dict = {'ulps': 1, 'conditioned': True, 'overflows': True}
total     = row('total',     None,                                                lambda z, *xs: (1,) * len(xs),
                r'\sum_i x_i', arguments='*x', sign='Σ', **LINEAR)
dot       = row('dot',       lambda m, *ps: m.total(*_products(ps)),              lambda z, *ps: _swapped(ps),
                r'\sum_i w_i x_i', arguments='*w *x', sign='w·x', **LINEAR)
affine    = row('affine',    lambda m, *ps: m.total(*_products(ps), ps[-1]),      lambda z, *ps: (*ps[len(ps) // 2 : -1], *ps[: len(ps) // 2], 1),
                r'\sum_i w_i x_i + b', arguments='*w *x b', sign='w·x + b', **LINEAR)
logsumexp = row('logsumexp', lambda m, *xs: _shifted(m, xs, functools.reduce(m.maximum, xs)),
                lambda z, *xs: _shares([exp(x - z) for x in xs]),
                r'\ln\sum_i e^{x_i}', MILD, arguments='+x', conditioned=True)


def _shifted(m, xs, top):
    """ln Σ e^{xᵢ} = top + ln Σ e^{xᵢ − top}: 가장 큰 항을 빼면 어떤 float 에도 넘치지 않는다. top 이 무한하면 그것이 답이다."""
    return m.select(1 / (1 + m.abs(top)), top + m.log(m.total(*[m.exp(x - top) for x in xs])), top)


def _shares(terms):
    """항마다의 몫. 합은 1 이지만, z 가 크면 e^{xᵢ − z} 에는 z 의 반올림이 모두에 똑같이 곱해져 있다: 나누면 사라진다."""
    whole = total.apply(*terms)
    return tuple([x / whole for x in terms])


@functools.lru_cache(maxsize=1024, typed=True)
def power(n) -> Op:
    """상수 지수의 거듭제곱 x**n. n 마다 연산이 하나다: `x**3` 은 x < 0 에서도 정의되고 log(x) 를 계산하지 않는다.

    n 은 유한한 실수. 정수가 아니면 x ≥ 0 (n < 0 이면 x > 0), 음의 정수면 x ≠ 0 에서 정의된다.
    """
    is_real = isinstance(n, Real)
    if not is_real or n - n != 0:  # inf 와 nan. math.isfinite 는 큰 정수를 모른다
        raise (ValueError if is_real else TypeError)(f'지수(exponent)는 유한한 실수여야 합니다. {n!r} 을(를) 받았습니다.')
    whole = n == int(n)
    if type(n) not in (int, float):  # Fraction 지수는 배열을 object 로 만든다. 정수가 아니면 어차피 정확하지 않다
        n = int(n) if whole else float(n)
    rules = {0: lambda z, x: 0, 1: lambda z, x: 1, 2: lambda z, x: 2 * x}
    domains = {(True, True): lambda x: x != 0, (False, True): lambda x: x > 0, (False, False): lambda x: x >= 0}
    return Op(
        f'power({n})',
        (lambda m, x: x**n) if whole else (lambda m, x: m.pow(x, n)),
        (rules.get(n, lambda z, x: n * x ** (n - 1)),),
        f'#1^{{{n}}}',
        defined=domains.get((whole, n < 0)),
        sample=(REAL if whole and n >= 0 else POSITIVE,),
        sign=f'x^{n}',
        family=(power, (n,)),
    )


def __dir__() -> list[str]:
    return [*__all__, *table]


BUILT_IN.update(table)
