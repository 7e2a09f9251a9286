"""The gate of a batch: how many rows may be under way, and when none may begin.

What the server says to one row counts for all. After a refusal the gate is closed for a while; then
one row begins, as a probe, and when the server has taken it, the others may follow.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Hashable

log: logging.Logger = logging.getLogger("dify_workflow")

_FIRST_PAUSE = 1.0  # s
_LONGEST_PAUSE = 60.0
_TAKEN_AFTER = 10.0  # s; a refusal comes at once, and some workers say nothing before the end


class Pace:
    """Halves the concurrency when the server is too busy, and lets it grow again by successes.

    concurrency: rows under way at most.
    patience: seconds without any success after which `hopeless` holds.
    """

    def __init__(
        self, concurrency: int, patience: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most = concurrency
        self._limit = float(concurrency)
        self._patience = patience
        self._clock = clock
        self._until = float("-inf")  # no row begins before
        self._closed = False  # until a probe was taken
        self._probe: Hashable = None  # the row that was begun to see whether others may
        self._probed_at = 0.0
        self._pauses = 0  # since the last success
        self._good_at = clock()
        self.served: int = 0  # rows

    @property
    def limit(self) -> int:
        """How many rows may be under way now."""
        return int(self._limit)

    @property
    def wait(self) -> float:
        """Seconds until rows may begin."""
        return max(self._until - self._clock(), 0.0)

    def admits(self, running: int) -> bool:
        """Return whether a row may begin now, beside so many others."""
        if self._probe is not None and self._clock() >= self._probed_at + _TAKEN_AFTER:
            self.taken(self._probe)
        return not self.wait and self._probe is None and running < self.limit

    def begun(self, row: Hashable) -> None:
        """Note that a row begins."""
        if self._closed:
            self._probe, self._probed_at = row, self._clock()

    def taken(self, row: Hashable) -> None:
        """Note that the server took a row: if that was the probe, the gate is open."""
        if row == self._probe:
            self._probe, self._closed = None, False

    def back(self, row: Hashable) -> None:
        """Note that a row is no longer under way."""
        if row == self._probe:
            self._probe = None

    @property
    def hopeless(self) -> bool:
        """Whether nothing came through for longer than the patience, nor will before its end."""
        return max(self._until, self._clock()) > self._good_at + self._patience

    def well(self, row: Hashable) -> None:
        """Note that a row was served."""
        self.taken(row)
        self._good_at = self._clock()
        self.served += 1
        self._pauses = 0
        self._limit = min(self._limit + 1 / self._limit, float(self._most))

    def busy(self, retry_after: float | None, why: str) -> None:
        """Note that a row was refused: nothing begins for `retry_after` seconds, or a while."""
        now = self._clock()
        if not self._closed:  # a refused probe does not say that fewer rows would get in
            self._limit = max(self._limit / 2, 1.0)
        self._closed = True
        new = now >= self._until  # others that were sent before a pause tell nothing new
        if new:
            self._pauses += 1
        seconds = retry_after
        if seconds is None:
            longest = min(_FIRST_PAUSE * 2 ** min(self._pauses - 1, 10), _LONGEST_PAUSE)
            seconds = random.uniform(longest / 2, longest)
        self._until = max(self._until, now + seconds)
        if new:
            text = "%s; all rows wait %.1f s, then one is tried, then %d at once"
            log.info(text, why, seconds, self.limit)
