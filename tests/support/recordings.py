"""Every recorded exchange of a server, as the call of a client that would have made it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from dify_workflow import WorkflowRunRequest
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


# Method and path, the operation of the contract, and the call.
ROUTES: list[tuple[str, str, str, Ask]] = [
    ("POST", r"/v1/workflows(/[^/]+)?/run", "runWorkflowVersion", _run),
    ("GET", r"/v1/workflows/run/[^/]+", "getWorkflowRun", lambda d, i: d.info(_last(i))),
    (
        "POST",
        r"/v1/workflows/tasks/[^/]+/stop",
        "stopWorkflowTask",
        lambda d, i: d.stop_workflow_stream(i.path.split("/")[-2]),
    ),
    ("GET", r"/v1/workflows/logs", "listWorkflowLogs", lambda d, i: d.logs(page=1)),
    ("POST", r"/v1/files/upload", "uploadFile", lambda d, i: d.upload_file(b"x", name="a.txt")),
    ("GET", r"/v1/info", "getAppInfo", lambda d, i: d.app_info()),
    ("GET", r"/v1/parameters", "getAppParameters", lambda d, i: d.parameters()),
    ("GET", r"/v1/meta", "getAppMeta", lambda d, i: d.meta()),
    ("GET", r"/v1/site", "getAppSite", lambda d, i: d.site()),
    ("GET", r"/v1/form/human_input/[^/]+", "getHumanInputForm", lambda d, i: d.form(_last(i))),
    (
        "GET",
        r"/v1/workflow/[^/]+/events",
        "streamWorkflowEvents",
        lambda d, i: d.resume("x").result(),
    ),
]
# What no method of a client asks, by that method at least, and what other tests replay.
BESIDE = re.compile(
    r"/health|(/v1)?/nope|/v1/?|/v1/(completion|chat)-messages|/v1/workflows/runs?/?|.*/preview"
    r"|/v1/(audio-to-text|text-to-audio|end-users/.*|form/human_input/.*)|/files/.*"
)


def call_of(item: Exchange) -> tuple[str, Ask] | None:
    """The operation of a recording and the call of it; None for what is not asked here."""
    path = item.path.partition("?")[0]
    if item.is_stream and item.method == "GET":
        return None  # a replay, which stands for nothing by itself
    for method, pattern, operation, ask in ROUTES:
        if item.method == method and re.fullmatch(pattern, path):
            return operation, ask
    assert BESIDE.fullmatch(path) or item.method in ("DELETE", "HEAD"), item
    return None
