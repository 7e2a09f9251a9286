"""Runs as a Dify server performs them, scripted from recorded streams, and their snapshots."""

from __future__ import annotations

import copy
import functools
import itertools
import json
from collections.abc import Iterator, Mapping
from typing import Any

import attrs
import wire_archive
from fake_dify.run import payloads
from fake_dify.run.payloads import NO_END

Event = dict[str, Any]

ENDS = frozenset({"workflow_finished", "workflow_paused", "error"})
_GROUPS = {"iteration_started": "iteration", "loop_started": "loop"}
_GROUP_ENDS = frozenset({"iteration_completed", "loop_completed"})
_EMPTY = ("inputs", "process_data", "outputs", "execution_metadata")


@functools.cache
def _short_form(name: str) -> tuple[str, ...]:
    """The keys that a snapshot's event of this name has."""
    events = wire_archive.exchange("1.14.2", "events/ping_snapshot").events()
    return tuple(next(event["data"] for event in events if event["event"] == name))


def key_of(event: Mapping[str, Any]) -> tuple[Any, ...]:
    """What makes an event the same one when it is sent again, by the server's documented rules."""
    name, data = event.get("event"), event.get("data") or {}
    match name:
        case "workflow_started":
            resumed = data.get("reason") == "resumption"
            return (name, data["created_at"] if resumed else "initial")
        case "workflow_finished":
            return (name,)
        case "workflow_paused":
            return (name, *(reason["form_id"] for reason in data["reasons"]))
        case "human_input_required":
            return (name, data["form_id"])
        case "node_started" | "node_finished" | "node_retry":
            return (name, data["id"], data.get("status"), data.get("retry_index"))
        case "text_chunk":
            return (name, data["text"], *data["from_variable_selector"])
    return (name, data.get("id") or data.get("node_id"), data.get("index"))


def made_up(event: Event, text: str = NO_END, *, reason: str = "initial") -> list[Event]:
    """The start and the end that a server from 1.15 on makes up for the run of an event."""
    return payloads.made_up(event["workflow_run_id"], "w", {}, text or NO_END, reason)


@attrs.frozen(eq=False)
class Shown:
    """One event of a snapshot; `index` is the step that it repeats, None where it is invented."""

    event: Event
    index: int | None

    @functools.cached_property
    def frame(self) -> bytes:
        return framed(self.event)


@attrs.frozen(eq=False)
class Script:
    """One run: its events in order, and the second of the run at which each is sent."""

    name: str
    events: tuple[Event, ...] = attrs.field(repr=False)
    times: tuple[float, ...] = attrs.field(repr=False)
    inputs: Mapping[str, Any] = attrs.field(repr=False)

    @property
    def run_id(self) -> str:
        return str(self.events[0]["workflow_run_id"])

    @property
    def task_id(self) -> str:
        return str(self.events[0]["task_id"])

    @functools.cached_property
    def frames(self) -> tuple[bytes, ...]:
        """Each event as the server frames it."""
        return tuple(framed(event) for event in self.events)

    @functools.cached_property
    def keys(self) -> tuple[tuple[Any, ...], ...]:
        return tuple(key_of(event) for event in self.events)

    @functools.cached_property
    def snapshots(self) -> tuple[tuple[Shown, ...], ...]:
        """The snapshot after so many events."""
        return tuple(tuple(self._snapshot(count)) for count in range(len(self.events) + 1))

    def detail(self, count: int) -> dict[str, Any]:
        """GET /workflows/run/{workflow_run_id} after so many events."""
        last: Event = self.events[count - 1] if count else {"event": "", "data": {}}
        data, ended = last["data"], last["event"] == "workflow_finished"
        status = "paused" if last["event"] == "workflow_paused" else "running"
        return {
            "id": self.run_id,
            "workflow_id": self.events[0]["data"]["workflow_id"],
            "status": data["status"] if ended else status,
            "inputs": json.dumps(self.events[0]["data"]["inputs"]),
            "outputs": data["outputs"] if ended else {},
            "error": data["error"] if ended else None,
            "total_steps": data.get("total_steps", 0),
            "total_tokens": 0,
            "created_at": self.events[0]["data"]["created_at"],
            "finished_at": data["finished_at"] if ended else None,
            "elapsed_time": data["elapsed_time"] if ended else 0.0,
        }

    def variant(self, *, run_id: str, task_id: str) -> Script:
        """The same run with other ids, as another request for it starts."""
        text = json.dumps(self.events).replace(self.run_id, run_id).replace(self.task_id, task_id)
        return Script(self.name, tuple(json.loads(text)), self.times, self.inputs)

    def paced(self, *gaps: float) -> Script:
        """The same run at another pace: seconds before each event, repeated as often as needed."""
        each = itertools.islice(itertools.cycle(gaps), len(self.events))
        times = tuple(round(now, 3) for now in itertools.accumulate(each))
        return attrs.evolve(self, times=times)

    def _snapshot(self, count: int) -> Iterator[Shown]:
        if not count:
            return
        done = list(enumerate(self.events[:count]))
        paused = done[-1][1]["event"] == "workflow_paused"
        ids = {"task_id": self.task_id if paused else self.run_id, "workflow_run_id": self.run_id}
        started = {**self.events[0]["data"], "reason": "initial"}
        yield Shown({"event": "workflow_started", **ids, "data": started}, 0)
        for number, node in enumerate(_nodes(done).values(), 1):
            begun = {key: node[key] for key in _short_form("node_started")}
            begun |= {"index": number, "inputs": None}
            yield Shown({"event": "node_started", **ids, "data": begun}, node["began"])
            status = node["status"] or ("paused" if paused else "")
            if status:
                empty = dict.fromkeys(_EMPTY)
                ended = {key: node.get(key) for key in _short_form("node_finished")}
                ended |= {**empty, "index": number, "status": status, "files": []}
                yield Shown({"event": "node_finished", **ids, "data": ended}, node["ended"])
        if paused:
            waiting = {reason["form_id"] for reason in done[-1][1]["data"]["reasons"]}
            for index, event in done:
                if event["data"].get("form_id") in waiting:
                    content = _unrendered(event["data"]["form_content"], self.inputs)
                    data = {**event["data"], "form_content": content}
                    yield Shown({"event": "human_input_required", **ids, "data": data}, index)
            data = copy.deepcopy(done[-1][1]["data"])
            data["elapsed_time"] = 0.0
            for reason in data["reasons"]:
                reason["form_content"] = _unrendered(reason["form_content"], self.inputs)
            yield Shown({"event": "workflow_paused", **ids, "data": data}, done[-1][0])


def framed(event: Mapping[str, Any]) -> bytes:
    """An event as a frame of the stream: compact, not escaped."""
    return f"data: {json.dumps(event, ensure_ascii=False, separators=(',', ':'))}\n\n".encode()


def _unrendered(text: str, inputs: Mapping[str, Any]) -> str:
    """A form's template: the snapshot shows it as it was written."""
    for name, value in inputs.items():
        text = text.replace(str(value), f"{{{{#start.{name}#}}}}", 1)
    return text


def _nodes(done: list[tuple[int, Event]]) -> dict[str, dict[str, Any]]:
    """The node executions that the server has on record after these events, in their order."""
    nodes: dict[str, dict[str, Any]] = {}
    for index, event in done:
        name, data = event["event"], event["data"]
        if name in _GROUPS:  # these have a record of their own, which no live event shows
            nodes[data["id"]] = {
                **dict.fromkeys(_short_form("node_started")),
                "id": f"record-of-{data['id']}",
                "node_id": data["id"],
                "node_type": _GROUPS[name],
                "title": data["title"],
                "extras": {},
                "status": "",
                "began": None,
                "ended": None,
            }
        elif name in _GROUP_ENDS:
            nodes[data["id"]]["status"] = data["status"]
        elif name == "node_started":
            nodes[data["id"]] = {**data, "status": "", "began": index, "ended": None}
        elif name == "node_retry":
            nodes[data["id"]]["status"] = "retry"
        elif name == "node_finished":
            nodes[data["id"]] |= {**data, "ended": index}
    return nodes


def recorded(version: str, *cases: str, name: str) -> Script:
    """A run as it was recorded, over one or more streams."""
    first = wire_archive.exchange(version, cases[0])
    events = [event for case in cases for event in wire_archive.exchange(version, case).events()]
    inputs = json.loads(first.request_body or "{}").get("inputs", {})
    return Script(name, tuple(events), (), inputs).paced(0.05)


@functools.cache
def eight_nodes() -> Script:
    """A chain of eight nodes: a recorded one of five, whose middle node is repeated."""
    base = recorded("1.14.2", "run/slow_streaming", name="eight nodes")
    at = [i for i, e in enumerate(base.events) if e["data"].get("node_id") == "slow2"]
    first, last = at[0], at[-1] + 1
    middle = json.dumps(base.events[first:last])
    node_id = base.events[first]["data"]["id"]
    copies: list[Event] = []
    for number in range(3):
        text = middle.replace("slow2", f"more{number}")
        text = text.replace(node_id, f"{number}{node_id[1:]}")
        copies += json.loads(text)
    return attrs.evolve(base, events=(*base.events[:last], *copies, *base.events[last:])).paced(
        0.05
    )


@functools.cache
def retrying() -> Script:
    """A run whose second node is tried three times and fails."""
    base = recorded("1.12.1", "run/fail_retry_streaming", name="node_retry")
    events = copy.deepcopy(base.events)
    events[0]["data"]["reason"] = "initial"
    return attrs.evolve(base, events=events)


@functools.cache
def iterating() -> Script:
    """A run with an iteration over three items."""
    return recorded("1.14.2", "run/iteration_streaming", name="iteration")


@functools.cache
def pausing() -> Script:
    """A run that pauses for a form."""
    return recorded("1.14.2", "human/one_start", name="pausing")


@functools.cache
def resumed() -> Script:
    """A run that pauses, is resumed by somebody, and goes on to its end."""
    return recorded("1.14.2", "human/ok_start", "human/ok_follow_plain", name="resumed")


@functools.cache
def two_forms() -> Script:
    """A run that pauses for two forms at once, of nodes side by side."""
    return recorded("1.16.1", "human/double_10_start", name="two forms")


ALL = (eight_nodes, retrying, iterating, pausing, two_forms)
