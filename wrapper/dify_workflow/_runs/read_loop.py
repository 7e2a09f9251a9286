"""Reading one open stream: how long to wait for its next bytes, and what they mean. No I/O."""

from __future__ import annotations

from collections.abc import Callable

import httpx

from .._api import limits
from .._api.commands import Cut, Pump, forget_request
from .state import RunState

_HELD = {"start": limits.START_HELD, "refused": limits.REFUSAL_HELD}


class Pumping:
    """One `Pump` command being performed.

    resumable: a read of the connection that timed out can be repeated.
    """

    def __init__(
        self, pump: Pump, state: RunState, clock: Callable[[], float], *, resumable: bool
    ) -> None:
        self._pump = pump
        self._state = state
        self._clock = clock
        self._events = state.count
        self._asked_at = clock()
        self._limit = pump.first  # s of silence, all reads together
        self._quiet_until = None if pump.quiet is None else clock() + pump.quiet
        self._held_since = "", 0.0  # what is held back at the begin, since when
        self.resumable: bool = resumable

    def timeout(self) -> float:
        """Seconds to wait for the next bytes, from now on."""
        state, now = self._state, self._clock()
        self._asked_at = now
        if state.over:
            limit = limits.LATE_SPEECH if state.speaks else limits.NO_SPEECH
        else:
            limit = self._pump.silence if state.count or state.is_other else self._pump.first
        self._limit = limit
        left = max(limit - state.silent, 0.0) if state.silent else limit
        if not self.resumable:
            return left  # it is for the silence alone: a read that times out ends the connection
        if self._pump.lull is not None and state.silent < self._pump.lull and state.count:
            left = min(left, self._pump.lull - state.silent)
        if state.held in _HELD:
            left = min(left, max(self._decide_at(now) - now, 0.0))
        if self._quiet_until is None:
            return left
        return min(left, max(self._quiet_until - now, 0.0))

    def _decide_at(self, now: float) -> float:
        """When to decide on what is held back at the begin of the stream."""
        held = self._state.held or ""
        if self._held_since[0] != held:
            self._held_since = held, now
        return self._held_since[1] + _HELD[held]

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
        if state.too_large:
            return Cut("broken")
        if state.held in _HELD:
            self._decide_in_time()
        if (state.over or state.held or state.other_id) and state.settled:
            return Cut("over" if state.over else "held", open=True)
        if self._quiet_until is None:
            return None
        if state.count != self._events:
            self._events = state.count
            self._quiet_until = self._clock() + (self._pump.quiet or 0.0)
        elif self._clock() >= self._quiet_until:
            return Cut("quiet", open=True)
        return None

    def timed_out(self, error: httpx.HTTPError) -> Cut | None:
        """Nothing came within `timeout()`; the stream is given up, unless it is only quiet.

        Returns None where it is to be read on.
        """
        forget_request(error)
        self.waited()
        state, now = self._state, self._clock()
        if self.resumable and state.silent < self._limit - limits.EARLY:
            if state.held in _HELD:
                self._decide_in_time()
            if state.settled:
                return Cut("over", error, open=True)
            if self._quiet_until is not None and now >= self._quiet_until - limits.EARLY:
                return Cut("quiet", error, open=True)
            lull = self._pump.lull
            if lull is not None and state.begun and state.silent >= lull - limits.EARLY:
                state.silent = max(state.silent, lull)  # told once in a silence
                return Cut("lull", error, open=True)
            return None
        state.flush()
        return Cut("over" if state.over else "silence", error)

    def broke(self, error: httpx.HTTPError) -> Cut:
        """The connection broke; a last event without its blank line counts all the same."""
        forget_request(error)
        self._state.flush()
        return Cut("over" if self._state.over else "broken", error)

    def _decide_in_time(self) -> None:
        """Deliver a start that nothing has followed for long, or refuse the run with its end."""
        state, now = self._state, self._clock()
        late = now >= self._decide_at(now) - limits.EARLY
        if state.held == "refused" and (late or not self.resumable):
            state.refuse()
        elif late:
            state.confirm()
