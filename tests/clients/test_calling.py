"""How a run is called: by a request, by a mapping, or by names; and what mistakes are told."""

from __future__ import annotations

import inspect
import io
import json
import os
import shlex
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest
from cli_calls import cli
from dify_workflow import (
    AsyncDifyWorkflow,
    CallOptions,
    DifyWorkflow,
    InvalidArgument,
    RunOptions,
    StreamClosed,
    WorkflowFile,
    WorkflowRunRequest,
)
from dify_workflow.batch import BatchOptions, run_many
from dify_workflow.options import RunArguments
from dify_workflow_api.filters import LogFilters
from facade import Kind, answered, both, client, each_way, run
from fake_dify import FakeDify, HumanInput
from replay_server import Reply
from wire_archive import exchange

Call = Callable[[Any], Any]


@both
@each_way
def test_a_run_is_called_by_names_as_by_a_request(
    fake_dify: FakeDify, kind: Kind, way: str
) -> None:
    inputs = {"text": "a"}
    others: dict[str, Any] = {
        "user": "ann",
        "trace_id": "t",
        "trace_session_id": "s",
        "files": [WorkflowFile.from_url("http://127.0.0.1/a.png")],
    }
    with client(kind, fake_dify) as dify:
        for request, given in (
            ((), {"inputs": inputs, **others}),
            ((WorkflowRunRequest(inputs=inputs, **others),), {}),
            ((inputs,), others),
            ((WorkflowRunRequest(inputs=inputs),), {"inputs": None, **others}),
        ):
            assert run(dify, way, *request, **given).status == "succeeded"
    bodies = [sent.body for sent in fake_dify.requests if sent.path.endswith("/run")]
    assert bodies == [bodies[0]] * 4
    file = {"type": "image", "transfer_method": "remote_url", "url": "http://127.0.0.1/a.png"}
    mode = "blocking" if way == "blocking" else "streaming"
    assert bodies[0] == {"inputs": inputs, **others, "files": [file], "response_mode": mode}


def test_none_is_a_value_for_what_may_be_left_out(fake_dify: FakeDify) -> None:
    """For type checkers too, which read this."""
    unset = os.environ.get("NOT_SET_BY_ANYBODY")
    request = WorkflowRunRequest(inputs={}, api_key=unset, user=unset, workflow_id=unset)
    given: RunOptions = {"api_key": unset, "user": unset, "deadline": None, "max_retries": None}
    given["validate"] = None
    with DifyWorkflow(
        base_url=fake_dify.url, api_key=fake_dify.api_key, user=unset, proxy=unset
    ) as dify:
        assert dify.run_workflow(request, **given).status == "succeeded"
        assert len(dify.logs(keyword=unset, status=None, created_at_after=None, limit=None)) == 1
    with pytest.raises(InvalidArgument, match="DIFY_API_KEY"):
        DifyWorkflow(base_url=fake_dify.url, api_key=unset).app_info()


MISTAKES: list[tuple[Call, str]] = [
    (lambda dify: dify.run_workflow(), r"run_workflow\(\{'text': "),
    (lambda dify: dify.run_workflow(word="a"), r"run_workflow\(\{'word': "),
    (lambda dify: dify.run_workflow({}, user_id="u"), "did you mean user?"),
    (lambda dify: dify.start({}, dead_line=1), "did you mean deadline?"),
    (lambda dify: DifyWorkflow(apikey="x"), "did you mean api_key?"),  # type: ignore[call-arg]
    (lambda dify: AsyncDifyWorkflow(baseurl="x"), "did you mean base_url?"),  # type: ignore[call-arg]
    (lambda dify: dify.run_workflow({"a": 1}, inputs={"a": 2}), "give it once"),
    (lambda dify: dify.run_workflow({"a": object()}), "object has no JSON form; text"),
    (lambda dify: dify.run_workflow({"a": io.BytesIO(b"a")}), "WorkflowFile.from_bytes"),
    (lambda dify: dify.run_workflow({"a": Path("nope.pdf")}), "no file at 'nope.pdf'"),
    (lambda dify: dify.run_workflow({"a": Path()}), "no file at"),
    (lambda dify: dify.upload_file("https://a/b.pdf"), "WorkflowFile.from_url"),
    (lambda dify: dify.upload_file("some text"), "bytes, with a name"),
    (lambda dify: WorkflowFile("q1.pdf"), "from_path"),
    (lambda dify: dify.info("app-secret"), "an API key, not an id"),
    (lambda dify: dify.stop_workflow_stream("app-secret"), "an API key, not an id"),
    (lambda dify: dify.run_workflow({}, api_key="Bearer app-secret"), "alone, without 'Bearer '"),
    (lambda dify: dify.download("abc"), "'abc' is no link; an id is none"),
    (lambda dify: dify.run_workflow({}, deadline="3"), "seconds .*timedelta"),
    (lambda dify: dify.logs(created_at_after="2026-01-01"), r"astimezone\(\)"),
]


@both
@pytest.mark.parametrize(("call", "told"), MISTAKES, ids=[told for _, told in MISTAKES])
def test_a_mistake_is_told_with_what_to_write(
    fake_dify: FakeDify, kind: Kind, call: Call, told: str
) -> None:
    with client(kind, fake_dify) as dify:
        with pytest.raises(InvalidArgument, match=told) as caught:
            call(dify)
        assert "app-secret" not in str(caught.value)
    assert not fake_dify.requests


@both
def test_what_a_server_gives_beyond_numbers_and_text_raises_nothing(kind: Kind) -> None:
    """Neither when it is asked for, nor when it is written."""
    odd = {"elapsed_time": 10**400, "total_tokens": float("inf"), "outputs": {"text": "a\ud800"}}
    body = exchange("1.14.2", "detail/empty").json() | odd
    with answered(kind, Reply.json(200, body)) as (_, dify):
        response = dify.info(body["id"])
    assert (response.elapsed_time, response.total_tokens) == (None, None)
    written = json.loads(response.to_json().encode())
    assert written["outputs"] == odd["outputs"]
    assert "Infinity" not in response.to_json()


@both
def test_a_response_is_a_value(fake_dify: FakeDify, kind: Kind) -> None:
    with client(kind, fake_dify) as dify:
        stream = dify.start({})
        assert stream.id
        assert stream.task_id
        items = list(stream)
        with pytest.raises(StreamClosed, match="read to its end"):
            list(stream)
        response = stream.result()
        assert stream.outputs == response.outputs == response["outputs"]
        page = dify.logs()
    names = ("id", "status", "message", "task_id", "outputs")
    expected = {name: getattr(response, name) for name in names}
    assert dict(response) == json.loads(response.to_json()) == expected
    assert items[-1].to_dict()["id"] == response.id
    assert response.elapsed_time == response.data.elapsed_time
    assert response.total_steps == response.data.total_steps
    assert response.error is None
    assert response.created.timestamp() == response.created_at
    assert response.finished.utcoffset() == timedelta()
    assert page.to_dict()["data"][0]["run_id"] == response.id
    entry = page.data[0]
    assert entry.created.timestamp() == entry.created_at
    for name in ("elapsed_time", "total_tokens", "total_steps", "error", "finished"):
        assert getattr(entry, name) == getattr(response, name)
    for seconds in (10**12, -(10**12), 10**400):  # beyond the calendar
        later = attrs.evolve(entry, created_at=seconds)
        assert (later.created_at, later.created) == (seconds, None)


@pytest.mark.parametrize("kind", [DifyWorkflow, AsyncDifyWorkflow])
def test_help_and_signature_show_every_option(kind: Any) -> None:
    for name, options in (
        ("__init__", RunOptions),
        ("with_options", RunOptions),
        ("run_workflow", RunArguments),
        ("run_workflow_stream", RunArguments),
        ("start", RunArguments),
        ("info", CallOptions),
        ("logs", LogFilters),
        ("iter_logs", LogFilters),
    ):
        assert_shows(getattr(kind, name), options)
    assert_shows(run_many, BatchOptions)
    for name in dir(kind):
        if name[0] != "_" and callable(getattr(kind, name)):
            assert "**" not in str(inspect.signature(getattr(kind, name)))
    type("Mine", (kind,), {})  # a subclass of a user's changes nothing
    assert kind.info.__doc__.count("Options:") == 1


def assert_shows(function: Any, options: Any) -> None:
    shown = inspect.signature(function).parameters
    for option in options.__annotations__:
        assert shown[option].default is not inspect.Parameter.empty
        assert f"\n    {option}: " in function.__doc__


# What the terminal says of them in its own words; its other refusals: tests/cli.
TERMINAL: dict[str, tuple[int, str]] = {
    'run --inputs \'{"text": "a"}\' --user ann': (0, ""),
    "logs --after yesterday": (2, "--after: a time such as"),
    "run text=a": (2, "-i text=a"),
    "run --inputs [1]": (2, "--inputs [1]: a JSON object"),
    "run --workflow-id ' '": (2, "--workflow-id: "),
    "batch table.csv --encoding x": (2, "--encoding: of text"),
    "batch table.csv --column x": (2, "--column: there is no column 'x'"),
    "batch table.csv --key x": (2, "--key: row 1 has no 'x'"),
    "batch empty.csv": (7, "empty.csv has no rows"),
    "batch none.csv": (2, "no file none.csv"),
    "batch semi.csv": (0, '"inputs": {"id": "1", "text": "a"}'),
}
TABLES = {"table.csv": "text\na\n", "semi.csv": "id;text\n1;a\n", "empty.csv": ""}


@pytest.mark.parametrize("line", TERMINAL)
def test_the_terminal_speaks_its_own_words(
    fake_dify: FakeDify, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in TABLES.items():
        Path(name).write_text(text)
    code, told = TERMINAL[line]
    ended = cli(fake_dify, line)
    assert ended.exit_code == code
    assert told in ended.out + ended.err


def test_what_the_terminal_shows_is_taken_back_as_it_stands(fake_dify: FakeDify) -> None:
    fake_dify.workflow = [HumanInput("ask", "Please review")]
    paused = cli(fake_dify, "run --user 'ann lee'")
    assert paused.exit_code == 4
    hint = paused.err.partition("dify-workflow form")[2].strip()
    assert cli(fake_dify, "form", *shlex.split(hint), "--action", "approve").exit_code == 0
    shown = cli(fake_dify, "logs").out.splitlines()[1].partition("\t")[0]
    assert len(cli(fake_dify, "logs --after", shown).out.splitlines()) == 2
