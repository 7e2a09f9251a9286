"""One run being followed: what was asked for, what is known, and how it is given up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

from .calls import Call
from .commands import Flow
from .errors import RunOutcomeUnknown
from .finding import Lookup
from .options import Options
from .run_state import RunState
from .versions import Server, Version

SILENCE = 60.0  # s without a byte; a running run pings every 10


@attrs.define
class Following:
    """One run being followed: what is asked for, what is known."""

    state: RunState
    options: Options
    clock: Callable[[], float]
    server: Server
    prepare: Callable[[], Flow[Call]] | None = None  # uploads what `start` needs, and builds it
    start: Call | None = None  # None: attached to a run that somebody else started
    before_post: Callable[[], None] | None = None  # called before `start` is sent
    resuming: bool = False  # it was paused, and goes on
    lookup: Lookup | None = None
    began_at: float = 0.0  # by the clock; the deadline counts from here
    posted_at: float = 0.0
    changed_at: float = 0.0
    looks: int = 0  # times it was looked at since then
    stop_asked_at: float | None = None
    _last_detail: Any = None

    def changed(self) -> None:
        """Something happened to the run."""
        self.changed_at = self.clock()
        self.looks = 0

    def not_taken(self) -> float | None:
        """Note that the POST started nothing; return the seconds left of the deadline."""
        self.changed()
        self.posted_at = self.changed_at
        if self.options.deadline is None:
            return None
        return self.began_at + self.options.deadline - self.changed_at

    def unknown(self, why: str, cause: BaseException | None = None, **more: Any) -> Exception:
        """Return the error that says what is known of the run and what is not."""
        state = self.state
        which = f"run {state.run_id}" if state.run_id else "the run (its id is not known)"
        error = RunOutcomeUnknown(
            f"{which} may have been started and may go on; its end was not seen: {why}",
            run_id=state.run_id,
            task_id=state.task_id,
            status=state.status if state.begun else None,
            user=self.options.user,
            **more,
        )
        error.__cause__ = cause
        return error

    @property
    def version(self) -> Version | None:
        """The server's version, as far as it is known."""
        return self.server.version
