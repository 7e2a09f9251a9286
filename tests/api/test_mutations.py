"""Whatever a server answers or streams: values, or one of our own errors.

Recorded JSON with one thing wrong: a key gone, null, of another type, unknown, or a new value.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cache, partial
from typing import Any

import httpx
import pytest
from dify_workflow import APIError, DifyError, WorkflowFile, WorkflowRunResponse
from dify_workflow_api.events import EVENTS
from facade import Kind, both, client, mocked
from fake_dify.contract import contract
from pauses import recorded_pauses
from recorded_models import SPEC, component, model_of
from recorded_runs import TERMINAL
from run_events import sse
from wire_archive import exchange, exchanges

Path = tuple[str | int, ...]

GONE: Any = object()
FREE = {"inputs", "outputs", "process_data", "metadata", "tool_info", "iteration_duration_map"}
FREE |= {"loop_duration_map", "loop_variable_map", "parameters", "agent_log", "submitted_data"}
WRONG: list[Any] = [GONE, None, "a-new-value", "", 5, -1.5, 10**30, True, [], ["x"], [None], [{}]]
WRONG += [{}, {"x": None}]


def paths(value: Any, at: Path = ()) -> Iterator[Path]:
    """Every key of an object, the nested ones too; of a list, those of each kind of item.

    What an app may call as it likes is left alone, but for the files in it.
    """
    if isinstance(value, dict):
        free = at and at[-1] in FREE
        for key, inner in value.items():
            if not free or (isinstance(inner, dict) and "dify_model_identity" in inner):
                yield (*at, key)
                yield from paths(inner, (*at, key))
    elif isinstance(value, list):
        seen: set[str] = set()
        for number, inner in enumerate(value):
            shape = str(sorted(inner) if isinstance(inner, dict) else type(inner))
            if shape not in seen:
                seen.add(shape)
                yield (*at, number)
                yield from paths(inner, (*at, number))


def changed(value: Any, path: Path, to: Any) -> Any:
    """A copy with another value at a place; GONE takes the key away."""
    key, *rest = path
    copy = value.copy()
    if rest:
        copy[key] = changed(value[key], tuple(rest), to)
    elif to is GONE:
        del copy[key]
    else:
        copy[key] = to
    return copy


def mutants(value: Any, known: set[Path]) -> Iterator[tuple[str, Any]]:
    """Yield what was done, and the changed copy, for each path that `known` does not hold yet."""
    for path in paths(value):
        if path in known:
            continue
        known.add(path)
        where = ".".join(map(str, path))
        for wrong in WRONG:
            yield (
                f"{where} = {'gone' if wrong is GONE else repr(wrong)}",
                changed(value, path, wrong),
            )
        beside = (*path[:-1], "a_new_key")
        if isinstance(path[-1], str) and beside not in known:
            known.add(beside)
            yield f"{where}: a new key beside", changed(value, beside, {"x": 1})


def mutants_by_name(named: Iterable[tuple[str, Any]]) -> dict[str, list[tuple[str, Any]]]:
    """Mutants of values, by their names; each place of a name once."""
    known: dict[str, set[Path]] = {}
    found: dict[str, list[tuple[str, Any]]] = {}
    for name, value in named:
        found.setdefault(name, []).extend(mutants(value, known.setdefault(name, set())))
    return found


RUN = exchange("1.14.2", "run/empty_streaming")
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
        headers = {**HEADERS, "content-type": "text/event-stream"}
        answer = httpx.Response(200, content=sse(events), headers=headers)
        self.answers.append(("/run", answer))


@contextmanager
def serving(kind: Kind) -> Iterator[tuple[Server, Any]]:
    """A client without a network, and what answers it."""
    server = Server()
    http = mocked(kind, server)
    with (
        recorded_pauses(),
        client(kind, "http://server.test", http_client=http, max_retries=0) as dify,
    ):
        yield server, dify
        http.close() if kind == "sync" else dify._run(http.aclose())


def of_types(value: Any, **types: Any) -> None:
    """Check the types of attributes, and that the value can be shown."""
    for name, kind in types.items():
        assert isinstance(getattr(value, name), kind), name
    repr(value)


def use_response(response: WorkflowRunResponse) -> None:
    """Read all that there is."""
    of_types(response, id=str, status=str, message=str, task_id=str | None)
    of_types(response, outputs=dict, inputs=dict)
    for form in response.forms:
        of_types(form, token=str | None, content=str)
    for file in response.files:
        repr(file)
    with suppress(DifyError):
        response.raise_for_status()


# What reads an answer.

FILE = WorkflowFile.from_bytes(b"x", "a.txt")
INPUTS = {"text": "x", "choice": "a", "num": 1, "flag": True, "doc": FILE, "docs": [FILE]}


def use_run(response: Any, dify: Any) -> None:
    use_response(response)
    for file in response.files:
        with suppress(DifyError):
            dify.download(file)


def blocking_run(dify: Any) -> Any:
    return dify.run_workflow({}, response_mode="blocking")


def cut_run(dify: Any) -> Any:
    """A run whose stream ends before its id came: it is looked for in the logs of its user."""
    return dify.run_workflow({}, user="user-1")


def driven_run(dify: Any) -> Any:
    """A run that pauses: its form is read, and a callback answers it."""
    return dify.run_workflow({}, on_human_input=lambda form: ("approve", {"comment": "x"}))


STREAMS: dict[Any, list[Any]] = {
    cut_run: [],
    driven_run: exchange("1.14.2", "human/one_start").events(),
}
# By the model of an answer: its route, and the calls that read it.
READERS: dict[str, list[tuple[str, Callable[[Any], Any]]]] = {
    "BlockingRunResult": [("/run", lambda dify: use_run(blocking_run(dify), dify))],
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
        ("/form", driven_run),
    ],
    "UploadedFile": [
        ("/upload", lambda dify: dify.upload_file(b"x", name="a.txt")),
        ("/upload", lambda dify: dify.run_workflow({"doc": FILE})),
    ],
    "EndUser": [("/end-users", lambda dify: dify.end_user("id"))],
    "AppInfo": [("/info", lambda dify: dify.app_info())],
    "AppParameters": [
        ("/parameters", lambda dify: dify.parameters()),
        ("/parameters", lambda dify: checked_run(dify, {})),
        ("/parameters", lambda dify: checked_run(dify, INPUTS)),
    ],
    "AppMeta": [("/meta", lambda dify: dify.meta())],
    "AppSite": [("/site", lambda dify: dify.site())],
    "AudioTranscript": [("/audio", lambda dify: dify.audio_to_text(b"x", name="a.wav"))],
}


def checked_run(dify: Any, inputs: dict[str, Any]) -> Any:
    """A run with a key of its own, for which a form is fetched anew."""
    return dify.with_options(api_key=f"app-{uuid.uuid4()}").run_workflow(inputs, validate="strict")


def use_entries(entries: Any) -> None:
    for entry in entries:
        of_types(entry, id=str, status=str, message=str, created_at=int)


def use_form(form: Any) -> None:
    of_types(form, content=str)
    for field in form.inputs:
        of_types(field, output_variable_name=str)


@cache
def bodies_by_model() -> dict[str, list[tuple[str, Any]]]:
    answers = ((name, item.json()) for item in exchanges() if (name := model_of(item)))
    of_something = (pair for pair in answers if pair[1] and pair[1].get("id", "") is not None)
    return mutants_by_name(of_something)


def gives_a_value(what: str, use: Callable[[], Any]) -> bool:
    """Use what is given; an error of ours is none, any other one fails the test."""
    try:
        use()
    except DifyError:
        return False
    except Exception as error:
        raise AssertionError(what) from error
    return True


@pytest.mark.long
@pytest.mark.sample(5)
@both
@pytest.mark.parametrize("model", sorted(READERS))
def test_answers_give_values_or_our_errors(kind: Kind, model: str) -> None:
    """The sync client reads some 1,000 mutants; for the async one, and further on, 200 do."""
    found = bodies_by_model()[model]
    step = 3 + len(found) // 200
    read = 0
    with serving(kind) as (server, dify):
        for number, (path, ask) in enumerate(READERS[model]):
            first = (kind, number) == ("sync", 0)
            for what, body in found[:: 1 + len(found) // 1000] if first else found[number::step]:
                server.answers.clear()
                server.will_say(body, path=path)
                if ask in STREAMS:
                    server.will_stream(*STREAMS[ask])
                read += gives_a_value(f"{path}: {what}", partial(ask, dify))
    assert read > 0
    assert set(bodies_by_model()) == set(READERS)


@both
def test_anything_else_than_an_object(kind: Kind) -> None:
    with serving(kind) as (server, dify):
        for path, ask in (reader for readers in READERS.values() for reader in readers):
            bodies: list[Any] = [None, [], [None], "x", 5, True, {}, [[]], {"data": []}]
            for body in bodies:
                server.answers.clear()
                server.will_say(body, path=path)
                if ask not in STREAMS:
                    with pytest.raises(DifyError):
                        ask(dify)


@pytest.mark.long
@pytest.mark.sample(1)
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
                for _, what, body in found[:: 7 if kind == "sync" else 11]:
                    server.answers.clear()
                    server.will_say(body, status)
                    with pytest.raises(DifyError) as caught:
                        ask(dify)
                    error = caught.value
                    if isinstance(error, APIError):
                        of_types(error, message=str, code=str | None, hint=str)
                    assert str(error), what


# What it streams.

ENVELOPES = SPEC["components"]["schemas"]["WorkflowEvent"]["discriminator"]["mapping"].values()
UNRECORDED: list[dict[str, Any]] = [
    contract().example(ref.rpartition("/")[2])
    for ref in ENVELOPES
    if component({"$ref": ref}).get("x-recorded") is False
]


@cache
def events_by_name() -> dict[str, list[tuple[str, Any]]]:
    recorded = [event for item in exchanges() if item.is_stream for event in item.events()]
    return mutants_by_name((event["event"], event) for event in [*UNRECORDED, *recorded])


def use_event(event: Any) -> None:
    """Read all that there is."""
    of_types(event, event=str, status=str, message=str, id=str | None, task_id=str | None)
    of_types(event, raw=dict, recovered=bool)
    assert isinstance(event.data, dict) or hasattr(event.data, "to_dict")


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
                events = list(stream)
            use_response(stream.result())
            assert len(events) == len(some) + 1
            for event in events:
                use_event(event)


@pytest.mark.long
@pytest.mark.sample(2)
@both
@pytest.mark.parametrize("name", sorted(TERMINAL))
def test_last_events_never_raise_but_our_errors(kind: Kind, name: str) -> None:
    found = events_by_name()[name][:: 2 if kind == "sync" else 3]
    results = 0
    with serving(kind) as (server, dify):

        def read() -> None:
            stream = dify.run_workflow_stream({})
            for item in stream:
                use_event(item)
            use_response(stream.result())

        for what, event in found:
            server.answers.clear()
            server.will_stream(RUN.events()[0], event)
            results += gives_a_value(what, read)
    assert (results > 100) == (name != "error")
    assert results <= len(found) - 5
