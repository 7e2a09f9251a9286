"""Pauses: which forms a run waits for, when it stops working, how it goes on."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod

from ..state import Form, NodeRecord, Run, now
from ..world import World
from . import payloads
from .feed import Feed


class Pauses(Feed, ABC):
    """A run is busy in branches, and pauses when all of them wait for people."""

    def __init__(self, world: World, run: Run) -> None:
        super().__init__(world, run)
        self._busy = 1
        self._pending: list[Form] = []
        self._announced_before: list[Form] = []
        self._lost: list[Form] = []
        self._begins = False
        self._raced = False

    @abstractmethod
    def save_figures(self) -> None: ...

    @abstractmethod
    def begin_again(self) -> None: ...

    @abstractmethod
    async def node_resumed(self, node: NodeRecord) -> None: ...

    def join(self, branches: int) -> None:
        """Count branches in; `rest` counts each one out."""
        self._busy += branches

    async def rest(self) -> None:
        """Count a branch out; with nothing left to do but to wait, the run pauses."""
        self._busy -= 1
        if self._busy or not self._pending:
            return
        run = self.run
        for form in self._pending:
            if form in self._announced_before:
                form.node.status = "paused"
                await self.send("human_input_required", payloads.human_input_required(form))
        self._announced_before.clear()
        run.status, run.active, run.pause, run.twice = "paused", False, self._pending[:], False
        self.save_figures()
        await self.send("workflow_paused", payloads.workflow_paused(run, run.pause))
        run.settled.set()

    async def ask(self, form: Form) -> None:
        """Leave the run waiting for a form; return when it was answered and the run goes on."""
        self.world.forms[form.token] = form
        self.run.forms.append(form)
        await self.send("human_input_required", payloads.human_input_required(form))
        self._pending.append(form)
        await self.rest()
        await form.answered.wait()

    def resume(self, form: Form) -> None:
        """Let the run of an answered form, or of one that ran out, go on a moment later."""
        hangs = self.run.stop_asked and not self.rules.ends_stopped_pauses
        if not hangs and self.run.status == "paused":
            self.run.settled.clear()
        task = asyncio.create_task(self._resume(form))
        self.world.tasks.add(task)
        task.add_done_callback(self.world.tasks.discard)

    async def _resume(self, form: Form) -> None:
        run = self.run
        if self._begins or run.status != "paused":
            await self._second(form)
            return
        self._begins = True
        await asyncio.sleep(self.world.resume_delay)
        self._begins = False
        run.status = "running"
        if run.stop_asked and not self.rules.ends_stopped_pauses:
            return  # Dify takes the form all the same, and the run hangs for ever
        run.active = True
        if self._raced and self.rules.refuses_second_resumption:
            await self._refuse_second()
        run.twice, self._raced = self._raced and not self.rules.refuses_second_resumption, False
        run.resumed_at = now()
        self.begin_again()
        started = payloads.workflow_started(run, "resumption", run.resumed_at)
        await self.send("workflow_started", started)
        for other in self._pending:
            await self.node_resumed(other.node)
        self._go_on([form for form in self._pending if not form.waits and form not in self._lost])
        self._announced_before, self._lost = self._pending[:], []

    async def _second(self, form: Form) -> None:
        """Take the second of two forms of one pause, while the first one's run goes on."""
        race = self.world.two_forms
        if self._begins:
            self._raced = race == "doubled"
            self._lost += [form] if race == "lost" else []
            return
        if race == "lost":
            return
        if race == "doubled" and self.rules.refuses_second_resumption:
            await self._refuse_second()
        if form in self._pending:
            await self.node_resumed(form.node)
            self._go_on([form])

    async def _refuse_second(self) -> None:
        text = f"Workflow task already active for task_id={self.run.task_id}"
        await self.fail({"code": "invalid_param", "status": 400, "message": text})

    def _go_on(self, forms: list[Form]) -> None:
        self._pending = [form for form in self._pending if form not in forms]
        self._busy += len(forms)
        for form in forms:
            form.answered.set()
