"""Every type of input against every kind of value: what is refused, as the server would."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from dify_workflow import (
    APIError,
    InvalidArgument,
    WorkflowFile,
)
from facade import Kind, both, client
from fake_dify import FakeDify, Input
from form_apps import AT, DOC, PARAMETERS, PIC, Attrs, Colour, Model, Plain, Word, asked

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


SONG = WorkflowFile.from_bytes(b"x", "a.mp3")


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
    (Path(__file__), "T", "T", "N", "B", ".", ".", "L"),
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
    "T": "text is needed, not ",
    "S": "one of a, b, not ",
    "N": "a number is needed, not ",
    "B": "True or False is needed, not ",
    "O": "a mapping is needed, not ",
    "F": "a WorkflowFile is needed, not ",
    "L": "a list of files is needed, not ",
    "K": "a file of the type audio is not allowed, only document, image",
    "M": "None is not allowed, only local_file, remote_url",
    "X": "at most 3 files, not 4",
}


COLUMNS = [("text",), ("choice",), ("num",), ("flag",), ("obj",), ("doc",), ("docs",)]


@pytest.mark.sample(12)
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
