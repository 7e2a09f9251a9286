"""A run is never lost and never started twice: every cut at every position, on every server.

The real streams and flows run over a model of the server under a virtual clock. What the server
handed over, on which connection, is its own bookkeeping; `fault_judge` compares it with what the
client delivered. `DIFY_FAULTS=all` runs every cell, as `make test-slow` does; without it, a sample.
"""

from __future__ import annotations

import os
from collections import Counter

import anyio
import pytest
from fault_cells import Cell, all_cells
from fault_judge import Verdict, judge
from fault_sim import Mode, Observed, play, play_async

EVERYTHING = os.environ.get("DIFY_FAULTS") == "all"
pytestmark = pytest.mark.slow if EVERYTHING else pytest.mark.long


def sample(step: int) -> list[Cell]:
    """Give one cell of so many, or all."""
    return list(all_cells())[:: 1 if EVERYTHING else step]


def judged(cell: Cell, seen: Observed, mode: Mode = "iterate") -> Verdict:
    return judge(
        seen,
        expected=cell.expected(),
        iterated=mode == "iterate",
        replays=cell.replays,
        tells_forms=not cell.offer.startswith(("absent", "404")),
        seconds=cell.seconds,
    )


def assert_clean(verdicts: list[tuple[Cell, Verdict]]) -> None:
    print(len(verdicts), "cells:", dict(Counter(verdict.outcome for _, verdict in verdicts)))
    bad = [f"{cell}: {verdict.problems}" for cell, verdict in verdicts if verdict.problems]
    assert not bad, f"{len(bad)} of {len(verdicts)} cells:\n" + "\n".join(bad[:20])


@pytest.mark.parametrize(("mode", "step"), [("iterate", 31), ("result", 61)])
def test_sync(mode: Mode, step: int) -> None:
    """`result()` reads the same runs without delivering their events."""
    cells = sample(step)
    assert_clean([(cell, judged(cell, play(*cell.build(), mode=mode), mode)) for cell in cells])


def test_async() -> None:
    async def main() -> list[tuple[Cell, Verdict]]:
        return [(cell, judged(cell, await play_async(*cell.build()))) for cell in sample(41)]

    assert_clean(anyio.run(main))
