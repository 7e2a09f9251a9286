"""The output file: one line for each finished row, appended; what is in it is not run again."""

from __future__ import annotations

import errno
import json
import os
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from .. import InvalidArgument
from ..errors import invalid
from .keys import KeySet
from .row_results import RowResult

_BEGIN = b'{"key": '  # of each line

# The files of the batches of this process, against which the lock of a process does not help.
_ours: set[str] = set()
_ours_lock = threading.Lock()


class Output:
    """A file of results, open for appending and locked against a second batch.

    The keys of the rows in it are added to `done`; `statuses` counts how they ended. A torn last
    line is cut off.

    Raises `InvalidArgument` for a file that holds something else, or is being written.
    """

    def __init__(self, path: Path, done: KeySet) -> None:
        self._done = done
        self.statuses: Counter[str] = Counter()
        self._path = path
        if path.exists() and not path.is_file():
            raise invalid("output", f"{path} is no file")
        self._unlock: Callable[[], object] = lambda: None
        self._real = os.path.realpath(path)
        with _ours_lock:
            if self._real in _ours:
                raise invalid("output", f"another batch is writing {path}")
            _ours.add(self._real)
        try:
            self._file = path.open("a+b")
        except BaseException as error:
            _ours.discard(self._real)
            if isinstance(error, OSError):
                raise invalid("output", str(error)) from error
            raise
        try:
            self._unlock = _lock(self._file, path)
            self._load()
        except BaseException:
            self.close()
            raise

    def write(self, result: RowResult) -> None:
        """Append the line of a row; it is in the hands of the system on return."""
        self._file.write(result.line())
        self._file.flush()

    def close(self) -> None:
        """Close the file, which frees its lock."""
        try:
            self._file.close()
            self._unlock()
        finally:
            _ours.discard(self._real)

    def _load(self) -> None:
        file, good = self._file, 0  # bytes
        file.seek(0)
        for number, line in enumerate(file, 1):
            whole = line.endswith(b"\n")
            try:
                entry = json.loads(line)
                self._done.add(entry["key"])
                self.statuses[entry["status"]] += 1
            except (ValueError, TypeError, KeyError):
                if not whole and _BEGIN.startswith(line.rstrip(b"\0")[: len(_BEGIN)]):
                    break  # the program, or the machine, ended while it wrote this
                raise invalid(
                    "output", f"line {number} of {self._path} is no result of a batch"
                ) from None
            good += len(line)
            if not whole:
                file.write(b"\n")
                good += 1
        file.truncate(good)
        file.flush()


def _lock(file: BinaryIO, path: Path) -> Callable[[], object]:
    """Lock a file for this process; return what frees it.

    Child processes do not inherit it, as they would a flock, which outlives a killed parent.
    """
    try:
        import fcntl
    except ImportError:
        return _lock_beside(path)
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EAGAIN):
            raise _taken(path) from error
        # else it is a file system without locks
    return lambda: None  # closing the file frees it


def _lock_beside(path: Path) -> Callable[[], object]:
    """Lock a file on Windows, where what is locked could not be written."""
    import filelock

    lock = filelock.FileLock(f"{path}.lock")
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout as error:
        raise _taken(path) from error
    return lock.release


def _taken(path: Path) -> InvalidArgument:
    return invalid("output", f"another process is writing {path}")
