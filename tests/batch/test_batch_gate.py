"""When the server is too busy for one row, all rows wait at one gate."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from batches import busy, rows
from dify_workflow import DifyWorkflow, TooManyRequests
from dify_workflow.batch import iter_many
from dify_workflow.batch.pace import Pace
from fake_dify import FakeDify, Gate
from fault_streams import VirtualClock


class Watched(Pace):
    """Takes down what happens, and pauses until the first rows are back and it was asked often."""

    happened: list[str]
    asked: list[int]  # how many posts there were, each time that the pause was not over
    posts: Callable[[], int]

    @property
    def wait(self) -> float:
        first = self.happened.count("back") < 4 or len(self.asked) < 20
        if not (self._pauses and first):
            return 0.0
        self.asked.append(self.posts())
        return 0.001

    def begun(self, row: Any) -> None:
        self.happened.append("begun")
        super().begun(row)

    def taken(self, row: Any) -> None:
        self.happened.append("taken")
        super().taken(row)

    def back(self, row: Any) -> None:
        self.happened.append("back")
        super().back(row)


def test_all_rows_wait_and_one_is_tried_before_the_others_follow(
    fake: FakeDify, dify: DifyWorkflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    Watched.happened, Watched.asked, Watched.posts = [], [], staticmethod(fake.posts)
    monkeypatch.setattr("dify_workflow.batch.engine.Pace", Watched)
    monkeypatch.setattr("dify_workflow.batch.pace._TAKEN_AFTER", 1e9)
    fake.faults.add(busy("100"), 4 + 3)
    found = list(iter_many(dify, rows(12), concurrency=4))
    assert [row.status for row in found] == ["succeeded"] * 12
    assert len(fake.runs) == 12
    assert max(Watched.asked[:20]) == 4  # nobody asked again within the pause
    assert [request.status for request in fake.requests] == [429] * 7 + [200] * 12
    assert Watched.happened[:8] == ["begun"] * 4 + ["back"] * 4
    assert Watched.happened[8:16] == ["begun", "back"] * 3 + ["begun", "taken"]


@pytest.mark.parametrize("options", [{}, {"deadline": 600}], ids=str)
def test_the_others_follow_when_it_is_taken_not_when_it_ends(
    fake: FakeDify, dify: DifyWorkflow, monkeypatch: pytest.MonkeyPatch, options: Any
) -> None:
    monkeypatch.setattr("dify_workflow.batch.pace._TAKEN_AFTER", 1e9)
    gate = Gate()
    fake.workflow = [gate]
    fake.faults.add(busy("0.05"), 4)
    with ThreadPoolExecutor(1) as pool:
        found = pool.submit(list, iter_many(dify, rows(6), concurrency=4, **options))
        fake.wait_for(lambda: len(fake.runs) == 2, 30)
        gate.open()
        assert [row.status for row in found.result()] == ["succeeded"] * 6


def test_an_app_that_takes_one_run_at_a_time_ends_the_batch(
    fake: FakeDify, dify: DifyWorkflow
) -> None:
    fake.default_app.max_active_requests = 1
    with pytest.raises(TooManyRequests, match="refuses every streaming run"):
        list(iter_many(dify, rows(9), concurrency=2, patience=2))
    assert fake.posts() <= 2


def test_the_pace_halves_once_for_each_pause_and_recovers() -> None:
    clock = VirtualClock()
    pace = Pace(8, patience=60.0, clock=clock)
    assert (pace.limit, pace.wait) == (8, 0)
    for seconds in (3.0, 5.0, 4.0):  # three answers of one moment
        pace.busy(seconds, "busy")
    assert (pace.limit, pace.wait) == (4, 5.0)
    clock.now += 5.0
    assert pace.wait == 0
    for limit in (4, 2, 1, 1):
        pace.busy(1.0, "busy")
        assert pace.limit == limit
        clock.now += 1.0
        pace.begun("probe")
        pace.taken("probe")
    for row in range(100):
        pace.well(row)
    assert pace.limit == 8


def test_the_gate_opens_for_one_row_and_then_for_all() -> None:
    clock = VirtualClock()
    pace = Pace(8, patience=60.0, clock=clock)
    pace.begun(1)
    assert pace.admits(7)
    assert not pace.admits(8)
    pace.busy(5.0, "busy")
    assert not pace.admits(0)
    clock.now += 5.0
    for probe in (2, 3):
        assert pace.admits(0)
        pace.begun(probe)
        assert not pace.admits(1)
        pace.taken(1)  # another row, sent before
        pace.well(1)
        pace.back(1)
        assert not pace.admits(1)
        pace.busy(5.0, "busy")
        pace.back(probe)
        assert not pace.admits(0)
        clock.now += 5.0
    assert pace.limit == 4
    pace.begun(4)
    pace.taken(4)
    assert pace.admits(3)
    pace.begun(5)
    assert pace.admits(3)
    pace.busy(5.0, "busy")
    clock.now += 5.0
    pace.begun(6)
    pace.well(6)  # it was served before it was said to be taken
    pace.back(6)
    pace.begun(7)
    assert pace.admits(1)


def test_a_probe_of_which_nothing_is_heard_was_taken() -> None:
    """Workers elsewhere tell only of the end of a row, and a refusal comes at once."""
    clock = VirtualClock()
    pace = Pace(8, patience=60.0, clock=clock)
    pace.busy(1.0, "busy")
    clock.now += 1.0
    pace.begun(1)
    clock.now += 9.0
    assert not pace.admits(1)
    clock.now += 1.0
    assert pace.admits(1)
    pace.begun(2)
    assert pace.admits(2)


def test_pauses_grow_without_retry_after() -> None:
    clock = VirtualClock()
    pace = Pace(1, patience=1000.0, clock=clock)
    waits = []
    for _ in range(9):
        pace.busy(None, "busy")
        waits.append(pace.wait)
        clock.now += pace.wait
    for number, wait in enumerate(waits):
        longest = min(2.0**number, 60.0)
        assert longest / 2 <= wait <= longest
    pace.well(1)
    pace.busy(None, "busy")
    assert pace.wait <= 1.0


def test_patience_ends_without_any_success() -> None:
    clock = VirtualClock()
    pace = Pace(1, patience=60.0, clock=clock)
    pace.busy(50.0, "busy")
    assert not pace.hopeless
    clock.now += 50.0
    pace.well(1)
    pace.busy(50.0, "busy")
    assert not pace.hopeless
    clock.now += 50.0
    pace.busy(50.0, "busy")
    assert pace.hopeless
