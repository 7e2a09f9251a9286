"""The operations that are one request and its answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from dify_workflow_api.operations import ANSWERS

from .._codec.jsonio import read
from ..options import Options
from . import calls
from .commands import Flow, ask


def fetch(
    operation: str, options: Options, path: Mapping[str, str], arguments: Mapping[str, Any]
) -> Flow[Any]:
    """Send an operation's request; return its answer as a generated model."""
    parts = [calls.identifier(name, value) for name, value in path.items()]
    answer = yield from ask(calls.call(operation, options, *parts, **arguments))
    model = ANSWERS[operation]
    whole = {"getEndUser": _with_zones, "getAppParameters": _with_form}.get(operation)
    return answer.read(lambda raw: read(model, whole(raw) if whole else raw))


def _with_form(raw: Any) -> Any:
    """A form that is null has no inputs."""
    null = isinstance(raw, dict) and raw.get("user_input_form", ...) is None
    return raw | {"user_input_form": []} if null else raw


def _with_zones(raw: Any) -> Any:
    """Name the zone of an end user's times: the server leaves it out, and it is UTC."""
    if not isinstance(raw, dict):
        return raw
    times = {name: datetime.fromisoformat(raw[name]) for name in ("created_at", "updated_at")}
    return raw | {
        name: time.isoformat() if time.tzinfo else time.replace(tzinfo=UTC).isoformat()
        for name, time in times.items()
    }
