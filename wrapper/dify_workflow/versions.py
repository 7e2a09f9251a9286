"""Versions of Dify, and what came with which: `client.server_version` is one of them.

from dify_workflow import versions

if versions.REPLAYS_EVENTS.on(client.server_version): ...
"""

from __future__ import annotations

from ._api.limits import QUEUED_SILENCE
from ._api.versions import (
    BY_NAME,
    CAPABILITIES,
    LOGS_RUNNING_RUNS,
    OUTLIVES_ITS_STREAM,
    QUEUES_RUNS,
    REPLAYS_EVENTS,
    Capability,
    Version,
)

__all__ = [
    "BY_NAME",
    "CAPABILITIES",
    "LOGS_RUNNING_RUNS",
    "OUTLIVES_ITS_STREAM",
    "QUEUED_SILENCE",
    "QUEUES_RUNS",
    "REPLAYS_EVENTS",
    "Capability",
    "Version",
]
