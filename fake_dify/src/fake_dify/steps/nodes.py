"""Steps that are one node, and those for what seldom happens."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from attrs import define, field

from ..base import Gate, NodeFailed, Outputs, Scope, Step, Vanished
from ..contract import fill
from ..replies import ApiError
from ..run.engine import Execution
from ..state import new_id, now

TRACEBACK = (
    'Traceback (most recent call last):\n  File "/box/main.py", line 2, in main\n'
    "    raise RuntimeError('boom')\nRuntimeError: boom\n"
)


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

    async def perform(self, execution: Execution, scope: Scope, /) -> None:
        async with execution.node(scope, self.id, self.type, self.title) as node:
            node.inputs = execution.evaluate(self.inputs, scope)
            await asyncio.sleep(self.seconds)
            if self.gate is not None:
                await self.gate.perform(execution, scope)
            node.outputs = execution.evaluate(self.outputs, scope)


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

    async def perform(self, execution: Execution, scope: Scope, /) -> None:
        thoughts = [self.reasoning] if isinstance(self.reasoning, str) else self.reasoning
        think = partial(execution.tell, "reasoning_chunk", node_id=self.id)
        async with execution.node(scope, self.id, "llm", "LLM") as node:
            execution.text_stream.expect(self.id, ["text"])
            for thought in filter(None, thoughts):
                await think(reasoning=thought, is_final=False)
            for chunk in self.chunks:
                await asyncio.sleep(self.seconds)
                await execution.text_stream.token((self.id, "text"), chunk)
            if any(thoughts):
                await think(reasoning="", is_final=True)
            if self.error is not None:
                raise NodeFailed(self.error)
            tokens = 10 + len(self.chunks)
            execution.run.total_tokens += tokens
            model = fill("node_finished")
            usage = model["outputs"]["usage"] | {"total_tokens": tokens}
            text, thought = "".join(self.chunks).strip(), "".join(thoughts)
            told = {"text": text, "reasoning_content": thought, "usage": usage}
            node.inputs, node.outputs = model["inputs"], model["outputs"] | told
            node.execution_metadata = model["execution_metadata"] | {"total_tokens": tokens}


@define
class Fail(Step):
    """A node that fails, and the run with it."""

    error: str = TRACEBACK
    id: str = "bad"
    type: str = "code"
    seconds: float = 0.0

    async def perform(self, execution: Execution, scope: Scope, /) -> None:
        async with execution.node(scope, self.id, self.type):
            await asyncio.sleep(self.seconds)
            raise NodeFailed(self.error)


@define
class Partial(Step):
    """A node that fails but has default outputs: the run ends as `partial-succeeded`."""

    outputs: Outputs = field(factory=lambda: {"result": "the default"})
    error: str = TRACEBACK
    id: str = "bad"
    seconds: float = 0.0

    async def perform(self, execution: Execution, scope: Scope, /) -> None:
        node = await execution.node_started(scope, self.id, "code")
        await asyncio.sleep(self.seconds)
        told = {"error_message": self.error, "error_type": "CodeExecutionError"}
        defaults = execution.evaluate(self.outputs, scope)
        execution.text_stream.expect(self.id, list(defaults))
        execution.run.exceptions_count += 1
        node.execution_metadata = {"error_strategy": "default-value"}
        node.outputs = defaults | told
        await execution.node_finished(scope, node, status="exception", error="Unknown error")


@define
class Retry(Step):
    """A node that is retried `times` times, then gives `outputs`, or fails when they are None."""

    times: int = 1
    outputs: Outputs | None = None
    error: str = "Reached maximum retries for URL http://127.0.0.1:1/"
    id: str = "req"
    seconds: float = 0.0

    def look(self) -> None:
        if self.times < 1:
            self.refuse(f"times is {self.times}, not 1 or more")

    async def perform(self, execution: Execution, scope: Scope, /) -> None:
        async with execution.node(scope, self.id, "http-request") as node:
            for index in range(1, self.times + 1):
                await asyncio.sleep(self.seconds)
                node.status, node.error, node.finished_at = "retry", self.error, now()
                id = new_id() if execution.rules.new_id_per_retry else node.id
                about = {"id": id, "inputs": {}, "outputs": {}, "retry_index": index}
                execution.total_steps += 1
                await execution.tell("node_retry", node, **about, **node.parallel)
            await asyncio.sleep(self.seconds)
            if self.outputs is None:
                raise NodeFailed(self.error)
            node.outputs = execution.evaluate(self.outputs, scope)


@define
class Sleep(Step):
    """Let `seconds` pass without any event but pings."""

    seconds: float

    async def perform(self, execution: Execution, scope: Scope, /) -> None:
        await asyncio.sleep(self.seconds)


@define
class Emit(Step):
    """Send any event: one of Dify's (agent_log, reasoning_chunk ...) or one nobody knows.

    Without data the other fields stand beside `event`, as in tts_message.
    """

    event: str
    data: Mapping[str, Any] | None = None
    fields: Mapping[str, Any] = field(factory=dict)

    async def perform(self, execution: Execution, scope: Scope, /) -> None:
        await execution.send(self.event, self.data, **self.fields)


@define
class PipelineError(Step):
    """An exception outside of any node, e.g. an unknown model provider.

    As the first step there is no run at all: a blocking request is answered with the error, a
    stream gets an `error` event, and from 1.15 on a made-up start and end behind it. Later, the run
    never ends: its detail stays `running`.
    """

    message: str = "Provider lab/none/none does not exist."
    code: str = "invalid_param"
    status: int = 400

    async def perform(self, execution: Execution, scope: Scope, /) -> None:
        await execution.fail(ApiError(self.status, self.code, self.message))
        raise Vanished


@define
class Hang(Step):
    """The worker dies: no event and no ping any more; the run detail stays `running`."""

    async def perform(self, execution: Execution, scope: Scope, /) -> None:
        raise Vanished
