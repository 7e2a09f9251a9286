"""Read the recorded HTTP exchanges in tests/wire/ (see tests/wire/README.md)."""

from __future__ import annotations

import functools
import json
from typing import Any
from zipfile import ZipFile

import attrs
from places import WIRE


@functools.cache
def _versions() -> tuple[str, ...]:
    names = [path.stem for path in WIRE.glob("*.zip")]
    return tuple(sorted(names, key=lambda name: tuple(int(part) for part in name.split("."))))


VERSIONS: tuple[str, ...] = _versions()
"""The recorded server versions, oldest first."""


@attrs.frozen(eq=False)
class Exchange:
    """One recorded request and its response; shared between tests: do not modify its dicts."""

    version: str
    case: str
    """Folder and name, e.g. "run/empty_streaming"."""
    method: str = attrs.field(repr=False)
    path: str = attrs.field(repr=False)
    """With /v1 and, where there was one, the query string."""
    request_body: str | None = attrs.field(repr=False)
    status: int
    """0 when the client left before any answer (disconnect/blocking_cut)."""
    headers: list[tuple[str, str]] = attrs.field(repr=False)
    head: bytes = attrs.field(repr=False)
    """Status line and headers as received, with the blank line that ends them."""
    body: bytes = attrs.field(repr=False)
    """The whole body, without the transfer coding."""
    timing: bytes = attrs.field(repr=False, default=b"")
    """Streams only, a line of JSON per HTTP chunk: t (s since the request), n (bytes), head."""
    complete: bool = attrs.field(repr=False, default=True)
    """Whether the response was read to its end (False: the client stopped reading)."""
    request: dict[str, Any] = attrs.field(repr=False, factory=dict)
    """request.json: app, method, path, headers, body, note, t_head, t_end, complete, error."""

    def __str__(self) -> str:
        return f"{self.version}/{self.case}"

    @property
    def content_type(self) -> str:
        """The Content-Type header with its parameters, "" when there is none."""
        return self.header("content-type") or ""

    @property
    def is_stream(self) -> bool:
        return self.content_type.startswith("text/event-stream")

    def header(self, name: str) -> str | None:
        """Give the first response header of that name (any case), None when absent."""
        found = (value for key, value in self.headers if key.lower() == name.lower())
        return next(found, None)

    def json(self) -> Any:
        return json.loads(self.body)

    def events(self) -> list[dict[str, Any]]:
        """Decode every event that has data (pings have none), the plain way."""
        lines = self.body.decode("utf-8").split("\n")
        return [json.loads(line[5:]) for line in lines if line.startswith("data:")]

    def frames(self) -> list[bytes]:
        """Cut the body where the HTTP chunks ended: one SSE frame each, blank line included."""
        if not self.timing:
            return [self.body] if self.body else []
        frames, start = [], 0
        for line in self.timing.splitlines():
            size = json.loads(line)["n"]
            frames.append(self.body[start : start + size])
            start += size
        return frames


def _exchange(version: str, case: str, files: dict[str, bytes]) -> Exchange:
    head, request = files["response.headers"], json.loads(files["request.json"])
    status_line, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(": ") for line in lines if line)
    return Exchange(
        version=version,
        case=case,
        method=request["method"],
        path=request["path"],
        request_body=request["body"],
        status=int(status_line.split(" ")[1]) if status_line else 0,
        headers=[(name, value) for name, _, value in pairs],
        head=head,
        body=files["response.body"],
        timing=files.get("timing.jsonl", b""),
        complete=request["complete"],
        request=request,
    )


@functools.cache
def _load(version: str) -> dict[str, Exchange]:
    files: dict[str, dict[str, bytes]] = {}
    with ZipFile(WIRE / f"{version}.zip") as archive:
        for name in sorted(archive.namelist()):
            case, part = name.rsplit("/", 1)
            files.setdefault(case, {})[part] = archive.read(name)
    return {case: _exchange(version, case, files[case]) for case in sorted(files)}


def exchanges(version: str | None = None, under: str = "") -> list[Exchange]:
    """Give recorded exchanges, oldest version first, sorted by case.

    version: one of VERSIONS, None for all. under: prefix of the case, e.g. "run/".
    """
    versions = VERSIONS if version is None else (version,)
    return [item for v in versions for case, item in _load(v).items() if case.startswith(under)]


def exchange(version: str, case: str) -> Exchange:
    """Give one exchange, e.g. exchange("1.14.2", "run/empty_streaming"); KeyError if unknown."""
    return _load(version)[case]
