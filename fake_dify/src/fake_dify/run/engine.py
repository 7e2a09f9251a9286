"""Carries out one run: performs its steps, begins and ends its nodes, keeps its figures."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

from ..base import Data, End, NodeFailed, Outputs, Scope, Step, Stopped, Vanished, tail_ids
from ..state import NodeRecord, Run, new_id, now
from ..versions import STOPPED_BY_USER
from ..world import World
from . import payloads
from .pauses import Pauses
from .text import Selector, TextStream

REDEPLOYED = "Aborted: Workflow stopped because the worker is shutting down."


class Execution(Pauses):
    """One run in progress; steps use what is public here.

    streaming_models: how many models are streaming, which decides how a stop ends.
    """

    def __init__(self, world: World, run: Run, steps: Sequence[Step]) -> None:
        super().__init__(world, run)
        self._end: dict[str, Selector] | None = None
        self._steps: list[Step] = []
        for step in steps:
            if chooses := getattr(step, "selectors", None):
                self._end = chooses()
            if not isinstance(step, End):
                self._steps.append(step)
        # An exported app has names of its own for its nodes.
        exported: Any = next((one for one in steps if hasattr(one, "titles")), None)
        self._start: str = exported.start if exported else "start"
        self._last = "" if exported else "end"  # a way of it can lead to no End
        self._titles: Mapping[str, str] = exported.titles if exported else {}
        chosen = None if self._end is None else list(self._end.values())
        tails = tail_ids(self._steps)
        self.text_stream: TextStream = TextStream(chosen, tails, self.text, world.files)
        self.variables: dict[Selector, Any] = {}
        self.streaming_models = 0
        self._nested = 0
        self._total_steps = 0
        self._index = 0
        self._previous: str | None = None
        self._begun = time.monotonic()

    # What steps use

    def values(self, scope: Scope) -> Data:
        """Return what a step's function sees: inputs, `node.variable`, `item` and `index`."""
        nodes = {f"{node}.{name}": value for (node, name), value in self.variables.items()}
        return {**self.run.inputs, **nodes, **scope.local}

    def evaluate(self, outputs: Outputs, scope: Scope) -> Data:
        """Return outputs that may be a function of the known values."""
        return dict(outputs if isinstance(outputs, Mapping) else outputs(self.values(scope)))

    @contextmanager
    def nested(self) -> Iterator[None]:
        """Be inside an iteration, a loop or parallel branches, which decides how a stop ends."""
        self._nested += 1
        yield
        self._nested -= 1

    async def node_started(
        self,
        scope: Scope,
        node_id: str,
        type: str,
        title: str | None = None,
        *,
        silent: bool = False,
    ) -> NodeRecord:
        """Begin a node; silent: tell nothing (iterations and loops have events of their own)."""
        self._index += 1
        node = NodeRecord(
            new_id(), node_id, type, self._titles.get(node_id) or title or node_id, self._index,
            self._previous,
            scope.iteration and scope.iteration[0], scope.loop and scope.loop[0], scope.parallel,
        )  # fmt: skip
        self._previous = node_id
        self.run.nodes.append(node)
        if not scope.metadata or self.rules.counts_children:
            self.count_step()
        if not silent:
            await self.send("node_started", payloads.node_started(node), node)
        return node

    async def node_resumed(self, node: NodeRecord) -> None:
        """Begin a node again after a pause: the same node, counted anew (from 1.16 on, not)."""
        node.status = "running"
        if not self.rules.since(1, 16):
            self._index += 1
            node.index = self._index
        self.count_step()
        await self.send("node_started", payloads.node_started(node), node)

    async def node_finished(
        self,
        scope: Scope,
        node: NodeRecord,
        *,
        inputs: Mapping[str, Any] | None = None,
        outputs: Mapping[str, Any] | None = None,
        status: str = "succeeded",
        error: str | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        """End a node and stream what its outputs contribute to the text."""
        outputs = outputs or {}
        if status == "exception" and not self.rules.streams_defaults_at_once:
            self.variables.update({(node.node_id, name): outputs[name] for name in outputs})
        elif status != "failed":
            await self.know(node.node_id, outputs)
        node.end(status, error)
        told = {**(metadata or {}), **scope.metadata} or None
        data = payloads.node_finished(
            node, inputs=inputs or {}, outputs=outputs, execution_metadata=told
        )
        await self.send("node_finished", data, node)

    async def node_failed(
        self, scope: Scope, node: NodeRecord, error: str, **more: Any
    ) -> NoReturn:
        """End a node that failed; the run fails with it."""
        await self.node_finished(scope, node, status="failed", error=error, **more)
        raise NodeFailed(error)

    async def know(self, node_id: str, outputs: Mapping[str, Any]) -> None:
        """Make a node's outputs known to later steps and to the text."""
        self.variables.update({(node_id, name): value for name, value in outputs.items()})
        self.text_stream.expect(node_id, list(outputs))
        if self.rules.streams_end_variables:
            await self.text_stream.advance(self.variables)

    async def token(self, node_id: str, text: str) -> None:
        """Stream a piece of a model's text."""
        if self.rules.streams_end_variables:
            await self.text_stream.token((node_id, "text"), text)
        else:
            await self.text(text, (node_id, "text"))

    async def ends_at(self, node_id: str, selectors: Mapping[str, Selector]) -> None:
        """Reach an End of an exported app; with several of them, their outputs are put together."""
        self._last, self._end = node_id, {**(self._end or {}), **selectors}
        self.text_stream.selectors[:] = self._end.values()
        if self.rules.streams_end_variables:
            await self.text_stream.advance(self.variables)

    async def perform(self, steps: Sequence[Step], scope: Scope) -> None:
        for step in steps:
            await step.perform(self, scope)

    def count_step(self) -> None:
        self._total_steps += 1

    def save_figures(self) -> None:
        """Store what the run detail tells about a run that paused or ended."""
        self.run.total_steps = 0 if self.rules.forgets_steps else self._total_steps
        self.run.elapsed_time = round(time.monotonic() - self._begun, 6)

    def begin_again(self) -> None:
        """Count anew after a pause: time, the text, and before 1.16 the nodes' indexes."""
        self._begun = time.monotonic()
        if not self.rules.since(1, 16):
            self._index = 0
        self.text_stream.reset()

    # The course of a run

    async def drive(self) -> None:
        """Carry the run out from its beginning to its end, once there is a worker for it."""
        if self.world.queue is not None and self.run.streaming and self.rules.worker:
            await self.world.queue.passed()
        pinger = asyncio.create_task(self.ping()) if self.rules.worker else None
        self.run.active = True
        self.world.put_on_record(self.run)
        self._begun = time.monotonic()
        try:
            await self._whole()
        except NodeFailed as failure:
            self.run.exceptions_count += self.rules.counts_failures
            await self._finish("failed", str(failure))
        except Stopped:
            await self._finish("stopped", STOPPED_BY_USER)
        except Vanished:
            pass
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if not (self.run.stop_asked or self.run.redeployed) or task is None:
                raise  # the server is closed, or an old Dify lost the run with its stream
            task.uncancel()
            llm, nested = self.streaming_models > 0, self._nested > 0
            stopped = self.rules.stopped(llm=llm, nested=nested)
            await self._finish(*(("stopped", REDEPLOYED) if self.run.redeployed else stopped))
        except Exception as problem:
            self.world.problems.append(problem)
            await self._finish("failed", repr(problem))
        finally:
            self.run.active = False
            if pinger is not None:
                pinger.cancel()

    async def _whole(self) -> None:
        run, rules, scope = self.run, self.rules, Scope()
        started = payloads.workflow_started(run, "initial", run.created_at)
        await self.send("workflow_started", started)
        if rules.streams_before_start:
            await self.know(self._start, run.inputs)
        start = await self.node_started(scope, self._start, "start", "Start")
        shown = run.inputs
        if rules.start_shows_system:
            shown = shown | payloads.system_inputs(run, timestamp=rules.stores_timestamp, old=True)
        self.text_stream.expect(self._start, list(run.inputs))
        await self.node_finished(scope, start, inputs=shown, outputs=shown)
        await self.perform(self._steps, scope)
        if self._last:
            end = await self.node_started(scope, self._last, "end", "End")
            named = self._end or {selector[1]: selector for selector in self.text_stream.selectors}
            run.outputs = {name: self.variables.get(selector) for name, selector in named.items()}
            await self.node_finished(scope, end, inputs=run.outputs, outputs=run.outputs)
        await self._finish("partial-succeeded" if run.exceptions_count else "succeeded", None)

    async def _finish(self, status: str, error: str | None, detail: str | None = None) -> None:
        """End the run; detail: its status in the run detail, where that differs."""
        run = self.run
        self.save_figures()
        run.finished_at = now()
        data = payloads.workflow_finished(run, status=status, error=error)
        run.status, run.active = detail or status, False
        if run.over:
            run.error = self.rules.stored_error(error)
        else:
            run.finished_at = None
        await self.send("workflow_finished", data)


def start(world: World, run: Run, steps: Sequence[Step]) -> None:
    """Begin a run; a streaming one may have to wait for a worker."""
    world.runs.append(run)
    run.listed = not world.rules.worker and not world.recorded_after
    run.task = asyncio.create_task(Execution(world, run, steps).drive())
    run.task.add_done_callback(lambda _: run.settled.set())
