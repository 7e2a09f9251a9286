"""What comes of a row, as an object and as a line of JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, cast

import attrs

from .. import (
    APIError,
    DifyError,
    InvalidArgument,
    RunOutcomeUnknown,
    WorkflowFile,
    WorkflowRunResponse,
    json_text,
    to_json,
)
from ..types.files import each_file

SUCCEEDED = ("succeeded", "partial-succeeded")

Key = str | int | float


@attrs.frozen
class RowError:
    """Why a row has no result: the exception's class name, Dify's error code, the message."""

    type: str
    code: str | None
    message: str


@attrs.frozen(kw_only=True)
class RowResult:
    """What came of one row; a line of the output has the same names.

    `key` is the row's key and `inputs` are its inputs, files by their names. `status` is that of
    the run (succeeded, partial-succeeded, failed, stopped or paused), or "error" where there is no
    run, or it broke off with an `error` event, or "unknown" where a run may have been started and
    its end could not be seen; such a row is never run again by itself. `error` is None for a run
    that succeeded or paused. `stopped` tells whether the run was stopped, which some servers call
    failed; the error's message says which stop it was. `user` is the row's own end user on the
    server, by which the run is found in the logs. `candidates` are the ids of the runs that an
    unknown one may be.
    """

    key: Key
    inputs: dict[str, Any] = attrs.field(factory=dict)
    status: str
    stopped: bool = False
    outputs: dict[str, Any] = attrs.field(factory=dict)
    error: RowError | None = None
    run_id: str | None = None
    task_id: str | None = None
    user: str | None = None
    candidates: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the run succeeded, if only in part."""
        return self.status in SUCCEEDED

    def line(self) -> bytes:
        """Return it as a line of JSON (UTF-8, with its newline)."""
        return json_text(attrs.asdict(self)).encode() + b"\n"


@attrs.define
class BatchSummary:
    """How many rows ended in which status, `earlier` of them before this program was started."""

    statuses: Counter[str] = attrs.field(factory=Counter)
    earlier: int = 0

    @property
    def rows(self) -> int:
        """All rows that have a result."""
        return self.statuses.total()

    @property
    def failed(self) -> int:
        """The rows that did not succeed."""
        return self.rows - sum(self.statuses[status] for status in SUCCEEDED)

    @property
    def ok(self) -> bool:
        """Whether every row succeeded."""
        return self.failed == 0

    def __str__(self) -> str:
        parts = [f"{count:,} {status}" for status, count in self.statuses.most_common()]
        earlier = f" ({self.earlier:,} of them earlier)" if self.earlier else ""
        return f"{self.rows:,} rows: {', '.join(parts) or 'none'}{earlier}"


def from_response(response: WorkflowRunResponse) -> RowResult:
    """Return the result of a run that was seen to its end; key and inputs are added later."""
    error = None
    if response.status not in (*SUCCEEDED, "paused"):
        error = RowError("WorkflowFailed", None, response.message)
    return RowResult(
        key=0,
        status=response.status,
        stopped=response.stopped,
        outputs=response.outputs,
        error=error,
        run_id=response.id,
        task_id=response.task_id,
    )


def from_error(
    error: DifyError, run_id: str | None = None, task_id: str | None = None
) -> RowResult:
    """Return the result of a row that has none; key and inputs are added later."""
    status = "error"
    candidates: tuple[str, ...] = ()
    if isinstance(error, RunOutcomeUnknown):
        status = "unknown"
        run_id, task_id = run_id or error.run_id, task_id or error.task_id
        candidates = tuple(entry.run_id for entry in error.candidates)
    code = error.code if isinstance(error, APIError) else None
    message = error.message if isinstance(error, APIError) else ""
    return RowResult(
        key=0,
        status=status,
        error=RowError(type(error).__name__, code, message or str(error)),
        run_id=run_id,
        task_id=task_id,
        candidates=candidates,
    )


def shown(inputs: Mapping[Any, Any]) -> dict[str, Any]:
    """Return inputs as the output shows them; what has no JSON form by its `repr`."""
    return {str(name): _shown(value) for name, value in inputs.items()}


def _shown(value: Any) -> Any:
    named = each_file(value, lambda file: cast("WorkflowFile", _name(file)))
    try:
        return to_json(named)
    except InvalidArgument:
        return repr(value)


def _name(file: WorkflowFile) -> str:
    return file.url or file.name or file.upload_id or ""
