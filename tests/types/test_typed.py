"""Typed requests: their outputs are read as their class, their inputs held against the form."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType
from typing import Any, NotRequired, TypedDict

import attrs
import pytest
from dify_workflow import (
    AuthenticationError,
    InputWarning,
    InvalidArgument,
    RunNotFinished,
    WorkflowFailed,
    WorkflowRunRequest,
)
from dify_workflow._api.input_forms import KEPT, InputForms
from dify_workflow.batch import iter_many
from dify_workflow.cli.generate.module import render
from dify_workflow.exported import read_app
from dify_workflow.typed import OutputsMismatch, TypedRequest, TypedResponse, read, request
from dify_workflow_api.models import OutputFile
from exported_apps import EXPORTED
from facade import Kind, both, client
from fake_dify import Answer, FakeDify, HumanInput, Input, Node, Text
from wire_archive import Exchange, exchanges


class Person(TypedDict):
    name: str
    age: NotRequired[int | None]


@attrs.frozen(kw_only=True)
class Outputs:
    text: str
    total: float | None = None
    people: list[Person] = attrs.field(metadata={"name": "the people"})
    done: bool | None = None
    file: OutputFile | None = None
    anything: Any = None
    either: str | list[str] | None = None


GOOD: dict[str, Any] = {"text": "x", "the people": [{"name": "a", "age": 3}]}
FILE = {"dify_model_identity": "__dify__file__", "type": "image", "filename": "a.png", "size": 3}


def mine(**inputs: Any) -> TypedRequest[Outputs]:
    return request(Outputs, inputs)


@pytest.fixture
def fake() -> Iterator[FakeDify]:
    form = [Input("text", required=False), Input("lang", "select", options=["de", "en"])]
    with FakeDify(form=form, workflow=[Node(outputs=GOOD)], eof_delay=0.0) as fake:
        yield fake


@both
def test_each_way_to_run_gives_typed_outputs(kind: Kind, fake: FakeDify) -> None:
    asked = mine(text="hi", lang=None)
    with client(kind, fake) as dify:
        response = dify.run_workflow(asked, user="u", deadline=30.0)
        assert isinstance(response, TypedResponse)
        assert response.typed == Outputs(text="x", people=[{"name": "a", "age": 3}])
        assert response.typed is response.typed
        blocking = dify.run_workflow(attrs.evolve(asked, response_mode="blocking"))
        assert blocking.typed == response.typed
        with dify.run_workflow_stream(asked) as stream:
            assert read(Outputs, stream.result()) == response.typed
        with dify.start(asked, user="u") as started:
            assert read(Outputs, started.result()) == response.typed
        with dify.attach(started.id, user="u") as attached:
            assert read(Outputs, attached.result()) == response.typed
        assert read(Outputs, dify.info(response.id)) == response.typed
        assert not isinstance(dify.run_workflow({"text": "hi"}), TypedResponse)
    assert {run.user for run in fake.runs} == {"u", "dify-workflow"}
    assert all(run.inputs["text"] == "hi" for run in fake.runs)


def test_batches_take_typed_requests(fake: FakeDify) -> None:
    with client("sync", fake) as dify:
        rows = [mine(text=str(number)) for number in range(3)]
        results = list(iter_many(dify, rows))
        assert {read(Outputs, result.outputs).text for result in results} == {"x"}
        made = iter_many(dify, [{"id": 7}], key="id", inputs=lambda row: mine(text=str(row["id"])))
        assert [(result.key, result.inputs) for result in made] == [(7, {"text": "7"})]
        (renamed,) = iter_many(dify, [mine(txt="1")])
        assert renamed.error is not None
        assert "inputs.txt: the app has no such input" in renamed.error.message
        with pytest.raises(InvalidArgument):
            list(iter_many(dify, [attrs.evolve(mine(), user="me")]))
    assert fake.posts() == 4


# (outputs, name, expected, found)
MISFITS: list[tuple[dict[str, Any], str, str, str]] = [
    (GOOD | {"text": None}, "text", "str", "null"),
    (GOOD | {"text": 3}, "text", "str", "int"),
    ({"the people": []}, "text", "str", "nothing"),
    ({"text": "x"}, "the people", "list[Person]", "nothing"),
    (GOOD | {"the people": {}}, "the people", "list[Person]", "dict"),
    (GOOD | {"the people": [{"name": "x"}, 3]}, "the people.1", "Person", "int"),
    (GOOD | {"the people": [{"age": 3}]}, "the people.0.name", "str", "nothing"),
    (GOOD | {"the people": [{"name": "a", "age": "3"}]}, "the people.0.age", "int | null", "str"),
    (GOOD | {"total": "1"}, "total", "float | null", "str"),
    (GOOD | {"total": True}, "total", "float | null", "bool"),
    (GOOD | {"done": 2}, "done", "bool | null", "int"),
    (GOOD | {"done": "true"}, "done", "bool | null", "str"),
    (GOOD | {"file": {"url": 1, "no": "file"}}, "file", "OutputFile | null", "dict"),
    (GOOD | {"either": {"a": 1}}, "either", "str | list[str] | null", "dict"),
]


@pytest.mark.parametrize(("outputs", "name", "expected", "found"), MISFITS)
def test_a_mismatch_names_output_expected_and_found(
    outputs: dict[str, Any], name: str, expected: str, found: str, fake: FakeDify
) -> None:
    fake.workflow = [Node(outputs=outputs)]
    with client("sync", fake) as dify:
        response = dify.run_workflow(mine())
    with pytest.raises(OutputsMismatch) as caught:
        _ = response.typed
    error = caught.value
    assert (error.output, error.expected, error.found) == (name, expected, found)
    assert str(error) == f"outputs.{name}: {expected} expected, {found} found"
    assert response.outputs == outputs  # nothing is lost
    assert error.response is response


def test_what_fits_is_kept_as_it_came_and_all_mismatches_are_told_at_once() -> None:
    with pytest.raises(OutputsMismatch) as caught:
        read(Outputs, {"text": 1})
    assert str(caught.value).count("expected") == 2
    extra = {"name": "b", "more": [1]}
    values = {**GOOD, "the people": [extra], "total": 3, "done": 0, "file": FILE, "other": 1}
    found = read(Outputs, values | {"anything": {"a": None}, "either": ["x"]})
    assert found.people == [extra]
    assert (found.total, found.done, found.either) == (3, False, ["x"])
    assert found.file is not None
    assert (found.file.filename, found.file.size) == ("a.png", 3)
    assert found.anything == {"a": None}
    with pytest.raises(InvalidArgument):  # no generated class
        read(int, {})
    assert read(dict[str, Any], {"a": 1}) == {"a": 1}


@both
@pytest.mark.parametrize("what", ["typed", "text"])
def test_runs_without_outputs_say_why(kind: Kind, what: str, fake: FakeDify) -> None:
    with client(kind, fake) as dify:
        fake.workflow = [Text(error="no model")]
        failed = dify.run_workflow(mine())
        with pytest.raises(WorkflowFailed, match="no model"):
            getattr(failed, what)
        fake.workflow = [HumanInput()]
        paused = dify.run_workflow(mine())
        with pytest.raises(RunNotFinished, match="waits for human input") as caught:
            getattr(paused, what)
        with pytest.raises(RunNotFinished, match="is paused"):
            read(Outputs, dify.info(paused.id))
        assert caught.value.response is paused


# The app's form


@both
def test_an_app_that_has_changed_is_noticed(kind: Kind, fake: FakeDify) -> None:
    """What else is told of inputs: tests/api/test_validation.py."""
    asked, told = mine(langue="de"), "inputs.langue: the app has no such input"
    with client(kind, fake) as dify:
        with pytest.raises(InvalidArgument, match=told):
            dify.run_workflow(asked)
        with dify.run_workflow_stream(asked) as stream, pytest.raises(InvalidArgument, match=told):
            stream.result()
        assert (fake.posts("getAppParameters"), fake.posts()) == (1, 0)
        with pytest.warns(InputWarning, match="langue"):
            dify.run_workflow(asked, validate="warn")
        assert (fake.posts("getAppParameters"), fake.posts()) == (1, 1)


@both
def test_the_form_is_fetched_once_in_ten_minutes_for_each_key(
    kind: Kind, fake: FakeDify, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.app("app-other")
    late = 0.0
    monkeypatch.setattr(InputForms.__init__, "__defaults__", (lambda: late,))
    with client(kind, fake) as dify:
        for given, now, fetched in (
            ({}, 0.0, 1),
            ({"user": "u"}, 0.0, 1),
            ({"api_key": "app-other"}, 0.0, 2),
            ({}, KEPT - 1, 2),
            ({}, KEPT + 1, 3),
        ):
            late = now
            dify.run_workflow(mine(), **given)
            dify.with_options(validate="strict").run_workflow({}, **given)
            assert fake.posts("getAppParameters") == fetched


def test_runs_that_begin_together_fetch_it_once(fake: FakeDify) -> None:
    with client("sync", fake) as dify, ThreadPoolExecutor(8) as pool:
        list(pool.map(dify.run_workflow, [mine()] * 8))
    assert (fake.posts("getAppParameters"), fake.posts()) == (1, 8)


@both
def test_validate_off_asks_nobody(kind: Kind, fake: FakeDify) -> None:
    with client(kind, fake) as dify:
        dify.run_workflow(mine(langue="de"), validate="off")
        dify.with_options(validate="off").run_workflow(mine(langue="de"))
    assert (fake.posts("getAppParameters"), fake.posts()) == (0, 2)


@both
@pytest.mark.parametrize("status", [403, 404, 502])
def test_a_gateway_that_refuses_the_form_stops_no_run(
    kind: Kind, status: int, fake: FakeDify
) -> None:
    fake.faults.add(Answer(status=status, body="<html>", on="getAppParameters"), None)
    with client(kind, fake) as dify:
        for _ in range(2):
            assert dify.run_workflow(mine(langue="de")).typed.text == "x"
        assert fake.posts("getAppParameters") == 1  # kept as well
        with pytest.raises(Exception, match=str(status)):
            dify.run_workflow(mine(), validate="strict", max_retries=0)


@both
def test_a_typed_request_is_a_request(kind: Kind, fake: FakeDify) -> None:
    with client(kind, fake, api_key="app-wrong") as dify, pytest.raises(AuthenticationError):
        dify.run_workflow(mine())  # told by the run, not by its form
    asked = mine(text="x", lang=None)
    assert isinstance(asked, WorkflowRunRequest)
    assert asked.inputs == {"text": "x"}
    assert attrs.evolve(asked, user="u").outputs is Outputs


# Recorded runs

# (app, output): why some servers gave what the class does not say
ODD = {
    ("types", "n"): "a code node that returned None",
    ("types", "ab"): "an older variant of the app",
    ("echo", "text"): "an older version of the app, without End",
    ("llm", "reasoning"): "null to 1.8",
    ("loop", "num"): "null on 1.1",
    ("human", "comment"): "a number was sent to the form",
}


def outputs_in(item: Exchange) -> Iterator[dict[str, Any]]:
    """The outputs that a recorded answer has of runs that succeeded."""
    try:
        bodies = [event.get("data") for event in item.events()] if item.is_stream else [item.json()]
    except ValueError:
        return
    for body in bodies:
        run = body.get("data") if isinstance(body, dict) and "data" in body else body
        if isinstance(run, dict) and run.get("status") in ("succeeded", "partial-succeeded"):
            outputs = run.get("outputs")
            if isinstance(outputs, str):
                outputs = json.loads(outputs) if outputs else None
            if outputs and "node_id" not in run:
                yield outputs


@pytest.mark.parametrize("path", EXPORTED, ids=lambda path: path.stem)
def test_recorded_outputs_are_read_by_their_class(path: Any) -> None:
    app = read_app(path.read_bytes())
    module = ModuleType(f"recorded_{path.stem}")
    sys.modules[module.__name__] = module
    exec(render(app, app.inputs, "app"), module.__dict__)
    fitting, odd = 0, set()
    for item in exchanges():
        for outputs in outputs_in(item) if item.request.get("app") == path.stem else ():
            try:
                read(module.AppOutputs, outputs)
                fitting += 1
            except OutputsMismatch as error:
                odd.add((path.stem, error.output))
    assert odd <= ODD.keys()
    assert fitting or path.stem in ("types", "fail_code", "partial_branch")
