"""Random schedules of faults over the flows and the run state: the matrix's rules hold for all.

`DIFY_FAULT_EXAMPLES` says how many are tried; without it, the same few every time.
"""

from __future__ import annotations

import os

import pytest
from fault_judge import judge
from fault_schedules import Schedule, schedules
from fault_sim import play
from hypothesis import HealthCheck, given, note, settings

EXAMPLES = int(os.environ.get("DIFY_FAULT_EXAMPLES", "0"))


@pytest.mark.long
@settings(
    max_examples=EXAMPLES or 150,
    derandomize=not EXAMPLES,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(schedules)
def test_any_schedule(schedule: Schedule) -> None:
    note(str(schedule))
    server, run = schedule.build()
    seen = play(server, run, mode=schedule.mode)
    verdict = judge(seen, expected=schedule.allowed(server), iterated=schedule.mode == "iterate")
    assert not verdict.problems, verdict.problems
