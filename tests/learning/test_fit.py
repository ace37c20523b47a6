"""fit: 행렬의 갱신과 같은 스텝, 두 길의 일치, 같은 씨앗의 같은 비트, 멈춤과 이어 배우기, 잘못 쓴 것에 대한 글."""

import copy
import functools
import io
import math
import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from micrograd_ko import MLP, SGD, Adam, DomainError, History, Value, equations, iris, losses, ops, optim, train
from micrograd_ko.learning.train import DivergedError

ROOT = Path(__file__).parents[2]


def flowers(seed=0):
    rng = random.Random(seed)
    return iris.standardise(*iris.split(iris.load(), 0.2, rng))


def network(seed=0, sizes=(4, 6, 3), **options):
    return MLP(sizes[0], sizes[1:], rng=random.Random(seed), **options)


def bits(net):
    return [p.data.hex() if isinstance(p.data, float) else p.data for p in net.parameters()]


TRAINING, TESTING = flowers()
HOT = [(x, np.eye(3)[label].tolist()) for x, label in TRAINING]


# 무엇을 계산하는가 -------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('engine', ['eager', 'replay'])
def test_each_step_is_the_matrix_update_of_the_note(engine):
    """같은 시작과 순서면 세 에포크 뒤의 가중치가 `equations.sgd_step` 의 것이다: 360스텝, 스텝마다 η·ε 쯤의 반올림."""
    net = network()
    weights, biases = net.matrices()
    history = train.fit(net, TRAINING, epochs=3, batch_size=7, lr=0.5, rng=5, engine=engine)
    rng, one_hot = random.Random(5), np.eye(3)
    pairs = [(x, one_hot[label]) for x, label in TRAINING]
    for _ in range(3):
        for batch in train.minibatches(pairs, 7, rng):
            weights, biases = equations.sgd_step(weights, biases, batch, 0.5)
    for ours, theirs in zip([*net.matrices()[0], *net.matrices()[1]], [*weights, *biases], strict=True):
        assert np.abs(ours - theirs).max() < 1e-12
    outputs = [equations.feedforward(weights, biases, x)[1][-1] for x, _ in pairs]
    costs = [np.sum((a - y) ** 2) / 2 for a, (_, y) in zip(outputs, pairs, strict=True)]
    assert history.loss[-1] == pytest.approx(np.mean(costs))
    hits = [np.argmax(a) == label for a, (_, label) in zip(outputs, TRAINING, strict=True)]
    assert history.accuracy[-1] == sum(hits) / len(hits)
    assert history.engine == engine and len(history) == 3 == len(history.seconds) and not history.validation


def test_the_samples_are_pairs_or_a_tuple_of_arrays():
    """같은 표본을 어떻게 주든 같은 비트. 클래스 번호는 원-핫이다."""
    x, labels = [np.array(part) for part in zip(*TRAINING, strict=True)]
    given = [TRAINING, [(row, np.eye(3)[label]) for row, label in TRAINING], (x, labels), (x, np.eye(3)[labels])]
    found = []
    for samples in given:
        net = network()
        train.fit(net, samples, epochs=1, lr=1.0, rng=0)
        found.append(bits(net))
    assert found == [found[0]] * 4


@pytest.mark.parametrize(('loss', 'y', 'right'), [
    (losses.quadratic, [0, 1, 1], 2 / 3), (losses.cross_entropy, [0, 1, 1], 2 / 3), (losses.quadratic, [0.1, 1, 1], None),
    (losses.sigmoid_cross_entropy, [0, 1, 1], 1.0), (losses.hinge, [-1, 1, 1], 1.0),
    (lambda a, y: (a - y) ** 2, [0, 1, 1], 2 / 3), (losses.quadratic, [-1, 1, 1], 1.0),
    (lambda a, y: ops.relu(1 - y * a), [-1, 1, 1], 1.0),
])  # fmt: skip
def test_a_single_output_answers_by_the_threshold_of_its_loss(loss, y, right):
    """확률이면 ½, 로짓이거나 목표가 −1 과 1 이면 0 을 넘는지가 답이다. 클래스가 아닌 목표에는 정확도가 없다."""
    net = MLP.from_matrices([[[1.0]]], [[0.0]], 'linear')
    xs = [0.1, 0.6, 0.4] if right != 1.0 else [-0.1, 0.6, 0.4]
    history = train.fit(net, (np.array(xs), np.array(y)), loss, epochs=1, lr=1e-12, rng=0)
    assert history.accuracy == ([] if right is None else [right])


class Table:
    """pandas 의 DataFrame 과 Series 처럼, NumPy 가 배열로 읽는 것."""

    def __init__(self, rows):
        self.rows = rows

    def __len__(self):
        return len(self.rows)

    def __array__(self, dtype=None, copy=None):
        return np.array(self.rows, dtype)


def test_what_numpy_reads_as_an_array_is_one():
    x, labels = zip(*TRAINING, strict=True)
    nets = [network(), network()]
    train.fit(nets[0], (Table(x), Table(labels)), epochs=1, lr=1.0, rng=0)
    train.fit(nets[1], TRAINING, epochs=1, lr=1.0, rng=0)
    assert bits(nets[0]) == bits(nets[1])


def test_a_mask_without_a_masked_cell_hides_nothing():
    x, labels = zip(*TRAINING, strict=True)
    nets = [network(), network()]
    train.fit(nets[0], (np.ma.array(x), np.ma.array(labels)), epochs=1, lr=1.0, rng=0)
    train.fit(nets[1], TRAINING, epochs=1, lr=1.0, rng=0)
    assert bits(nets[0]) == bits(nets[1])


def test_my_loss_takes_any_target():
    """목표를 읽는 것은 나의 손실이다: 수와 견줄 수 없는 것도 된다."""
    net = MLP(1, [1], rng=0)
    history = train.fit(net, [([1.0], Value(0.5))], lambda a, y: (a - y) ** 2, epochs=2, lr=0.1, rng=0)
    assert history.loss[1] < history.loss[0] and history.accuracy == []


def test_hinge_takes_classes_as_minus_one_and_one():
    net = network(output='linear')
    history = train.fit(net, TRAINING, losses.hinge, epochs=3, lr=0.1, rng=0, engine='eager')
    assert history.loss[-1] < history.loss[0] and 0 < history.accuracy[-1] <= 1


# 두 길 -------------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('optimizer', ['sgd', 'adam', 'adamw'])
@pytest.mark.parametrize('loss', [losses.quadratic, losses.softmax_cross_entropy, losses.sigmoid_cross_entropy])
def test_both_engines_take_the_same_steps_to_rounding(loss, optimizer):
    """Adam 은 기울기를 제 크기로 나누므로 0 에 가까운 기울기의 반올림이 커진다: η·1e-6 까지 본다."""
    nets, histories = [], []
    for engine in ('eager', 'replay'):
        nets.append(network(activation='tanh', output='linear'))
        histories.append(train.fit(nets[-1], TRAINING, loss, epochs=1, lr=0.01, optimizer=optimizer, rng=1, engine=engine))
    for p, q in zip(*[net.parameters() for net in nets], strict=True):
        assert p.data == pytest.approx(q.data, abs=1e-13 if optimizer == 'sgd' else 1e-8)
    assert histories[0].loss == pytest.approx(histories[1].loss, abs=1e-8)


def test_auto_replays_only_what_is_surely_the_same():
    def branching(a, y):
        return (a[0] - y) ** 2 if a[0].data > 0.5 else a[0] ** 2

    class Mine(MLP):
        pass

    exact = MLP(2, [1], activation='relu', init=lambda rng, nin: ([Fraction(1, 3)] * nin, Fraction(0)))
    kept = network()
    cases = [
        (network(), TRAINING, losses.quadratic, {}, 'replay', '로 계산'),
        (network(), TRAINING, losses.quadratic, {'engine': 'eager'}, 'eager', '골랐다'),
        (network(), TRAINING, branching, {}, 'eager', '갈라질'),
        (Mine(4, [3]), TRAINING, losses.quadratic, {}, 'eager', 'Mine'),
        (exact, [([1, 2], [Fraction(1, 2)])], losses.quadratic, {'lr': Fraction(1, 10)}, 'eager', 'Fraction'),
        (network(), TRAINING, losses.quadratic, {'lr': Fraction(1, 10)}, 'eager', 'Fraction'),
        (network(), TRAINING, losses.quadratic, {'lr': lambda step: Fraction(1, 10)}, 'replay', '로 계산'),
        (kept, TRAINING, losses.quadratic, {'lr': None, 'optimizer': SGD(kept.layers[1].parameters(), 0.1)}, 'eager', '차례대로'),
    ]
    for net, samples, loss, options, engine, why in cases:
        history = train.fit(net, samples, loss, **{'epochs': 1, 'lr': 0.1, 'rng': 0, **options})
        assert history.engine == engine and why in history.reason and why in str(history)
        assert net is exact or {type(p.data) for p in net.parameters()} == {float}
    assert {type(p.data) for p in exact.parameters()} == {Fraction}
    assert bits(kept)[:30] == bits(network())[:30] and bits(kept)[30:] != bits(network())[30:]  # 얼린 층은 그대로다


def test_replay_refuses_what_it_cannot_do_with_the_reason():
    with pytest.raises(ValueError, match=r'재생.*Fraction'):
        train.fit(MLP(1, [1]), [([Fraction(1, 3)], 1)], epochs=1, lr=0.1, engine='replay')
    with pytest.raises(ValueError, match='기록할 수 없다'):
        train.fit(network(), TRAINING, lambda a, label: a[label], epochs=1, lr=0.1, engine='replay')


def test_what_is_no_array_of_floats_is_learned_eagerly():
    """목표가 사전인 나의 손실과 float 를 넘는 목표: 배열이 되지 못하는 까닭을 말하고 스텝마다 기록한다."""
    def named(a, y):
        return losses.quadratic(a, y['hot'])

    history = train.fit(network(), [(x, {'hot': y}) for x, y in HOT[:5]], named, epochs=1, lr=0.1, rng=0)
    assert history.engine == 'eager'
    with pytest.raises(ValueError, match=r'기록할 수 없다.*dict'):
        train.fit(network(), [(x, {'hot': y}) for x, y in HOT[:5]], named, epochs=1, lr=0.1, engine='replay')
    with pytest.raises(DomainError, match='sub'):
        train.fit(MLP(1, [1]), [([1.0], 10**400)], epochs=1, lr=0.1)


# 같은 비트 ---------------------------------------------------------------------------------------------------------------

@settings(max_examples=15, deadline=None)
@given(
    st.integers(1, 3), st.integers(0, 100), st.sampled_from(['sgd', 'adam', 'adamw', 'momentum']),
    st.sampled_from(['eager', 'replay']), st.booleans(),
)  # fmt: skip
def test_same_seed_same_bits_also_after_stopping_and_resuming(tmp_path_factory, stop, seed, optimizer, engine, from_file):
    """네 에포크를 한 번에 돌거나, stop 에포크에서 멈추고 다른 파라미터에서 이어 돌거나."""
    path = tmp_path_factory.mktemp('run') / 'run.json'

    def run(net, epochs, **options):
        chosen = SGD(net.parameters(), 0.1, momentum=0.9, clip=0.5) if optimizer == 'momentum' else optimizer
        lr = None if optimizer == 'momentum' else 0.05
        return train.fit(net, TRAINING[::5], epochs=epochs, batch_size=5, lr=lr, optimizer=chosen, engine=engine,
                         validation=TESTING, **options)  # fmt: skip

    whole, parts = network(), network()
    history = run(whole, 4, rng=seed)
    first = run(parts, stop, rng=seed, checkpoint=path)
    before = copy.deepcopy(first)
    resumed = network(seed=9)
    last = run(resumed, 4, rng=12345, resume=path if from_file else first)
    assert bits(resumed) == bits(whole) and last.measured[:-1] == history.measured[:-1] and len(last) == 4
    assert first == before  # 주어진 기록은 그대로다
    assert bits(MLP.load(path)) == bits(parts)


def test_a_generator_moves_on_and_a_seed_does_not():
    rng = random.Random(3)
    nets = [network() for _ in range(4)]
    train.fit(nets[0], TRAINING, epochs=1, lr=1.0, rng=rng)
    train.fit(nets[1], TRAINING, epochs=1, lr=1.0, rng=rng)
    train.fit(nets[2], TRAINING, epochs=1, lr=1.0, rng=3)
    train.fit(nets[3], TRAINING, epochs=1, lr=1.0, rng=np.int64(3))
    assert bits(nets[0]) == bits(nets[2]) == bits(nets[3]) != bits(nets[1])
    zero, one = network(), network()
    train.fit(zero, TRAINING, epochs=1, lr=1.0, rng=0)
    train.fit(one, TRAINING, epochs=1, lr=1.0, rng=1)
    assert bits(zero) != bits(one)
    assert isinstance(train.generator(None), random.Random)


# 멈춤 -------------------------------------------------------------------------------------------------------------------

def test_early_stopping_brings_back_the_best_parameters():
    seen = []
    net = network(seed=2)
    history = train.fit(
        net, TRAINING[:20], epochs=300, lr=6.0, rng=0, validation=TESTING, patience=4,
        callbacks=[lambda net, history: seen.append(bits(net))],
    )  # fmt: skip
    best = min(range(len(history)), key=history.validation.__getitem__)
    assert history.best == best == len(history) - 5 < 295
    assert bits(net) == seen[best] != seen[-1] and len(seen) == len(history)


def test_early_stopping_may_begin_when_resuming():
    """patience 없이 배운 에포크 가운데 가장 나았던 것으로도 돌아간다."""
    seen, net = [], network(seed=2)
    arguments = {'lr': 6.0, 'rng': 0, 'validation': TESTING, 'callbacks': [lambda net, _: seen.append(bits(net))]}
    first = train.fit(net, TRAINING[:20], epochs=40, **arguments)
    best = min(range(40), key=first.validation.__getitem__)
    history = train.fit(net, TRAINING[:20], epochs=60, patience=1, resume=first, **arguments)
    assert history.best == min(range(len(history)), key=history.validation.__getitem__) and bits(net) == seen[history.best]
    assert len(history) == max(40, best + 2) or history.best >= 40


@pytest.mark.parametrize('answer', [bool, np.bool_])
def test_a_callback_may_stop_and_sees_every_epoch(answer):
    counts = []

    def stop(net, history):
        counts.append(len(history))
        return answer(len(history) == 2)

    assert len(train.fit(network(), TRAINING, epochs=9, lr=1.0, callbacks=[stop, lambda net, history: history.loss])) == 2
    assert counts == [1, 2]


def interrupting(at, error=KeyboardInterrupt):
    """at 번째로 불릴 때 오류를 내는 손실."""
    calls = iter(range(10**9))

    def loss(a, y):
        if next(calls) == at:
            raise error
        return losses.quadratic(a, y)

    return loss


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 3 * (30 + 30)))
def test_ctrl_c_anywhere_leaves_the_last_whole_epoch(at):
    """에포크마다 손실을 60번 부른다(스텝에 30, 재는 데 30): 어디서 멈추어도 마친 에포크의 파라미터와 기록이다."""
    samples = HOT[::4]
    seen, net = [bits(network())], network()
    history = train.fit(
        net, samples, interrupting(at), epochs=3, lr=1.0, rng=1, optimizer='adam',
        callbacks=[lambda net, _: seen.append(bits(net))],
    )  # fmt: skip
    done = at // 60
    assert history.interrupted == (done < 3) and len(history) == len(history.loss) == min(done, 3)
    assert bits(net) == seen[-1] and all(p.grad == 0 for p in net.parameters())
    whole = network()
    again = train.fit(whole, samples, interrupting(-1), epochs=3, lr=1.0, rng=1, optimizer='adam')
    resumed = train.fit(net, samples, interrupting(-1), epochs=3, lr=1.0, optimizer='adam', resume=history)
    assert bits(net) == bits(whole) and resumed.loss == again.loss and not resumed.interrupted


def test_the_sentence_of_ctrl_c(capsys):
    train.fit(network(), HOT, interrupting(130), epochs=3, lr=1.0, progress=False, engine='eager')
    assert capsys.readouterr().err == 'Ctrl-C: 0에포크까지 배운 것을 남기고, 마치지 못한 1에포크째는 버렸습니다.\n'


def test_a_second_ctrl_c_raises_and_still_leaves_a_whole_epoch(monkeypatch):
    net, optimizer = network(), None
    optimizer = SGD(net.parameters(), 1.0)
    load, times = optimizer.load_state_dict, iter([True, False])

    def interrupted(state):
        if next(times):
            raise KeyboardInterrupt
        load(state)

    monkeypatch.setattr(optimizer, 'load_state_dict', interrupted)
    with pytest.raises(KeyboardInterrupt):
        train.fit(net, HOT, interrupting(50), epochs=3, optimizer=optimizer)
    assert bits(net) == bits(network()) and optimizer.steps == 0


def test_ctrl_c_before_the_first_step_is_ctrl_c(monkeypatch):
    """진행 막대를 만드는 동안 누르면 아직 시작하지 않은 것이다: 남길 에포크가 없으므로 그대로 KeyboardInterrupt 다."""

    def interrupted(**options):
        raise KeyboardInterrupt

    net = network()
    program = net.compile()
    monkeypatch.setattr(train, 'tqdm', interrupted)
    for fit in (lambda: train.fit(net, HOT, epochs=1, lr=1.0), lambda: program.fit([[0.0] * 7], 1, lr=1.0)):
        with pytest.raises(KeyboardInterrupt):
            fit()
        assert bits(net) == bits(network())


def test_an_error_in_the_middle_loses_nothing():
    net = network()
    with pytest.raises(ZeroDivisionError):
        train.fit(net, HOT, interrupting(50, ZeroDivisionError), epochs=3, lr=1.0)
    assert bits(net) == bits(network())


CHILD = """
    import random, sys
    from micrograd_ko import MLP, iris, train
    training, _ = iris.standardise(*iris.split(iris.load(), 0.2, random.Random(0)))
    net = MLP(4, [6, 3], rng=random.Random(0))
    def told(net, history):
        print(len(history), flush=True)
    history = train.fit(net, training, epochs=10**6, lr=1.0, rng=0, engine=sys.argv[1], callbacks=[told], checkpoint=sys.argv[2])
    print('done', len(history), history.interrupted, net.parameters()[0].data.hex(), flush=True)
"""


def started(engine, path):
    environment = {**os.environ, 'PYTHONPATH': str(ROOT), 'PYTHONIOENCODING': 'utf-8'}
    return subprocess.Popen(
        [sys.executable, '-c', textwrap.dedent(CHILD), engine, str(path)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, encoding='utf-8',
    )  # fmt: skip


@pytest.mark.parametrize('engine', ['eager', 'replay'])
def test_sigint_in_a_real_process(engine, tmp_path):
    """세 에포크를 마친 뒤 아무 때나 SIGINT: 한 문장을 적고 돌아오고, 파일은 마친 에포크의 것이다."""
    path = tmp_path / 'run.json'
    with started(engine, path) as child:
        while int(child.stdout.readline()) < 3:
            pass
        time.sleep(random.random() / 20)
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=60)
    assert 'done' in out, (out, err)
    *_, last = out.splitlines()
    done, epochs, interrupted, first = last.split()
    assert (done, interrupted, child.returncode) == ('done', 'True', 0) and err.count('\n') == 1 and f'{epochs}에포크까지' in err
    net = MLP.load(path)
    assert net.parameters()[0].data.hex() == first
    whole = network()
    history = train.fit(whole, TRAINING, epochs=int(epochs), lr=1.0, rng=0, engine=engine)
    assert bits(whole) == bits(net) and len(history) == int(epochs)


def test_sigkill_in_a_real_process_leaves_the_last_whole_epoch(tmp_path):
    path = tmp_path / 'run.json'
    with started('replay', path) as child:
        while int(child.stdout.readline()) < 3:
            pass
        time.sleep(random.random() / 20)
        child.kill()
        child.communicate()
    net, whole = MLP.load(path), network()
    epochs = len(train.fit(MLP.load(path), TRAINING, epochs=10**6, lr=1.0, resume=path, callbacks=[lambda *_: True])) - 1
    train.fit(whole, TRAINING, epochs=epochs, lr=1.0, rng=0)
    assert epochs >= 3 and bits(whole) == bits(net)


# 잘못 쓴 것 ---------------------------------------------------------------------------------------------------------------

def test_divergence_is_an_error_with_the_history():
    net = MLP(1, [1], activation='linear', rng=random.Random(0))
    with pytest.raises(DivergedError, match=r'에포크째에 손실이 (inf|nan).*lr') as caught:
        train.fit(net, [([1.0], 1.0), ([2.0], 0.0)], epochs=5000, lr=10.0, rng=0, progress=False)
    history = caught.value.history
    assert len(history) > 1 and all(map(math.isfinite, history.loss)) and all(math.isfinite(p.data) for p in net.parameters())


NAN = math.nan
WRONG = [
    ({'samples': []}, ValueError, '하나도 없습니다'),
    ({'samples': [([1, 2, 3, 4],)]}, TypeError, r'쌍 \(x, y\)'),
    ({'samples': (([1, 2, 3, 4], 0), ([1, 2, 3, 4], 1), ([1, 2, 3, 4], 1))}, ValueError, r'배열 둘 \(X, Y\)'),
    ({'samples': (np.zeros((3, 4)), np.zeros(2))}, ValueError, '길이가 같은'),
    ({'samples': [([1, 2, 3, 4], 0), ([1, 2, 3], 0)]}, ValueError, '표본 1 의 입력 x 는 길이가 4'),
    ({'samples': [([1, 2, 3, NAN], 0)]}, ValueError, '표본 0 의 입력 x 에 nan'),
    ({'samples': [([1, 2, 3, '4'], 0)]}, TypeError, 'str'),
    ({'samples': [([1, 2, 3, 4], [0, 1])]}, ValueError, '표본 0 의 목표 y 는 출력마다 하나씩 3개'),
    ({'samples': [([1, 2, 3, 4], [0, 1, math.inf])]}, ValueError, '표본 0 의 목표 y 에 inf'),
    ({'samples': [([1, 2, 3, 4], 3)]}, ValueError, '0 부터 2'),
    ({'epochs': 0}, ValueError, 'epochs'), ({'epochs': 2.0}, ValueError, 'epochs'),
    ({'batch_size': 0}, ValueError, '미니배치'), ({'batch_size': 1.5}, ValueError, '미니배치'),
    ({'lr': None}, ValueError, 'lr'), ({'lr': 0}, ValueError, '학습률'), ({'lr': np.ones(2)}, TypeError, '학습률'),
    ({'optimizer': 'adm'}, TypeError, 'sgd, adam, adamw'), ({'optimizer': SGD}, TypeError, 'SGD'),
    ({'optimizer': SGD([Value(1.0)], 0.1), 'lr': None}, ValueError, 'net.parameters'),
    ({'optimizer': SGD([Value(1.0)], 0.1)}, ValueError, '하나만'),
    ({'rng': 1.5}, TypeError, 'rng'), ({'rng': True}, TypeError, 'rng'), ({'rng': random.SystemRandom()}, TypeError, 'rng'),
    ({'engine': 'fast'}, ValueError, 'replay'), ({'patience': 3}, ValueError, 'validation'),
    ({'samples': [([1, 2, 3, 4], 1.0)]}, ValueError, r'클래스 번호\(int\)'),
    ({'resume': History()}, TypeError, 'resume'), ({'resume': 3}, TypeError, 'resume'),
    ({'resume': 'nothing.json'}, FileNotFoundError, 'nothing'),
    ({'checkpoint': 'nowhere/run.json'}, FileNotFoundError, 'nowhere'),
    ({'patience': 0, 'validation': TESTING}, ValueError, 'patience'), ({'net': None}, TypeError, 'MLP'),
    ({'samples': None}, TypeError, '표본'), ({'validation': 3}, TypeError, '표본'),
    ({'samples': [([1, 2, 3, None], 0)]}, TypeError, '표본 0 의 입력 x'),
    ({'samples': [({1, 2, 3, 4}, 0)]}, TypeError, '표본 0 의 입력 x'),
    ({'samples': [([1, 2, 3, 4], {0: 1, 1: 0, 2: 0})]}, TypeError, '차례가 있는'),
    ({'samples': {((1, 2, 3, 4), 0)}}, TypeError, r'쌍 \(x, y\) 의 목록'),
    ({'samples': (np.ma.array([[1, 2, 3, 4]], mask=[[0, 1, 0, 0]]), [0])}, TypeError, 'samples 에 가려진'),
    ({'samples': ([[1, 2, 3, 4]], np.ma.array([0], mask=[1]))}, TypeError, 'samples 에 가려진'),
    *[({'callbacks': wrong}, TypeError, 'callbacks') for wrong in (print, [3], None)],
    *[({'loss': lambda a, y, wrong=wrong: wrong}, TypeError, '돌려줘야') for wrong in (3.0, None, [Value(1.0)])],
]


def test_numpy_integers_count():
    history = train.fit(network(), TRAINING, epochs=np.int64(2), batch_size=np.int32(7), lr=0.1, rng=0)
    other = train.fit(network(), TRAINING, epochs=2, batch_size=7, lr=0.1, rng=0)
    assert history.loss == other.loss and type(history.state['plan']['batch_size']) is int


@pytest.mark.parametrize(('options', 'error', 'match'), WRONG)
def test_what_is_wrong_is_told_and_nothing_changes(options, error, match):
    net = network()
    arguments = {'net': net, 'samples': TRAINING, 'epochs': 1, 'lr': 0.1, **options}
    with pytest.raises(error, match=match):
        train.fit(arguments.pop('net'), arguments.pop('samples'), **arguments)
    assert bits(net) == bits(network())


@pytest.mark.parametrize(('options', 'what'), [
    ({'batch_size': 5}, 'batch_size: 그때 10, 지금 5'), ({'lr': 0.2}, 'optimizer'), ({'optimizer': 'adam'}, 'optimizer'),
    ({'samples': TRAINING[1:]}, 'samples'), ({'loss': losses.cross_entropy}, 'loss'), ({'engine': 'eager'}, 'engine'),
    ({'net': network(sizes=(4, 5, 3))}, 'net'), ({'validation': TESTING}, 'validation'),
])  # fmt: skip
def test_resuming_with_something_else_is_refused(options, what):
    history = train.fit(network(), TRAINING, epochs=1, lr=0.1, rng=0)
    arguments = {'net': network(), 'samples': TRAINING, 'loss': losses.quadratic, 'epochs': 2, 'lr': 0.1, **options}
    with pytest.raises(ValueError, match=f'이어서 배울 수 없습니다.*{what}'):
        train.fit(arguments.pop('net'), arguments.pop('samples'), arguments.pop('loss'), resume=history, **arguments)


def test_resuming_with_another_function_of_the_same_name_is_refused(tmp_path):
    """일정은 주는 수로, 나의 손실은 같은 파라미터에서의 값으로 가려낸다. 거절하면 아무것도 바뀌지 않는다."""
    path, rates = tmp_path / 'run.json', (optim.cosine(0.5, 100), optim.cosine(0.5, 200))
    train.fit(network(), TRAINING, epochs=1, lr=rates[0], rng=0, checkpoint=path)
    fresh = network(seed=9)
    with pytest.raises(ValueError, match=r'이어서 배울 수 없습니다.*optimizer'):
        train.fit(fresh, TRAINING, epochs=2, lr=rates[1], resume=path)
    train.fit(fresh, TRAINING, epochs=2, lr=optim.cosine(0.5, 100), resume=path)

    def mine(scale):
        return lambda a, y: losses.quadratic(a, losses.quadratic.vector(y, 3)) * scale

    first = train.fit(network(), TRAINING, mine(1), epochs=1, lr=0.1, rng=0)
    train.fit(network(), TRAINING, mine(1), epochs=2, lr=0.1, resume=first)
    fresh = network(seed=9)
    for other in (mine(2), lambda a, y: a.nothing):
        with pytest.raises((ValueError, AttributeError), match=r'같은 파라미터에서|nothing'):
            train.fit(fresh, TRAINING, other, epochs=2, lr=0.1, resume=first)
        assert bits(fresh) == bits(network(seed=9))


def test_a_schedule_that_ends_is_enough_for_what_is_already_learned():
    """두 에포크(스텝 24개)에서 끝나는 표: 더 배우지 않으면 이어 갈 수 있고, 더 배우려 하면 배우기 전에 알린다."""
    net, lr = network(), [0.1] * 24
    history = train.fit(net, TRAINING, epochs=2, lr=lr.__getitem__, rng=0)
    again = train.fit(network(seed=9), TRAINING, epochs=2, lr=lr.__getitem__, resume=history)
    assert again.loss == history.loss
    with pytest.raises(ValueError, match=r'resume: 여기서 이어 배울 수 없습니다.*IndexError'):
        train.fit(net, TRAINING, epochs=3, lr=lr.__getitem__, resume=history)


def test_an_optimizer_of_mine_keeps_what_is_not_a_number_as_its_text(tmp_path):
    class Mine(SGD):
        def __init__(self, parameters, table):
            self.table = table
            super().__init__(parameters, 0.1)

    path, table = tmp_path / 'run.json', np.ones(2)
    net = network()
    train.fit(net, TRAINING, epochs=1, lr=None, optimizer=Mine(net.parameters(), table), checkpoint=path)
    train.fit(net, TRAINING, epochs=2, lr=None, optimizer=Mine(net.parameters(), table), resume=path)
    with pytest.raises(ValueError, match='optimizer'):
        train.fit(net, TRAINING, epochs=3, lr=None, optimizer=Mine(net.parameters(), table * 2), resume=path)


def test_an_undefined_sample_is_named_by_its_own_number():
    """미니배치 안의 자리가 아니라 표본의 번호를 알린다."""
    samples = [([x], 1.0) for x in (1.0, 2.0, 3.0, -4.0, 5.0)]
    net = MLP.from_matrices([[[1.0]]], [[0.0]], 'log')
    with pytest.raises(ValueError, match=r'표본\(row\) 3 .*log'):
        train.fit(net, samples, epochs=1, batch_size=2, lr=0.01, rng=0)


# 모습 -------------------------------------------------------------------------------------------------------------------

def test_the_bar_shows_loss_and_accuracy(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    screen = Terminal()
    monkeypatch.setattr(sys, 'stderr', screen)
    monkeypatch.setattr(train, 'tqdm', functools.partial(train.tqdm, mininterval=0, miniters=0))  # 스텝마다 다시 그린다
    history = train.fit(network(), TRAINING, epochs=2, lr=1.0, rng=0)
    shown = screen.getvalue()
    assert '2/2에포크' in shown and f'C = {history.loss[0]:.4g}, 정확도 {history.accuracy[0]:.1%}' in shown
    train.fit(network(), TRAINING, epochs=2, lr=1.0, progress=False)
    assert screen.getvalue() == shown


def test_the_history_is_plain_lists_and_prints_a_summary():
    history = network().fit(TRAINING, losses.quadratic, epochs=2, lr=1.0, rng=0, validation=TESTING)
    assert type(history) is History and [type(values) for values in history.measured] == [list] * 5
    assert {type(x) for values in history.measured for x in values} == {float}
    assert str(history).startswith('2에포크, ') and '검증 손실' in str(history)


def test_an_exact_net_learns_in_fractions():
    """Fraction 의 망은 에포크를 돌아도 정확하다: 손으로 푼 한 스텝과 같다."""
    net = MLP(1, [1], activation='linear', init=lambda rng, nin: ([Fraction(1, 3)], Fraction(1, 7)))
    train.fit(net, [([Fraction(1, 2)], [Fraction(2)])], epochs=1, lr=Fraction(1, 10), rng=0)
    gap = Fraction(1, 3) / 2 + Fraction(1, 7) - 2
    assert [p.data for p in net.parameters()] == [Fraction(1, 3) - gap / 20, Fraction(1, 7) - gap / 10]


def test_schedules_and_clipping_reach_the_engines():
    """두 길에서 같은 일정과 같은 자르기."""
    for engine in ('eager', 'replay'):
        net = network()
        optimizer = Adam(net.parameters(), lambda step: 0.1 / (1 + step), clip=0.01)
        assert train.fit(net, TRAINING, epochs=1, optimizer=optimizer, rng=0, engine=engine).loss[-1] > 0
        assert optimizer.steps == 12 and all(type(m) is list for m in optimizer.memory)
