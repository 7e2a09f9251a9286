"""Versions of Dify, and what came with which: `client.server_version` is one of them.

from dify_workflow import versions

if versions.REPLAYS_EVENTS.on(client.server_version): ...
"""

from __future__ import annotations

from ._api.limits import QUEUED_SILENCE
from ._api.versions import (
    CAPABILITIES,
    END_USERS,
    HUMAN_INPUT,
    LOG_TIMES,
    LOG_USERS,
    LOGS_RUNNING_RUNS,
    OUTLIVES_ITS_STREAM,
    QUEUES_RUNS,
    REPLAYS_EVENTS,
    SITE,
    WORKFLOW_IDS,
    Capability,
    Version,
)

__all__ = [
    "CAPABILITIES",
    "END_USERS",
    "HUMAN_INPUT",
    "LOGS_RUNNING_RUNS",
    "LOG_TIMES",
    "LOG_USERS",
    "OUTLIVES_ITS_STREAM",
    "QUEUED_SILENCE",
    "QUEUES_RUNS",
    "REPLAYS_EVENTS",
    "SITE",
    "WORKFLOW_IDS",
    "Capability",
    "Version",
]
