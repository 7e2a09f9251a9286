"""Files of a run's outputs, and what a server answers for them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from replay_reply import head
from replay_server import Reply

CONTENT = bytes(range(256)) * 50


HTML = "<html><body>nginx</body></html>"


def whole(content: bytes = CONTENT) -> Reply:
    return Reply.raw(head(200, [("Content-Length", str(len(content)))]), content)


def file_at(url: str, name: str = "a.bin") -> dict[str, Any]:
    """A file object of a run's outputs."""
    return {"dify_model_identity": "__dify__file__", "filename": name, "url": url}


def gone_to(location: str) -> Reply:
    return Reply.raw(head(302, [("Location", location), ("Content-Length", "0")]))


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())
