"""Record what a Dify really sends, without keys, users and what signs links.

    from dify_workflow.cli.recording import recording_hooks

    http = httpx.Client(event_hooks=recording_hooks("traffic"))
    with DifyWorkflow(http_client=http) as dify:
        ...

or `python -m dify_workflow.cli.recording --out traffic`, which asks the Dify of DIFY_BASE_URL and
DIFY_API_KEY for all that starts nothing, and runs the workflow when `--inputs` are given.

Each process writes a file `<time>-<pid>.jsonl` into the folder: a line for each answer of the API
with time, method, path, request (headers, body), status, headers, body, and complete (whether the
answer was read to its end). A body is text, or Base64 where `base64` is true; bodies of uploads are
left out (null), and so are all headers but a few harmless ones.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from .. import DifyError, DifyWorkflow, WorkflowLogs, WorkflowRunRequest
from .redaction import KEY, Redactor, each_line

_ASKED = ("content-type", "accept", "x-trace-id")
_ANSWERED = ("content-type", "x-version", "www-authenticate", "retry-after")


def recording_hooks(
    folder: str | os.PathLike[str], *, asynchronous: bool = False
) -> dict[str, list[Callable[..., Any]]]:
    """Return `event_hooks` for an `httpx.Client` that write its traffic into a folder.

    asynchronous: for an `httpx.AsyncClient`.
    """
    recorder = Recorder(Path(folder))

    async def asked(request: httpx.Request) -> None:
        recorder.asked(request)

    async def answered(response: httpx.Response) -> None:
        recorder.answered(response)

    if asynchronous:
        return {"request": [asked], "response": [answered]}
    return {"request": [recorder.asked], "response": [recorder.answered]}


class Recorder:
    """Writes exchanges into one file of a folder; from any thread."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{os.getpid()}.jsonl"
        self._writing = threading.Lock()
        self._redactor = Redactor()

    def asked(self, request: httpx.Request) -> None:
        """Ask for plain bytes: what is recorded is read by people."""
        request.headers["Accept-Encoding"] = "identity"

    def answered(self, response: httpx.Response) -> None:
        """Write the exchange down when its body was read, or given up."""
        if "/v1/" not in response.request.url.path:
            return  # a file behind a signed link
        began = datetime.now(UTC)

        def done(body: bytes, complete: bool) -> None:
            self._write(began, response, body, complete)

        try:
            done(response.content, True)  # it is here already
        except httpx.ResponseNotRead:
            response.stream = _Tee(response.stream, done)

    def _write(
        self, began: datetime, response: httpx.Response, body: bytes, complete: bool
    ) -> None:
        request = response.request
        with self._writing:
            self._redactor.learn(request.headers.get("authorization", "").split(" ")[-1], KEY)
            raw = request.url.raw_path.decode("ascii")
            asked = self._body(_content(request), request.headers)
            line = {
                "time": began.isoformat(timespec="milliseconds"),
                "method": request.method,
                "path": self._redactor.path("/v1/" + raw.partition("/v1/")[2]),
                "request": {"headers": self._headers(request.headers, _ASKED), **asked},
                "status": response.status_code,
                "headers": self._headers(response.headers, _ANSWERED),
                **self._body(body, response.headers),
                "complete": complete,
            }
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")

    def _headers(self, headers: Mapping[str, str], kept: tuple[str, ...]) -> dict[str, str]:
        return {name: self._redactor.text(headers[name]) for name in kept if name in headers}

    def _body(self, body: bytes | None, headers: Mapping[str, str]) -> dict[str, Any]:
        """Give a body without secrets, as text where it is one."""
        kind = headers.get("content-type", "").partition(";")[0]
        if body is None or kind.startswith("multipart/"):
            return {"body": None}
        try:
            text = body.decode("utf-8")
        except UnicodeDecodeError:
            return {"body": base64.b64encode(body).decode("ascii"), "base64": True}
        if kind == "text/event-stream":
            return {"body": each_line(text, "data:", self._redactor.values)}
        try:
            (value,) = self._redactor.values([json.loads(text)])
        except ValueError:
            return {"body": self._redactor.text(text)}
        return {"body": json.dumps(value, ensure_ascii=False)}


class _Tee(httpx.SyncByteStream, httpx.AsyncByteStream):
    """Hands a body on, and keeps it until it is closed."""

    def __init__(
        self,
        inner: httpx.SyncByteStream | httpx.AsyncByteStream,
        done: Callable[[bytes, bool], None],
    ) -> None:
        self._inner: Any = inner
        self._done: Callable[[bytes, bool], None] | None = done
        self._parts: list[bytes] = []
        self._complete = False

    def __iter__(self) -> Iterator[bytes]:
        for part in self._inner:
            self._parts.append(part)
            yield part
        self._complete = True

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._inner:
            self._parts.append(part)
            yield part
        self._complete = True

    def close(self) -> None:
        self._inner.close()
        self._tell()

    async def aclose(self) -> None:
        await self._inner.aclose()
        self._tell()

    def _tell(self) -> None:
        done, self._done = self._done, None
        if done is not None:
            done(b"".join(self._parts), self._complete)


def _content(request: httpx.Request) -> bytes | None:
    try:
        return request.content
    except httpx.RequestNotRead:  # an upload
        return None


def main(argv: list[str] | None = None) -> None:
    """Record a tour of the API."""
    parser = argparse.ArgumentParser(
        prog="python -m dify_workflow.cli.recording", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--out", required=True, help="the folder to write into")
    parser.add_argument("--inputs", type=json.loads, help="JSON object: run the workflow with it")
    options = parser.parse_args(argv)
    hooks = recording_hooks(options.out)
    with httpx.Client(event_hooks=hooks) as http, DifyWorkflow(http_client=http) as dify:
        for name, step in _tour(dify, options.inputs):
            try:
                step()
                print(f"{name}: recorded")
            except DifyError as error:  # an answer as well
                print(f"{name}: recorded {type(error).__name__}: {error}")


def _tour(
    dify: DifyWorkflow, inputs: dict[str, Any] | None
) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Give the steps; later ones depend on what the earlier ones were answered."""
    if inputs is not None:
        blocking = WorkflowRunRequest(inputs=inputs, response_mode="blocking")
        yield "a streaming run", lambda: list(dify.run_workflow_stream(inputs))
        yield "a blocking run", partial(dify.run_workflow, blocking)
        yield "an upload", partial(dify.upload_file, b"recorded", name="recorded.txt")
    yield "the app", dify.app_info
    yield "its parameters", dify.parameters
    yield "its icons", dify.meta
    yield "its page", dify.site
    entries: list[WorkflowLogs] = []
    yield "the logs", lambda: entries.extend(dify.logs(limit=5, page=1))
    for number, entry in enumerate(entries, 1):
        run, user = entry.data.workflow_run, entry.data.created_by_end_user
        yield f"run {number}", partial(dify.info, run.id)
        if run.status not in ("running", "paused"):
            yield f"its events {number}", partial(list, dify.attach(run.id))
        if user is not None:
            yield f"its user {number}", partial(dify.end_user, user.id)


if __name__ == "__main__":
    main()
