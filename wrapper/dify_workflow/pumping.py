"""Reading one open stream: how long to wait for its next bytes, and what they mean. No I/O."""

from __future__ import annotations

from collections.abc import Callable

import httpx

from .commands import Cut, Pump, forget_request
from .run_state import RunState

_MOMENT = 0.01  # s; timers fire that much early at most


class Pumping:
    """One `Pump` command being performed."""

    def __init__(self, pump: Pump, state: RunState, clock: Callable[[], float]) -> None:
        self._pump = pump
        self._state = state
        self._clock = clock
        self._events = state.count
        self._asked_at = clock()
        self._quiet_until = None if pump.quiet is None else clock() + pump.quiet

    def timeout(self) -> float:
        """Seconds to wait for the next bytes, from now on."""
        state = self._state
        limit = self._pump.silence if state.begun else self._pump.first
        left = max(limit - state.silent, 0.0) if state.silent else limit
        self._asked_at = self._clock()
        if self._quiet_until is None:
            return left
        return min(left, max(self._quiet_until - self._asked_at, 0.0))

    def waited(self) -> None:
        """Nothing came since `timeout()`; silence counts only while somebody waits."""
        self._state.silent += self._clock() - self._asked_at

    def took(self, data: bytes | None) -> Cut | None:
        """Take bytes, or None for the end of the body; return why pumping is over, if it is."""
        state = self._state
        state.silent = 0.0
        if data is None:
            state.flush()
            return Cut("over" if state.over else "eof")
        state.feed(data)
        if state.over:
            return Cut("over", open=True)
        if self._quiet_until is None:
            return None
        if state.count != self._events:
            self._events = state.count
            self._quiet_until = self._clock() + (self._pump.quiet or 0.0)
        elif self._clock() >= self._quiet_until:
            return Cut("quiet", open=True)
        return None

    def timed_out(self, error: httpx.HTTPError, *, still_open: bool) -> Cut:
        """Nothing came within `timeout()`; the stream is given up, unless it is only quiet."""
        forget_request(error)
        self.waited()
        quiet = self._quiet_until is not None and self._clock() >= self._quiet_until - _MOMENT
        if quiet and still_open:
            return Cut("quiet", error, open=True)
        self._state.flush()
        return Cut("over" if self._state.over else "silence", error)

    def broke(self, error: httpx.HTTPError) -> Cut:
        """The connection broke; a last event without its blank line counts all the same."""
        forget_request(error)
        self._state.flush()
        return Cut("over" if self._state.over else "broken", error)
