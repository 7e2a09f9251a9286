"""Single runs over the simulated server, read by both clients and judged."""

from __future__ import annotations

import random
from collections import deque
from typing import Any

from facade import Kind
from fault_judge import Outcome, judge
from fault_scripts import Script, eight_nodes
from fault_server_model import Dify
from fault_sim import Observed, following, play
from fault_streams import Cut, VirtualClock

# How a run can be found that told no id.
ADOPTIONS: dict[str, dict[str, Any]] = {
    "none": {},
    "user": {"unique_user": True},
    "key": {"run_key_input": "run_key"},
}
CUTS: tuple[Cut, ...] = ("eof", "reset", "chunk", "event", "blank", "silence")


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
    kinds: tuple[Kind, ...] = ("async", "sync")
    for kind in kinds:
        dify = server(**given)
        seen = play(dify, following(dify, attach=attach, **options), kind)
        verdict = judge(seen, expected=expected, iterated=not attach)
        assert not verdict.problems, verdict.problems
    return seen
