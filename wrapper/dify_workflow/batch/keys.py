"""Which rows were seen: a set that holds millions of keys in little memory."""

from __future__ import annotations

from array import array
from hashlib import blake2b

from .results import Key


class KeySet:
    """A set of row keys, as 64-bit digests in an open-addressed table: 16 to 32 bytes a key.

    Two of a million different keys are taken for one with a probability of 3 in 100 million.
    """

    def __init__(self) -> None:
        self._table = array("Q", [0]) * 1024
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __contains__(self, key: Key) -> bool:
        digest = _digest(key)
        return self._table[self._slot(digest)] == digest

    def add(self, key: Key) -> bool:
        """Add a key; return whether it is new."""
        digest = _digest(key)
        slot = self._slot(digest)
        if self._table[slot] == digest:
            return False
        self._table[slot] = digest
        self._count += 1
        if 2 * self._count > len(self._table):
            self._grow()
        return True

    def _slot(self, digest: int) -> int:
        """Where a digest is, or would be put."""
        table, mask = self._table, len(self._table) - 1
        slot = digest & mask
        while table[slot] and table[slot] != digest:
            slot = (slot + 1) & mask
        return slot

    def _grow(self) -> None:
        old = self._table
        self._table = array("Q", [0]) * (2 * len(old))
        for digest in old:
            if digest:
                self._table[self._slot(digest)] = digest


def _digest(key: Key) -> int:
    """64 bits of a key's text, never 0, which marks a free place."""
    text = str(key).encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(text, digest_size=8).digest(), "little") or 1
