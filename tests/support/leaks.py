"""Look for the API key wherever a value or an exception shows."""

from __future__ import annotations

import pickle
import pprint
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import dify_workflow
import dify_workflow_api
import h1_streams
import httpx
from dify_workflow import DifyError
from facade import API_KEY
from replay_server import Close, Reply
from wire_archive import exchange

# What a server answers when a call fails, early, in the middle of a stream, or not at all.
STREAM = exchange("1.14.2", "run/empty_streaming")
UNAUTHORIZED = Reply.of(exchange("1.14.2", "errors/get_info_no_auth"))
TOO_MANY = Reply.of(exchange("1.14.2", "limit/max2_third_streaming"))
IN_STREAM = Reply.of(exchange("1.14.2", "errors/missing_required_streaming"), end=Close())
CUT = Reply.of(STREAM, stop_after=3, end=Close())
NOBODY = "http://127.0.0.1:9"

OURS = tuple(
    str(Path(module.__file__ or "").parent)
    for module in (dify_workflow, dify_workflow_api, h1_streams)
)


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """An error and all it came from."""
    waiting, seen = [error], set[int]()
    while waiting:
        one = waiting.pop()
        if one is not None and id(one) not in seen:
            seen.add(id(one))
            waiting += [one.__cause__, one.__context__]
            yield one


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
    frames = 0
    for one in causes(error):
        assert_hidden(one)
        assert_hidden(one.args)
        if isinstance(one, DifyError | httpx.HTTPError):  # some send causes too, as Dask does
            assert API_KEY.encode() not in pickle.dumps(one)
        for frame, _ in traceback.walk_tb(one.__traceback__):
            if frame.f_code.co_filename.startswith(OURS):
                frames += 1
                for name, value in frame.f_locals.items() if by_locals else ():
                    assert API_KEY not in shown(value), f"{frame.f_code.co_qualname}: {name}"
    assert frames
    assert API_KEY not in "".join(traceback.format_exception(error))
