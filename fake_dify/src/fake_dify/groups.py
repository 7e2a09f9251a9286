"""Steps that contain steps: iterations, loops and parallel branches."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from attrs import define, evolve, field

from . import payloads
from .state import NodeRecord, new_id, now
from .steps import Node, NodeFailed, Step, tail_ids

if TYPE_CHECKING:
    from .engine import Execution
    from .place import Place

Items = Sequence[Any] | Callable[[Mapping[str, Any]], Sequence[Any]]


def _default_body() -> list[Step]:
    return [Node("body", lambda v: {"result": f"item {v['item']} at {v['index']}"})]


def _last_value(execution: Execution, steps: Sequence[Step]) -> Any:
    """Return the first output of the last node: what a round contributes."""
    tail = tail_ids(steps)[-1]
    found = [value for (node, _), value in execution.variables.items() if node == tail]
    return found[0] if found else None


@define
class Iteration(Step):
    """Perform `body` once per item, in order; its output `output` lists what the rounds gave.

    Attributes:
        items: A list or a function of the known values. Before 1.16, an empty list sends no event.
        body: The steps of a round.
        continues: A round that fails gives None; else it ends the run.
        id: The node's id.
    """

    items: Items = (0, 1, 2)
    body: Sequence[Step] = field(factory=_default_body)
    id: str = "iter"
    continues: bool = False

    async def perform(self, execution: Execution, place: Place, /) -> None:
        values = execution.values(place)
        items = list(self.items(values) if callable(self.items) else self.items)
        node = await execution.node_started(place, self.id, "iteration", "Iteration", silent=True)
        results: list[Any] = []
        if items or execution.rules.tells_empty_iterations:
            failure = await self._iterate(execution, place, node, items, results)
            if failure is not None:
                raise failure
        node.end("succeeded")
        await execution.know(self.id, {"output": results})

    async def _iterate(
        self,
        execution: Execution,
        place: Place,
        node: NodeRecord,
        items: Sequence[Any],
        results: list[Any],
    ) -> NodeFailed | None:
        send, inputs = execution.voice.send, {"iterator_selector": items}
        name = (self.id, "iteration", "Iteration")
        metadata = {"iteration_length": len(items)}
        started = payloads.group_started(*name, inputs, metadata)
        await send("iteration_started", started, node)
        durations: dict[str, float] = {}
        failure: NodeFailed | None = None
        counts = execution.rules.counts_failed_rounds
        execution.nested += 1
        for index, item in enumerate(items):
            await self._next(execution, node, index, results, durations)
            began, local = time.monotonic(), {"item": item, "index": index}
            inside = evolve(place, iteration=(self.id, index), local=local)
            try:
                await execution.perform(self.body, inside)
                results.append(_last_value(execution, self.body))
            except NodeFailed as caught:
                failure = None if self.continues else caught
                execution.run.exceptions_count += counts
                results += [None] * self.continues
            if failure is None or counts:
                durations[str(index)] = round(time.monotonic() - began, 6)
            if failure is not None:
                break
        else:
            if execution.rules.closing_iteration_next:
                await self._next(execution, node, len(items), results, durations)
        execution.nested -= 1
        node.end("failed" if failure else "succeeded")
        maps, outputs = {"iteration_duration_map": durations}, {"output": results}
        done = payloads.group_completed(node, inputs, outputs, len(items), maps)
        await send("iteration_completed", done, node)
        return failure

    async def _next(
        self,
        execution: Execution,
        node: NodeRecord,
        index: int,
        results: Sequence[Any],
        durations: Mapping[str, float],
    ) -> None:
        name = (self.id, "iteration", "Iteration")
        data = payloads.group_event(*name, index=index, created_at=now(), extras={})
        if execution.rules.closing_iteration_next:
            data["pre_iteration_output"] = results[-1] if results else None
            data["duration"] = list(durations.values())[-1] if durations else None
        await execution.voice.send("iteration_next", data, node)


@define
class Loop(Step):
    """Perform `body` `rounds` times; its output `num` counts the rounds, from 2 on."""

    rounds: int = 3
    body: Sequence[Step] = field(factory=lambda: [Node("lbody", lambda v: {"r": v["index"] + 2})])
    count: int = 10
    id: str = "loop"

    async def perform(self, execution: Execution, place: Place, /) -> None:
        inputs = {"loop_count": self.count, "num": 1}
        node = await execution.node_started(place, self.id, "loop", "Loop", silent=True)
        name = (self.id, "loop", "Loop")
        metadata = {"loop_length": self.count}
        started = payloads.group_started(*name, inputs, metadata)
        await execution.voice.send("loop_started", started, node)
        durations: dict[str, float] = {}
        variables: dict[str, Any] = {}
        execution.nested += 1
        for index in range(self.rounds):
            if index:
                data = payloads.group_event(
                    *name, index=index, created_at=now(), pre_loop_output={}, extras={}
                )
                await execution.voice.send("loop_next", data, node)
            began = time.monotonic()
            inside = evolve(place, loop=(self.id, index), local={"index": index})
            await execution.perform(self.body, inside)
            durations[str(index)] = round(time.monotonic() - began, 6)
            variables[str(index)] = {"num": index + 2}
        execution.nested -= 1
        node.end("succeeded")
        outputs = {"num": self.rounds + 1, "loop_round": self.rounds}
        done = payloads.group_completed(
            node,
            inputs,
            outputs,
            self.count,
            {
                "loop_duration_map": durations,
                "loop_variable_map": variables,
                "completed_reason": "loop_break",
            },
        )
        await execution.voice.send("loop_completed", done, node)
        await execution.know(self.id, outputs)


class Parallel(Step):
    """Perform several lists of steps (or single steps) at the same time."""

    def __init__(self, *branches: Sequence[Step] | Step) -> None:
        self.branches: list[list[Step]] = [
            list(b) if isinstance(b, Sequence) else [b] for b in branches
        ]

    @property
    def tails(self) -> list[str]:
        return [tail for branch in self.branches for tail in tail_ids(branch)]

    async def perform(self, execution: Execution, place: Place, /) -> None:
        execution.nested += 1
        execution.legs.join(len(self.branches) - 1)
        id = new_id()
        tasks = [
            asyncio.create_task(self._branch(id, steps, execution, place))
            for steps in self.branches
        ]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
        execution.legs.join(1)
        execution.nested -= 1

    async def _branch(
        self, id: str, steps: Sequence[Step], execution: Execution, place: Place
    ) -> None:
        first = str(getattr(steps[0], "id", "branch"))
        told = {
            "parallel_id": id,
            "parallel_branch_id": first,
            "parent_parallel_id": None,
            "parent_parallel_start_node_id": None,
            "iteration_id": place.iteration[0] if place.iteration else None,
            "loop_id": place.loop[0] if place.loop else None,
            "created_at": now(),
        }
        tells = execution.rules.tells_branches
        if tells:
            await execution.voice.send("parallel_branch_started", told)
        await execution.perform(steps, evolve(place, parallel=(id, first)))
        if tells:
            done = {**told, "status": "succeeded", "error": None}
            await execution.voice.send("parallel_branch_finished", done)
        await execution.legs.rest(execution)
