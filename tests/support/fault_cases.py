"""Single runs over the simulated server, read by both clients and judged."""

from __future__ import annotations

import random
from typing import Any

import anyio
from fault_judge import Outcome, judge
from fault_scripts import Script, eight_nodes
from fault_server_model import Dify
from fault_sim import Observed, following, play, play_async
from fault_streams import Kind, VirtualClock

KINDS: tuple[Kind, ...] = ("eof", "reset", "chunk", "event", "blank", "silence")


def server(script: Script | None = None, **more: Any) -> Dify:
    random.seed(1)
    clock = VirtualClock(more.pop("limit", 6000.0))
    return Dify(clock=clock, script=script or eight_nodes().paced(1.5), **more)


def run_both(
    make: Any, expected: set[Outcome], *, attach: bool = False, **options: Any
) -> Observed:
    """Read the run with both clients; check both, return the sync one's."""
    first: Dify = make()
    seen = play(first, following(first, attach=attach, **options))
    second: Dify = make()
    others = anyio.run(play_async, second, following(second, attach=attach, **options))
    for observed in (seen, others):
        verdict = judge(observed, expected=expected, iterated=not attach)
        assert not verdict.problems, verdict.problems
    return seen
