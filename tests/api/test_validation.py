"""`validate`: what the app would refuse is told before it is sent, where that is asked for."""

from __future__ import annotations

import uuid
import warnings
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from dify_workflow import InputWarning, WorkflowFile, errors
from facade import Kind, answered, both, client, each_way, run, run_reply
from fake_dify import FakeDify, Input
from odd_values import NOON, Colour, Level, Mode, Order, Point, Pydantic, Size
from replay_server import Handler, Reply, Request
from wire_archive import VERSIONS, exchange, exchanges

PARAMETERS = exchange("1.14.2", "appinfo/echo_parameters_extra")
DOC = WorkflowFile.from_url("https://example.com/a.pdf")
PIC = WorkflowFile.from_bytes(b"x", "a.png")
PDF = WorkflowFile.from_bytes(b"", "a.pdf")
SONG = WorkflowFile.from_bytes(b"x", "a.mp3")


def app(*form: Any, parameters: Reply | None = None) -> Handler:
    """Answer as an app with this input form, or this answer to /parameters; its runs do nothing."""
    asked_for = parameters or Reply.json(200, PARAMETERS.json() | {"user_input_form": [*form]})

    def tell(request: Request) -> Reply:
        return asked_for if request.path.endswith("/parameters") else run_reply(request)

    return tell


USUAL = app(parameters=Reply.of(PARAMETERS))


def field(type: str, variable: str, **more: Any) -> dict[str, Any]:
    """An entry of an input form."""
    known = {"variable": variable, "label": variable, "type": type, "required": False}
    return {type: {**known, "max_length": None, "options": [], **more}}


def asked(server: Any) -> list[str]:
    """The last part of each request's path, in order."""
    return [request.path.rpartition("/")[2] for request in server.requests]


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
@each_way
def test_all_problems_are_one_error_and_nothing_is_sent(kind: Kind, way: str) -> None:
    with answered(kind, USUAL) as (server, dify):
        with pytest.raises(errors.InvalidArgument) as caught:
            run(dify, way, BAD, validate="strict")
        assert asked(server) == ["parameters"]  # and not one of the files was uploaded
    assert str(caught.value).split("; ") == ALL_BAD
    assert caught.value.field == "inputs.unknown"


@both
@each_way
def test_a_warning_says_the_same_and_the_run_goes_on(kind: Kind, way: str) -> None:
    inputs = {name: value for name, value in BAD.items() if name != "docs"}
    with answered(kind, USUAL, validate="warn") as (server, dify):
        with pytest.warns(InputWarning) as caught:
            assert run(dify, way, inputs).status == "succeeded"
        assert [str(item.message).split("; ") for item in caught] == [ALL_BAD[:-1]]
        assert asked(server) == ["parameters", "run"]
        assert server.requests[1].json()["inputs"] == inputs
        with warnings.catch_warnings(record=True) as silent:
            run(dify, way, {"text": "x"})
            run(dify, way, inputs, validate="off")
            run(dify.with_options(validate="off"), way, inputs)
        assert silent == []
    with answered(kind, USUAL) as (server, dify):  # by default nothing else is asked
        run(dify, way, inputs)
        assert asked(server) == ["run"]


LIMITED: dict[str, Any] = {
    "allowed_file_types": ["document", "custom"],
    "allowed_file_upload_methods": ["remote_url"],
    "allowed_file_extensions": [".PDF"],
}
NEWER = {"text-input": {**field("text-input", "odd")["text-input"], "type": "a-newer-type"}}
NO_SUCH = "the app has no such input, and drops it"
URL = WorkflowFile.from_url
TEXTS = [field("text-input", "a", required=True, default="x"), field("number", "b")]
TYPES = [field("a-new-type", "new", required=True), NEWER]
FILES = [field("file", "doc", required=True, **LIMITED), field("file", "any")]
# A form, inputs, and what is said of them: nothing where they fit.
FITTING: list[tuple[list[Any], dict[str, Any], str]] = [
    ([], {}, ""),
    ([], {"a": 1}, f"inputs.a: {NO_SUCH}"),
    (TEXTS, {"a": ""}, ""),
    (TEXTS, {"a": "x", "b": None}, ""),
    (TEXTS, {}, "inputs.a: required"),
    (TEXTS, {"a": None}, "inputs.a: required"),
    (TEXTS, {"a": 5}, "inputs.a: text is needed, not int"),
    (TYPES, {"new": {"any": "thing"}, "odd": 5}, ""),
    (TYPES, {"newer": 1}, f"inputs.newer: {NO_SUCH}"),
    (FILES, {"doc": URL("https://h/a.pdf"), "any": URL("https://h/a.txt")}, ""),
    (FILES, {"doc": URL("https://h/a.pdf", type="custom"), "any": ""}, ""),
    # More than an empty text, where it is required.
    (FILES, {"doc": ""}, "inputs.doc: a WorkflowFile is needed, not str"),
    (FILES, {"doc": [DOC]}, "inputs.doc: a WorkflowFile is needed, not list"),
    (FILES, {"doc": {}}, "inputs.doc: None is not allowed, only remote_url"),
    ([field("file-list", "docs")], {"docs": PDF}, "inputs.docs: a list of files is needed, not "),
    (FILES, {"doc": PDF}, "inputs.doc: local_file is not allowed, only remote_url"),
    (
        FILES,
        {"doc": URL("https://h/a.png", type="image")},
        "inputs.doc: a file of the type image is not allowed",
    ),
    (FILES, {"doc": URL("https://h/a.zip")}, "inputs.doc: a file ending in .zip is not allowed"),
]


@both
@pytest.mark.parametrize(("form", "inputs", "told"), FITTING, ids=str)
def test_what_fits_a_form(kind: Kind, form: list[Any], inputs: dict[str, Any], told: str) -> None:
    with answered(kind, app(*form), validate="strict") as (server, dify):
        if not told:
            assert dify.run_workflow(inputs).status == "succeeded"
            return
        with pytest.raises(errors.InvalidArgument) as caught:
            dify.run_workflow(inputs)
        assert str(caught.value).startswith(told)
        assert "; " not in str(caught.value)
        assert asked(server) == ["parameters"]


@both
def test_a_form_that_cannot_be_had_starts_no_run(kind: Kind) -> None:
    unpublished = Reply.of(exchange("1.14.2", "appinfo/unpublished_parameters"))
    replies: list[tuple[Reply, type[errors.APIError]]] = [
        (unpublished, errors.AppUnavailable),
        (Reply.json(200, {"user_input_form": "?"}), errors.UnreadableAnswer),
        (Reply.json(200, []), errors.UnreadableAnswer),
    ]
    for reply, expected in replies:
        with answered(kind, app(parameters=reply)) as (server, dify):
            for mode in ("warn", "strict"):
                with pytest.raises(expected):
                    dify.run_workflow({"text": "x"}, validate=mode)
            assert {*asked(server)} == {"parameters"}


@both
def test_the_recorded_forms_of_all_versions(kind: Kind) -> None:
    seen = set()
    for item in exchanges():
        if "/parameters" in item.path and item.status == 200:
            form = [next(iter(entry.values())) for entry in item.json()["user_input_form"]]
            if any(entry["variable"] == "text" for entry in form):
                seen.add(item.version)
                recorded = app(parameters=Reply.of(item))
                with answered(kind, recorded, validate="strict") as (_, dify):
                    assert dify.run_workflow({"text": "x"}).status == "succeeded"
                    with pytest.raises(errors.InvalidArgument) as caught:
                        dify.run_workflow({"text": 5, "unknown": 1})
                    assert len(str(caught.value).split("; ")) == 2, item
    assert seen == set(VERSIONS)


# Every type of input against every kind of value.

FORM = [
    Input("text", required=True),
    Input("short", max_length=10),
    Input("para", "paragraph"),
    Input("choice", "select", options=("a", "b", "red", "fast")),
    Input("num", "number"),
    Input("flag", "checkbox"),
    Input("obj", "json_object"),
    Input("doc", "file", allowed_file_types=("document", "image")),
    Input("docs", "file-list", max_length=3, allowed_file_types=("document", "image")),
]
VALUES: list[Any] = [
    *("a", "zzz", "", "5", " 1.50 ", "1e5", "nan", 5, 1.5, 10**30, True, {"a": 1}, {}, ["a"], []),
    *((), NOON, date(2026, 11, 22), uuid.UUID(int=1), Path(__file__)),
    *(Decimal("1.5"), Decimal("1E+5"), Colour.RED, Size.BIG, Level.HIGH, Mode.FAST),
    *(Point(1), Order("a"), Pydantic()),
    *(DOC, PIC, SONG, DOC.as_input(), [DOC, PIC], (DOC,), [DOC] * 4, [DOC, SONG]),
]


def is_refused(dify: Any, inputs: dict[str, Any]) -> bool:
    try:
        dify.run_workflow(inputs)
    except errors.APIError as error:
        return error.status_code in (400, 500)
    return False


@pytest.mark.sample(12)
@both
@pytest.mark.parametrize("value", VALUES, ids=lambda value: repr(value)[:30])
def test_every_type_of_input_and_every_value(kind: Kind, value: Any) -> None:
    """What is refused here is what the server would refuse; what passes, passes there."""
    with FakeDify(form=FORM, eof_delay=0.0) as server, client(kind, server) as dify:
        for name in ("text", "choice", "num", "flag", "obj", "doc", "docs"):
            inputs = {"text": "x", name: value}
            if name == "flag":  # the server takes others for something else, as it does below
                refused = value is not True
            else:
                refused = value is True or value == ["a"] or is_refused(dify, inputs)
            if refused:
                with pytest.raises(errors.InvalidArgument, match=rf"^inputs\.{name}: ") as caught:
                    dify.run_workflow(inputs, validate="strict")
                assert caught.value.field == f"inputs.{name}"
            else:
                assert dify.run_workflow(inputs, validate="strict").status == "succeeded", name
        assert asked(server).count("parameters") == 1


def test_the_table_has_every_type_of_the_recorded_form() -> None:
    recorded = {kind for entry in PARAMETERS.json()["user_input_form"] for kind in entry}
    assert recorded == {field.type for field in FORM}
