"""What a scripted workflow is made of: steps, gates, and how they end."""

from __future__ import annotations

import asyncio
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from typing import Any

from attrs import define, frozen

from .checks import Checked

Data = dict[str, Any]
Outputs = Mapping[str, Any] | Callable[[Mapping[str, Any]], Mapping[str, Any]]


class Step(Checked, ABC):
    """A step of a workflow; subclass it for one of your own."""

    def prepare(self, execution: Any, /) -> None:
        """Tell the run what it has to know before it begins."""

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

    metadata: id and index of both, as `execution_metadata` has them.
    parallel: what events of nodes in a parallel branch have (Dify up to 1.8).
    local: what only the steps of this round see (`item`, `index`).
    """

    metadata: Mapping[str, Any] = {}
    parallel: Mapping[str, str] = {}
    local: Mapping[str, Any] = {}


@define
class End(Step):
    """Choose the outputs of the run: `End({"answer": "llm.text", "name": "start.name"})`."""

    outputs: Mapping[str, str]

    def look(self) -> None:
        for name, selector in self.outputs.items():
            if not all(selector.partition(".")):
                self.refuse(f"outputs[{name!r}] is {selector!r}, not 'node.variable'")

    def prepare(self, execution: Any, /) -> None:
        for name, selector in self.outputs.items():
            execution.text_stream.outputs.append((name, tuple(selector.split(".", 1))))

    async def perform(self, execution: Any, scope: Scope, /) -> None:
        """Do nothing: the run has an End node in any case, which gives these outputs."""


class Gate(Step):
    """Holds every run that arrives until `open()`; used as a step or as `Node(gate=...)`.

    ```python
    gate = Gate()
    dify.workflow = [Node("first"), Node("second", gate=gate)]
    gate.wait()  # a run has arrived
    gate.open()
    ```
    """

    def __init__(self) -> None:
        self._opened: Future[None] = Future()
        self._reached = threading.Event()

    def wait(self, timeout: float = 30.0) -> None:
        """Wait until a run has arrived; TimeoutError otherwise."""
        if not self._reached.wait(timeout):
            raise TimeoutError(f"no run arrived within {timeout} s")

    def open(self) -> None:
        """Let all runs pass, now and later."""
        if not self._opened.done():
            self._opened.set_result(None)

    async def perform(self, execution: Any, scope: Any, /) -> None:
        """Arrive at the gate; return when it is open."""
        self._reached.set()
        await asyncio.shield(asyncio.wrap_future(self._opened))


def tail_ids(steps: Sequence[Step]) -> list[str]:
    """Return the ids of the nodes whose outputs End passes on when nothing else is said."""
    for step in reversed(steps):
        ids: Sequence[str] = getattr(step, "tails", (getattr(step, "id", ""),))
        if any(ids):
            return list(ids)
    return ["start"]
