"""Which rows were seen: a set that holds millions of keys in little memory."""

from __future__ import annotations

import sqlite3

from .row_results import Key


class KeySet:
    """A set of the texts of row keys, in a temporary database that goes to disk as it grows."""

    def __init__(self) -> None:
        # An iterator is read by one thread at a time, but not always by the same.
        self._database = sqlite3.connect("", check_same_thread=False, isolation_level=None)
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute("CREATE TABLE keys (key BLOB PRIMARY KEY) WITHOUT ROWID")
        self._database.execute("BEGIN")

    def __contains__(self, key: Key) -> bool:
        rows = self._database.execute("SELECT 1 FROM keys WHERE key = ?", (_bytes(key),))
        return rows.fetchone() is not None

    def add(self, key: Key) -> bool:
        """Add a key; return whether it is new."""
        done = self._database.execute("INSERT OR IGNORE INTO keys VALUES (?)", (_bytes(key),))
        return done.rowcount == 1

    def close(self) -> None:
        """Forget all keys."""
        self._database.close()


def _bytes(key: Key) -> bytes:
    return str(key).encode("utf-8", "surrogatepass")
