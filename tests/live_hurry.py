"""A plugin of the live suite's own tests: the client's patience is short, as the runs are."""

from __future__ import annotations

from dify_workflow import flows, recovery


def pytest_configure() -> None:
    flows.LOOK_EVERY, flows._END_COMES_IN, flows.LULL = 1.0, 0.3, 1.0
    recovery.FIRST_QUIET = 0.5
