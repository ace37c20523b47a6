"""노트의 식(formula)의 목록. 노트의 방의 README 에 있는 표, 영수증, 노트 따라가기, 스텝 페이지, 설명이 모두 이 목록을 읽는다."""

from typing import NamedTuple


class Statement(NamedTuple):
    """노트의 식 하나.

    title      무엇인지.
    text       식을 글로.
    latex      식의 LaTeX.
    functions  그 식을 나르는 함수들, 빈칸으로 나눈 점 이름(패키지 안에서).
    chapter    노트 따라가기의 장. 그 장에 text 가 적힌다.
    page       스텝 페이지의 목록에서 부르는 이름. 비면 목록의 열쇠 그대로.
    """

    title: str
    text: str
    latex: str = ''
    functions: str = ''
    chapter: int = 0
    page: str = ''


NOTE: dict[str, Statement] = {
    '표기 z': Statement('활성화 함수를 지나기 전', 'zˡ = Wˡ aˡ⁻¹ + bˡ', r'z^{l} = W^{l} a^{l-1} + b^{l}',
        'nn.Neuron.forward note.equations.weighted_input', 1, '2단계'),
    '표기 a': Statement('활성화 함수를 지난 뒤', 'aˡ = σ(zˡ)', r'a^{l} = \sigma(z^{l})',
        'nn.Neuron.forward note.equations.sigma', 1, '2단계'),
    '가정 1': Statement('총 손실은 표본 손실의 평균', 'C = (1/n) Σₓ Cₓ', r'C = \frac{1}{n} \sum_x C_x',
        'learning.losses.mean note.equations.sgd_step', 2),
    '가정 2': Statement('손실은 마지막 출력의 함수', 'C = ½ |y − aᴸ|²', r'C = \frac{1}{2} |y - a^{L}|^2',
        'learning.losses.quadratic note.recognise.Network.strays', 2),
    '1단계': Statement('입력 설정', 'a¹ = x', r'a^{1} = x', 'nn.MLP.trace note.equations.feedforward', 3),
    '2단계': Statement('순전파', 'zˡ = Wˡ aˡ⁻¹ + bˡ,  aˡ = σ(zˡ)', r'z^{l} = W^{l} a^{l-1} + b^{l},\quad a^{l} = \sigma(z^{l})',
        'nn.MLP.trace note.equations.feedforward', 3),
    '3단계': Statement('출력층 에러 계산', 'δᴸ (방정식 1)', r'\delta^{L}', 'nn.Trace.deltas note.equations.errors', 3),
    '방정식 1': Statement('출력층 에러', 'δᴸ = ∇ₐC ⊙ σ′(zᴸ)', r"\delta^{L} = \nabla_a C \odot \sigma'(z^{L})",
        'nn.Trace.deltas note.equations.output_error', 3),
    '4단계': Statement('역전파', 'l = L−1, …, 2 의 차례로 δˡ (방정식 2)', r'\delta^{l},\quad l = L-1, \ldots, 2',
        'engine.Value.backward note.equations.errors', 3),
    '방정식 2': Statement('이전 층의 에러', 'δˡ = (Wˡ⁺¹)ᵀ δˡ⁺¹ ⊙ σ′(zˡ)',
        r"\delta^{l} = (W^{l+1})^{T} \delta^{l+1} \odot \sigma'(z^{l})", 'nn.Trace.deltas note.equations.backpropagate_error', 3),
    '5단계': Statement('기울기 계산', '∂C/∂bˡ, ∂C/∂Wˡ (방정식 3, 4)',
        r'\frac{\partial C}{\partial b^{l}},\ \frac{\partial C}{\partial W^{l}}',
        'engine.Value.backward note.equations.backprop', 3),
    '방정식 3': Statement('편향의 기울기', '∂C/∂bˡ = δˡ', r'\frac{\partial C}{\partial b^{l}} = \delta^{l}',
        'engine.Value.backward note.equations.bias_gradient', 3),
    '방정식 4': Statement('가중치의 기울기', '∂C/∂Wˡ = δˡ (aˡ⁻¹)ᵀ',
        r'\frac{\partial C}{\partial W^{l}} = \delta^{l} (a^{l-1})^{T}',
        'engine.Value.backward note.equations.weight_gradient', 3),
    '인사이트 1': Statement('낮은 활성화', 'aˡ⁻¹ₖ ≈ 0  ⟹  ∂C/∂wˡⱼₖ ≈ 0',
        r'a^{l-1}_k \approx 0 \Rightarrow \frac{\partial C}{\partial w^{l}_{jk}} \approx 0', 'walkthrough.insights.starving', 4),
    '인사이트 2': Statement('포화된 뉴런', 'σ′(z) ≈ 0  ⟹  δ ≈ 0', r"\sigma'(z) \approx 0 \Rightarrow \delta \approx 0",
        'walkthrough.insights.saturating walkthrough.insights.vanishing', 4),
    '갱신': Statement('파라미터 갱신 (경사하강법)', 'Wˡ ← Wˡ − (η/m) Σₓ δˣˡ (aˣˡ⁻¹)ᵀ,  bˡ ← bˡ − (η/m) Σₓ δˣˡ',
        r'W^{l} \leftarrow W^{l} - \frac{\eta}{m} \sum_x \delta^{x,l} (a^{x,l-1})^{T},\quad '
        r'b^{l} \leftarrow b^{l} - \frac{\eta}{m} \sum_x \delta^{x,l}',
        'learning.optim.SGD.step note.equations.sgd_step', 5),
}  # fmt: skip

GRAPH: dict[str, Statement] = {
    '순전파': Statement('피연산자가 모두 계산된 노드부터', 'z = f(x, y)'),
    '씨앗': Statement('자기 자신에 대한 미분', '∂C/∂C = 1'),
    '연쇄법칙': Statement('기울기는 모든 길의 합', 'x.grad += z.grad · ∂z/∂x,  x.grad = ∂C/∂x'),
    '갱신': Statement('경사하강법 (gradient descent)', 'x ← x − η · x.grad'),
}
"""신경망이 아닌 그래프의 스텝이 쓰는 식."""
