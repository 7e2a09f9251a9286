"""A plugin of the live suite's own tests: the client's patience is short, as the runs are."""

from __future__ import annotations

from dify_workflow._runs import recovery, start


def pytest_configure() -> None:
    start.LOOK_EVERY, start._END_COMES_IN, start.LULL = 1.0, 0.3, 1.0
    recovery.FIRST_QUIET = 0.5
