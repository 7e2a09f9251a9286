"""Inputs against the app's form: nothing asked for by default, all problems at once when asked."""

from __future__ import annotations

import dataclasses
import enum
import json
import math
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from pathlib import Path, PureWindowsPath
from typing import Any

import attrs
import pydantic
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
from dify_workflow.testing import FakeDify, Input
from dify_workflow.values import plain
from facade import Kind, both, client
from replay_server import ReplayServer, Reply, Request
from wire_archive import exchange, exchanges

PARAMETERS = exchange("1.14.2", "appinfo/echo_parameters_extra")
RUN = Reply.of(exchange("1.14.2", "run/empty_streaming"))
RUN_BLOCKING = Reply.of(exchange("1.14.2", "run/empty_blocking"))

FORM = [
    Input("text", required=True),
    Input("short", max_length=10),
    Input("para", "paragraph"),
    Input("choice", "select", options=("a", "b")),
    Input("num", "number"),
    Input("flag", "checkbox"),
    Input("obj", "json_object"),
    Input("doc", "file", allowed_file_types=("document", "image")),
    Input("docs", "file-list", max_length=3, allowed_file_types=("document", "image")),
]


@contextmanager
def fake(kind: Kind, form: Any = FORM, **options: Any) -> Iterator[tuple[FakeDify, Any]]:
    with (
        FakeDify(form=form, eof_delay=0.0) as server,
        client(kind, server.url, api_key=server.api_key, **options) as dify,
    ):
        yield server, dify


def asked(server: Any) -> list[str]:
    """The last part of each request's path, in order."""
    return [request.path.rpartition("/")[2] for request in server.requests]


class Colour(enum.Enum):
    A = "a"
    NONE = "none"
    ONE = 1


class Word(enum.StrEnum):
    A = "a"


@dataclasses.dataclass
class Plain:
    a: int = 1


@attrs.frozen
class Attrs:
    a: int = 1


class Model(pydantic.BaseModel):
    a: int = 1


DOC = WorkflowFile.from_url("https://example.com/a.pdf")
PIC = WorkflowFile.from_bytes(b"x", "a.png")
SONG = WorkflowFile.from_bytes(b"x", "a.mp3")
AT = datetime(2026, 11, 22, 12, 0, 5, tzinfo=UTC)

GOOD = "good"
TEXT_NEEDED, NUMBER_NEEDED = "text is needed, not ", "a number is needed, not "
BOOL_NEEDED, OBJECT_NEEDED = "True or False is needed, not ", "a mapping is needed, not "
ONE_OF, FILE_NEEDED = "one of a, b, not ", "a WorkflowFile is needed, not "
FILES_NEEDED = "a list of files is needed, not "

# A Python value, and what is said of it as a text, select, number, checkbox, json_object, file and
# file-list; "." is "good".
TABLE: list[tuple[Any, str, str, str, str, str, str, str]] = [
    ("a", ".", ".", "N", "B", "O", "F", "L"),
    ("zzz", ".", "S", "N", "B", "O", "F", "L"),
    ("", ".", "S", ".", "B", "O", ".", "L"),
    ("5", ".", "S", ".", "B", "O", "F", "L"),
    (" 1.50 ", ".", "S", ".", "B", "O", "F", "L"),
    ("1e5", ".", "S", "N", "B", "O", "F", "L"),
    ("nan", ".", "S", "N", "B", "O", "F", "L"),
    (5, "T", "T", ".", "B", "O", "F", "L"),
    (1.5, "T", "T", ".", "B", "O", "F", "L"),
    (10**30, "T", "T", ".", "B", "O", "F", "L"),
    (True, "T", "T", "N", ".", "O", "F", "L"),
    ({"a": 1}, "T", "T", "N", "B", ".", "M", "L"),
    ({}, "T", "T", "N", "B", ".", "M", "L"),
    (["a"], "T", "T", "N", "B", "O", "F", "F"),
    ([], "T", "T", "N", "B", "O", "F", "."),
    ((), "T", "T", "N", "B", "O", "F", "."),
    (AT, ".", "S", "N", "B", "O", "F", "L"),
    (date(2026, 11, 22), ".", "S", "N", "B", "O", "F", "L"),
    (uuid.UUID(int=1), ".", "S", "N", "B", "O", "F", "L"),
    (Path("a"), ".", ".", "N", "B", "O", "F", "L"),
    (Decimal("1.5"), ".", "S", ".", "B", "O", "F", "L"),
    (Decimal("1E+5"), ".", "S", "N", "B", "O", "F", "L"),
    (Colour.A, ".", ".", "N", "B", "O", "F", "L"),
    (Colour.NONE, ".", "S", "N", "B", "O", "F", "L"),
    (Colour.ONE, "T", "T", ".", "B", "O", "F", "L"),
    (Word.A, ".", ".", "N", "B", "O", "F", "L"),
    (Plain(), "T", "T", "N", "B", ".", "F", "L"),
    (Attrs(), "T", "T", "N", "B", ".", "F", "L"),
    (Model(), "T", "T", "N", "B", ".", "F", "L"),
    (DOC, "T", "T", "N", "B", ".", ".", "L"),
    (PIC, "T", "T", "N", "B", ".", ".", "L"),
    (SONG, "T", "T", "N", "B", ".", "K", "L"),
    (DOC.as_input(), "T", "T", "N", "B", ".", ".", "L"),
    ([DOC, PIC], "T", "T", "N", "B", "O", "F", "."),
    ((DOC,), "T", "T", "N", "B", "O", "F", "."),
    ([DOC] * 4, "T", "T", "N", "B", "O", "F", "X"),
    ([DOC, SONG], "T", "T", "N", "B", "O", "F", "K"),
]
SAID = {
    "T": TEXT_NEEDED,
    "S": ONE_OF,
    "N": NUMBER_NEEDED,
    "B": BOOL_NEEDED,
    "O": OBJECT_NEEDED,
    "F": FILE_NEEDED,
    "L": FILES_NEEDED,
    "K": "a file of the type audio is not allowed, only document, image",
    "M": "None is not allowed, only local_file, remote_url",
    "X": "at most 3 files, not 4",
}
COLUMNS = [("text",), ("choice",), ("num",), ("flag",), ("obj",), ("doc",), ("docs",)]


@both
@pytest.mark.parametrize("row", TABLE, ids=lambda row: repr(row[0])[:30])
def test_every_type_of_input_and_every_value(kind: Kind, row: Any) -> None:
    """What is refused here is what the server would refuse; what passes, passes there."""
    value, *verdicts = row
    with fake(kind) as (server, dify):
        for (name,), verdict in zip(COLUMNS, verdicts, strict=True):
            inputs = {"text": "x", name: value}
            if verdict == ".":
                assert dify.run_workflow(inputs, validate="strict").status == "succeeded", name
                continue
            with pytest.raises(InvalidArgument) as caught:
                dify.run_workflow(inputs, validate="strict")
            assert str(caught.value).startswith(f"inputs.{name}: {SAID[verdict]}"), name
            assert caught.value.field == f"inputs.{name}"
            # The server would take these for something else, or cannot be asked.
            converted = name == "flag" or value is True or value == ["a"]
            if not converted:
                with pytest.raises(APIError) as refused:
                    dify.run_workflow(inputs)
                assert refused.value.status_code in (400, 500), name
        assert asked(server).count("parameters") == 1


def test_the_table_has_every_type_of_the_recorded_form() -> None:
    recorded = {kind for entry in PARAMETERS.json()["user_input_form"] for kind in entry}
    assert recorded == {field.type for field in FORM}


class App(ReplayServer):
    """An app with this input form (or this answer to /parameters), whose runs do nothing."""

    def __init__(self, form: Any = None, parameters: Reply | None = None) -> None:
        super().__init__(self._tell)
        raw = PARAMETERS.json()
        raw["user_input_form"] = raw["user_input_form"] if form is None else form
        self._parameters = Reply.json(200, raw) if parameters is None else parameters

    def _tell(self, request: Request) -> Reply:
        if request.path.endswith("/parameters"):
            return self._parameters
        assert request.path == "/v1/workflows/run", request
        return RUN if request.json()["response_mode"] == "streaming" else RUN_BLOCKING


def field(type: str, variable: str, **more: Any) -> dict[str, Any]:
    """An entry of an input form."""
    known = {"variable": variable, "label": variable, "type": type, "required": False}
    return {type: {**known, "max_length": None, "options": [], **more}}


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
MODES = ["run_workflow", "blocking", "run_workflow_stream", "start"]
each_mode = pytest.mark.parametrize("mode", MODES)


def run(dify: Any, mode: str, inputs: dict[str, Any], **options: Any) -> Any:
    if mode == "blocking":
        request = WorkflowRunRequest(inputs=inputs, response_mode="blocking")
        return dify.run_workflow(request, **options)
    result = getattr(dify, mode)(inputs, **options)
    return result if mode == "run_workflow" else result.result()


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
    assert len(seen) == 10


@pytest.mark.parametrize("bad", ["", "on", True, None, 1])
def test_there_are_three_ways(bad: Any) -> None:
    with ReplayServer([RUN]) as server, client("sync", server.url) as dify:
        if bad is None:
            assert dify.run_workflow({}, validate=bad).status == "succeeded"  # None says nothing
            return
        with pytest.raises(InvalidArgument) as caught:
            dify.run_workflow({}, validate=bad)
        assert caught.value.field == "validate"


# Python values on the wire.

EAST = timezone(timedelta(hours=8))
VALUES: list[tuple[Any, Any]] = [
    (None, None),
    (True, True),
    (12345678901234567890, 12345678901234567890),
    (0.1, 0.1),
    ("\u2028 😀 \0", "\u2028 😀 \0"),
    (AT, "2026-11-22T12:00:05+00:00"),
    (datetime(2026, 11, 22, 20, 0, 5, 1, tzinfo=EAST), "2026-11-22T20:00:05.000001+08:00"),
    (datetime(2026, 11, 22), "2026-11-22T00:00:00"),
    (date(2026, 11, 22), "2026-11-22"),
    (time(12, 30), "12:30:00"),
    (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
    (Path("a/b.txt"), "a/b.txt"),
    (PureWindowsPath("a\\b.txt"), "a\\b.txt"),
    (Decimal("1.50"), "1.50"),
    (Colour.ONE, 1),
    (Word.A, "a"),
    ((1, (2,)), [1, [2]]),
    ({3}, [3]),
    (frozenset([4]), [4]),
    ({"a": {"b": AT}}, {"a": {"b": "2026-11-22T12:00:05+00:00"}}),
    (Plain(2), {"a": 2}),
    (Attrs(3), {"a": 3}),
    (Model(a=4), {"a": 4}),
    ([Plain(5)], [{"a": 5}]),
    (
        DOC,
        {"type": "document", "transfer_method": "remote_url", "url": "https://example.com/a.pdf"},
    ),
]


@both
@each_mode
def test_python_values_have_stated_forms(kind: Kind, mode: str) -> None:
    with App() as server, client(kind, server.url) as dify:
        run(dify, mode, {f"n{n}": given for n, (given, _) in enumerate(VALUES)})
        sent = server.requests[0].json()["inputs"]
    assert [sent[f"n{n}"] for n in range(len(VALUES))] == [expected for _, expected in VALUES]


def circle() -> list[Any]:
    made: list[Any] = []
    made.append({"a": made})
    return made


def deep() -> Any:
    value: Any = 1
    for _ in range(100_000):
        value = [value]
    return value


REFUSED: list[tuple[Any, str]] = [
    (math.nan, ""),
    (math.inf, ""),
    ([1, {"a": -math.inf}], "[1].a"),
    (Decimal("NaN"), ""),
    (Decimal("-Infinity"), ""),
    ("\ud800", ""),
    (["x\udfff"], "[0]"),
    ({"\ud800": 1}, ""),
    (Path("\udcff"), ""),
    ({1: 2}, ""),
    ({"a": {None: 1}}, ".a"),
    (b"x", ""),
    (bytearray(b"x"), ""),
    (memoryview(b"x"), ""),
    (object(), ""),
    (object, ""),
    (Plain, ""),
    (len, ""),
    (1j, ""),
    (Fraction(1, 2), ""),
    (iter([1]), ""),
    ([(1, Plain({"a": [math.nan]}))], "[0][1].a.a[0]"),  # type: ignore[arg-type]
    (10**5000, ""),
]


@both
@pytest.mark.parametrize("number", range(len(REFUSED)))
def test_what_cannot_be_sent_is_refused_with_its_place(kind: Kind, number: int) -> None:
    value, where = REFUSED[number]
    with App() as server, client(kind, server.url) as dify:
        for given in ({"inputs": {"v": value}}, {"inputs": {}, "files": [value]}):
            with pytest.raises(InvalidArgument) as caught:
                dify.run_workflow(WorkflowRunRequest(**given))
            place = f"files[0]{where}" if "files" in given else f"inputs.v{where}"
            assert caught.value.field == place
        assert server.requests == []


@pytest.mark.parametrize("make", [circle, deep])
def test_what_has_no_end_is_refused(make: Any) -> None:
    with App() as server, client("sync", server.url) as dify:
        with pytest.raises(InvalidArgument, match="nested"):
            dify.run_workflow({"v": make()})
        assert server.requests == []


def test_what_is_sent_is_what_json_says() -> None:
    """No value passes that the server would read as another one."""
    for given, expected in VALUES:
        if not isinstance(given, WorkflowFile):
            assert json.loads(json.dumps(plain(given, "v"), allow_nan=False)) == expected
