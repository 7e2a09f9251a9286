"""What a scripted workflow is made of: steps, and how they end."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attrs import define, frozen

from .checks import Checked

Data = dict[str, Any]
Outputs = Mapping[str, Any] | Callable[[Mapping[str, Any]], Mapping[str, Any]]


class Step(Checked, ABC):
    """A step of a workflow; subclass it for one of your own."""

    @abstractmethod
    async def perform(self, execution: Any, scope: Any, /) -> None:
        """Do it: send events through `execution`, take as long as it takes."""


Workflow = Sequence[Step] | Callable[[Mapping[str, Any]], Sequence[Step]]


class NodeFailed(Exception):
    """A node failed and no error strategy caught it: the run fails with this text."""


class Stopped(Exception):
    """The run was stopped while it was paused, and ends now."""


class Vanished(Exception):
    """The worker died: nothing more is ever heard of the run."""


@frozen
class Scope:
    """Inside which round of which iteration or loop a step is performed.

    iteration, loop: node id and index of the round that the step belongs to.
    parallel: id of the parallel and first node of the branch (Dify up to 1.8 tells them).
    local: what only the steps of this round see (`item`, `index`).
    """

    iteration: tuple[str, int] | None = None
    loop: tuple[str, int] | None = None
    parallel: tuple[str, str] | None = None
    local: Mapping[str, Any] = {}

    @property
    def metadata(self) -> Data:
        """Return what `execution_metadata` says about it."""
        found: Data = {}
        if self.iteration is not None:
            found |= {"iteration_id": self.iteration[0], "iteration_index": self.iteration[1]}
        if self.loop is not None:
            found |= {"loop_id": self.loop[0], "loop_index": self.loop[1]}
        return found


@define
class End(Step):
    """Choose the outputs of the run: `End({"answer": "llm.text", "name": "start.name"})`."""

    outputs: Mapping[str, str]

    def look(self) -> None:
        for name, selector in self.outputs.items():
            if not all(selector.partition(".")):
                self.refuse(f"outputs[{name!r}] is {selector!r}, not 'node.variable'")

    def selectors(self) -> dict[str, tuple[str, str]]:
        pairs = {name: selector.partition(".") for name, selector in self.outputs.items()}
        return {name: (node, variable) for name, (node, _, variable) in pairs.items()}

    async def perform(self, execution: Any, scope: Scope, /) -> None:
        """Do nothing: the run has an End node in any case, which reads this step."""


def tail_ids(steps: Sequence[Step]) -> list[str]:
    """Return the ids of the nodes whose outputs End passes on when nothing else is said."""
    for step in reversed(steps):
        ids: Sequence[str] = getattr(step, "tails", (getattr(step, "id", ""),))
        if any(ids):
            return list(ids)
    return ["start"]
