"""How many rows may be under way, and when none may begin: what the server says counts for all."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable

log: logging.Logger = logging.getLogger("dify_workflow")

_FIRST_PAUSE = 1.0  # s
_LONGEST_PAUSE = 60.0


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

    @property
    def hopeless(self) -> bool:
        """Whether nothing came through for longer than the patience, nor will before its end."""
        return max(self._until, self._clock()) > self._good_at + self._patience

    def well(self) -> None:
        """A row was served."""
        self._good_at = self._clock()
        self.served += 1
        self._pauses = 0
        self._limit = min(self._limit + 1 / self._limit, float(self._most))

    def busy(self, retry_after: float | None, why: str) -> None:
        """The server did not take a row: nothing begins for `retry_after` seconds, or a while."""
        now = self._clock()
        new = now >= self._until  # others that were sent before a pause tell nothing new
        if new:
            self._limit = max(self._limit / 2, 1.0)
            self._pauses += 1
        seconds = retry_after
        if seconds is None:
            longest = min(_FIRST_PAUSE * 2 ** min(self._pauses - 1, 10), _LONGEST_PAUSE)
            seconds = random.uniform(longest / 2, longest)
        self._until = max(self._until, now + seconds)
        if new:
            log.info("%s; all rows wait %.1f s, then %d at once", why, seconds, self.limit)
