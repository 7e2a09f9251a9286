"""The version of the server (`X-Version`), and every rule that depends on it."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from typing import NamedTuple

import attrs
from dify_workflow_api.operations import SINCE


class Version(NamedTuple):
    """A Dify version such as 1.14.2, comparable."""

    major: int
    minor: int
    patch: int = 0

    @classmethod
    @functools.lru_cache(maxsize=32)
    def of(cls, text: str | None) -> Version | None:
        """Read "1.14.2" (anything behind it is ignored); None when it is no version."""
        match = re.match(r"\s*v?(\d{1,9})\.(\d{1,9})(?:\.(\d{1,9}))?", text or "")
        return cls(int(match[1]), int(match[2]), int(match[3] or 0)) if match else None

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"


@attrs.define
class Server:
    """What is known of the server; all requests of a client share it."""

    version: Version | None = None

    def learn(self, headers: Mapping[str, str]) -> None:
        """Take the version from a response's headers."""
        self.version = Version.of(headers.get("x-version")) or self.version


class Capability(NamedTuple):
    """Something that not every Dify from 0.15 on does, and the version that brought it."""

    what: str
    since: Version

    def on(self, version: Version | None) -> bool:
        """Return whether a server has it; an unknown server is taken as current."""
        return version is None or version >= self.since

    def missing_on(self, version: Version) -> str:
        """Say what a server that is too old for it lacks."""
        return f"{self.what}: needs Dify {self.since} or later, and this is {version}"


# By operationId, parameter or behaviour, as the contract names them.
BY_NAME = {
    name: Capability(what, Version.of(since) or Version(0, 0))
    for name, (since, what) in SINCE.items()
}
# For people: oldest first, and once each.
_FOR_PEOPLE = dict.fromkeys(each for each in BY_NAME.values() if each.what)
CAPABILITIES: tuple[Capability, ...] = tuple(sorted(_FOR_PEOPLE, key=lambda each: each.since))

OUTLIVES_ITS_STREAM = BY_NAME["OUTLIVES_ITS_STREAM"]
LOGS_RUNNING_RUNS = BY_NAME["LOGS_RUNNING_RUNS"]
QUEUES_RUNS = BY_NAME["QUEUES_RUNS"]
ENDS_SPEECH_FIRST = BY_NAME["ENDS_SPEECH_FIRST"]
REPLAYS_EVENTS = BY_NAME["streamWorkflowEvents"]

# What is worse since a version is no capability.
_MADE_UP_SINCE = Version(1, 15)
_READERS_KILLED = (Version(1, 15), Version(1, 17))


def makes_up_ends(version: Version | None) -> bool:
    """Return whether a server may send ends of runs that have not ended; an unknown server may."""
    return version is None or version >= _MADE_UP_SINCE


def kills_readers(version: Version | None) -> bool:
    """Return whether the end of one reader of a run's events silences the others."""
    first, repaired = _READERS_KILLED
    return version is None or first <= version < repaired


def needed_for(operation: str) -> Capability | None:
    """Return the capability that an operation came with; None for one that all servers have."""
    return BY_NAME.get(operation)
