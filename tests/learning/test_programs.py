"""프로그램을 가르치기: 신경망이 아닌 그래프도, 두 백엔드로, 어디서 멈추어도 마친 에포크로."""

import random

import numpy as np
import pytest
from tqdm import tqdm

from micrograd_ko import MLP, ReplayError, Value, compile_graph, losses, ops
from micrograd_ko.learning.optim import SGD, Adam
from micrograd_ko.learning.train import DivergedError

BACKENDS = ['numpy', 'llvm']


def line(backend='auto', dtype='f64'):
    """직선 a·x + b 를 배우는 프로그램과 자료."""
    a, b, x, y = Value(0.0, 'a'), Value(0.0, 'b'), Value(0.0), Value(0.0)
    program = compile_graph(ops.square(a * x + b - y) / 2, ([x], [y]), [a, b], [a * x + b], backend=backend, dtype=dtype)
    xs = np.linspace(-1, 1, 53)
    return program, (xs, 3 * xs - 1)


@pytest.mark.parametrize('dtype', ['f64', 'f32'])
@pytest.mark.parametrize('optimizer', ['sgd', 'adam', 'adamw'])
def test_a_graph_that_is_no_network_learns(optimizer, dtype):
    program, X = line('llvm', dtype)
    history = program.fit(X, 60, 10, 0.1, optimizer=optimizer, rng=1, progress=False)
    assert len(history) == 60 and history.engine == 'replay' and 'llvm' in history.reason
    assert history.loss[-1] < 1e-2 < history.loss[0]
    assert [p.data for p in program.parameters] == pytest.approx([3, -1], abs=0.2)


@pytest.mark.parametrize('backend', BACKENDS)
def test_what_is_learned_from_was_read_at_the_beginning(backend):
    """자료의 배열을 배우는 동안 고쳐도, 읽은 것으로 배운다."""
    x, w = Value(0.0), Value(0.0)
    found = []
    for changed in (False, True):
        program, X = compile_graph(ops.square(w * x - 1), [x], [w], backend=backend), np.ones((4, 1))
        descent = program.descent(X, 2, SGD(program.parameters, 0.1))
        X[:] = 5.0 if changed else 1.0
        descent.epoch([0, 1, 2, 3])
        found.append(descent.vector.tolist())
    assert found[0] == found[1] and found[0] != [0.0]


@pytest.mark.parametrize('backend', BACKENDS)
def test_it_walks_as_the_eager_epochs_do(backend):
    """같은 씨앗이면 미니배치도 같다: 그래프를 스텝마다 기록해 배운 것과 반올림 안에서 같다."""
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(23, 3)), rng.normal(size=(23, 2))
    nets = [MLP(3, [4, 2], rng=random.Random(7)) for _ in range(2)]
    eager = SGD(nets[0].parameters(), 0.1, momentum=0.5)
    nets[0].fit((X, Y), epochs=3, batch_size=5, optimizer=eager, rng=5, engine='eager')
    x, y = [[Value(0.5) for _ in range(n)] for n in (3, 2)]
    program = compile_graph(losses.quadratic(nets[1](x), y), (x, y), nets[1].parameters(), backend=backend)
    program.fit((X, Y), 3, 5, optimizer=SGD(nets[1].parameters(), 0.1, momentum=0.5), rng=5, progress=False)
    one, other = [[p.data for p in net.parameters()] for net in nets]
    assert other == pytest.approx(one, rel=1e-12)


@pytest.mark.parametrize('backend', BACKENDS)
def test_the_same_seed_gives_the_same_bits(backend):
    found = []
    for _ in range(2):
        program, X = line(backend)
        program.fit(X, 5, 10, 0.1, optimizer='adam', rng=3, progress=False)
        found.append([p.data.hex() for p in program.parameters])
    assert found[0] == found[1]


@pytest.mark.parametrize('backend', BACKENDS)
def test_interrupted_it_keeps_the_last_whole_epoch(backend, monkeypatch, capsys):
    """Ctrl-C 가 에포크의 가운데에서 와도 파라미터, 최적화, 기록이 같은 에포크의 것이다."""
    program, X = line(backend)
    reference, _ = line(backend)
    reference.fit(X, 2, 10, 0.1, optimizer='adam', rng=1, progress=False)
    optimizer, told = Adam(program.parameters, 0.1), []

    class Bar(tqdm):
        def update(self, steps):
            told.append(steps)
            if sum(told) > 2 * 6 + 1:
                raise KeyboardInterrupt

    monkeypatch.setattr('micrograd_ko.learning.train.tqdm', Bar)
    monkeypatch.setattr('micrograd_ko.compiler.machine.training.INTERVAL', 0.0)
    rng, whole = random.Random(1), random.Random(1)
    history = program.fit(X, 9, 10, optimizer=optimizer, rng=rng)
    assert history.interrupted and len(history) == 2 and optimizer.steps == 12 and {type(m) for m in optimizer.memory} == {list}
    assert capsys.readouterr().err.endswith('Ctrl-C: 2에포크까지 배운 것을 남기고, 마치지 못한 3에포크째는 버렸습니다.\n')
    for _ in range(2):
        whole.sample(range(53), 53)
    assert rng.getstate() == whole.getstate()  # 버린 에포크의 난수도 되돌린다
    assert [p.data for p in program.parameters] == [p.data for p in reference.parameters]


@pytest.mark.parametrize('backend', BACKENDS)
def test_divergence_and_the_domain_leave_the_last_whole_epoch(backend):
    program, X = line(backend)
    with pytest.raises(DivergedError) as caught:
        program.fit(X, 2000, 53, 50.0, rng=1, progress=False)
    assert all(np.isfinite(p.data) for p in program.parameters) and len(caught.value.history) > 0
    x, w = Value(1.0), Value(2.0)
    program = compile_graph(ops.log(w * x), [x], [w], backend=backend)
    with pytest.raises(ReplayError) as undefined:
        program.fit([[1.0]] * 30 + [[-1.0]] + [[1.0]] * 9, 3, 4, 0.01, rng=0, progress=False)
    assert undefined.value.row == 30 and w.data == 2.0


@pytest.mark.parametrize('backend', BACKENDS)
@pytest.mark.parametrize('kept', [slice(1), slice(1, 2), slice(None, None, -1)])
def test_an_optimizer_of_some_of_the_parameters_is_refused(backend, kept):
    """얼린 파라미터를 소리 없이 움직이는 대신 알린다. 기억은 파라미터의 순서다."""
    program, X = line(backend)
    with pytest.raises(ValueError, match='차례대로 모두'):
        program.fit(X, 2, 10, optimizer=SGD(program.parameters[kept], 0.1), rng=0, progress=False)
    assert [p.data for p in program.parameters] == [0.0, 0.0]


def test_the_history_of_a_program_is_nothing_a_network_can_resume():
    program, X = line()
    history = program.fit(X, 1, 10, 0.1, rng=0)
    with pytest.raises(TypeError, match='resume 은'):
        MLP(1, [1]).fit([([1.0], 1.0)], epochs=2, lr=0.1, resume=history)


def test_numpy_integers_count():
    found = []
    for epochs, batch_size in ((2, 10), (np.int64(2), np.int32(10))):
        program, X = line('numpy')
        program.fit(X, epochs, batch_size, 0.1, rng=3, progress=False)
        found.append([p.data for p in program.parameters])
    assert found[0] == found[1]


@pytest.mark.parametrize(('arguments', 'message'), [
    ({'epochs': 0}, 'epochs'), ({'batch_size': 0}, 'batch_size'), ({'threads': 0}, 'threads'),
    ({'lr': None}, 'lr'), ({'lr': -1.0}, '양수'), ({'optimizer': 'newton'}, 'newton'), ({'rng': 'seed'}, 'seed'),
])  # fmt: skip
def test_what_cannot_be_learned_is_said_before_anything_moves(arguments, message):
    program, X = line()
    with pytest.raises((TypeError, ValueError), match=message):
        program.fit(X, **{'epochs': 2, 'batch_size': 10, 'lr': 0.1, 'progress': False} | arguments)
    assert [p.data for p in program.parameters] == [0.0, 0.0]
