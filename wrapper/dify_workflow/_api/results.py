"""Responses as models, and the operations that are one request and its response."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from dify_workflow_api.operations import ANSWERS

from .._codec.jsonio import as_object, as_text, decode, normalised_run
from ..errors import APIError
from ..options import Options
from ..types.responses import WorkflowRunResponse, WorkflowStopResponse
from . import api_requests
from .api_responses import ApiResponse
from .commands import Flow, ask


def fetch(
    operation: str, options: Options, path: Mapping[str, str], arguments: Mapping[str, Any]
) -> Flow[Any]:
    """Send an operation's request; return its response as a generated model."""
    parts = [api_requests.identifier(name, value) for name, value in path.items()]
    response = yield from ask(api_requests.build(operation, options, *parts, **arguments))
    model = ANSWERS[operation]
    whole = {"getEndUser": _with_zones, "getAppParameters": _with_form}.get(operation)
    return response.decode(lambda raw: decode(model, whole(raw) if whole else raw))


def _with_form(raw: Any) -> Any:
    """Read a form that is null as one without inputs."""
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


def response_of(
    data: Any, raw: dict[str, Any], payload: dict[str, Any], **fields: Any
) -> WorkflowRunResponse:
    """Return a response of what every form of it has."""
    outputs = as_object(payload.get("outputs"))
    return WorkflowRunResponse(
        status=as_text(payload.get("status")),
        message=as_text(payload.get("error")),
        outputs=outputs if isinstance(outputs, dict) else {},
        data=data,
        raw=raw,
        **fields,
    )


def _id(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("an id is needed")
    return value


def from_blocking(response: ApiResponse, user: str) -> WorkflowRunResponse:
    """Return the result of a blocking run; raises the error the response stands for."""

    def build(raw: Any) -> WorkflowRunResponse:
        result = decode("BlockingRunResult", {**raw, "data": normalised_run(raw["data"])})
        return response_of(
            result.data,
            raw,
            raw["data"],
            id=_id(result.workflow_run_id),
            task_id=result.task_id if isinstance(result.task_id, str) else None,
            user=user,
            headers=response.headers,
        )

    return response.decode(build)


def from_detail(response: ApiResponse) -> WorkflowRunResponse:
    """Return the state of a run by its detail; a missing run is `NotFound` on every server."""

    def build(raw: Any) -> WorkflowRunResponse:
        run = normalised_run(raw)
        return response_of(
            decode("WorkflowRunDetail", run),
            raw,
            run,
            id=_id(run["id"]),
            task_id=None,
            headers=response.headers,
        )

    if (missing := no_run(response)) is not None:
        raise missing
    return response.decode(build)


def no_run(response: ApiResponse) -> APIError | None:
    """Return the exception for a success that is a detail of nulls: to 1.12, of no run.

    Raises `UnreadableAnswer` for a success that is no JSON.
    """
    raw = response.json() if response.ok else None
    if isinstance(raw, dict) and "status" in raw and raw.get("id") is None:
        return response.not_found("Workflow run not found.")
    return None


def from_stop(response: ApiResponse) -> WorkflowStopResponse:
    """Return the response to a stop."""
    return response.decode(
        lambda raw: WorkflowStopResponse(
            as_text(decode("StopResult", raw).result), response.headers
        )
    )
