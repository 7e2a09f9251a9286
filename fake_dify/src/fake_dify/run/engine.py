"""Carries out one run: performs its steps, sends its events, pauses it, keeps its figures."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from ..base import Data, End, NodeFailed, Outputs, Scope, Step, Stopped, Vanished, tail_ids
from ..contract import contract, fill
from ..files import files_in
from ..replies import ApiError, invalid_param
from ..state import Form, NodeRecord, Run, new_id, now
from ..versions import ABORTED, STOPPED_BY_USER, Rules
from ..world import World
from . import payloads
from .text import Selector, TextStream

REDEPLOYED = "Aborted: Workflow stopped because the worker is shutting down."


class Execution:
    """One run in progress; steps use what is public here.

    variables: what nodes gave, by (node id, name).
    nested: how many iterations, loops and parallels go on, which decides how a stop ends.
    busy: how many branches do not wait for people; `rest` counts one out.
    """

    def __init__(self, world: World, run: Run, steps: Sequence[Step]) -> None:
        self.world: World = world
        self.run: Run = run
        self.rules: Rules = world.rules
        self._steps = steps
        # An exported app has names of its own for its nodes, and a way of it can lead to no End.
        self.titles: Mapping[str, str] = {}
        self.start: str = "start"
        self.end: str = "end"
        self.text_stream: TextStream = TextStream(world, self._tell_text)
        self.variables: dict[Selector, Any] = self.text_stream.variables
        for step in steps:
            step.prepare(self)
        if self.end and not any(isinstance(step, End) for step in steps):
            self.text_stream.tails += tail_ids(steps)
        self.nested: int = 0
        self.total_steps: int = 0
        self._index = 0
        self._begun = self._last_sent = time.monotonic()
        self.busy: int = 1
        self._submitted: list[Form] = []  # since the run paused; it is about to go on

    # Events

    async def tell(self, event: str, source: object = None, /, **given: Any) -> None:
        """Send an event, if this version has it: its example with what is given or `source` has."""
        if contract().tells(event, self.rules.release):
            await self.send(event, fill(event, source, **given))

    async def send(self, event: str, data: Any = None, /, **fields: Any) -> None:
        """Send an event; fields: what stands beside its data (error, tts_message)."""
        ids = {"workflow_run_id": self.run.id, "task_id": self.run.task_id}
        about = {} if data is None else {"data": data}
        await self._send({"event": event, **ids, **about, **fields})

    async def _send(self, event: Data) -> None:
        self._last_sent = time.monotonic()
        made = self.world.event(event)
        again = self.run.twice and made["event"] != "workflow_finished"
        for one in [made] * (1 + again):
            self.run.events.append(one)
            for reader in self.run.readers:
                reader.put(one)
        await asyncio.sleep(0)

    async def _tell_text(self, text: str, selector: Selector) -> None:
        await self.tell("text_chunk", text=text, from_variable_selector=selector)

    async def fail(self, error: ApiError) -> None:
        """Send an `error`, and what Dify makes up behind it; the run itself may go on."""
        run, reason = self.run, "resumption" if self.run.pause else "initial"
        await self._send(payloads.error(error))
        made_up = payloads.made_up(run.id, run.workflow_id, run.asked, error.message, reason)
        for event in made_up if self.rules.makes_ends_up else ():
            await self._send(event)

    async def _ping(self) -> None:
        """Send the worker's pings: one for every 10 s in which the run said nothing."""
        seconds = self.world.ping_interval
        while self.rules.worker:
            await asyncio.sleep(max(self._last_sent + seconds - time.monotonic(), 0.001))
            if time.monotonic() - self._last_sent >= seconds:
                self._last_sent = time.monotonic()
                for reader in self.run.readers if self.run.active else ():
                    reader.put({"event": "ping"})

    # Nodes

    def values(self, scope: Scope) -> Data:
        """Return what a step's function sees: inputs, `node.variable`, `item` and `index`."""
        nodes = {f"{node}.{name}": value for (node, name), value in self.variables.items()}
        return {**self.run.inputs, **nodes, **scope.local}

    def evaluate(self, outputs: Outputs, scope: Scope) -> Data:
        """Return outputs that may be a function of the known values."""
        return dict(outputs if isinstance(outputs, Mapping) else outputs(self.values(scope)))

    @asynccontextmanager
    async def node(
        self, scope: Scope, node_id: str, type: str, title: str | None = None
    ) -> AsyncIterator[NodeRecord]:
        """Be a node, which ends with what its record then has; NodeFailed fails it and the run."""
        node = await self.node_started(scope, node_id, type, title)
        try:
            yield node
        except NodeFailed as failure:
            await self.node_finished(scope, node, status="failed", error=str(failure))
            raise
        await self.node_finished(scope, node)

    async def node_started(
        self, scope: Scope, node_id: str, type: str, title: str | None = None
    ) -> NodeRecord:
        """Begin a node; iterations and loops, which have events of their own, tell it otherwise."""
        self._index += 1
        title = self.titles.get(node_id) or title or node_id
        node = NodeRecord(new_id(), node_id, type, title, self._index)
        node.iteration_id = scope.metadata.get("iteration_id")
        node.loop_id = scope.metadata.get("loop_id")
        if self.rules.tells_order:
            before = self.run.nodes[-1].node_id if self.run.nodes else None
            node.index, node.predecessor_node_id = self._index, before
            node.parallel = scope.parallel
        self.run.nodes.append(node)
        if not scope.metadata or self.rules.counts_children:
            self.total_steps += 1
        if type not in ("iteration", "loop"):
            await self.tell("node_started", node, **node.parallel)
        return node

    async def _node_resumed(self, node: NodeRecord) -> None:
        """Begin a node again after a pause: the same node, counted anew (from 1.16 on, not)."""
        node.status = "running"
        if not self.rules.since(1, 16):
            self._index += 1
            node.position = self._index
        self.total_steps += 1
        await self.tell("node_started", node)

    async def node_finished(
        self,
        scope: Scope,
        node: NodeRecord,
        *,
        outputs: Mapping[str, Any] | None = None,
        status: str = "succeeded",
        error: str | None = None,
    ) -> None:
        """End a node and stream what its outputs contribute to the text."""
        node.inputs, node.outputs = node.inputs or {}, dict(outputs or node.outputs or {})
        if status == "exception" and not self.rules.streams_defaults_at_once:
            self.variables.update(((node.node_id, name), v) for name, v in node.outputs.items())
        elif status != "failed":
            await self.know(node.node_id, node.outputs)
        node.files = files_in(node.outputs)
        node.end(status, error)
        node.execution_metadata = {**(node.execution_metadata or {}), **scope.metadata} or None
        await self.tell("node_finished", node, **node.parallel)

    async def know(self, node_id: str, outputs: Mapping[str, Any]) -> None:
        """Make a node's outputs known to later steps and to the text."""
        self.variables.update({(node_id, name): value for name, value in outputs.items()})
        self.text_stream.expect(node_id, list(outputs))
        await self.text_stream.advance()

    async def ends_at(self, node_id: str, outputs: Mapping[str, Selector]) -> None:
        """Reach an End of an exported app; with several of them, their outputs are put together."""
        self.end = node_id
        self.text_stream.outputs[:] = {**dict(self.text_stream.outputs), **outputs}.items()
        await self.text_stream.advance()

    async def perform(self, steps: Sequence[Step], scope: Scope) -> None:
        for step in steps:
            await step.perform(self, scope)

    # Pauses

    async def rest(self) -> None:
        """Count a branch out; with nothing left to do but to wait, the run pauses."""
        self.busy -= 1
        run, waiting = self.run, self._waiting
        if self.busy or not waiting:
            return
        for form in waiting:
            if form in run.pause:  # asked before the last pause already
                form.node.status = "paused"
                await self._announce(form)
        run.status, run.active, run.pause, run.twice = "paused", False, waiting, False
        self._save_figures()
        await self.send("workflow_paused", payloads.workflow_paused(run))
        run.settled.set()

    async def ask(self, form: Form) -> None:
        """Leave the run waiting for a form; return when it was answered and the run goes on."""
        self.world.all_forms[form.token] = form
        self.run.forms.append(form)
        await self._announce(form)
        await self.rest()
        await form.answered.wait()
        if self.run.stop_asked:
            raise Stopped

    async def _announce(self, form: Form) -> None:
        await self.send("human_input_required", payloads.human_input_required(form))

    @property
    def _waiting(self) -> list[Form]:
        """The forms whose nodes wait, submitted or not."""
        return [form for form in self.run.forms if not form.answered.is_set()]

    def resume(self, form: Form) -> None:
        """Let the run of an answered form, or of one that ran out, go on a moment later."""
        if not self._hangs and self.run.status == "paused":
            self.run.settled.clear()
        form.task = asyncio.create_task(self._resume(form))

    @property
    def _hangs(self) -> bool:
        """Dify takes a form of a stopped run all the same, and the run hangs for ever."""
        return self.run.stop_asked and not self.rules.ends_stopped_pauses

    async def _resume(self, form: Form) -> None:
        run, race, second = self.run, self.world.two_forms, [form]
        if paused := run.status == "paused":
            self._submitted.append(form)
            if self._submitted != [form]:  # it is about to go on for another form
                return
            await asyncio.sleep(self.world.resumes_after)
            second, self._submitted, run.status = self._submitted[1:], [], "running"
            if self._hangs:
                return
            run.active = True
        doubled = race == "doubled" and bool(second)
        if doubled and self.rules.refuses_second_resumption:
            text = f"Workflow task already active for task_id={run.task_id}"
            await self.fail(invalid_param(text))
        if paused:
            run.twice = doubled and not self.rules.refuses_second_resumption
            run.resumed_at, self._begun = now(), time.monotonic()
            if not self.rules.since(1, 16):
                self._index = 0
            self.text_stream.reset()
            await self.send("workflow_started", payloads.workflow_started(run, "resumption"))
        lost = second if race == "lost" else []
        resumed = [one for one in self._waiting if paused or (one is form and not lost)]
        for one in resumed:
            await self._node_resumed(one.node)
        for one in resumed:
            if not (one.waits or one in lost or one.answered.is_set()):
                self.busy += 1
                one.answered.set()

    # The course of a run

    async def drive(self) -> None:
        """Carry the run out from its beginning to its end, once there is a worker for it."""
        run, rules, world = self.run, self.rules, self.world
        if world.queue is not None and run.streaming and rules.worker:
            await world.queue.perform(self, Scope())
        pinger = asyncio.create_task(self._ping())
        run.active, later = True, asyncio.get_running_loop().call_later
        later(world.recorded_after, setattr, run, "listed", True)
        self._begun = time.monotonic()
        try:
            await self._whole()
        except NodeFailed as failure:
            run.exceptions_count += rules.counts_failures
            await self._finish("failed", str(failure))
        except Stopped:
            await self._finish("stopped", STOPPED_BY_USER)
        except Vanished:
            pass
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if not (run.stop_asked or run.redeployed) or task is None:
                raise  # the server is closed, or an old Dify lost the run with its stream
            task.uncancel()
            busy = {node.node_type for node in run.nodes if node.status == "running"}
            stopped = rules.stopped(llm="llm" in busy, nested=self.nested > 0)
            await self._finish(*(("stopped", REDEPLOYED) if run.redeployed else stopped))
        except Exception as problem:
            world.problems.append(problem)
            await self._finish("failed", repr(problem))
        finally:
            run.active = False
            pinger.cancel()

    async def _whole(self) -> None:
        run, rules, scope = self.run, self.rules, Scope()
        await self.send("workflow_started", payloads.workflow_started(run))
        if rules.streams_before_start:
            await self.know(self.start, run.inputs)
        async with self.node(scope, self.start, "start", "Start") as start:
            shown, stores = run.inputs, rules.stores_timestamp
            if rules.start_shows_system:
                shown = shown | payloads.system_inputs(run, timestamp=stores, old=True)
            start.inputs = start.outputs = shown
            self.text_stream.expect(self.start, list(run.inputs))
        await self.perform(self._steps, scope)
        if self.end:
            async with self.node(scope, self.end, "end", "End") as end:
                known = self.variables
                run.outputs = {name: known.get(one) for name, one in self.text_stream.outputs}
                end.inputs = end.outputs = run.outputs
        await self._finish("partial-succeeded" if run.exceptions_count else "succeeded", None)

    def _save_figures(self) -> None:
        """Store what the run detail tells about a run that paused or ended."""
        self.run.total_steps = 0 if self.rules.forgets_steps else self.total_steps
        self.run.elapsed_time = round(time.monotonic() - self._begun, 6)

    async def _finish(self, status: str, error: str | None, detail: str | None = None) -> None:
        """End the run; detail: its status in the run detail, where that differs."""
        run = self.run
        self._save_figures()
        run.finished_at = now()
        data = payloads.workflow_finished(run, status=status, error=error)
        run.status, run.active = detail or status, False
        if run.over:
            stops = error == STOPPED_BY_USER and self.rules.since(1, 15)
            run.error = ABORTED if stops else error
        else:
            run.finished_at = None
        await self.send("workflow_finished", data)


def start(world: World, run: Run, steps: Sequence[Step]) -> None:
    """Begin a run; a streaming one may have to wait for a worker."""
    world.runs.append(run)
    run.listed = not world.rules.worker and not world.recorded_after
    run.task = asyncio.create_task(Execution(world, run, steps).drive())
    run.task.add_done_callback(lambda _: run.settled.set())
