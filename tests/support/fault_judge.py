"""What must hold of every run that a client has followed, checked against the server's own books.

Independent of the client: the server knows which events it handed over whole, on which connection.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, Literal

import attrs
from dify_workflow import APIError, ConnectionFailed, RunOutcomeUnknown
from fault_scripts import ENDS, Event, Script, key_of
from fault_sim import Observed
from fault_streams import Source

# s after the run's end: a client gives up after 60 s of silence and 1,260 s without a change.
LONGEST = 1350.0
_IN_NODE = ("node_started", "node_retry", "node_finished")
_ONCE = ("node_started", "node_finished")  # in a leg of the run

Outcome = Literal["whole", "recovered", "unknown", "refused", "none"]
Key = tuple[Any, ...]


@attrs.frozen
class Verdict:
    """How a run ended for the client, and what is wrong with that."""

    outcome: Outcome
    problems: tuple[str, ...]


def judge(
    seen: Observed,
    *,
    expected: set[Outcome],
    iterated: bool = True,
    replays: bool = False,
    tells_forms: bool = False,
    seconds: float = LONGEST,
) -> Verdict:
    """Check one run; `expected` says which outcomes its faults allow.

    `replays`: the server could tell all of the run's nodes, so that none may be missing.
    `tells_forms`: it could tell all forms of a pause.
    `seconds`: how long after the run's end the client may know how it ended.
    """
    outcome, books = _outcome(seen), Books.of(seen)
    problems = list(_counts(seen, outcome, seconds))
    if outcome not in expected:
        problems.append(f"{outcome} instead of {sorted(expected)}: {seen.error!r}")
    if iterated:
        problems += books.delivery()
        problems += books.order()
    if iterated and replays:
        nodes = [key for key in books.script.keys if key[0] in _ONCE]
        missing = [key for key in nodes if key not in books.got]
        problems += [f"{key} could be had, and was not delivered" for key in missing]
    if outcome in ("whole", "recovered"):
        problems += books.end(tells_forms)
    if outcome == "unknown":
        problems += books.said()
    return Verdict(outcome, tuple(problems))


def _outcome(seen: Observed) -> Outcome:
    if seen.error is None:
        return "none" if seen.result is None else "recovered" if seen.recovered else "whole"
    if isinstance(seen.error, RunOutcomeUnknown):
        return "unknown"
    return "refused" if isinstance(seen.error, APIError | ConnectionFailed) else "none"


def _counts(seen: Observed, outcome: Outcome, seconds: float) -> Iterator[str]:
    server = seen.server
    if server.posts != 1 and not (server.posts == 0 and outcome == "refused"):
        yield f"{server.posts} runs were started"
    if server.opened != server.closed:
        yield f"{server.opened - server.closed} connections were left open"
    waited = server.queued + server.delayed + server.script.times[-1]
    if server.queues and not server.own_fault.after:
        waited += 250.0  # before its first event a run may be queued: silence may last 310 s
    if server.gap > 0:
        waited += 310.0  # what was lost there is told by the next snapshot, after an idle stream
    if seen.seconds > seconds + waited:
        yield f"it took {seen.seconds:.0f} s"


def _resumes(key: Key) -> bool:
    return bool(key[0] == "workflow_started" and key[1] != "initial")


@attrs.frozen
class Books:
    """What the client was told (steps of the script, once each), and what it delivered."""

    seen: Observed
    script: Script
    told: list[int]
    own: set[int]  # those of the own stream
    got: list[Key]

    @classmethod
    def of(cls, seen: Observed) -> Books:
        runs = seen.server.runs
        script = runs[0].script if runs else seen.server.script
        told: dict[int, bool] = {}
        for source, index in seen.server.handed:
            if index is not None and not _comes_late(script.keys, told, index):
                twin = _twin(script.keys, told, source, index)
                told.setdefault(twin, source is Source.OWN)
        own = {index for index, is_own in told.items() if is_own}
        return cls(seen, script, list(told), own, [key_of(event.raw) for event in seen.events])

    def delivery(self) -> Iterator[str]:
        """Every event that came whole, once; those of the own stream first."""
        keys, got = self.script.keys, self.got
        due = Counter(keys[index] for index in self.told)
        ends = [key for key in got if key[0] in ENDS]
        for key in ends:  # the last event may have been made of the run's detail
            due[key] = max(due[key], 1)
        yield from (f"doubled: {key}" for key in Counter(got) - due)
        yield from (f"lost: {key}" for key in due - Counter(got))
        first = [keys[index] for index in sorted(self.own)]
        if got[: len(first)] != first:
            yield "what the own stream brought is not what was delivered first"
        if ends and (got[-1] not in ends or len(ends) > 1):
            yield f"the end is not last: {got[-3:]}"
        for number, event in enumerate(self.seen.events):
            if event.recovered != (number >= len(first)):
                yield f"recovered={event.recovered} at event {number}"
            if event.id != self.script.run_id or event.task_id not in (None, self.script.task_id):
                yield f"ids {event.id}, {event.task_id} at event {number}"
        if self.seen.text_complete and self.seen.result:
            texts = [key for key in keys[: self.reached()] if key[0] == "text_chunk"]
            if texts != [key for key in got if key[0] == "text_chunk"]:
                yield "text is missing, and text_complete says that it is not"

    def order(self) -> Iterator[str]:
        """The events of each node, and of each other kind, are in the order of the run."""
        last: dict[Any, int] = {}
        told = sorted(self.told)
        for event, key in zip(self.seen.events, self.got, strict=True):
            index = next((index for index in told if self.script.keys[index] == key), None)
            if index is None:
                continue  # one too many, which was counted, or the end by the run's detail
            told.remove(index)
            data = event.raw.get("data") or {}
            thread = data.get("form_id") or (data.get("id") if data.get("node_id") else key[0])
            if last.get(thread, -1) > index:
                yield f"out of order: {key}"
            last[thread] = index
            if index == 0 and len(last) > 1:
                yield "workflow_started is not first"

    def reached(self) -> int:
        """The step at which the client has left the run: an end it was told, or where it is."""
        told = [index for index in self.told if self.script.events[index]["event"] in ENDS]
        runs = self.seen.server.runs
        return told[-1] if told else (runs[0].count(self.seen.seconds) - 1 if runs else -1)

    def end(self, tells_forms: bool) -> Iterator[str]:
        """The result is the server's."""
        result, truth = self.seen.result, self.script.events[self.reached()]
        assert result is not None
        if not self.seen.server.runs or truth["event"] not in ENDS:
            yield "an end was reported, and there is no run, or it goes on"
            return
        for name, ours, theirs in (
            ("id", result.id, self.script.run_id),
            ("status", result.status, truth["data"]["status"]),
            ("stream's status", self.seen.status, truth["data"]["status"]),
            ("outputs", result.outputs, truth["data"]["outputs"]),
            ("message", result.message, truth["data"].get("error") or ""),
            ("recovered", result.recovered, self.seen.recovered),
            ("forms", _forms(result.raw["data"]), self._known_forms(truth, tells_forms)),
        ):
            if ours != theirs:
                yield f"{name} is {ours!r}, not {theirs!r}"
        yield from self._task_id(result.task_id)

    def _known_forms(self, truth: Event, tells_forms: bool) -> list[str]:
        """The forms that a paused run waits for, as far as they could be known."""
        told = {self.script.keys[index] for index in self.told}
        ids = _forms(truth["data"])
        if tells_forms or key_of(truth) in told:
            return ids
        return [id for id in ids if ("human_input_required", id) in told]

    def _task_id(self, task_id: str | None) -> Iterator[str]:
        """It is the run's own, wherever an event named it."""
        wanted = self.script.task_id if self.seen.server.told_task_id else None
        if task_id != wanted or self.seen.task_id != wanted:
            yield f"task id {task_id}, {self.seen.task_id}, not {wanted}"

    def said(self) -> Iterator[str]:
        """`RunOutcomeUnknown` says what is known."""
        error, server = self.seen.error, self.seen.server
        assert isinstance(error, RunOutcomeUnknown)
        if self.told and error.run_id != self.script.run_id:
            yield f"the run's id was known: {self.script.run_id}, not {error.run_id}"
        if error.run_id not in (None, self.script.run_id):
            yield f"another run's id: {error.run_id}"
        if server.runs and error.user != server.runs[0].user:
            yield f"another user: {error.user}"
        candidates = {entry.data.workflow_run.id for entry in error.candidates}
        if error.run_id is None and not server.listed <= candidates:
            yield "the logs showed it, and it is no candidate"
        yield from self._task_id(error.task_id)


def _comes_late(keys: tuple[Key, ...], told: dict[int, bool], index: int) -> bool:
    """Whether a replay tells of a node what lies behind the client, who was told of its end."""
    name, node = keys[index][:2] if keys[index][0] in _IN_NODE else ("", "")
    later = {"node_started": _IN_NODE, "node_retry": ("node_finished",)}.get(name, ())
    ahead = (keys[i] for i in told if i > index)
    return index not in told and any(key[1] == node for key in ahead if key[0] in later)


def _twin(keys: tuple[Key, ...], told: dict[int, bool], source: Source, index: int) -> int:
    """The step that is the same one to the client: a node begins again where a run is resumed.

    A snapshot shows such a node once, and who was not told of the resumption cannot know that it
    is another begin.
    """
    twin = next((i for i in told if keys[i] == keys[index]), index)
    if source is Source.SNAPSHOT or twin == index:
        return twin
    again = any(_resumes(keys[i]) for i in told if twin < i < index)
    return twin if keys[index][0] in _ONCE and not again else index


def _forms(data: Event) -> list[str]:
    return [reason["form_id"] for reason in data.get("reasons") or []]
