"""The version of the server (`X-Version`), and every rule that depends on it."""

from __future__ import annotations

import re
from collections.abc import Mapping

import attrs


@attrs.frozen(order=True)
class Version:
    """A Dify version such as 1.14.2, comparable."""

    major: int
    minor: int
    patch: int = 0

    @classmethod
    def of(cls, text: str | None) -> Version | None:
        """Read "1.14.2" (anything behind it is ignored); None when it is no version."""
        found = re.match(r"\s*v?(\d{1,9})\.(\d{1,9})(?:\.(\d{1,9}))?", text or "")
        return cls(*(int(part or 0) for part in found.groups())) if found else None

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"


@attrs.define
class Server:
    """What is known of the server that a client talks to; shared by all its calls."""

    version: Version | None = None

    def learn(self, headers: Mapping[str, str]) -> None:
        """Take the version from a response's headers."""
        self.version = Version.of(headers.get("x-version")) or self.version


# The version that brought an operation, where servers from 0.15 on may not have it.
SINCE = {
    "getAppSite": Version(1, 4),
    "runWorkflowVersion": Version(1, 7, 2),
    "previewFile": Version(1, 7, 2),
    "getEndUser": Version(1, 13),
    "getHumanInputForm": Version(1, 14),
    "submitHumanInputForm": Version(1, 14),
    "streamWorkflowEvents": Version(1, 14),
}

REPLAYS_EVENTS = Version(1, 14)  # GET /workflow/{id}/events, human-input forms
QUEUES_RUNS = Version(1, 13)  # a streaming run waits for a worker, in silence
LOGS_RUNNING_RUNS = Version(1, 11)  # the logs list a run at once, not only after its end
OUTLIVES_ITS_STREAM = Version(1, 10)  # before: a run dies with its stream, and says `running`


def at_least(version: Version | None, needed: Version) -> bool:
    """Whether the server has what `needed` brought; an unknown server is taken as current."""
    return version is None or version >= needed
