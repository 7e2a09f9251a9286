"""Every recorded exchange of a server, as the call of a client that would have made it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dify_workflow import WorkflowRunRequest
from recorded_models import operation_of
from recorded_runs import TERMINAL, names, request_of
from replay_server import ReplayServer, Reply, Request
from wire_archive import VERSIONS, Exchange

Ask = Callable[[Any, Exchange], Any]


class Recordings(ReplayServer):
    """Answers with the recording in `item`, once, and with "not found" to anything beside."""

    def __init__(self) -> None:
        super().__init__(self._tell)
        self.item: Exchange | None = None
        self.held = True
        """Whether a stream is held open behind its last event, as from 1.13 on."""

    def _tell(self, request: Request) -> Reply:
        item, self.item = self.item, None
        if item is not None:
            last = names(item.events())[-1:] if item.is_stream else []
            held = self.held and item.version in VERSIONS[-4:] and TERMINAL.intersection(last)
            return Reply.of(item, hold_open=60.0 if held else 0.0)
        return Reply.json(404, {"code": "not_found", "message": "beside", "status": 404})


def _run(dify: Any, item: Exchange) -> Any:
    if item.is_stream:
        stream = dify.run_workflow_stream(request_of(item))
        return stream, list(stream), stream.result()
    parts = item.path.split("/")
    given = {"workflow_id": parts[3]} if len(parts) == 5 else {}
    request = WorkflowRunRequest(inputs={"text": "x"}, response_mode="blocking", **given)
    return dify.run_workflow(request)


def _last(item: Exchange) -> str:
    return item.path.partition("?")[0].rpartition("/")[2]


CALLS: dict[str, Ask] = {
    "runWorkflow": _run,
    "runWorkflowVersion": _run,
    "getWorkflowRun": lambda dify, item: dify.info(_last(item)),
    "stopWorkflowTask": lambda dify, item: dify.stop_workflow_stream(item.path.split("/")[-2]),
    "listWorkflowLogs": lambda dify, item: dify.logs(page=1),
    "uploadFile": lambda dify, item: dify.upload_file(b"x", name="a.txt"),
    "getAppInfo": lambda dify, item: dify.app_info(),
    "getAppParameters": lambda dify, item: dify.parameters(),
    "getAppMeta": lambda dify, item: dify.meta(),
    "getAppSite": lambda dify, item: dify.site(),
    "getHumanInputForm": lambda dify, item: dify.form(_last(item)),
    "streamWorkflowEvents": lambda dify, item: dify.resume("x").result(),
}
# What other tests replay; None: what no method of a client asks.
BESIDE = {None, "audioToText", "textToAudio", "getEndUser", "submitHumanInputForm"}


def call_of(item: Exchange) -> tuple[str, Ask] | None:
    """The operation of a recording and the call of it; None for what is not asked here."""
    operation = operation_of(item)
    if item.is_stream and item.method == "GET":
        return None  # a replay, which stands for nothing by itself
    if operation in CALLS:
        return operation, CALLS[operation]
    assert operation in BESIDE, item
    return None
