"""This library: `.event`, `.id`, `.message`, `.raw` of each item; or `.data`; or the result."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

from dify_workflow import AsyncDifyWorkflow, DifyWorkflow, WorkflowRunRequest, WorkflowStreamEvent

from .asking import KEY, USER
from .reading import Tally


def text(item: WorkflowStreamEvent) -> str:
    """The text of a chunk; "" for other events."""
    return item.message if item.event == "text_chunk" else ""


class Sync:
    """The sync client."""

    text = staticmethod(text)

    def __init__(self, url: str) -> None:
        self.dify = DifyWorkflow(base_url=url, api_key=KEY, user=USER)

    def stream(self, inputs: dict[str, Any]) -> Iterator[Any]:
        return self.dify.run_workflow_stream(inputs)

    @staticmethod
    def read(stream: Iterator[Any]) -> Tally:
        events = characters = 0
        for item in stream:
            events += 1
            run_id = item.id
            raw = item.raw
            message = item.message
            if run_id and raw and item.event == "text_chunk":
                characters += len(message)
        return events, characters

    @staticmethod
    def read_data(stream: Iterator[Any]) -> Tally:
        events = characters = 0
        for item in stream:
            events += 1
            data = item.data
            if item.event == "text_chunk":
                characters += len(data.text)
        return events, characters

    def result(self, inputs: dict[str, Any]) -> Tally:
        response = self.dify.run_workflow(inputs)
        return response.status == "succeeded", len(response.outputs["text"])

    def blocking(self) -> Tally:
        request = WorkflowRunRequest(inputs={"text": "hello"}, response_mode="blocking")
        response = self.dify.run_workflow(request)
        return response.status == "succeeded", len(response.outputs["text"])

    def logs(self) -> Tally:
        entries = characters = 0
        for entry in self.dify.logs(limit=100, page=1):
            entries += 1
            seconds = (entry.finished_at or entry.created_at) - entry.created_at
            if seconds >= 0 or entry.message:
                characters += len(entry.id) + len(entry.status)
        return entries, characters

    def logs_data(self) -> Tally:
        entries = characters = 0
        for entry in self.dify.logs(limit=100, page=1):
            entries += 1
            data = entry.data
            if data.created_at and data.workflow_run.created_at:
                characters += len(data.id) + len(data.workflow_run.status)
        return entries, characters

    def upload(self, path: Path) -> int:
        return self.dify.upload_file(path).size

    def close(self) -> None:
        self.dify.close()


class Async:
    """The async client."""

    text = staticmethod(text)

    def __init__(self, url: str) -> None:
        self.dify = AsyncDifyWorkflow(base_url=url, api_key=KEY, user=USER)

    def stream(self, inputs: dict[str, Any]) -> AsyncIterator[Any]:
        return self.dify.run_workflow_stream(inputs)

    @staticmethod
    async def read(stream: AsyncIterator[Any]) -> Tally:
        events = characters = 0
        async for item in stream:
            events += 1
            run_id = item.id
            raw = item.raw
            message = item.message
            if run_id and raw and item.event == "text_chunk":
                characters += len(message)
        return events, characters

    @staticmethod
    async def read_data(stream: AsyncIterator[Any]) -> Tally:
        events = characters = 0
        async for item in stream:
            events += 1
            data = item.data
            if item.event == "text_chunk":
                characters += len(data.text)
        return events, characters

    async def result(self, inputs: dict[str, Any]) -> Tally:
        response = await self.dify.run_workflow(inputs)
        return response.status == "succeeded", len(response.outputs["text"])

    async def close(self) -> None:
        await self.dify.aclose()
