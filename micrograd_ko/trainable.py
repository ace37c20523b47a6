"""배우고 저장되는 것(trainable): 신경망에서 바로 부르는 학습과 저장. 하는 일은 `learning` 에 있고, 처음 부를 때 읽는다."""

import os
from typing import TYPE_CHECKING, Any, TypeVar

from micrograd_ko.number import Number
from micrograd_ko.state import commit, data_set

if TYPE_CHECKING:
    from micrograd_ko.learning.history import History

Self = TypeVar('Self', bound='Trainable')


class Trainable:
    """배우고 저장되는 신경망. `MLP` 의 바탕이다."""

    named_parameters: Any

    def fit(self, samples: Any, *loss: Any, **options: Any) -> 'History':
        """`train.fit(self, samples, …)`: 미니배치로 가르치고 기록을 준다. 나머지 인수는 help(train.fit) 에 있다."""
        from micrograd_ko.learning.train import fit

        return fit(self, samples, *loss, **options)  # type: ignore[arg-type]  # 신경망이 아니면 fit 이 알린다

    def save(self, path: str | os.PathLike) -> None:
        """JSON 파일로 저장한다. 마지막 비트까지 남고, 도중에 죽어도 있던 파일은 온전하다."""
        from micrograd_ko.learning.saving import save

        save(self, path)  # type: ignore[arg-type]

    @classmethod
    def load(cls: type[Self], path: str | os.PathLike) -> Self:
        """`save` 나 학습의 checkpoint 가 쓴 파일에서. 파일이 온전하지 않으면 무엇이 잘못되었는지 알리는 SavedFileError."""
        from micrograd_ko.learning.saving import load

        return load(path, cls)  # type: ignore[type-var]

    def state_dict(self) -> dict[str, Number]:
        """파라미터의 이름 → 수."""
        return {name: p.data for name, p in self.named_parameters()}

    def load_state_dict(self, state: dict[str, Number]) -> None:
        """이름 → 수를 파라미터에 놓는다. 이름이 남거나 모자라면 ValueError, 수가 아니면 TypeError 이고 아무것도 바뀌지 않는다."""
        parameters = dict(self.named_parameters())
        unknown, missing = sorted(state.keys() - parameters.keys()), sorted(parameters.keys() - state.keys())
        if unknown or missing:
            raise ValueError(f'파라미터의 이름이 다릅니다. 모자란 것 {missing[:5]}, 모르는 것 {unknown[:5]}.')
        commit(data_set(parameters.values(), [state[name] for name in parameters]))
