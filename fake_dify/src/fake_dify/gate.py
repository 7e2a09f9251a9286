"""A gate that holds a run until the test opens it: order without waiting for time."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

from .base import Step


class Gate(Step):
    """Holds every run that arrives until `open()`; used as a step or as `Node(gate=...)`.

    ```python
    gate = Gate()
    dify.workflow = [Node("first"), Node("second", gate=gate)]
    gate.wait()  # a run has arrived
    gate.open()
    ```
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_open = False
        self._reached = threading.Event()
        self._waiting: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    def wait(self, timeout: float = 5.0) -> None:
        """Wait until a run has arrived; TimeoutError otherwise."""
        if not self._reached.wait(timeout):
            raise TimeoutError(f"no run arrived within {timeout} s")

    def open(self) -> None:
        """Let all runs pass, now and later."""
        with self._lock:
            self._is_open = True
            for loop, event in self._waiting:
                loop.call_soon_threadsafe(event.set)
            self._waiting.clear()

    async def perform(self, execution: Any, scope: Any, /) -> None:
        await self.passed()

    async def passed(self) -> None:
        """Arrive at the gate; return when it is open."""
        event = asyncio.Event()
        with self._lock:
            if self._is_open:
                event.set()
            else:
                self._waiting.append((asyncio.get_running_loop(), event))
        self._reached.set()
        await event.wait()
