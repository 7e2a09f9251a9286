"""The rows in flight, on disk: those that may have been started and are not in the output yet.

Two kinds of lines: {"row", "user", "at"} before a row is posted (`at` in unix seconds; null where a
worker posts it, who knows when), and {"row", "run"} as soon as its run's id is known. They survive
the end of the process, however it ends; after a power failure the last seconds may be missing.
"""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs

from ..errors import invalid
from .row_results import Key

_MOST_LINES = 10_000  # then it is written anew


@attrs.frozen
class Flight:
    """A row that was, or was about to be, posted: its own user, when, and its run's id if known.

    `at` is None where it may have been posted as late as now.
    """

    user: str
    at: float | None = None
    run_id: str | None = None


class Journal:
    """The file `<output>.journal`; without a path, nothing is kept. Safe to use from threads.

    `found` are the rows that were in flight when the last program ended, by the text of their keys.
    """

    def __init__(self, path: Path | None, is_done: Callable[[str], bool]) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._flights: dict[str, Flight] = {}
        if path is None:
            self.found: dict[str, Flight] = {}
            return
        if path.exists():
            self._flights = _read(path, is_done)
        self.found = dict(self._flights)
        self._rewrite(path)

    def starting(self, key: Key, flight: Flight) -> None:
        """Note that a row is about to be posted."""
        self._write(str(key), flight, {"row": str(key), "user": flight.user, "at": flight.at})

    def known(self, key: Key, run_id: str) -> None:
        """Note the id of a row's run."""
        flight = self._flights.get(str(key))
        if flight is not None:
            flight = attrs.evolve(flight, run_id=run_id)
            self._write(str(key), flight, {"row": str(key), "run": run_id})

    def over(self, key: Key) -> None:
        """Note that a row is in the output, or surely was not started."""
        with self._lock:
            self._flights.pop(str(key), None)

    def close(self) -> None:
        """Keep the rows that are still in flight; without any, remove the file."""
        if self._path is None:
            return
        with self._lock:
            self._file.close()
            if self._flights:
                self._rewrite(self._path)
                self._file.close()
            else:
                self._path.unlink(missing_ok=True)
            self._path = None

    def _write(self, key: str, flight: Flight, entry: dict[str, Any]) -> None:
        with self._lock:
            if self._path is None:
                return  # without an output, or closed: a thread may still tell of its row
            self._flights[key] = flight
            self._file.write(_line(entry))
            self._file.flush()
            self._lines += 1
            if self._lines > _MOST_LINES:
                self._file.close()
                self._rewrite(self._path)

    def _rewrite(self, path: Path) -> None:
        """Write the rows in flight alone, and open the file to go on."""
        fresh = path.with_name(path.name + ".new")
        fresh.unlink(missing_ok=True)
        with open(fresh, "wb", opener=_private) as file:
            for key, flight in self._flights.items():
                file.write(_line({"row": key, "user": flight.user, "at": flight.at}))
                if flight.run_id is not None:
                    file.write(_line({"row": key, "run": flight.run_id}))
        if path.exists():
            shutil.copymode(path, fresh)
        os.replace(fresh, path)
        self._file = path.open("ab")
        self._lines = 0


def _private(path: str, flags: int) -> int:
    """Create a file for its owner alone: it names users."""
    return os.open(path, flags, 0o600)


def _line(entry: dict[str, Any]) -> bytes:
    return json.dumps(entry).encode() + b"\n"


def _read(path: Path, is_done: Callable[[str], bool]) -> dict[str, Flight]:
    """Return the rows in flight; what a torn last line is about had not happened yet."""
    flights: dict[str, Flight] = {}
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.endswith(b"\n"):
                break
            try:
                entry = json.loads(line)
                key = entry["row"]
                if "user" in entry:
                    at = entry["at"]
                    flight = Flight(entry["user"], None if at is None else float(at))
                else:
                    flight = attrs.evolve(flights[key], run_id=entry["run"])
            except (ValueError, TypeError, KeyError):
                raise invalid(
                    "output",
                    f"line {number} of {path} cannot be read; without this file, rows that "
                    "were in flight are run again",
                ) from None
            flights[key] = flight
    return {key: flight for key, flight in flights.items() if not is_done(key)}
