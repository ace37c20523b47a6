"""examples/microgpt.py: 원-핫 입력과 자리의 무게로, 프로그램 하나가 어떤 이름이든 그것만 기록한 손실과 기울기를 준다."""

import random
import runpy
from pathlib import Path

import numpy as np
import pytest

from micrograd_ko import Value, compile_graph

EXAMPLES = Path(__file__).parents[2] / 'examples'
KEYS = {'query': 'q', 'key': 'k', 'value': 'v', 'mix': 'o'}  # microgpt.py 의 이름 → microgpt_step.py 의 이름


@pytest.fixture(scope='module')
def gpt():
    """(microgpt.py 의 이름들, 행렬들, 프로그램)."""
    module = runpy.run_path(str(EXAMPLES / 'microgpt.py'))
    matrix = module['parameters'](random.Random(3))
    return module, matrix, module['recorded'](matrix)


def test_any_name_as_if_recorded_alone(gpt):
    """글자를 번호로 고르고 자리마다 따로 쌓는 대본(microgpt_step.py)으로 기록해 역전파한 것과 같다."""
    module, matrix, program = gpt
    plain = runpy.run_path(str(EXAMPLES / 'microgpt_step.py'))['step_loss']
    renamed = {KEYS.get(key, key): rows for key, rows in matrix.items()}
    names = ['a', 'ann', 'olivia', 'zzzzzzz']
    losses, gradients = [], []
    for name in names:
        for p in program.parameters:
            p.grad = 0
        loss = plain(renamed, name)
        loss.backward()
        losses.append(loss.data)
        gradients.append([p.grad for p in program.parameters])
        assert program.loss(module['encoded']([name])) == pytest.approx(loss.data, rel=1e-13)
        found = program.gradient(module['encoded']([name]), write=False)
        assert np.allclose(found, gradients[-1], rtol=1e-9, atol=1e-13 * np.abs(gradients[-1]).max())
    together = program.gradient(module['encoded'](names), write=False)
    assert np.allclose(together, np.mean(gradients, axis=0), rtol=1e-9, atol=1e-13)
    assert program.loss(module['encoded'](names)) == pytest.approx(np.mean(losses), rel=1e-13)


def test_what_comes_after_the_end_of_a_name_changes_nothing(gpt):
    """무게가 0 인 자리에는 어떤 글자가 와도 같은 비트다: 앞 자리는 뒤 자리를 보지 않는다."""
    module, _, program = gpt
    letters, targets, weights = module['encoded'](['bo'])
    expected = program.gradient((letters, targets, weights), write=False)
    letters.reshape(16, 27)[3:, 5] = targets.reshape(16, 27)[3:, 7] = 1
    assert (program.gradient((letters, targets, weights), write=False) == expected).all()


def test_a_number_for_a_letter_or_a_shift_by_data_is_refused(gpt):
    """대본 그대로(번호로 고르기, max(z.data)) 기록하면 무엇을 대신 적을지 말한다."""
    _, matrix, _ = gpt
    token, logits = Value(0.0), [Value(0.0), Value(0.0)]

    def looked_up(t):
        return sum(matrix['token'][int(t.data)])

    def shifted(*zs):
        top = max(z.data for z in zs)
        return sum((z - top).exp() for z in zs)

    with pytest.raises(ValueError, match=r'파라미터.*원-핫'):
        compile_graph(looked_up, [token], matrix['token'][0] + matrix['token'][1], samples=[[0.0], [1.0]])
    with pytest.raises(ValueError, match=r'상수.*v\.data 대신 v'):
        compile_graph(shifted, logits, [], samples=[[0.0, 1.0], [3.0, 1.0]])
