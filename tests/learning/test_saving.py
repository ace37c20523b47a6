"""저장: 마지막 비트까지, 어떤 파일을 읽어도 오류이거나 바로 그 신경망, 도중에 죽어도 온전한 파일."""

import hashlib
import json
import math
import os
import random
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

from micrograd_ko import MLP, SGD, Adam, Value, losses, ops, optim, train
from micrograd_ko.learning import saving
from micrograd_ko.learning.saving import SavedFileError
from micrograd_ko.operation import Op
from micrograd_ko.testing import networks

ROOT = Path(__file__).parents[2]
NUMBERS = st.one_of(
    st.floats(), st.integers(-(10**30), 10**30), st.fractions(), st.integers(1, 9).map(lambda n: Fraction(7**3000 + n, 3**2000)),
    st.sampled_from([-0.0, 5e-324, 2.0**-1022, 1.7976931348623157e308, math.inf, -math.inf, math.nan, 10**5000]),
)
ACTIVATIONS = [op.name for op in ops.table.values() if op.arity == 1]


def exactly(x):
    """수의 형과 비트."""
    return type(x), x.hex() if isinstance(x, float) else x


def content(net):
    """신경망의 모든 것."""
    shape = [(layer.nin, layer.layer, [n.activation for n in layer.neurons]) for layer in net.layers]
    return shape, [(p.name, exactly(p.data)) for p in net.parameters()]


@settings(deadline=None)
@given(networks(ACTIVATIONS, numbers=NUMBERS))
def test_a_network_comes_back_to_the_last_bit(tmp_path_factory, drawn):
    net, *_ = drawn
    path = tmp_path_factory.mktemp('saved') / 'net.json'
    net.save(path)
    again = MLP.load(path)
    assert content(again) == content(net) and repr(again) == repr(net)
    again.save(path.with_name('again.json'))
    assert path.with_name('again.json').read_bytes() == path.read_bytes()


def test_the_file_is_plain_json_and_loads_into_a_subclass(tmp_path):
    class Mine(MLP):
        pass

    net = MLP(2, [2, 1], 'relu', 'linear', rng=random.Random(0))
    net.layers[0].neurons[0].b.data = Fraction(-1, 3)
    net.save(tmp_path / 'net.json')
    document = json.loads((tmp_path / 'net.json').read_text(encoding='utf-8'))
    assert list(document) == ['format', 'kind', 'version', 'payload', 'sha256'] and document['version'] == 1
    assert document['payload']['network']['neurons'][0][0][1] == {'#': '-0x1/0x3'}
    assert type(Mine.load(tmp_path / 'net.json')) is Mine


def test_what_cannot_be_saved_exactly_is_refused(tmp_path):
    path = tmp_path / 'net.json'
    tied = MLP(2, [2, 2])
    tied.layers[1].neurons[0].w[0] = tied.layers[0].neurons[0].w[0]
    mixed = MLP(2, [2])
    mixed.layers[0].neurons[1].activation = ops.relu
    mine = Op('mine_only', lambda m, x: x * 2, (lambda z, x: 2,))
    wrong = (tied, '나누어'), (mixed, '층마다 하나'), (MLP(1, [1], ops.power(2)), '표에 있는'), (MLP(1, [1], mine), 'register')
    for net, match in wrong:
        with pytest.raises(ValueError, match=match):
            net.save(path)
    assert not path.exists()
    ops.register(mine)
    MLP(1, [1], mine).save(path)
    ops.unregister('mine_only')
    with pytest.raises(SavedFileError, match=r"'mine_only'.*register"):
        MLP.load(path)


def test_a_save_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    path, net = tmp_path / 'net.json', MLP(2, [1], rng=random.Random(0))
    net.save(path)
    before = path.read_bytes()

    def full(*_):
        raise OSError(28, 'No space left on device')

    with monkeypatch.context() as patched:
        patched.setattr(os, 'replace', full)
        with pytest.raises(OSError, match='No space'):
            MLP(2, [1]).save(path)
    assert path.read_bytes() == before and os.listdir(tmp_path) == ['net.json']
    with pytest.raises(FileNotFoundError):
        MLP(2, [1]).save(tmp_path / 'nowhere' / 'net.json')
    with pytest.raises(FileNotFoundError, match=r'nothing\.json.* 없습니다\. 지금 폴더는'):
        MLP.load(tmp_path / 'nothing.json')
    with pytest.raises(IsADirectoryError, match='파일 이름까지'):
        MLP.load(tmp_path)


# 온전하지 않은 파일 --------------------------------------------------------------------------------------------------------

def spoiled(data, rng):
    """무작위로 자르거나, 비트를 뒤집거나, 글자를 고치거나 지우거나 끼우거나, 덩어리를 옮긴 파일."""
    at = rng.randrange(len(data))
    kind = rng.randrange(6)
    if kind == 0:
        return data[:at]
    if kind == 1:
        return data[:at] + bytes([data[at] ^ (1 << rng.randrange(8))]) + data[at + 1 :]
    if kind == 2:
        return data[:at] + bytes([rng.choice(b'0123456789-.eE{}[]":, ')]) + data[at + 1 :]
    if kind == 3:
        return data[:at] + data[at + rng.randrange(1, 9) :]
    if kind == 4:
        return data[:at] + rng.randbytes(rng.randrange(1, 9)) + data[at:]
    end = min(len(data), at + rng.randrange(1, 40))
    return data[:at] + data[at:end] * 2 + data[end:]


def test_ten_thousand_spoiled_files_are_an_error_or_the_exact_network(tmp_path, monkeypatch):
    """망 하나에 500개씩. 그 가운데 열은 정말 파일로 쓰고, 나머지는 읽을 때 바꾸어 넣는다(쓰는 데 시간이 든다)."""
    rng, path, errors = random.Random(), tmp_path / 'net.json', 0
    read = Path.read_bytes
    for _ in range(20):
        net = MLP(2, [3, 2], 'tanh', 'linear', rng=rng)
        net.layers[0].neurons[0].w[0].data = Fraction(rng.randrange(-9, 9), 7)
        net.save(path)
        data = read(path)
        for number in range(500):
            wrong = spoiled(data, rng)
            if number < 10:
                path.write_bytes(wrong)
            monkeypatch.setattr(Path, 'read_bytes', read if number < 10 else lambda self, wrong=wrong: wrong)
            try:
                again = MLP.load(path)
            except SavedFileError as error:
                errors += str(path) in str(error)
            else:
                errors += 1
                assert content(again) == content(net)
    assert errors == 10_000


def edited(**changes):
    """머리말을 고치고 SHA-256 을 다시 셈한 파일."""
    def edit(document):
        del document['sha256']
        document.update(changes)
        return {**document, 'sha256': saving._digest(document)}

    return edit


def replaced(old, new):
    return lambda document: json.loads(json.dumps(document).replace(old, new))


@pytest.mark.parametrize(('spoil', 'match'), [
    (lambda data: b'', 'truncated'), (lambda data: data[:-1], 'truncated'), (lambda data: data[: len(data) // 2], 'truncated'),
    (lambda data: b'\xff' + data, 'damaged'), (lambda data: data.replace(b':', b';', 1), '1번째 줄 10번째 글자'),
    (lambda data: b'[' * 100_000, r'damaged|truncated'), (lambda data: b'1' * 5000, 'damaged'),
    (lambda data: b'{"a": 1}', 'foreign'), (lambda data: b'[1, 2]', 'foreign'),
    (lambda data: b'{"format": "micrograd_ko"}', 'foreign'),
    (lambda data: b'NaN', 'damaged'),
    (edited(version=2), 'newer'), (edited(kind='picture'), 'picture'), (replaced('"tanh"', '"relu"'), 'edited'),
    (replaced('"version": 1', '"version": 0'), 'edited'), (lambda data: data.replace(b'0.', b'1e999,0.', 1), 'damaged'),
])  # fmt: skip
def test_the_error_names_what_is_wrong(spoil, match, tmp_path):
    path = tmp_path / 'net.json'
    MLP(2, [2], 'tanh').save(path)
    data = path.read_bytes()
    try:
        path.write_bytes(spoil(data))
    except (TypeError, AttributeError, KeyError):
        path.write_text(json.dumps(spoil(json.loads(data))), encoding='utf-8')
    with pytest.raises(SavedFileError, match=match):
        MLP.load(path)


@pytest.mark.parametrize('path', [3, None, ['net.json']])
def test_what_is_no_path_is_not_a_damaged_file(path):
    for load in (MLP.load, saving.load_checkpoint):
        with pytest.raises(TypeError, match=r'경로\(path\)'):
            load(path)


def test_a_checkpoint_is_a_network_but_a_network_is_not_a_checkpoint(tmp_path):
    net, path = MLP(1, [1]), tmp_path / 'run.json'
    train.fit(net, [([1.0], 1.0)], losses.quadratic, epochs=2, lr=0.1, rng=0, checkpoint=path)
    assert content(MLP.load(path)) == content(net) and len(saving.load_checkpoint(path)) == 2
    net.save(path)
    with pytest.raises(SavedFileError, match='checkpoint'):
        train.fit(net, [([1.0], 1.0)], epochs=3, lr=0.1, resume=path)


KILLED = """
    import random, sys
    from micrograd_ko import MLP
    nets = [MLP(20, [30, 10], rng=random.Random(seed)) for seed in range(2)]
    nets[0].save(sys.argv[1])
    print('saving', flush=True)
    while True:
        for net in nets:
            net.save(sys.argv[1])
"""


def test_sigkill_in_the_middle_of_a_save_leaves_a_complete_file(tmp_path):
    path = tmp_path / 'net.json'
    whole = [content(MLP(20, [30, 10], rng=random.Random(seed))) for seed in range(2)]
    for _ in range(5):
        command = [sys.executable, '-c', textwrap.dedent(KILLED), str(path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, 'PYTHONPATH': str(ROOT)}) as child:
            child.stdout.readline()
            time.sleep(random.random() / 10)
            child.kill()
            child.communicate()
        assert content(MLP.load(path)) in whole


# 상태 -------------------------------------------------------------------------------------------------------------------

def test_a_state_dict_goes_to_another_network_of_the_same_shape():
    net, other = MLP(2, [2, 1], rng=random.Random(0)), MLP(2, [2, 1], rng=random.Random(1))
    state = net.state_dict()
    assert list(state)[:3] == ['w²₁₁', 'w²₁₂', 'b²₁'] and state['w²₁₂'] == net.layers[0].neurons[0].w[1].data
    other.load_state_dict(state)
    assert other.state_dict() == state
    other.load_state_dict({name: np.float64(x) for name, x in reversed(state.items())})
    assert {type(p.data) for p in other.parameters()} == {float}


def test_a_state_that_does_not_fit_changes_nothing():
    net = MLP(1, [1], rng=random.Random(0))
    before = net.state_dict()
    for state, error, match in (
        ({}, ValueError, r"모자란 것 \['b²₁', 'w²₁₁'\]"), ({**before, 'w³₁₁': 1.0}, ValueError, r"모르는 것 \['w³₁₁'\]"),
        ({**before, 'b²₁': 'x'}, TypeError, 'str'), ({**before, 'b²₁': Value(1.0)}, TypeError, 'Value'),
    ):  # fmt: skip
        with pytest.raises(error, match=match):
            net.load_state_dict(state)
    assert net.state_dict() == before


def test_matrices_and_back_are_the_same_network():
    """NumPy 행렬로 갔다가 돌아와도 같은 비트다."""
    net = MLP(3, [4, 2], 'tanh', 'linear', rng=random.Random(0))
    assert content(MLP.from_matrices(*net.matrices(), 'tanh', 'linear')) == content(net)


def _changed(network, **changes):
    return {'format': 'micrograd_ko', 'kind': 'network', 'version': 1, 'payload': {'network': network}} | changes


LAYER = {'activations': ['relu'], 'neurons': [[[[1.0, 2.0], 3.0]]]}


@pytest.mark.parametrize('document', [
    _changed(LAYER, version=None), _changed(LAYER, version='1'), _changed(LAYER, version=True), _changed(LAYER, version=0),
    _changed(LAYER, kind=None), _changed(LAYER, payload=[]), _changed(LAYER, payload={}), _changed([]),
    *[_changed(LAYER | {'activations': names}) for names in (['affine'], ['add'], [3], [[]], [], ['relu', 'relu'])],
    *[_changed(LAYER | {'neurons': neurons}) for neurons in ([], [[]], [[[[], 1.0]]])],
    *[_changed(LAYER | {'neurons': [[[[x, 2.0], 3.0]]]}) for x in ('1', None, [], True)],
    *[_changed(LAYER | {'neurons': [[[[{'#': text}, 2.0], 3.0]]]}) for text in ('0x1/0x0', 'zzz', 3, '')],
    {'format': 'micrograd_ko'},
])  # fmt: skip
def test_a_file_whose_digest_was_written_again_is_still_not_trusted(tmp_path, document):
    """SHA-256 까지 맞춘 파일도: 꼴이 다르면 날것의 오류가 아니라 SavedFileError 다."""
    path = tmp_path / 'net.json'
    text = json.dumps(document, sort_keys=True, separators=(',', ':'))
    path.write_text(json.dumps(document | {'sha256': hashlib.sha256(text.encode()).hexdigest()}))
    with pytest.raises(SavedFileError, match=r'net\.json'):
        MLP.load(path)


def test_a_subclass_that_cannot_be_made_so_is_not_the_fault_of_the_file(tmp_path):
    class Fixed(MLP):
        def __init__(self):
            super().__init__(2, [1])

    Fixed().save(tmp_path / 'net.json')
    with pytest.raises(TypeError, match='Fixed'):
        Fixed.load(tmp_path / 'net.json')
    assert type(MLP.load(tmp_path / 'net.json')) is MLP


@pytest.mark.parametrize('state', [None, [], 3])
def test_a_state_that_is_no_dictionary_is_refused(state):
    with pytest.raises(TypeError, match='state_dict'):
        MLP(2, [1]).load_state_dict(state)


# 다시 서명한 checkpoint -----------------------------------------------------------------------------------------------------

SAMPLES = [([0.1 * i, -0.2 * i], i % 2) for i in range(8)]
OPTIMIZERS = {
    'momentum': lambda ps: SGD(ps, 0.3, momentum=0.9), 'adam': lambda ps: Adam(ps, optim.exponential(0.1, 1.01)),
}  # fmt: skip
JUNK = st.one_of(
    st.sampled_from([None, True, False, 0, -1, 2, 10**30, 10**400, 0.5, -1e3, '', 'x', '0.5', 'eager', 'auto', 'replay/llvm']),
    st.sampled_from([[], {}, [1.0], ['x'], [[]], {'a': 1}, {'#': 'nan'}, {'#': 'inf'}, {'#': '0x1/0x3'}, {'#': 'zz'}, {'#': 3}]),
)


def resumed(kind, engine, path, net=None, **options):
    """(신경망, 최적화, 난수 발생기, 이어 배우는 일). 두 에포크를 배우고, 이어서는 세 에포크까지."""
    net = net or MLP(2, [3, 2], rng=random.Random(9))
    moving, rng = OPTIMIZERS[kind](net.parameters()), random.Random(7)
    return net, moving, rng, lambda epochs: train.fit(
        net, SAMPLES, losses.quadratic, epochs=epochs, batch_size=3, optimizer=moving, rng=rng, validation=SAMPLES[:3],
        engine=engine, **{'resume': path, **options},
    )  # fmt: skip


def forge(payload, draw):
    """payload 의 아무 데나 고친다: 다른 것을 놓거나, 지우거나, 두 번 적거나, 열쇠를 바꾼다. 얕은 곳도 깊은 곳만큼 고른다."""
    place = payload['history'] if draw(st.booleans()) else payload
    while True:
        keys = sorted(place) if isinstance(place, dict) else range(len(place))
        key = draw(st.sampled_from(keys))
        if isinstance(place[key], dict | list) and place[key] and draw(st.integers(0, 3)):
            place = place[key]
            continue
        change = draw(st.sampled_from(['put', 'put', 'put', 'drop', 'twice', 'rename']))
        if change == 'put':
            place[key] = draw(JUNK)
        elif change == 'drop':
            del place[key]
        elif isinstance(place, list):
            place.insert(key, place[key])
        else:
            place[f'{key}2'] = place.pop(key) if change == 'rename' else place[key]
        return


@pytest.mark.parametrize('engine', ['eager', 'replay'])
@pytest.mark.parametrize('kind', OPTIMIZERS)
@settings(max_examples=100, deadline=None)
@given(st.data())
def test_a_checkpoint_signed_again_resumes_or_is_refused_and_nothing_changes(tmp_path_factory, kind, engine, data):
    """내용을 고치고 SHA-256 을 다시 적은 파일: 적힌 형의 오류이고 신경망, 최적화, 난수가 그대로이거나, 이어 배운다."""
    path = tmp_path_factory.mktemp('forged') / 'run.json'
    first = MLP(2, [3, 2], rng=random.Random(0))
    resumed(kind, engine, None, first, checkpoint=path)[-1](2)
    document = json.loads(path.read_text(encoding='utf-8'))
    forge(document['payload'], data.draw)
    path.write_text(json.dumps(edited()(document)), encoding='utf-8')
    net, moving, rng, run = resumed(kind, engine, path)
    before = content(net), moving.state_dict(), rng.getstate()
    try:
        found, error = run(3), None
    except ValueError as wrong:
        found, error = None, wrong
    if error is None:
        assert [len(values) for values in found.measured] == [3] * 5 and moving.steps >= 3
        assert {type(x) for values in found.measured for x in values} == {float}
        assert len(found.state['best']) == len(found.state['parameters']) == len(net.parameters())
    else:
        assert (content(net), moving.state_dict(), rng.getstate()) == before
        named = type(error) is SavedFileError and str(error).startswith(f'{path}: ')
        assert named or (type(error) is ValueError and '그때와 다른 것으로' in str(error))
    try:
        assert type(MLP.load(path)) is MLP
    except SavedFileError as wrong:
        error = wrong
    assert error is None or type(error) is ValueError or str(error).startswith(f'{path}: ')
