"""Runs that pause for human input: workflows, answers, and what was seen of them."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from dify_workflow import WorkflowRunRequest
from facade import Kind, answered, client
from fake_dify import FakeDify, FormInput, HumanInput, Step
from recorded_runs import request_of
from replay_server import ReplayServer, Reply, Request
from wire_archive import Exchange, exchange

# An answer that fits the form of the recording `one_start`, and what a server says to it.
ANSWER: dict[str, Any] = {"action": "approve", "inputs": {"comment": "你好 \u2028 fine"}}
OK = Reply.json(200, {})


def ask(id: str) -> HumanInput:
    return HumanInput(id, f"{id}: {{{{#$output.c#}}}}", [FormInput("c")], {"ok": "OK"})


def answer(dify: Any, *forms: Any, **options: Any) -> None:
    for form in forms:
        inputs = {field.output_variable_name: f"to {form.node_id}" for field in form.inputs}
        dify.submit_form(form, action=form.actions[0].id, inputs=inputs, **options)


@contextmanager
def running(kind: Kind, *steps: Step, **options: Any) -> Iterator[tuple[FakeDify, Any]]:
    """A stand-in server with this workflow, and a client of it."""
    with FakeDify(workflow=steps, eof_delay=0.0) as server, client(kind, server, **options) as dify:
        yield server, dify


def seen(events: Iterable[Any]) -> list[str]:
    """The events in short: name and node or form; texts are joined by `said`."""
    found = []
    for event in events:
        data = event.raw.get("data", {})
        about = data.get("reason") or data.get("node_id") or ""
        forms = [reason["node_id"] for reason in data.get("reasons", ())]
        if event.event != "text_chunk":
            found.append(" ".join([event.event, *([about] if about else []), *forms]))
    return found


def said(events: Iterable[Any]) -> str:
    return "".join(event.message for event in events if event.event == "text_chunk")


FIRST_LEG = [
    "workflow_started initial",
    "node_started start",
    "node_finished start",
    "node_started ask",
    "human_input_required ask",
    "workflow_paused ask",
]
END = ["node_started end", "node_finished end", "workflow_finished"]


def recorded(case: str) -> Exchange:
    return exchange("1.14.2", f"human/{case}")


def start(kind: Kind, item: Exchange, change: Callable[[Any], None] | None = None) -> Any:
    """The response of a recorded run that pauses, with a changed form where one is given."""
    *frames, _ = item.frames()
    last = copy.deepcopy(item.events()[-1])
    if change is not None:
        change(last["data"]["reasons"][0])
    frames.append(b"data: %b\n\n" % json.dumps(last).encode())
    reply = Reply.of(item) if change is None else Reply.stream(*frames)
    with answered(kind, reply) as (_, dify):
        return dify.run_workflow(request_of(item))


def frame(name: str, **data: Any) -> bytes:
    event = {"event": name, "workflow_run_id": "run-1", "task_id": "task-1", "data": data}
    return b"data: %b\n\n" % json.dumps(event).encode()


CLOSED = Reply.of(recorded("one_form_get_after"))
WAITING = Reply.of(recorded("one_form_get"))


class Paused(ReplayServer):
    """A run that pauses; `events` answer the events route in turn, `forms` tell of each form.

    A form that `forms` does not name was submitted.
    """

    def __init__(self, run: Reply, events: list[Reply], forms: dict[str, Reply] | None = None):
        super().__init__(self._tell)
        self._run, self._events = run, events
        self._forms = {} if forms is None else forms

    def _tell(self, request: Request) -> Reply:
        parts = request.path.split("/")
        if request.path == "/v1/workflows/run":
            return self._run
        if parts[-1] == "events":
            assert request.query["include_state_snapshot"] == "true"
            assert request.query["continue_on_pause"] == "true"
            return self._events.pop(0)
        assert parts[2] == "form", request
        return self._forms.get(parts[-1], CLOSED)


def run(dify: Any, mode: Any, callback: Any, **options: Any) -> Any:
    request = WorkflowRunRequest(inputs={"name": "Ann"}, response_mode=mode)
    return dify.run_workflow(request, on_human_input=callback, **options)
