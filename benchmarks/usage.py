"""What this process has used: CPU and wall seconds, resident memory."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path
from typing import Any, Self

_PAGE = os.sysconf("SC_PAGE_SIZE")


def resident() -> int:
    """Resident bytes now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE


def peak() -> int:
    """The most resident bytes so far (getrusage's figure may be that of the parent process)."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found
    return int(found[1]) * 1024


class Span:
    """CPU seconds (user and system, all threads), wall seconds and peak memory of a `with`."""

    cpu = wall = 0.0
    grown = 0

    def __enter__(self) -> Self:
        self._resident = resident()
        self._wall = time.perf_counter()
        self._cpu = time.process_time()
        return self

    def __exit__(self, *error: object) -> None:
        self.cpu = time.process_time() - self._cpu
        self.wall = time.perf_counter() - self._wall
        self.grown = max(peak() - self._resident, 0)

    def figures(self, **more: Any) -> dict[str, Any]:
        cpu, wall = round(self.cpu, 7), round(self.wall, 7)
        return {"cpu": cpu, "wall": wall, "grown": self.grown, **more}
