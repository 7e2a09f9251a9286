"""pydify's `WorkflowClient`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydify.workflow import WorkflowClient

from . import reading
from .asking import KEY, USER


class Sync:
    """`WorkflowClient.run`."""

    read = staticmethod(reading.dicts)
    text = staticmethod(reading.text)

    def __init__(self, url: str) -> None:
        self.client = WorkflowClient(KEY, url)

    def stream(self, inputs: dict[str, Any]) -> Iterator[dict[str, Any]]:
        return self.client.run(inputs, USER)

    def close(self) -> None:
        pass
