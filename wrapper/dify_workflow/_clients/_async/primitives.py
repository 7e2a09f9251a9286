"""What only the two halves know: waiting, doing several things at once, calling the caller's code.

Written by hand, as its twin in `_sync`; the same names with the same meaning.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

import anyio

from ...errors import DifyError


class Alarm:
    """A wait that can be ended from outside."""

    def __init__(self) -> None:
        self._scope: anyio.CancelScope | None = None

    def ring(self) -> None:
        """End the wait, if there is one."""
        if self._scope is not None:
            self._scope.cancel()

    async def wait(self, seconds: float) -> None:
        """Wait so long, or until it rings."""
        with anyio.CancelScope() as self._scope:
            await anyio.sleep(seconds)
        self._scope = None


async def gather(functions: Sequence[Callable[[], Awaitable[Any]]], at_once: int) -> list[Any]:
    """Call functions, so many at once; raise the first error when all have ended."""
    results: dict[int, Any] = {}
    errors: list[DifyError] = []
    turn = anyio.Semaphore(at_once)

    async def perform(index: int, function: Callable[[], Awaitable[Any]]) -> None:
        async with turn:
            try:
                results[index] = await function()
            except DifyError as error:
                errors.append(error)

    async with anyio.create_task_group() as group:
        for index, function in enumerate(functions):
            group.start_soon(perform, index, function)
    if errors:
        raise errors[0]
    return [results[index] for index in range(len(functions))]


async def called(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function of the caller's; what it returns may be awaitable."""
    given = function(*arguments)
    return await given if inspect.isawaitable(given) else given


def shielded(seconds: float | None = None) -> AbstractContextManager[Any]:
    """Keep a cancellation away from what is done within, for `seconds` at most."""
    if seconds is None:
        return anyio.CancelScope(shield=True)
    return anyio.move_on_after(seconds, shield=True)
