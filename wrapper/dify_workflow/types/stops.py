"""How servers say that a run was stopped."""

from __future__ import annotations

_SHUT_DOWN = "Aborted: Workflow stopped because the worker is shutting down."
# With the status `failed` as well: which of the two a stop ends with is a race on Dify 1.9 to 1.15.
_TEXTS = frozenset(
    {
        "Stopped by user.",
        "Aborted: User requested stop",
        "Aborted: App task was stopped",
        _SHUT_DOWN,
    }
)


def was_stopped(status: str, message: str) -> bool:
    """Tell whether a run that ended so was stopped, by somebody or by the server."""
    return status == "stopped" or (status == "failed" and message.strip() in _TEXTS)


def why_stopped(status: str, message: str) -> str:
    """Return what is to be said of a stop that nobody asked for; "" otherwise."""
    if was_stopped(status, message) and message.strip() == _SHUT_DOWN:
        return (
            " Nobody asked for this stop: the server's worker was shut down (a redeploy, as a "
            "rule), and the run does not go on by itself"
        )
    return ""
