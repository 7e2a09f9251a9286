"""The exit codes, and what each error means in them."""

from __future__ import annotations

from enum import IntEnum
from typing import Any

from .. import RunOutcomeUnknown, WorkflowFailed, WorkflowRunResponse, errors


class Exit(IntEnum):
    """What the program exits with."""

    OK = 0
    RUN_FAILED = 1
    USAGE = 2
    RUN_STOPPED = 3
    RUN_PAUSED = 4
    DENIED = 5
    NOT_FOUND = 6
    INVALID = 7
    SERVER = 8
    UNKNOWN = 9
    INTERRUPTED = 130


MEANINGS = {
    Exit.OK: "succeeded (partial-succeeded too; stderr says so)",
    Exit.RUN_FAILED: "the run failed (batch: some rows did; generate --check: changed)",
    Exit.USAGE: "wrong command line or settings",
    Exit.RUN_STOPPED: "the run was stopped, by somebody or by a redeploy (stderr says which)",
    Exit.RUN_PAUSED: "the run waits for human input",
    Exit.DENIED: "no API key, a wrong one, or not allowed",
    Exit.NOT_FOUND: "no such run, form or route",
    Exit.INVALID: "inputs, a file or an answer that are refused",
    Exit.SERVER: "the server, the network or the app's set-up",
    Exit.UNKNOWN: "a run may be going on, and its end was not seen",
    Exit.INTERRUPTED: "interrupted (Ctrl-C)",
}


class Problem(Exception):
    """Something that this program itself has to say: one line, and an exit code.

    `details` are added to it with `--json`.
    """

    def __init__(self, message: str, exit_code: Exit = Exit.USAGE, **details: Any) -> None:
        super().__init__(message)
        self.exit_code = exit_code
        self.details = details


_OF_ERRORS: tuple[tuple[type[Exception], Exit], ...] = (
    (errors.AuthenticationError, Exit.DENIED),
    (errors.PermissionDenied, Exit.DENIED),
    (errors.NotFound, Exit.NOT_FOUND),
    (errors.InvalidArgument, Exit.INVALID),
    (errors.InvalidParam, Exit.INVALID),
    (errors.FormClosed, Exit.INVALID),
    (errors.TooLarge, Exit.INVALID),
    (errors.UnsupportedMediaType, Exit.INVALID),
    (RunOutcomeUnknown, Exit.UNKNOWN),
)


def exit_code_of(error: BaseException) -> Exit:
    """Return the exit code that stands for an error."""
    if isinstance(error, Problem):
        return error.exit_code
    if isinstance(error, WorkflowFailed) and error.response is not None:
        return exit_code_of_run(error.response)
    if isinstance(error, errors.InvalidArgument) and error.field == "api_key":
        return Exit.DENIED
    return next((code for kind, code in _OF_ERRORS if isinstance(error, kind)), Exit.SERVER)


def exit_code_of_run(response: WorkflowRunResponse) -> Exit:
    """Return the exit code that stands for the end of a run."""
    if response.stopped:
        return Exit.RUN_STOPPED
    match response.status:
        case "failed":
            return Exit.RUN_FAILED
        case "paused":
            return Exit.RUN_PAUSED
    return Exit.OK


def details_of(error: BaseException) -> dict[str, Any]:
    """Return what a script may want to know of an error besides its text."""
    found: dict[str, Any] = {}
    if isinstance(error, Problem):
        found = dict(error.details)
    elif isinstance(error, errors.APIError):
        found = {"status_code": error.status_code, "code": error.code}
    elif isinstance(error, RunOutcomeUnknown):
        found = {
            "run_id": error.run_id,
            "task_id": error.task_id,
            "user": error.user,
            "candidates": [getattr(it.data.workflow_run, "id", None) for it in error.candidates],
        }
    elif isinstance(error, WorkflowFailed) and error.response is not None:
        found = {"run_id": error.response.id, "status": error.response.status}
    elif isinstance(error, errors.InvalidArgument):
        found = {"field": error.field}
    return found
