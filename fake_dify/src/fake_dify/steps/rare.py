"""Steps for what seldom happens: any event, broken pipelines, workers that die."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import define, field

from ..base import Data, Scope, Step, Vanished
from ..run.engine import Execution


@define
class Emit(Step):
    """Send any event: one of Dify's (agent_log, reasoning_chunk ...) or one nobody knows.

    Without data the other fields stand beside `event`, as in tts_message.
    """

    event: str
    data: Mapping[str, Any] | None = None
    fields: Mapping[str, Any] = field(factory=dict)

    async def perform(self, execution: Execution, scope: Scope, /) -> None:
        data = {} if self.data is None else {"data": self.data}
        await execution.send_flat(self.event, {**data, **self.fields})


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

    def error(self) -> Data:
        return {"code": self.code, "status": self.status, "message": self.message}

    async def perform(self, execution: Execution, scope: Scope, /) -> None:
        await execution.fail(self.error())
        raise Vanished


@define
class Hang(Step):
    """The worker dies: no event and no ping any more; the run detail stays `running`."""

    async def perform(self, execution: Execution, scope: Scope, /) -> None:
        raise Vanished
