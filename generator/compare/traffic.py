"""Read recorded HTTP traffic: our own recordings, HAR files, and archives as in tests/wire.

- `*.jsonl`: our own, written by `make record` (dify_workflow.cli.recording tells the form).
- `*.har`: saved by a browser's developer tools or a proxy (HTTP Archive 1.2).
- `*.zip`: `<case>/request.json`, `response.headers` and `response.body`; the version is the name.

Requests to other paths than `.../v1/...` are left out.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zipfile import BadZipFile, ZipFile

import attrs

from generator.document import ContractError


@attrs.frozen
class Traffic:
    """One recorded request and its answer."""

    source: str
    method: str
    path: str
    headers: Mapping[str, str] = attrs.field(repr=False)
    """Of the request, names as in "Content-Type"."""
    request_body: str | None = attrs.field(repr=False)
    status: int
    answered: Mapping[str, str] = attrs.field(repr=False)
    """The headers of the answer, names in lower case."""
    version: str
    body: bytes = attrs.field(repr=False)
    complete: bool = True
    """Whether the answer was read to its end."""

    def __str__(self) -> str:
        return f"{self.source}: {self.method} {self.path}"

    @property
    def request(self) -> Mapping[str, Any]:
        return {"headers": self.headers}

    @property
    def content_type(self) -> str:
        return self.answered.get("content-type", "")

    def header(self, name: str) -> str | None:
        return self.answered.get(name.lower())

    @property
    def is_stream(self) -> bool:
        return self.content_type.startswith("text/event-stream")

    def json(self) -> Any:
        return json.loads(self.body)

    def events(self) -> list[dict[str, Any]]:
        """Decode the events that have data; the last one of a stream that was cut may lack."""
        lines = self.body.split(b"\n")
        whole = lines if self.complete else lines[:-1]
        return [json.loads(line[5:]) for line in whole if line.startswith(b"data:")]


def read(folder: Path) -> list[Traffic]:
    """Read all recordings in a folder and below, or those of one file."""
    readers = {".jsonl": _lines, ".har": _har, ".zip": _archive}
    paths = [folder] if folder.is_file() else sorted(folder.rglob("*"))
    found = []
    for path in (path for path in paths if path.suffix in readers and path.is_file()):
        try:
            found += list(readers[path.suffix](path))
        except (KeyError, TypeError, ValueError, AttributeError, BadZipFile) as error:
            raise ContractError(f"{path}: not a recording: {error!r}") from error
    if not found:
        raise ContractError(f"{folder}: no recorded requests (*.jsonl, *.har, *.zip)")
    return found


def _traffic(
    source: str,
    method: str,
    path: str,
    sent: Mapping[str, str],
    request_body: str | None,
    status: int,
    got: Mapping[str, str],
    body: bytes,
    **more: Any,
) -> Traffic:
    headers = {name.title(): value for name, value in sent.items()}
    answered = {name.lower(): value for name, value in got.items()}
    fixed = {"version": answered.get("x-version", ""), "body": body, **more}
    return Traffic(source, method, path, headers, request_body, status, answered, **fixed)


def _lines(path: Path) -> Iterator[Traffic]:
    for number, line in enumerate(path.read_text("utf-8").split("\n"), 1):
        if not line:
            continue  # the end of the file
        one = json.loads(line)
        body = base64.b64decode(one["body"]) if one.get("base64") else one["body"].encode()
        sent, source = one["request"], f"{path.name}:{number}"
        before = (source, one["method"], one["path"], sent["headers"], sent["body"])
        yield _traffic(*before, one["status"], one["headers"], body, complete=one["complete"])


def _har(path: Path) -> Iterator[Traffic]:
    entries = json.loads(path.read_text("utf-8-sig"))["log"]["entries"]
    for number, entry in enumerate(entries, 1):
        asked, answer, url = entry["request"], entry["response"], urlsplit(entry["request"]["url"])
        _, found, rest = url.path.rpartition("/v1/")
        if not found or not answer["status"]:  # another server's, or none came
            continue
        content = answer["content"]
        text = content.get("text", "")
        body = base64.b64decode(text) if content.get("encoding") == "base64" else text.encode()
        sent, got = (_headers(side["headers"]) for side in (asked, answer))
        got.setdefault("content-type", content.get("mimeType", ""))
        where = f"/v1/{rest}" + (f"?{url.query}" if url.query else "")
        posted = asked.get("postData", {}).get("text")
        source = f"{path.name} entry {number}"
        yield _traffic(source, asked["method"], where, sent, posted, answer["status"], got, body)


def _headers(given: list[dict[str, str]]) -> dict[str, str]:
    return {header["name"].lower(): header["value"] for header in given}


def _archive(path: Path) -> Iterator[Traffic]:
    with ZipFile(path) as archive:
        for name in archive.namelist():
            case, _, part = name.rpartition("/")
            if part != "request.json":
                continue
            asked = json.loads(archive.read(name))
            status, *lines = (
                archive.read(f"{case}/response.headers").decode("latin-1").split("\r\n")
            )
            if not status:
                continue  # the client left before any answer
            got = dict(line.split(": ", 1) for line in lines if line)
            body = archive.read(f"{case}/response.body")
            before = (f"{path.stem}/{case}", asked["method"], asked["path"], asked["headers"])
            after = (asked["body"], int(status.split(" ")[1]), got, body)
            yield _traffic(*before, *after, version=path.stem, complete=asked["complete"])
