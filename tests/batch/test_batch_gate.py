"""When the server is too busy for one row, all rows wait at one gate."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from batches import rows
from dify_workflow import DifyWorkflow, TooManyRequests
from dify_workflow.batch import iter_many
from dify_workflow.batch.pace import Pace
from fake_dify import Answer, FakeDify, Gate

BUSY = Answer(status=429, body={"code": "too_many_requests", "message": "", "status": 429})


class Watched(Pace):
    """Takes down what happens, and pauses only until the first rows are back."""

    happened: list[str]
    first: int

    @property
    def wait(self) -> float:
        return 0.001 if self._pauses > 0 and self.happened.count("back") < self.first else 0.0

    def begun(self, row: Any) -> None:
        self.happened.append("begun")
        super().begun(row)

    def taken(self, row: Any) -> None:
        self.happened.append("taken")
        super().taken(row)

    def back(self, row: Any) -> None:
        self.happened.append("back")
        super().back(row)


@pytest.fixture
def happened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    Watched.happened, Watched.first = [], 4
    monkeypatch.setattr("dify_workflow.batch.engine.Pace", Watched)
    monkeypatch.setattr("dify_workflow.batch.pace._TAKEN_AFTER", 1e9)
    return Watched.happened


def test_one_row_is_tried_before_the_others_follow(
    fake: FakeDify, dify: DifyWorkflow, happened: list[str]
) -> None:
    fake.faults.add(BUSY, 4 + 3)
    found = list(iter_many(dify, rows(12), concurrency=4))
    assert [row.status for row in found] == ["succeeded"] * 12
    assert len(fake.runs) == 12
    assert happened[:8] == ["begun"] * 4 + ["back"] * 4
    assert happened[8:16] == ["begun", "back"] * 3 + ["begun", "taken"]


@pytest.mark.parametrize("deadline", [None, 600])
def test_the_others_follow_when_it_is_taken_not_when_it_ends(
    fake: FakeDify, dify: DifyWorkflow, happened: list[str], deadline: float | None
) -> None:
    gate = Gate()
    fake.workflow = [gate]
    fake.faults.add(BUSY, 4)
    found: list[Any] = []
    options: dict[str, Any] = {} if deadline is None else {"deadline": deadline}
    batch = iter_many(dify, rows(6), concurrency=4, **options)
    thread = threading.Thread(target=lambda: found.extend(batch))
    thread.start()
    fake.wait_for(lambda: len(fake.runs) >= 2, 30)
    gate.open()
    thread.join(30)
    assert [row.status for row in found] == ["succeeded"] * 6
    assert happened[8:11] == ["begun", "taken", "begun"]


def test_an_app_that_takes_one_run_at_a_time_ends_the_batch(
    fake: FakeDify, dify: DifyWorkflow
) -> None:
    fake.default_app.max_active_requests = 1
    with pytest.raises(TooManyRequests, match="refuses every streaming run"):
        list(iter_many(dify, rows(9), concurrency=2, patience=2))
    assert fake.posts() <= 2
