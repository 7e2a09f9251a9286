"""Which event loop runs here."""

from __future__ import annotations

import asyncio


def running_loop() -> asyncio.AbstractEventLoop | None:
    """The running event loop of asyncio; None in trio, and where none runs."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
