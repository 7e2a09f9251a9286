"""dify-client-python's `Client` and `AsyncClient`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

from dify_client import AsyncClient, Client
from dify_client.models import ResponseMode, StreamEvent, WorkflowsRunRequest

from .asking import KEY, USER
from .reading import Tally

CHUNK = StreamEvent.TEXT_CHUNK


def request(inputs: dict[str, Any]) -> WorkflowsRunRequest:
    """The request of a streaming run."""
    return WorkflowsRunRequest(inputs=inputs, response_mode=ResponseMode.STREAMING, user=USER)


class Sync:
    """`Client.run_workflows`."""

    def __init__(self, url: str) -> None:
        self.client = Client(api_key=KEY, api_base=url)

    def stream(self, inputs: dict[str, Any]) -> Iterator[Any]:
        return self.client.run_workflows(request(inputs), timeout=60)

    @staticmethod
    def read(stream: Iterator[Any]) -> Tally:
        events = characters = 0
        for event in stream:
            events += 1
            if event.workflow_run_id and event.event == CHUNK:
                characters += len(event.data.text)
        return events, characters

    def close(self) -> None:
        pass


class Async:
    """`AsyncClient.arun_workflows`."""

    def __init__(self, url: str) -> None:
        self.client = AsyncClient(api_key=KEY, api_base=url)

    async def stream(self, inputs: dict[str, Any]) -> AsyncIterator[Any]:
        async for event in await self.client.arun_workflows(request(inputs), timeout=60):
            yield event

    @staticmethod
    async def read(stream: AsyncIterator[Any]) -> Tally:
        events = characters = 0
        async for event in stream:
            events += 1
            if event.workflow_run_id and event.event == CHUNK:
                characters += len(event.data.text)
        return events, characters

    async def close(self) -> None:
        pass
