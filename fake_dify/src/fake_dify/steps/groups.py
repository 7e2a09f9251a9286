"""Steps that contain steps: iterations, loops and parallel branches."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attrs import define, evolve, field

from ..base import End, NodeFailed, Scope, Step, tail_ids
from ..checks import ScriptError, require
from ..contract import contract
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


async def _tell(execution: Execution, node: NodeRecord, what: str, **given: Any) -> None:
    """Send an event of an iteration or a loop, whose id is that of its node."""
    name = f"{node.node_type}_{what}"
    about = {"id": node.node_id, **({} if what == "completed" else {"created_at": now()}), **given}
    await execution.send(name, contract().fill(name, node, **about), node)


async def _complete(execution: Execution, node: NodeRecord, steps: int, **metadata: Any) -> None:
    cost = {"total_tokens": 0, "total_price": "0.0", "currency": "USD"}
    metadata = {**cost, **metadata} if steps else {}
    about = {"total_tokens": 0, "steps": steps, "execution_metadata": metadata}
    await _tell(execution, node, "completed", **about)


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
        node = await execution.node_started(scope, self.id, "iteration", "Iteration", silent=True)
        node.inputs, results = {"iterator_selector": items}, list[Any]()
        tells = items or rules.tells_empty_iterations
        if tells:
            await _tell(execution, node, "started", metadata={"iteration_length": len(items)})
        durations: dict[str, float] = {}
        failure: NodeFailed | None = None
        with execution.nested():
            for index in range(len(items) + (bool(items) and rules.closing_iteration_next)):
                told = {"pre_iteration_output": (results or [None])[-1]}
                told["duration"] = ([None, *durations.values()])[-1]
                told = told if rules.closing_iteration_next else {}
                await _tell(execution, node, "next", index=index, **told)
                if index == len(items):
                    break
                local = {"item": items[index], "index": index}
                inside = evolve(scope, iteration=(self.id, index), local=local)
                began = time.monotonic()
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
        node.outputs = {"output": results}
        node.end("failed" if failure else "succeeded")
        if tells:
            await _complete(execution, node, len(items), iteration_duration_map=durations)
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
        node = await execution.node_started(scope, self.id, "loop", "Loop", silent=True)
        node.inputs = {"loop_count": self.count, "num": 1}
        await _tell(execution, node, "started", metadata={"loop_length": self.count})
        durations: dict[str, float] = {}
        with execution.nested():
            for index in range(self.rounds):
                if index:
                    await _tell(execution, node, "next", index=index)
                began, local = time.monotonic(), {"index": index}
                inside = evolve(scope, loop=(self.id, index), local=local)
                await execution.perform(self.body, inside)
                durations[str(index)] = round(time.monotonic() - began, 6)
        node.outputs = {"num": self.rounds + 1, "loop_round": self.rounds}
        node.end("succeeded")
        variables = {index: {"num": int(index) + 2} for index in durations}
        maps = {"loop_duration_map": durations, "loop_variable_map": variables}
        await _complete(execution, node, self.count, **maps, completed_reason="loop_break")
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
        about: dict[str, Any] = {"parallel_id": id, "parallel_branch_id": first}
        about |= {"iteration_id": None, "loop_id": None, **scope.metadata, "created_at": now()}

        async def tell(what: str) -> None:
            if execution.rules.tells_branches:
                name = f"parallel_branch_{what}"
                await execution.send(name, contract().fill(name, **about))

        await tell("started")
        await execution.perform(steps, evolve(scope, parallel=(id, first)))
        await tell("finished")
        await execution.rest()
