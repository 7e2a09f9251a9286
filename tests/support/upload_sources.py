"""Everything that can be uploaded, and what must still be open afterwards."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import pytest

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
