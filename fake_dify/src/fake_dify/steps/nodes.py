"""Steps that are one node, and a pause between them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from attrs import define, field

from ..base import NodeFailed, Outputs, Scope, Step
from ..contract import contract
from ..gate import Gate
from ..run import payloads
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
        node = await execution.node_started(scope, self.id, self.type, self.title)
        inputs = execution.evaluate(self.inputs, scope)
        await asyncio.sleep(self.seconds)
        if self.gate is not None:
            await self.gate.passed()
        try:
            outputs = execution.evaluate(self.outputs, scope)
        except NodeFailed as failure:
            await execution.node_failed(scope, node, str(failure), inputs=inputs)
        await execution.node_finished(scope, node, inputs=inputs, outputs=outputs)


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
        node = await execution.node_started(scope, self.id, "llm", "LLM")
        execution.text_stream.expect(self.id, ["text"])
        execution.streaming_models += 1
        thoughts = [self.reasoning] if isinstance(self.reasoning, str) else self.reasoning
        thinks = any(thoughts) and execution.rules.streams_reasoning
        for thought in thoughts if thinks else ():
            await self._think(execution, thought)
        for chunk in self.chunks:
            await asyncio.sleep(self.seconds)
            await execution.token(self.id, chunk)
        if thinks:
            await self._think(execution, "", last=True)
        execution.streaming_models -= 1
        if self.error is not None:
            await execution.node_failed(scope, node, self.error)
        usage = contract().example_of("node_finished")["outputs"]["usage"]
        tokens = 10 + len(self.chunks)
        execution.run.total_tokens += tokens
        outputs = {
            "text": "".join(self.chunks).strip(),
            "reasoning_content": "".join(thoughts),
            "usage": usage | {"total_tokens": tokens},
            "finish_reason": "stop",
        }
        model = {"model_provider": "fake", "model_name": "fake-chat"}
        cost = {"total_tokens": tokens, "total_price": "0.00003", "currency": "USD"}
        await execution.node_finished(scope, node, inputs=model, outputs=outputs, metadata=cost)

    async def _think(self, execution: Execution, text: str, *, last: bool = False) -> None:
        data = {"message_id": None, "reasoning": text, "node_id": self.id, "is_final": last}
        await execution.send("reasoning_chunk", data)


@define
class Fail(Step):
    """A node that fails, and the run with it."""

    error: str = TRACEBACK
    id: str = "bad"
    type: str = "code"
    seconds: float = 0.0

    async def perform(self, execution: Execution, scope: Scope, /) -> None:
        node = await execution.node_started(scope, self.id, self.type)
        await asyncio.sleep(self.seconds)
        await execution.node_failed(scope, node, self.error)


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
        await execution.node_finished(
            scope,
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

    def look(self) -> None:
        if self.times < 1:
            self.refuse(f"times is {self.times}, not 1 or more")

    async def perform(self, execution: Execution, scope: Scope, /) -> None:
        node = await execution.node_started(scope, self.id, "http-request")
        for index in range(1, self.times + 1):
            await asyncio.sleep(self.seconds)
            node.status, node.error, node.finished_at = "retry", self.error, now()
            data = payloads.node_finished(node)
            if execution.rules.new_id_per_retry:
                data["id"] = new_id()
            execution.count_step()
            await execution.send("node_retry", {**data, "retry_index": index}, node)
        await asyncio.sleep(self.seconds)
        if self.outputs is None:
            await execution.node_failed(scope, node, self.error)
        outputs = execution.evaluate(self.outputs, scope)
        await execution.node_finished(scope, node, outputs=outputs)


@define
class Sleep(Step):
    """Let `seconds` pass without any event but pings."""

    seconds: float

    async def perform(self, execution: Execution, scope: Scope, /) -> None:
        await asyncio.sleep(self.seconds)
