"""Replies to the response objects."""

from __future__ import annotations

from typing import Any

from .._codec.jsonio import as_object, as_text, normalised_run, read
from ..errors import APIError
from ..types.responses import WorkflowRunResponse, WorkflowStopResponse
from .replies import Answer


def response_of(
    data: Any, raw: dict[str, Any], payload: dict[str, Any], **known: Any
) -> WorkflowRunResponse:
    """Return a response of what every form of it has."""
    outputs = as_object(payload.get("outputs"))
    return WorkflowRunResponse(
        status=as_text(payload.get("status")),
        message=as_text(payload.get("error")),
        outputs=outputs if isinstance(outputs, dict) else {},
        data=data,
        raw=raw,
        **known,
    )


def _id(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("an id is needed")
    return value


def of_blocking(answer: Answer, user: str) -> WorkflowRunResponse:
    """The result of a blocking run; raises the error the answer stands for."""

    def build(raw: Any) -> WorkflowRunResponse:
        result = read("BlockingRunResult", {**raw, "data": normalised_run(raw["data"])})
        return response_of(
            result.data,
            raw,
            raw["data"],
            id=_id(result.workflow_run_id),
            task_id=result.task_id if isinstance(result.task_id, str) else None,
            user=user,
            headers=answer.headers,
        )

    return answer.read(build)


def of_detail(answer: Answer) -> WorkflowRunResponse:
    """The state of a run by its detail; a missing run is `NotFound` on every server."""

    def build(raw: Any) -> WorkflowRunResponse:
        run = normalised_run(raw)
        return response_of(
            read("WorkflowRunDetail", run),
            raw,
            run,
            id=_id(run["id"]),
            task_id=None,
            headers=answer.headers,
        )

    if (missing := no_run(answer)) is not None:
        raise missing
    return answer.read(build)


def no_run(answer: Answer) -> APIError | None:
    """Return the exception for a success that is a detail of nulls: to 1.12, of no run.

    Raises `UnreadableAnswer` for a success that is no JSON.
    """
    raw = answer.json() if answer.ok else None
    if isinstance(raw, dict) and "status" in raw and raw.get("id") is None:
        return answer.not_found("Workflow run not found.")
    return None


def of_stop(answer: Answer) -> WorkflowStopResponse:
    """The answer to a stop."""
    return answer.read(
        lambda raw: WorkflowStopResponse(as_text(read("StopResult", raw).result), answer.headers)
    )
