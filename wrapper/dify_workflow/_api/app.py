"""The app's own data and its end users. Flows: no I/O."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from .._codec.decode import read, reader
from . import calls
from .retries import ask

if TYPE_CHECKING:
    from dify_workflow_api.models import EndUser

    from ..options import Options
    from .commands import Flow


def fetch(operation: str, model: str, options: Options) -> Flow[Any]:
    """Fetch what an operation without arguments returns, as a generated model."""
    answer = yield from ask(calls.call(operation, options))
    return answer.read(reader(model))


def fetch_user(options: Options, end_user_id: str) -> Flow[EndUser]:
    """Fetch an end user."""
    path = calls.identifier("end_user_id", end_user_id)
    answer = yield from ask(calls.call("getEndUser", options, path))
    user: EndUser = answer.read(lambda raw: read("EndUser", _with_zones(raw)))
    return user


def _with_zones(raw: Any) -> Any:
    """The server leaves the zone of these times out: it is UTC."""
    if not isinstance(raw, dict):
        return raw
    times = {name: datetime.fromisoformat(raw[name]) for name in ("created_at", "updated_at")}
    return raw | {
        name: time.isoformat() if time.tzinfo else time.replace(tzinfo=UTC).isoformat()
        for name, time in times.items()
    }
