"""한 점에서의 판정: f 를 기록하고, 200자리로 다시 계산하고, 입력마다 판정한다. 판정의 뜻은 `gradcheck` 에 있다."""

import functools
import math
from collections.abc import Callable
from typing import Any

from micrograd_ko.engine import Value
from micrograd_ko.graph import above
from micrograd_ko.kinds.bounds import Bounded
from micrograd_ko.kinds.fitting import RuleError
from micrograd_ko.kinds.precise import MP, exact
from micrograd_ko.number import Number
from micrograd_ko.operation import EDGE_ERRORS
from micrograd_ko.reverse import bounded_sweep
from micrograd_ko.testing.differences import Slopes
from micrograd_ko.testing.float_differences import NOTICEABLE, RESOLVED, judged
from micrograd_ko.testing.local_rules import (
    LOCAL_AGREEMENT,
    Local,
    is_exact,
    local_differences,
    local_rules,
    replay_noise,
    rule_gradient,
)
from micrograd_ko.testing.recorded import Recording, departure, overwritten, precise_replay, repeats
from micrograd_ko.testing.verdicts import Verdict

__tracebackhide__ = True  # pytest 는 사용자의 코드만 보인다
STRICT = MP.mpf(10) ** -20  # 상수가 정확한 규칙의 200자리 기울기와 차분이 다를 수 있는 상대 크기
NEGLIGIBLE = MP.mpf(10) ** -50  # 차분의 오차가 이보다 작거나, 함수의 변화에 견주어 STRICT 보다 작으면 0 과 구별하지 않아도 된다
UNDERFLOW = MP.mpf(2) ** -1022  # 이보다 작은 차이는 float 에 적을 수 없다
SILENT = Bounded(math.nan)  # 아무 말도 하지 않는 한계


class Point:
    """f 를 한 점에서 기록한 것과, 입력마다 판정하는 데 드는 것.

    numbers, adjoints  200자리로 다시 계산한 값과, 규칙을 따른 기울기. 다시 계산할 수 없으면 기록된 float 를 그대로 놓은 것.
    values, bounds     값과 기울기의 오차 한계. 그래프에 float 만 다루는 연산이 있으면 비어 있다.
    trouble            그래프가 f 라고 믿을 수 없는 까닭, 없으면 빈 글.
    """

    def __init__(self, f: Callable[..., Value], xs: list[Number], names: list[str]) -> None:
        self.f, self.xs, self.recording = f, xs, Recording(f, xs, names)
        order = self.recording.order
        self.recording.root.backward()
        only_floats = False
        try:
            self.numbers, self.trouble = precise_replay(order), overwritten(self.recording, xs)
        except (RuleError, *EDGE_ERRORS) as error:
            self.numbers, self.trouble = {node: exact(node.data) for node in order}, str(error)
            only_floats = isinstance(error, RuleError)
        self.values, self.bounds = ({}, {}) if only_floats else bounded_sweep(order)
        self.repeats = repeats(f, xs, self.recording)
        self.rules = local_rules(order, self.numbers)
        self.adjoints = rule_gradient(order, self.rules)

    def verdict(self, i: int) -> Verdict:
        """i 번째 입력의 판정. 옳다고 할 수 없으면 경로에 틀린 규칙이 있는지 노드마다 본다."""
        leaf, x = self.recording.leaves[i], self.xs[i]
        expected, verdict, note = self._found(i)
        guilty = '' if verdict in ('ok', 'wrong') else self._guilty(leaf)
        return Verdict(leaf.name, x, leaf.grad, expected, *(('wrong', guilty) if guilty else (verdict, note)))

    def agrees(self, i: int, slope: 'Point') -> bool:
        """i 번째 기울기가, `grad` 로 지은 같은 기울기의 그래프 slope 의 값과 같은가."""
        leaf, root = self.recording.leaves[i], slope.recording.root
        one, other = self.adjoints.get(leaf, MP.mpf(0)), slope.numbers[root]
        allowed = (RESOLVED if self.trouble or slope.trouble else LOCAL_AGREEMENT) * max(abs(one), abs(other))
        if self.trouble or slope.trouble or not self._exact:  # 200자리의 두 값이 아니거나, 식에 float 상수가 있다
            allowed += slope._noise() + (self._bound(leaf).known or 0.0)
        return not abs(one - other) > allowed

    def _found(self, i: int) -> tuple[Any, str, str]:
        """(참값, 판정, 까닭)."""
        if self.xs[i] - self.xs[i] != 0:
            return None, 'noisy', '입력이 유한하지 않아 기울기를 판정할 수 없습니다.'
        if not self.repeats:
            return None, 'noisy', '같은 입력에서 다시 불러도 그래프가 다릅니다: 결정적(deterministic)이지 않은 함수'
        why = self.trouble or departure(self.f, self.xs, i, self.recording)
        if why:
            return *judged(self._along(i), float(self.xs[i]), float(self.recording.leaves[i].grad), self._noise()), why
        if self.recording.leaves[i] not in self.recording.row:
            return 0.0, 'ok', '결과가 이 입력에 매이지 않습니다.'
        slopes = self.recording.slopes(i, replay_noise(self.numbers, self.rules, self.adjoints))
        return slopes.shown, *self._by_slopes(i, slopes)

    def _along(self, i: int) -> Callable[[float], float]:
        """i 번째 입력만의 float 함수."""
        return lambda x: float(self.f(*[Value(x if k == i else other) for k, other in enumerate(self.xs)]).data)

    def _noise(self) -> float:
        """f 의 값의 반올림 가운데 오차 한계가 아는 것."""
        return self.values.get(self.recording.root, SILENT).known or 0.0

    @functools.cached_property
    def _exact(self) -> bool:
        """모든 연산의 식이 200자리에서 정확한가."""
        return all(is_exact(node.op) for node in self.recording.order)

    def _bound(self, leaf: Value) -> Bounded:
        return self.bounds.get(leaf, SILENT)

    # 200자리로 ----------------------------------------------------------------------------------------------------------

    def _by_slopes(self, i: int, slopes: Slopes) -> tuple[str, str]:
        """backward 는 규칙을 따랐는가, 규칙은 함수의 기울기인가, 그 float 는 참값에 가까운가."""
        leaf = self.recording.leaves[i]
        if leaf.grad - leaf.grad != 0:
            return self._not_finite(leaf, slopes)
        rule, found = self.adjoints[leaf], exact(leaf.grad)
        if not MP.isfinite(rule) or slopes.vertical is not None:
            return 'noisy', '정의역의 끝이 경로에 있어 기울기를 정할 수 없습니다.'
        rounded = STRICT * abs(rule) + NEGLIGIBLE * self.recording.variation(i)  # 지워져 0 이 된 정확한 기울기 곁의 200자리
        if abs(found - rule) > rounded and not self._bound(leaf).explains(float(found - rule)):
            return 'wrong', f'backward() 가 규칙을 따른 값 {float(rule)!r} 에서 반올림보다 멀리 있습니다.'
        if slopes.kink:
            return self._precise('kink', leaf, rule, i) if slopes.between(rule) else self._disputed(leaf, clear=True)
        return self._smooth(i, leaf, slopes)

    def _smooth(self, i: int, leaf: Value, slopes: Slopes) -> tuple[str, str]:
        rule, truth = self.adjoints[leaf], slopes.central
        if truth is None:
            return 'noisy', '차분이 자리를 잡지 않습니다.'
        gap, size = abs(rule - truth), max(abs(rule), abs(truth))
        same = gap <= STRICT * size + slopes.uncertainty
        if not same and not self._constants_explain(i, leaf, gap):
            return self._disputed(leaf, clear=gap > RESOLVED * size)
        if slopes.uncertainty > max(RESOLVED * abs(truth), NEGLIGIBLE, STRICT * self.recording.variation(i)):
            return 'noisy', '200자리로도 차분이 반올림에 묻힙니다.'
        return self._precise('ok', leaf, rule if same else truth, i)  # 차분과 같으면 규칙의 값에는 차분의 오차가 없다

    def _precise(self, verdict: str, leaf: Value, truth: Any, i: int) -> tuple[str, str]:
        """규칙이 옳을 때: 참값에서 눈에 띄게 먼가. 기울기보다 큰 오차도 함수의 변화에 견주어 작으면 괜찮다."""
        gap, known = abs(exact(leaf.grad) - truth), self._bound(leaf).known
        if gap <= max(NOTICEABLE * abs(truth), UNDERFLOW):
            return verdict, ''
        if known is not None and gap <= NOTICEABLE * self.recording.variation(i):
            return verdict, f'규칙은 옳고 차이는 반올림으로 설명됩니다(한계 {known:.2g}).'
        promised = '오차 한계도 약속하는 것이 없습니다' if known is None else f'오차 한계는 {known:.2g} 입니다'
        return 'imprecise', f'규칙은 옳지만 반올림이나 넘침(overflow)이 기울기의 자리를 삼켰습니다. {promised}.'

    def _constants_explain(self, i: int, leaf: Value, gap: Any) -> bool:
        """규칙과 차분의 차이가, 사용자의 연산에 적힌 float 상수의 반올림인가."""
        known = self._bound(leaf).known
        if known is None or gap > 2 * known or self._exact:
            return False
        return bool(gap <= NOTICEABLE * max(self.recording.variation(i), abs(self.adjoints[leaf])))

    def _not_finite(self, leaf: Value, slopes: Slopes) -> tuple[str, str]:
        """nan 이나 inf 인 기울기: 참값이 그런가, 값이나 도중의 수가 넘쳤는가. 그것도 아니면 틀렸다."""
        gradient: Any = leaf.grad
        if slopes.vertical is not None and not math.isnan(gradient):
            right = slopes.vertical * gradient > 0
            return ('ok', '기울기가 무한한 점입니다.') if right else ('wrong', '무한한 기울기의 부호가 반대입니다.')
        value = self.recording.root.data
        if value - value != 0:
            return 'imprecise', f'함수의 값이 {value!r} 이라 기울기도 수가 아닙니다.'
        if slopes.central is None and not slopes.kink:
            return 'noisy', '정의역의 끝이 경로에 있어 기울기를 정할 수 없습니다.'
        if slopes.central is not None and float(slopes.central) == gradient:
            return 'ok', '기울기가 float 의 범위를 넘습니다(overflow).'
        rule, truth = self.adjoints[leaf], slopes.central
        if truth is not None and MP.isfinite(rule) and abs(rule - truth) <= STRICT * abs(truth) + slopes.uncertainty:
            return 'imprecise', f'규칙은 옳지만 도중의 수가 float 의 범위를 넘어(overflow) 기울기가 {gradient!r} 입니다.'
        start: Any = next(node for node in reversed(self.recording.order) if any(p.grad - p.grad != 0 for p in node.parents))
        return 'wrong', f'유한한 함수의 기울기가 {gradient!r} 입니다. {start.op.name} 의 미분에서 시작됩니다 ({start!r}).'

    # 노드마다 -----------------------------------------------------------------------------------------------------------

    @functools.cached_property
    def _locals(self) -> list[Local]:
        return local_differences(self.recording.order, self.numbers, self.rules)

    def _on_path(self, leaf: Value) -> list[Local]:
        """leaf 에서 root 까지의 자리들. 기울기가 흐르지 않는(0) 노드는 빠진다."""
        live = above(self.recording.order, [leaf])
        return [
            local for local in self._locals
            if local.node in live and local.node.parents[local.operand] in live and self.adjoints[local.node] != 0
        ]  # fmt: skip

    def _guilty(self, leaf: Value) -> str:
        """경로에서 처음으로 틀린 규칙, 없으면 빈 글."""
        return next((str(local) for local in self._on_path(leaf) if local.wrong), '')

    def _disputed(self, leaf: Value, clear: bool) -> tuple[str, str]:
        """규칙을 따른 기울기가 함수의 기울기와 다를 때의 까닭: 틀린 규칙, 꺾인 점, 또는 모름. clear 면 다른 것이 분명하다."""
        guilty = self._guilty(leaf)
        if guilty:
            return 'wrong', guilty
        corner: Any = next((local.node for local in self._on_path(leaf) if local.slopes.kink), None)
        if corner is not None:
            return 'kink', f'{corner.op.name} 이(가) 꺾인 점에 있어, 약속을 따른 기울기가 함수의 기울기와 다릅니다.'
        return ('wrong', '어느 연산 탓인지는 가려내지 못했습니다.') if clear else ('noisy', '차분이 자리를 잡지 않습니다.')

