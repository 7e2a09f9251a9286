"""Random schedules of faults over the flows and the run state: the matrix's rules hold for all.

`DIFY_FAULT_EXAMPLES` says how many are tried; without it, the same few hundred every time.
"""

from __future__ import annotations

import os
import random
from collections import Counter, deque
from typing import Any, get_args

import pytest
from fault_cells import ADOPTIONS
from fault_judge import judge
from fault_schedules import Schedule, kinds, schedules, scripts, troubles
from fault_scripts import ENDS, Script, key_of
from fault_server_model import Dify, Route, Trouble
from fault_sim import Observed, following, play, stream_of
from fault_streams import NO_FAULT, Fault, Kind, VirtualClock
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

EXAMPLES = int(os.environ.get("DIFY_FAULT_EXAMPLES", "0"))
random_faults = settings(
    max_examples=EXAMPLES or 400,
    derandomize=not EXAMPLES,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@pytest.mark.slow
@random_faults
@given(schedules)
def test_any_schedule(schedule: Schedule) -> None:
    note(str(schedule))
    server, run = schedule.build()
    seen = play(server, run, mode=schedule.mode)
    verdict = judge(seen, expected=schedule.allowed(server), iterated=schedule.mode == "iterate")
    assert not verdict.problems, verdict.problems


class FaultMachine(RuleBasedStateMachine):
    """A run is read step by step, while connections break and answers go wrong at any moment."""

    @initialize(
        script=scripts,
        pace=st.sampled_from([0.0, 0.05, 1.5, 20.0]),
        adoption=st.sampled_from(["user", "key"]),
        queued=st.sampled_from([0.0, 0.0, 30.0]),
    )
    def start(self, script: Script, pace: float, adoption: Any, queued: float) -> None:
        random.seed(1)
        clock = VirtualClock(20_000.0)
        self.server = Dify(clock, script.paced(0.02, pace), queued=queued)
        self.run = following(self.server, **ADOPTIONS[adoption])
        self.stream = stream_of(self.server, self.run)
        self.seen = Observed(self.server)

    def ended(self) -> bool:
        return self.stream.closed

    @precondition(lambda self: not self.ended())
    @rule(steps=st.integers(1, 12))
    def read(self, steps: int) -> None:
        """Perform so many commands or reads."""
        for _ in range(steps):
            if not self.stream.closed:
                self.stream._step()
        self.drain()

    def drain(self) -> None:
        ready = self.stream._state.ready
        while ready:
            self.seen.events.append(ready.popleft())

    @precondition(lambda self: not self.ended() and self.stream._connection is not None)
    @rule(kind=kinds, more=st.integers(0, 3), ending=st.sampled_from(["eof", "reset", "silence"]))
    def cut(self, kind: Kind, more: int, ending: Any) -> None:
        """The open connection breaks, now or a few events later."""
        stream: Any = self.stream._connection
        stream._fault = Fault(kind, stream._given + more, ending)

    @precondition(lambda self: not self.ended())
    @rule(kind=kinds, after=st.integers(0, 20))
    def cut_the_next_replay(self, kind: Kind, after: int) -> None:
        self.server.replay_faults.append(Fault(kind, after))

    @precondition(lambda self: not self.ended())
    @rule(route=st.sampled_from(get_args(Route)[1:]), answers=st.lists(troubles, max_size=3))
    def answer_wrongly(self, route: Route, answers: list[Trouble]) -> None:
        self.server.troubles.setdefault(route, deque()).extend(answers)

    @precondition(lambda self: not self.ended())
    @rule(lost=st.booleans())
    def lose_the_terminal_event(self, lost: bool) -> None:
        self.server.loses_terminal = lost

    @rule(seconds=st.sampled_from([0.5, 30.0, 400.0]))
    def sleep(self, seconds: float) -> None:
        """The consumer does something else."""
        self.server.clock.advance(seconds)
        self.server.delayed += seconds

    @invariant()
    def nothing_is_doubled_or_out_of_place(self) -> None:
        if not hasattr(self, "seen"):
            return
        got = [key_of(event.raw) for event in self.seen.events]
        told = [key for key in got if key[0] not in ENDS]  # an end may be made of the detail
        assert not Counter(told) - Counter(self.server.script.keys)
        assert self.server.posts <= 1
        assert all(key[0] not in ENDS for key in got[:-1])

    def teardown(self) -> None:
        """The server is well again: the run is followed to its end, and all has arrived."""
        if not hasattr(self, "seen"):
            return
        self.server.troubles.clear()
        self.server.replay_faults.clear()
        stream: Any = self.stream._connection
        if stream is not None and stream._ending is None:
            stream._fault = NO_FAULT
        self.seen.events += list(self.stream)
        self.seen.result = self.stream.result()
        self.stream.close()
        verdict = judge(self.seen.take(self.stream), expected={"whole", "recovered"})
        assert not verdict.problems, verdict.problems


TestFaultMachine = FaultMachine.TestCase
TestFaultMachine.settings = settings(
    random_faults, max_examples=EXAMPLES or 60, stateful_step_count=25
)
TestFaultMachine.pytestmark = [pytest.mark.long]  # type: ignore[attr-defined]
