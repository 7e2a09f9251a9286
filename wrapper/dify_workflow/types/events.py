"""One item of a run's stream."""

from __future__ import annotations

from typing import Any

import dify_workflow_api.events as catalogue

from .._codec.jsonio import UNREADABLE, decode
from .stops import was_stopped
from .text import REASONING as REASONING_OUTPUT
from .value import Value

FINISHED = "workflow_finished"
PAUSED = "workflow_paused"
ERROR = "error"
STARTED = "workflow_started"
WARNING = "warning"  # has no ids, and is no sign of a run
TEXT = "text_chunk"
REASONING = "reasoning_chunk"
SPEECH = frozenset({"tts_message", "tts_message_end"})
TERMINAL = catalogue.TERMINAL


class _NotDecoded:
    """Stands for a payload that nobody has asked for; a class, so that it survives pickling."""


class WorkflowStreamEvent(Value):
    """One event of a run.

    `event` is its name, `id` and `task_id` the run's ids (None until the server has said them),
    `status` the run's status: "running" until the last event says otherwise. `recovered` is True
    for events that were fetched again after the connection had dropped. `raw` is the whole event
    as the server sent it.
    """

    __slots__ = ("_data", "event", "id", "raw", "recovered", "status", "task_id")

    def __init__(
        self,
        event: str,
        raw: dict[str, Any],
        id: str | None = None,
        task_id: str | None = None,
        status: str = "running",
        recovered: bool = False,
    ) -> None:
        self.event: str = event
        self.raw: dict[str, Any] = raw
        self.id: str | None = id
        self.task_id: str | None = task_id
        self.status: str = status
        self.recovered: bool = recovered
        self._data: Any = _NotDecoded

    @property
    def data(self) -> catalogue.EventData | dict[str, Any]:
        """The payload as the generated class of this event, decoded on first access.

        Events without a payload (`tts_message`) give their event model; unknown events, and those
        that are not what the contract says, the plain dict.
        """
        if self._data is _NotDecoded:
            self._data = self._decode()
        data: catalogue.EventData | dict[str, Any] = self._data
        return data

    def _decode(self) -> Any:
        payload = self.raw.get("data")
        plain = payload if isinstance(payload, dict) else self.raw
        if self.event not in catalogue.EVENTS:
            return plain
        model, key = catalogue.EVENTS[self.event]
        try:
            return decode(model, payload if key else self.raw)
        except UNREADABLE:
            return plain

    @property
    def message(self) -> str:
        """The human text: an error's text, a chunk's text, a node's title, or ""."""
        payload = self.raw.get("data")
        if not isinstance(payload, dict):
            text = self.raw.get("message")
            return text if isinstance(text, str) else ""
        for key in ("error", "text", "reasoning", "title", "node_title", "label"):
            text = payload.get(key)
            if text and isinstance(text, str):
                return text
        return ""

    @property
    def text(self) -> str:
        """The piece of text that a `text_chunk` has; "" for reasoning and for every other event.

        `<think>` blocks that a model writes into its text are in it: `stream.text` leaves them out.
        """
        if self.event != TEXT:
            return ""
        payload = self.raw.get("data")
        payload = payload if isinstance(payload, dict) else {}
        text, selector = payload.get("text"), payload.get("from_variable_selector")
        is_reasoning = isinstance(selector, list) and selector[-1:] == [REASONING_OUTPUT]
        return text if isinstance(text, str) and not is_reasoning else ""

    def to_dict(self) -> dict[str, Any]:
        """Return id, status, message, task_id, event and the payload `data` as JSON types."""
        names = ("id", "status", "message", "task_id", "event")
        return {**{name: getattr(self, name) for name in names}, "data": self.raw.get("data")}

    @property
    def stopped(self) -> bool:
        """Whether it says that the run was stopped; see `WorkflowRunResponse.stopped`."""
        return was_stopped(self.status, self.message)

    def __repr__(self) -> str:
        return (
            f"WorkflowStreamEvent(event={self.event!r}, status={self.status!r}, "
            f"message={self.message[:60]!r}, id={self.id!r})"
        )
