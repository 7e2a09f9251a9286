"""A client without a network whose server says one thing wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import httpx
from dify_workflow import DifyError, WorkflowRunResponse
from facade import Kind, client, mocked
from pauses import recorded_pauses
from wire_archive import exchange

RUN = exchange("1.14.2", "run/empty_streaming")
HEADERS = {"x-version": "1.14.2"}


class Server:
    """Answers each request with the first of `answers` for its path, once, else "not found"."""

    def __init__(self) -> None:
        self.answers: list[tuple[str, httpx.Response]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        for number, (path, answer) in enumerate(self.answers):
            if path in request.url.path:
                del self.answers[number]
                return answer
        body = {"code": "not_found", "message": "no", "status": 404}
        return httpx.Response(404, json=body, headers=HEADERS)

    def will_say(self, body: Any, status: int = 200, path: str = "/") -> None:
        content = json.dumps(body).encode()
        headers = {**HEADERS, "content-type": "application/json"}
        self.answers.append((path, httpx.Response(status, content=content, headers=headers)))

    def will_stream(self, *events: Any) -> None:
        frames = [b"data: %b\n\n" % json.dumps(event).encode() for event in events]
        headers = {**HEADERS, "content-type": "text/event-stream"}
        answer = httpx.Response(200, content=b"".join(frames), headers=headers)
        self.answers.append(("/run", answer))


@contextmanager
def serving(kind: Kind) -> Iterator[tuple[Server, Any]]:
    """A client without a network, and what answers it."""
    server = Server()
    http = mocked(kind, server)
    with (
        recorded_pauses(),
        client(kind, "http://server.test", http_client=http, max_retries=0) as dify,
    ):
        yield server, dify
        http.close() if kind == "sync" else dify._run(http.aclose())


def of_types(value: Any, **types: Any) -> None:
    """Check the types of attributes, and that the value can be shown."""
    for name, kind in types.items():
        assert isinstance(getattr(value, name), kind), name
    repr(value)


def use_response(response: WorkflowRunResponse) -> None:
    """Read all that there is."""
    of_types(response, id=str, status=str, message=str, task_id=str | None)
    of_types(response, outputs=dict, inputs=dict)
    for form in response.forms:
        of_types(form, token=str | None, content=str)
    for file in response.files:
        repr(file)
    with suppress(DifyError):
        response.raise_for_status()
