"""Carries out one run: performs its steps, begins and ends its nodes, keeps its figures."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from . import payloads
from .answer import AnswerStream, Selector
from .files import files_in
from .legs import Legs
from .place import Place
from .state import NodeRecord, Run, new_id, now
from .steps import End, NodeFailed, Step, Stopped, Vanished, tail_ids
from .versions import STOPPED_BY_USER
from .voice import Voice

if TYPE_CHECKING:
    from .versions import Rules
    from .world import World

REDEPLOYED = "Aborted: Workflow stopped because the worker is shutting down."


class Execution:
    """One run in progress; steps use what is public here.

    streaming_models, nested: how many models are streaming and how many iterations, loops and
    parallels are open, which decides how a stop ends.
    """

    def __init__(self, world: World, run: Run, steps: Sequence[Step]) -> None:
        self.world: World = world
        self.run: Run = run
        self.rules: Rules = world.rules
        self.voice: Voice = Voice(world, run)
        self.legs: Legs = Legs(run, self.voice)
        end = next((step for step in steps if isinstance(step, End)), None)
        self._steps = [step for step in steps if not isinstance(step, End)]
        self._end = None if end is None else end.selectors()
        chosen = None if self._end is None else list(self._end.values())
        tails = tail_ids(self._steps)
        self.answer: AnswerStream = AnswerStream(chosen, tails, self.voice.text, world.files)
        self.variables: dict[Selector, Any] = {}
        self.streaming_models = 0
        self.nested = 0
        self._total_steps = 0
        self._index = 0
        self._previous: str | None = None
        self._leg_started = time.monotonic()

    # What steps use

    def values(self, place: Place) -> dict[str, Any]:
        """Return what a step's function sees: inputs, `node.variable`, `item` and `index`."""
        nodes = {f"{node}.{name}": value for (node, name), value in self.variables.items()}
        return {**self.run.inputs, **nodes, **place.local}

    async def node_started(
        self,
        place: Place,
        node_id: str,
        type: str,
        title: str | None = None,
        *,
        silent: bool = False,
    ) -> NodeRecord:
        """Begin a node; silent: tell nothing (iterations and loops have events of their own)."""
        self._index += 1
        node = NodeRecord(
            id=new_id(),
            node_id=node_id,
            type=type,
            title=title or node_id,
            index=self._index,
            predecessor=self._previous,
            iteration_id=place.iteration[0] if place.iteration else None,
            loop_id=place.loop[0] if place.loop else None,
            parallel=place.parallel,
        )
        self._previous = node_id
        self.run.nodes.append(node)
        if not place.metadata or self.rules.counts_children:
            self.count_step()
        if not silent:
            await self.voice.send("node_started", payloads.node_started(node), node)
        return node

    async def node_resumed(self, node: NodeRecord) -> None:
        """Begin a node again after a pause: the same node, counted anew (from 1.16 on, not)."""
        node.status = "running"
        if not self.rules.since(1, 16):
            self._index += 1
            node.index = self._index
        self.count_step()
        await self.voice.send("node_started", payloads.node_started(node), node)

    async def node_finished(
        self,
        place: Place,
        node: NodeRecord,
        *,
        inputs: Mapping[str, Any] | None = None,
        outputs: Mapping[str, Any] | None = None,
        status: str = "succeeded",
        error: str | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        """End a node and stream what its outputs contribute to the answer."""
        outputs = outputs or {}
        if status == "exception" and not self.rules.streams_defaults_at_once:
            self.variables.update({(node.node_id, name): outputs[name] for name in outputs})
        elif status != "failed":
            await self.know(node.node_id, outputs)
        node.end(status, error)
        metadata = {**(metadata or {}), **place.metadata} or None
        data = payloads.node_finished(node, inputs or {}, outputs, files_in(outputs), metadata)
        await self.voice.send("node_finished", data, node)

    async def know(self, node_id: str, outputs: Mapping[str, Any]) -> None:
        """Make a node's outputs known to later steps and to the answer."""
        self.variables.update({(node_id, name): value for name, value in outputs.items()})
        self.answer.expect(node_id, list(outputs))
        if self.rules.streams_end_variables:
            await self.answer.advance(self.variables)

    async def token(self, node_id: str, text: str) -> None:
        """Stream a piece of a model's text."""
        if self.rules.streams_end_variables:
            await self.answer.token((node_id, "text"), text)
        else:
            await self.voice.text(text, (node_id, "text"))

    async def perform(self, steps: Sequence[Step], place: Place) -> None:
        for step in steps:
            await step.perform(self, place)

    def count_step(self) -> None:
        self._total_steps += 1

    def save_figures(self) -> None:
        """Store what the run detail tells about a run that paused or ended."""
        self.run.total_steps = self._total_steps if self.rules.counts_steps else 0
        self.run.elapsed_time = round(time.monotonic() - self._leg_started, 6)

    def begin_leg(self) -> None:
        """Start counting anew after a pause: time, the text, and before 1.16 the nodes' indexes."""
        self._leg_started = time.monotonic()
        if not self.rules.since(1, 16):
            self._index = 0
        self.answer.reset()

    # The course of a run

    async def drive(self) -> None:
        """Carry the run out from its beginning to its end."""
        pinger = asyncio.create_task(self.voice.ping()) if self.rules.worker else None
        self.run.active = True
        self.world.put_on_record(self.run)
        self._leg_started = time.monotonic()
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
            run = self.run
            if not (run.stop_asked or run.redeployed) or task is None:
                raise  # the server is closed, or an old Dify lost the run with its stream
            task.uncancel()
            await self._stopped()
        except Exception as problem:
            self.world.problems.append(problem)
            await self._finish("failed", repr(problem))
        finally:
            self.run.active = False
            if pinger is not None:
                pinger.cancel()

    async def _whole(self) -> None:
        run, place = self.run, Place()
        started = payloads.workflow_started(run, "initial", run.created_at)
        await self.voice.send("workflow_started", started)
        if self.rules.streams_before_start:
            await self.know("start", run.inputs)
        start = await self.node_started(place, "start", "start", "Start")
        shown, rules = run.inputs, self.rules
        if rules.start_shows_system:
            stored = rules.stores_timestamp
            shown = shown | payloads.system_inputs(run, timestamp=stored, old=True)
        self.answer.expect("start", list(run.inputs))
        await self.node_finished(place, start, inputs=shown, outputs=shown)
        await self.perform(self._steps, place)
        end = await self.node_started(place, "end", "end", "End")
        outputs = self._outputs()
        await self.node_finished(place, end, inputs=outputs, outputs=outputs)
        run.outputs = outputs
        await self._finish("partial-succeeded" if run.exceptions_count else "succeeded", None)

    def _outputs(self) -> dict[str, Any]:
        named = self._end or {selector[1]: selector for selector in self.answer.selectors}
        return {name: self.variables.get(selector) for name, selector in named.items()}

    async def _finish(self, status: str, error: str | None, detail: str | None = None) -> None:
        """End the run; detail: its status in the run detail, where that differs."""
        run = self.run
        self.save_figures()
        run.finished_at = now()
        data = payloads.workflow_finished(run, status, error, files_in(run.outputs))
        run.status, run.active = detail or status, False
        if run.over:
            run.error = self.rules.stored_error(error)
        else:
            run.finished_at = None
        await self.voice.send("workflow_finished", data)

    async def _stopped(self) -> None:
        if self.run.redeployed:
            await self._finish("stopped", REDEPLOYED)
            return
        status, error, detail = self.rules.stopped(
            llm=self.streaming_models > 0, nested=self.nested > 0
        )
        await self._finish(status, error, detail)
