"""Random schedules of faults: what may go wrong together, and how such a run may end."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable
from typing import Any, Literal

import attrs
from dify_workflow._runs.run import Run
from fault_cells import ADOPTIONS, Adoption
from fault_judge import Outcome
from fault_scripts import ALL, ENDS, Event, Script, eight_nodes, resumed
from fault_server_model import Dify, Route, Trouble
from fault_sim import Mode, following
from fault_streams import AFTER_SNAPSHOT, Fault, Kind, VirtualClock
from hypothesis import strategies as st

VERSIONS = ("1.16.0", "1.14.2", "1.13.2", "1.12.1", "1.10.1", "1.8.1")
LONGEST_RUN = 1200.0  # s; the server ends a run then
Ending = Literal["eof", "reset", "silence"]

kinds: st.SearchStrategy[Kind] = st.sampled_from(
    ["none", "eof", "reset", "chunk", "event", "blank", "silence"]
)
endings: st.SearchStrategy[Ending] = st.sampled_from(["eof", "reset", "silence"])
faults = st.builds(Fault, kinds, st.integers(0, 30), endings)
replay_faults = st.builds(
    Fault, kinds, st.one_of(st.just(AFTER_SNAPSHOT), st.integers(0, 30)), endings
)
refusals: st.SearchStrategy[Trouble] = st.sampled_from(["refused", "429", "busy"])
unclear: st.SearchStrategy[Trouble] = st.sampled_from(["reset", "timeout", "502", "504"])
troubles: st.SearchStrategy[Trouble] = st.sampled_from(
    ["ok", "refused", "reset", "timeout", "429", "500", "502", "504", "page"]
)


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


scripts = st.one_of(st.sampled_from([*(script() for script in ALL), resumed()]), parallel())


@attrs.frozen
class Schedule:
    """Everything that goes wrong with one run."""

    script: Script
    pace: tuple[float, ...]
    own: Fault
    replays: tuple[Fault, ...]
    before_post: tuple[Trouble, ...]  # definite refusals, after which a run may be posted again
    unclear_post: Trouble | None  # no answer, though the run has started
    troubles: dict[Route, list[Trouble]]
    version: str
    says_version: bool
    recorded_after: float
    queued: float
    killed_after: int | None
    gap: float
    loses_terminal: bool
    merges: bool
    adoption: Adoption
    mode: Mode

    def build(self) -> tuple[Dify, Run]:
        """The server, and the run that a client is about to start."""
        random.seed(1)
        post = [*self.before_post, *([self.unclear_post] if self.unclear_post else [])]
        server = Dify(
            clock=VirtualClock(20_000.0),
            script=self._paced(),
            version=self.version,
            recorded_after=self.recorded_after,
            queued=self.queued,
            killed_after=self.killed_after,
            own_fault=self.own,
            replay_faults=deque(self.replays),
            troubles={"post": deque(post), **{k: deque(v) for k, v in self.troubles.items()}},
            loses_terminal=self.loses_terminal,
            gap=self.gap,
            says_version=self.says_version,
            merges=self.merges,
        )
        return server, following(server, **ADOPTIONS[self.adoption])

    def _paced(self) -> Script:
        """The script at this pace, but within the server's limit for a run."""
        script = self.script.paced(*self.pace)
        factor = max(script.times[-1] / LONGEST_RUN, 1.0)
        return attrs.evolve(script, times=tuple(at / factor for at in script.times))

    def allowed(self, server: Dify) -> set[Outcome]:
        """How it may end, by what the server did."""
        if len(self.before_post) > 3:  # max_retries
            return {"refused"}
        told = any(index is not None for _, index in server.handed)
        numbers = tuple(int(part) for part in self.version.split("."))
        outcomes: set[Outcome] = {"whole", "recovered"}
        if server.runs and not server.runs[0].ended(float("inf")):  # its worker was killed
            reached = self.script.events[: server.runs[0].count(float("inf"))]
            ends = any(event["event"] in ENDS for event in reached)
            return outcomes | {"unknown"} if ends or numbers < (1, 10) else {"whole", "unknown"}
        if numbers < (1, 10) or (not told and self.adoption == "none"):
            outcomes.add("unknown")
        if not told and numbers < (1, 11):  # the logs list a run only after its end
            outcomes.add("unknown")
        return outcomes


_lists = st.lists(troubles, max_size=4)
schedules = st.builds(
    Schedule,
    script=scripts,
    pace=st.lists(
        st.sampled_from([0.0, 0.01, 0.3, 1.5, 4.0, 13.0, 120.0]), min_size=1, max_size=5
    ).map(lambda gaps: (0.02, *gaps)),
    own=faults,
    replays=st.lists(replay_faults, max_size=5).map(tuple),
    before_post=st.lists(refusals, max_size=2).map(tuple),
    unclear_post=st.one_of(st.none(), st.none(), unclear),
    troubles=st.fixed_dictionaries({"events": _lists, "detail": _lists, "logs": _lists}),
    version=st.sampled_from(VERSIONS),
    says_version=st.booleans(),
    recorded_after=st.sampled_from([0.0, 0.0, 0.0, 2.0, 15.0]),
    queued=st.sampled_from([0.0, 0.0, 5.0, 40.0, 200.0]),
    killed_after=st.one_of(st.none(), st.none(), st.none(), st.integers(0, 4)),
    gap=st.sampled_from([0.0, 0.0, -0.15, 0.5, 3.0]),
    loses_terminal=st.booleans(),
    merges=st.booleans(),
    adoption=st.sampled_from(["none", "user", "key"]),
    mode=st.sampled_from(["iterate", "iterate", "result"]),
)
