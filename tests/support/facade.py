"""The sync and the async client behind one sync face, so that each test runs on both.

`client(kind, server)` is a context manager that gives a `DifyWorkflow`, or an `AsyncDifyWorkflow`
driven on an event loop of its own: methods return values, streams are plain iterators.
`answered(kind, reply, ...)` gives a server that answers so as well.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal, get_args

import httpx
import pytest
from dify_workflow import AsyncDifyWorkflow, AsyncWorkflowStream, DifyWorkflow
from replay_server import Handler, ReplayServer, Reply, Request
from wire_archive import Exchange, exchange

Kind = Literal["sync", "async", "sync, httpx", "async, httpx"]

both = pytest.mark.parametrize("kind", ["sync", "async"])
both_by_both = pytest.mark.parametrize("kind", get_args(Kind))  # and over both kinds of connections

API_KEY = "app-a-key-that-must-never-show"


@contextmanager
def client(kind: Kind, server: Any, **options: Any) -> Iterator[Any]:
    """Give a client of the kind; `server` is an address, or a server with its `url`.

    The key is the server's by default, else `API_KEY`.
    """
    key = getattr(server, "api_key", API_KEY)
    options = {"api_key": key, "base_url": getattr(server, "url", server), **options}
    if kind.endswith("httpx"):
        options["connections"] = "httpx"
    if kind.startswith("sync"):
        with DifyWorkflow(**options) as dify:
            yield dify
        return
    with asyncio.Runner() as runner:
        dify_async = AsyncDifyWorkflow(**options)
        try:
            yield Face(dify_async, runner)
        finally:
            runner.run(dify_async.aclose())


@contextmanager
def answered(
    kind: Kind, *answers: Reply | Exchange | Handler, **options: Any
) -> Iterator[tuple[ReplayServer, Any]]:
    """Give a server that answers so, in turn or as a function tells it, and a client of it."""
    replies = [Reply.of(one) if isinstance(one, Exchange) else one for one in answers]
    handler: Any = replies[0] if callable(replies[0]) else replies
    with ReplayServer(handler) as server, client(kind, server, **options) as dify:
        yield server, dify


_RUNS = {mode: exchange("1.14.2", f"run/empty_{mode}") for mode in ("streaming", "blocking")}


def run_reply(request: Request) -> Reply:
    """Answer a run that gives nothing, in the mode that it was asked for in."""
    assert request.path.endswith("/v1/workflows/run"), request
    return Reply.of(_RUNS[request.json()["response_mode"]])


each_way = pytest.mark.parametrize(
    "way", ["run_workflow", "blocking", "run_workflow_stream", "start"]
)


def run(dify: Any, way: str, *request: Any, **options: Any) -> Any:
    """Run a workflow in one of the ways that there are, and return its response."""
    if way == "blocking":
        return dify.run_workflow(*request, response_mode="blocking", **options)
    result = getattr(dify, way)(*request, **options)
    return result if way == "run_workflow" else result.result()


def given_client(kind: Kind, **options: Any) -> Any:
    """Make a client of httpx, for a client of the kind."""
    made: type[Any] = httpx.Client if kind.startswith("sync") else httpx.AsyncClient
    return made(**options)


def mocked(kind: Kind, answer: Callable[[httpx.Request], httpx.Response]) -> Any:
    """Make a client of httpx without a network."""
    return given_client(kind, transport=httpx.MockTransport(answer))


def close_given(http: Any, dify: Any) -> None:
    """Close the client of httpx that a client was given: the async one in its event loop."""
    http.close() if isinstance(http, httpx.Client) else dify._runner.run(http.aclose())


class Face:
    """Sync access to an async object: coroutines are run, streams and clients wrapped."""

    def __init__(self, inner: Any, runner: Any) -> None:
        self._inner = inner
        self._runner = runner

    def __getattr__(self, name: str) -> Any:
        name = {"close": "aclose"}.get(name, name)
        found = getattr(self._inner, name)
        if hasattr(found, "__anext__"):
            return Face(found, self._runner)
        if not callable(found):
            return found

        def call(*args: Any, **kwargs: Any) -> Any:
            value = found(*args, **kwargs)
            if inspect.isawaitable(value):
                value = self._run(value)
            wrapped = isinstance(value, AsyncDifyWorkflow | AsyncWorkflowStream)
            wrapped = wrapped or hasattr(value, "__aiter__")
            return Face(value, self._runner) if wrapped else value

        return call

    def _run(self, awaitable: Any) -> Any:
        async def main() -> Any:
            return await awaitable

        return self._runner.run(main())

    def __iter__(self) -> Face:
        self._inner.__aiter__()
        return self

    def __next__(self) -> Any:
        try:
            return self._run(self._inner.__anext__())
        except StopAsyncIteration:
            raise StopIteration from None

    def __enter__(self) -> Face:
        self._run(self._inner.__aenter__())
        return self

    def __exit__(self, *error: Any) -> None:
        self._run(self._inner.__aexit__(*error))

    def __repr__(self) -> str:
        return repr(self._inner)
