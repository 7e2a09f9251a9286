"""Reading a stream in the background, so that a slow consumer loses nothing on the server."""

from __future__ import annotations

import threading
import weakref
from typing import Protocol


class Steps(Protocol):
    """A stream, as far as its reader goes."""

    @property
    def closed(self) -> bool: ...

    def _step(self, *, ahead: bool) -> None: ...


class BackgroundReader:
    """Steps through a stream in a thread until it is closed, or nobody has it any more.

    `wait` returns when something may have changed. An exception ends it: the stream itself keeps it
    for whoever reads on.
    """

    def __init__(self, stream: Steps) -> None:
        self._stream = weakref.ref(stream)
        self._changed = threading.Condition()
        self._steps = 0
        self._seen = 0
        self._thread = threading.Thread(target=self._read, name="dify-workflow", daemon=True)
        self._thread.start()

    def _read(self) -> None:
        try:
            while (stream := self._stream()) is not None and not stream.closed:
                stream._step(ahead=True)
                del stream
                self._notify()
        except BaseException:
            pass  # kept by the stream
        finally:
            self._notify()

    def _notify(self) -> None:
        with self._changed:
            self._steps += 1
            self._changed.notify_all()

    def wait(self, seconds: float | None) -> None:
        """Wait for the next step, or its end, at most so long."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._steps != self._seen or not self._thread.is_alive(), seconds
            )
            self._seen = self._steps
