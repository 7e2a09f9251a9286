"""A run is never lost and never started twice: every cut at every position, on every server.

The real streams and flows run over a model of the server under a virtual clock. What the server
handed over, on which connection, is its own bookkeeping; `fault_judge` compares it with what the
client delivered. `DIFY_FAULTS=all` runs every cell, as `make test-slow` does; without it, a sample.
"""

from __future__ import annotations

import os

import anyio
import pytest
from fault_cells import Cell, all_cells
from fault_report import Verdicts, assert_clean, judged, played, show
from fault_sim import play_async

EVERYTHING = os.environ.get("DIFY_FAULTS") == "all"
pytestmark = pytest.mark.slow if EVERYTHING else pytest.mark.long


def sample(step: int) -> list[Cell]:
    """Give one cell of so many, or all."""
    return list(all_cells())[:: 1 if EVERYTHING else step]


def test_sync(capsys: pytest.CaptureFixture[str]) -> None:
    verdicts = [(cell, played(cell)) for cell in sample(29)]
    show("sync", verdicts, capsys)
    assert_clean(verdicts)


def test_async(capsys: pytest.CaptureFixture[str]) -> None:
    cells = sample(37)

    async def main() -> Verdicts:
        verdicts = []
        for cell in cells:
            server, run = cell.build()
            seen = await play_async(server, run)
            verdicts.append((cell, judged(cell, seen)))
        return verdicts

    verdicts = anyio.run(main)
    show("async", verdicts, capsys)
    assert_clean(verdicts)


def test_result_only(capsys: pytest.CaptureFixture[str]) -> None:
    """`result()` reads the same runs without delivering their events."""
    cells = sample(61)
    verdicts = [(cell, played(cell, mode="result")) for cell in cells]
    show("result()", verdicts, capsys)
    assert_clean(verdicts)
