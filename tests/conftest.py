"""What several files of tests begin with, and which tests `make test` and `make test-quick` run.

A test is run by `make test` unless it is marked `slow`. Of a table on both clients each row is run
on one of them, in turn; of one that is marked `sample(n)`, n cases, spread over it. The others are
slow. `make test-quick` runs one case of each test that is neither slow nor marked `long`.
`make check` runs those that are marked `types`.
"""

from __future__ import annotations

import itertools
import logging
import os
import re
import signal
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from dify_workflow import DifyWorkflow
from fake_dify import FakeDify

# A shell's background job ignores Ctrl-C, and so would the programs that tests interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Do not even import a file that is slow as a whole: its packages may not be there."""
    without_slow = config.option.markexpr in ("quick", "not (slow or types)")
    if without_slow and collection_path.match("test_*.py"):
        return "\npytestmark = pytest.mark.slow\n" in collection_path.read_text("utf-8") or None
    return None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is slow as part of a table, and what `make test-quick` runs."""
    if os.environ.get("PIP_NO_INDEX"):
        for item in items:
            if item.get_closest_marker("index"):
                item.add_marker(pytest.mark.skip(reason="needs the package index"))
    tables: dict[str, list[pytest.Item]] = {}
    for item in sorted(items, key=lambda item: item.nodeid):
        if not item.get_closest_marker("slow"):
            tables.setdefault(item.nodeid.partition("[")[0], []).append(item)
    for name, cases in tables.items():
        taken = _taken(name, cases)
        for item in cases:
            if item not in taken:
                item.add_marker("slow")
        if not any(cases[0].get_closest_marker(mark) for mark in ("long", "types")):
            # Any case, but always the same one: not the sync client everywhere.
            taken[_number("", name) % len(taken)].add_marker("quick")
    if seed := os.environ.get("DIFY_TEST_ORDER"):  # files in another order, and the tests in them
        items.sort(key=lambda item: [_number(seed, item.path), _number(seed, item.nodeid)])


def _taken(name: str, cases: list[pytest.Item]) -> list[pytest.Item]:
    """Choose the cases of a test that `make test` runs."""
    if sample := cases[0].get_closest_marker("sample"):
        # One of each part of the table, but not the same place of each part.
        count = min(sample.args[0], len(cases))
        ends = [number * len(cases) // count for number in range(count + 1)]
        parts = [cases[begin:end] for begin, end in itertools.pairwise(ends)]
        return [part[_number(name, part[0].name) % len(part)] for part in parts]
    rows: dict[str, list[pytest.Item]] = {}
    for item in cases:
        rows.setdefault(re.sub(r"\ba?sync\b", "", item.name), []).append(item)
    pairs = [row for row in rows.values() if len(row) == 2]
    if len(pairs) > 1 and "kind" in getattr(cases[0], "fixturenames", ()):
        left_out = [row[number % 2] for number, row in enumerate(pairs)]
        return [item for item in cases if item not in left_out]
    return cases


def _number(seed: str, name: object) -> int:
    return zlib.crc32(f"{seed} {name}".encode())


@pytest.fixture(autouse=True)
def _levels() -> Iterator[None]:
    """What a test asks to be logged, or a program that it runs, is not logged in the next one."""
    names = ("", "dify_workflow", "httpx", "httpcore")
    before = {name: logging.getLogger(name).level for name in names}
    yield
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


@pytest.fixture
def fake() -> Iterator[FakeDify]:
    with FakeDify(eof_delay=0.0) as dify:
        yield dify


@pytest.fixture
def dify(fake: FakeDify) -> Iterator[DifyWorkflow]:
    with DifyWorkflow(base_url=fake.url, api_key=fake.api_key) as client:
        yield client


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The machine's own zone is not UTC."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Asia/Shanghai")
        time.tzset()
        yield
    time.tzset()
