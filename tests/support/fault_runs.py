"""Runs of a simulated server, and their entries in the logs."""

from __future__ import annotations

import bisect
from typing import Any

import attrs
from fault_scripts import Script

WALL = 1_795_335_000.0  # unix time at the clock's 0


@attrs.define(eq=False)
class ModelRun:
    """A run that was started: its script, since when, until when, for whom."""

    script: Script
    began: float
    user: str
    inputs: dict[str, Any]
    died: float | None = None

    def at(self, index: int) -> float | None:
        """When the event of this number is sent; None if never."""
        if index >= len(self.script.events):
            return None
        at = self.began + self.script.times[index]
        return at if self.alive(at) else None

    def alive(self, at: float) -> bool:
        return self.died is None or at <= self.died

    def count(self, now: float) -> int:
        """How many events have happened."""
        passed = min(now, self.died if self.died is not None else now) - self.began
        return bisect.bisect_right(self.script.times, passed + 1e-9)

    def last_sign(self) -> float:
        """When the worker was last heard of."""
        return self.began + self.script.times[-1] if self.died is None else self.died

    def ended(self, now: float) -> bool:
        return self.count(now) == len(self.script.events)


def log_entry(run: ModelRun, now: float) -> dict[str, Any]:
    """An item of GET /workflows/logs."""
    detail = run.script.detail(run.count(now))
    created = int(WALL + run.began)
    inner = {
        "id": run.script.run_id,
        "version": "2026-11-22 08:12:20.998220",
        "status": detail["status"],
        "triggered_from": "app-run",
        "error": detail["error"],
        "elapsed_time": detail["elapsed_time"],
        "total_tokens": 0,
        "total_steps": detail["total_steps"],
        "created_at": created,
        "finished_at": detail["finished_at"],
        "exceptions_count": 0,
    }
    user = {
        "id": "3d3538dd-b838-4ae7-9da3-706553aaa654",
        "type": "service-api",
        "is_anonymous": False,
        "session_id": run.user,
    }
    return {
        "id": f"log-{run.script.run_id}",
        "workflow_run": inner,
        "details": None,
        "created_from": "service-api",
        "created_by_role": "end_user",
        "created_by_account": None,
        "created_by_end_user": user,
        "created_at": created,
    }
