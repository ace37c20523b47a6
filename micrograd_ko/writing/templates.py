"""글의 틀(template): 바뀌는 수가 들어갈 자리(hole)를 품은 글.

자리에는 지금의 글과, 페이지가 그 글을 다시 짓는 자바스크립트 식이 나란히 들어 있다. 틀은 보통의 글이라 f'{…}' 로 잇고 접어도
자리가 남는다. 파이썬은 지금의 글로 채우고(`filled`), 페이지는 식으로 채운다(`scripted`).
"""

import functools
import itertools
import json
import re
from collections.abc import Callable
from typing import Any

from micrograd_ko.kinds.live import Live

OPEN, BAR, CLOSE = '\ue000', '\ue001', '\ue002'  # 사용자 영역의 문자
MARKS = f'[{OPEN}{BAR}{CLOSE}]'  # 이름에 있던 것은 U+FFFD 가 된다: 보이는 이름(`labels.shown`)에서도, 그대로 둘 글(`kept`)에서도
_HOLE = re.compile(f'{OPEN}([^{BAR}]*){BAR}([^{CLOSE}]*){CLOSE}')
_KEPT = re.compile(f'{OPEN}([^{BAR}]*){BAR}{CLOSE}')


def hole(now: str, script: str) -> str:
    """자리 하나. now 는 지금의 글, script 는 글을 내는 자바스크립트 식."""
    return f'{OPEN}{now}{BAR}{script}{CLOSE}'


def kept(text: str) -> str:
    """그대로 둘 글(노드의 이름): 식이 없는 자리라 페이지에서 바뀌지 않고, 자리라서 옮기거나 다듬는 일이 지나친다."""
    return text and hole(re.sub(MARKS, '\ufffd', text), '')


def is_template(text: str) -> bool:
    """글에 바뀌는 자리가 있는가."""
    return OPEN in _KEPT.sub('', text)


def filled(template: str) -> str:
    """지금의 글로 채운 글."""
    return _HOLE.sub(r'\1', template)


def scripted(template: str) -> str:
    """틀을 짓는 자바스크립트 식. 자리가 없으면 글 하나다. `<script>` 안에 넣어도 글로만 읽힌다."""
    pieces = _HOLE.split(_KEPT.sub(r'\1', template))  # 글, 지금의 글, 식, 글, …
    pairs = itertools.zip_longest(map(_literal, pieces[::3]), pieces[2::3], fillvalue='""')
    return '+'.join([x for x in itertools.chain.from_iterable(pairs) if x != '""']) or '""'


def _literal(text: str) -> str:
    return json.dumps(text).replace('<', r'\u003c')


def outside(template: str, change: Callable[[str], str]) -> str:
    """자리 밖의 글만 바꾼 틀."""
    pieces = _HOLE.split(template)
    holes = map(hole, pieces[1::3], pieces[2::3])
    return ''.join([change(pieces[0]), *[x + change(after) for x, after in zip(holes, pieces[3::3], strict=True)]])


def unopened(template: str, change: Callable[[str], str]) -> str:
    """자리를 열어 보지 않고 글을 통째로 바꾼 틀. change 에게 자리는 차례를 적은 한 낱말이다."""
    holes = [found[0] for found in _HOLE.finditer(template)]
    places = itertools.count()
    changed = change(_HOLE.sub(lambda _: f'{OPEN}{next(places)}{CLOSE}', template))
    return re.sub(f'{OPEN}(\\d+){CLOSE}', lambda found: holes[int(found[1])], changed)


def alike(function: Callable[..., str]) -> Callable[..., str]:
    """글을 글로 바꾸는 함수를 틀에도. 페이지에 같은 일을 하는 같은 이름의 함수가 있다(`scripts/texts.js`)."""

    @functools.wraps(function)
    def changed(*parts: str) -> str:
        if OPEN not in ''.join(parts):
            return function(*parts)
        script = f'{function.__name__}({",".join(map(scripted, parts))})' if any(map(is_template, parts)) else ''
        return hole(function(*map(filled, parts)), script)

    return changed


def when(condition: Any, then: str, otherwise: str = '') -> str:
    """condition(참·거짓이나 `Live`)이 참이면 then, 아니면 otherwise."""
    if not isinstance(condition, Live):
        return then if condition else otherwise
    now = filled(then if condition.value else otherwise)
    return hole(now, f'({condition.script}?{scripted(then)}:{scripted(otherwise)})')
