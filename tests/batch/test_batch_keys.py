"""The keys of rows: one row for each, known again in the output."""

from __future__ import annotations

import math
from enum import Enum
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from dify_workflow import DifyWorkflow, InvalidArgument
from dify_workflow.batch import iter_many, run_many
from fake_dify import FakeDify


@pytest.mark.parametrize("key", [math.nan, math.inf])
def test_a_key_without_a_json_form_is_refused(
    dify: DifyWorkflow, tmp_path: Path, key: float
) -> None:
    with pytest.raises(InvalidArgument, match=f"row 1 has {key}") as caught:
        run_many(dify, [{"id": key}], tmp_path / "out.jsonl", key="id")
    assert caught.value.field == "key"


class Colour(str, Enum):  # noqa: UP042
    RED = "red"


@pytest.mark.parametrize("key", [Colour.RED, HTTPStatus.OK, 1.5, 1e300, "\ud800", "e\u0301", "é"])
def test_a_key_is_known_again_when_it_is_read_from_the_output(
    fake: FakeDify, dify: DifyWorkflow, tmp_path: Path, key: Any
) -> None:
    for _ in range(2):
        run_many(dify, [{"id": key, "text": "a"}], tmp_path / "out.jsonl", key="id")
    assert len(fake.runs) == 1


@pytest.mark.parametrize("keys", [(1, "1"), ("a", "a"), (1.0, "1.0")])
def test_keys_that_look_the_same_are_the_same(
    fake: FakeDify, dify: DifyWorkflow, keys: tuple[Any, Any]
) -> None:
    batch = iter_many(dify, [{"id": key} for key in keys], key="id", concurrency=1)
    assert next(batch).ok
    with pytest.raises(InvalidArgument, match="row 2 has the id of an earlier one"):
        next(batch)
