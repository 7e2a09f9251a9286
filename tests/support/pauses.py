"""Take down the pauses of the clients instead of waiting them out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import attrs
import pytest
from dify_workflow import AsyncDifyWorkflow, DifyWorkflow
from dify_workflow._api import commands
from dify_workflow._clients._async.driver import AsyncDriver
from dify_workflow._clients._sync.driver import Driver


def _with_clock(kind: Any, clock: Callable[[], float]) -> Callable[[Any], Any]:
    made = kind._driver
    return lambda self: attrs.evolve(made(self), clock=clock)


@contextmanager
def recorded_pauses(*, jitter: bool = False) -> Iterator[list[float]]:
    """Give a list that takes down, in seconds, every pause that a client would make meanwhile.

    For the clients the time passes all the same. Without jitter, each pause is as long as can be.
    """
    taken: list[float] = []

    def clock() -> float:
        return time.monotonic() + sum(taken)

    def pause(_: Driver, seconds: float, wake: Any = None) -> None:
        taken.append(seconds)

    async def async_pause(_: AsyncDriver, seconds: float, wake: Any = None) -> None:
        taken.append(seconds)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Driver, "pause", pause)
        patch.setattr(AsyncDriver, "pause", async_pause)
        if not jitter:
            patch.setattr(commands, "random", SimpleNamespace(uniform=lambda _, most: most))
        for kind in (DifyWorkflow, AsyncDifyWorkflow):
            patch.setattr(kind, "_driver", _with_clock(kind, clock))
        yield taken
