"""What a server sees of uploads: the parts of a multipart body, and a server that takes them."""

from __future__ import annotations

import json
import os
import re
import threading
from typing import Any

import attrs
from replay_server import ReplayServer, Reply, Request
from wire_archive import exchange

UPLOADED = exchange("1.14.2", "files/upload_txt").json()
RUN = Reply.of(exchange("1.14.2", "run/empty_streaming"))
RUN_BLOCKING = Reply.of(exchange("1.14.2", "run/empty_blocking"))
TOO_LARGE = Reply.of(exchange("1.14.2", "files/upload_too_large_16mb"))


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

    refused: names of files that are too large. together: how many uploads must be under way at
    once before the first one is answered.
    """

    def __init__(self, *, refused: tuple[str, ...] = (), together: int = 1) -> None:
        super().__init__(self._take)
        self._refused = refused
        self._gate = threading.Barrier(together)

    def _take(self, request: Request) -> Reply:
        if request.path == "/v1/workflows/run":
            streaming = request.json()["response_mode"] == "streaming"
            return RUN if streaming else RUN_BLOCKING
        assert request.path == "/v1/files/upload", request
        _, file = sorted(parts_of(request), key=lambda part: part.name == "file")
        self._gate.wait(10.0)
        if file.filename in self._refused:
            return TOO_LARGE
        return Reply.json(201, {**UPLOADED, "id": f"id-of-{file.filename}", "name": file.filename})

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
