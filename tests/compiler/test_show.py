"""print(program): 노트의 표기법으로 행렬이 보인다."""

import io
import random
import sys

import pytest
from test_lowering import attention_block, network

from micrograd_ko import MLP, Value, compile_graph, losses, ops
from micrograd_ko.writing.console import survive


def test_a_network_prints_as_the_note_writes_it():
    text = str(MLP(2, [2, 1], rng=random.Random(0)).compile())
    assert text.splitlines() == [
        '입력 3 (2 + 1), 파라미터 9, 명령 7개 (기록된 노드 22개)',
        '  z² = W²·a¹ + b²     2×2',
        '  a² = sigmoid(z²)    2',
        '  z³ = W³·a² + b³     1×2',
        '  a³ = sigmoid(z³)    1',
        '  v¹ = a³ - y         1',
        '  v² = v¹ ⊙ v¹        1',
        '  C = v² / 2          1',
    ]


def test_the_matrices_come_back_from_plain_code():
    """이름 없이 + 와 * 로 적은 망도 같은 모습이다. 잔차는 더해지고, 편향이 없으면 없다."""
    loss, x, y, parameters, outputs = network([3, 3, 2], 'sum of x*w', residual=True)
    lines = [line.split('   ')[0].strip() for line in str(compile_graph(loss, (x, y), parameters, outputs)).splitlines()[1:]]
    assert lines[:4] == ['z² = W²·x + b² + x', 'a² = sigmoid(z²)', 'z³ = W³·a² + b³', 'a³ = sigmoid(z³)']
    loss, x, y, parameters, _ = network([3, 3], 'no bias')
    assert 'z² = W²·x ' in str(compile_graph(loss, (x, y), parameters))


def test_every_kind_of_operand_has_a_name():
    """상수는 수로, 파라미터는 이름이나 번호로, 행의 일부는 번호로, 나머지 연산은 이름으로."""
    x, w, named = [Value(1.0) for _ in range(5)], Value(2.0), Value(3.0, '온도')
    loss = ops.logsumexp([x[0] * 2.5, x[3] - named, ops.maximum(x[1], w)])
    loss = loss + (-x[4]) ** 3 + ops.total([x[0].tanh(), x[2].tanh(), x[4].tanh()]) + ops.select(x[0], x[1], 7)
    loss = loss + ops.total(x[1:4]).exp() + ops.logsumexp([x[4], x[2], x[0], x[3]])
    text = str(compile_graph(loss, x, [w, named]))
    expected = 'x₁ ⊙ 2.5|x₄ - 온도|maximum(x₂, θ₁)|**3|-x₅|tanh([x₁, x₃, x₅])|select(x₁, x₂, 7)|logsumexp(['
    expected += '|total(x₂…₄)|logsumexp([x₅, x₃, x₁, …])'
    assert [part for part in expected.split('|') if part not in text] == []


def test_a_large_program_is_cut_and_says_how_much():
    x = a = Value(0.5)
    for _ in range(300):
        a = a.sin()
    lines = str(compile_graph(a, [x], [])).splitlines()
    assert len(lines) == 102
    assert lines[-1].strip() == '… 명령 200개 더'


@pytest.mark.parametrize('encoding', ['cp949', 'utf-8'])
def test_the_text_is_the_same_whatever_the_console(encoding, monkeypatch):
    """글은 프로그램만으로 정해진다. 콘솔이 적지 못하는 글자는 다른 글처럼 콘솔(`survive`)이 바꾼다."""
    loss, inputs, parameters = attention_block(8, 2, 2)
    programs = [compile_graph(loss, inputs, parameters), MLP(3, [12, 2], rng=random.Random(0)).compile(losses.cross_entropy)]
    texts = list(map(str, programs))
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    survive(stream)
    monkeypatch.setattr(sys, 'stdout', stream)
    assert list(map(str, programs)) == texts
    print(*texts)
    stream.flush()
    assert '?' not in stream.buffer.getvalue().decode(encoding)


def test_repr_is_one_line():
    assert repr(MLP(2, [2, 1], rng=random.Random(0)).compile()) == (
        '<Program: 입력 3, 파라미터 9, 명령 7 (dense 2, sigmoid 2, sub 1, mul 1, div 1)>'
    )
