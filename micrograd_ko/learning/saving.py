"""저장(saving): 신경망과 학습의 상태를 JSON 으로. 마지막 비트까지 같은 것을 되찾거나, 무엇이 잘못되었는지 알린다.

파일은 {"format", "kind", "version", "payload", "sha256"} 이고, sha256 은 나머지를 정해진 꼴(canonical)로 적은 글의 것이다.
글로 적힌 수만 읽으므로 아무것도 실행하지 않는다. float 는 되읽으면 같은 비트가 되는 십진수로, Fraction 과 큰 정수와 무한한 수는
{"#": 글} 로 적는다.
"""

import hashlib
import json
import os
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar

from micrograd_ko.learning.history import History
from micrograd_ko.nn import MLP
from micrograd_ko.operation import table
from micrograd_ko.writing.files import write_atomically

FORMAT, VERSION = 'micrograd_ko', 1
Net = TypeVar('Net', bound=MLP)


class SavedFileError(ValueError):
    """저장된 파일을 읽을 수 없다: 무엇이 잘못되었는지 알린다."""


def save(net: MLP, path: str | os.PathLike) -> Path:
    """신경망을 path 에. 있던 파일은 다 쓴 뒤에 바뀐다. 표에 없는 활성화나 나누어 쓰는 파라미터가 있으면 ValueError."""
    return _write(path, 'network', {'network': _described(net)})


def load(path: str | os.PathLike, kind: type[Net]) -> Net:
    """`save` 나 checkpoint 가 쓴 신경망을 kind 의 것으로. 파일이 온전하지 않으면 SavedFileError."""
    return _built(_read(path, ('network', 'checkpoint'))['network'], kind, path)


def save_checkpoint(path: str | os.PathLike, net: MLP, history: History) -> Path:
    """학습의 상태를 path 에: 신경망과 기록, 이어 배우는 데 필요한 것 모두."""
    return _write(path, 'checkpoint', {'network': _described(net), 'history': asdict(history)})


def load_checkpoint(path: str | os.PathLike) -> History:
    """checkpoint 의 기록: `fit(…, resume=…)` 에 준다. 파일이 온전하지 않으면 SavedFileError."""
    history = History(**_read(path, ('checkpoint',))['history'])
    version, numbers, gauss = history.state['rng']
    history.state['rng'] = version, tuple(numbers), gauss
    return history


def _described(net: MLP) -> dict[str, Any]:
    activations = [{n.activation.name if n.activation in table.values() else None for n in layer.neurons} for layer in net.layers]
    if any(len(names) > 1 or None in names for names in activations):
        raise ValueError('활성화 함수가 층마다 하나이고 표에 있는 신경망만 저장합니다. ops.register(op) 로 먼저 등록하세요.')
    if len(set(net.parameters())) < len(net.parameters()):
        raise ValueError('여러 곳에서 나누어 쓰는(tied) 파라미터가 있는 신경망은 저장할 수 없습니다.')
    neurons = [[[[w.data for w in n.w], n.b.data] for n in layer.neurons] for layer in net.layers]
    return {'activations': [name for (name,) in activations], 'neurons': neurons}


def _built(network: dict[str, Any], kind: type[Net], path: str | os.PathLike) -> Net:
    layers, names = network['neurons'], network['activations']
    unknown = [name for name in names if name not in table]
    if unknown:
        raise SavedFileError(f'{path}: 활성화 함수 {unknown[0]!r} 이(가) 표에 없습니다. ops.register(op) 로 먼저 등록하세요.')
    kept = iter([neuron for layer in layers for neuron in layer])
    net = kind(len(layers[0][0][0]), [len(layer) for layer in layers], init=lambda rng, nin: next(kept))
    for layer, name in zip(net.layers, names, strict=True):
        for neuron in layer.neurons:
            neuron.activation = table[name]
    return net


def _write(path: str | os.PathLike, kind: str, payload: dict[str, Any]) -> Path:
    document = {'format': FORMAT, 'kind': kind, 'version': VERSION, 'payload': _encoded(payload)}
    text = json.dumps({**document, 'sha256': _digest(document)}, ensure_ascii=False, allow_nan=False)
    return write_atomically(path, text.encode())


def _read(path: str | os.PathLike, kinds: tuple[str, ...]) -> dict[str, Any]:
    data = Path(path).read_bytes()
    try:
        document = json.loads(data.decode())
        found = document.pop('sha256', None) if isinstance(document, dict) and document.get('format') == FORMAT else None
        digest = _digest(document)
    except json.JSONDecodeError as error:
        cut = error.pos >= len(error.doc.rstrip()) or error.msg.startswith('Unterminated')
        what = '끝이 잘렸습니다(truncated)' if cut else f'{error.lineno}번째 줄 {error.colno}번째 글자에서 깨졌습니다(damaged)'
        raise SavedFileError(f'{path}: JSON 이 {what}.') from None
    except (ValueError, RecursionError) as error:
        raise SavedFileError(f'{path}: 읽을 수 없는 글입니다(damaged): {error}') from None
    if found is None:
        raise SavedFileError(f'{path}: micrograd_ko 가 저장한 파일이 아닙니다(foreign).')
    if type(document.get('version')) is int and document['version'] > VERSION:
        raise SavedFileError(f'{path}: 더 새로운 판 {document["version"]} 의 파일입니다(newer). {VERSION} 까지 읽습니다.')
    if found != digest:
        raise SavedFileError(f'{path}: 내용이 저장한 것과 다릅니다(edited or damaged). SHA-256 이 맞지 않습니다.')
    if document['kind'] not in kinds:
        raise SavedFileError(f'{path}: {" 나 ".join(kinds)} 의 파일이 아니라 {document["kind"]} 의 파일입니다.')
    return _decoded(document['payload'])


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


def _decoded(x: Any) -> Any:
    if isinstance(x, list):
        return [_decoded(part) for part in x]
    if not isinstance(x, dict):
        return x
    if x.keys() != {'#'}:
        return {name: _decoded(part) for name, part in x.items()}
    whole, slash, below = x['#'].partition('/')
    if slash:
        return Fraction(int(whole, 16), int(below, 16))
    return int(whole, 16) if 'x' in whole else float(whole)
