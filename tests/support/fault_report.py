"""The verdicts over many cells: played, summed up, shown."""

from __future__ import annotations

from collections import Counter

import pytest
from fault_cells import Cell
from fault_judge import Verdict, judge
from fault_sim import Mode, Observed, play

Verdicts = list[tuple[Cell, Verdict]]

_ALL = "all"


def summary(title: str, verdicts: Verdicts) -> str:
    """The cells by script: how they ended, and what went wrong."""
    table: dict[str, Counter[str]] = {}
    for cell, verdict in verdicts:
        for row in (cell.script().name, _ALL):
            counts = table.setdefault(row, Counter())
            counts["cells"] += 1
            counts[verdict.outcome] += 1
            for kind in ("lost", "doubled", "wrong"):
                counts[kind] += bool(verdict.count(kind))
    names = ("cells", "whole", "recovered", "unknown", "refused", "lost", "doubled", "wrong")
    lines = [f"{title:20}" + "".join(f"{name:>11}" for name in names)]
    rows = sorted(table.items(), key=lambda item: item[0] == _ALL)
    for row, counts in rows if len(rows) > 2 else rows[:1]:
        lines.append(f"{row:20}" + "".join(f"{counts[name]:11}" for name in names))
    return "\n".join(lines)


def show(title: str, verdicts: Verdicts, capsys: pytest.CaptureFixture[str]) -> None:
    """Print the summary, whatever pytest captures."""
    with capsys.disabled():
        print("\n" + summary(title, verdicts))


def assert_clean(verdicts: Verdicts) -> None:
    """Fail with the cells that have a problem."""
    bad = [f"{cell}: {verdict.problems}" for cell, verdict in verdicts if verdict.problems]
    assert not bad, f"{len(bad)} cells:\n" + "\n".join(bad[:20])


def played(cell: Cell, mode: Mode = "iterate") -> Verdict:
    """Let the client read a cell's run."""
    server, run = cell.build()
    return judged(cell, play(server, run, mode=mode), mode)


def judged(cell: Cell, seen: Observed, mode: Mode = "iterate") -> Verdict:
    return judge(
        seen,
        expected=cell.expected(),
        iterated=mode == "iterate",
        replays=cell.replays,
        tells_forms=not cell.offer.startswith(("absent", "404")),
        seconds=cell.seconds,
    )
