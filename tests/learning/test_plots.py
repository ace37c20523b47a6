"""그림: 그려진 것이 그 수인지, 글꼴과 설정, 주어진 축, 노트북."""

import base64
import random
import subprocess
import sys

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure

from micrograd_ko import MLP, History, diagnose, losses, plots, train

mpl.use('agg')
RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 2))
Y = (X[:, 0] * X[:, 1] > 0).astype(int)


@pytest.fixture(autouse=True)
def untouched():
    """어떤 그림도 matplotlib 의 설정을 바꾸지 않고, 새로 연 그림은 시험이 닫는다."""
    before = dict(mpl.rcParams)
    yield
    assert dict(mpl.rcParams) == before
    mpl.pyplot.close('all')


def network(seed=0, nouts=(5, 1)):
    return MLP(2, nouts, rng=random.Random(seed))


def ax():
    return Figure().subplots()


def test_the_curves_are_the_lists():
    history = train.fit(network(), (X, Y), losses.cross_entropy, epochs=4, lr=0.5, rng=0, validation=(X[:9], Y[:9]))
    given = ax()
    assert history.plot(given) is given
    loss, validation = given.lines
    assert loss.get_xdata().tolist() == [1, 2, 3, 4] and loss.get_ydata().tolist() == history.loss
    assert validation.get_ydata().tolist() == history.validation
    right = given.figure.axes[1]
    assert [line.get_ydata().tolist() for line in right.lines] == [history.accuracy, history.validation_accuracy]
    names = [text.get_text() for text in given.get_legend().get_texts()]
    assert names == ['학습 손실', '검증 손실', '학습 정확도', '검증 정확도'] or names[0] == 'training loss'
    plain = History('eager', '', loss=[1.0, 0.5], seconds=[0.1, 0.1])
    assert len(plain.plot(ax()).figure.axes) == 1


def test_the_boundary_is_what_the_network_answers():
    net = network(1)
    given = plots.boundary(net, (X, Y), losses.cross_entropy, ax())
    line = given.collections[-2].get_paths()[0].vertices  # 등고선, 그다음이 표본의 점
    for point in line[:: max(len(line) // 20, 1)]:
        # 격자 120칸 사이의 선형 보간: 두 번 미분이 1 쯤인 함수의 오차는 칸의 제곱(약 0.05²)에 못 미친다
        assert net(point.tolist()).data == pytest.approx(0.5, abs=0.0025)
    assert given.collections[-1].get_offsets().tolist() == X.tolist()
    three = MLP(2, [3], rng=random.Random(0))
    assert plots.boundary(three, (X, RNG.integers(0, 3, 40)), ax=ax()).collections
    with pytest.raises(ValueError, match='입력이 둘'):
        plots.boundary(MLP(3, [1]), [([1, 2, 3], 1)])


@pytest.mark.parametrize('classes', [[0, 1], [1], [0], [0, 1, 2], [0, 2], [1, 2], [2]])
def test_a_sample_has_the_colour_of_the_land_of_its_class(classes):
    """클래스가 하나뿐이거나 빠져 있어도. 출력이 하나면 둘째 클래스의 땅이 빨강 쪽이다."""
    single = max(classes) < 2
    net = MLP(2, [4, 1 if single else 3], output='sigmoid' if single else 'linear', rng=0)
    labels = np.array([classes[i % len(classes)] for i in range(len(X))])
    land, *_, dots = plots.boundary(net, (X, labels), ax=ax()).collections
    ground = [land.cmap(land.norm(k)) for k in (0, 1, 2)]
    for label, colour in zip(labels, dots.to_rgba(dots.get_array()), strict=True):
        red, _, blue, _ = colour
        assert (red > blue) == bool(label) if single else tuple(colour)[:3] == ground[label][:3]


@pytest.mark.parametrize('bias', [0.2, -0.2])
@pytest.mark.parametrize('loss', [losses.quadratic, losses.hinge])
def test_the_land_of_a_single_output_is_red_only_beyond_the_threshold(bias, loss):
    """어디서나 한 클래스라고 답하는 신경망의 땅은 한 빛깔이다."""
    output = 'sigmoid' if loss is losses.quadratic else 'linear'
    net = MLP.from_matrices([[[0.01, 0.01]]], [[bias]], output=output)
    land = plots.boundary(net, (X, Y if loss is losses.quadratic else 2 * Y - 1), loss, ax()).collections[0]
    colours = land.cmap(land.norm(land.get_array()))
    assert (np.sign(colours[:, 0] - colours[:, 2]) == np.sign(bias)).all()


def test_the_surface_holds_the_path_and_its_heights():
    net, path = network(), []
    path.append([p.data for p in net.parameters()])
    train.fit(net, (X, Y), epochs=5, lr=2.0, rng=0, callbacks=[lambda net, _: path.append([p.data for p in net.parameters()])])
    given = plots.surface(net, (X, Y), path=path, ax=ax(), size=15)
    walked, end = [np.array(line.get_xydata()) for line in given.lines]
    assert len(walked) == len(path) + 1 and np.allclose(walked[-1], 0) and np.allclose(end, 0)
    steps = np.linalg.norm(np.diff(np.array(path), axis=0), axis=1)
    shown = np.linalg.norm(np.diff(walked[:-1], axis=0), axis=1)
    assert np.all(shown <= steps + 1e-9) and shown.sum() > 0.5 * steps.sum()  # 평면에 내린 그림자다
    assert plots.surface(net, (X, Y), ax=ax(), size=5).collections
    assert [p.data for p in net.parameters()] == path[-1]
    assert plots.surface(net, (X, Y), ax=ax(), size=5, rng=random.Random(0)).collections
    with pytest.raises(TypeError, match='rng'):
        plots.surface(net, (X, Y), ax=ax(), rng='0')
    with pytest.raises(ValueError, match='path 의 행마다 길이'):
        plots.surface(net, (X, Y), path=[[1.0, 2.0]], ax=ax())


def test_a_diagnosis_that_stopped_has_no_layers_to_plot():
    net = network()
    net.parameters()[0].data = float('nan')
    with pytest.raises(ValueError, match='층이 없습니다'):
        diagnose(net, (X, Y)).plot()


def test_the_histograms_of_a_diagnosis():
    found = diagnose(network(), (X, Y))
    grid = found.plot()
    assert grid.shape == (2, 2)
    for column, facts in zip(grid.T, found.layers, strict=True):
        for place, values in zip(column, (facts.outputs, facts.deltas), strict=True):
            assert sum(bar.get_height() for bar in place.patches) == values.size
    given = Figure().subplots(2, 2)
    assert found.plot(given) is given


def test_a_notebook_shows_a_picture_and_the_text():
    history = train.fit(network(), (X, Y), epochs=2, lr=0.5, rng=0)
    bundle = history._repr_mimebundle_()
    assert bundle['text/plain'] == str(history) and bundle['image/svg+xml'].startswith('<?xml')
    assert base64.b64decode(bundle['image/png']).startswith(b'\x89PNG')  # 믿지 않는(untrusted) 노트북은 SVG 를 보이지 않는다
    assert not mpl.pyplot.get_fignums()  # 노트북의 그림은 열린 그림이 아니다


def test_labels_are_korean_only_where_a_font_has_them(monkeypatch):
    monkeypatch.setattr(plots, '_korean_font', list)
    assert plots.curves(History('eager', '', loss=[1.0], seconds=[0.1])).get_xlabel() == 'epoch'
    monkeypatch.setattr(plots, '_korean_font', lambda: ['NanumGothic'])
    assert plots.curves(History('eager', '', loss=[1.0], seconds=[0.1])).get_xlabel() == '에포크 (epoch)'


def test_without_matplotlib_there_is_a_sentence_and_the_history_still_prints():
    code = (
        "import sys; sys.modules['matplotlib'] = None\n"
        'from micrograd_ko import History\n'
        "history = History('eager', '', loss=[1.0], seconds=[0.1])\n"
        'print(list(history._repr_mimebundle_()))\n'
        'history.plot()'
    )
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, encoding='utf-8', check=False)
    assert done.stdout == "['text/plain']\n" and "pip install 'micrograd_ko[plot]'" in done.stderr.splitlines()[-1]
