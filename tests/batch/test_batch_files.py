"""The files of a batch: torn lines, other people's lines, keys in little memory."""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from dify_workflow import InvalidArgument
from dify_workflow.batch.journal import Flight, Journal
from dify_workflow.batch.keys import KeySet
from dify_workflow.batch.output_file import Output
from dify_workflow.batch.pace import Pace
from dify_workflow.batch.row_results import RowResult
from filelock import FileLock, Timeout

FIRST = RowResult(key="a", status="succeeded").line()
SECOND = RowResult(key=2, status="failed").line()


@pytest.fixture
def done() -> Iterator[KeySet]:
    made = KeySet()
    yield made
    made.close()


def reopened(path: Path, done: KeySet) -> Output:
    output = Output(path, done)
    output.close()
    return output


@pytest.mark.parametrize("cut", range(1, len(SECOND) - 1))
def test_a_torn_last_line_is_cut_off(tmp_path: Path, cut: int, done: KeySet) -> None:
    path = tmp_path / "out.jsonl"
    path.write_bytes(FIRST + SECOND[:cut])
    output = reopened(path, done)
    assert path.read_bytes() == FIRST
    assert ("a" in done, "2" in done) == (True, False)
    assert output.statuses == {"succeeded": 1}


def test_a_last_line_without_its_end_is_kept(tmp_path: Path, done: KeySet) -> None:
    path = tmp_path / "out.jsonl"
    path.write_bytes(FIRST + SECOND[:-1])
    output = reopened(path, done)
    assert path.read_bytes() == FIRST + SECOND
    assert "2" in done
    assert output.statuses == {"succeeded": 1, "failed": 1}


def test_what_is_appended_follows_what_was_there(tmp_path: Path, done: KeySet) -> None:
    path = tmp_path / "out.jsonl"
    path.write_bytes(FIRST + b"{")
    output = Output(path, done)
    output.write(RowResult(key=2, status="failed"))
    assert path.read_bytes() == FIRST + SECOND
    output.close()


@pytest.mark.parametrize(
    "line", [b"hello\n", b"[]\n", b'{"key": 1}\n', b'{"key": 1, "status": []}\n']
)
def test_a_file_of_something_else_is_left_alone(tmp_path: Path, line: bytes, done: KeySet) -> None:
    path = tmp_path / "out.jsonl"
    path.write_bytes(FIRST + line + b"x")
    with pytest.raises(InvalidArgument, match=r"line 2 of .* is no result of a batch"):
        Output(path, done)
    assert path.read_bytes() == FIRST + line + b"x"


@pytest.mark.parametrize("content", [b'{"precious": 1}', b"x", b"{}", b"\xff"])
def test_one_line_of_something_else_is_no_torn_line(
    tmp_path: Path, content: bytes, done: KeySet
) -> None:
    path = tmp_path / "out.jsonl"
    path.write_bytes(content)
    with pytest.raises(InvalidArgument, match=r"line 1 of .* is no result of a batch"):
        Output(path, done)
    assert path.read_bytes() == content


def test_zeros_that_a_power_failure_leaves_are_cut_off(tmp_path: Path, done: KeySet) -> None:
    path = tmp_path / "out.jsonl"
    path.write_bytes(FIRST + b"\0" * 100)
    reopened(path, done)
    assert path.read_bytes() == FIRST


def test_what_is_no_file_is_refused(done: KeySet) -> None:
    with pytest.raises(InvalidArgument, match="/dev/zero is no file"):
        Output(Path("/dev/zero"), done)


def test_a_journal_keeps_what_is_in_flight(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    journal = Journal(path, lambda key: False)
    for key in ("a", 2, "c", "d"):
        journal.starting(key, Flight(f"user-{key}", 7.5))
    journal.known(2, "run-2")
    journal.over("c")
    journal.known("d", "run-d")
    killed = path.read_bytes()
    journal.close()
    found = {
        "a": Flight("user-a", 7.5),
        "2": Flight("user-2", 7.5, "run-2"),
        "d": Flight("user-d", 7.5, "run-d"),
    }
    untouched = Journal(path, lambda key: False)
    assert untouched.found == found
    untouched.close()
    path.write_bytes(killed)  # then "c" is done only by the output
    again = Journal(path, {"c", "d"}.__contains__)
    assert again.found == {key: found[key] for key in ("a", "2")}
    again.over("a")
    again.over(2)
    again.close()
    assert not path.exists()


def test_a_journal_keeps_that_a_time_is_not_known(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    journal = Journal(path, lambda key: False)
    journal.starting("a", Flight("user-a"))
    journal.close()
    again = Journal(path, lambda key: False)
    assert again.found == {"a": Flight("user-a", None)}
    again.close()


def test_a_journal_stays_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dify_workflow.batch.journal._MOST_LINES", 10)
    path = tmp_path / "journal"
    journal = Journal(path, lambda key: False)
    for key in range(100):
        journal.starting(key, Flight(f"user-{key}", 7.5))
        journal.known(key, f"run-{key}")
        if key % 20:
            journal.over(key)
        assert path.read_bytes().count(b"\n") < 30
    journal.close()
    again = Journal(path, lambda key: False)
    assert again.found == {
        str(key): Flight(f"user-{key}", 7.5, f"run-{key}") for key in range(0, 100, 20)
    }
    again.close()


def test_a_torn_journal_is_read_up_to_its_tear(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    lines = b'{"row": "a", "user": "u", "at": 1.0}\n{"row": "a", "run": "r"}\n'
    for cut in range(len(lines)):
        path.write_bytes(lines[:cut])
        journal = Journal(path, lambda key: False)
        known = lines[:cut].count(b"\n")
        assert list(journal.found.values()) == [Flight("u", 1.0)][:known]
        journal.starting("b", Flight("v", 2.0))
        for line in path.read_bytes().splitlines():
            json.loads(line)
        journal.close()


def test_a_key_set_is_a_set(done: KeySet) -> None:
    chance = random.Random(7)
    theirs = set()
    for _ in range(20_000):
        key = str(chance.randrange(15_000))
        assert (key in done) == (key in theirs)
        assert done.add(key) == (key not in theirs)
        theirs.add(key)
    assert all(key in done for key in theirs)
    for strange in ("\udc80", "", "a\0b", "A", "a", 1.5):
        assert done.add(strange)
        assert not done.add(str(strange))


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_journal_is_for_its_owner_alone_unless_it_was_not(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    for given in (0o600, 0o640):
        journal = Journal(path, lambda key: False)
        journal.starting("a", Flight("user-a"))
        assert mode(path) == given
        path.chmod(0o640)
        journal.close()
        assert mode(path) == 0o640


def test_an_output_is_locked_without_fcntl_too(
    tmp_path: Path, done: KeySet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "fcntl", None)  # as on Windows
    path = tmp_path / "out.jsonl"
    held = FileLock(f"{path}.lock")
    with held, pytest.raises(InvalidArgument, match="another process is writing"):
        Output(path, done)
    output = Output(path, done)
    with pytest.raises(Timeout):
        held.acquire(timeout=0)
    output.close()
    held.acquire(timeout=0)
    held.release()


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_the_pace_halves_once_for_each_pause_and_recovers() -> None:
    clock = Clock()
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
    clock = Clock()
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
    clock = Clock()
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
    clock = Clock()
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
    clock = Clock()
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
