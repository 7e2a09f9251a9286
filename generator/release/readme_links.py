"""Called by hatchling: the README of the package's page, whose links must be whole addresses."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

LINK = re.compile(r"(!?)\[([^\]]*)\]\((?!https?:|#)([^)]+)\)")


class Readme(MetadataHookInterface):
    """Give the README as it is read outside of the repository."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Put it in; as it stands while no address of the source is set."""
        text = (Path(self.root) / "README.md").read_text("utf-8")
        source = metadata.get("urls", {}).get("Source")
        if source:
            text = absolute(text, source, metadata["version"])
        metadata["readme"] = {"content-type": "text/markdown", "text": text}


def absolute(text: str, source: str, version: str) -> str:
    """Make links and pictures lead to the files of a release, below the address of its source."""

    def whole(found: re.Match[str]) -> str:
        mark, title, path = found.groups()
        kind = "raw" if mark else "blob"
        return f"{mark}[{title}]({source.rstrip('/')}/{kind}/v{version}/{path})"

    return LINK.sub(whole, text)
