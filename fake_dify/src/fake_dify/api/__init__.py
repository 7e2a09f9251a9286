"""What each operation of the contract answers."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from typing import Any

from ..contract import Operation, contract
from ..replies import EVENTS, PING, Reply, frame
from . import app, files, forms, logs, runs
from .request import ApiRequest

Handler = Callable[[ApiRequest], Awaitable[Reply]]
HANDLERS: Mapping[str, Handler] = {
    "runWorkflow": runs.run_workflow,
    "runWorkflowVersion": runs.run_workflow,
    "stopWorkflowTask": runs.stop_task,
    "getWorkflowRun": runs.get_run,
    "streamWorkflowEvents": runs.stream_events,
    "listWorkflowLogs": logs.list_logs,
    "getHumanInputForm": forms.get_form,
    "submitHumanInputForm": forms.submit_form,
    "uploadFile": files.upload,
    "getEndUser": app.end_user,
    "getAppInfo": app.info,
    "getAppParameters": app.parameters,
    "getAppSite": app.site,
    "audioToText": files.audio_to_text,
    "textToAudio": app.text_to_audio,
}


def handler(operation: Operation) -> Handler:
    """Return what answers an operation; one that is not played, by the contract's examples."""
    return HANDLERS.get(operation.id, _example)


async def _example(request: ApiRequest) -> Reply:
    status, media, body = contract().example_reply(request.spec)
    if media == "application/json":
        return Reply(body, status)
    if media == "text/event-stream":
        return Reply(media=EVENTS, chunks=_frames(body if isinstance(body, list) else [body]))
    return Reply(None, status, media, chunks=(str(body or "").encode(),))


async def _frames(events: list[Any]) -> AsyncGenerator[bytes, None]:
    yield PING
    for event in events:
        yield event.encode() if isinstance(event, str) else frame(event)
