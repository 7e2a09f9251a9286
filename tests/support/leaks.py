"""Look for the API key wherever a value or an exception shows."""

from __future__ import annotations

import pickle
import pprint
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import attrs
import dify_workflow
import dify_workflow_api
import h1_streams
import httpx
from dify_workflow import DifyError
from facade import API_KEY

OURS = tuple(
    str(Path(module.__file__ or "").parent)
    for module in (dify_workflow, dify_workflow_api, h1_streams)
)


def frames(error: BaseException) -> Iterator[FrameType]:
    """The frames of our own code in the traceback of an error and of all it came from."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        waiting += [one.__cause__, one.__context__]
        for frame, _ in traceback.walk_tb(one.__traceback__):
            if frame.f_code.co_filename.startswith(OURS):
                yield frame


def texts(value: Any) -> Iterator[str]:
    """All ways in which a value is shown."""
    yield repr(value)
    yield str(value)
    yield f"{value}"
    yield f"{value!r:>5}"
    yield "%s %r %a" % (value, value, value)  # noqa: UP031 - one of the ways
    yield pprint.pformat(value)
    fields = getattr(value, "__dict__", None) or {}
    yield repr(dict(fields))
    if attrs.has(type(value)):
        yield repr(attrs.asdict(value, recurse=False))


def shown(value: Any) -> str:
    """The repr of a local; an object that is not yet made may have none."""
    try:
        return repr(value)
    except AttributeError:
        return repr(vars(value)) if hasattr(value, "__dict__") else ""


def assert_hidden(value: Any) -> None:
    """Check a value, however it is shown."""
    for text in texts(value):
        assert API_KEY not in text


def assert_never_shown(error: BaseException, *, by_locals: bool = True) -> None:
    """Check an exception, what it came from, its pickle and the locals of our frames."""
    one: BaseException | None = error
    while one is not None:
        assert_hidden(one)
        assert_hidden(one.args)
        if isinstance(one, DifyError | httpx.HTTPError):  # some send causes too, as Dask does
            assert API_KEY.encode() not in pickle.dumps(one)
        one = one.__cause__ or one.__context__
    assert API_KEY not in "".join(
        traceback.TracebackException.from_exception(error, capture_locals=False).format()
    )
    count = 0 if by_locals else 1
    for frame in frames(error) if by_locals else ():
        count += 1
        for name, value in frame.f_locals.items():
            assert API_KEY not in shown(value), f"{frame.f_code.co_qualname}: {name}"
    assert count
