"""`read_ahead` for asyncio."""

from __future__ import annotations

import asyncio
import weakref
from typing import Protocol

from ...errors import InvalidArgument


class AsyncSteps(Protocol):
    """A stream, as far as its reader goes."""

    @property
    def closed(self) -> bool: ...

    async def _step(self, *, ahead: bool) -> None: ...


class BackgroundReader:
    """As `_sync`'s, in an asyncio task."""

    def __init__(self, stream: AsyncSteps) -> None:
        self._stream = weakref.ref(stream)
        self._changed = asyncio.Event()
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            raise InvalidArgument("read_ahead: needs asyncio", field="read_ahead") from None
        self._task = loop.create_task(self._read())

    async def _read(self) -> None:
        try:
            while (stream := self._stream()) is not None and not stream.closed:
                await stream._step(ahead=True)
                del stream
                self._changed.set()
        except Exception:
            pass  # kept by the stream
        finally:
            self._changed.set()

    async def wait(self, seconds: float | None) -> None:
        """Wait for the next step, or its end, at most so long."""
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            return
        if not self._task.done():
            self._changed.clear()
