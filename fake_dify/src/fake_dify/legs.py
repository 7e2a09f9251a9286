"""Pauses: which forms a run waits for, when it stops working, how it goes on."""

from __future__ import annotations

import asyncio
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
        self._announced_before: list[Form] = []
        self._lost: list[Form] = []
        self._begins = False
        self._raced = False

    def join(self, branches: int) -> None:
        """Count branches in; `rest` counts each one out."""
        self._busy += branches

    async def rest(self, execution: Execution) -> None:
        """Count a branch out; with nothing left to do but to wait, the run pauses."""
        self._busy -= 1
        if self._busy or not self._pending:
            return
        run = self._run
        for form in self._pending:
            if form in self._announced_before:
                form.node.status = "paused"
                await self._voice.send("human_input_required", form.required())
        self._announced_before.clear()
        run.status, run.active, run.pause, run.twice = "paused", False, self._pending[:], False
        execution.save_figures()
        reasons = [form.reason() for form in self._pending]
        data = payloads.workflow_paused(run, reasons, run.elapsed_time)
        await self._voice.send("workflow_paused", data)
        run.settled.set()

    async def wait(self, form: Form, execution: Execution) -> None:
        """Leave the run waiting for a form; return when it was answered and the run goes on."""
        self._pending.append(form)
        await self.rest(execution)
        await form.answered.wait()

    async def resume(self, form: Form, execution: Execution) -> None:
        """Go on, a moment after a form was answered or ran out."""
        world, run = execution.world, self._run
        if self._begins or run.status != "paused":
            await self._second(form, execution)
            return
        self._begins = True
        await asyncio.sleep(world.resume_delay)
        self._begins = False
        run.status = "running"
        if run.stop_asked and not world.rules.ends_stopped_pauses:
            return  # Dify takes the form all the same, and the run hangs for ever
        run.active = True
        if self._raced and world.rules.refuses_second_resumption:
            await self._refuse_second()
        run.twice, self._raced = self._raced and not world.rules.refuses_second_resumption, False
        run.leg_created_at = now()
        execution.begin_leg()
        started = payloads.workflow_started(run, "resumption", run.leg_created_at)
        await self._voice.send("workflow_started", started)
        for other in self._pending:
            await execution.node_resumed(other.node)
        self._go_on([form for form in self._pending if not form.waits and form not in self._lost])
        self._announced_before, self._lost = self._pending[:], []

    async def _second(self, form: Form, execution: Execution) -> None:
        """Take the second of two forms of one pause: its leg is not the one that is under way."""
        race = execution.world.two_forms
        if self._begins:
            self._raced = race == "doubled"
            self._lost += [form] if race == "lost" else []
            return
        if race == "lost":
            return
        if race == "doubled" and execution.rules.refuses_second_resumption:
            await self._refuse_second()
        if form in self._pending:
            await execution.node_resumed(form.node)
            self._go_on([form])

    async def _refuse_second(self) -> None:
        text = f"Workflow task already active for task_id={self._run.task_id}"
        await self._voice.fail({"code": "invalid_param", "status": 400, "message": text})

    def _go_on(self, forms: list[Form]) -> None:
        self._pending = [form for form in self._pending if form not in forms]
        self._busy += len(forms)
        for form in forms:
            form.answered.set()
