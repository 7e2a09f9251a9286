"""Steps that contain steps: iterations, loops and parallel branches."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attrs import define, evolve, field

from ..base import End, NodeFailed, Scope, Step, tail_ids
from ..checks import ScriptError, require
from ..run.engine import Execution
from ..state import NodeRecord, new_id, now
from .nodes import Node

Items = Sequence[Any] | Callable[[Mapping[str, Any]], Sequence[Any]]


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
    durations: dict[str, float] = field(factory=dict)

    async def tell(self, what: str, **given: Any) -> None:
        about = {"id": self.node.node_id, "created_at": now(), **given}
        await self.execution.tell(f"{self.node.node_type}_{what}", self.node, **about)

    async def perform(self, body: Sequence[Step], index: int, **local: Any) -> None:
        around: dict[str, Any] = {self.node.node_type: (self.node.node_id, index)}
        inside = evolve(self.scope, local={**local, "index": index}, **around)
        began = time.monotonic()
        try:
            await self.execution.perform(body, inside)
        finally:
            self.durations[str(index)] = round(time.monotonic() - began, 6)

    async def complete(self, steps: int, **metadata: Any) -> None:
        cost = {"total_tokens": 0, "total_price": "0.0", "currency": "USD"}
        metadata = {**cost, f"{self.node.node_type}_duration_map": self.durations, **metadata}
        about = {"steps": steps, "execution_metadata": metadata if steps else {}}
        created_at = self.node.created_at
        await self.tell("completed", total_tokens=0, created_at=created_at, **about)


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
    body: Sequence[Step] = field(
        factory=lambda: [Node("body", lambda v: {"result": f"item {v['item']} at {v['index']}"})]
    )
    id: str = "iter"
    continues: bool = False

    def look(self) -> None:
        refuse_body(self.body, "Iteration: body")

    async def perform(self, execution: Execution, scope: Scope, /) -> None:
        rules, values = execution.rules, execution.values(scope)
        items = list(self.items(values) if callable(self.items) else self.items)
        node = await execution.node_started(scope, self.id, "iteration", "Iteration")
        node.inputs, results = {"iterator_selector": items}, list[Any]()
        rounds, failure = _Rounds(execution, scope, node), None
        tells = items or rules.tells_empty_iterations
        if tells:
            await rounds.tell("started", metadata={"iteration_length": len(items)})
        with execution.nested():
            for index in range(len(items) + (bool(items) and rules.closing_iteration_next)):
                durations = [None, *rounds.durations.values()]
                told = {"pre_iteration_output": (results or [None])[-1], "duration": durations[-1]}
                await rounds.tell(
                    "next", index=index, **told if rules.closing_iteration_next else {}
                )
                if index == len(items):
                    break
                try:
                    await rounds.perform(self.body, index, item=items[index])
                    results.append(self._result(execution))
                except NodeFailed as caught:
                    execution.run.exceptions_count += rules.counts_failed_rounds
                    results += [None] * self.continues
                    if not self.continues:
                        failure = caught
                        break
        if failure and not rules.counts_failed_rounds:
            rounds.durations.popitem()
        node.outputs = {"output": results}
        node.end("failed" if failure else "succeeded")
        if tells:
            await rounds.complete(len(items))
        if failure is not None:
            raise failure
        await execution.know(self.id, node.outputs)

    def _result(self, execution: Execution) -> Any:
        """Return the first output of the last node: what a round contributes."""
        tail = tail_ids(self.body)[-1]
        found = (value for (node, _), value in execution.variables.items() if node == tail)
        return next(found, None)


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
        node = await execution.node_started(scope, self.id, "loop", "Loop")
        node.inputs = {"loop_count": self.count, "num": 1}
        rounds = _Rounds(execution, scope, node)
        await rounds.tell("started", metadata={"loop_length": self.count})
        with execution.nested():
            for index in range(self.rounds):
                if index:
                    await rounds.tell("next", index=index)
                await rounds.perform(self.body, index)
        node.outputs = {"num": self.rounds + 1, "loop_round": self.rounds}
        node.end("succeeded")
        variables = {str(index): {"num": index + 2} for index in range(self.rounds)}
        await rounds.complete(
            self.count, loop_variable_map=variables, completed_reason="loop_break"
        )
        await execution.know(self.id, node.outputs)


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
        execution.join(len(self.branches) - 1)
        with execution.nested():
            async with asyncio.TaskGroup() as group:
                for steps in self.branches:
                    group.create_task(self._branch(id, steps, execution, scope))
            execution.join(1)

    async def _branch(
        self, id: str, steps: Sequence[Step], execution: Execution, scope: Scope
    ) -> None:
        first = str(getattr(steps[0], "id", "branch"))
        about = {
            "iteration_id": None,
            "loop_id": None,
            **scope.metadata,
            "parallel_branch_id": first,
        }

        async def tell(what: str) -> None:
            if execution.rules.tells_branches:
                given = {**about, "parallel_id": id, "created_at": created_at}
                await execution.tell(f"parallel_branch_{what}", **given)

        created_at = now()
        await tell("started")
        parallel = {"parallel_id": id, "parallel_start_node_id": first}
        await execution.perform(steps, evolve(scope, parallel=parallel))
        await tell("finished")
        await execution.rest()
