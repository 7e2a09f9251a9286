"""What only the two halves know: waiting, doing several things at once, calling the caller's code.

Written by hand, as its twin in `_async`; the same names with the same meaning.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from contextvars import copy_context
from typing import Any


class Alarm:
    """A wait that can be ended from outside."""

    def __init__(self) -> None:
        self._rung = threading.Event()

    def ring(self) -> None:
        """End the wait, and those to come."""
        self._rung.set()

    def wait(self, seconds: float) -> None:
        """Wait so long, or until it rings."""
        self._rung.wait(seconds)


def gather(functions: Sequence[Callable[[], Any]], at_once: int) -> list[Any]:
    """Call functions, so many at once; raise the first error when all have ended."""
    from concurrent.futures import ThreadPoolExecutor

    contexts = [copy_context() for _ in functions]  # with the caller's span
    with ThreadPoolExecutor(at_once) as pool:
        return list(pool.map(lambda context, function: context.run(function), contexts, functions))


def called(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function of the caller's."""
    return function(*arguments)


def shielded(seconds: float | None = None) -> AbstractContextManager[Any]:
    """Nothing to keep away: a thread is not cancelled, and the request has its time-out."""
    return nullcontext()
