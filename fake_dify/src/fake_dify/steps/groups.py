"""Steps that contain steps: iterations, loops and parallel branches."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

from attrs import define, evolve, field

from ..base import Data, End, NodeFailed, Scope, Step, tail_ids
from ..checks import ScriptError, require
from ..run.engine import Execution
from ..state import NodeRecord, new_id, now
from .nodes import Node


def refuse_body(steps: Sequence[Step], where: str) -> None:
    """Refuse steps inside a step that say nothing."""
    if not steps:
        raise ScriptError(f"{where} has no steps")
    if any(isinstance(step, End) for step in steps):
        raise ScriptError(f"{where} has an End, which belongs to the workflow itself")


@define
class _Rounds:
    """The rounds of an iteration or a loop, and their events, whose id is that of the node."""

    execution: Execution
    scope: Scope
    node: NodeRecord
    tells: bool
    durations: dict[str, float] = field(factory=dict)

    @classmethod
    async def begin(
        cls, execution: Execution, scope: Scope, id: str, kind: str, count: int, inputs: Data
    ) -> Self:
        node = await execution.node_started(scope, id, kind, kind.capitalize())
        node.inputs = inputs
        rounds = cls(execution, scope, node, bool(count) or execution.rules.tells_empty_iterations)
        await rounds.tell("started", metadata={f"{kind}_length": count})
        execution.nested += 1
        return rounds

    async def tell(self, what: str, **given: Any) -> None:
        if self.tells:
            name = f"{self.node.node_type}_{what}"
            await self.execution.tell(name, self.node, **{"id": self.node.node_id, **given})

    async def perform(self, body: Sequence[Step], index: int, **local: Any) -> None:
        kind, began = self.node.node_type, time.monotonic()
        place = {f"{kind}_id": self.node.node_id, f"{kind}_index": index}
        metadata, local = {**self.scope.metadata, **place}, {**local, "index": index}
        try:
            await self.execution.perform(body, evolve(self.scope, metadata=metadata, local=local))
        finally:
            self.durations[str(index)] = round(time.monotonic() - began, 6)

    async def end(
        self, steps: int, outputs: Data, failure: NodeFailed | None = None, **metadata: Any
    ) -> None:
        self.execution.nested -= 1
        self.node.outputs = outputs
        self.node.end("failed" if failure else "succeeded")
        cost = {"total_tokens": 0, "total_price": "0.0", "currency": "USD"}
        metadata = {**cost, f"{self.node.node_type}_duration_map": self.durations, **metadata}
        about = {"steps": steps, "execution_metadata": metadata if steps else {}}
        await self.tell("completed", total_tokens=0, **about)
        if failure is not None:
            raise failure
        await self.execution.know(self.node.node_id, outputs)


@define
class Iteration(Step):
    """Perform `body` once per item, in order; its output `output` lists what the rounds gave.

    Attributes:
        items: A list or a function of the known values. Before 1.16, an empty list sends no event.
        body: The steps of a round.
        continues: A round that fails gives None; else it ends the run.
        id: The node's id.
    """

    items: Sequence[Any] | Callable[[Mapping[str, Any]], Sequence[Any]] = (0, 1, 2)
    body: Sequence[Step] = field(
        factory=lambda: [Node("body", lambda v: {"result": f"item {v['item']} at {v['index']}"})]
    )
    id: str = "iter"
    continues: bool = False

    def look(self) -> None:
        refuse_body(self.body, "Iteration: body")

    async def perform(self, execution: Execution, scope: Scope, /) -> None:
        rules, values, failure = execution.rules, execution.values(scope), None
        tail = tail_ids(self.body)[-1]  # its first output is what a round gives
        items = list(self.items(values) if callable(self.items) else self.items)
        about = (self.id, "iteration", len(items), {"iterator_selector": items})
        rounds, results = await _Rounds.begin(execution, scope, *about), list[Any]()
        for index in range(len(items) + (bool(items) and rules.closing_iteration_next)):
            before = {"pre_iteration_output": [None, *results][-1]}
            before["duration"] = [None, *rounds.durations.values()][-1]
            await rounds.tell("next", index=index, created_at=now(), **before)
            if index == len(items):
                break
            try:
                await rounds.perform(self.body, index, item=items[index])
                known = execution.variables.items()
                gave = [value for (node_id, _), value in known if node_id == tail]
                results.append(gave[0] if gave else None)
            except NodeFailed as caught:
                execution.run.exceptions_count += rules.counts_failed_rounds
                if not self.continues:
                    failure = caught
                    break
                results.append(None)
        if failure is not None and not rules.counts_failed_rounds:
            rounds.durations.popitem()
        await rounds.end(len(items), {"output": results}, failure)


@define
class Loop(Step):
    """Perform `body` `rounds` times; its output `num` counts the rounds, from 2 on."""

    rounds: int = 3
    body: Sequence[Step] = field(factory=lambda: [Node("lbody", lambda v: {"r": v["index"] + 2})])
    count: int = 10
    id: str = "loop"

    def look(self) -> None:
        refuse_body(self.body, "Loop: body")
        if not 1 <= self.rounds <= self.count:
            self.refuse(f"rounds is {self.rounds}, not 1 to {self.count} (count)")

    async def perform(self, execution: Execution, scope: Scope, /) -> None:
        about = (self.id, "loop", self.count, {"loop_count": self.count, "num": 1})
        rounds = await _Rounds.begin(execution, scope, *about)
        for index in range(self.rounds):
            if index:
                await rounds.tell("next", index=index, created_at=now())
            await rounds.perform(self.body, index)
        outputs = {"num": self.rounds + 1, "loop_round": self.rounds}
        variables = {str(n): {"num": n + 2} for n in range(self.rounds)}
        told: Data = {"loop_variable_map": variables, "completed_reason": "loop_break"}
        await rounds.end(self.count, outputs, **told)


class Parallel(Step):
    """Perform several lists of steps (or single steps) at the same time."""

    def __init__(self, *branches: Sequence[Step] | Step) -> None:
        require(branches, Sequence[Sequence[Step] | Step], "Parallel: branches")
        self.branches: list[list[Step]] = [
            [branch] if isinstance(branch, Step) else list(branch) for branch in branches
        ]
        if not branches:
            raise ScriptError("Parallel: branches has no branch")
        for number, branch in enumerate(self.branches):
            refuse_body(branch, f"Parallel: branches[{number}]")

    @property
    def tails(self) -> list[str]:
        return [tail for branch in self.branches for tail in tail_ids(branch)]

    async def perform(self, execution: Execution, scope: Scope, /) -> None:
        id = new_id()

        async def perform(steps: Sequence[Step]) -> None:
            first = str(getattr(steps[0], "id", "branch"))
            about = {"iteration_id": None, "loop_id": None, **scope.metadata, "parallel_id": id}
            about |= {"parallel_branch_id": first, "created_at": now()}
            await execution.tell("parallel_branch_started", **about)
            parallel = {"parallel_id": id, "parallel_start_node_id": first}
            await execution.perform(steps, evolve(scope, parallel=parallel))
            await execution.tell("parallel_branch_finished", **about)
            await execution.rest()

        execution.busy += len(self.branches) - 1
        execution.nested += 1
        async with asyncio.TaskGroup() as group:
            for branch in self.branches:
                group.create_task(perform(branch))
        execution.nested -= 1
        execution.busy += 1
