"""The files of a batch: torn lines, other people's lines, keys in little memory."""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from dify_workflow import InvalidArgument
from dify_workflow.batch.journal import Flight, Journal
from dify_workflow.batch.keys import KeySet
from dify_workflow.batch.output_file import Output
from dify_workflow.batch.row_results import RowResult
from filelock import FileLock, Timeout

FIRST = RowResult(key="a", status="succeeded").line()
SECOND = RowResult(key=2, status="failed").line()


@pytest.fixture
def done() -> Iterator[KeySet]:
    made = KeySet()
    yield made
    made.close()


TORN = [SECOND[:cut] for cut in range(1, len(SECOND) - 1)]


@pytest.mark.parametrize(
    ("torn", "kept"), [*((t, b"") for t in TORN), (b"\0" * 100, b""), (SECOND[:-1], SECOND)]
)
def test_a_torn_last_line_is_cut_off_and_lines_follow(
    tmp_path: Path, torn: bytes, kept: bytes, done: KeySet
) -> None:
    """A power failure leaves zeros; a line that lacks its end alone is kept."""
    path = tmp_path / "out.jsonl"
    path.write_bytes(FIRST + torn)
    output = Output(path, done)
    assert path.read_bytes() == FIRST + kept
    assert ("a" in done, "2" in done) == (True, bool(kept))
    assert output.statuses == {"succeeded": 1} | ({"failed": 1} if kept else {})
    output.write(RowResult(key=2, status="failed"))
    assert path.read_bytes() == FIRST + kept + SECOND
    output.close()


@pytest.mark.parametrize(
    ("before", "line"),
    [
        *((FIRST, line) for line in (b"hello\n", b"[]\n", b'{"key": 1}\n')),
        (FIRST, b'{"key": 1, "status": []}\n'),
        # one line of something else is no torn line
        *((b"", line) for line in (b'{"precious": 1}', b"x", b"{}", b"\xff")),
    ],
)
def test_a_file_of_something_else_is_left_alone(
    tmp_path: Path, before: bytes, line: bytes, done: KeySet
) -> None:
    path = tmp_path / "out.jsonl"
    content = before + line + (b"x" if before else b"")
    path.write_bytes(content)
    number = 2 if before else 1
    with pytest.raises(InvalidArgument, match=rf"line {number} of .* is no result of a batch"):
        Output(path, done)
    assert path.read_bytes() == content


def test_what_is_no_file_is_refused(done: KeySet) -> None:
    with pytest.raises(InvalidArgument, match="/dev/zero is no file"):
        Output(Path("/dev/zero"), done)


def opened(path: Path, *done: str) -> closing[Journal]:
    return closing(Journal(path, done.__contains__))


def test_a_journal_stays_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dify_workflow.batch.journal._MOST_LINES", 10)
    path = tmp_path / "journal"
    with opened(path) as journal:
        for key in range(100):
            journal.starting(key, Flight(f"user-{key}", 7.5))
            journal.known(key, f"run-{key}")
            if key % 20:
                journal.over(key)
            assert path.read_bytes().count(b"\n") < 30
    flights = {str(key): Flight(f"user-{key}", 7.5, f"run-{key}") for key in range(0, 100, 20)}
    del flights["20"]
    with opened(path, "20") as journal:
        assert journal.found == flights


def test_a_torn_journal_is_read_up_to_its_tear(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    lines = b'{"row": "a", "user": "u", "at": 1.0}\n{"row": "a", "run": "r"}\n'
    for cut in range(len(lines)):
        path.write_bytes(lines[:cut])
        with opened(path) as journal:
            known = lines[:cut].count(b"\n")
            assert list(journal.found.values()) == [Flight("u", 1.0)][:known]
            journal.starting("b", Flight("v", 2.0))
            assert all(json.loads(line) for line in path.read_bytes().splitlines())


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


def test_a_journal_is_for_its_owner_alone_unless_it_was_not(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    for mode in (0o600, 0o640):
        with opened(path) as journal:
            journal.starting("a", Flight("user-a"))
            assert path.stat().st_mode & 0o777 == mode
            path.chmod(0o640)
        assert path.stat().st_mode & 0o777 == 0o640


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
