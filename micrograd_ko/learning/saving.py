"""저장(saving): 신경망과 학습의 상태를 JSON 으로. 마지막 비트까지 같은 것을 되찾거나, 무엇이 잘못되었는지 알린다.

파일은 {"format", "kind", "version", "payload", "sha256"} 이고, sha256 은 나머지를 정해진 꼴(canonical)로 적은 글의 것이다.
글로 적힌 수만 읽으므로 아무것도 실행하지 않는다. float 는 되읽으면 같은 비트가 되는 십진수로, Fraction 과 큰 정수와 무한한 수는
{"#": 글} 로 적는다.
"""

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar

from micrograd_ko.learning.history import History
from micrograd_ko.nn import MLP
from micrograd_ko.operation import table
from micrograd_ko.writing.files import read, write_atomically

FORMAT, VERSION = 'micrograd_ko', 1
Net = TypeVar('Net', bound=MLP)


class SavedFileError(ValueError):
    """저장된 파일을 읽을 수 없다: 무엇이 잘못되었는지 알린다."""


def save(net: MLP, path: str | os.PathLike, history: History | None = None) -> Path:
    """신경망을 path 에, history 를 주면 이어 배우는 데 필요한 것까지(checkpoint). 있던 파일은 다 쓴 뒤에 바뀐다.

    표에 없는 활성화나 나누어 쓰는 파라미터가 있으면 ValueError.
    """
    payload, kind = {'network': _described(net)}, 'network'
    if history is not None:
        payload['history'], kind = asdict(history), 'checkpoint'
    document = {'format': FORMAT, 'kind': kind, 'version': VERSION, 'payload': _encoded(payload)}
    text = json.dumps({**document, 'sha256': _digest(document)}, ensure_ascii=False, allow_nan=False)
    return write_atomically(path, text.encode())


def load(path: str | os.PathLike, kind: type[Net]) -> Net:
    """`save` 나 checkpoint 가 쓴 신경망을 kind 의 것으로. 파일이 온전하지 않으면 SavedFileError."""
    data = read(path)
    with whole(path):
        network = _read(data, 'network', 'checkpoint')['network']
        net = _built(network, MLP)
    return net if type(net) is kind else _built(network, kind)  # 하위 형을 만들지 못하는 것은 파일 탓이 아니다


def load_checkpoint(path: str | os.PathLike) -> History:
    """checkpoint 의 기록: `fit(…, resume=…)` 에 준다. 파일이 온전하지 않으면 SavedFileError. 숫자들은 이어 배울 때 확인한다."""
    data = read(path)
    with whole(path):
        history = History(**_read(data, 'checkpoint')['history'])
        version, numbers, gauss = history.state['rng']
        history.state['rng'] = version, tuple(numbers), gauss
        if history.engine not in ('eager', 'replay') or not isinstance(history.state['plan'], dict):
            raise SavedFileError('학습의 기록(history)이 아닙니다(edited).')
        return history


@contextlib.contextmanager
def whole(path: Any, otherwise: str = '저장하는 꼴이 아닙니다(damaged, edited or foreign)') -> Iterator[None]:
    """path 에서 읽은 것을 쓰는 동안: 어떤 오류든 SavedFileError 다. SHA-256 까지 다시 적은 파일도 날것의 오류를 내지 않는다."""
    try:
        yield
    except SavedFileError as error:
        raise SavedFileError(f'{path}: {error}') from None
    except json.JSONDecodeError as error:
        cut = error.pos >= len(error.doc.rstrip()) or error.msg.startswith('Unterminated')
        where = f'{error.lineno}번째 줄 {error.colno}번째 글자에서 깨졌습니다(damaged)'
        raise SavedFileError(f'{path}: JSON 이 {"끝이 잘렸습니다(truncated)" if cut else where}.') from None
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError) as error:
        raise SavedFileError(f'{path}: {otherwise}: {type(error).__name__} {error}') from error


def _described(net: MLP) -> dict[str, Any]:
    activations = [{n.activation.name if n.activation in table.values() else None for n in layer.neurons} for layer in net.layers]
    if any(len(names) > 1 or None in names for names in activations):
        raise ValueError('활성화 함수가 층마다 하나이고 표에 있는 신경망만 저장합니다. ops.register(op) 로 먼저 등록하세요.')
    if len(set(net.parameters())) < len(net.parameters()):
        raise ValueError('여러 곳에서 나누어 쓰는(tied) 파라미터가 있는 신경망은 저장할 수 없습니다.')
    neurons = [[[[w.data for w in n.w], n.b.data] for n in layer.neurons] for layer in net.layers]
    return {'activations': [name for (name,) in activations], 'neurons': neurons}


def _built(network: dict[str, Any], kind: type[Net]) -> Net:
    layers, names = network['neurons'], network['activations']
    unknown = [name for name in names if name not in table or table[name].arity != 1]
    if unknown:
        raise SavedFileError(f'활성화 함수 {unknown[0]!r} 이(가) 표에 없습니다. ops.register(op) 로 먼저 등록하세요.')
    kept = iter([neuron for layer in layers for neuron in layer])
    net = kind(len(layers[0][0][0]), [len(layer) for layer in layers], init=lambda rng, nin: next(kept))
    for layer, name in zip(net.layers, names, strict=True):
        for neuron in layer.neurons:
            neuron.activation = table[name]
    return net


def _read(data: bytes, *kinds: str) -> dict[str, Any]:
    text = data.decode()
    document = json.loads(text)
    found, version, kind = document.pop('sha256', None), document.get('version'), document.get('kind')
    known = type(version) is int and version >= 1
    for wrong, what in (
        (found is None or document.get('format') != FORMAT, 'micrograd_ko 가 저장한 파일이 아닙니다(foreign)'),
        (known and version > VERSION, f'더 새로운 판 {version} 의 파일입니다(newer). {VERSION} 까지 읽습니다'),
        (found != _digest(document), '내용이 저장한 것과 다릅니다(edited or damaged). SHA-256 이 맞지 않습니다'),
        (not known, f'판(version) {version!r} 을(를) 모릅니다. 1 부터 {VERSION} 까지 읽습니다'),
        (kind not in kinds, f'{" 나 ".join(kinds)} 의 파일이 아니라 {kind} 의 파일입니다'),
    ):
        if wrong:
            raise SavedFileError(f'{what}.')
    return json.loads(text, object_hook=_decoded)['payload']


def _digest(document: Any) -> str:
    """정해진 꼴로 적은 글의 SHA-256. 무한한 수가 있으면 ValueError."""
    text = json.dumps(document, sort_keys=True, separators=(',', ':'), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _encoded(x: Any) -> Any:
    """JSON 으로 적을 수 있는 것으로: 수가 아닌 것은 그 모양대로."""
    if isinstance(x, dict):
        return {name: _encoded(part) for name, part in x.items()}
    if isinstance(x, list | tuple):
        return [_encoded(part) for part in x]
    if isinstance(x, Fraction):
        return {'#': f'{x.numerator:#x}/{x.denominator:#x}'}
    if isinstance(x, float) and x - x != 0:
        return {'#': repr(x)}
    return {'#': f'{x:#x}'} if type(x) is int and x.bit_length() > 1000 else x  # 긴 십진수는 json 이 읽지 않는다


def _decoded(x: dict[str, Any]) -> Any:
    """{'#': 글} 이면 그 수, 아니면 그대로."""
    if x.keys() != {'#'}:
        return x
    whole, slash, below = x['#'].partition('/')
    if slash:
        return Fraction(int(whole, 16), int(below, 16))
    return int(whole, 16) if 'x' in whole else float(whole)
