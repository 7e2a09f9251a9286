"""The exception classes: one base, and they survive pickle and copy."""

from __future__ import annotations

import copy
import pickle
import re
from typing import Any

import dify_workflow
import httpx
import pytest
from dify_workflow import APIError, DeadlineExceeded, RunOutcomeUnknown, WorkflowFailed, errors
from dify_workflow._api.logs import log_entry
from dify_workflow._api.results import from_detail
from error_answers import ERRORS, answer_of
from wire_archive import exchange

ENTRY = log_entry(exchange("1.14.2", "logs/default").json()["data"][0])
RUN = from_detail(answer_of(exchange("1.14.2", "detail/partial")))
MADE: dict[type[Exception], dict[str, Any]] = {
    errors.InvalidArgument: {"field": "user"},
    WorkflowFailed: {"response": RUN},
    RunOutcomeUnknown: {"run_id": "r", "task_id": "t", "user": "u", "candidates": (ENTRY,)},
    DeadlineExceeded: {"run_id": "r", "task_id": "t", "status": "running"},
    errors.APIError: {
        "status_code": 400,
        "code": "c",
        "message": "m",
        "body": "b",
        "headers": httpx.Headers({"X-Trace-Id": "trace"}),
        "retry_after": 1.5,
        "hint": "h",
    },
}
CLASSES = [
    value
    for value in vars(errors).values()
    if isinstance(value, type) and value.__module__ == errors.__name__
]


def arguments(kind: type[Exception]) -> dict[str, Any]:
    return next((MADE[base] for base in kind.__mro__ if base in MADE), {})


@pytest.mark.parametrize("kind", CLASSES)
def test_an_exception_survives_pickle_and_copy(kind: type[Exception]) -> None:
    error = kind("text", **arguments(kind))
    pickled = [pickle.loads(pickle.dumps(error, protocol)) for protocol in range(6)]
    for again in (copy.copy(error), copy.deepcopy(error), *pickled):
        assert type(again) is kind
        assert (str(again), again.args) == ("text", ("text",))
        assert vars(again) == vars(error)
        assert vars(again).items() >= arguments(kind).items()


def test_an_answers_error_survives_pickle() -> None:
    for item in ERRORS:
        error = answer_of(item).error()
        again = pickle.loads(pickle.dumps(error))
        assert (type(again), vars(again)) == (type(error), vars(error)), item


def test_the_classes_have_one_base_and_the_builtin_ones_that_are_expected() -> None:
    assert all(issubclass(kind, errors.DifyError) for kind in CLASSES)
    assert issubclass(errors.InvalidArgument, ValueError)
    assert issubclass(errors.RequestTimedOut, TimeoutError)
    assert issubclass(DeadlineExceeded, TimeoutError)
    assert issubclass(RunOutcomeUnknown, errors.DifyError)
    assert not issubclass(RunOutcomeUnknown, APIError)
    names = {kind.__name__ for kind in CLASSES}
    assert names <= set(re.findall(r"[A-Z]\w+", errors.__doc__ or ""))
    assert names <= set(dify_workflow.__all__)
