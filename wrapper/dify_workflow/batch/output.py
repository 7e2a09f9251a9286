"""The output file: one line for each finished row, appended; what is in it is not run again."""

from __future__ import annotations

import errno
import json
import os
import threading
from collections import Counter
from pathlib import Path
from typing import BinaryIO

from .. import InvalidArgument
from .keys import KeySet
from .results import RowResult

_BEGIN = b'{"key": '  # of each line

# The files of the batches of this process, against which the lock of a process does not help.
_ours: set[str] = set()
_ours_lock = threading.Lock()


class Output:
    """A file of results, open for appending and locked against a second batch.

    `done` are the keys of the rows in it, `statuses` counts how they ended. A torn last line is cut
    off. Raises `InvalidArgument` for a file that holds something else, or is being written.
    """

    def __init__(self, path: Path) -> None:
        self.done: KeySet = KeySet()
        self.statuses: Counter[str] = Counter()
        self._path = path
        if path.exists() and not path.is_file():
            raise InvalidArgument(f"output: {path} is no file", field="output")
        self._real = os.path.realpath(path)
        with _ours_lock:
            if self._real in _ours:
                raise InvalidArgument(f"output: another batch is writing {path}", field="output")
            _ours.add(self._real)
        try:
            self._file = path.open("a+b")
        except BaseException:
            _ours.discard(self._real)
            raise
        try:
            _lock(self._file, path)
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
        finally:
            _ours.discard(self._real)

    def _load(self) -> None:
        file, good = self._file, 0  # bytes
        file.seek(0)
        for number, line in enumerate(file, 1):
            whole = line.endswith(b"\n")
            try:
                entry = json.loads(line)
                self.done.add(entry["key"])
                self.statuses[entry["status"]] += 1
            except (ValueError, TypeError, KeyError):
                if not whole and _BEGIN.startswith(line.rstrip(b"\0")[: len(_BEGIN)]):
                    break  # the program, or the machine, ended while it wrote this
                raise InvalidArgument(
                    f"output: line {number} of {self._path} is no result of a batch",
                    field="output",
                ) from None
            good += len(line)
            if not whole:
                file.write(b"\n")
                good += 1
        file.truncate(good)
        file.flush()


def _lock(file: BinaryIO, path: Path) -> None:
    """Lock a file for this process; child processes do not inherit it, as they would a flock."""
    try:
        import fcntl
    except ImportError:
        return  # Windows
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in (errno.EACCES, errno.EAGAIN):
            return  # a file system without locks
        raise InvalidArgument(
            f"output: another process is writing {path}", field="output"
        ) from error
