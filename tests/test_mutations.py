"""Whatever a server sends: only our own errors come out, and reading an event never fails.

Every recorded event and body of all versions, with each key gone, null, of another type, with a new
value, or with a new key beside it.
"""

from __future__ import annotations

import functools
import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import httpx
import pytest
from dify_workflow import (
    APIError,
    DifyError,
    WorkflowFile,
    WorkflowRunRequest,
    WorkflowRunResponse,
)
from dify_workflow_api.events import EVENTS
from facade import Kind, both, client
from mutants import Path, mutants
from pauses import recorded_pauses
from recorded_models import model_of
from recorded_runs import TERMINAL
from wire_archive import exchange, exchanges

RUN = exchange("1.14.2", "run/empty_streaming")
BLOCKING = WorkflowRunRequest(inputs={}, response_mode="blocking")
HEADERS = {"x-version": "1.14.2"}


class Server:
    """Answers each request with the first of `answers` for its path, once, else "not found"."""

    def __init__(self) -> None:
        self.answers: list[tuple[str, httpx.Response]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        for number, (path, answer) in enumerate(self.answers):
            if path in request.url.path:
                del self.answers[number]
                return answer
        body = {"code": "not_found", "message": "no", "status": 404}
        return httpx.Response(404, json=body, headers=HEADERS)

    def will_say(self, body: Any, status: int = 200, path: str = "/") -> None:
        content = json.dumps(body).encode()
        headers = {**HEADERS, "content-type": "application/json"}
        self.answers.append((path, httpx.Response(status, content=content, headers=headers)))

    def will_stream(self, *events: Any) -> None:
        frames = [b"data: %b\n\n" % json.dumps(event).encode() for event in events]
        headers = {**HEADERS, "content-type": "text/event-stream"}
        answer = httpx.Response(200, content=b"".join(frames), headers=headers)
        self.answers.append(("/run", answer))


@contextmanager
def serving(kind: Kind) -> Iterator[tuple[Server, Any]]:
    """A client without a network, and what answers it."""
    server, made = Server(), {"sync": httpx.Client, "async": httpx.AsyncClient}
    http: Any = made[kind](transport=httpx.MockTransport(server))
    options = {"http_client": http, "max_retries": 0}
    with recorded_pauses(), client(kind, "http://server.test", **options) as dify:
        yield server, dify
        http.close() if kind == "sync" else dify._run(http.aclose())


# Events.

IDS = {"workflow_run_id": "run-1", "task_id": "task-1"}
ABOUT = {"node_id": "ask", "node_title": "Ask"}
UNRECORDED: list[dict[str, Any]] = [
    {"event": "text_replace", **IDS, "data": {"text": "x"}},
    {
        "event": "reasoning_chunk",
        **IDS,
        "data": {"message_id": None, "reasoning": "x", "node_id": "llm", "is_final": False},
    },
    {"event": "human_input_form_timeout", **IDS, "data": {**ABOUT, "expiration_time": 1}},
    {
        "event": "agent_log",
        **IDS,
        "data": {
            "node_execution_id": "agent",
            "id": "id-1",
            "label": "ROUND 1",
            "parent_id": None,
            "error": None,
            "status": "start",
            "data": {"a": 1},
            "metadata": {"b": 2},
            "node_id": "agent",
        },
    },
]


@functools.cache
def events_by_name() -> dict[str, list[tuple[str, Any]]]:
    """Mutants of every recorded event, by its name, each place once."""
    known: dict[str, set[Path]] = {}
    found: dict[str, list[tuple[str, Any]]] = {}
    for item in [None, *exchanges()]:
        for event in UNRECORDED if item is None else item.events() if item.is_stream else ():
            name = event["event"]
            found.setdefault(name, []).extend(mutants(event, known.setdefault(name, set())))
    return found


def use_event(event: Any) -> None:
    """Read all that there is."""
    assert isinstance(event.event, str)
    assert isinstance(event.status, str)
    assert isinstance(event.message, str)
    assert isinstance(event.id, str | None)
    assert isinstance(event.task_id, str | None)
    assert isinstance(event.raw, dict)
    assert isinstance(event.data, dict) or hasattr(event.data, "to_dict")
    assert isinstance(event.recovered, bool)
    repr(event)


def use_response(response: WorkflowRunResponse) -> None:
    assert isinstance(response.id, str)
    assert isinstance(response.status, str)
    assert isinstance(response.message, str)
    assert isinstance(response.task_id, str | None)
    assert isinstance(response.outputs, dict)
    assert isinstance(response.inputs, dict)
    for form in response.forms:
        assert isinstance(form.token, str | None)
        assert isinstance(form.content, str)
        repr(form)
    for file in response.files:
        repr(file)
    repr(response)
    with suppress(DifyError):
        response.raise_for_status()


@both
@pytest.mark.parametrize("name", sorted(set(EVENTS) - TERMINAL))
def test_events_never_raise(kind: Kind, name: str) -> None:
    found = events_by_name()[name][:: 1 if kind == "sync" else 3]
    end = RUN.events()[-1]
    with serving(kind) as (server, dify):
        for start in range(0, len(found), 200):
            some = found[start : start + 200]
            server.will_stream(*(event for _, event in some), end)
            with dify.run_workflow_stream({}) as stream:
                count = 0
                for event in stream:
                    use_event(event)
                    count += 1
            use_response(stream.result())
            assert count == len(some) + 1


@both
@pytest.mark.parametrize("name", sorted(TERMINAL))
def test_last_events_never_raise_but_our_errors(kind: Kind, name: str) -> None:
    found = events_by_name()[name]
    first = RUN.events()[0]
    results = errors = 0
    with serving(kind) as (server, dify):
        for what, event in found if kind == "sync" else found[::3]:
            server.answers.clear()
            server.will_stream(first, event)
            stream = dify.run_workflow_stream({})
            try:
                for item in stream:
                    use_event(item)
                use_response(stream.result())
                results += 1
            except DifyError:
                errors += 1
            except Exception as error:
                raise AssertionError(what) from error
    assert (results > 100) == (name != "error")
    assert errors >= 5


# Bodies.

FILE = WorkflowFile.from_bytes(b"x", "a.txt")
HALF = RUN.events()[:1]


def use_run(response: Any, dify: Any) -> None:
    use_response(response)
    for file in response.files:
        with suppress(DifyError):
            dify.download(file)


def cut_run(dify: Any) -> Any:
    """A run whose stream ends before its id came: it is looked for in the logs of its user."""
    return dify.run_workflow({}, user="user-1")


# What reads an answer: the route, what else is answered, and the calls.
READERS: dict[str, list[tuple[str, Callable[[Any], Any]]]] = {
    "BlockingRunResult": [("/run", lambda dify: use_run(dify.run_workflow(BLOCKING), dify))],
    "WorkflowRunDetail": [
        ("/workflows/run/", lambda dify: use_run(dify.info("id"), dify)),
        ("/workflows/run/", lambda dify: use_run(dify.attach("id").result(), dify)),
    ],
    "StopResult": [("/stop", lambda dify: dify.stop_workflow_stream("id"))],
    "WorkflowLogPage": [
        ("/logs", lambda dify: use_entries(dify.logs())),
        ("/logs", lambda dify: use_entries(dify.iter_logs())),
        ("/logs", lambda dify: list(dify.logs(last_id="id"))),
        ("/logs", cut_run),
    ],
    "HumanInputForm": [
        ("/form", lambda dify: use_form(dify.form("token"))),
        ("/form", lambda dify: dify.submit_form("token", action="ok", inputs={"comment": "x"})),
        ("/form", lambda dify: dify.submit_form("token", action="ok", inputs={"pick": "x"})),
    ],
    "UploadedFile": [
        ("/upload", lambda dify: dify.upload_file(b"x", name="a.txt")),
        ("/upload", lambda dify: dify.run_workflow({"doc": FILE})),
    ],
    "EndUser": [("/end-users", lambda dify: dify.end_user("id"))],
    "AppInfo": [("/info", lambda dify: dify.app_info())],
    "AppParameters": [
        ("/parameters", lambda dify: dify.parameters()),
        ("/parameters", lambda dify: fitting(dify, {})),
        (
            "/parameters",
            lambda dify: fitting(
                dify,
                {"text": "x", "choice": "a", "num": 1, "flag": True, "doc": FILE, "docs": [FILE]},
            ),
        ),
    ],
    "AppMeta": [("/meta", lambda dify: dify.meta())],
    "AppSite": [("/site", lambda dify: dify.site())],
    "AudioTranscript": [("/audio", lambda dify: dify.audio_to_text(b"x", name="a.wav"))],
}


def fitting(dify: Any, inputs: dict[str, Any]) -> Any:
    return dify.with_options(api_key=f"app-{uuid.uuid4()}").run_workflow(inputs, validate="strict")


def use_entries(entries: Any) -> None:
    for entry in entries:
        assert isinstance(entry.id, str)
        assert isinstance(entry.status, str)
        assert isinstance(entry.message, str)
        assert isinstance(entry.created_at, int)
        repr(entry)


def use_form(form: Any) -> None:
    assert isinstance(form.content, str)
    assert all(isinstance(field.output_variable_name, str) for field in form.inputs)
    repr(form)


@functools.cache
def bodies_by_model() -> dict[str, list[tuple[str, Any]]]:
    """Mutants of every recorded answer, by its model, each place once."""
    known: dict[str, set[Path]] = {}
    found: dict[str, list[tuple[str, Any]]] = {}
    for item in exchanges():
        name = model_of(item)
        if name is not None:
            body = item.json()
            places = known.setdefault(name, set())
            if isinstance(body, dict) and body.get("id", "") is not None:
                found.setdefault(name, []).extend(mutants(body, places))
    return found


def test_every_model_of_an_answer_is_there() -> None:
    assert set(bodies_by_model()) == set(READERS)


@both
@pytest.mark.parametrize("model", sorted(READERS))
def test_answers_give_values_or_our_errors(kind: Kind, model: str) -> None:
    found = bodies_by_model()[model]
    read = failed = 0
    with serving(kind) as (server, dify):
        for path, ask in READERS[model]:
            for what, body in found if kind == "sync" else found[::3]:
                server.answers.clear()
                server.will_say(body, path=path)
                if ask is cut_run:
                    server.will_stream()
                try:
                    ask(dify)
                    read += 1
                except DifyError:
                    failed += 1
                except Exception as error:
                    raise AssertionError(f"{path}: {what}") from error
    assert read + failed == len(READERS[model]) * len(found if kind == "sync" else found[::3])
    assert read > 0


@both
def test_anything_else_than_an_object(kind: Kind) -> None:
    with serving(kind) as (server, dify):
        for path, ask in (reader for readers in READERS.values() for reader in readers):
            bodies: list[Any] = [None, [], [None], "x", 5, True, {}, [[]], {"data": []}]
            for body in bodies:
                server.answers.clear()
                server.will_say(body, path=path)
                if ask is not cut_run:
                    with pytest.raises(DifyError):
                        ask(dify)


@both
def test_errors_are_ours(kind: Kind) -> None:
    """Every recorded error body, with one thing wrong, in every call."""
    known: set[Path] = set()
    found = [
        (item.status, what, body)
        for item in exchanges()
        if item.status >= 400 and item.content_type.startswith("application/json")
        for what, body in mutants(item.json(), known)
    ]
    asks = [ask for readers in READERS.values() for _, ask in readers[:1]]
    with serving(kind) as (server, dify):
        for ask in asks:
            for status in (400, 404, 412, 500):
                for _, what, body in found if kind == "sync" else found[::5]:
                    server.answers.clear()
                    server.will_say(body, status)
                    with pytest.raises(DifyError) as caught:
                        ask(dify)
                    error = caught.value
                    if isinstance(error, APIError):
                        assert isinstance(error.message, str), what
                        assert isinstance(error.code, str | None), what
                        assert isinstance(error.hint, str), what
                    str(error)
