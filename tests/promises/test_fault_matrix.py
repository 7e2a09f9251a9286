"""A run is never lost and never started twice: every cut at every position, on every server.

The real streams and flows run over a model of the server under a virtual clock. What the server
handed over, on which connection, is its own bookkeeping; `fault_judge` compares it with what the
client delivered. `DIFY_FAULTS=all` runs every cell, as `make test-slow` does; without it, a sample.
"""

from __future__ import annotations

import functools
import itertools
import os
import random
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import attrs
import pytest
from facade import Kind
from fault_cases import ADOPTIONS, server
from fault_judge import Outcome, Verdict, judge
from fault_scripts import ALL, Script
from fault_sim import Mode, following, play
from fault_streams import AFTER_SNAPSHOT, Fault

EVERYTHING = os.environ.get("DIFY_FAULTS") == "all"
pytestmark = pytest.mark.slow if EVERYTHING else pytest.mark.long

_TIME_TO_RECOVER = 6.0  # s; the client's pauses add up to less
CUTS: tuple[str, ...] = ("before", "eof", "reset", "chunk", "event", "blank", "silence", "error")
PACES: dict[str, tuple[float, ...]] = {"fast": (0.05,), "slow": (1.5, 0.7, 0.3, 2.2, 12.5, 0.01)}
# What GET /workflow/{id}/events does after the cut, by name.
OFFERS: dict[str, dict[str, Any]] = {
    "snapshot and live": {},
    "terminal event lost": {"loses_terminal": True},
    "ends twice": {"replay_faults": [Fault("eof", 0), Fault("eof", AFTER_SNAPSHOT)]},
    "cut again and again": {
        "replay_faults": [
            *(Fault("chunk", 0), Fault("silence", AFTER_SNAPSHOT), Fault("reset", AFTER_SNAPSHOT)),
            *(Fault("blank", 5), Fault("event", 9)),
        ]
    },
    "502 twice": {"troubles": {"events": ["502", "502"]}},
    "absent (1.13.2)": {"version": "1.13.2"},
    "absent (1.8.1)": {"version": "1.8.1"},
    "absent, version unknown": {"version": "1.13.2", "says_version": False},
    "404 wrong user": {"refuses_events": True},
}
# Servers that make up ends; what 1.14 does is told above.
NEWER: dict[str, dict[str, Any]] = {
    "1.16.1": {"version": "1.16.1"},
    "1.16.1, terminal event lost": {"version": "1.16.1", "loses_terminal": True},
    "1.15.0, readers killed": {"version": "1.15.0"},
    "version unknown": {"says_version": False, "version": "1.16.1"},
}
OFFERS |= NEWER
MADE_UP: tuple[str, ...] = ("doubt", "made")
# What comes in the place of a stream, and what happens before the first event, with any offer.
OTHER: tuple[str, ...] = ("result", "half", "running", "page")
FIRST: tuple[str, ...] = ("refused", "late head", "no head", *OTHER)
_HEADS = {"late head": 40.0, "no head": 1e6}  # s until the head of the answer comes


@functools.cache
def paced(script: Callable[[], Script], pace: str) -> Script:
    """A script at one of the paces."""
    return script().paced(*PACES[pace])


@attrs.frozen
class Cell:
    """One run that is cut once."""

    script: Callable[[], Script]
    pace: str
    position: int  # events that come through before the cut
    cut: str
    offer: str
    adoption: str = "none"

    def __str__(self) -> str:
        name = self.script().name
        return f"{name}, {self.pace}: {self.cut} at {self.position}, {self.offer}, {self.adoption}"

    @property
    def steps(self) -> int:
        return len(self.script().events)

    @property
    def id_known(self) -> bool:
        """Whether an event has told the run's id: a cut one may have, which begins with it."""
        inside = ("blank", "chunk", "event", "made")
        at_once = self.cut in ("before", *FIRST)
        return not at_once and (self.position > 0 or self.cut in inside)

    def play(self, kind: Kind, mode: Mode) -> Verdict:
        """Run it, and judge what the client made of it."""
        fault = Fault()
        if self.cut not in ("before", *FIRST):
            ending = ("eof", "reset", "silence")[self.position % 3]
            fault = Fault(self.cut, self.position, ending)  # type: ignore[arg-type]
        dify = server(
            paced(self.script, self.pace),
            limit=2000.0,
            own_fault=fault,
            answers_post=self.cut != "before",
            answer_lost_after=self.position,
            merges=self.position % 2 == 1,
            refuses="text is required in input form" if self.cut == "refused" else None,
            head_after=_HEADS.get(self.cut, 0.0),
            other_body=self.cut if self.cut in OTHER else None,
            says="" if self.position % 3 == 1 else "text/event-stream; charset=utf-8",
            **OFFERS[self.offer],
        )
        random.seed(str(self))  # the jitter of pauses
        seen = play(dify, following(dify, **ADOPTIONS[self.adoption]), kind, mode=mode)
        return judge(
            seen,
            expected=self.expected(),
            iterated=mode == "iterate",
            replays=self.replays,
            tells_forms=not self.offer.startswith(("absent", "404")),
            seconds=self.seconds,
        )

    def expected(self) -> set[Outcome]:
        """How it must end."""
        if self.cut == "refused":
            return {"refused"}
        adopts = self.adoption != "none"
        if self.cut == "late head":  # a run that ended meanwhile is replayed
            return {"whole", "recovered"} if adopts else {"whole"}
        if self.cut == "no head":
            return {"recovered"} if adopts else {"unknown"}
        silent = paced(self.script, self.pace).times[-1] > 60.0  # s, which is too long there
        dies = self.offer == "absent (1.8.1)" and (silent or self.cut in ("running", "page"))
        if (
            self.cut == "result"
            and not dies
            and self.script().events[-1]["event"] == "workflow_finished"
        ):
            return {"whole"}
        if self.cut in OTHER:
            adopted = adopts or self.cut != "page"
            return {"recovered"} if adopted and not dies else {"unknown"}
        if self.cut == "error":
            return {"refused"} if self.position < self.steps else {"whole"}
        inside = self.cut in ("before", "chunk", "event", "blank")  # the cut is at the next event
        ended = self.position + inside >= self.steps
        if self.position + (self.cut == "blank") >= self.steps and self.cut != "before":
            return {"whole"}
        lost_with_stream = self.offer == "absent (1.8.1)" and not ended
        if lost_with_stream or (not self.id_known and self.adoption == "none"):
            return {"unknown"}
        return {"recovered"}

    @property
    def seconds(self) -> float:
        """How long after the run's end the client may learn of it: 60 s of silence, and doubt."""
        if self.cut in _HEADS:
            return 400.0 if self.cut == "no head" else 42.0
        return 2.0 if self.expected() == {"whole"} and self.cut != "blank" else 90.0

    @property
    def replays(self) -> bool:
        """Whether the server can tell all of the run's nodes: it still runs when it is asked."""
        absent = self.offer.startswith(("absent", "404", "1.15.0", "cut"))
        if self.cut in ("silence", "error", *FIRST) or absent:
            return False
        if self.cut == "blank" and self.position % 3 == 2:
            return False
        times = paced(self.script, self.pace).times
        cut_at = times[min(self.position, self.steps - 1)]
        return self.expected() == {"recovered"} and times[-1] - cut_at > _TIME_TO_RECOVER


def all_cells() -> Iterator[Cell]:
    """Every cell."""
    for script in ALL:
        for pace in PACES:
            for cut, offer in itertools.product(FIRST, OFFERS):
                if cut == "refused" and offer not in NEWER:
                    continue
                for adoption in ADOPTIONS:
                    yield Cell(script, pace, 0, cut, offer, adoption)
            for position in range(len(script().events) + 1):
                for cut, offer in itertools.product((*CUTS, *MADE_UP), OFFERS):
                    if cut == "before" and position == len(script().events):
                        continue
                    if cut in MADE_UP and (offer not in NEWER or (cut, position) == ("doubt", 0)):
                        continue  # an error before the run has begun is one
                    cell = Cell(script, pace, position, cut, offer)
                    yield cell
                    if not cell.id_known:
                        yield attrs.evolve(cell, adoption="user")
                        yield attrs.evolve(cell, adoption="key")


@pytest.mark.parametrize(
    ("kind", "mode", "step"),
    [("sync", "iterate", 31), ("sync", "result", 61), ("async", "iterate", 41)],
)
def test_every_cell(kind: Kind, mode: Mode, step: int) -> None:
    """Or one of so many; `result()` reads the same runs without delivering their events."""
    cells = list(all_cells())[:: 1 if EVERYTHING else step]
    verdicts = [(cell, cell.play(kind, mode)) for cell in cells]
    print(len(verdicts), "cells:", dict(Counter(verdict.outcome for _, verdict in verdicts)))
    bad = [f"{cell}: {verdict.problems}" for cell, verdict in verdicts if verdict.problems]
    assert not bad, f"{len(bad)} of {len(verdicts)} cells:\n" + "\n".join(bad[:20])
