"""Every recorded exchange of a server, as the call of a client that would have made it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from dify_workflow import WorkflowRunRequest
from replay_server import ReplayServer, Reply, Request
from wire_archive import Exchange

Ask = Callable[[Any, Exchange], Any]


class Recordings(ReplayServer):
    """Answers with the recording in `item`, once, and with "not found" to anything beside."""

    def __init__(self) -> None:
        super().__init__(self._tell)
        self.item: Exchange | None = None

    def _tell(self, request: Request) -> Reply:
        item, self.item = self.item, None
        if item is not None:
            # In one piece: how a stream is cut into chunks is the matter of other tests.
            return Reply.of(item, split=1 << 20)
        return Reply.json(404, {"code": "not_found", "message": "beside", "status": 404})


def _run(dify: Any, item: Exchange) -> Any:
    parts = item.path.split("/")
    given: dict[str, Any] = {"inputs": {"text": "x"}}
    if len(parts) == 5:
        given["workflow_id"] = parts[3]
    if item.is_stream:
        stream = dify.run_workflow_stream(WorkflowRunRequest(**given))
        return list(stream), stream.result()
    return dify.run_workflow(WorkflowRunRequest(**given, response_mode="blocking"))


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
        lambda d, i: d.resume(i.path.split("/")[3]).result(),
    ),
]
# Requests that no method of a client makes.
BESIDE = {
    *("/health", "/v1/", "/nope", "/v1/nope", "/v1/completion-messages", "/v1/workflows/runs"),
    "/v1/workflows/run",  # by GET and OPTIONS
}


def call_of(item: Exchange) -> tuple[str, Ask] | None:
    """The operation of a recording and the call of it; None for what no client asks."""
    path = item.path.partition("?")[0]
    for method, pattern, operation, ask in ROUTES:
        if item.method == method and re.fullmatch(pattern, path):
            return operation, ask
    assert path.endswith("/preview") or path in BESIDE or item.method == "DELETE", item
    return None
