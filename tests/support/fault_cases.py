"""Single runs over the simulated server, read by both clients and judged."""

from __future__ import annotations

import random
from collections import deque
from typing import Any

import anyio
from fault_judge import Outcome, judge
from fault_scripts import Script, eight_nodes
from fault_server_model import Dify
from fault_sim import Observed, following, play, play_async
from fault_streams import Kind, VirtualClock

KINDS: tuple[Kind, ...] = ("eof", "reset", "chunk", "event", "blank", "silence")


def server(script: Script | None = None, **more: Any) -> Dify:
    """Make a server; `troubles` and `replay_faults` are lists, and each server has its own."""
    random.seed(1)
    clock = VirtualClock(more.pop("limit", 6000.0))
    troubles = {route: deque(answers) for route, answers in more.pop("troubles", {}).items()}
    faults = deque(more.pop("replay_faults", ()))
    script = script or eight_nodes().paced(1.5)
    return Dify(clock=clock, script=script, troubles=troubles, replay_faults=faults, **more)


def run_both(
    given: dict[str, Any], expected: set[Outcome], *, attach: bool = False, **options: Any
) -> Observed:
    """Read the run of such a server with both clients; check both, return the sync one's."""
    first, second = server(**given), server(**given)
    seen = play(first, following(first, attach=attach, **options))
    others = anyio.run(play_async, second, following(second, attach=attach, **options))
    for observed in (seen, others):
        verdict = judge(observed, expected=expected, iterated=not attach)
        assert not verdict.problems, verdict.problems
    return seen
