"""Everything that can be uploaded, and a server that takes it: what it sees of a multipart body."""

from __future__ import annotations

import io
import json
import os
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import attrs
import pytest
from facade import run_reply
from replay_server import ReplayServer, Reply, Request
from wire_archive import exchange

BODY = bytes(range(256)) * 300 + b"\r\nthe end"


class OnlyReads:
    """The least that can be read: no seek, no tell, no name, not even `seekable`."""

    def __init__(self, inner: IO[bytes]) -> None:
        self.inner = inner

    def read(self, size: int = -1) -> bytes:
        return self.inner.read(size)


class Pipe(OnlyReads):
    """A stream that says that it cannot seek."""

    def seekable(self) -> bool:
        return False


def written(folder: Path) -> Path:
    """A file with a Chinese name."""
    path = folder / "报告.pdf"
    path.write_bytes(BODY)
    return path


# Content made of a path, arguments, and the name that arrives.
SOURCES: dict[str, tuple[Callable[[Path], Any], dict[str, Any], str]] = {
    "path": (lambda path: path, {}, "报告.pdf"),
    "path as text": (str, {}, "报告.pdf"),
    "bytes": (Path.read_bytes, {"name": "a.pdf"}, "a.pdf"),
    "bytearray": (lambda path: bytearray(path.read_bytes()), {"name": "a.pdf"}, "a.pdf"),
    "file": (lambda path: path.open("rb"), {}, "报告.pdf"),
    "unbuffered file": (lambda path: path.open("rb", buffering=0), {}, "报告.pdf"),
    "named file": (lambda path: path.open("rb"), {"name": "b.pdf"}, "b.pdf"),
    "memory": (lambda path: io.BytesIO(path.read_bytes()), {"name": "c.pdf"}, "c.pdf"),
    "pipe": (lambda path: Pipe(path.open("rb")), {"name": "d.pdf"}, "d.pdf"),
    "reader": (lambda path: OnlyReads(path.open("rb")), {"name": "e.pdf"}, "e.pdf"),
}
each_source = pytest.mark.parametrize("source", sorted(SOURCES))


def close(content: Any) -> None:
    """Close what a test opened; it must still be open."""
    inner = getattr(content, "inner", content)
    if hasattr(inner, "close"):
        assert not inner.closed
        inner.close()


# The server.

UPLOADED = exchange("1.14.2", "files/upload_txt").json()


@attrs.frozen
class Part:
    """One part of a multipart body; `filename` as the server (werkzeug) reads it."""

    name: str
    filename: str | None
    content_type: str | None
    content: bytes


def parts_of(request: Request) -> list[Part]:
    """Cut a multipart body at its boundary, and only there."""
    kind = request.headers["content-type"]
    boundary = kind.partition("multipart/form-data; boundary=")[2].encode()
    assert boundary, kind
    assert request.headers["content-length"] == str(len(request.body))
    empty, *found, end = (b"\r\n" + request.body).split(b"\r\n--" + boundary)
    assert (empty, end) == (b"", b"--\r\n")
    return [_part(piece) for piece in found]


def _part(piece: bytes) -> Part:
    head, _, content = piece.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == ""
    headers = dict(line.split(": ", 1) for line in lines[1:])
    shown = re.fullmatch(
        r'form-data; name="([^"]+)"(?:; filename="([^"]*)")?', headers["Content-Disposition"]
    )
    assert shown, headers
    filename = shown[2] and shown[2].replace("\\\\", "\\").replace("%22", '"')
    return Part(shown[1], filename, headers.get("Content-Type"), content)


# How Dify types files, as its source has it (ETL_TYPE=dify).
LISTED = {
    "image": "jpg jpeg png webp gif svg",
    "video": "mp4 mov mpeg webm",
    "audio": "mp3 m4a wav amr mpga",
    "document": "txt markdown md mdx pdf html htm xlsx xls docx csv vtt properties",
}


def type_on_the_server(upload: Part) -> str:
    """The extension where it is listed, else the MIME type that was sent: by parts of its text."""
    extension = os.path.splitext(upload.filename or "")[1].lstrip(".").lower()
    for kind, extensions in LISTED.items():
        if extension in extensions.split():
            return kind
    sent = (upload.content_type or "").partition(";")[0].lower()
    for kind in ("image", "video", "audio"):
        if kind in sent:
            return kind
    return "document" if "text" in sent or "pdf" in sent else "custom"


class Uploads(ReplayServer):
    """Takes uploads, each with an id of its own, and runs a workflow that gives nothing.

    instead: what else is answered to files of these names. together: how many uploads must be
    under way at once before the first one is answered.
    """

    def __init__(self, *, instead: dict[str, Reply] | None = None, together: int = 1) -> None:
        super().__init__(self._take)
        self._instead = instead or {}
        self._gate = threading.Barrier(together)

    def _take(self, request: Request) -> Reply:
        if request.path == "/v1/workflows/run":
            return run_reply(request)
        assert request.path == "/v1/files/upload", request
        _, file = sorted(parts_of(request), key=lambda part: part.name == "file")
        self._gate.wait(10.0)
        name = str(file.filename)
        taken = Reply.json(201, {**UPLOADED, "id": f"id-of-{name}", "name": name})
        return self._instead.get(name, taken)

    @property
    def uploads(self) -> list[list[Part]]:
        """The parts of every upload, in the order of arrival."""
        return [parts_of(r) for r in self.requests if r.path == "/v1/files/upload"]

    @property
    def files(self) -> list[Part]:
        """The file of every upload."""
        return [next(part for part in parts if part.name == "file") for parts in self.uploads]

    @property
    def users(self) -> set[str]:
        """The users of all uploads and runs."""
        found = {p.content.decode() for parts in self.uploads for p in parts if p.name == "user"}
        return found | {body["user"] for body in self.runs}

    @property
    def runs(self) -> list[dict[str, Any]]:
        """The bodies of all runs."""
        return [json.loads(r.body) for r in self.requests if r.path == "/v1/workflows/run"]
