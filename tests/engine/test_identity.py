"""걷는 일은 노드의 정체(identity)로 한다: 하위 형이 값으로 견주는 `__eq__` 를 가져도, 그것이 오류를 내도 결과가 같다."""

import copy
import pickle
import random

import pytest

from micrograd_ko import MLP, Value, compile_graph, draw, explain, first_stale, grad, losses, receipt, refresh, topological


class Same(Value, closed=True):
    """값이 같으면 같다."""

    def __eq__(self, other):
        return isinstance(other, Value) and self.data == other.data

    def __hash__(self):
        return hash(self.data)


class Loud(Value, closed=True):  # noqa: PLW1641
    """견주면 안 된다. 해시는 적지 않았으니 파이썬이 지운다."""

    def __eq__(self, other):
        raise AssertionError('==')

    def __ne__(self, other):
        raise AssertionError('!=')


def expression(kind):
    x, y = kind(2.0, 'x'), kind(2.0, 'y')
    root = x * y * x + y
    root.backward()
    return x, y, root


def network(kind):
    """모든 파라미터와 입력이 같은 수인 망."""
    net = MLP(2, [3, 2], rng=random.Random(0))
    for neuron in (neuron for layer in net.layers for neuron in layer.neurons):
        neuron.w, neuron.b = [kind(0.5, w.name) for w in neuron.w], kind(0.5, neuron.b.name)
    return net


def cost(kind, loss=losses.quadratic, target=(1, 1)):
    net = network(kind)
    trace = net.trace([0.5, 0.5])
    root = loss(trace.output, target)
    root.backward()
    return net, trace, root


def over_samples(kind):
    net = network(kind)
    root = losses.mean([losses.quadratic(net(x), [1, 0]) for x in ([0.5, 0.5], [0.1, 0.1])])
    root.backward()
    return root


def moved(kind):
    x, _, root = expression(kind)
    x.data = 3.0
    stale = first_stale(root)
    return [node is stale for node in topological(refresh(root))].index(True), root.data


def derivatives(kind):
    x, y, root = expression(kind)
    slopes = grad(root, [x, y])
    return x.grad, y.grad, [d.data for d in slopes], [[d.data for d in grad(slope, [x, y])] for slope in slopes]


def replayed(kind):
    x, y, root = expression(kind)
    program = compile_graph(root, [x], [y])
    return str(program), program.gradient([[1.0], [2.0]]).tolist()


def explained(kind):
    x, _, root = expression(kind)
    return str(explain(x, root))


def explained_network(kind):
    net, _, root = cost(kind)
    return str(explain(net.parameters()[0], root))


WALKS = {
    '미분': derivatives,
    '다시 계산': moved,
    '복사': lambda kind: repr(topological(copy.deepcopy(expression(kind)[2]))),
    '저장': lambda kind: [len(topological(root)) for root in pickle.loads(pickle.dumps(expression(kind)))],
    '재생': replayed,
    '설명': explained,
    '식의 그림': lambda kind: draw(expression(kind)[2]).html(),
    '망의 기울기': lambda kind: [p.grad for p in cost(kind)[0].parameters()],
    '망의 설명': explained_network,
    '영수증': lambda kind: str(receipt.compare(network(kind), [0.5, 0.5], [1, 1])),
    '클래스의 영수증': lambda kind: str(receipt.compare(network(kind), [0.5, 0.5], 1, loss=losses.softmax_cross_entropy)),
    '망의 그림': lambda kind: draw(cost(kind)[2]).html(),
    '층의 그림': lambda kind: draw(cost(kind)[2], detail='layer').html(),
    '순전파의 그림': lambda kind: draw(cost(kind)[1]).dot,
    '클래스의 그림': lambda kind: draw(cost(kind, losses.softmax_cross_entropy, 1)[2]).html(),
    '여러 표본의 그림': lambda kind: draw(over_samples(kind)).dot,
    '망의 재생': lambda kind: network(kind).compile().gradient([[0.5, 0.5, 1, 1]]).tolist(),
}


@pytest.mark.parametrize('kind', [Same, Loud])
@pytest.mark.parametrize('walk', WALKS.values(), ids=WALKS)
def test_walks_go_by_identity(kind, walk):
    assert walk(kind) == walk(Value)


@pytest.mark.parametrize('kind', [Same, Loud])
def test_sets_keep_nodes_apart(kind):
    x, y = kind(2.0), kind(2.0)
    assert len({x, y}) == 2 and {x: 1, y: 2}[x] == 1 and hash(x) == object.__hash__(x)
    assert Same(2.0) == Same(2.0) != Same(3.0)
