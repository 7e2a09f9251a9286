"""What each operation of the contract answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from ..contract import Operation, contract
from ..replies import EVENTS, PING, Reply, each, frame
from . import app, forms, logs, runs
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
    "uploadFile": app.upload,
    "getEndUser": app.end_user,
    "getAppInfo": app.info,
    "getAppParameters": app.parameters,
    "getAppSite": app.site,
    "audioToText": app.audio_to_text,
    "textToAudio": app.text_to_audio,
}


def handler(operation: Operation) -> Handler:
    """Return what answers an operation; one that is not played, by the contract's examples."""
    return HANDLERS.get(operation.id, _example)


async def _example(request: ApiRequest) -> Reply:
    status, media, body = contract().example_reply(request.spec)
    if media == "application/json":
        return Reply(body, status)
    if media != "text/event-stream":
        return Reply(None, status, media, content=str(body or "").encode())
    events = body if isinstance(body, list) else [body]
    frames = [event.encode() if isinstance(event, str) else frame(event) for event in events]
    return Reply(media=EVENTS, content=each([PING, *frames]))
