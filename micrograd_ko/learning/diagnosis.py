"""진단(diagnosis): 신경망이 왜 배우지 못하는가. 노트의 두 인사이트를 층마다 재고, 약한 식을 200자리와 견준다.

  인사이트 1  a^{l−1} ≈ 0 이면 ∂C/∂w^l ≈ 0: 입력이 0 에 가까운 층
  인사이트 2  σ′(z) ≈ 0 이면 δ ≈ 0: 포화된 층, 죽은(dead) relu, 층을 건널 때마다 작아지거나 커지는 δ
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from micrograd_ko import ops
from micrograd_ko.engine import Value
from micrograd_ko.graph import local_derivatives, topological
from micrograd_ko.kinds.symbols import UNARY
from micrograd_ko.learning import losses
from micrograd_ko.learning.dataset import Dataset
from micrograd_ko.learning.optim import SGD, Rate
from micrograd_ko.learning.trainers import cost_of, measured
from micrograd_ko.nn import MLP, Layer, Trace
from micrograd_ko.number import Number
from micrograd_ko.operation import EDGE_ERRORS, DomainError
from micrograd_ko.staleness import first_nonfinite, replay
from micrograd_ko.state import commit, data_set, grad_set
from micrograd_ko.writing import limits
from micrograd_ko.writing.document import Document, Line, words
from micrograd_ko.writing.formulas import formula
from micrograd_ko.writing.labels import Labels
from micrograd_ko.writing.tables import Table
from micrograd_ko.writing.templates import filled

MOST_SAMPLES = 200  # 표본이 많으면 고르게 이만큼만 본다
FLAT = 0.005  # |σ′| 가 이보다 작으면 포화다. 시그모이드면 |z| > 5.3
MOSTLY, MANY = 1 / 2, 1 / 4  # 층의 이만큼이 그러면 알린다: 입력과 포화, 죽은 뉴런과 굳은 출력
FAR = 1000  # 첫 층과 마지막 층의 δ 가 이 배만큼 다르면 알린다
WRONG, BETTER = 1e-10, 1000  # 약한 식: 상대 오차가 이보다 크고, 그것을 이 배로 줄이는 식이 표에 있다


class Finding(NamedTuple):
    """찾은 것 하나: 무거움('오류', '경고'), 부호(code), 어디인지, 무엇인지, 무엇을 해 볼지."""

    severity: str
    code: str
    where: str
    sentence: str
    cure: str

    def __str__(self) -> str:
        return f'{self.severity} [{self.code}] {self.where}: {self.sentence} → {self.cure}'


class LayerFacts:
    """층 하나에서 잰 것: 입력 a^{l−1}, 출력 a^l, 기울기 σ′(z^l), 에러 δ^l 의 (표본 × 뉴런) 배열과 그 요약.

    quiet   모든 표본에서 0 에 가까운 입력의 비율.
    flat    σ′(z) 가 0 에 가까운 (표본, 뉴런)의 비율. 꺾인 활성화(relu)는 기울기가 0 이어도 포화가 아니다: 0.
    dead    꺾인 활성화면 모든 표본에서 σ′(z) = 0 인 뉴런의 비율, 아니면 0.
    delta   δ 의 크기: 제곱 평균의 제곱근.
    update  층의 파라미터에 견준 갱신의 크기 η|∇C|/|w|. 학습률을 모르면 None.
    """

    def __init__(self, i: int, layer: Layer, traces: Sequence[Trace], lr: Number | None) -> None:
        self.layer, self.activation, parameters = i + 2, layer.neurons[0].activation, layer.parameters()
        self.inputs, self.outputs = (np.array([[a.data for a in t.activations[k]] for t in traces], float) for k in (i, i + 1))
        self.slopes = np.array([[local_derivatives(a)[0] for a in trace.activations[i + 1]] for trace in traces], float)
        self.deltas = np.array([[z.grad for z in trace.zs[i]] for trace in traces], float)
        self.quiet = float(np.mean(np.abs(self.inputs).max(axis=0) < limits.SMALL))
        self.flat = 0.0 if self.activation.kinks else float(np.mean(np.abs(self.slopes) < FLAT))
        self.dead = float(np.mean(~self.slopes.any(axis=0))) if self.activation.kinks else 0.0
        self.delta = float(np.sqrt(np.mean(self.deltas**2)))
        size, moved = math.hypot(*[p.data for p in parameters]), math.hypot(*[p.grad for p in parameters]) / len(traces)
        self.update = None if lr is None or not size else float(lr) * moved / size


class Diagnosis(Document):
    """진단의 결과. `findings` 는 찾은 것, `layers` 는 층마다 잰 것. 출력하면 글, 노트북에서는 표, `plot()` 은 그림이다."""

    def __init__(self, findings: list[Finding], layers: Sequence[LayerFacts] = ()) -> None:
        self.findings, self.layers = findings, layers

    def blocks(self) -> Iterator[Line | Table]:
        """제목, 층의 표, 찾은 것."""
        count = len(self.findings)
        yield words('title', f'진단: {count}가지를 찾았다' if count else '진단: 아무것도 찾지 못했다')
        if self.layers:
            names = ['층', '활성화', '0 에 가까운 입력', '포화', '죽은 뉴런', '|δ|', 'η|∇C|/|w|']
            yield Table(names, [[
                str(x.layer), x.activation.name, *[f'{share:.0%}' for share in (x.quiet, x.flat, x.dead)], f'{x.delta:.2g}',
                '–' if x.update is None else f'{x.update:.2g}',
            ] for x in self.layers])  # fmt: skip
        for finding in self.findings:
            yield words('note', str(finding))

    def plot(self, axes: Any = None) -> Any:
        """층마다 출력 a 와 에러 δ 의 히스토그램(matplotlib). 그린 축의 배열(2 × 층)을 돌려준다."""
        from micrograd_ko.learning import plots

        return plots.histograms(self.layers, axes)


def diagnose(net: MLP, samples: Any, loss: Callable = losses.quadratic, lr: Rate | None = None) -> Diagnosis:
    """net 을 표본에서 재어 배우지 못하는 까닭을 찾는다. net 의 값과 기울기는 그대로다.

    학습률 lr(일정이면 첫 스텝의 것)을 주면 갱신의 크기도 재고, 한 스텝이 손실을 키우는지 본다. 부호: undefined, nonfinite
    (정의되지 않거나 유한하지 않은 값), inputs, saturated, dead, stuck(틀렸는데 δ ≈ 0 인 출력), vanishing, exploding(δ),
    rate(학습률), formula(약한 식).
    """
    data = Dataset(samples, net, loss)
    data.pairs = data.pairs[:: math.ceil(len(data) / MOST_SAMPLES)]
    parameters = net.parameters()
    lr = None if lr is None else SGD(parameters, lr).rate
    numbers, gradients = [p.data for p in parameters], [p.grad for p in parameters]
    try:
        net.zero_grad()
        traces, costs = [], []
        for i, (x, y) in enumerate(data.pairs):
            try:
                traces.append(net.trace(x))
                outputs = traces[-1].output
                costs.append(cost_of(loss, outputs if len(outputs) > 1 else outputs[0], y))
                wrong = first_nonfinite(costs[-1])
                if wrong is not None:
                    return Diagnosis([_nonfinite(wrong, costs[-1], i)])
                costs[-1].backward()
            except DomainError as error:
                return Diagnosis([Finding('오류', 'undefined', f'표본 {i}', str(error), '입력과 식의 정의역을 살펴보세요')])
        layers = [LayerFacts(i, layer, traces, lr) for i, layer in enumerate(net.layers)]
        found = [*_of_layers(layers, data.arrays[1] if data.record is loss else None)]
        found = found or [*_of_deltas(layers)]  # δ 가 작은 까닭을 이미 찾았으면 되풀이하지 않는다
        weak = {finding.cure: finding for cost in costs[:3] for finding in weak_formulas(cost)}
        if lr is not None:
            found += _of_rate(data, float(lr), sum(float(c.data) for c in costs) / len(data))
        return Diagnosis([*found, *weak.values()], layers)
    finally:
        commit([*data_set(parameters, numbers), *grad_set(parameters, gradients)])


def _of_layers(layers: Sequence[LayerFacts], y: np.ndarray | None) -> Iterator[Finding]:
    """층마다: 0 에 가까운 입력, 죽은 뉴런, 은닉층이면 포화(출력층은 옳게 답할수록 포화된다).

    출력층에서는, 목표 y 를 알면, 그것과 ½ 넘게 다른데 δ ≈ 0 인 출력이 있는 표본. 꺾인 활성화는 보지 않는다.
    """
    last = layers[-1]
    for x in layers:
        where = f'{x.layer}층'
        if x.quiet > MOSTLY:
            cure = '입력을 표준화하세요: (x − 평균)/표준 편차' if x.layer == 2 else '앞 층의 편향이나 활성화 함수를 바꾸어 보세요'
            sentence = f'입력의 {x.quiet:.0%} 가 언제나 0 에 가까워 ∂C/∂w = a·δ ≈ 0 이다(인사이트 1)'
            yield Finding('경고', 'inputs', where, sentence, cure)
        if x.dead > MANY:
            cure = '학습률을 줄이고, 편향을 0 으로 시작하거나 leaky_relu 를 써 보세요'
            yield Finding('경고', 'dead', where, f'뉴런의 {x.dead:.0%} 가 모든 표본에서 죽어(σ′ = 0) 배우지 않는다', cure)
        if x.flat > MOSTLY and x is not last:
            cure = '초깃값의 가중치를 1/√(입력 수) 쯤으로 줄이고 입력을 표준화하세요'
            yield Finding('경고', 'saturated', where, f'뉴런의 {x.flat:.0%} 가 포화되어 σ′(z) ≈ 0, δ ≈ 0 이다(인사이트 2)', cure)
    wrong = 0 if y is None or last.activation.kinks else np.abs(last.outputs - y) > MOSTLY
    stuck = np.any((np.abs(last.slopes) < FLAT) & (np.abs(last.deltas) < FLAT) & wrong, axis=1).mean()
    if stuck > MANY:
        cure = '교차 엔트로피를 쓰세요: δᴸ = aᴸ − y 에는 σ′ 이 없습니다'
        yield Finding('경고', 'stuck', '출력층', f'표본의 {stuck:.0%} 에서 출력이 크게 틀렸는데 δ ≈ 0 이다(인사이트 2)', cure)


def _of_deltas(layers: Sequence[LayerFacts]) -> Iterator[Finding]:
    """첫 층과 마지막 층의 δ 의 비."""
    first, last = layers[0].delta, layers[-1].delta
    sentence = f'δ 의 크기가 마지막 층의 {last:.1g} 에서 첫 층의 {first:.1g} 까지'
    if not first * FAR >= last:
        yield Finding('경고', 'vanishing', '2층', f'{sentence} 사라진다', 'relu 나 tanh 를 쓰거나 층을 줄여 보세요')
    elif not first <= FAR * last:
        yield Finding('경고', 'exploding', '2층', f'{sentence} 커진다', '초깃값을 줄이거나 clip 으로 기울기를 자르세요')


def _of_rate(data: Dataset, lr: float, before: float) -> Iterator[Finding]:
    """η 의 한 스텝이 손실을 키우는가. 키운다면 줄어들 때까지 η 를 4 로 나누어 본다."""
    parameters = data.net.parameters()
    start, slope = np.array([(float(p.data), float(p.grad) / len(data)) for p in parameters]).T

    def after(eta: float) -> float:
        commit(data_set(parameters, (start - eta * slope).tolist()))
        try:
            return measured(data)[0]
        except EDGE_ERRORS:
            return math.inf

    grown, rates = after(lr), [lr / 4**k for k in range(12)]
    if np.any(slope) and not grown <= before:
        better = next((eta for eta in rates if after(eta) <= before), rates[-1])
        sentence = f'η = {lr:g} 의 한 스텝이 손실을 {before:.3g} 에서 {grown:.3g} (으)로 키운다'
        yield Finding('경고', 'rate', 'η', sentence, f'학습률을 {better:.1g} 쯤으로 줄이세요')


def _nonfinite(node: Value, root: Value, sample: int) -> Finding:
    labels = Labels(topological(root))
    operands = ', '.join([f'{labels.text(p)} = {p.data!r}' for p in node.parents[: limits.MOST_TERMS]])
    made = f'{node.op.name}: {operands}' if node.op else '잎'
    sentence = f'노드 {labels.text(node)} 에서 처음으로 {node.data} 이(가) 나온다 ({made})'
    return Finding('오류', 'nonfinite', f'표본 {sample}', sentence, '학습률을 줄이고, 이 노드의 식과 입력을 살펴보세요')


# 약한 식(numerically weak formula) ----------------------------------------------------------------------------------------

def weak_formulas(root: Value) -> list[Finding]:
    """root 의 그래프에서 float 의 값이 참값과 크게 다르고, 표에 더 나은 식이 있는 노드.

    같은 그래프를 200자리로 다시 계산해 견준다. 더 나은 식은 식의 모양이 아니라 값으로 찾는다: 조상 x 에 표의 연산을 적용한 것이
    200자리에서 그 노드와 같으면 같은 함수다. 조건수(condition number)는 Σ|xᵢ·∂z/∂xᵢ|/|z|. mpmath 가 없으면 빈 목록이다.
    """
    try:
        from micrograd_ko.kinds.precise import exact
    except ImportError:
        return []
    order, found = topological(root), []
    truths, labels = replay(order, lambda leaf: exact(leaf.data)), Labels(order)
    for node in order:
        error = _error(node.data, truths[node])
        if node.op is not None and error > WRONG and (cure := _cure(node, truths, labels, error / BETTER)):
            written = filled(formula(node.op, [labels[x].text for x in node.parents]))
            sentence = f'{written} 의 상대 오차가 {error:.0e} 이다(조건수 {_condition(node):.0e})'
            found.append(Finding('경고', 'formula', labels.text(node), sentence, cure))
    return found


def _condition(node: Value) -> float:
    size = sum(abs(float(p.data) * float(d)) for p, d in zip(node.parents, local_derivatives(node), strict=True))
    return size / abs(float(node.data)) if node.data else (math.inf if size else 0.0)


def _error(found: Any, truth: Any) -> float:
    return float(abs(truth - found) / abs(truth)) if truth else float(bool(found))


def _cure(node: Value, truths: dict[Value, Any], labels: Labels, allowed: float) -> str:
    """200자리에서 node 와 같고 float 로 더 정확한 표의 연산을 적은 식과 그 값. 없으면 빈 글.

    세 대까지의 조상을 먼 것부터 본다: log(1 + e^z) 라면 log1p(e^z) 보다 softplus(z) 가 낫다.
    """
    parents = list(node.parents)
    grand = [p for x in parents for p in x.parents]
    unary = [op for op in ops.table.values() if op.arity == 1]
    for level in ([p for x in grand for p in x.parents], grand, parents):
        single = [(op, sign, [x]) for x in dict.fromkeys(level) for sign in ('', '−') for op in unary]
        for op, sign, xs in [*single, *[(ops.logsumexp, '', level)] * (len(level) > 1)]:
            try:
                truth, better = (op.apply(*[-x if sign else x for x in operands])
                                 for operands in ([truths[x] for x in xs], [x.data for x in xs]))  # fmt: skip
            except EDGE_ERRORS:
                continue
            if _error(truth, truths[node]) < 1e-50 and _error(better, truths[node]) < allowed:
                operands = [sign + labels[x].within(UNARY) if sign else labels[x].text for x in xs]
                return f'{filled(formula(op, operands))} = {better!r} (으)로 적으세요'
    return ''
