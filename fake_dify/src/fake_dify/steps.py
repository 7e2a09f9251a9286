"""The steps that a scripted workflow is made of.

A workflow is a list of steps, performed in order; Start and End are added. `outputs` of a step may
be a function: it is given a dict with the inputs by name, the variables known so far as
`"node.variable"`, and inside an iteration `item` and `index`.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from attrs import define, field

from . import payloads
from .state import new_id, now

if TYPE_CHECKING:
    from .engine import Execution
    from .gate import Gate
    from .place import Place

Outputs = Mapping[str, Any] | Callable[[Mapping[str, Any]], Mapping[str, Any]]

TRACEBACK = (
    'Traceback (most recent call last):\n  File "/box/main.py", line 2, in main\n'
    "    raise RuntimeError('boom')\nRuntimeError: boom\n"
)


USAGE: dict[str, Any] = {
    "prompt_tokens": 10,
    "prompt_unit_price": "0.001",
    "prompt_price_unit": "0.001",
    "prompt_price": "0.00001",
    "completion_tokens": 8,
    "completion_unit_price": "0.002",
    "completion_price_unit": "0.001",
    "completion_price": "0.00002",
    "total_tokens": 18,
    "total_price": "0.00003",
    "currency": "USD",
    "latency": 0.5,
    "time_to_first_token": 0.1,
    "time_to_generate": 0.4,
}


class Step(ABC):
    """A step of a workflow; subclass it for one of your own."""

    @abstractmethod
    async def perform(self, execution: Execution, place: Place, /) -> None:
        """Do it: send events through `execution`, take as long as it takes."""


class NodeFailed(Exception):
    """A node failed and no error strategy caught it: the run fails with this text."""


class Stopped(Exception):
    """The run was stopped while it was paused, and ends now."""


class Vanished(Exception):
    """The worker died: nothing more is ever heard of the run."""


def evaluate(outputs: Outputs, execution: Execution, place: Place) -> dict[str, Any]:
    return dict(outputs(execution.values(place)) if callable(outputs) else outputs)


def tail_ids(steps: Sequence[Step]) -> list[str]:
    """Return the ids of the nodes whose outputs End passes on when nothing else is said."""
    for step in reversed(steps):
        ids: Sequence[str] = getattr(step, "tails", (getattr(step, "id", ""),))
        if any(ids):
            return list(ids)
    return ["start"]


@define
class Node(Step):
    """A node that takes `seconds` and gives `outputs`; a function may raise NodeFailed.

    Attributes:
        id: The node's id, by which `End` names its outputs: "id.name".
        outputs: A dict, or a function of the known values that returns one.
        type: The node's type, as events tell it.
        gate: Holds the node, after it has started, until the test opens the gate.
    """

    id: str = "node"
    outputs: Outputs = field(factory=dict)
    seconds: float = 0.0
    type: str = "code"
    title: str | None = None
    inputs: Outputs = field(factory=dict)
    gate: Gate | None = None

    async def perform(self, execution: Execution, place: Place, /) -> None:
        node = await execution.node_started(place, self.id, self.type, self.title)
        inputs = evaluate(self.inputs, execution, place)
        await asyncio.sleep(self.seconds)
        if self.gate is not None:
            await self.gate.passed()
        try:
            outputs = evaluate(self.outputs, execution, place)
        except NodeFailed as failure:
            await execution.node_finished(
                place, node, inputs=inputs, status="failed", error=str(failure)
            )
            raise
        await execution.node_finished(place, node, inputs=inputs, outputs=outputs)


@define
class Text(Step):
    """A model that streams `chunks`, `seconds` apart; its output `text` is all of them, stripped.

    Attributes:
        error: It fails with this text after its last chunk.
        reasoning: Its output `reasoning_content`, as of models that think in a field of their own;
            a list is streamed piece by piece (from 1.15 on).
    """

    chunks: Sequence[str] = ("Hel", "lo")
    seconds: float = 0.0
    id: str = "llm"
    error: str | None = None
    reasoning: str | list[str] = ""

    async def perform(self, execution: Execution, place: Place, /) -> None:
        node = await execution.node_started(place, self.id, "llm", "LLM")
        execution.answer.expect(self.id, ["text"])
        execution.streaming_models += 1
        thoughts = [self.reasoning] if isinstance(self.reasoning, str) else self.reasoning
        thinks = any(thoughts) and execution.rules.streams_reasoning
        for thought in thoughts if thinks else ():
            await execution.voice.reasoning(self.id, thought)
        for chunk in self.chunks:
            await asyncio.sleep(self.seconds)
            await execution.token(self.id, chunk)
        if thinks:
            await execution.voice.reasoning(self.id, "", last=True)
        execution.streaming_models -= 1
        if self.error is not None:
            await execution.node_finished(place, node, status="failed", error=self.error)
            raise NodeFailed(self.error)
        tokens = 10 + len(self.chunks)
        execution.run.total_tokens += tokens
        await execution.node_finished(
            place,
            node,
            inputs={"model_provider": "fake", "model_name": "fake-chat"},
            outputs={
                "text": "".join(self.chunks).strip(),
                "reasoning_content": "".join(thoughts),
                "usage": {**USAGE, "total_tokens": tokens},
                "finish_reason": "stop",
            },
            metadata={"total_tokens": tokens, "total_price": "0.00003", "currency": "USD"},
        )


@define
class Fail(Step):
    """A node that fails, and the run with it."""

    error: str = TRACEBACK
    id: str = "bad"
    type: str = "code"
    seconds: float = 0.0

    async def perform(self, execution: Execution, place: Place, /) -> None:
        node = await execution.node_started(place, self.id, self.type)
        await asyncio.sleep(self.seconds)
        await execution.node_finished(place, node, status="failed", error=self.error)
        raise NodeFailed(self.error)


@define
class Partial(Step):
    """A node that fails but has default outputs: the run ends as `partial-succeeded`."""

    outputs: Outputs = field(factory=lambda: {"result": "the default"})
    error: str = TRACEBACK
    id: str = "bad"
    seconds: float = 0.0

    async def perform(self, execution: Execution, place: Place, /) -> None:
        node = await execution.node_started(place, self.id, "code")
        await asyncio.sleep(self.seconds)
        told = {"error_message": self.error, "error_type": "CodeExecutionError"}
        defaults = evaluate(self.outputs, execution, place)
        execution.answer.expect(self.id, list(defaults))
        execution.run.exceptions_count += 1
        await execution.node_finished(
            place,
            node,
            outputs={**defaults, **told},
            status="exception",
            error="Unknown error",
            metadata={"error_strategy": "default-value"},
        )


@define
class Retry(Step):
    """A node that is retried `times` times, then gives `outputs`, or fails when they are None."""

    times: int = 1
    outputs: Outputs | None = None
    error: str = "Reached maximum retries for URL http://127.0.0.1:1/"
    id: str = "req"
    seconds: float = 0.0

    async def perform(self, execution: Execution, place: Place, /) -> None:
        node = await execution.node_started(place, self.id, "http-request")
        for index in range(1, self.times + 1):
            await asyncio.sleep(self.seconds)
            node.status, node.error, node.finished_at = "retry", self.error, now()
            data = payloads.node_finished(node, {}, {}, [], None)
            if execution.rules.new_id_per_retry:
                data["id"] = new_id()
            execution.count_step()
            await execution.voice.send("node_retry", {**data, "retry_index": index}, node)
        await asyncio.sleep(self.seconds)
        if self.outputs is None:
            await execution.node_finished(place, node, status="failed", error=self.error)
            raise NodeFailed(self.error)
        outputs = evaluate(self.outputs, execution, place)
        await execution.node_finished(place, node, outputs=outputs)


@define
class Sleep(Step):
    """Let `seconds` pass without any event but pings."""

    seconds: float

    async def perform(self, execution: Execution, place: Place, /) -> None:
        await asyncio.sleep(self.seconds)


@define
class End(Step):
    """Choose the outputs of the run: `End({"answer": "llm.text", "name": "start.name"})`."""

    outputs: Mapping[str, str]

    def selectors(self) -> dict[str, tuple[str, str]]:
        return {
            name: (selector.partition(".")[0], selector.partition(".")[2])
            for name, selector in self.outputs.items()
        }

    async def perform(self, execution: Execution, place: Place, /) -> None:
        """Do nothing: the run has an End node in any case, which reads this step."""
