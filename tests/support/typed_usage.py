"""What type checkers make of the public API: `make check` reads this file with mypy and pyright."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, assert_type

from dify_workflow import (
    AsyncDifyWorkflow,
    DifyPageResult,
    DifyWorkflow,
    WorkflowLogs,
    WorkflowRunResponse,
    WorkflowStreamEvent,
)
from dify_workflow_api.models import (
    AppInfo,
    NodeFinishedData,
    TextChunkData,
    UploadedFile,
    WorkflowLogEntry,
)


def by_payload(events: Iterator[WorkflowStreamEvent]) -> Iterator[str]:
    """Narrow by the class of `data`."""
    for event in events:
        assert_type(event.event, str)
        assert_type(event.id, str | None)
        assert_type(event.raw, dict[str, Any])
        match event.data:
            case TextChunkData() as chunk:
                assert_type(chunk.text, str)
                yield chunk.text
            case NodeFinishedData(status="failed") as node:
                assert_type(node.error, str | None)
                assert_type(node.elapsed_time, float)
                yield f"{node.title} failed: {node.error}"
            case dict() as unknown:
                yield str(unknown.get("new_field"))
            case _:
                pass


def results(dify: DifyWorkflow) -> None:
    """What the methods return."""
    response = dify.run_workflow({"text": "hello"})
    assert_type(response, WorkflowRunResponse)
    assert_type(response.outputs, dict[str, Any])
    assert_type(response.message, str)
    for event in dify.run_workflow_stream({"text": "hello"}):
        assert_type(event, WorkflowStreamEvent)
    page = dify.logs(limit=5)
    assert_type(page, DifyPageResult[WorkflowLogs])
    assert_type(page.data[0].data, WorkflowLogEntry)
    assert_type(dify.app_info(), AppInfo)
    assert_type(dify.upload_file(b"x", name="x.txt"), UploadedFile)


async def async_results(dify: AsyncDifyWorkflow) -> None:
    """The same of the async client."""
    assert_type(await dify.run_workflow({"text": "hello"}), WorkflowRunResponse)
    async for event in dify.run_workflow_stream({"text": "hello"}):
        assert_type(event, WorkflowStreamEvent)
    async for entry in dify.iter_logs():
        assert_type(entry, WorkflowLogs)
