# tests/stubs.py 가 만든다. 손으로 고치지 않는다.

from micrograd_ko.engine import Value

class UnaryMethods:
    def neg(self) -> Value:
        r"""연산 neg: -x. 미분과 정의역은 help(ops.neg) 에 있다."""
    def identity(self) -> Value:
        r"""연산 identity: x. 미분과 정의역은 help(ops.identity) 에 있다."""
    def reciprocal(self) -> Value:
        r"""연산 reciprocal: \frac{1}{x}. 미분과 정의역은 help(ops.reciprocal) 에 있다."""
    def square(self) -> Value:
        r"""연산 square: x^2. 미분과 정의역은 help(ops.square) 에 있다."""
    def step(self) -> Value:
        r"""연산 step: [x > 0]. 미분과 정의역은 help(ops.step) 에 있다."""
    def sign(self) -> Value:
        r"""연산 sign: \operatorname{sign}(x). 미분과 정의역은 help(ops.sign) 에 있다."""
    def abs(self) -> Value:
        r"""연산 abs: |x|. 미분과 정의역은 help(ops.abs) 에 있다."""
    def relu(self) -> Value:
        r"""연산 relu: \max(0, x). 미분과 정의역은 help(ops.relu) 에 있다."""
    def leaky_relu(self) -> Value:
        r"""연산 leaky_relu: \max(x/100, x). 미분과 정의역은 help(ops.leaky_relu) 에 있다."""
    def exp(self) -> Value:
        r"""연산 exp: e^{x}. 미분과 정의역은 help(ops.exp) 에 있다."""
    def expm1(self) -> Value:
        r"""연산 expm1: e^{x} - 1. 미분과 정의역은 help(ops.expm1) 에 있다."""
    def log(self) -> Value:
        r"""연산 log: \ln x. 미분과 정의역은 help(ops.log) 에 있다."""
    def log1p(self) -> Value:
        r"""연산 log1p: \ln(1 + x). 미분과 정의역은 help(ops.log1p) 에 있다."""
    def sqrt(self) -> Value:
        r"""연산 sqrt: \sqrt{x}. 미분과 정의역은 help(ops.sqrt) 에 있다."""
    def sin(self) -> Value:
        r"""연산 sin: \sin x. 미분과 정의역은 help(ops.sin) 에 있다."""
    def cos(self) -> Value:
        r"""연산 cos: \cos x. 미분과 정의역은 help(ops.cos) 에 있다."""
    def tan(self) -> Value:
        r"""연산 tan: \tan x. 미분과 정의역은 help(ops.tan) 에 있다."""
    def asin(self) -> Value:
        r"""연산 asin: \arcsin x. 미분과 정의역은 help(ops.asin) 에 있다."""
    def acos(self) -> Value:
        r"""연산 acos: \arccos x. 미분과 정의역은 help(ops.acos) 에 있다."""
    def atan(self) -> Value:
        r"""연산 atan: \arctan x. 미분과 정의역은 help(ops.atan) 에 있다."""
    def sinh(self) -> Value:
        r"""연산 sinh: \sinh x. 미분과 정의역은 help(ops.sinh) 에 있다."""
    def cosh(self) -> Value:
        r"""연산 cosh: \cosh x. 미분과 정의역은 help(ops.cosh) 에 있다."""
    def tanh(self) -> Value:
        r"""연산 tanh: \tanh x. 미분과 정의역은 help(ops.tanh) 에 있다."""
    def sigmoid(self) -> Value:
        r"""연산 sigmoid: \sigma(x). 미분과 정의역은 help(ops.sigmoid) 에 있다."""
    def softplus(self) -> Value:
        r"""연산 softplus: \ln(1 + e^{x}). 미분과 정의역은 help(ops.softplus) 에 있다."""
    def silu(self) -> Value:
        r"""연산 silu: x\,\sigma(x). 미분과 정의역은 help(ops.silu) 에 있다."""
    def erf(self) -> Value:
        r"""연산 erf: \operatorname{erf}(x). 미분과 정의역은 help(ops.erf) 에 있다."""
    def erfc(self) -> Value:
        r"""연산 erfc: \operatorname{erfc}(x). 미분과 정의역은 help(ops.erfc) 에 있다."""
    def gelu(self) -> Value:
        r"""연산 gelu: x\,\Phi(x). 미분과 정의역은 help(ops.gelu) 에 있다."""
