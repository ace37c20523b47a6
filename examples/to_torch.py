"""PyTorch 로: 저장한 신경망을 torch.nn 으로 옮기면 출력과 기울기가 같다. torch 가 없으면 없다고 말한다."""

import random
import sys
import tempfile
from pathlib import Path

from micrograd_ko import MLP, losses
from micrograd_ko.writing.console import survive

X, Y = [[0.5, 0.3], [-1.0, 2.0]], [[1.0, 0.0], [0.0, 1.0]]


def in_torch(net, torch):
    """같은 층의 torch.nn.Sequential, float64. weight 는 노트의 W (행이 뉴런)다."""
    kinds = {'sigmoid': torch.nn.Sigmoid, 'tanh': torch.nn.Tanh, 'relu': torch.nn.ReLU, 'identity': torch.nn.Identity}
    layers = []
    for w, b, layer in zip(*net.matrices(), net.layers, strict=True):
        linear = torch.nn.Linear(w.shape[1], w.shape[0], dtype=torch.float64)
        linear.load_state_dict({'weight': torch.from_numpy(w), 'bias': torch.from_numpy(b)})
        layers += [linear, kinds[layer.neurons[0].activation.name]()]
    return torch.nn.Sequential(*layers)


def main():
    survive(sys.stdout)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / 'net.json'
        MLP(2, [3, 2], 'tanh', 'sigmoid', rng=random.Random(0)).save(path)
        net = MLP.load(path)
    cost = losses.mean([losses.quadratic(net(x), y) for x, y in zip(X, Y, strict=True)])
    cost.backward()
    print(f'micrograd_ko   C = {cost.data:.15f}   ∂C/∂w²₁₁ = {net.layers[0].neurons[0].w[0].grad:.15f}')
    try:
        import torch
    except ImportError:
        print('torch 가 설치되어 있지 않다. 나란히 보려면: pip install torch')
        return
    twin = in_torch(net, torch)
    other = ((twin(torch.tensor(X, dtype=torch.float64)) - torch.tensor(Y, dtype=torch.float64)) ** 2).sum(dim=1).mean() / 2
    other.backward()
    print(f'PyTorch        C = {other.item():.15f}   ∂C/∂w²₁₁ = {twin[0].weight.grad[0, 0].item():.15f}')
    ours = [p.grad for p in net.parameters()]
    theirs = [g for w, b in zip(*[iter(twin.parameters())] * 2, strict=True)
              for row, bias in zip(w.grad, b.grad, strict=True) for g in (*row.tolist(), bias.item())]  # fmt: skip
    print(f'기울기 {len(ours)}개의 차이는 {max(abs(x - y) for x, y in zip(ours, theirs, strict=True)):.0e} 를 넘지 않는다')


if __name__ == '__main__':
    main()
