"""Pauses: which forms a run waits for, when it stops working, how it goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import payloads
from .state import Run, now
from .voice import Voice

if TYPE_CHECKING:
    from .engine import Execution
    from .human import Form


class Legs:
    """The legs of a run: it is busy in branches, and pauses when all of them wait for people."""

    def __init__(self, run: Run, voice: Voice) -> None:
        self._run, self._voice = run, voice
        self._busy = 1
        self._pending: list[Form] = []

    def join(self, branches: int) -> None:
        """Count branches in; `rest` counts each one out."""
        self._busy += branches

    async def rest(self, execution: Execution) -> None:
        """Count a branch out; with nothing left to do but to wait, the run pauses."""
        self._busy -= 1
        if self._busy or not self._pending:
            return
        run = self._run
        run.status, run.active = "paused", False
        execution.save_figures()
        reasons = [form.reason() for form in self._pending]
        data = payloads.workflow_paused(run, reasons, run.elapsed_time)
        await self._voice.send("workflow_paused", data)
        run.settled.set()

    async def wait(self, form: Form, execution: Execution) -> None:
        """Leave the run waiting for a form; return when it was answered and the run goes on."""
        if not form.answered.is_set():
            self._pending.append(form)
            await self.rest(execution)
            await form.answered.wait()

    async def resume(self, form: Form, execution: Execution) -> None:
        """Go on after a form was answered or ran out."""
        run = self._run
        if run.status == "paused":
            run.status = "running"
            if run.stop_asked:  # Dify takes the form all the same, and the run hangs for ever
                return
            run.active = True
            run.leg_created_at = now()
            execution.begin_leg()
            started = payloads.workflow_started(run, "resumption", run.leg_created_at)
            await self._voice.send("workflow_started", started)
        if form in self._pending:
            self._pending.remove(form)
            self._busy += 1
            for other in self._pending:
                await other.announce(execution)
        form.answered.set()
