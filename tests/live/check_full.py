"""An app that takes few runs at once: with a deadline, all of many get in."""

from __future__ import annotations

import pytest
from dify_workflow import WorkflowRunRequest
from facade import Kind

from .session import Live, succeeded

RUNS = 5
WITHIN = 300  # s


def test_a_full_app(live: Live, kind: Kind) -> None:
    for mode in ("streaming", "blocking"):  # streams hold a place for a moment, or all along
        request = WorkflowRunRequest(inputs=live.inputs("FULL"), response_mode=mode)
        deadline = min(WITHIN, live.time_left)
        before = live.traffic.refused
        for response in live.run_at_once(kind, "FULL", [request] * RUNS, deadline=deadline):
            succeeded(response)
        if live.traffic.refused > before:
            return
    pytest.skip(f"the app of DIFY_API_KEY_FULL took {RUNS} runs at once")
