"""A model of a Dify server under a virtual clock: its runs, its routes, and how they go wrong."""

from __future__ import annotations

import bisect
import email.utils
import itertools
import json
import re
import uuid
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any, Literal

import attrs
import httpx
from dify_workflow._api.api_requests import ApiRequest
from dify_workflow._api.api_responses import ApiResponse
from dify_workflow._api.commands import Opened
from dify_workflow._api.failures import Failure, failure
from dify_workflow._api.versions import (
    LOGS_RUNNING_RUNS,
    OUTLIVES_ITS_STREAM,
    QUEUES_RUNS,
    REPLAYS_EVENTS,
    Capability,
    Version,
)
from fault_scripts import Script
from fault_streams import (
    NO_FAULT,
    PAGE,
    PING_EVERY,
    EventsStream,
    Fault,
    FixedStream,
    Frame,
    ModelStream,
    OtherBody,
    OwnModelStream,
    Source,
    VirtualClock,
    other_body,
    pair,
)
from wire_archive import exchange

WALL = 1_795_335_000.0  # unix time at the clock's 0
LATENCY = 0.01  # s from a request to its answer
Route = Literal["post", "events", "detail", "logs", "stop"]
Answer = ApiResponse | Opened | Failure
Trouble = Literal["ok", "refused", "reset", "timeout", "429", "busy", "500", "502", "504", "page"]
_ROUTES: tuple[tuple[str, str, Route], ...] = (
    ("post", r"/workflows/run", "post"),
    ("get", r"/workflow/([^/]+)/events", "events"),
    ("get", r"/workflows/run/([^/]+)", "detail"),
    ("get", r"/workflows/logs", "logs"),
    ("post", r"/workflows/tasks/([^/]+)/stop", "stop"),
)


_ERRORS = {
    "429": (429, "too_many_requests", "Too many requests. Please try again."),
    "busy": (400, "invalid_param", "Too many requests. Please try again later."),
    "500": (500, "internal_server_error", "Internal Server Error"),
}
_ENTRY = exchange("1.14.2", "logs/default").json()["data"][0]


@attrs.define(eq=False)
class ModelRun:
    """A run that was started: its script, since when, until when, for whom."""

    script: Script
    began: float
    user: str
    inputs: dict[str, Any]
    died: float | None = None

    def at(self, index: int) -> float | None:
        """When the event of this number is sent; None if never."""
        if index >= len(self.script.events):
            return None
        at = self.began + self.script.times[index]
        return at if self.alive(at) else None

    def alive(self, at: float) -> bool:
        return self.died is None or at <= self.died

    def count(self, now: float) -> int:
        """How many events have happened."""
        passed = min(now, self.died if self.died is not None else now) - self.began
        return bisect.bisect_right(self.script.times, passed + 1e-9)

    def last_sign(self) -> float:
        """When the worker was last heard of."""
        return self.began + self.script.times[-1] if self.died is None else self.died

    def ended(self, now: float) -> bool:
        return self.count(now) == len(self.script.events)


@attrs.define(eq=False)
class Dify:
    """The server: what it was asked, what it started, what it handed over."""

    clock: VirtualClock
    script: Script
    version: str = "1.14.2"
    recorded_after: float = 0.0  # s until a run that has begun is on record
    queued: float = 0.0  # s until a started run begins
    killed_after: int | None = None  # events after which its worker is killed: it never ends
    own_fault: Fault = NO_FAULT
    replay_faults: deque[Fault] = attrs.field(factory=deque)  # of each GET events in turn
    troubles: dict[Route, deque[Trouble]] = attrs.field(factory=dict)  # of each request in turn
    refuses: str | None = None  # with this text: no run begins, and the stream tells a made-up one
    tells_start_only: bool = False  # ... of which only the start arrives
    head_after: float = 0.0  # s until the head of the POST's answer comes
    answers_post: bool = True  # False: nothing comes back, and the connection is reset
    answer_lost_after: int = 0  # ... at that event
    loses_terminal: bool = False  # GET events misses the last event of a running run
    gap: float = 0.0  # s between a snapshot and the subscription (negative: they overlap)
    refuses_events: bool = False  # GET events says 404: another user's run
    says_version: bool = True
    merges: bool = False  # several frames come in one read
    says: str = "text/event-stream; charset=utf-8"  # the media type of its streams
    other_body: OtherBody | None = None  # what comes in the place of the POST's stream
    runs: list[ModelRun] = attrs.field(factory=list)
    queues: bool = attrs.field(init=False)
    makes_up_ends: bool = attrs.field(init=False)
    kills_readers: bool = attrs.field(init=False)  # the end of one reader silences the others
    readers_killed_at: list[float] = attrs.field(factory=list)
    posts: int = 0
    asked: list[Route] = attrs.field(factory=list)
    asked_at: list[float] = attrs.field(factory=list)
    handed: list[tuple[Source, int | None]] = attrs.field(factory=list)  # whole events
    told_task_id: bool = False  # the replay of the past has the run's id in its place
    listed: set[str] = attrs.field(factory=set)  # run ids that the logs have shown
    opened: int = 0
    closed: int = 0
    delayed: float = 0.0  # s that requests took to time out

    def __attrs_post_init__(self) -> None:
        self.queues = self._has(QUEUES_RUNS)
        release = tuple(int(part) for part in self.version.split("."))
        self.makes_up_ends = release >= (1, 15)
        self.kills_readers = (1, 15) <= release < (1, 16, 1)

    def _has(self, capability: Capability) -> bool:
        return capability.on(Version.of(self.version))

    def gaps(self, route: Route) -> list[tuple[float, float]]:
        """When a route was asked, with the seconds until it was asked again."""
        pairs = zip(self.asked, self.asked_at, strict=True)
        times = [at for asked, at in pairs if asked == route]
        return [(earlier, later - earlier) for earlier, later in itertools.pairwise(times)]

    def serve(self, request: ApiRequest) -> Answer:
        """Answer one request."""
        self.clock.advance(LATENCY)
        method, url = request.kwargs["method"], request.kwargs["url"]
        for verb, pattern, route in _ROUTES:
            found = re.fullmatch(pattern, url)
            if found and verb == method:
                self.asked.append(route)
                self.asked_at.append(self.clock.now)
                assert len(self.asked) < 5000, "the client asks for ever"
                return self._route(route, request, *found.groups())
        raise AssertionError(f"an unknown route: {method} {url}")

    def _route(self, route: Route, request: ApiRequest, id: str = "") -> Answer:
        troubles = self.troubles.get(route)
        if troubles and (trouble := troubles.popleft()) != "ok":
            return self._trouble(route, trouble, request)
        match route:
            case "post":
                return self._post(request)
            case "events":
                return self._events(id, request)
            case "detail":
                return self._detail(id)
            case "logs":
                return self._logs(request.kwargs["params"])
        return self._json({"result": "success"})

    def _trouble(self, route: Route, trouble: Trouble, request: ApiRequest) -> Answer:
        """Answer wrongly; an unclear answer to the POST has started the run all the same."""
        if route == "post" and trouble in ("reset", "timeout", "502", "504"):
            self._start(request)
        if trouble == "refused":
            return failure(httpx.ConnectError("connection refused"))
        if trouble == "reset":
            return failure(httpx.ReadError("connection reset by peer"))
        if trouble == "timeout":
            self.clock.advance(60.0)
            self.delayed += 60.0
            return failure(httpx.ReadTimeout("timed out"))
        if trouble in _ERRORS:
            return self._error(*_ERRORS[trouble])
        if trouble == "page" and route in ("post", "events"):
            nobody = ModelRun(self.script, self.clock.now, "", {})
            return self._fixed(nobody, other_body(self.clock.now, nobody, "page"), "text/html")
        return self._answer(200 if trouble == "page" else int(trouble), PAGE, "text/html")

    def _start(self, request: ApiRequest) -> ModelRun:
        self.posts += 1
        body = request.kwargs["json"]
        script = self.script
        if self.runs:
            script = script.variant(run_id=str(uuid.uuid4()), task_id=str(uuid.uuid4()))
        began = self.clock.now + (self.queued if self.queues else 0.0)
        self.runs.append(ModelRun(script, began, body["user"], body["inputs"]))
        if self.killed_after is not None:
            self.runs[-1].died = began + script.times[self.killed_after] + 0.001
        return self.runs[-1]

    def _post(self, request: ApiRequest) -> Answer:
        if self.refuses is not None:
            self.posts += 1
            nobody = ModelRun(self.script, 0.0, "", {})
            told = pair(self.clock.now, self.script, self.refuses, start_only=self.tells_start_only)
            return self._fixed(nobody, told, self.says)
        run = self._start(request)
        lost = partial(self._own_stream_gone, run)
        if not self.answers_post:
            lost_at = run.at(min(self.answer_lost_after, len(run.script.events) - 1))
            self.clock.advance((lost_at or 0.0) - self.clock.now)
            lost()
            return failure(httpx.ReadError("connection reset by peer"))
        if self.other_body is not None:
            return self._fixed(run, other_body(self.clock.now, run, self.other_body), "", lost)
        return self._opened(OwnModelStream(self, run, self.own_fault, lost), self.says)

    def _opened(self, stream: ModelStream, kind: str) -> Opened:
        self.opened += 1
        return Opened(self._headers(kind), stream)

    def _fixed(
        self, run: ModelRun, frames: list[Frame], kind: str, lost: Callable[[], None] | None = None
    ) -> Opened:
        return self._opened(FixedStream(self, run, lost=lost, waiting=frames), kind)

    def reader_gone(self, run: ModelRun) -> None:
        """A reader has left: the server notices it when it writes to it next."""
        if self.kills_readers and (at := run.at(run.count(self.clock.now))) is not None:
            self.readers_killed_at.append(min(at, self.clock.now + PING_EVERY))

    def _own_stream_gone(self, run: ModelRun) -> None:
        """To 1.9, a run dies with its stream."""
        self.reader_gone(run)
        if not self._has(OUTLIVES_ITS_STREAM) and not run.ended(self.clock.now):
            run.died = self.clock.now

    def _events(self, run_id: str, request: ApiRequest) -> Answer:
        if not self._has(REPLAYS_EVENTS):
            return self._answer(404, b"<!doctype html><title>404 Not Found</title>")
        run = self._run(run_id)
        if run is None or request.kwargs["params"]["user"] != run.user or self.refuses_events:
            return self._error(404, "not_found", "Workflow run not found")
        fault = self.replay_faults.popleft() if self.replay_faults else NO_FAULT
        return self._opened(EventsStream(self, run, fault), self.says)

    def _run(self, run_id: str) -> ModelRun | None:
        """A run that is on record."""
        for run in self.runs:
            if run.script.run_id == run_id and self._on_record(run):
                return run
        return None

    def _on_record(self, run: ModelRun) -> bool:
        return run.count(self.clock.now - self.recorded_after) > 0

    def _detail(self, run_id: str) -> ApiResponse:
        run = self._run(run_id)
        if run is None:
            return self._error(404, "not_found", "Workflow run not found.")
        detail = run.script.detail(run.count(self.clock.now))
        detail["inputs"] = json.dumps({**run.inputs, "sys.user_id": run.user})
        if not self._has(QUEUES_RUNS):
            detail["outputs"] = json.dumps(detail["outputs"])
        return self._json(detail)

    def _logs(self, params: dict[str, Any]) -> ApiResponse:
        now, user = self.clock.now, params["created_by_end_user_session_id"]
        late = not self._has(LOGS_RUNNING_RUNS)
        shown = [
            run
            for run in reversed(self.runs)
            if run.user == user and self._on_record(run) and (not late or run.ended(now))
        ]
        self.listed |= {run.script.run_id for run in shown}
        data = [self._entry(run) for run in shown]
        page = {"page": 1, "limit": 100, "total": len(data), "has_more": False, "data": data}
        return self._json(page)

    def _entry(self, run: ModelRun) -> dict[str, Any]:
        """An item of the logs."""
        detail, created = run.script.detail(run.count(self.clock.now)), int(WALL + run.began)
        told = ("id", "status", "error", "elapsed_time", "total_steps", "finished_at")
        inner = {**_ENTRY["workflow_run"], **{name: detail[name] for name in told}}
        user = {**_ENTRY["created_by_end_user"], "session_id": run.user}
        return {
            **_ENTRY,
            "id": f"log-{run.script.run_id}",
            "workflow_run": inner | {"created_at": created},
            "created_by_end_user": user,
            "created_at": created,
        }

    def fail(self, run: ModelRun) -> None:
        """The run breaks: its detail says `running` for ever."""
        run.died = self.clock.now

    def error_event(self, begun: bool) -> dict[str, Any]:
        """What a stream says of a run that breaks, or that cannot begin."""
        text = "The worker broke down" if begun else "text is required in input form"
        return {"event": "error", "message": text, "status": 500}

    def hand_over(self, frame: Frame) -> None:
        """The client has got a whole event."""
        self.handed.append((frame.source, frame.index))
        self.told_task_id |= self.script.task_id.encode() in frame.data

    def _headers(self, kind: str = "text/html; charset=utf-8") -> httpx.Headers:
        date = email.utils.formatdate(WALL + self.clock.now, usegmt=True)
        headers = httpx.Headers({"Date": date, "Content-Type": kind})
        if self.says_version:
            headers["X-Version"] = self.version
        return headers

    def _answer(
        self, status: int, body: bytes, kind: str = "text/html; charset=utf-8"
    ) -> ApiResponse:
        return ApiResponse(status, self._headers(kind), body, "")

    def _json(self, value: Any, status: int = 200) -> ApiResponse:
        return self._answer(status, json.dumps(value).encode(), "application/json")

    def _error(self, status: int, code: str, message: str) -> ApiResponse:
        return self._json({"code": code, "message": message, "status": status}, status)
