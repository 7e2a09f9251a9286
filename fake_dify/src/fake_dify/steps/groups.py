"""Steps that contain steps: iterations, loops and parallel branches."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attrs import define, evolve, field

from ..base import Data, End, NodeFailed, Scope, Step, tail_ids
from ..checks import ScriptError, require
from ..run import payloads
from ..run.engine import Execution
from ..state import new_id, now
from .nodes import Node

Items = Sequence[Any] | Callable[[Mapping[str, Any]], Sequence[Any]]


def refuse_body(steps: Sequence[Step], where: str) -> None:
    """Refuse steps inside a step that say nothing."""
    if not steps:
        raise ScriptError(f"{where} has no steps")
    if any(isinstance(step, End) for step in steps):
        raise ScriptError(f"{where} has an End, which belongs to the workflow itself")


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
        values = execution.values(scope)
        items = list(self.items(values) if callable(self.items) else self.items)
        node = await execution.node_started(scope, self.id, "iteration", "Iteration", silent=True)
        results: list[Any] = []
        if not items and not execution.rules.tells_empty_iterations:
            node.end("succeeded")
            await execution.know(self.id, {"output": results})
            return
        rules, inputs = execution.rules, {"iterator_selector": items}
        started = payloads.group_started(
            node, inputs=inputs, metadata={"iteration_length": len(items)}
        )
        await execution.send("iteration_started", started, node)
        durations: dict[str, float] = {}
        failure: NodeFailed | None = None

        async def next_round(index: int) -> None:
            data = payloads.group_next(node, index)
            if rules.closing_iteration_next:
                data["pre_iteration_output"] = results[-1] if results else None
                data["duration"] = list(durations.values())[-1] if durations else None
            await execution.send("iteration_next", data, node)

        with execution.nested():
            for index, item in enumerate(items):
                await next_round(index)
                began, local = time.monotonic(), {"item": item, "index": index}
                inside = evolve(scope, iteration=(self.id, index), local=local)
                try:
                    await execution.perform(self.body, inside)
                    results.append(self._result(execution))
                except NodeFailed as caught:
                    failure = None if self.continues else caught
                    execution.run.exceptions_count += rules.counts_failed_rounds
                    results += [None] * self.continues
                if failure is None or rules.counts_failed_rounds:
                    durations[str(index)] = round(time.monotonic() - began, 6)
                if failure is not None:
                    break
            else:
                if rules.closing_iteration_next:
                    await next_round(len(items))
        node.end("failed" if failure else "succeeded")
        done = payloads.group_completed(
            node,
            {"iteration_duration_map": durations},
            inputs=inputs,
            outputs={"output": results},
            steps=len(items),
        )
        await execution.send("iteration_completed", done, node)
        if failure is not None:
            raise failure
        await execution.know(self.id, {"output": results})

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
        inputs = {"loop_count": self.count, "num": 1}
        node = await execution.node_started(scope, self.id, "loop", "Loop", silent=True)
        started = payloads.group_started(node, inputs=inputs, metadata={"loop_length": self.count})
        await execution.send("loop_started", started, node)
        durations: dict[str, float] = {}
        variables: Data = {}
        with execution.nested():
            for index in range(self.rounds):
                if index:
                    data = payloads.group_next(node, index, pre_loop_output={})
                    await execution.send("loop_next", data, node)
                began = time.monotonic()
                inside = evolve(scope, loop=(self.id, index), local={"index": index})
                await execution.perform(self.body, inside)
                durations[str(index)] = round(time.monotonic() - began, 6)
                variables[str(index)] = {"num": index + 2}
        node.end("succeeded")
        outputs = {"num": self.rounds + 1, "loop_round": self.rounds}
        maps = {"loop_duration_map": durations, "loop_variable_map": variables}
        metadata = {**maps, "completed_reason": "loop_break"}
        done = payloads.group_completed(
            node, metadata, inputs=inputs, outputs=outputs, steps=self.count
        )
        await execution.send("loop_completed", done, node)
        await execution.know(self.id, outputs)


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
        execution.join(len(self.branches) - 1)
        id = new_id()
        with execution.nested():
            branches = [self._branch(id, steps, execution, scope) for steps in self.branches]
            tasks = [asyncio.create_task(branch) for branch in branches]
            try:
                await asyncio.gather(*tasks)
            finally:
                for task in tasks:
                    task.cancel()
            execution.join(1)

    async def _branch(
        self, id: str, steps: Sequence[Step], execution: Execution, scope: Scope
    ) -> None:
        first = str(getattr(steps[0], "id", "branch"))
        told = {
            "parallel_id": id,
            "parallel_branch_id": first,
            "parent_parallel_id": None,
            "parent_parallel_start_node_id": None,
            "iteration_id": scope.iteration[0] if scope.iteration else None,
            "loop_id": scope.loop[0] if scope.loop else None,
            "created_at": now(),
        }
        tells = execution.rules.tells_branches
        if tells:
            await execution.send("parallel_branch_started", told)
        await execution.perform(steps, evolve(scope, parallel=(id, first)))
        if tells:
            done = {**told, "status": "succeeded", "error": None}
            await execution.send("parallel_branch_finished", done)
        await execution.rest()
