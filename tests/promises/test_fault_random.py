"""Random schedules of faults over the flows and the run state: the matrix's rules hold for all.

`DIFY_FAULT_EXAMPLES` says how many are tried; without it, the same few every time.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import attrs
import pytest
from fault_cases import ADOPTIONS, CUTS, server
from fault_judge import Outcome, judge
from fault_scripts import ALL, ENDS, Event, Script, eight_nodes, resumed
from fault_server_model import Dify
from fault_sim import Mode, following, play
from fault_streams import AFTER_SNAPSHOT, Fault
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

EXAMPLES = int(os.environ.get("DIFY_FAULT_EXAMPLES", "0"))
LONGEST_RUN = 1200.0  # s; the server ends a run then


@st.composite
def parallel(draw: Callable[[st.SearchStrategy[Any]], Any]) -> Script:
    """The eight nodes, of which the inner ones run side by side."""
    base = eight_nodes()
    first = next(i for i, e in enumerate(base.events) if e["data"].get("node_id") == "slow1")
    last = next(i for i, e in enumerate(base.events) if e["data"].get("node_id") == "end")
    threads: dict[str, list[Event]] = {}
    for event in base.events[first:last]:
        data = event["data"]
        threads.setdefault(data.get("node_id") or data["from_variable_selector"][0], []).append(
            event
        )
    middle = []
    while waiting := [name for name, events in threads.items() if events]:
        middle.append(threads[draw(st.sampled_from(waiting))].pop(0))
    events = (*base.events[:first], *middle, *base.events[last:])
    return attrs.evolve(base, events=events)


def paced(script: Script, gaps: list[float]) -> Script:
    """The script at this pace, but within the server's limit for a run."""
    script = script.paced(0.02, *gaps)
    factor = max(script.times[-1] / LONGEST_RUN, 1.0)
    return attrs.evolve(script, times=tuple(at / factor for at in script.times))


def some(*values: Any, most: int = 4) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.sampled_from(values), max_size=most)


def faults(*places: int) -> st.SearchStrategy[Fault]:
    after = st.one_of(*map(st.just, places), st.integers(0, 30))
    endings = st.sampled_from(["eof", "reset", "silence"])
    return st.builds(Fault, st.sampled_from(["none", *CUTS]), after, endings)


scripts = st.one_of(st.sampled_from([*(script() for script in ALL), resumed()]), parallel())
# The POST is refused, so that a run may be posted again; then it starts one, and is not answered.
posts = st.tuples(
    some("refused", "429", "busy", most=2), some("reset", "timeout", "502", "504", most=1)
)
troubles = some("ok", "refused", "reset", "timeout", "429", "500", "502", "504", "page")
# Everything that goes wrong with one run.
schedules = st.fixed_dictionaries(
    {
        "script": st.builds(paced, scripts, some(0.0, 0.01, 0.3, 1.5, 4.0, 13.0, 120.0, most=5)),
        "limit": st.just(20_000.0),
        "own_fault": faults(),
        "replay_faults": st.lists(faults(AFTER_SNAPSHOT), max_size=5),
        "troubles": st.fixed_dictionaries(
            {
                "post": posts.map(lambda both: [*both[0], *both[1]]),
                "events": troubles,
                "detail": troubles,
                "logs": troubles,
            }
        ),
        "version": st.sampled_from(["1.16.0", "1.14.2", "1.13.2", "1.12.1", "1.10.1", "1.8.1"]),
        "says_version": st.booleans(),
        "recorded_after": st.sampled_from([0.0, 0.0, 0.0, 2.0, 15.0]),
        "queued": st.sampled_from([0.0, 0.0, 5.0, 40.0, 200.0]),
        "killed_after": st.one_of(st.none(), st.none(), st.none(), st.integers(0, 4)),
        "gap": st.sampled_from([0.0, 0.0, -0.15, 0.5, 3.0]),
        "loses_terminal": st.booleans(),
        "merges": st.booleans(),
    }
)


def allowed(dify: Dify, adoption: str) -> set[Outcome]:
    """How it may end, by what the server did."""
    told = any(index is not None for _, index in dify.handed)
    numbers = tuple(int(part) for part in dify.version.split("."))
    outcomes: set[Outcome] = {"whole", "recovered"}
    if dify.runs and not dify.runs[0].ended(float("inf")):  # its worker was killed
        reached = dify.script.events[: dify.runs[0].count(float("inf"))]
        ends = any(event["event"] in ENDS for event in reached)
        return outcomes | {"unknown"} if ends or numbers < (1, 10) else {"whole", "unknown"}
    if numbers < (1, 10) or (not told and adoption == "none"):
        outcomes.add("unknown")
    if not told and numbers < (1, 11):  # the logs list a run only after its end
        outcomes.add("unknown")
    return outcomes


@pytest.mark.long
@settings(
    max_examples=EXAMPLES or 150,
    derandomize=not EXAMPLES,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(
    schedules, st.sampled_from(list(ADOPTIONS)), st.sampled_from(["iterate", "iterate", "result"])
)
def test_any_schedule(schedule: dict[str, Any], adoption: str, mode: Mode) -> None:
    dify = server(**schedule)
    seen = play(dify, following(dify, **ADOPTIONS[adoption]), mode=mode)
    verdict = judge(seen, expected=allowed(dify, adoption), iterated=mode == "iterate")
    assert not verdict.problems, verdict.problems
