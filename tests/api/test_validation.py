"""`validate`: nothing is asked for by default, and all problems come at once when asked."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
from dify_workflow import (
    APIError,
    AppUnavailable,
    InputWarning,
    InvalidArgument,
    UnreadableAnswer,
    WorkflowFile,
    WorkflowRunRequest,
)
from facade import Kind, both, client
from form_apps import PIC, RUN, App, asked, each_mode, field, run
from replay_server import ReplayServer, Reply
from wire_archive import VERSIONS, exchange, exchanges

BAD: dict[str, Any] = {
    "short": "x" * 11,
    "choice": "zzz",
    "num": "many",
    "flag": "yes",
    "obj": "{}",
    "doc": "a.pdf",
    "docs": [PIC] * 4,
    "unknown": 1,
}


ALL_BAD = [
    "inputs.unknown: the app has no such input, and drops it",
    "inputs.text: required",
    "inputs.short: at most 10 characters, not 11",
    "inputs.choice: one of a, b, c, not 'zzz'",
    "inputs.num: a number is needed, not str",
    "inputs.flag: True or False is needed, not str",
    "inputs.obj: a mapping is needed, not str",
    "inputs.doc: a WorkflowFile is needed, not str",
    "inputs.docs: at most 3 files, not 4",
]


@both
@each_mode
def test_all_problems_are_one_error_and_nothing_is_sent(kind: Kind, mode: str) -> None:
    with App() as server, client(kind, server.url) as dify:
        with pytest.raises(InvalidArgument) as caught:
            run(dify, mode, BAD, validate="strict")
        assert asked(server) == ["parameters"]  # and not one of the files was uploaded
    assert str(caught.value).split("; ") == ALL_BAD
    assert caught.value.field == "inputs.unknown"


@both
@each_mode
def test_a_warning_says_the_same_and_the_run_goes_on(kind: Kind, mode: str) -> None:
    inputs = {name: value for name, value in BAD.items() if name != "docs"}
    with App() as server, client(kind, server.url, validate="warn") as dify:
        with pytest.warns(InputWarning) as caught:
            assert run(dify, mode, inputs).status == "succeeded"
        assert [str(item.message).split("; ") for item in caught] == [ALL_BAD[:-1]]
        assert asked(server) == ["parameters", "run"]
        assert server.requests[1].json()["inputs"] == inputs
        with warnings.catch_warnings(record=True) as silent:
            run(dify, mode, {"text": "x"})
        assert silent == []


@both
@each_mode
def test_by_default_nothing_else_is_asked(kind: Kind, mode: str) -> None:
    inputs = {name: value for name, value in BAD.items() if name != "docs"}
    with App() as server, client(kind, server.url) as dify:
        run(dify, mode, inputs)
        run(dify, mode, inputs, validate="off")
        assert asked(server) == ["run", "run"]


@both
def test_the_form_is_fetched_once_for_each_key(kind: Kind) -> None:
    with App() as server, client(kind, server.url, validate="strict") as dify:
        for _ in range(3):
            dify.run_workflow({"text": "x"})
        with pytest.raises(InvalidArgument):
            dify.run_workflow({})
        dify.with_options(user="ann").run_workflow({"text": "x"})
        assert asked(server) == ["parameters", *["run"] * 4]
        dify.run_workflow({"text": "x"}, api_key="app-other")
        dify.run_workflow(WorkflowRunRequest(inputs={"text": "x"}, api_key="app-other"))
        assert asked(server)[5:] == ["parameters", "run", "run"]
        keys = [request.headers["authorization"] for request in server.requests]
        assert len(set(keys)) == 2


@both
@pytest.mark.parametrize("inputs", [{}, {"a": None}])
def test_what_is_required(kind: Kind, inputs: dict[str, Any]) -> None:
    form = [field("text-input", "a", required=True, default="x"), field("number", "b")]
    with App(form) as server, client(kind, server.url, validate="strict") as dify:
        with pytest.raises(InvalidArgument) as caught:
            dify.run_workflow(inputs)
        assert str(caught.value) == "inputs.a: required"
        dify.run_workflow({"a": ""})
        dify.run_workflow({"a": "x", "b": None})


@both
def test_a_required_file_is_more_than_an_empty_text(kind: Kind) -> None:
    form = [field("file", "doc", required=True), field("file", "more")]
    with (
        App(form) as server,
        client(kind, server.url, validate="strict") as dify,
        pytest.raises(InvalidArgument) as caught,
    ):
        dify.run_workflow({"doc": "", "more": ""})
    assert str(caught.value) == "inputs.doc: a WorkflowFile is needed, not str"


@both
def test_an_input_of_a_new_type_passes(kind: Kind) -> None:
    new = field("a-new-type", "new", required=True)
    odd = {"text-input": {**field("text-input", "odd")["text-input"], "type": "a-newer-type"}}
    with App([new, odd]) as server, client(kind, server.url, validate="strict") as dify:
        dify.run_workflow({"new": {"any": "thing"}, "odd": 5})
        with pytest.raises(InvalidArgument, match="no such input"):
            dify.run_workflow({"newer": 1})


@both
def test_an_app_without_inputs_takes_none(kind: Kind) -> None:
    with App([]) as server, client(kind, server.url, validate="strict") as dify:
        dify.run_workflow({})
        with pytest.raises(InvalidArgument):
            dify.run_workflow({"a": 1})


@both
def test_allowed_files(kind: Kind) -> None:
    limited = {"allowed_file_upload_methods": ["remote_url"], "allowed_file_extensions": [".PDF"]}
    form = [
        field("file", "url_only", **limited, allowed_file_types=["document", "custom"]),
        field("file", "any"),
    ]
    url = WorkflowFile.from_url
    good = [url("https://h/a.pdf"), url("https://h/a.pdf", type="custom"), url("https://h/a.txt")]
    bad: list[tuple[Any, str]] = [
        (WorkflowFile.from_bytes(b"", "a.pdf"), "local_file is not allowed, only remote_url"),
        (url("https://h/a.png"), "a file of the type image is not allowed"),
        (url("https://h/a.zip"), "a file ending in .zip is not allowed, only pdf"),
        ([url("https://h/a.pdf")], "a WorkflowFile is needed, not list"),
    ]
    with App(form) as server, client(kind, server.url, validate="strict") as dify:
        for file in good:
            dify.run_workflow({"url_only": file, "any": file})
        for file, problem in bad:
            with pytest.raises(InvalidArgument) as caught:
                dify.run_workflow({"url_only": file})
            assert problem in str(caught.value)


@both
@pytest.mark.parametrize("mode", ["warn", "strict"])
def test_a_form_that_cannot_be_had_starts_no_run(kind: Kind, mode: Any) -> None:
    unpublished = Reply.of(exchange("1.14.2", "appinfo/unpublished_parameters"))
    replies: list[tuple[Reply, type[APIError]]] = [
        (unpublished, AppUnavailable),
        (Reply.json(200, {"user_input_form": "?"}), UnreadableAnswer),
        (Reply.json(200, []), UnreadableAnswer),
    ]
    for reply, expected in replies:
        with App(parameters=reply) as server, client(kind, server.url) as dify:
            with pytest.raises(expected):
                dify.run_workflow({"text": "x"}, validate=mode)
            assert asked(server) == ["parameters"]


@both
def test_the_recorded_forms_of_all_versions(kind: Kind) -> None:
    items = [item for item in exchanges() if "/parameters" in item.path and item.status == 200]
    seen = set()
    for item in items:
        form = [next(iter(entry.values())) for entry in item.json()["user_input_form"]]
        if not any(entry["variable"] == "text" for entry in form):
            continue
        with (
            App(parameters=Reply.of(item)) as server,
            client(kind, server.url, validate="strict") as dify,
        ):
            assert dify.run_workflow({"text": "x"}).status == "succeeded"
            with pytest.raises(InvalidArgument) as caught:
                dify.run_workflow({"text": 5, "unknown": 1})
            assert len(str(caught.value).split("; ")) == 2, item
            seen.add(item.version)
    assert seen == set(VERSIONS)


@pytest.mark.parametrize("bad", ["", "on", True, None, 1])
def test_there_are_three_ways(bad: Any) -> None:
    with ReplayServer([RUN]) as server, client("sync", server.url) as dify:
        if bad is None:
            assert dify.run_workflow({}, validate=bad).status == "succeeded"  # None says nothing
            return
        with pytest.raises(InvalidArgument) as caught:
            dify.run_workflow({}, validate=bad)
        assert caught.value.field == "validate"
