"""A plugin of the live suite's own tests: the client's patience is short, as the runs are."""

from __future__ import annotations

from dify_workflow._api import limits


def pytest_configure() -> None:
    limits.LOOK_EVERY, limits.END_COMES_IN, limits.LULL = 1.0, 0.3, 1.0
    limits.FIRST_QUIET = 0.5
