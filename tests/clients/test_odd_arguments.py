"""The public API with odd arguments: nothing but our errors comes out, and nothing is sent."""

from __future__ import annotations

import inspect
import io
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from dify_workflow import (
    AsyncDifyWorkflow,
    DifyError,
    DifyWorkflow,
    InvalidArgument,
    WorkflowFile,
    WorkflowLogsRequest,
    WorkflowRunRequest,
)
from dify_workflow.batch import iter_many
from dify_workflow_api.filters import LOG_FILTERS
from facade import client, mocked
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from odd_values import NaTType, NAType, Scalar, Unknown, circle


class Refuses:
    """An object that raises whatever it is asked."""

    def read(self, *_: Any) -> bytes:
        raise ValueError("I/O operation on closed file")

    def __fspath__(self) -> str:
        raise TypeError("no path")


ODD: list[Any] = [
    *(None, True, False, 0, -1, 10**5000, 1.5, float("nan"), float("inf"), 1j, Decimal("nan")),
    *("", " ", "\0", "\r\n", "a\r\nX: b", "\ud800", "é", "/", "..", "x" * 70_000, "http://h:abc"),
    *("https://[bad", "socks://h:1", "file:///etc/passwd", "2026-99-99", b"", b"\xff", bytearray()),
    *((), [], {}, set(), frozenset({1}), [None], {"": ""}, {1: 2}, {"a": float("nan")}, circle()),
    *(object(), object, len, Unknown(), Refuses(), NAType(), NaTType(1, 1, 1), Scalar("M", None)),
    *(Path("/no/such/file"), Path("/"), io.StringIO("text"), io.BytesIO(b"x"), date.min),
    *(timedelta(1), range(3), iter(()), httpx.Timeout(None), httpx.URL("http://h"), Exception("x")),
]
odd = st.sampled_from(ODD) | st.text(max_size=5) | st.binary(max_size=5) | st.floats()

MAKERS: list[Any] = [
    *(WorkflowRunRequest, WorkflowLogsRequest, WorkflowFile.from_path, WorkflowFile.from_bytes),
    *(WorkflowFile.from_url, WorkflowFile.from_upload, DifyWorkflow, AsyncDifyWorkflow),
]
METHODS = sorted(
    name
    for name in dir(DifyWorkflow)
    if name[0] != "_" and name != "close" and callable(getattr(DifyWorkflow, name))
)


def arguments_of(function: Any, data: st.DataObject) -> tuple[list[Any], dict[str, Any]]:
    """Odd arguments for a function: all that it needs, and some that it takes."""
    by_position, by_name = [], {}
    may: list[str] = []
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind is parameter.VAR_KEYWORD:
            may += LOG_FILTERS
        elif parameter.kind is not parameter.KEYWORD_ONLY:
            by_position.append(data.draw(odd))
        elif parameter.default is parameter.empty:
            by_name[name] = data.draw(odd)
        else:
            may.append(name)
    chosen = data.draw(st.dictionaries(st.sampled_from(may), odd, max_size=3))
    return by_position, chosen | by_name


def attempt(data: st.DataObject) -> None:
    """Make a request, a client, a batch or a call; only errors of ours may come out."""
    sent: list[httpx.Request] = []

    def locked(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(401, json={"code": "unauthorized", "message": "no", "status": 401})

    kind: Any = data.draw(st.sampled_from(["sync", "async"]))
    what = data.draw(st.sampled_from(["make", "batch", *METHODS]))
    http = mocked(kind, locked)
    try:
        with client(kind, "http://h", http_client=http, max_retries=0) as dify:
            if what == "make":
                make = data.draw(st.sampled_from(MAKERS))
                args, given = arguments_of(make, data)
                make(*args, **given)
            elif what == "batch":
                rows: Any = data.draw(odd | st.lists(odd, max_size=2))
                _, options = arguments_of(iter_many, data)
                with client("sync", "http://h", http_client=mocked("sync", locked)) as blocking:
                    next(iter_many(blocking, rows, **options), None)
            else:
                method = getattr(dify if kind == "sync" else dify._inner, what)
                args, given = arguments_of(method, data)
                found = getattr(dify, what)(*args, **given)
                if isinstance(found, Iterator) and what != "with_options":
                    next(found, None)
                if hasattr(found, "close"):
                    found.close()
    except InvalidArgument:
        assert sent == []
    except DifyError:
        pass


# Long enough to find what is odd; `make test-slow` takes more.
@pytest.mark.long
@settings(deadline=None, max_examples=100, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_odd_arguments(data: st.DataObject) -> None:
    attempt(data)


@pytest.mark.slow
@settings(deadline=None, max_examples=10_000, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_many_odd_arguments(data: st.DataObject) -> None:
    attempt(data)
