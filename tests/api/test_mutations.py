"""Whatever a server answers or streams: values, or one of our own errors."""

from __future__ import annotations

import functools
import uuid
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from dify_workflow import APIError, DifyError, WorkflowFile
from dify_workflow_api.events import EVENTS
from facade import Kind, both
from fake_dify.contract import contract
from mutants import RUN, Path, mutants, mutants_by_name, of_types, serving, use_response
from recorded_models import SPEC, component, model_of
from recorded_runs import TERMINAL
from wire_archive import exchange, exchanges

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
# What reads an answer: its route, and the calls.
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


@functools.cache
def bodies_by_model() -> dict[str, list[tuple[str, Any]]]:
    answers = ((name, item.json()) for item in exchanges() if (name := model_of(item)))
    of_something = (pair for pair in answers if pair[1] and pair[1].get("id", "") is not None)
    return mutants_by_name(of_something)


@pytest.mark.long
def test_every_model_of_an_answer_is_there() -> None:
    assert set(bodies_by_model()) == set(READERS)


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
                try:
                    ask(dify)
                    read += 1
                except DifyError:
                    pass
                except Exception as error:
                    raise AssertionError(f"{path}: {what}") from error
    assert read > 0


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


@functools.cache
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
    found = events_by_name()[name]
    first = RUN.events()[0]
    results = errors = 0
    with serving(kind) as (server, dify):
        for what, event in found[:: 2 if kind == "sync" else 3]:
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
