"""Record what a Dify really sends, without keys, users and what signs links.

    from dify_workflow.cli.recording import recording_hooks

    http = httpx.Client(event_hooks=recording_hooks("traffic"))
    with DifyWorkflow(http_client=http) as dify:
        ...

or `dify-workflow record --out traffic`, which asks for all that starts nothing, and runs the
workflow when it is given inputs.

Each process writes a file `<time>-<pid>.jsonl` into the folder: a line for each answer of the API
with time, method, path, request (headers, body), status, headers, body, and complete (whether the
answer was read to its end). A body is text, or Base64 where `base64` is true; bodies of uploads are
left out (null), and so are all headers but a few harmless ones.
"""

from __future__ import annotations

import base64
import json
import os
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

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
            with open(self._path, "a", encoding="utf-8", opener=_private) as file:
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


def _private(path: str, flags: int) -> int:
    """Create a file for its owner alone: it has what users wrote."""
    return os.open(path, flags, 0o600)
