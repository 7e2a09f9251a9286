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


@attrs.frozen
class Capability:
    """Something that not every Dify from 0.15 on does, and the version that brought it."""

    what: str
    since: Version
    operations: tuple[str, ...] = ()  # operationIds of routes that came with it

    def on(self, version: Version | None) -> bool:
        """Whether a server has it; an unknown server is taken as current."""
        return version is None or version >= self.since

    def missing_on(self, version: Version) -> str:
        """Say what a server that is too old for it lacks."""
        return f"{self.what}: needs Dify {self.since} or later, and this is {version}"


LOG_TIMES = Capability(
    "logs filtered by time (`iter_logs` does it for older ones)", Version(1, 0, 1)
)
SITE = Capability("the settings of the app's web page, `site()`", Version(1, 4), ("getAppSite",))
LOG_USERS = Capability("logs filtered by user", Version(1, 5))
WORKFLOW_IDS = Capability(
    "runs of a certain version of the workflow, `workflow_id`",
    Version(1, 7, 2),
    ("runWorkflowVersion",),
)
OUTLIVES_ITS_STREAM = Capability(  # before: a run dies with its stream, and says `running`
    "a run goes on when its stream is cut, and its result is waited for", Version(1, 10)
)
LOGS_RUNNING_RUNS = Capability(  # before: the logs list a run after its end
    "a run whose id never arrived is found in the logs", Version(1, 11)
)
QUEUES_RUNS = Capability(  # in silence
    "streaming runs wait in the server's queue for a free worker", Version(1, 13)
)
END_USERS = Capability("a user of the app, `end_user()`", Version(1, 13), ("getEndUser",))
REPLAYS_EVENTS = Capability(
    "events missed by a cut stream are fetched again; `attach()` follows them",
    Version(1, 14),
    ("streamWorkflowEvents",),
)
HUMAN_INPUT = Capability(
    "human input: `form()`, `submit_form()`, `resume()`",
    Version(1, 14),
    ("getHumanInputForm", "submitHumanInputForm"),
)

ENDS_SPEECH_FIRST = Capability(  # before: it comes behind the end, and the stream ends at once
    "speech comes before the end of the run", Version(1, 13)
)
# What is worse since a version is no capability.
_MADE_UP_SINCE = Version(1, 15)
_READERS_KILLED = (Version(1, 15), Version(1, 17))


def makes_up_ends(version: Version | None) -> bool:
    """Whether a server tells runs and ends that are none; an unknown server may."""
    return version is None or version >= _MADE_UP_SINCE


def kills_readers(version: Version | None) -> bool:
    """Whether the end of one reader of a run's events silences the others."""
    first, repaired = _READERS_KILLED
    return version is None or first <= version < repaired


CAPABILITIES = (
    LOG_TIMES,
    SITE,
    LOG_USERS,
    WORKFLOW_IDS,
    OUTLIVES_ITS_STREAM,
    LOGS_RUNNING_RUNS,
    QUEUES_RUNS,
    END_USERS,
    REPLAYS_EVENTS,
    HUMAN_INPUT,
)


def needed_for(operation: str) -> Capability | None:
    """Return the capability that an operation came with; None for one that all servers have."""
    return next((each for each in CAPABILITIES if operation in each.operations), None)
